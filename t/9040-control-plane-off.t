#!/bin/sh
# Published sites do not depend on the control plane: with every process of
# Autostack and PostgreSQL stopped, nginx serves them all the same.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start
stack_user ada
for name in one two; do
	stack_repo $name
	echo "<h1>$name</h1>" | stack_file $name index.html
	echo "body{}" | stack_file $name assets/style.0a1b2c3d.css
	stack_commit $name first
	stack_deploy $name '"outputDir":".","installCommand":"","buildCommand":""'
	is "$(stack_wait 60)" success "$name is deployed"
	eval "url_$name=\$(jget .url)"
	fetch_url "$(jget .url)/"
	is "$STATUS" 200 "and its certificate is there with it"
done
for service in api ws worker git certificates postgres; do
	read -r pid _ <"$AUTOSTACK_STATE/run/$service.pid"
	# the whole session, so that nobody starts anything again
	# shellcheck disable=SC2046 # a list
	kill -KILL $(ps -s "$pid" -o pid=) 2>/dev/null
done
left() {
	[ -z "$(for service in api ws worker git certificates postgres; do
		read -r pid _ <"$AUTOSTACK_STATE/run/$service.pid"
		ps -s "$pid" -o stat= | grep -v '^Z'
	done)" ]
}
wait_for 15 left
ok $? "API, WebSockets, worker, PostgreSQL are all gone"
call GET /api/health
is "$STATUS $(jget .error.code)" "502 BAD_GATEWAY" "the API is off, and nginx says so in JSON"
for name in one two; do
	eval "url=\$url_$name"
	fetch_url "$url/"
	is "$STATUS $(cat "$BODY")" "200 <h1>$name</h1>" "PEER-11 $name is still served"
	fetch_url "$url/assets/style.0a1b2c3d.css"
	is "$STATUS" 200 "with its files"
done
fetch_url "$AUTOSTACK_URL/"
is "$STATUS" 200 "the panel's page as well"
# shellcheck disable=SC2086
try "quickstart brings everything back" stack_quickstart --detach --no-seed $stack_sets
call GET /api/health/db
is "$STATUS" 200 "the API too"
done_testing
