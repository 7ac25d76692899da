#!/bin/sh
# What a deleted project leaves on disk goes, and nobody inherits its site.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init
mkdir -p "$TMP/one" "$TMP/two"
echo '<p>one</p>' >"$TMP/one/index.html"
echo '<p>two</p>' >"$TMP/two/index.html"
repo one
repo two
worker_up
builds "$GIT/one.git" one
is "$status" success "a project is live" || diag "$error"
one=$project
builds "$GIT/two.git" two
is "$status" success "and another"
mkdir -p "$STATE/builds/cache/$one/c"
[ "$(id -u)" != 0 ] || chown -R "$worker_user:" "$STATE/builds/cache"
ln -s "$TMP/two" "$STATE/sites/one/link"

worker_down
sql "DELETE FROM projects WHERE id = '$one'"
is "$(sql "SELECT site FROM retired_projects")" one "the deletion leaves a note"
try "the files stay while no worker runs" test -e "$STATE/sites/one/current/index.html"
is "$(sql "SELECT count(*) FROM deployments WHERE project_id = '$one'")" 0 \
	"its deployments are gone"

worker_up
gone() { [ ! -e "$STATE/sites/one" ] && [ -z "$(sql 'SELECT FROM retired_projects')" ]; }
try "a worker removes the site" wait_for 15 gone
try "and the build cache" test ! -e "$STATE/builds/cache/$one"
is "$(sql 'SELECT count(*) FROM retired_projects')" 0 "and the note"
is "$(cat "$TMP/two/index.html")" '<p>two</p>' "no symlink was followed"
is "$(deployed two index.html)" '<p>two</p>' "the other site is untouched"
like "$(cat "$WORKER_LOG")" site.removed "the log says so"

builds "$GIT/two.git" one
is "$status" success "the site's name can be used again"
is "$(deployed one index.html)" '<p>two</p>' "with its own content"
done_testing
