#!/bin/sh
# Archives of releases in S3-compatible storage that others wrote: s3rver from
# npm, behind a check of each signature by aws4 from npm, at versions that
# Debian's nodejs runs.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/npm.sh"

S3=$TMP/s3
mkdir "$S3"
npm_packages s3 s3rver@3.7.1 aws4@1.13.2
ln -s "$NPM_MODULES" "$S3/node_modules"
cp "$abs_top_srcdir/t/lib/s3rver.mjs" "$S3"
mkfifo "$S3/alive"
(cd "$S3" && exec node s3rver.mjs "$S3" <alive >"$S3/out" 2>&1) &
defer "kill $!"
exec 9>"$S3/alive"
wait_for 60 test -s "$S3/port" || bail "the storage does not start: $(tail "$S3/out")"
(umask 077 && printf 'S3RVER\n' >"$TMP/s3.secret")

worker_init keep_releases=2 "s3_endpoint=http://127.0.0.1:$(cat "$S3/port")" s3_bucket=archives \
	s3_region=eu-central-1 s3_access_key_id=S3RVER "s3_secret_access_key=$TMP/s3.secret"
[ "$(id -u)" != 0 ] || chown "$worker_user:" "$TMP/s3.secret"
mkdir -p "$TMP/site/dist"
head -c 3000000 /dev/urandom >"$TMP/site/dist/large.bin" # with Expect: 100-continue
seq 10000 >"$TMP/site/dist/numbers.txt"
repo site
worker_up
project site "$GIT/site.git" output_dir=dist
publish() {
	sql "UPDATE projects SET build_command = 'echo $1 >dist/index.html' WHERE name = 'site'"
	deploy site
	[ "$(final "$id")" = success ] || bail "$1: $(field "$id" error)"
}
archived() { [ -n "$(sql "SELECT 1 FROM archives WHERE id = '$1' AND archived_at IS NOT NULL")" ]; }
no_release() { [ ! -e "$STATE/sites/site/releases/$1" ] && [ -z "$(sql "SELECT 1 FROM releases WHERE id = '$1'")" ]; }
owner() { "$abs_top_builddir/autostack" -c "$CONF" --data "$abs_top_srcdir" "$@" >"$TMP/out" 2>&1; }

owner doctor --json
is "$(gojq -r '.checks[] | select(.check == "storage") | .level' "$TMP/out")" ok \
	"the doctor puts, gets and deletes an object" || diag "$(gojq -r '.checks[] | select(.check == "storage").text' "$TMP/out")"
publish one
one=$id
wait_for 30 archived "$one"
ok $? "a release is archived" || diag "$(sql 'SELECT error FROM archives')"
like "$(cat "$S3/log")" "^PUT /archives/releases/$one.tar.gz 200$" "by a request whose signature aws4 makes as well"
cp -rp "$STATE/sites/site/releases/$one" "$TMP/was"
publish two
publish three
wait_for 30 no_release "$one" || bail "the first release stays"
owner restore-release "$one"
is $? 0 "it comes back" || diag "$(cat "$TMP/out")"
try "as it was" diff -r "$TMP/was" "$STATE/sites/site/releases/$one"
sql "DELETE FROM projects WHERE name = 'site'"
empty() { ! find "$S3/data" -name "*.tar.gz*" | grep -q .; }
try "what is deleted goes from the storage" wait_for 90 empty # at the archiver's nice
# whoever checks signatures must refuse what is not signed so
printf 'S3RVEr\n' >"$TMP/s3.secret"
owner doctor --json
like "$(gojq -r '.checks[] | select(.check == "storage").text' "$TMP/out")" "SignatureDoesNotMatch.*s3_secret_access_key" \
	"a wrong secret is refused"
done_testing
