#!/bin/sh
# A host without room for a build: it waits and says for what, can be cancelled,
# and fails when there is none in time. What needs no build does not wait.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_slots=1 build_room_wait=0
mkdir -p "$TMP/site"
echo one >"$TMP/site/index.html"
repo site
worker_up
builds "$GIT/site.git" shop
is "$status" success "there is room: it begins at once" || diag "$error"
unlike "$(the_log "$id")" 'Waiting for room' "and waits for nothing"
first=$id
echo two >"$TMP/site/index.html"
repo site
deploy shop
is "$(final "$id")" success "so does the next"

worker_again build_memory_free=1000G build_room_wait=2000
deploy shop
is "$(final "$id")" failed "PEER-1 a host without memory begins no build"
like "$(field "$id" error)" '^this host has [0-9]* MB of memory available, and builds begin from 1024000 MB' "PEER-1 and says so"
like "$(the_log "$id")" 'Waiting for room: this host has' "PEER-1 while it waits, too"
is "$(deployed shop index.html)" two "what is live stays"

worker_again build_memory_free=0 build_disk_free=100 build_room_wait=600000
project full "$GIT/site.git"
deploy full
waits() { the_log "$id" | grep -q 'Waiting for room: this host.s disk is [0-9]* % full, and builds begin below 0 %'; }
try "PEER-4 a full disk begins no build" wait_for 10 waits
back=$(cat /proc/sys/kernel/random/uuid)
sql "INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, release_id)
	SELECT '$back', project_id, user_id, 'rollback', repository, branch, '$first' FROM deployments WHERE id = '$first'"
is "$(final "$back" 10)" success "PEER-4 but goes back to what is there"
is "$(deployed shop index.html)" one "and serves it"
sql "UPDATE deployments SET cancel_requested_at = now() WHERE id = '$id'"
is "$(final "$id" 10)" cancelled "and the build can be cancelled"
worker_down
done_testing
