#!/bin/sh
# Releases are archived in S3-compatible storage: after the deployment, without
# delaying it, again when that fails, and before their files go.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/s3.sh"

s3_up
# shellcheck disable=SC2046 # a list of settings
worker_init keep_releases=2 s3_attempts=3 $(s3_settings)
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/s3.secret"
mkdir -p "$TMP/site/dist/a"
echo "<h1>one</h1>" >"$TMP/site/dist/index.html"
seq 5000 >"$TMP/site/dist/a/numbers.txt"
repo site
worker_up
project site "$GIT/site.git" output_dir=dist
publish() { # TEXT: sets $id, and $vN
	sql "UPDATE projects SET build_command = 'echo $1 >dist/index.html' WHERE name = 'site'"
	deploy site
	[ "$(final "$id")" = success ] || bail "$1: $(field "$id" error)"
}
column() { sql "SELECT $1 FROM archives WHERE id = '${2:-$id}'"; }
a_is() { [ "$(column "$1")" = t ]; }
archived() { wait_for 30 a_is 'archived_at IS NOT NULL' || diag "$(column 'attempts, error, next_at - now()')"; a_is 'archived_at IS NOT NULL'; }
put_off() { wait_for 30 a_is "error IS NOT NULL AND attempts = ${1:-1} AND next_at > now() + interval '5 seconds'"; }
now() { sql "UPDATE archives SET next_at = now(), error = NULL WHERE next_at IS NOT NULL AND archived_at IS NULL; NOTIFY autostack, 'archive:now'"; }
object() { echo "$S3_ROOT/bucket/releases_${1:-$id}.tar.gz"; }

publish one
archived
ok $? "a release is archived"
is "$(column "bytes, sha256, attempts, next_at IS NULL, error IS NULL")" \
	"$(stat -c %s "$(object)")|$(sha256sum "$(object)" | cut -d' ' -f1)|0|t|t" "size and hash are known"
mkdir "$TMP/unpacked"
tar -xzf "$(object)" -C "$TMP/unpacked"
try "it holds the release" diff -r "$TMP/unpacked" "$STATE/sites/site/releases/$id"
is "$(s3_log)" "PUT /bucket/releases/$id.tar.gz 200" "by one request, whose signature is right"
like "$(grep archive.stored "$WORKER_LOG")" "$id" "the log says so"
is "$(ls "$STATE/archive")" "" "nothing is left in state_dir"
first=$id

# a storage that does not work
s3_mode refuse 503 SlowDown
publish two
is "$(deployed site index.html)" two "a deployment does not wait for the storage"
put_off
ok $? "a refusal puts it off"
is "$(column error)" "the storage answers 503 SlowDown: it asks for fewer requests" "the row says why"
like "$(grep archive.delayed "$WORKER_LOG")" "503 SlowDown" "and the log"
failing() { # MODE PATTERN WHAT
	s3_mode "$1"
	sql "UPDATE archives SET attempts = 0 WHERE id = '$id'"
	now
	put_off 1
	ok $? "$3"
	like "$(column error)" "$2" "with a reason: $3"
}
failing "refuse 403 InvalidAccessKeyId" "does not know s3_access_key_id" "a key that it does not know"
failing "refuse 403 SignatureDoesNotMatch" "s3_secret_access_key is not" "a wrong secret"
failing "refuse 404 NoSuchBucket" "no such s3_bucket" "no bucket"
failing "refuse 403 <b>x</b>" "answers 403: the key may not|answers 403 : the key may not" "a code that is none"
failing "refuse 500 $(printf '%0200d' 0)" "answers 500: it refuses" "a code that is too long"
failing "redirect http://127.0.0.1:$(cat "$TMP/git.port")/elsewhere" "answers 307 TemporaryRedirect: it redirects" "WH-5 a redirect"
is "$(grep -c elsewhere "$TMP/git.log")" 0 "WH-5 which is not followed"
failing junk "127\.0\.0\.1: " "something that is no HTTP"
failing endless "127\.0\.0\.1: " "headers without an end"
sql "UPDATE archives SET attempts = 2 WHERE id = '$id'"
s3_mode refuse 500 InternalError
now
wait_for 30 a_is 'error IS NOT NULL AND next_at IS NULL'
ok $? "after s3_attempts it is given up"
is "$(column "attempts, archived_at IS NULL")" "3|t" "and the row says so"
like "$(grep archive.failed "$WORKER_LOG")" "500 InternalError" "and the log"
s3_mode
sql "UPDATE archives SET attempts = 3, error = NULL, next_at = now() WHERE id = '$id'; NOTIFY autostack, 'archive:now'"
wait_for 30 a_is 'error IS NOT NULL AND next_at IS NULL'
is "$(column "error, archived_at IS NULL")" "the worker was lost too often|t" "SB-13 so is one that kills its workers"
unlike "$(cat "$WORKER_LOG")" "test-key|test-secret|secret words" "LOG-2 which has neither key nor secret nor the storage's text"
s3_mode
worker_down
worker_up
archived
ok $? "the worker's next start tries it once more"
second=$id

