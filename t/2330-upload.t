#!/bin/sh
# Uploads by the API: who may, what is taken, what is stored, what gives way.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start upload_max=1M queued_per_user=3

mkdir site && echo page >site/index.html && head -c 600000 /dev/urandom >site/noise
tar -C site -czf site.tar.gz .
SIZE=$(wc -c <site.tar.gz)
api_user ada
ada=$API_TOKEN
api_user bob
bob=$API_TOKEN
api POST /api/projects '{"repository":"https://git.example/ada/site.git","branch":"trunk"}' as ada
status 201
project=$(jget .id)

# up PATH FILE [HEADER]...: as nginx hands a body over
up() {
	up_path=$1
	up_file=$2
	shift 2
	api_verb=POST
	api_to=$up_path
	"$abs_top_builddir/t/helper/fcgi-request" "$AS_RUN/api.sock" POST "$up_path" \
		-b "$up_file" "$@" >answer 2>answer.err || bail "$(cat answer.err)"
	sed -n '/^\r*$/,$p' answer | sed 1d >"$API_BODY"
	API_STATUS=$(sed -n 's/^Status: *\([0-9]*\).*/\1/p' answer | head -1)
}
GZ='Content-Type: application/gzip'
rows() { sql "SELECT (SELECT count(*) FROM deployments), (SELECT count(DISTINCT deployment_id) FROM upload_chunks)"; }

# ---- refused, and then nothing is stored ----

api_case "nobody:"
up "/api/projects/$project/deployments" site.tar.gz "$GZ"
status 401
api_case "somebody else:"
up "/api/projects/$project/deployments" site.tar.gz "$GZ" "Authorization: Bearer $bob"
status 404
json .error.code = PROJECT_NOT_FOUND
api_case "another type:"
for type in application/json application/x-tar application/gzipped 'multipart/form-data; boundary=x' ''; do
	up "/api/projects/$project/deployments" site.tar.gz "Content-Type: $type" "Authorization: Bearer $ada"
	status 415 "type '$type' is refused"
	json .error.message = 'Send application/gzip' "and it says what to send"
done
api_case "no gzip:"
up "/api/projects/$project/deployments" site/index.html "$GZ" "Authorization: Bearer $ada"
status 400 "PUB-5 what does not begin like gzip is refused at once"
json .error.message = 'The body is not a gzip file'
: >empty
up "/api/projects/$project/deployments" empty "$GZ" "Authorization: Bearer $ada"
status 400 "PUB-5 so is an empty body"
api_case "too large:"
{ cat site.tar.gz; head -c 1000000 /dev/urandom; } >large
up "/api/projects/$project/deployments" large "$GZ" "Authorization: Bearer $ada"
status 413 "PUB-5 more than upload_max is refused by its Content-Length"
up "/api/projects/$project/deployments" large "$GZ" "Authorization: Bearer $ada" -p CONTENT_LENGTH=
status 413 "PUB-5 and when it lies about that"
api_case "cut off:"
up "/api/projects/$project/deployments" site.tar.gz "$GZ" "Authorization: Bearer $ada" -p CONTENT_LENGTH=$((SIZE + 1))
status 400 "less than was announced is refused"
up "/api/projects/$project/deployments" site.tar.gz "$GZ" "Authorization: Bearer $ada" -p CONTENT_LENGTH=1x
status 400 "a length that is no number"
api_case "fields:"
up "/api/projects/$project/deployments?commit=xyz&branch=a..b&more=1" site.tar.gz "$GZ" "Authorization: Bearer $ada"
status 422
json '[.error.details.fields[].name] | sort | join(" ")' = 'branch commit more'
up "/api/projects/x/deployments" site.tar.gz "$GZ" "Authorization: Bearer $ada"
status 422 "an id that is none"
is "$(rows)" '0|0' "nothing of all that is stored"

# ---- taken ----

api_case "by an API key:"
api POST /api/api-keys '{"name":"ci"}' as ada
status 201
key=$(jget .key)
commit=0123456789abcdef0123456789abcdef01234567
up "/api/projects/$project/deployments?commit=$commit&branch=release" site.tar.gz "$GZ; x=y" "X-API-Key: $key"
status 201
json .status = queued
json .trigger = api
json .branch = release
json .commit = 0123456
json .projectId = "$project"
first=$(jget .id)
is "$(sql "SELECT string_agg(encode(data, 'hex'), '' ORDER BY n) FROM upload_chunks WHERE deployment_id = '$first'")" \
	"$(od -An -v -tx1 site.tar.gz | tr -d ' \n')" "every byte is stored, in order"
