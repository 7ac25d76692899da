#!/bin/sh
# Deliveries through nginx: those of GitHub may be larger than what others send.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
nginx_start WEBHOOK_MAX=4000000
AS_RUN=$NG/run
api_start app_url="https://localhost:$HTTPS" webhook_body_max=3M
chmod 666 "$AS_RUN/api.sock"
P=https://localhost:$HTTPS

api POST /api/projects '{"repository":"ada/site"}' as ada
project=$(jget .id)
api POST "/api/projects/$project/webhook-secret" '{}' as ada
status 201
secret=$(jget .secret)
gojq -n '{ref: "refs/heads/main", after: ("a" * 40), repository: {full_name: "ada/site"}, head_commit: {message: "Merge"},
	commits: [range(2048) | {id: ("b" * 40), message: ("word " * 200), added: [], removed: [], modified: ["src/\(.).c"]}]}' >push.json
try "a push of 2,048 commits" test "$(wc -c <push.json)" -gt 2000000
send() { # PATH FILE [CURL-ARG]...
	s_path=$1
	s_file=$2
	shift 2
	get "$P$s_path" -H 'Content-Type: application/json' -H 'Expect:' -H 'X-GitHub-Event: push' \
		-H "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac "$secret" -r "$s_file" | cut -d' ' -f1)" \
		--data-binary "@$s_file" "$@"
}
send "/api/github/webhook?project=$project" push.json
is "$STATUS $(gojq -r .verdict "$BODY")" "200 deployed" "it comes through and deploys" || diag "$(cat "$BODY")"
sed 's/Merge/Merged/' push.json >other.json
send "/api/v1/webhooks/github?project=$project" other.json -H 'Transfer-Encoding: chunked' --http1.1
is "$STATUS $(gojq -r .verdict "$BODY")" "200 deployed" "also at the other address and without a length"
head -c 3500000 /dev/zero >large
head -c 5000000 /dev/zero >larger
send "/api/github/webhook?project=$project" large
is "$STATUS/$(gojq -r .error.code "$BODY")" 413/PAYLOAD_TOO_LARGE "webhook_body_max holds"
send "/api/github/webhook?project=$project" larger
is "$STATUS/$(gojq -r .error.code "$BODY")" 413/PAYLOAD_TOO_LARGE "and before that nginx's limit"
for path in /api/projects "/api/projects/$project/webhook" "/api/webhook-deliveries" /api/github/connect; do
	send "$path" push.json
	is "$STATUS" 413 "$path takes no more than before"
done
done_testing
