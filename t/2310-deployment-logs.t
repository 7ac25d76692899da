#!/bin/sh
# The stored log: pages by seq, plain text, the end in the detail.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start

api POST /api/deployments '{"repository":"octocat/log"}' as ada
id=$(jget .id)
logs=/api/deployments/$id/logs

api_case "empty:"
api GET $logs as ada
status 200
is "$(cat "$API_BODY")" '{"logs":[],"nextAfter":0,"complete":false}' "an empty log"
api GET $logs as ada -H 'Accept: text/plain'
status 200
is "$(cat "$API_BODY")" "" "an empty text"

# 1,201 lines, as the worker writes them.
sql "INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
	SELECT '$id', n, '2026-01-20 10:30:00+00'::timestamptz + n * interval '1 ms', 'info', '[00:0' || n / 1000 || '] line ' || n
	FROM generate_series(1, 1200) n;
	INSERT INTO deployment_logs VALUES ('$id', 1201, now(), 'error', E'[00:02] \"quoted\" \\\\ <b> \u00e9 \U0001F600 \u001b[31mred');
	UPDATE deployments SET log_seq = 1201 WHERE id = '$id'"

api_case "pages:"
api GET $logs as ada
json '.logs | length' = 500
json '.logs[0] | tostring' = '{"level":"info","message":"[00:00] line 1","seq":1,"timestamp":"2026-01-20T10:30:00Z"}'
json .nextAfter = 500
json .complete = false
api GET "$logs?after=500&limit=1000" as ada
json '.logs | length' = 701
json '.logs[0].seq' = 501
json .nextAfter = 1201
json .complete = false "a deployment that has not ended is not complete"
LAST="[00:02] \"quoted\" \\ <b> é 😀 $(printf '\033')[31mred"
json '.logs[-1].message' = "$LAST"
like "$(cat "$API_BODY")" '\\u001b\[31mred"' "LOG-3 a colour's ESC is escaped"
json '.logs[-1].level' = error
api GET "$logs?after=1201" as ada
is "$(cat "$API_BODY")" '{"logs":[],"nextAfter":1201,"complete":false}' "nothing new"
sql "UPDATE deployments SET status = 'failed', completed_at = now(), error = 'x' WHERE id = '$id'"
api GET "$logs?after=1201" as ada
json .complete = true
api GET "$logs?after=1100&limit=100" as ada
json .complete = false "a page before the end is not complete"
api GET "$logs?after=1101&limit=100" as ada
json .complete = true "the page with the last line is"
for bad in limit=0 limit=1001 after=-1 after=x after=2147483648 level=info; do
	api GET "$logs?$bad" as ada
	status 422 "?$bad is 422"
done

api_case "text:"
api GET $logs as ada -H 'Accept: text/plain'
status 200
is "$(header Content-Type)" "text/plain; charset=utf-8" "the media type"
is "$(header Cache-Control)" no-store "not stored"
sql "SELECT message FROM deployment_logs WHERE deployment_id = '$id' ORDER BY seq" >want
is "$(cmp want "$API_BODY" 2>&1)" "" "the text is every stored line, in order"
api GET "$logs?after=1199" as ada -H 'Accept: text/plain'
is "$(wc -l <"$API_BODY")" 2 "after= works for text, too"
api GET /api/deployments/00000000-0000-4000-8000-000000000000/logs as ada -H 'Accept: text/plain'
status 404
json .error.code = DEPLOYMENT_NOT_FOUND
api GET /api/deployments/00000000-0000-4000-8000-000000000000/logs as ada
status 404

api_case "detail:"
api GET /api/deployments/$id as ada
json '.logs | length' = 1000
json '.logs[0]' = "[00:00] line 202"
json '.logs[999]' = "$LAST"

# A log at its limit: 10 MB of lines of 16 KiB.
sql "INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
	SELECT '$id', n, now(), 'info', repeat('x', 16000) FROM generate_series(1202, 1850) n;
	UPDATE deployments SET log_seq = 1850 WHERE id = '$id'"
api_case "long:"
api GET "$logs?after=1201" as ada -H 'Accept: text/plain'
is "$(wc -c <"$API_BODY")" $((649 * 16001)) "10 MB arrive whole"
api GET "$logs?after=1201&limit=1000" as ada
status 200
json '.nextAfter == .logs[-1].seq' = true "a page of long lines ends at its last line"

# The same of characters that JSON escapes: as much of them is no answer.
sql "UPDATE deployment_logs SET message = repeat('\"', 16000) WHERE deployment_id = '$id' AND seq > 1201"
api GET /api/deployments/$id as ada
status 200
json '.logs | length > 10' = true "the detail has the end of it"
json '.logs | map(length) | unique | tostring' = '[16000]' "in whole lines"
after=1201 lines=0 pages=0 complete=false
while [ "$complete" = false ] && [ "$pages" -lt 20 ]; do
	api GET "$logs?after=$after&limit=1000" as ada
	read -r after n complete <<-END
		$(gojq -r '"\(.nextAfter) \(.logs | length) \(.complete)"' "$API_BODY")
	END
	lines=$((lines + n)) pages=$((pages + 1))
done
is "$after $lines $complete" "1850 649 true" "all of it comes in $pages pages"
done_testing