is "$(sql "SELECT upload_bytes FROM deployments WHERE id = '$first'")" "$SIZE" "with its size"
is "$(sql "SELECT env_sealed IS NULL FROM deployments WHERE id = '$first'")" t "and no environment"
is "$(sql "SELECT details->>'deployment' FROM audit_logs WHERE event = 'deployment.upload' AND outcome = 'success'")" "$first" \
	"LOG-1 it is audited"

api_case "a second one:"
api PUT "/api/projects/$project" '{"autoDeployPaused":true}' as ada
up "/api/v1/projects/$project/deployments" site.tar.gz "$GZ" "Authorization: Bearer $ada"
status 201 "somebody asked for it: it does not matter that pushes are paused"
json .branch = trunk
second=$(jget .id)
api GET "/api/deployments/$first" as ada
json .status = superseded
json .supersededBy = "$second"
json .error = 'A newer upload took its place.'
is "$(rows)" '2|1' "the first one's bytes are gone"

api_case "full queue:"
api POST /api/deployments '{"repository":"https://git.example/ada/site.git"}' as ada
api POST /api/deployments '{"repository":"https://git.example/ada/site.git"}' as ada
status 201
api POST /api/projects '{"repository":"https://git.example/ada/other.git"}' as ada
other=$(jget .id)
up "/api/projects/$other/deployments" site.tar.gz "$GZ" "Authorization: Bearer $ada"
status 429
json .error.code = QUEUE_FULL
is "$(rows)" '4|1' "and nothing of it stays"

api_case "the end:"
api POST "/api/deployments/$second/cancel" as ada
status 200
is "$(rows)" '4|0' "a cancelled upload is removed"
api POST "/api/deployments/$second/redeploy" '{}' as ada
status 409
json .error.code = UPLOAD_GONE
api GET "/api/deployments/$second" as ada
json .uploaded = true "which it says itself"
for query in '' '&status=cancelled' "&search=site&projectId=$project"; do
	api GET "/api/deployments?limit=100$query" as ada
	json ".deployments | map(select(.id == \"$second\").uploaded) | tostring" = '[true]' "as does each list: '$query'"
done

api_case "many at once:"
sql "UPDATE deployments SET status = 'cancelled', completed_at = now() WHERE completed_at IS NULL"
pids=
for i in 1 2 3 4; do
	"$abs_top_builddir/t/helper/fcgi-request" "$AS_RUN/api.sock" POST "/api/projects/$project/deployments" \
		-b site.tar.gz "$GZ" "Authorization: Bearer $ada" >"many.$i" 2>&1 &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # a list
wait $pids
is "$(grep -l '^Status: 201' many.* | wc -l)" 4 "all are taken"
is "$(sql "SELECT count(*) FROM deployments WHERE status = 'queued'")" 1 "one waits"
is "$(sql "SELECT count(DISTINCT deployment_id) FROM upload_chunks")" 1 "and is the only one that is stored"

api_case "a project without a repository:"
api POST /api/projects '{"name":"bare"}' as bob
bare=$(jget .id)
up "/api/projects/$bare/deployments" site.tar.gz "$GZ" "Authorization: Bearer $bob"
status 201 "has uploads"
json '.branch + " " + .repo' = 'main bare'
upload=$(jget .id)
is "$(sql "SELECT repository IS NULL FROM deployments WHERE id = '$upload'")" t "and nothing else"
sql "UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE id = '$upload';
	UPDATE deployments SET status = 'deploying' WHERE id = '$upload';
	INSERT INTO releases (id, project_id, published_at) VALUES ('$upload', '$bare', now());
	UPDATE deployments SET status = 'success', release_id = id, lease_owner = NULL, lease_until = NULL, completed_at = now() WHERE id = '$upload'"
api POST "/api/projects/$bare/rollback" '{}' as bob
status 201 "it can go back"
again=$(jget .id)
api POST "/api/deployments/$again/cancel" as bob
api POST "/api/deployments/$again/redeploy" '{}' as bob
status 409 "a rollback is not built again either"
json .error.code = UPLOAD_GONE
sql "UPDATE deployments SET repository = 'https://git.example/bob/x.git' WHERE id = '$again'"
api POST "/api/deployments/$again/redeploy" '{}' as bob
status 409 "nor one to an upload, where there is a repository"
json .error.code = UPLOAD_GONE
api GET "/api/deployments/$again" as bob
json .uploaded = true "both say it"
api DELETE "/api/projects/$bare" as bob
status 204

api_case "a project that goes:"
api DELETE "/api/projects/$project" as ada
status 204
is "$(sql "SELECT count(*) FROM upload_chunks")" 0 "takes its uploads along"
done_testing
