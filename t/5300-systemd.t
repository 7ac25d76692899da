#!/bin/sh
# The units, users, folders and cron line, as systemd itself reads them.
. "$(dirname "$0")/lib/tap.sh"

command -v systemd-analyze >/dev/null ||
	bail "systemd-analyze is missing: apt-get install systemd"

# A root with the units, and with something executable where they point.
root=$TMP/root
mkdir -p "$root/usr/bin" "$root/etc" "$root/run" "$root/var" "$root/tmp"
units=$(ls "$abs_top_srcdir"/systemd/*.service.in | sed 's|.*/||; s|\.in$||')
unset MAKEFLAGS MAKELEVEL MFLAGS
set -- systemd/autostack.cron
for u in $units; do
	set -- "$@" "systemd/$u"
done
make -s -C "$abs_top_builddir" "$@" >"$TMP/make.out" 2>&1 || bail "$(cat "$TMP/make.out")"
mkdir -p "$root/etc/systemd/system"
for u in $units; do
	cp "$abs_top_builddir/systemd/$u" "$root/etc/systemd/system/"
	grep -Eo '(=|-- )/[^ ]+' "$abs_top_builddir/systemd/$u" | grep -E '^(-- |=).*/(bin|lib)/' |
		sed 's/^=//; s/^-- //' |
		while read -r program; do
			mkdir -p "$root$(dirname "$program")"
			printf '#!/bin/sh\n' >"$root$program"
			chmod +x "$root$program"
		done
done
# what units of every system hang on
for u in sysinit.target basic.target multi-user.target shutdown.target \
	network.target network-online.target nss-user-lookup.target; do
	printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' $u \
		>"$root/etc/systemd/system/$u"
done

is "$(echo "$units" | wc -l)" 3 "a unit for each service"
for u in $units; do
	out=$(systemd-analyze verify --root="$root" --man=no --recursive-errors=no \
		"$root/etc/systemd/system/$u" 2>&1)
	is "$?:$out" "0:" "systemd-analyze verify $u"
	is "$(sed -n 's/^Environment=GNUTLS_NO_IMPLICIT_INIT=//p' "$root/etc/systemd/system/$u")" 1 \
		"PEER-12 $u leaves GnuTLS as it lies"
	like "$(cat "$abs_top_builddir/systemd/$u")" '^Restart=always$' \
		"$u comes back by itself"
	unlike "$(cat "$abs_top_builddir/systemd/$u")" '@[a-z]+@' \
		"$u has no placeholder left"
	like "$(cat "$abs_top_builddir/systemd/$u")" '^User=autostack-' \
		"$u has a user of its own, not root"
done

# the size of the pool: what the unit runs, but for the programs' places
echo 'api_processes = 3' >"$TMP/three.conf"
start=$(sed -n 's/\$\$/$/g; s/^ExecStart=//p' "$abs_top_builddir/systemd/autostack-api.service" |
	sed -E "s|/usr/bin/spawn-fcgi|echo|; s|/[^ (]*/bin/autostack |$abs_top_builddir/autostack |
		s|/[^ ]*/autostack\.conf|$TMP/three.conf|g")
like "$(eval "$start" 2>&1)" '-- /usr/bin/multiwatch -f 3 ' "the API has as many processes as api_processes says"

for u in autostack-api.service autostack-ws.service; do
	score=$(systemd-analyze security --offline=yes --root="$root" --no-pager \
		"$root/etc/systemd/system/$u" 2>&1 |
		sed -n 's/.*exposure level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
	[ -n "$score" ] && [ "$score" -le 20 ]
	ok $? "$u: systemd-analyze security says 2.0 or less" ||
		diag "score: $score/10"
done

grep -E '^(SystemCallFilter|NoNewPrivileges|PrivateDevices|ProtectKernelTunables|ProtectKernelLogs|ProtectProc|RestrictNamespaces|RestrictSUIDSGID|SystemCallArchitectures|MemoryDenyWriteExecute|LockPersonality|ProtectKernelModules|ProtectClock|ProtectHostname|RestrictRealtime|RestrictAddressFamilies)=' \
	"$abs_top_builddir/systemd/autostack-worker.service" >"$TMP/forbidden"
is "$(cat "$TMP/forbidden")" "" \
	"the worker's unit takes nothing away that the sandbox is made of"

if [ "$(id -u)" = 0 ]; then
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' \
		"$abs_top_builddir/systemd/autostack-worker.service" |
		tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	out=$(setpriv --bounding-set="-all,$caps" \
		"$abs_top_srcdir/t/lib/service-user.sh" run \
		"$abs_top_builddir/autostack-sandbox" check 2>&1)
	is $? 0 "SB-0 the sandbox works within the worker's bounding set" ||
		diag "$out"
else
	skip "only root can take capabilities out of the bounding set" \
		"SB-0 the sandbox works within the worker's bounding set"
fi

printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
cp "$abs_top_srcdir/systemd/autostack.sysusers" "$TMP/autostack.conf"
if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers --root="$root" "$TMP/autostack.conf" >"$TMP/out" 2>&1
	ok $? "systemd-sysusers reads the users" || diag "$(cat "$TMP/out")"
	is "$(sed -n 's/:.*//p' "$root/etc/passwd" | sort | tr '\n' ' ')" \
		"autostack autostack-api autostack-worker autostack-ws root " \
		"one a program, and one for administration"
else
	bail "systemd-sysusers is missing: apt-get install systemd"
fi
is "$(awk '$1 == "d" { print $2, $3, $4, $5 }' "$abs_top_srcdir/systemd/autostack.tmpfiles")" \
	"/run/autostack 0771 root autostack
/var/lib/autostack 0755 autostack-worker autostack
/var/lib/autostack/certs 2750 autostack-worker www-data" \
	"the folders and whose they are"
like "$(grep -v '^#' "$abs_top_builddir/systemd/autostack.cron")" \
	'^[0-9]+ \* \* \* \* autostack .*/autostack cleanup ' \
	"cron cleans up every hour, not as root"
done_testing
