#!/bin/sh
# Releases that stay: going back to one, its own address, what is kept, and
# what becomes of a switch whose worker dies.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init keep_releases=3 build_slots=1 lease_seconds=5
mkdir -p "$TMP/site"
repo site
worker_up
project site "$GIT/site.git" output_dir=dist
version() { # N: build and publish it; sets $id
	sql "UPDATE projects SET build_command = 'mkdir dist; echo $1 >dist/index.html; echo $1 >>/cache/seen; cat /cache/seen' WHERE name = 'site'"
	deploy site
	[ "$(final "$id")" = success ] || bail "version $1: $(field "$id" error)"
	eval "v$1=$id"
}
back_to() { # RELEASE: what the API writes for a rollback; sets $id
	id=$(cat /proc/sys/kernel/random/uuid)
	sql "INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, release_id)
		SELECT '$id', project_id, user_id, 'rollback', repository, branch, '$1' FROM deployments WHERE id = '$1'"
}
live() { sql "SELECT live_deployment_id FROM projects WHERE name = 'site'"; }
own() { cat "$STATE/sites/$(echo "$1" | tr -d - | cut -c1-12)--site/current/index.html" 2>/dev/null; }

version 1
version 2
is "$(sql "SELECT url FROM releases WHERE id = '$v1'")" "https://$(echo "$v1" | tr -d - | cut -c1-12)--site.test" \
	"every release has an address"
is "$(own "$v1") $(own "$v2")" "1 2" "which shows that release"
like "$(the_log "$v1")" "Build cache: empty" "the log says that there was no cache"
like "$(the_log "$v2")" "Build cache: that of the last build" "and that there was one"
deploy site use_cache=false
is "$(final "$id")" success "without the cache"
like "$(the_log "$id")" "Build cache: not used, as asked" "the log says that, too"
is "$(the_log "$id" | grep -c '\] 1$')" 0 "nothing of the old one is there"
version 3
is "$(the_log "$v3" | grep -c '\] 1$')" 0 "nor for the build after that"
is "$(the_log "$v3" | grep -c '\] 2$')" 1 "which has the new one"

back_to "$v2"
is "$(final "$id")" success "back"
is "$(deployed site index.html)" 2 "PEER-7 the release is live again"
is "$(live)" "$id" "the rollback is what is live"
is "$(field "$id" "url, release_id")" "https://site.test|$v2" "and has the site's address"
is "$(cat "$STATE/sites/site/previous/index.html")" 3 "assets of the one that was left are still there"
unlike "$(the_log "$id")" "Clon|Install|Build" "nothing was built"
like "$(the_log "$id")" "Switching to the release of deployment $v2" "the log says what was done"

# a build of an hour in the only slot, and a full global limit
sql "UPDATE projects SET build_command = 'sleep 3600' WHERE name = 'site'"
project other "$GIT/site.git" 'build_command=sleep 3600' output_dir=dist
deploy other
busy=$id
building() { [ "$(field "$busy" status)" = building ]; }
wait_for 20 building || bail "no build"
back_to "$v3"
is "$(final "$id" 10)" success "a switch waits for no slot"
is "$(deployed site index.html)" 3 "and is done"
sql "UPDATE deployments SET cancel_requested_at = now() WHERE id = '$busy'"
is "$(final "$busy")" cancelled "the build is cancelled"

# what is kept: three good ones, and what is live
back_to "$v2"
is "$(final "$id")" success "back once more"
version 4
version 5
kept() { sql "SELECT string_agg(id::text, ' ' ORDER BY published_at) FROM releases"; }
three() { [ "$(kept)" = "$v3 $v4 $v5" ]; }
try "PEER-4 the three newest stay" wait_for 10 three
is "$(find "$STATE/sites/site/releases" -mindepth 1 -maxdepth 1 | wc -l)" 3 "no others are on disk"
is "$(own "$v1")$(own "$v2")" "" "nor have an address"
is "$(find "$STATE/sites" -maxdepth 1 -name '*--site' | wc -l)" 3 "no address without a release"
back_to "$v3"
is "$(final "$id")" success "back to the oldest"
version 6
# the worker looks for what to retire after the end: still with the old number
settled() { [ "$(sql "SELECT count(*) FROM releases WHERE retired_at IS NULL")" = 3 ]; }
try "the oldest of four is retired" wait_for 10 settled
sql "UPDATE projects SET keep_releases = 1 WHERE name = 'site'"
back_to "$v4"
is "$(final "$id")" success "with one release to keep"
two() { [ "$(kept)" = "$v4 $v6" ]; }
try "the live one and the newest stay" wait_for 10 two
is "$(deployed site index.html)" 4 "PEER-4 the live one is never removed"

