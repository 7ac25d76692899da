#!/bin/sh
# Words that C and SQL both know are the same words.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

# check_list CONSTRAINT: the words of a CHECK (x IN (...)), sorted
check_list() {
	sql "SELECT w[1] FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''', 'g') w
		WHERE conname = '$1' ORDER BY 1" | LC_ALL=C sort
}
src() { sed -n "$2" "$abs_top_srcdir/src/$1" | LC_ALL=C sort; }

states=$(src svc/deploy_state.def 's/^STATE([A-Z]*, "\([a-z]*\)".*/\1/p')
is "$(check_list deployments_status)" "$states" \
	"deployments.status is deploy_state.def"
is "$(sql "SELECT string_agg(column_name, E'\n' ORDER BY column_name COLLATE \"C\") FROM information_schema.columns
	WHERE table_name = 'deployment_counts' AND column_name <> 'user_id'")" "$states" \
	"deployment_counts has a column for each"
is "$(sql "SELECT DISTINCT s FROM deployment_moves, unnest(ARRAY[old, new]) s" | LC_ALL=C sort)" \
	"$states" "and deployment_moves knows all of them"
is "$(sql "SELECT DISTINCT new FROM deployment_moves EXCEPT SELECT old FROM deployment_moves" | LC_ALL=C sort)" \
	"$(src svc/deploy_state.def 's/^STATE([A-Z]*, "\([a-z]*\)", true,.*/\1/p')" \
	"a final state is one that nothing leaves"

is "$(check_list deployments_spa)" "$(check_list projects_spa)" "a deployment keeps any spa that a project has"

is "$(check_list users_role)" "$(printf 'admin\nmanager\nuser')" \
	"users.role is what autostack admin takes"
for role in $(check_list users_role); do
	try "$role is a role of src/ctl/admin.c" \
		grep -q "roles\[\] = {.*\"$role\"" "$abs_top_srcdir/src/ctl/admin.c"
done
is "$(check_list deployment_logs_level)" "$(printf 'error\ninfo\nwarning')" \
	"levels of the log are those of the contract"
is "$(check_list deployments_trigger)" "$(printf 'api\nmanual\nredeploy\nrollback\nwebhook')" \
	"triggers are those of the contract"

words=$(tr '\n' ' ' <"$abs_top_srcdir/src/svc/webhook.c" |
	sed "s/.*webhook_verdicts\[\] = {\([^}]*\)}.*/\1/" | grep -o '"[^"]*"' | tr -d '"' | LC_ALL=C sort)
is "$words" "$(check_list webhook_deliveries_verdict)" "verdicts of webhooks are those of src/svc/webhook.c"
words=$(tr '\n' ' ' <"$abs_top_srcdir/src/svc/webhook.c" |
	sed "s/.*webhook_states\[\] = {\([^}]*\)}.*/\1/" | grep -o '"[^"]*"' | tr -d '"' | grep -vx none | LC_ALL=C sort)
is "$words" "$(check_list project_webhooks_state)" "so are the states of webhooks, but none"
words=$(sed -n 's/^	{"\([a-z]*\)", tell_.*/\1/p' "$abs_top_srcdir/src/svc/github_call.c" | LC_ALL=C sort)
is "$words" "$(check_list github_calls_what)" "src/svc/github_call.c makes every kind of call"
words=$(sed -n 's/^	{"\([a-z]*\)", "[a-z]*", "[A-Z].*/\1/p' "$abs_top_srcdir/src/svc/github_call.c" | LC_ALL=C sort)
is "$words" "$(check_list github_calls_event)" "and knows every event"

for enum in grant:role_values:users_role session:method_values:sessions_method \
	account:theme_values:users_theme audit:outcome_values:audit_logs_outcome \
	channel:kind_values:notification_channels_kind channel:status_values:notifications_status \
	deployment:github_values:github_calls_status \
	channel:event_values:notifications_event project:spa_values:projects_spa; do
	file=handlers/${enum%%:*}.c
	array=${enum#*:}
	words=$(tr '\n' ' ' <"$abs_top_srcdir/$file" |
		sed "s/.*${array%:*}\[\] = {\([^}]*\)}.*/\1/" |
		grep -o '"[^"]*"' | tr -d '"' | LC_ALL=C sort)
	is "$words" "$(check_list "${array#*:}")" "$file: ${array%:*} is ${array#*:}"
done

for enum in domain_states:domains_state domain_sources:domains_certificate_source; do
	words=$(tr '\n' ' ' <"$abs_top_srcdir/src/svc/domain.c" |
		sed "s/.*${enum%:*}\[\] = {\([^}]*\)}.*/\1/" |
		grep -o '"[^"]*"' | tr -d '"' | LC_ALL=C sort)
	is "$words" "$(check_list "${enum#*:}")" "src/svc/domain.c: ${enum%:*} is ${enum#*:}"
done

services=$(src svc/service.def 's/^SERVICE([A-Z]*, "\([^"]*\)".*/\1/p')
for constraint in service_days_service incidents_service incidents_affected_services; do
	is "$(check_list $constraint)" "$services" "$constraint is src/svc/service.def"
done

events=$(src base/event.def 's/^EVENT([A-Z_]*, "\([a-z_.]*\)".*/\1/p')
for event in $(sed -n "s/^	SELECT '\([a-z_.]*\)', id::text.*/\1/p" \
	"$abs_top_srcdir/sql/stmt/admin.sql" | sort -u); do
	like "$events" "^$event\$" "LOG-1 the audit event $event is declared"
done
done_testing
