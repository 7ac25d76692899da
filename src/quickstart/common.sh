# shellcheck shell=bash disable=SC2034,SC2154,SC2016 # shares variables with the other parts
# common.sh - what all parts of quickstart use. Sourced by ./quickstart.

say() { printf '%s\n' "$*"; }
die() {
	printf 'quickstart: %s\n' "$*" >&2
	exit 1
}

# as_root COMMAND...: with sudo when we are not root
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root for: $* (install sudo, or run this as root)"
	fi
}

# as_user COMMAND...: as the account that everything runs as, without the
# caller's environment: a DATABASE_URL of somebody's shell must not win over
# the state's own settings.
as_user() {
	env -i "${clean_env[@]}" "${become[@]}" "$@"
}

# What the account writes it opens itself: root would follow a symlink that it
# was led to. For sh -c, with the file as its name.
log_to='exec >>"$0" 2>&1; exec "$@"'

# logged NAME COMMAND...: as_user, with its output in log/NAME.log, begun anew
logged() {
	local name=$1
	shift
	as_user rm -f "$state/log/$name.log"
	as_user sh -c "$log_to" "$state/log/$name.log" "$@"
}

# wait_until SECONDS COMMAND...: until it succeeds; false at the deadline
wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.1
	done
}

# write_file MODE FILE: standard input becomes FILE at once or not at all, as
# the account that everything runs as
write_file() {
	as_user sh -c 'umask 077 && cat >"$2.new" && chmod "$1" "$2.new" && mv "$2.new" "$2"' \
		sh "$1" "$2"
}
