#!/bin/sh
# Uploads through nginx: large ones on their route only, whole or not at all.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
nginx_start UPLOAD_MAX=4000000
AS_RUN=$NG/run
api_start app_url="https://localhost:$HTTPS" upload_max=3M
chmod 666 "$AS_RUN/api.sock"
P=https://localhost:$HTTPS

api POST /api/projects '{"repository":"https://git.example/ada/site.git"}' as ada
status 201
project=$(jget .id)
head -c 2500000 /dev/urandom | gzip -n >fits.gz
head -c 3500000 /dev/urandom | gzip -n >large.gz
head -c 5000000 /dev/urandom | gzip -n >larger.gz
send() { # PATH FILE [CURL-ARG]...
	s_path=$1
	s_file=$2
	shift 2
	get "$P$s_path" -H "Authorization: Bearer $API_TOKEN" -H 'Content-Type: application/gzip' \
		-H 'Expect:' --data-binary "@$s_file" "$@"
}
for version in --http1.1 --http2; do
	send "/api/projects/$project/deployments" fits.gz $version
	is "$STATUS" 201 "$version: an upload that is larger than any JSON"
done
is "$(sql "SELECT count(*) FROM upload_chunks c JOIN deployments d ON d.id = c.deployment_id WHERE d.status = 'queued'
	HAVING sum(length(data)) = $(wc -c <fits.gz)")" 10 "is stored whole, in pieces"
send "/api/v1/projects/$project/deployments" fits.gz -H 'Transfer-Encoding: chunked' --http1.1
is "$STATUS" 201 "also when it comes without a length"
send "/api/projects/$project/deployments" large.gz
is "$STATUS/$(gojq -r .error.code "$BODY")" 413/PAYLOAD_TOO_LARGE "upload_max holds"
send "/api/projects/$project/deployments" larger.gz
is "$STATUS/$(gojq -r .error.code "$BODY")" 413/PAYLOAD_TOO_LARGE "and before that nginx's limit"
send "/api/projects" fits.gz
is "$STATUS" 413 "no other route takes as much"
send "/api/projects/$project" fits.gz -X PUT
is "$STATUS" 413 "not even its neighbours"
before=$(sql 'SELECT count(*) FROM deployments')
send "/api/projects/$project/deployments" fits.gz -H 'Content-Length: 2600000' --http1.1 -m 3
is "$(sql 'SELECT count(*) FROM deployments')" "$before" "a client that goes away in the middle leaves nothing"
done_testing
