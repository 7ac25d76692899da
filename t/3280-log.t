#!/bin/sh
# Hostile output: it becomes lines that are harmless, in time, and the status
# comes from the exit code alone.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_log_max=3M
mkdir -p "$TMP/site"
echo x >"$TMP/site/index.html"
repo site
worker_up
try_log() { # NAME COMMAND: builds, sets $log and $status
	builds "$GIT/site.git" "$1" "build_command=$2" output_dir=.
	log=$(the_log "$id")
}

try_log fake 'echo "[SUCCESS] Deployment successful!"; echo "***"; echo "</script><b>"; echo "[00:00] Deployment failed: no"'
is "$status" success "SB-10 what the output says is no status"
like "$log" '^\[00:0[0-9]\] </script><b>$' "SB-10 markup stays text"
like "$log" '^\[00:0[0-9]\] \[00:00\] Deployment failed: no$' "SB-10 a forged time stands behind the real one"
try_log fakefail 'echo "Deployment successful!"; exit 4'
is "$status" failed "SB-10 nor is a success"

try_log controls 'printf "a\\000b\\033[31mred\\033[0m \\033]0;title\\007x\\033]52;c;ZXZpbA==\\033\\\\y\\001\\177 \\302\\233 31m \\342\\200\\256z\\n"; printf "\\377\\376 bad\\n"; printf "one\\rtwo\\r\\nthree\\n"; printf "\\t tab\\n";
	printf "\\033[1;38;2;255;0;0mA\\033[2J\\033[3A\\033[1;1H\\033[?25l\\033[>4m\\033[6n\\033c\\033(0\\033]8;;http://evil\\007\\033Pq\\033\\\\\\302\\2334mB\\n"'
is "$status" success "LOG-3 controls in the output"
R=$(printf '\357\277\275')
E=$(printf '\033')
like "$log" "^\\[[0-9:]*\\] a${R}b$E\\[31mred$E\\[0m xy${R}${R}  ${R}z\$" "LOG-3 are dropped or marked" || diag "$(echo "$log" | od -c | head -40)"
like "$log" "^\\[[0-9:]*\\] ${R}${R} bad\$" "SB-10 invalid UTF-8 is marked"
like "$log" '^\[[0-9:]*\] two$' "LOG-3 a carriage return ends a line"
like "$log" "^\\[[0-9:]*\\] 	 tab\$" "LOG-3 a tab stays"
like "$log" "^\\[[0-9:]*\\] $E\\[1;38;2;255;0;0mA$E\\[4mB\$" "LOG-3 of all that a terminal obeys colours alone stay, in one form"
is "$(sql "SELECT count(*) FROM deployment_logs WHERE regexp_replace(message, '\\u001b\[[0-9;:]*m', '', 'g') ~ '[\\u0001-\\u0008\\u000a-\\u001f\\u007f-\\u009f\\u202a-\\u202e]'")" 0 \
	"LOG-3 no stored line has another control"

try_log long 'head -c 100000 /dev/zero | tr "\\0" x; echo; perl -e '\''print "\303\244" x 20000'\'''
is "$status" success "SB-10 100 kB without a newline"
is "$(sql "SELECT max(octet_length(message)) <= 16384 AND sum(octet_length(message) - 8) FILTER (WHERE message ~ ' x+\$') = 100000
	FROM deployment_logs WHERE deployment_id = '$id'")" t "SB-10 are lines of at most 16 KiB, whole"
is "$(sql "SELECT sum(length(message) - 8) FROM deployment_logs WHERE deployment_id = '$id' AND message ~ ' ä+\$'")" 20000 \
	"SB-10 cut between characters"

# seven bytes a piece, so that the border falls within one
try_log rainbow 'perl -e '\''print "r"; print "\e[3${\($_ % 8)}m", $_ % 10, "." for 1 .. 9000'\'''
is "$status" success "LOG-3 a long line in colours"
is "$(sql "SELECT max(octet_length(message)) BETWEEN 16300 AND 16384 AND sum(length(text)) = 18001
	FROM (SELECT message, regexp_replace(substr(message, 9), '\\u001b\[3[0-7]m', '', 'g') AS text
		FROM deployment_logs WHERE deployment_id = '$id') l WHERE text ~ '^[r0-9.]+\$'")" t "LOG-3 is not cut within one"

# one byte a time, and far too much
try_log slow 'for i in 1 2 3 4 5 6 7 8; do printf $i; sleep 0.1; done; echo; printf end'
like "$log" '^\[[0-9:]*\] 12345678$' "SB-10 a byte at a time"
like "$log" '^\[[0-9:]*\] end$' "and an end without a newline"
began=$(date +%s)
try_log flood 'yes "some line of the build output, of a usual length" | head -c 1000000000; echo done'
is "$status" failed "SB-10 1 GB of log: failed"
like "$error" '^the build printed more than 3072 KB of log' "SB-10 and says so"
like "$log" 'The log is cut here' "SB-10 the log says where it is cut"
[ $(($(date +%s) - began)) -le 15 ]
ok $? "SB-10 and it is ended at once"
is "$(field "$id" "log_bytes < 3200000 AND log_seq = (SELECT count(*) FROM deployment_logs l WHERE l.deployment_id = deployments.id)")" t \
	"SB-10 no more than the limit is stored"
try_log nolines 'head -c 104857600 /dev/zero'
is "$status" failed "SB-10 100 MB without newline: failed"
like "$error" 'of log' "SB-10 and says so"

# in time: lines are stored while the build runs
project live "$GIT/site.git" 'build_command=echo early; sleep 3; echo late' output_dir=.
deploy live
early() { the_log "$id" | grep -q '\] early$'; }
wait_for 20 early
is "$(field "$id" status)" building "a line is stored while the build runs"
unlike "$(the_log "$id")" '\] late$' "and the ones to come are not"
is "$(final "$id")" success "then it ends"
is "$(sql "SELECT string_agg(message, '' ORDER BY seq) ~ 'early.*late' FROM deployment_logs WHERE deployment_id = '$id'")" t "in order"
isnt "$(sql "SELECT count(*) FROM deployment_logs WHERE deployment_id = '$id' AND message ~ '^\\[00:0[3-9]\\]'")" 0 \
	"with the time since the start"
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed' \
	"the worker's log is clean" || diag "$(grep -v claimed "$WORKER_LOG" | tail)"
done_testing
