#!/bin/sh
# Mails on the end of deployments: who gets which, what they say, and that the
# row is made with the end itself.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init app_url=https://panel.example
mkdir -p "$TMP/site"
echo '<h1>hello</h1>' >"$TMP/site/index.html"
repo site "first: ünï <b> https://evil.example"
repo broken
ADA=00000000-0000-4000-8000-00000000000a
user() { sql "UPDATE users SET $1 WHERE id = '$ADA'"; }
user "email_verified = true, name = 'Ada'"
worker_up

no_waiting() { [ "$(sql "SELECT count(*) FROM notifications WHERE status = 'waiting'")" = 0 ]; }
none_unsent() { no_waiting && [ "$(sql "SELECT count(*) FROM mails WHERE message_sealed IS NOT NULL")" = 0 ]; }
sent() { wait_for 30 none_unsent || diag "$(sql "SELECT event, status, error FROM notifications")"; }
# the text of the newest mail of a kind, lines unfolded
text_of() {
	perl -I"$abs_top_srcdir/t/lib" -MMail -e '
		sub main::sql { return 0 }
		binmode STDOUT, ":utf8";
		my $m = Mail::mails(kind => $ARGV[0], n => 1);
		print "$m->{header}{to} | $m->{header}{subject}\n$m->{text}"' "$1"
}
AS_STATE=$STATE
export AS_STATE

# a success and a failure, built for real
builds "$GIT/site.git" shop install_command=true 'build_command=true' output_dir=.
is "$status" success "a deployment succeeds" || diag "$error"
sent
text=$(text_of deployment_success)
like "$text" '^ada@example.com | shop is deployed$' "its owner gets a mail"
like "$text" '^Hello Ada,$' "by name"
like "$text" '^Project: shop$' "with the project"
like "$text" '^Branch: main$' "the branch"
like "$text" "^Commit: $(git -C "$GITROOT/site.git" rev-parse --short=7 main) first: ünï <b> https evil" \
	"the commit, whose message makes no link"
like "$text" '^Author: Ada Author$' "its author"
like "$text" '^Started: by hand$' "what caused it"
like "$text" '^Duration: [0-9]*s$' "how long it took"
like "$text" '^Site: https://shop.test$' "the site"
like "$text" "^https://panel.example/deployments/$id\$" "and the page of the deployment"
builds "$GIT/broken.git" wreck install_command=true 'build_command=exit 3' output_dir=.
is "$status" failed "another fails"
sent
text=$(text_of deployment_failure)
like "$text" '| wreck could not be deployed$' "its owner gets a mail"
like "$text" '^Reason: .*build command.*3' "with the reason"
like "$text" "^https://panel.example/deployments/$id\$" "and the page"
unlike "$text" '^Site:' "there is no site"

# ends by hand from here: the worker only sends
project=$(sql "SELECT id FROM projects WHERE name = 'shop'")
# ends STATUS [COLUMN=VALUE]...: a deployment of shop ends so; prints event/changed of its notification
ends() {
	e_id=$(cat /proc/sys/kernel/random/uuid)
	e_to=$1
	sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, status, attempt, lease_owner, lease_until, started_at,
			target)
		VALUES ('$e_id', '$project', '$ADA', 'r', 'main', 'building', 1, 'x', now() + interval '1 h', now(), '${2:-production}');
		UPDATE deployments SET status = 'deploying' WHERE id = '$e_id' AND '$e_to' = 'success';
		UPDATE deployments SET status = '$e_to', completed_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
			WHERE id = '$e_id'" || bail "cannot end"
	sql "SELECT event || '/' || state_changed FROM notifications WHERE deployment_id = '$e_id' AND means = 'mail'"
}
sql "DELETE FROM deployments; DELETE FROM mails"
is "$(ends success)" deployment.success/false "a first success changes nothing"
is "$(ends success)" deployment.success/false "nor does a second"
is "$(ends failed)" deployment.failure/true "a failure after a success does"
is "$(ends failed)" deployment.failure/false "another failure does not"
is "$(ends success)" deployment.success/true "a success after a failure does"
is "$(ends cancelled)" "" "cancelled is silent"
is "$(ends success)" deployment.success/false "and does not count as an end"
is "$(ends failed pr-12)" deployment.failure/false "another target has a history of its own"
sent
like "$(text_of deployment_failure)" '^Preview: pr-12$' "which the mail names"
is "$(ends success)" deployment.success/false "as has production"
sql "INSERT INTO deployments (id, project_id, user_id, repository, branch) VALUES (gen_random_uuid(), '$project', '$ADA', 'r', 'b');
	UPDATE deployments SET status = 'superseded', completed_at = now() WHERE status = 'queued'"
