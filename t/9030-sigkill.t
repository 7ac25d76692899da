#!/bin/sh
# SIGKILL of any one process at every step of a deployment: it comes back by
# itself, no deployment is lost, doubled or stuck, and every reader of the site
# gets one whole release.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start lease_seconds=5
stack_user ada
stack_repo site
# every file of a release says which one it is: a half-published one shows
edition() { # N
	for f in index.html a.html b.html c.html; do
		echo "edition $1" | stack_file site "$f"
	done
	printf 'sleep 1\necho "built %s"\n' "$1" | stack_file site build.sh
	stack_commit site "edition $1"
}
FIELDS='"outputDir":".","installCommand":"","buildCommand":"sh build.sh"'
edition 0
stack_deploy site "$FIELDS"
is "$(stack_wait 60)" success "the first edition is deployed"
NAME=$(psql -AtX "$AUTOSTACK_DB" -c 'SELECT site FROM projects LIMIT 1')

# the cache loader ends by itself after a minute
nginx_workers() { pgrep -P "$(stack_pids nginx | tr -d ' ')" -f 'nginx: worker process'; }
workers=$(nginx_workers)

# A reader notes each answer that is not one whole edition. Not as fast as it
# goes: what a kill leaves behind stays, and t/5011 looks at the very moment.
HOST=$(printf "$AUTOSTACK_SITES" "$NAME")
reader() {
	while [ ! -e "$TMP/stop" ]; do
		curl -sS --rate 20/s --noproxy '*' --cacert "$AUTOSTACK_CA" -w '%{http_code}\n' \
			"$HOST/?[1-40]" 2>&1 | grep -vxE 'edition [0-9]+|200' >>"$TMP/broken"
	done
}
reader &
reader=$!
defer 'touch "$TMP/stop"; wait $reader'

# The event after which the kill comes, as a shell condition.
row() { psql -AtX "$AUTOSTACK_DB" -c "SELECT $1 FROM deployments WHERE id = '$DEPLOYMENT'" 2>/dev/null; }
logged() { psql -AtX "$AUTOSTACK_DB" -c "SELECT count(*) FROM deployment_logs
	WHERE deployment_id = '$DEPLOYMENT' AND message LIKE '%$1%'" 2>/dev/null | grep -qx '[1-9][0-9]*'; }
at_queued() { :; }
at_cloning() { [ "$(row status)" = building ]; }
at_building() { [ -n "$(pgrep -f 'sh build.sh')" ]; }
at_built() { logged 'built '; }
at_publishing() { case $(row status) in deploying | success) ;; *) return 1 ;; esac; }

kill_service() {
	# a postmaster's SIGKILL takes its children along by itself
	for pid in $(stack_pids "$1"); do
		kill -KILL "$pid"
		[ "$1" = api ] || return 0
	done
}
api_back() { call GET /api/health && [ "$STATUS" = 200 ]; }
n=0
for service in api ws worker postgres; do
	for step in queued cloning building built publishing; do
		n=$((n + 1))
		edition $n
		stack_deploy site "$FIELDS" || { ok 1 "$service at $step: deploys"; continue; }
		wait_for 30 "at_$step" || diag "$service: never saw $step"
		kill_service "$service"
		wait_for 30 api_back
		ok $? "$service killed at $step: the API answers again"
		is "$(stack_wait 60)" success "SB-13 $service killed at $step: the deployment succeeds" ||
			diag "$(jget .error)"
		is "$(curl -sS --cacert "$AUTOSTACK_CA" "$HOST/c.html")" "edition $n" \
			"SB-13 $service killed at $step: its edition is live, once and whole"
	done
done
touch "$TMP/stop"
wait $reader
is "$(sort "$TMP/broken" 2>/dev/null | uniq -c)" "" "PUB-4 no reader saw anything but one whole edition"
is "$(nginx_workers)" "$workers" "nginx was not reloaded for any of them"
is "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT status, count(*) FROM deployments GROUP BY 1")" \
	"success|$((n + 1))" "no deployment was lost, doubled or stuck"
is "$(psql -AtX "$AUTOSTACK_DB" -c "SELECT count(*) FROM deployments WHERE attempt > 2")" 0 \
	"none was built more than twice"
for service in api ws worker postgres; do
	isnt "$(stack_pids $service)" "" "$service runs"
done
is "$(pgrep -f 'sh build.sh')" "" "no build was left behind"
done_testing
