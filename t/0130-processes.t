#!/bin/sh
# Which sources start processes, read from the sources themselves: git and the
# tools of a build are started inside autostack-sandbox alone.
. "$(dirname "$0")/lib/tap.sh"
cd "$abs_top_srcdir" || exit 1

echo '{ split_line($0); print FILENAME ": " code }' >"$TMP/print.awk"
find src handlers -name '*.c' ! -path src/base/run.c ! -path 'src/sandbox/*' \
	-exec awk -f src/tools/csource.awk -f "$TMP/print.awk" {} + >"$TMP/code"

callers=$(sed -n 's/^\([^:]*\): .*[^a-z_]run_start(.*/\1/p' "$TMP/code" | sort -u)
is "$(echo $callers)" \
	"src/cli/pack.c src/ctl/doctor.c src/ctl/openapi.c src/worker/order.c src/worker/slot.c src/worker/step.c" \
	"GIT-7 only the worker and the admin command start programs"

# The worker names no program: what it starts is the sandbox beside itself, and
# tools stand in the shell text that runs in there.
tools='git|npm|npx|yarn|pnpm|corepack|node|tar|make|unzip|gzip|sh|bash'
named=$(grep '^src/\(worker\|svc\)/' "$TMP/code" |
	grep -oE "\"(/[a-z/]*/)($tools)\"" | sort)
is "$named" '"/bin/sh"' "GIT-7 the worker has one shell, for the sandbox"
like "$(sed -n '/add(x, "--");/,/run_start/p' src/worker/step.c)" \
	'^	add\(x, "/bin/sh"\);' "GIT-7 as an argument behind the sandbox's --"
done_testing
