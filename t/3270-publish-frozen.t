#!/bin/sh
# What is published is the tree as the build left it: whatever the build has
# started is dead before the first file is copied, so nothing can change places
# with a symlink meanwhile.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_slots=2

mkdir -p "$TMP/site"
echo index >"$TMP/site/index.html"
# A daemon that no shell waits for. It writes the number of its round into each
# file in turn: at any one moment the files up to some place hold the new
# number, and those behind it the one before.
cat >"$TMP/site/rounds.sh" <<'END'
mkdir dist && cp index.html dist
for n in $(seq 100 399); do echo 0 >dist/f$n; done
cat >daemon.sh <<'DAEMON'
trap '' TERM HUP INT
g=0
while :; do
	g=$((g + 1))
	for n in $(seq 100 399); do echo $g >dist/f$n; done
done
DAEMON
(setsid sh daemon.sh >/dev/null 2>&1 &)
# the file is empty for a moment in each round
until [ "$(cat dist/f100)" -ge 3 ] 2>/dev/null; do :; done
END
# And one that swaps a folder for a symlink to /etc and back.
cat >"$TMP/site/swap.sh" <<'END'
mkdir -p dist/a && cp index.html dist && echo inside >dist/a/passwd
for n in $(seq 300); do echo $n >dist/a/f$n; done
ln -s /etc link
cat >daemon.sh <<'DAEMON'
trap '' TERM HUP INT
while :; do
	mv dist/a keep; mv -T link dist/a
	mv -T dist/a link; mv keep dist/a
	: >going
done
DAEMON
(setsid sh daemon.sh >/dev/null 2>&1 &)
while [ ! -e going ]; do :; done
END
repo site
worker_up

builds "$GIT/site.git" rounds 'build_command=sh rounds.sh' output_dir=dist
is "$status" success "a build that leaves a daemon" ||
	diag "$error $(the_log "$id")"
dir=$STATE/sites/rounds/current
is "$(find "$dir/" -name 'f???' | wc -l)" 300 "PUB-2 all files are there"
# one file may have been cut at the moment of the kill: empty
cat "$dir"/f??? | awk 'NR == 1 { first = last = $1 }
	$1 > last { bad = "a later file is newer" }
	{ last = $1; lines++ }
	END {
		if (first - last > 1) bad = "files of more than two rounds"
		if (lines < 299) bad = "files are missing lines"
		print bad ? bad : "frozen"
	}' >"$TMP/judged"
is "$(cat "$TMP/judged")" frozen "PUB-2 the files are those of one moment" ||
	diag "$(cat "$dir"/f??? | sort -n | uniq -c)"
[ "$(cat "$dir"/f??? | sort -n | tail -n 1)" -ge 3 ]
ok $? "PUB-2 in which the daemon was at work"
try "PUB-2 the daemon is dead" wait_for 5 no_slot_tasks

# The end may find the symlink in place, which fails the deployment, or the
# folder away; but never a file of /etc.
project swap "$GIT/site.git" 'build_command=sh swap.sh' output_dir=dist
for n in 1 2 3 4 5; do
	deploy swap
	status=$(final "$id" 90)
	case $status in
	success) ;;
	*)
		like "$(field "$id" error)" 'symbolic link that leads out of it: a$' \
			"PUB-2 a symlink at the end is refused"
		continue
		;;
	esac
	dir=$STATE/sites/swap/current
	is "$(cat "$dir/a/passwd" 2>/dev/null || echo inside)" inside \
		"PUB-2 swapping a folder for a symlink brings no other file in"
	is "$(find "$dir/" ! -type f ! -type d)" "" "PUB-2 nor the symlink itself"
done
is "$(grep -rl '^root:' "$STATE/sites")" "" "PUB-2 nothing of /etc is published"
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"' \
	"the worker's log is clean"
done_testing
