#!/bin/sh
# autostack restore-release: what it refuses and how it ends without a worker;
# and what the doctor says of the storage. Whole restores: 3630.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/s3.sh"
pg_start
s3_up
# shellcheck disable=SC2046 # a list of settings
as_conf $(s3_settings)

restore() {
	"$abs_top_builddir/autostack" -c "${CONF:-$AS_CONF}" --data "$abs_top_srcdir" \
		restore-release "$@" >"$TMP/out" 2>&1
}
says() { # STATUS PATTERN WHAT
	is "$r_status" "$1" "$3"
	like "$(cat "$TMP/out")" "$2" "and why: $3"
}
try_restore() { restore "$@"; r_status=$?; }

try_restore
says 2 "an argument is missing" "no deployment"
try_restore a b
says 2 "unexpected argument 'b'" "two of them"
try_restore --wait soon 00000000-0000-4000-8000-0000000000d1
says 2 "unexpected argument" "a wait that is no number"
try_restore "1' OR true"
says 1 "is no deployment's id" "what is no id"
id=00000000-0000-4000-8000-0000000000d1
try_restore $id
says 1 "there is no such deployment" "no such deployment"
sql "INSERT INTO users (id, name, email) VALUES ('00000000-0000-4000-8000-00000000000a', 'ada', 'ada@example.com');
	INSERT INTO projects (id, user_id, name, site, repository)
		VALUES ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000a', 'p', 'p', 'https://example.com/p');
	INSERT INTO deployments (id, project_id, user_id, repository, branch)
		VALUES ('$id', '00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000a', 'https://example.com/p', 'main')"
try_restore $id
says 1 "there is no archive of its release$" "a deployment without an archive"
sql "INSERT INTO archives (id, error, next_at) VALUES ('$id', 'the storage answers 500', NULL)"
try_restore $id
says 1 "there is no archive of its release: the storage answers 500" "one that could not be archived"
sql "UPDATE archives SET archived_at = now(), bytes = 5, sha256 = repeat('0', 64), error = NULL WHERE id = '$id'"
try_restore --wait 1 $id
says 1 "no worker has begun with it" "no worker"
is "$(sql "SELECT restore_requested_at IS NOT NULL AND next_at <= now() FROM archives WHERE id = '$id'")" t "it waits for one"
sql "UPDATE archives SET attempts = 1 WHERE id = '$id'"
try_restore --wait 1 $id
says 1 "a worker is still at it" "one that takes longer"
is "$(sql "SELECT attempts FROM archives WHERE id = '$id'")" 1 "who asks twice waits for the same"
sql "UPDATE archives SET restore_requested_at = NULL, restored_at = now() WHERE id = '$id';
	INSERT INTO releases (id, project_id, published_at) VALUES ('$id', '00000000-0000-4000-8000-0000000000b1', now());
	UPDATE deployments SET release_id = id"
try_restore $id
says 0 "its release is on disk" "a release that is there"
sed '/^s3_/d' "$AS_CONF" >"$TMP/no.conf"
CONF=$TMP/no.conf try_restore $id
says 1 "s3_bucket is not set" "no storage"
unlike "$("$abs_top_builddir/autostack" -c "$AS_CONF" config)" "test-secret" "the settings are printed without the secret"

# the doctor
finding() { # FIELD [CONF]
	"$abs_top_builddir/autostack" -c "${2:-$AS_CONF}" --data "$abs_top_srcdir" doctor --json 2>/dev/null |
		gojq -r "[.checks[] | select(.check == \"storage\") | .$1] | join(\"; \")"
}
is "$(finding level "$TMP/no.conf")" skipped "the doctor has nothing to check without s3_bucket"
: >"$S3_ROOT/log"
is "$(finding 'level + " " + .text')" "ok an object was put, got and deleted" "it tries the storage"
is "$(sed 's|doctor/.*[0-9a-f-] |doctor/ID |' "$S3_ROOT/log" | tr '\n' ';')" \
	"PUT /bucket/doctor/ID 200;GET /bucket/doctor/ID 200;DELETE /bucket/doctor/ID 204;" "with an object of its own"
is "$(s3_objects)" "" "of which nothing stays"
ill() { # MODE PATTERN
	s3_mode "$1"
	like "$(finding 'level + " " + .text + " -> " + .fix')" "^bad $2.* -> correct s3_endpoint" "it tells of: $1"
}
ill "refuse 403 SignatureDoesNotMatch" "an object cannot be put: .*s3_secret_access_key"
ill "refuse 403 AccessDenied" "an object cannot be put: .*may not do this"
ill "refuse 404 NoSuchBucket" "an object cannot be put: .*no such s3_bucket"
ill "redirect http://127.0.0.1:1/" "an object cannot be put: .*redirects"
ill wrong "it gives back another object"
ill short "an object cannot be got"
s3_mode
printf 'another' >"$TMP/s3.secret"
like "$(finding text)" "SignatureDoesNotMatch" "a wrong secret is found for real"
printf 'test-secret/+=' >"$TMP/s3.secret"
sql "UPDATE archives SET archived_at = NULL, bytes = NULL, sha256 = NULL, next_at = NULL, error = 'the storage answers 507';
	INSERT INTO archive_removals (id, created_at, next_at) VALUES (gen_random_uuid(), now() - interval '2 hours', now())"
is "$(finding level)" warning "it warns of what was given up"
like "$(finding text)" "1 were given up, 0 have waited for an hour, and 1 to be deleted stay; the last error: the storage answers 507" \
	"with numbers and the last error"
done_testing
