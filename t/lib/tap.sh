# tap.sh - TAP for test scripts in POSIX sh. A test begins with
#
#   #!/bin/sh
#   . "$(dirname "$0")/lib/tap.sh"
#
# and ends with `done_testing` (or begins with `plan N`). Set for it:
#   $TMP               an empty directory of its own, removed at the end
#   $abs_top_srcdir, $abs_top_builddir
# The working directory is $TMP.

tap_n=0
tap_failed=0
tap_plan=
tap_ended=
tap_defer=

if [ -z "$abs_top_srcdir" ]; then
	abs_top_srcdir=$(cd "$(dirname "$0")/.." && pwd) || exit 1
fi
if [ -z "$abs_top_builddir" ]; then
	abs_top_builddir=$abs_top_srcdir
	for tap_build in build build-dev; do
		[ -f "$abs_top_srcdir/$tap_build/config.status" ] &&
			abs_top_builddir=$abs_top_srcdir/$tap_build
	done
fi
AS_DEVELOPER=$(sed -n 's/^#define AS_DEVELOPER //p' \
	"$abs_top_builddir/config.h" 2>/dev/null)
export abs_top_srcdir abs_top_builddir AS_DEVELOPER

# defer COMMAND - eval it at the end, however that comes; last one first.
defer() {
	tap_defer="$1
$tap_defer"
}

tap_exit() {
	tap_status=$?
	trap - EXIT
	# a second signal must not cut the cleaning short
	trap '' HUP INT TERM
	cd / || exit 1
	eval "$tap_defer"
	[ ! -s "$TMP/.ports" ] || xargs rmdir <"$TMP/.ports"
	chmod -R u+rwx "$TMP" 2>/dev/null
	rm -rf "$TMP"
	if [ -z "$tap_ended" ] && [ -z "$tap_plan" ]; then
		diag "the script ended before done_testing"
		[ "$tap_status" -eq 0 ] && tap_status=1
	fi
	[ "$tap_status" -eq 0 ] && [ "$tap_failed" -gt 0 ] && tap_status=1
	exit "$tap_status"
}

# diag TEXT... - for the reader of a failure
diag() {
	printf '%s\n' "$*" | sed 's/^/# /' >&2
}

# plan N - how many tests will follow
plan() {
	tap_plan=$1
	echo "1..$1"
}

# done_testing - the plan, for those that did not know it before
done_testing() {
	tap_ended=1
	[ -n "$tap_plan" ] || echo "1..$tap_n"
}

# skip_all REASON - the whole file cannot run here
skip_all() {
	tap_ended=1
	echo "1..0 # SKIP $*"
	exit 0
}

# bail REASON - going on makes no sense for this file: a failure
bail() {
	diag "$@"
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - could go on"
	done_testing
	exit 1
}

# last_settings - of the lines NAME=VALUE on standard input the last of each name
last_settings() {
	awk -F= '{ line[$1] = $0 } END { for (k in line) print line[k] }'
}

# ok STATUS DESCRIPTION - passes when STATUS is 0: `cmd; ok $? "it works"`.
# Returns the same, for `ok ... || diag ...`.
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $2"
	return 1
}

# skip REASON DESCRIPTION - one test cannot run here
skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $2 # SKIP $1"
}

