#!/bin/sh
# Previews: each at an address of its own, beside production, and gone when its
# pull request is.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_slots=2 lease_seconds=5
mkdir -p "$TMP/site"
cat >"$TMP/site/build.sh" <<'END'
mkdir dist
cat page >dist/index.html
echo "seen: $(cat /cache/seen 2>/dev/null)"
cat page >/cache/seen
END
echo main >"$TMP/site/page"
repo site
worker_up
project site "$GIT/site.git" 'build_command=sh build.sh' output_dir=dist
preview() { # NUMBER
	sql "INSERT INTO previews (project_id, number, title, author, branch, commit_hash, fork)
		VALUES ('$project', $1, 't', 'a', 'main', repeat('a', 40), false) ON CONFLICT DO NOTHING"
}
page() { cat "$STATE/sites/$1/current/index.html" 2>/dev/null; }

deploy site
is "$(final "$id")" success "production"
echo topic >"$TMP/site/page"
repo site
preview 7
deploy site target=pr-7
is "$(final "$id")" success "a preview" || diag "$(field "$id" error)"
first=$id
is "$(field "$id" url)" https://pr-7--site.test "has an address of its own"
is "$(page pr-7--site) $(page site)" "topic main" "and production is what it was"
is "$(sql "SELECT live_deployment_id <> '$id' FROM projects")" t "also in the database"
like "$(the_log "$id")" "seen: main" "a branch of one's own shares the cache"

echo strange >"$TMP/site/page"
repo site
deploy site target=pr-8 trusted=false env=A=1
is "$(final "$id")" success "a fork's"
like "$(the_log "$id")" "Build cache: none for a fork" "SB-11 has no cache"
unlike "$(the_log "$id")" "seen: topic" "SB-11 and reads nothing of others"
deploy site
is "$(final "$id")" success "the next of production"
like "$(the_log "$id")" "seen: topic" "SB-11 sees nothing that a fork's build has left"

echo two >"$TMP/site/page"
repo site
deploy site target=pr-7
is "$(final "$id")" success "another commit of the pull request"
second=$id
is "$(page pr-7--site)" two "takes its address"
echo three >"$TMP/site/page"
repo site
deploy site target=pr-7
is "$(final "$id")" success "and another"
kept() { [ "$(sql "SELECT count(*) FROM releases WHERE target = 'pr-7'")" = 2 ] && [ ! -e "$STATE/sites/site/releases/$first" ]; }
try "a preview keeps two releases" wait_for 10 kept
try "one of them is the one before" test -e "$STATE/sites/site/releases/$second"

if developer_only "SB-13 SIGKILL after the switch of a preview"; then
	touch "$CRASH/switched.job"
	deploy site target=pr-7
	is "$(final "$id" 60)" success "SB-13 SIGKILL after the switch of a preview"
	is "$(field "$id" "url, attempt")" "https://pr-7--site.test|1" "SB-13 it had succeeded"
fi

# closed while it is being published: the parent leaves alone what a job writes
if developer_only "PEER-4 a pull request closed while it is published"; then
	preview 9
	touch "$CRASH/copied.pause"
	chmod 666 "$CRASH/copied.pause"
	deploy site target=pr-9
	wait_for 20 test -e "$CRASH/copied.paused"
	# what preview_close does; and a release whose end tells that the parent has looked
	sql "UPDATE previews SET closed_at = now() WHERE number = 9;
		UPDATE deployments SET cancel_requested_at = now() WHERE id = '$id';
		UPDATE releases SET retired_at = now() WHERE target = 'pr-9';
		INSERT INTO releases (id, project_id, retired_at) SELECT gen_random_uuid(), id, '2001-01-01' FROM projects WHERE name = 'site'"
	looked() { [ "$(sql "SELECT count(*) FROM releases WHERE retired_at = '2001-01-01'")" = 0 ]; }
	try "the parent removes what is retired" wait_for 20 looked
	is "$(sql "SELECT count(*) FROM releases WHERE id = '$id'") $(find "$STATE/sites/site/releases" -maxdepth 1 -name "$id" | wc -l)" "1 1" \
		"PEER-4 but not what is being written"
	rm -f "$CRASH/copied.paused"
	is "$(final "$id")" cancelled "the job ends"
	ninth() {
		[ "$(sql "SELECT count(*) FROM releases WHERE id = '$id'")" = 0 ] && [ ! -e "$STATE/sites/pr-9--site" ] &&
			[ ! -e "$STATE/sites/site/releases/$id" ]
	}
	try "PEER-4 then nothing of it stays" wait_for 10 ninth || diag "$(ls "$STATE/sites" "$STATE/sites/site/releases")"
	is "$(find "$STATE/sites" -maxdepth 1 -name "$(echo "$id" | tr -d - | cut -c1-12)--site" | wc -l)" 0 "nor its address"
fi

# both at once
sql "UPDATE projects SET build_command = 'sleep 3600' WHERE name = 'site'"
deploy site
busy=$id
deploy site target=pr-7
slow=$id
both() { [ "$(sql "SELECT count(*) FROM deployments WHERE status = 'building'")" = 2 ]; }
try "production and a preview are built beside each other" wait_for 20 both

sql "UPDATE previews SET closed_at = now() WHERE number = 7"
try "while it is built" test -e "$STATE/sites/pr-7--site/current"
sql "UPDATE deployments SET cancel_requested_at = now() WHERE id IN ('$slow', '$busy')"
is "$(final "$slow") $(final "$busy")" "cancelled cancelled" "both are cancelled"
gone() {
	[ ! -e "$STATE/sites/pr-7--site" ] && [ -z "$(sql "SELECT FROM releases WHERE target = 'pr-7'")" ]
}
try "a closed pull request leaves nothing behind" wait_for 10 gone
is "$(find "$STATE/sites" -maxdepth 1 -name '*--site' | wc -l)" \
	"$(sql "SELECT count(*) + 1 FROM releases")" "but the others' addresses"
is "$(page site)" strange "production stays"
worker_down
done_testing
