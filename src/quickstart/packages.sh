# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # shares variables with the other parts
# packages.sh - installs what is missing, and only that. Sourced by
# ./quickstart; a service that a package brings is never started, and no
# cluster of the system's PostgreSQL is made.

build_packages='gcc libc6-dev make autoconf automake pkg-config libfcgi-dev
	libpq-dev libjansson-dev libjwt-dev libssl-dev libcrypt-dev
	libwebsockets-dev libseccomp-dev zlib1g-dev libcurl4-openssl-dev check'
run_packages='nginx-light libnginx-mod-http-js postgresql spawn-fcgi multiwatch bubblewrap
	slirp4netns uidmap iproute2 procps git fcgiwrap curl openssl ca-certificates
	jq inotify-tools john-data'

# A node that builds can see: they get /usr, not somebody's home.
have_node() {
	local node npm version
	node=$(PATH=/usr/local/bin:/usr/bin:/bin command -v node) &&
		npm=$(PATH=/usr/local/bin:/usr/bin:/bin command -v npm) &&
		[ -n "$npm" ] &&
		version=$("$node" --version) && version=${version#v} &&
		[ "${version%%.*}" -ge 18 ]
}

# Prints the missing ones of the given packages, asked for all at once: each
# dpkg-query reads the whole list of what is installed. Any nginx will do.
missing_packages() {
	local p present
	present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p')
	for p; do
		[[ $'\n'$present$'\n' != *$'\n'"$p"$'\n'* ]] || continue
		case $p in
		nginx-light)
			command -v nginx >/dev/null && continue
			[ -x /usr/sbin/nginx ] && continue
			;;
		make) command -v make >/dev/null && continue ;;
		esac
		printf '%s\n' "$p"
	done
}

# Run as root by install_packages, with the packages as arguments. What it
# puts in place to keep services and clusters from starting goes again, however
# this ends.
# shellcheck disable=SC2016 # expanded by the inner shell
install_script='
set -eu
policy=/usr/sbin/policy-rc.d
dropdir=/etc/postgresql-common/createcluster.d
drop=$dropdir/zz-autostack-quickstart.conf
made=
clean() { [ -z "$made" ] || rm -f $made; rmdir "$dropdir" 2>/dev/null || true; }
trap clean EXIT
trap "exit 130" INT
trap "exit 143" TERM
if [ ! -e "$policy" ]; then
	made="$policy"
	printf "#!/bin/sh\nexit 101\n" >"$policy"
	chmod 755 "$policy"
fi
mkdir -p "$dropdir"
made="$made $drop"
echo "create_main_cluster = false" >"$drop"
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
	-o Dpkg::Options::=--force-confold install --no-install-recommends "$@"
'

install_packages() {
	local missing
	# shellcheck disable=SC2086 # lists of words
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	missing=$(printf '%s' "$missing" | tr '\n' ' ')
	[ "$install" = yes ] ||
		die "--no-install, but these packages are missing: $missing"
	command -v apt-get >/dev/null ||
		die "there is no apt-get here; install by hand: $missing"
	say "Installing packages: $missing"
	# shellcheck disable=SC2086
	local apt_log
	apt_log=$(mktemp /tmp/autostack-apt.XXXXXX) || die "cannot write to /tmp"
	as_root sh -c "$install_script" sh $missing >"$apt_log" 2>&1 || {
		tail -n 15 "$apt_log" >&2
		die "apt-get failed; the whole log is $apt_log"
	}
	rm -f "$apt_log"
}

install_all() {
	local node=
	have_node || node='nodejs npm'
	# shellcheck disable=SC2086 # lists of words
	install_packages $build_packages $run_packages $node
}
