#!/bin/sh
# Builds that take too much: each ends with a named reason, soon, and leaves
# nothing behind.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/sandbox.sh"
sandbox_start

mkdir "$TMP/p"
cp "$abs_top_builddir/t/helper/hostile" "$TMP/p/" &&
	chmod -R a+rX "$TMP/p" || bail "hostile is not built"
MIB=1048576

# try_hostile WORD OPTION... - runs it with the network off, in $WORK
try_hostile() {
	what=$1
	shift
	box --net none --time 15000 "$@" --ro-bind "$TMP/p:/p" \
		--bind "$WORK:/build" --chdir /build --watch "$WORK" \
		-- /p/hostile "$what"
}

# ended WANTED WHAT - the reason, and that nobody is left
ended() {
	like "$result" "^$1 " "$2"
	is "$(slot_tasks)" 0 "$2: nothing is left"
}

# clean WHAT - everything is given back and can be deleted with ordinary calls
clean() {
	as_worker "$BOX" own --slot "$SLOT" --to worker "$WORK"
	ok $? "$1: own --to worker"
	as_worker find "$WORK" -mindepth 1 -delete
	is "$(find "$WORK" -mindepth 1 | wc -l)" 0 \
		"SB-8 $1: the clean-up is complete"
	as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK"
}

as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK"

# --- SB-7 ---
try_hostile forks --pids 100
ended 'limit pids' "SB-7 a fork bomb"
try_hostile threads --pids 50
ended 'limit pids' "SB-7 too many threads"
try_hostile threads --pids 300 --time 1500
ended 'limit time' "SB-7 100 threads that spin"
ms=$(echo "$result" | sed 's/.* wall_ms=\([0-9]*\).*/\1/')
[ "$ms" -ge 1500 ] && [ "$ms" -lt 3500 ]
ok $? "SB-9 the wall limit ends it within 2 s" || diag "$result"
try_hostile memory --memory $((100 * MIB))
ended 'limit memory' "SB-7 a process that takes all memory"
try_hostile huge --memory $((100 * MIB))
ended 'exit 3' "SB-7 64 GiB at once are not given"
try_hostile family --memory $((200 * MIB))
ended 'limit memory' "SB-7 PEER-1 eight processes that take all memory together"
try_hostile mapped --memory $((100 * MIB))
ended 'limit memory' "SB-7 shared memory counts"
try_hostile shared --memory $((100 * MIB))
ended 'exit 137' "memory shared by fork counts once"
box_sh --net none --tmp-size $MIB \
	'yes >/dev/shm/x; yes >/tmp/x; du -sk /dev/shm /tmp'
is "$(printf '%s\n' "$out" | awk '/^[0-9]/ && $1 > 1024')" "" \
	"SB-7 filling /dev/shm and /tmp ends at their size"
like "$out" 'No space left' "SB-7 with the usual error"
box --net none --memory 100000000 --pids 20 --time 5000 --disk $MIB \
	--inodes 99 --watch "$WORK" -- /bin/true
like "$result" 'limits=userns,pidns,net:none,seccomp,rlimits,nice,time,memory:sampled,pids:rlimit\+sampled,disk:sampled,inodes:sampled,no-cgroup$' \
	"SB-7 the result says which limits were in force"
box_sh --net none --memory $((100 * MIB)) --pids 20 --disk $((5 * MIB)) \
	'cat /proc/self/limits; nice; cat /proc/self/oom_score_adj'
for want in 'Max core file size +0 +0' 'Max open files +8192 +8192' \
	'Max file size +5242880 ' 'Max data size +131072000 ' '^10$' '^1000$'; do
	like "$out" "$want" "SB-7 in force: $want"
done

# --- SB-8 ---
free=$(df --output=avail "$WORK" | tail -1)
try_hostile big_file --disk $((50 * MIB)) --inodes 1000
ended '(exit 3|limit disk)' "SB-8 a file of 10 GB"
clean "a file of 10 GB"
try_hostile many_files --disk $((100 * MIB)) --inodes 10000
ended 'limit disk' "SB-8 10 GB in files of 8 MB"
clean "10 GB in files"
[ $((free - $(df --output=avail "$WORK" | tail -1))) -lt 3000000 ]
ok $? "SB-8 the host's disk is as it was"
try_hostile empty_files --disk $((100 * MIB)) --inodes 5000
ended 'limit inodes' "SB-8 a million empty files"
clean "a million empty files"
try_hostile sparse --disk $((100 * MIB)) --inodes 5000
ended 'exit 3' "SB-8 a sparse file of 1 PB is not made"
clean "a sparse file"
try_hostile deep --disk $((100 * MIB)) --inodes 50000
ended 'exit 0' "SB-8 10,000 levels of directories with mode 000"
like "$result" 'peak_inodes=101[0-9][0-9] ' "SB-8 all of it was counted"
clean "10,000 levels"
# what a build writes in its last moment is measured as well
box_sh --net none --disk $MIB --watch "$WORK" --bind "$WORK:/build" \
	'for i in 1 2 3; do head -c 900000 /dev/zero >/build/$i; done'
ended 'limit disk' "SB-8 too much in the last moment"
clean "the last moment"
done_testing