# developer_only [DESCRIPTION] - whether the programs have the switches of a
# developer build. If not, the tests that need one are skipped, and said to be:
# the block of `if developer_only "..."; then`, or without DESCRIPTION the file.
# In perl it is Fcgi.pm's; $AS_DEVELOPER is not empty in a developer build.
developer_only() {
	[ -z "$AS_DEVELOPER" ] || return 0
	tap_why="needs a developer build (./configure --enable-developer)"
	[ $# -gt 0 ] || skip_all "$tap_why"
	skip "$tap_why" "$1"
	return 1
}

# is GOT WANTED DESCRIPTION
is() {
	[ "$1" = "$2" ]
	ok $? "$3" && return 0
	diag "     got: $1"
	diag "  wanted: $2"
	return 1
}

# isnt GOT UNWANTED DESCRIPTION
isnt() {
	[ "$1" != "$2" ]
	ok $? "$3" && return 0
	diag "     got: $1"
	return 1
}

# like GOT REGEX DESCRIPTION - an extended regular expression; a line matches
like() {
	tap_matches "$1" "$2"
	ok $? "$3" && return 0
	diag "     got: $1"
	diag "  wanted: $2"
	return 1
}

# unlike GOT REGEX DESCRIPTION - no line matches
unlike() {
	! tap_matches "$1" "$2"
	ok $? "$3" && return 0
	diag "       got: $1"
	diag "  unwanted: $2"
	return 1
}

tap_matches() { # TEXT REGEX
	case $2 in
	*[!A-Za-z0-9\ _:,\;/\"\'=@%\<\>\&-]*)
		grep -Eq -e "$2" <<-EOF
			$1
		EOF
		;;
	*) # plain words need no process
		case $1 in *"$2"*) ;; *) return 1 ;; esac
		;;
	esac
}

# try DESCRIPTION COMMAND [ARG]... - passes when the command succeeds; shows
# its output when it does not.
try() {
	tap_what=$1
	shift
	"$@" >"$TMP/.try" 2>&1
	ok $? "$tap_what" && return 0
	diag "command: $*"
	sed 's/^/#   /' "$TMP/.try" >&2
	return 1
}

# children PID - the ids of its children. As has_ended it asks the kernel: ps
# reads what there is about every process.
children() {
	tap_line= # of one that is gone nothing is read
	{ read -r tap_line <"/proc/$1/task/$1/children"; } 2>/dev/null
	echo "$tap_line"
}

# is_running REGEX - some process has such a command line, whose words a byte
# separates that a dot matches, too: is_running '^sleep.60'
is_running() { grep -qsa -e "$1" /proc/[0-9]*/cmdline; }

# has_ended PID - it is gone, or a zombie
has_ended() {
	{ read -r tap_line <"/proc/$1/stat"; } 2>/dev/null || return 0
	case ${tap_line##*) } in Z*) return 0 ;; *) return 1 ;; esac
}

# Sets tap_clock: seconds since the machine started. Without a process, which
# would be most of what waiting costs.
tap_now() {
	read -r tap_clock tap_idle </proc/uptime
	tap_clock=${tap_clock%.*}
}

# wait_for SECONDS COMMAND [ARG]... - until the command succeeds; fails at the
# deadline. Wall clock, because the machine may be slow. What takes long is asked
# less often: asking is work that others wait for.
wait_for() {
	tap_now
	tap_until=$((tap_clock + $1))
	shift
	# the command may wait for something itself: only these are our own
	set -- 0 "$tap_until" "$@"
	until tap_behind "$@" >/dev/null 2>&1; do
		tap_now
		[ "$tap_clock" -le "$2" ] || return 1
		if [ "$1" -lt 4 ]; then sleep 0.05; elif [ "$1" -lt 8 ]; then sleep 0.1; else sleep 0.25; fi
		tap_times=$(($1 + 1))
		shift
		set -- "$tap_times" "$@"
	done
}
tap_behind() { # WORD WORD COMMAND [ARG]...
	shift 2
	"$@"
}

# new_port - prints a TCP port that nobody listens on, and that no test beside
# this one was given: whoever asked for it may not listen yet.
new_port() {
	while :; do
		tap_port=$(od -An -N2 -tu2 /dev/urandom)
		tap_port=$((20000 + tap_port % 12000))
		tap_claim=${TMPDIR:-/tmp}/as-port.$tap_port
		mkdir "$tap_claim" 2>/dev/null || continue
		echo "$tap_claim" >>"$TMP/.ports"
		[ -z "$(ss -Hltn "sport = :$tap_port")" ] && break
	done
	echo "$tap_port"
}

TMP=$(mktemp -d "${TMPDIR:-/tmp}/autostack-test.XXXXXX") || exit 1
trap tap_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$TMP" || exit 1