is "$(sql "SELECT count(*) FROM notifications n JOIN deployments d ON d.id = n.deployment_id WHERE d.status = 'superseded'")" 0 \
	"superseded is silent"
sent
like "$(text_of deployment_recovered)" 'shop is deployed again$' "a recovery has words of its own"
is "$(sql "SELECT count(*) FROM notifications WHERE status <> 'delivered' OR attempts <> 1 OR ended_at IS NULL")" 0 \
	"each has become a mail, at once"
is "$(sql "SELECT count(*) FROM mails")" "$(sql "SELECT count(*) FROM notifications")" "and only one"

# preferences
user "deployment_success_notifications = false"
is "$(ends success)$(ends failed)" deployment.failure/true "deploymentSuccessNotifications"
user "deployment_success_notifications = true, deployment_failure_notifications = false"
is "$(ends failed)$(ends success)" deployment.success/true "deploymentFailureNotifications"
user "deployment_failure_notifications = true, deployment_state_change_only = true"
is "$(ends success)$(ends failed)$(ends failed)$(ends success)$(ends success)" \
	deployment.failure/truedeployment.success/true "deploymentStateChangeOnly: the first of each"
user "deployment_state_change_only = false, email_notifications = false"
is "$(ends success)$(ends failed)" "" "emailNotifications switches all off"
user "email_notifications = true, email_verified = false"
is "$(ends success)" "" "an address that was not confirmed gets none"
user "email_verified = true, active = false"
is "$(ends success)" "" "nor does a disabled account"
user "active = true"
sent

# what happens between the end and the mail
worker_down
ends failed >/dev/null
first=$e_id
user "email_verified = false"
worker_up
sent
is "$(sql "SELECT status || ': ' || error FROM notifications WHERE deployment_id = '$first'")" \
	"failed: the account has no confirmed address" "an address that is not confirmed any more gets none"
is "$(sql "SELECT count(*) FROM notifications WHERE status = 'waiting'")" 0 "and holds up nobody"
user "email_verified = true"
worker_down
is "$(sql "BEGIN; UPDATE deployments SET status = 'cancelled', completed_at = now() WHERE status = 'queued'; SELECT 1")" 1 "(settled)"
count=$(sql "SELECT count(*) FROM notifications")
sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, status, attempt, lease_owner, lease_until, started_at)
	VALUES ('00000000-0000-4000-8000-0000000000d1', '$project', '$ADA', 'r', 'main', 'building', 1, 'x', now(), now())"
sql "DO \$\$ BEGIN
	UPDATE deployments SET status = 'failed', completed_at = now(), lease_owner = NULL, lease_until = NULL
		WHERE id = '00000000-0000-4000-8000-0000000000d1';
	RAISE EXCEPTION 'lost';
END \$\$" 2>/dev/null
is "$(sql "SELECT count(*) FROM notifications")" "$count" "an end that was not committed tells nothing"
is "$(sql "SELECT status FROM deployments WHERE id = '00000000-0000-4000-8000-0000000000d1'")" building "since it did not happen"
sql "UPDATE deployments SET attempt = 9 WHERE id = '00000000-0000-4000-8000-0000000000d1'"
worker_up
is "$(final 00000000-0000-4000-8000-0000000000d1)" failed "a worker that finds it lost ends it"
sent
like "$(text_of deployment_failure)" '^Reason: the build.s worker was lost too often' "job_requeue tells as well"

# a worker that dies while it makes the mail
worker_down
n=0
while [ $n -lt 20 ]; do
	n=$((n + 1))
	ends failed >/dev/null
done
before=$(sql "SELECT count(*) FROM mails")
worker_up
has_outbox() { [ -n "$(worker_outbox)" ]; }
while ! no_waiting; do
	wait_for 10 has_outbox
	kill -KILL "$(worker_outbox)" 2>/dev/null
done
sql "UPDATE mails SET next_at = now() WHERE message_sealed IS NOT NULL; NOTIFY autostack, 'mail:x'"
is "$(($(sql "SELECT count(*) FROM mails") - before))" 20 "however often the sender dies, each becomes one mail"
unlike "$(cat "$WORKER_LOG")" 'ada@example|evil' "LOG-2 the log has no address and no text"
done_testing
