#!/bin/sh
# An account that goes while it builds: the build ends, nothing of it goes
# live, and no file is left.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init
mkdir -p "$TMP/site"
echo '<p>old</p>' >"$TMP/site/index.html"
repo site
worker_up

ada=00000000-0000-4000-8000-00000000000a
running() { slot_tasks | grep -q "$1"; }
# What the API does (svc/user.c), by its own statements.
delete_account() {
	# shellcheck disable=SC2016 # $1 of SQL
	awk -v RS= '/-- name: account_delete_stop\n/ || /-- name: account_delete\n/' \
		"$abs_top_srcdir/sql/stmt/account.sql" |
		sed "s/\$1/'$ada'/g" >"$TMP/delete.sql"
	sql_as autostack_api "BEGIN; $(grep -v '^--' "$TMP/delete.sql") COMMIT" >/dev/null
}
account() {
	sql "INSERT INTO users (id, name, email) VALUES ('$ada', 'ada', 'ada@example.com')"
}
gone() {
	[ -z "$(sql 'SELECT FROM retired_projects')" ] && [ ! -e "$STATE/sites/site" ] &&
		no_slot_tasks
}

builds "$GIT/site.git" site
is "$status" success "a site is live" || diag "$error"
sql "UPDATE projects SET build_command = 'trap \"\" TERM; sleep 1011', output_dir = '.'"
deploy site
try "and is being built again" wait_for 20 running '[s]leep 1011'
try "PR-2 the account goes" delete_account
is "$(sql "SELECT count(*) FROM users WHERE id = '$ada'")" 0 "PR-2 at once"
is "$(sql "SELECT count(*) FROM deployments")" 0 "PR-2 with its deployments"
try "PR-2 the build ends, the site and its files go" wait_for 20 gone ||
	diag "$(slot_tasks) $(find "$STATE/sites") $(tail "$WORKER_LOG")"
is "$(sql 'SELECT count(*) FROM deployment_logs')" 0 "PR-2 no log is left"
is "$(find "$STATE/builds" -name 'index.html' | wc -l)" 0 "PR-2 nor what was cloned"

# at the last steps: what is about to go live must not come back
if developer_only "PR-2 an account that goes at the last steps leaves nothing"; then
	for at in deploying copied switched; do
		account
		builds "$GIT/site.git" site
		touch "$CRASH/$at.pause"
		chmod 666 "$CRASH/$at.pause"
		deploy site
		wait_for 20 test -e "$CRASH/$at.paused"
		delete_account
		sleep 1.5 # a round of the worker, in which it must leave the files alone
		rm -f "$CRASH/$at.paused"
		try "PR-2 an account that goes at '$at' leaves nothing" wait_for 20 gone ||
			diag "$(find "$STATE/sites") $(tail -n 5 "$WORKER_LOG")"
	done
fi

# a queued one is never begun
worker_down
account
project site "$GIT/site.git"
deploy site
delete_account
worker_up
try "PR-2 what waited is not begun" wait_for 20 gone
account
builds "$GIT/site.git" site
is "$status" success "the worker goes on with others" || diag "$error"
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed' \
	"its log is clean" || diag "$(cat "$WORKER_LOG")"
done_testing
