#!/bin/sh
# Each part of the sandbox missing in turn: nothing is run, and the refusal names
# the part (SB-14). And the verb own.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/sandbox.sh"
sandbox_start

# refused REGEX WHAT - of the last box: nothing ran, the line says why
refused() {
	is "$code:$(grep -c 'it ran' "$TMP/out")" "70:0" \
		"SB-14 $2: refused, nothing is run" || diag "$out $result"
	like "$result" "^setup .*$1" "SB-14 $2: says so"
	is "$(slot_tasks)" 0 "SB-14 $2: nothing is left"
}

# tools without NAME, or with NAME replaced by a program
mkdir "$TMP/tools"
hide_tool() {
	rm -f "$TMP/tools"/*
	for each in bwrap slirp4netns newuidmap newgidmap; do
		[ $each = "$1" ] || ln -s /usr/bin/$each "$TMP/tools/$each"
	done
	[ -z "$2" ] || ln -s "$2" "$TMP/tools/$1"
	chmod 755 "$TMP/tools"
}

hide_tool none
box --tools "$TMP/tools" -- /bin/echo it ran
is "$code $out" "0 it ran" "with all parts it runs" || diag "$result"
for tool in bwrap slirp4netns newuidmap newgidmap; do
	hide_tool $tool
	box --tools "$TMP/tools" -- /bin/echo it ran
	refused "$tool is missing.*apt-get install" "$tool missing"
	hide_tool $tool /bin/false
	box --tools "$TMP/tools" -- /bin/echo it ran
	refused "$tool|slot's id" "$tool fails"
done
hide_tool bwrap
box --tools "$TMP/tools" --net host -- /bin/echo it ran
refused 'bwrap is missing' "bwrap missing for the clone step"
hide_tool slirp4netns /bin/sleep
box --tools "$TMP/tools" -- /bin/echo it ran
refused 'slirp4netns failed' "slirp4netns ends early"
# a part that is there and says nothing: not refused for good, only late (after
# 20 seconds in a build without AS_SETUP_MS)
printf '#!/bin/sh\nexec sleep 60\n' >"$TMP/silent" && chmod 755 "$TMP/silent"
hide_tool slirp4netns "$TMP/silent"
AS_SETUP_MS=1000
export AS_SETUP_MS
box --tools "$TMP/tools" -- /bin/echo it ran
is "$code:$(grep -c 'it ran' "$TMP/out")" "70:0" "SB-14 a silent part: nothing is run" ||
	diag "$out $result"
like "$result" '^late .*not ready in [0-9]+ s: slirp4netns did not answer for [0-9]+ ms' \
	"SB-14 a silent part: says which, and that it is only late"
is "$(slot_tasks)" 0 "SB-14 a silent part: nothing is left"
# and what it has forked, as slirp4netns does, ends with it
printf '#!/bin/sh\nsetsid sleep 60 &\nexec sleep 60\n' >"$TMP/silent"
t=$(date +%s)
box --tools "$TMP/tools" -- /bin/echo it ran
like "$result" '^late ' "SB-14 a silent part that has forked: is late"
is "$(slot_tasks)" 0 "SB-14 a silent part that has forked: nothing is left"
ok $(($(date +%s) - t >= 20)) "SB-14 a silent part that has forked: nobody waits for it"
unset AS_SETUP_MS
box --bind /no/such/dir:/build -- /bin/echo it ran
refused '/no/such/dir' "a directory to bind is missing"
box --watch /no/such/dir -- /bin/echo it ran
refused '/no/such/dir' "a directory to watch is missing"
out=$(as_worker "$BOX" run --slot 4000000 -- /bin/echo it ran 2>/dev/null)
is "$?:$out" "64:" "SB-14 a slot out of range is refused"

if [ "$(id -u)" = 0 ]; then
	# as root in a mount namespace of our own parts of the host disappear
	without() {
		hide=$1
		shift
		: >"$TMP/result"
		unshare --mount sh -c "$hide"' || exit 99; exec "$@"' sh \
			setpriv --reuid="$sandbox_name" \
			--regid="$sandbox_name" --clear-groups \
			--inh-caps=-all "$@" \
			"$BOX" run --slot "$SLOT" --status-fd 3 -- \
			/bin/echo it ran >"$TMP/out" 2>&1 3>"$TMP/result"
		code=$?
		out=$(cat "$TMP/out")
		result=$(cat "$TMP/result")
	}
	without 'mount --bind /dev/null /etc/subuid'
	refused 'no subordinate ids.*usermod' "no range in /etc/subuid"
	without 'mount --bind /dev/null /etc/subgid'
	refused 'no subordinate ids.*usermod' "no range in /etc/subgid"
	touch "$TMP/tun" && chmod 600 "$TMP/tun"
	without "mount --bind $TMP/tun /dev/net/tun"
	refused '/dev/net/tun is not accessible.*chmod' "/dev/net/tun closed"
	without true --no-new-privs
	refused 'newuidmap could not map.*NoNewPrivileges' "no new privileges"
else
	skip "only root can hide them" "SB-14 subordinate ids and /dev/net/tun"
fi

# user namespaces switched off, as an administrator would, but for us alone
out=$(as_worker unshare --user --map-current-user --keep-caps \
	sh -c '
	echo 0 >/proc/sys/user/max_user_namespaces &&
	exec "$@"' sh "$BOX" run --net none -- /bin/echo it ran 2>&1)
unlike "$out" '^it ran' "SB-14 user namespaces off: nothing is run"
like "$out" '^setup ' "SB-14 user namespaces off: says so"

# --- own ---
worker_id=$(as_worker id -u)
as_worker sh -c 'mkdir -p "$1/a/b" && echo x >"$1/a/b/f" &&
	ln -s /etc/passwd "$1/link" && chmod 4755 "$1/a/b/f"' sh "$WORK"
passwd=$(stat -c '%u %a' /etc/passwd)
as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK"
is "$(stat -c %u "$WORK")" "$(slot_uid)" "own --to slot"
box_sh --net none --bind "$WORK:/build" --chdir /build \
	'cp /bin/sh s; chmod 6755 s; mkdir z; echo y >z/y; chmod 0 z/y z'
as_worker "$BOX" own --slot "$SLOT" --to worker "$WORK"
is "$(find "$WORK" ! -uid "$worker_id" | wc -l)" 0 "own --to worker: all of it"
is "$(find "$WORK" -perm /7000 | wc -l)" 0 "own --to worker: no setuid bits"
is "$(as_worker cat "$WORK/z/y")" y "own --to worker: opens what was closed"
is "$(stat -c '%u %a' /etc/passwd)" "$passwd" "own follows no symlink"
as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK/none" 2>"$TMP/err"
is $? 70 "own --to slot of a missing directory is an error"
like "$(cat "$TMP/err")" 'none: No such file' "and names it"
as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK/link" 2>/dev/null
is $? 70 "own of a symlink is an error"
if [ "$(id -u)" = 0 ]; then
	mkdir "$TMP/third" && : >"$TMP/third/root" && chmod 777 "$TMP/third"
	as_worker "$BOX" own --slot "$SLOT" --to slot "$TMP/third" 2>/dev/null
	is $? 70 "own does not touch a third user's files"
	is "$(stat -c %u "$TMP/third/root")" 0 "they stay as they were"
else
	skip "needs a file of a third user" "own of a third user's files"
fi
done_testing