# what hangs ends; what the worker is told to end it hands back
worker_down
echo s3_timeout=2s >>"$CONF"
worker_up
s3_mode hang
publish three
put_off
ok $? "a storage that says nothing is left after s3_timeout"
like "$(column error)" "127\.0\.0\.1: Time" "and the row says so"
s3_mode drip
now
put_off 2
ok $? "so is one that says it a byte at a time"
worker_down
sed -i '/^s3_timeout=/d' "$CONF"
worker_up
s3_mode hang
now
wait_for 30 a_is 'attempts = 3'
waits() { s3_log "PUT /bucket/releases/$id.tar.gz hang" >/dev/null; }
wait_for 20 waits
tap_now
begun=$tap_clock
worker_down
tap_now
ok "$((tap_clock - begun > 8))" "a worker that is stopped does not wait for a transfer"
is "$(column 'attempts, next_at <= now()')" "2|t" "and hands it back"

# killed at every step: archived all the same, and never twice at once
s3_mode
worker_up
archived
ok $? "it is archived after the restart"
if developer_only "SB-13 SIGKILL at each step of an archive"; then
	for step in archive-claimed archive-packed archive-ended; do
		touch "$CRASH/$step.job"
		sql "UPDATE archives SET archived_at = NULL, bytes = NULL, sha256 = NULL, attempts = 0, next_at = now() WHERE id = '$id'"
		sql "NOTIFY autostack, 'archive:now'"
		gone() { [ ! -e "$CRASH/$step.job" ]; }
		wait_for 20 gone || bail "nobody was killed at $step"
		is "$(column "attempts, next_at > now() + interval '1 minute'")" "1|t" "SB-13 SIGKILL at '$step': the lease keeps others away"
		sql "UPDATE archives SET next_at = now() WHERE id = '$id'; NOTIFY autostack, 'archive:now'"
		archived
		ok $? "SB-13 then it is archived ($step)"
		is "$(ls "$STATE/archive")" "" "nothing is left in state_dir ($step)"
	done
	like "$(grep archive.lost "$WORKER_LOG")" '"signal":"9"' "the log tells of a lost archiver"
fi

# what is not kept waits for its archive, and goes then
s3_mode refuse 500 InternalError
publish four
fourth=$id
put_off
publish five
publish six
retired() { [ "$(sql "SELECT count(*) FROM releases WHERE retired_at IS NOT NULL")" -ge 1 ]; }
wait_for 20 retired
is "$(sql "SELECT id FROM releases WHERE retired_at IS NOT NULL")" "$fourth" "a release is not kept any more"
ok "$([ -d "$STATE/sites/site/releases/$fourth" ]; echo $?)" "its files are there while it is not archived"
s3_mode
now
on_disk() { [ -e "$STATE/sites/site/releases/$1" ]; }
no_release() { ! on_disk "$1" && [ -z "$(sql "SELECT 1 FROM releases WHERE id = '$1'")" ]; }
try "they go when it is" wait_for 30 no_release "$fourth"
is "$(column 'archived_at IS NOT NULL' "$fourth")" t "after it was archived"
archived
is "$(sql "SELECT count(*) FROM archives WHERE archived_at IS NOT NULL")" 6 "all are archived"
s3_mode refuse 500 InternalError
publish seven
seventh=$id
put_off
publish eight
publish nine
retired7() { [ -n "$(sql "SELECT 1 FROM releases WHERE id = '$seventh' AND retired_at IS NOT NULL")" ]; }
wait_for 20 retired7
worker_down
echo s3_archive_first=no >>"$CONF"
worker_up
try "with s3_archive_first = no nothing waits" wait_for 30 no_release "$seventh"
is "$(column 1 "$seventh")" "" "what cannot be archived any more is not tried"

