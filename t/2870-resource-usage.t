#!/bin/sh
# /analytics/resource-usage: what the kernel says of the worker's host, and null
# where nobody knows.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start network_mbit=1000

usage() { # "CPU=3 Memory=... "
	api GET /api/analytics/resource-usage as ada
	jget '[.resourceUsage[] | "\(.name)=\(.value)"] | join(" ")'
}
is "$(usage)" "CPU=null Memory=null Storage=null Network=null" "nobody has told: null, not 0"
api GET '/api/analytics/resource-usage?range=7d' as ada
status 422 "now is now"

# hosts are averaged; what was told long ago does not count
sql "INSERT INTO host_usage (host, cpu, memory, storage, network, measured_at) VALUES
	('a', 10, 20, 30, NULL, now()), ('b', 21, 40, 31, 7, now() - interval '50 s'), ('c', 99, 99, 99, 99, now() - interval '61 s')"
is "$(usage)" "CPU=16 Memory=30 Storage=31 Network=7" "the average of hosts that tell"
sql "UPDATE host_usage SET measured_at = now() - interval '2 days' WHERE host = 'c'; DELETE FROM host_usage WHERE host <> 'c'"

# the worker measures
worker_start
told() { case $(usage) in *null*) return 1 ;; esac }
wait_for 60 told
ok $? "the worker tells all four" || diag "$(usage) $(tail -n 3 "$AS_LOG.worker")"
is "$(sql "SELECT string_agg(host, ' ') FROM host_usage")" test "and has removed a host that is not heard of any more"
# within a few points of what is read here now
near() { # GOT WANTED
	awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; exit !(a != "" && d <= 5 && d >= -5) }'
}
value() { usage | tr ' ' '\n' | sed -n "s/^$1=//p"; }
memory=$(awk '/^MemTotal:/ { t = $2 } /^MemAvailable:/ { f = $2 } END { print 100 * (t - f) / t }' /proc/meminfo)
try "Memory is the host's ($memory)" near "$(value Memory)" "$memory"
storage=$(df --output=pcent "$AS_STATE" | tr -dc 0-9)
try "Storage is that of state_dir ($storage)" near "$(value Storage)" "$storage"
cpu=$(value CPU)
try "CPU is a percentage ($cpu)" test "$cpu" -ge 0 -a "$cpu" -le 100

# and again
sql "UPDATE host_usage SET cpu = NULL, measured_at = now() - interval '1 hour'"
wait_for 60 told
ok $? "every ten seconds"
worker_stop
sql "UPDATE host_usage SET measured_at = now() - interval '61 s'"
is "$(usage)" "CPU=null Memory=null Storage=null Network=null" "a minute after its end nobody knows any more"
done_testing
