# env.sh - where things are, and what has to happen at the end. Sourced by
# every other file of t/lib; safe to source twice.
#
#   AS_SRCDIR    top of the source tree
#   AS_BUILDDIR  top of the build tree
#   as_tmp       sets $AS_TMP, a directory of this test's own, removed at its end
#   at_exit CMD  run CMD when the script ends, last registered first
#   wait_for N CMD...  try CMD until it succeeds, for at most N seconds

if [ -z "${AS_ENV_SH:-}" ]; then
AS_ENV_SH=$$

if [ -z "${AS_SRCDIR:-}" ]; then
	AS_SRCDIR=$(cd "$(dirname "$0")" && pwd)
	while [ ! -e "$AS_SRCDIR/configure.ac" ]; do
		if [ "$AS_SRCDIR" = / ]; then
			echo "Bail out! no source tree above $0" && exit 1
		fi
		AS_SRCDIR=$(dirname "$AS_SRCDIR")
	done
fi
if [ -z "${AS_BUILDDIR:-}" ]; then
	if [ -e ./config.status ]; then
		AS_BUILDDIR=$(pwd)
	elif [ -e "$AS_SRCDIR/build/config.status" ]; then
		AS_BUILDDIR=$AS_SRCDIR/build
	else
		AS_BUILDDIR=$AS_SRCDIR
	fi
fi
export AS_SRCDIR AS_BUILDDIR

as_exit_list=
at_exit() {
	as_exit_list="$*
$as_exit_list"
}
as_exit_run() {
	as_exit_code=$?
	trap - EXIT
	# The shell that sources this, never a subshell that inherited the trap.
	eval "$as_exit_list"
	exit $as_exit_code
}
trap as_exit_run EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

as_tmp() {
	[ -n "${AS_TMP:-}" ] && return 0
	AS_TMP=$(mktemp -d /tmp/as-t.XXXXXX) || exit 1
	at_exit 'rm -rf "$AS_TMP"'
}

wait_for() {
	as_deadline=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$as_deadline" ] || return 1
		sleep 0.05
	done
}
fi
