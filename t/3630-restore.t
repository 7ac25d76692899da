#!/bin/sh
# A release comes back from its archive as it was, or not at all: whatever the
# storage answers, whoever dies meanwhile.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/s3.sh"

s3_up
# shellcheck disable=SC2046 # a list of settings
worker_init keep_releases=2 s3_timeout=4s $(s3_settings)
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/s3.secret"
mkdir -p "$TMP/site/dist/a b/.well-known" "$TMP/site/dist/.well-known"
seq 5000 >"$TMP/site/dist/a b/numbers.txt"
seq 3000 >"$TMP/site/dist/own.txt"
echo theirs >"$TMP/site/dist/own.txt.gz"
echo x >"$TMP/site/dist/.well-known/x"
: >"$TMP/site/dist/empty.css"
# the files themselves are never in a release, only what was made of them
printf '/old /new 301!\n' >"$TMP/site/dist/_redirects"
printf '/*\n  Content-Security-Policy: default-src self\n' >"$TMP/site/dist/_headers"
repo site
worker_up
project site "$GIT/site.git" output_dir=dist spa=on
publish() {
	sql "UPDATE projects SET build_command = 'echo $1 >dist/index.html' WHERE name = 'site'"
	deploy site
	[ "$(final "$id")" = success ] || bail "$1: $(field "$id" error)"
}
archived() { [ -n "$(sql "SELECT 1 FROM archives WHERE id = '$1' AND archived_at IS NOT NULL")" ]; }
on_disk() { [ -e "$STATE/sites/site/releases/$1" ]; }
no_release() { ! on_disk "$1" && [ -z "$(sql "SELECT 1 FROM releases WHERE id = '$1'")" ]; }
owner() { "$abs_top_builddir/autostack" -c "$CONF" --data "$abs_top_srcdir" "$@" >"$TMP/out" 2>&1; }
restore() { owner restore-release --wait "${2:-60}" "$1"; }
modes() { (cd "$1" && find . -printf '%m %s %P\n' | sort -k3); }
own() { cat "$STATE/sites/$(echo "$1" | tr -d - | cut -c1-12)--site/current/index.html" 2>/dev/null; }

publish one
one=$id
wait_for 30 archived "$one" || bail "not archived"
cp -rp "$STATE/sites/site/releases/$one" "$TMP/was"
like "$(cat "$TMP/was/.rules")" "Content-Security-Policy" "a release has rules for nginx"
like "$(cat "$TMP/was/.rules")" '\["/index.html"\]' "those of a single page as well"
try "and some that come before files" test -e "$TMP/was/.rules-first"
publish two
two=$id
publish three
three=$id
wait_for 30 no_release "$one" || bail "the first release stays"
is "$(field "$one" "release_id IS NULL")" t "a release is gone"

restore "$one"
is $? 0 "it is brought back" || diag "$(cat "$TMP/out")"
like "$(cat "$TMP/out")" "^$one: its release is on disk again" "and the command says so"
try "as it was" diff -r "$TMP/was" "$STATE/sites/site/releases/$one"
is "$(modes "$STATE/sites/site/releases/$one")" "$(modes "$TMP/was")" "PUB-3 modes, too"
is "$(own "$one")" one "under its own address"
is "$(field "$one" "release_id")" "$one" "its deployment has a release again"
is "$(sql "SELECT restored_at IS NOT NULL AND restore_requested_at IS NULL AND attempts = 0 FROM archives WHERE id = '$one'")" t \
	"the row says so"
like "$(grep restore.done "$WORKER_LOG")" "$one" "and the log"
is "$(ls "$STATE/archive")" "" "nothing is left in state_dir"
restore "$one"
is "$? $(cat "$TMP/out")" "0 $one: its release is on disk" "again: it is there"
rollback=$(cat /proc/sys/kernel/random/uuid)
sql "INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, release_id)
	SELECT '$rollback', project_id, user_id, 'rollback', repository, branch, '$one' FROM deployments WHERE id = '$one'"
is "$(final "$rollback")" success "it can be rolled back to"
is "$(deployed site index.html)" one "and is live then"
is "$(deployed site .rules)" "$(cat "$TMP/was/.rules")" "with its redirects, headers and single page"
# two is over the number of releases now, three is the one before
wait_for 30 no_release "$two" || bail "the second release stays"
publish four
on_disk "$one"
ok $? "what was brought back counts as new: the next deployment leaves it"