# a release that is gone from disk all the same
sql "UPDATE projects SET keep_releases = NULL WHERE name = 'site'"
mv "$STATE/sites/site/releases/$v6" "$TMP/lost"
back_to "$v6"
is "$(final "$id")" failed "a switch to what is not there fails"
is "$(field "$id" error)" "its release is not there any more" "and says why"
is "$(deployed site index.html)" 4 "what was live stays live"
mv "$TMP/lost" "$STATE/sites/site/releases/$v6"

# its worker dies at every step
if developer_only "SB-13 SIGKILL at each step of a switch"; then
	for step in claimed deploying switched ending; do
		back_to "$v6"
		touch "$CRASH/$step.job"
		is "$(final "$id" 60)" success "SB-13 SIGKILL at '$step' of a switch: it is done all the same"
		is "$(deployed site index.html) $(live)" "6 $id" "SB-13 and is live ($step)"
		back_to "$v4"
		is "$(final "$id" 60)" success "and back"
	done
fi

# somebody goes back to a release in the moment in which a newer one retires it
if developer_only "PEER-4 going back to a release that is just being retired"; then
	sql "UPDATE projects SET keep_releases = 1, build_command = 'mkdir dist; echo 66 >dist/index.html' WHERE name = 'site'"
	touch "$CRASH/succeeded.pause"
	chmod 666 "$CRASH/succeeded.pause"
	deploy site
	newer=$id
	wait_for 20 test -e "$CRASH/succeeded.paused"
	id=$(cat /proc/sys/kernel/random/uuid)
	pg_psql postgres "$PG_DB" -q -c "SELECT FROM releases WHERE id = '$v6' FOR SHARE;
		INSERT INTO deployments (id, project_id, user_id, trigger, repository, branch, release_id)
		SELECT '$id', project_id, user_id, 'rollback', repository, branch, '$v6' FROM deployments WHERE id = '$v6';
		DO \$\$ BEGIN
			WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()) LOOP
				PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
			END LOOP;
		END \$\$" >/dev/null &
	sleeps() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")" = 1 ]; }
	wait_for 10 sleeps
	rm -f "$CRASH/succeeded.paused"
	is "$(final "$newer") $(final "$id")" "success success" "a rollback to what a newer release would have retired"
	is "$(deployed site index.html) $(sql "SELECT retired_at FROM releases WHERE id = '$v6'")" "6 " "PEER-4 it is live, and stays"
fi
sql "UPDATE projects SET keep_releases = NULL WHERE name = 'site'"

# what cannot go now does not keep others: a dozen that `current` still names,
# with ids before and after
stuck() { # ID SITE
	as_service mkdir -p "$STATE/sites/$2/releases/$1"
	as_service ln -s "releases/$1" "$STATE/sites/$2/current"
	sql "INSERT INTO projects (user_id, name, site, repository)
			SELECT user_id, '$2', '$2', 'x' FROM projects WHERE name = 'site';
		INSERT INTO releases (id, project_id, published_at, retired_at)
			SELECT '$1', id, now(), '2000-01-01' FROM projects WHERE name = '$2'"
}
version 7
version 8
for i in 10 11 12 13 14 15; do
	stuck 00000000-0000-4000-8000-0000000000$i low$i
	stuck ffffffff-ffff-4fff-bfff-ffffffffff$i high$i
done
sql "UPDATE releases SET retired_at = now() WHERE id = '$v6'"
sixth() { [ ! -e "$STATE/sites/site/releases/$v6" ] && [ -z "$(sql "SELECT FROM releases WHERE id = '$v6'")" ]; }
try "PEER-4 releases that cannot go yet do not keep another on disk" wait_for 15 sixth
is "$(sql "SELECT count(*) FROM releases WHERE retired_at = '2000-01-01'")" 12 "PEER-4 and what is live stays"
sql "UPDATE projects SET live_deployment_id = NULL WHERE name ~ '^(low|high)'"

# a build that fails leaves no release
sql "UPDATE projects SET build_command = 'mkdir dist; echo x >dist/index.html; ln -s /etc/passwd dist/out' WHERE name = 'site'"
deploy site
is "$(final "$id")" failed "an output that is refused"
nothing() { [ -z "$(sql "SELECT FROM releases WHERE id = '$id'")" ] && [ ! -e "$STATE/sites/site/releases/$id" ]; }
try "its release goes" wait_for 10 nothing
worker_down
done_testing
