#!/bin/sh
# What a build may leave in its output and what becomes of it; releases on disk.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init keep_releases=2
CANARY=$TMP/canary
echo host-canary >"$CANARY"
mkdir -p "$TMP/site"
cat >"$TMP/site/build.sh" <<'END'
umask 077
mkdir -p dist/deep/er dist/.well-known/acme-challenge dist/.git
echo page >dist/index.html
echo secret >dist/.env
echo x >dist/.well-known/security.txt
echo x >dist/.well-known/acme-challenge/token
echo x >dist/.git/config
echo x >dist/deep/er/file.txt
ln dist/index.html dist/hard.html
ln -s index.html dist/soft.html
mkfifo dist/fifo
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("dist/sock"))'
cp /bin/true dist/suid; chmod 4755 dist/suid
echo x >"dist/new
line"
touch -d 1999-01-01 dist/index.html
chmod 777 dist/deep/er/file.txt
chmod 000 dist/.env
seq 2000 >dist/app.js
# it goes on when its command has ended
(trap '' TERM HUP; mkdir swap; echo swapped >swap/x; while :; do
	mv swap dist/swap; mv dist/swap swap; ln -s /etc dist/swap; rm dist/swap
	ln -s "$CANARY" dist/late; rm dist/late; done) >/dev/null 2>&1 &
sleep 0.3
END
repo site
if developer_only "PUB-2 every process of the build is dead before the copy"; then
	touch "$CRASH/deploying.pause"
	chmod 666 "$CRASH/deploying.pause"
fi
worker_up
project site "$GIT/site.git" 'build_command=sh build.sh' output_dir=dist
# the race may stop at a moment when a link is there: then it is refused
tries=0
while :; do
	deploy site "env=CANARY=$CANARY"
	[ ! -e "$CRASH/deploying.pause" ] || wait_for 30 test -e "$CRASH/deploying.paused"
	if [ -e "$CRASH/deploying.paused" ]; then
		try "PUB-2 every process of the build is dead before the copy" no_slot_tasks
		rm "$CRASH/deploying.paused"
	fi
	status=$(final "$id")
	error=$(field "$id" error)
	[ "$status" = failed ] && [ $tries -lt 20 ] || break
	case $error in *'symbolic link that leads out'*) ;; *) break ;; esac
	tries=$((tries + 1))
done
is "$status" success "a build that leaves all kinds of files" || diag "$error $(the_log "$id")"
release=$STATE/sites/site/releases/$id
is "$(cd "$release" && find . -type f | grep -v swap | sort | tr '\n' ' ')" \
	'./.well-known/security.txt ./app.js ./app.js.gz ./deep/er/file.txt ./hard.html ./index.html ./suid ' \
	"PUB-1 PUB-6 only what may be served is there"
is "$(find "$release" ! -type f ! -type d)" "" "PUB-1 and only files and directories"
is "$(find "$release" -type f ! -perm 644; find "$release" -type d ! -perm 755)" "" \
	"PUB-3 modes are 0644 and 0755 whatever the build's were"
is "$(find "$release" ! -user "$worker_user")" "" "PUB-3 all of it is the worker's, which nginx is not"
is "$(find "$release" -type f -links +1)" "" "PUB-1 no hard link to anything"
is "$(find "$release" -newermt '2 hours ago' -name index.html | wc -l)" 1 "PUB-3 times are those of the copy"
is "$(grep -rl 'host-canary\|root:x' "$STATE/sites")" "" "PUB-1 nothing of the host is in it"
log=$(the_log "$id")
like "$log" 'Not published: soft.html: a symbolic link' "PUB-1 the log names what was left out"
like "$log" 'Not published: fifo: neither' "PUB-1 with the reason"

# releases come and go
for i in 1 2 3; do
	sql "UPDATE projects SET build_command = 'mkdir dist; echo $i >dist/index.html' WHERE name = 'site'"
	before=$(readlink "$STATE/sites/site/current")
	deploy site
	is "$(final "$id")" success "release $i"
	is "$(readlink "$STATE/sites/site/previous")" "$before" "PUB-4 the one before is still there"
done
pruned() { [ "$(find "$STATE/sites/site/releases" -mindepth 1 -maxdepth 1 | wc -l)" = 2 ]; }
try "the oldest releases are removed" wait_for 10 pruned
is "$(deployed site index.html)" 3 "the live one is not"
is "$(cat "$STATE/sites/site/previous/index.html")" 2 "nor the one before"
is "$(stat -c %a "$STATE/sites" "$STATE/sites/site" "$STATE/sites/site/releases" | tr '\n' ' ')" '755 755 755 ' \
	"nginx can reach them"
is "$(stat -c %a "$STATE/builds")" 700 "SB-4 and not the builds"
worker_down
done_testing