# deleting
s3_mode
objects() { [ "$(s3_objects | wc -l)" = "$1" ]; }
now
wait_for 30 objects 8 || diag "$(s3_objects)"
s3_mode refuse 500 InternalError
sql "DELETE FROM deployments WHERE id = '$first'"
later() { [ -n "$(sql "SELECT 1 FROM archive_removals WHERE id = '$1' AND error IS NOT NULL AND next_at > now() + interval '10 seconds'")" ]; }
wait_for 20 later "$first"
ok $? "the archive of a deleted deployment is to go"
is "$(column 1 "$first")" "" "its row is gone"
like "$(sql "SELECT error FROM archive_removals WHERE id = '$first'")" "500 InternalError" "a refusal puts it off"
like "$(grep archive.stays "$WORKER_LOG")" "500 InternalError" "and is logged"
s3_mode
sql "UPDATE archive_removals SET next_at = now(); NOTIFY autostack, 'archive:now'"
no_object() { [ ! -e "$(object "$1")" ] && [ -z "$(sql "SELECT 1 FROM archive_removals")" ]; }
try "it is removed when it can be" wait_for 20 no_object "$first"
like "$(grep archive.removed "$WORKER_LOG")" "$first" "the log says so"
# one whose archive is just being written
s3_mode hold
publish ten
tenth=$id
uploading() { [ "$(sql "SELECT attempts FROM archives WHERE id = '$tenth'")" = 1 ] && ls "$S3_ROOT/bucket/releases_$tenth".tar.gz.*; }
wait_for 20 uploading
sql "DELETE FROM projects WHERE name = 'site'"
is "$(sql "SELECT count(*) FROM archive_removals WHERE next_at > now() + interval '1 minute'")" 1 \
	"what is just being archived is removed after that has ended"
s3_mode
try "all others go at once" wait_for 30 objects 1
wait_for 20 grep -q "archive.lost\|$tenth.*archive" "$WORKER_LOG"
sql "UPDATE archive_removals SET next_at = now(); NOTIFY autostack, 'archive:now'"
try "deleting the project leaves nothing" wait_for 20 no_object "$tenth"
is "$(s3_objects)" "" "in the storage"
no_site() { [ ! -e "$STATE/sites/site" ]; }
try "nor on disk" wait_for 20 no_site
: "$second"

# too large
sed -i '/^s3_archive_first=/d' "$CONF"
worker_down
echo s3_archive_max=1M >>"$CONF"
worker_up
project large "$GIT/site.git" output_dir=dist \
	"build_command=head -c 3000000 /dev/urandom >dist/noise"
deploy large
is "$(final "$id")" success "a large release is published"
wait_for 30 a_is 'next_at IS NULL'
is "$(column "error, attempts, archived_at IS NULL")" "the archive is larger than 1 MB|1|t" "and given up at once"
is "$(ls "$STATE/archive")" "" "nothing is left in state_dir"

# settings
worker_down
cp -p "$CONF" "$CONF.good"
wrong() { # PATTERN SETTING=VALUE...
	w_pattern=$1
	shift
	for w_s; do
		sed "/^${w_s%%=*}=/d" "$CONF.good" >"$CONF.bad"
		echo "$w_s" >>"$CONF.bad"
	done
	"$abs_top_builddir/autostack-worker" -t -c "$CONF.bad" >"$TMP/out" 2>&1
	isnt $? 0 "refused: $*"
	like "$(cat "$TMP/out")" "$w_pattern" "with a reason: $*"
}
wrong 's3_endpoint: must be https' s3_endpoint=http://storage.example
wrong 's3_endpoint: must be https' s3_endpoint=ftp://127.0.0.1
wrong 's3_endpoint: must be https' s3_endpoint=https://storage.example/path
wrong 's3_endpoint: must be https' 's3_endpoint=https://user@storage.example'
wrong 's3_bucket: must have' s3_bucket=UPPER
wrong 's3_bucket: must have' s3_bucket=a/b
wrong 's3_bucket: must have' s3_bucket=..
wrong 's3_region: must be' 's3_region=eu west'
wrong 's3_bucket: needs s3_access_key_id' s3_access_key_id=
wrong 's3_bucket: needs s3_access_key_id' s3_secret_access_key=
sed '/^s3_/d' "$CONF.good" >"$CONF"
worker_up
is "$(worker_archiver)" "" "without s3_bucket there is no archiver"
isnt "$(worker_outbox)" "" "beside the outbox"
done_testing