# the storage gives something else
object=$S3_ROOT/bucket/releases_$two.tar.gz
refused() { # PATTERN WHAT
	restore "$two" 60
	is $? 1 "PUB-5 refused: $2"
	like "$(cat "$TMP/out")" "$1" "with a reason: $2"
	try "nothing of it is on disk: $2" wait_for 20 no_release "$two"
	is "$(ls "$STATE/archive")" "" "nor in state_dir: $2"
}
s3_mode wrong
refused "another file than it was given" "other bytes"
s3_mode short
refused "127\.0\.0\.1: " "cut off"
s3_mode long
refused "the answer is too large" "more than it was given"
s3_mode refuse 404 NoSuchKey
refused "404 NoSuchKey: the object is not there" "nothing"
s3_mode redirect "http://127.0.0.1:$(cat "$TMP/git.port")/elsewhere"
refused "307 TemporaryRedirect" "a redirect"
is "$(grep -c elsewhere "$TMP/git.log")" 0 "WH-5 which is not followed"
s3_mode hang
refused "127\.0\.0\.1: Time" "silence"
s3_mode
# even with a hash that is right: somebody wrote into both
cp "$object" "$TMP/good.tgz"
planted() { # WHAT PATTERN: what lies in $TMP/evil.tgz
	cp "$TMP/evil.tgz" "$object"
	sql "UPDATE archives SET sha256 = '$(sha256sum <"$object" | cut -d' ' -f1)', bytes = $(stat -c %s "$object") WHERE id = '$two'"
	refused "$2" "$1"
}
mkdir "$TMP/evil"
echo evil >"$TMP/evil/index.html"
ln -s /etc "$TMP/evil/link"
tar -C "$TMP/evil" --format=ustar -czf "$TMP/evil.tgz" index.html link
planted "a tar file of somebody else" "not an archive of ours"
tar -C "$TMP/evil" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 \
	--mode=644 -czf "$TMP/evil.tgz" index.html link
planted "a symbolic link" "not an archive of ours"
tar -C "$TMP/evil" --format=ustar --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=644 \
	--transform 's|^|../../../|' -P -czf "$TMP/evil.tgz" index.html
planted "a way out" "not an archive of ours"
ok "$([ ! -e "$STATE/index.html" ] && [ ! -e "$STATE/archive/index.html" ]; echo $?)" "PUB-5 nothing was written outside"
head -c 100000 /dev/urandom >"$TMP/evil.tgz"
planted "no gzip" "not an archive of ours"
head -c $(($(stat -c %s "$TMP/good.tgz") - 20)) "$TMP/good.tgz" >"$TMP/evil.tgz"
planted "a part" "not an archive of ours"
is "$(deployed site index.html)" four "what is live stays live"
cp "$TMP/good.tgz" "$TMP/evil.tgz"
cp "$TMP/good.tgz" "$object"
sql "UPDATE archives SET sha256 = '$(sha256sum <"$object" | cut -d' ' -f1)', bytes = $(stat -c %s "$object") WHERE id = '$two'"
unlike "$(cat "$WORKER_LOG")" "test-key|test-secret|secret words" "LOG-2 the log has no secret"

# killed at every step
if developer_only "SB-13 SIGKILL at each step of a restore"; then
	for step in restore-claimed restore-fetched restore-copied restore-ended; do
		sql "UPDATE releases SET retired_at = now() WHERE id = '$two'"
		wait_for 30 no_release "$two" || bail "the second release stays ($step)"
		touch "$CRASH/$step.job"
		restore "$two" 3
		gone() { [ ! -e "$CRASH/$step.job" ]; }
		wait_for 20 gone || bail "nobody was killed at $step"
		sql "UPDATE archives SET next_at = now() WHERE id = '$two' AND next_at IS NOT NULL; NOTIFY autostack, 'archive:now'"
		restore "$two"
		is $? 0 "SB-13 SIGKILL at '$step': it is brought back all the same" || diag "$(cat "$TMP/out")"
		is "$(own "$two")" two "SB-13 and complete ($step)"
		is "$(find "$STATE/archive" "$STATE/sites/site/releases" -name '*.tmp' -o -path "$STATE/archive/*")" "" \
			"nothing is left ($step)"
	done
fi

# what is retired and still on disk needs no storage
four=$(sql "SELECT live_deployment_id FROM projects WHERE name = 'site'")
publish five
is "$(readlink "$STATE/sites/site/previous")" "releases/$four" "the release before the live one stays on disk"
wait_for 30 archived "$four" || bail "not archived"
sql "UPDATE releases SET retired_at = now() WHERE id = '$four'"
s3_mode refuse 500 InternalError
: >"$S3_ROOT/log"
restore "$four"
is $? 0 "even when it is not kept any more: it is kept again" || diag "$(cat "$TMP/out")"
is "$(sql "SELECT retired_at IS NULL AND removing_at IS NULL AND published_at > now() - interval '1 minute' FROM releases WHERE id = '$four'")" t \
	"and counts as new"
is "$(s3_log "$four")" "" "without the storage"
s3_mode

# its files are just being removed
sql "UPDATE releases SET removing_at = now(), retired_at = now() WHERE id = '$two'"
restore "$two"
is $? 0 "a release whose removal was begun is brought back after it" || diag "$(cat "$TMP/out")"
is "$(own "$two")" two "and complete"

# the deployment is deleted while it comes back
if developer_only "a deployment that is deleted while it comes back"; then
	sql "UPDATE releases SET retired_at = now() WHERE id = '$two'"
	wait_for 30 no_release "$two" || bail "the second release stays"
	touch "$CRASH/restore-copied.pause"
	(restore "$two") &
	asking=$!
	wait_for 30 test -e "$CRASH/restore-copied.paused" || bail "no pause"
	sql "DELETE FROM deployments WHERE id = '$two'"
	rm "$CRASH/restore-copied.paused"
	wait $asking
	try "deleted meanwhile: nothing stays" wait_for 30 no_release "$two"
	is "$(own "$two")" "" "under no address"
	no_object() { [ ! -e "$object" ]; }
	try "nor in the storage" wait_for 30 no_object
fi
: "$three"
done_testing
