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

# what cannot be removed holds up nothing: of more than are looked at in a round
# the last one goes as well
if [ "$(id -u)" = 0 ]; then
	worker_down
	n=10
	while [ $n -lt 22 ]; do
		mkdir -p "$STATE/sites/stuck$n/releases/x"
		sql "INSERT INTO retired_projects (id, site) VALUES ('00000000-0000-4000-8000-0000000000$n', 'stuck$n')"
		n=$((n + 1))
	done
	as_service mkdir -p "$STATE/sites/last/releases/x"
	sql "INSERT INTO retired_projects (id, site) VALUES ('00000000-0000-4000-8000-000000000099', 'last')"
	worker_up
	last_gone() { [ ! -e "$STATE/sites/last" ] && [ "$(sql 'SELECT count(*) FROM retired_projects')" = 12 ]; }
	try "sites that cannot be removed keep no other" wait_for 15 last_gone
	is "$(grep -c site.stays "$WORKER_LOG")" 1 "and are not told again and again"
	find "$STATE/sites" -maxdepth 1 -name '*stuck*' -exec chown -R "$worker_user:" {} +
	none_left() { [ "$(sql 'SELECT count(*) FROM retired_projects')" = 0 ]; }
	try "they go when they can" wait_for 15 none_left
else
	skip "another account's files take root" "sites that cannot be removed keep no other"
fi

builds "$GIT/two.git" one
is "$status" success "the site's name can be used again"
is "$(deployed one index.html)" '<p>two</p>' "with its own content"
done_testing
