#!/bin/sh
# deployments.status: every pair of states, and the rules of a row.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start

states="queued building deploying success failed cancelled superseded"
legal="queued>building queued>cancelled queued>superseded queued>failed
building>deploying building>failed building>cancelled building>queued
deploying>success deploying>failed deploying>cancelled deploying>queued"

# What a row in that state looks like.
sql "INSERT INTO users (name, email) VALUES ('A', 'a@example.com');
	INSERT INTO projects (user_id, name, site, repository) SELECT id, 'p', 'p', 'r' FROM users;
	CREATE FUNCTION lease(s text) RETURNS text LANGUAGE sql AS
		\$\$ SELECT CASE WHEN s IN ('building', 'deploying') THEN 'w:0' END \$\$;
	CREATE FUNCTION ended(s text) RETURNS timestamptz LANGUAGE sql AS
		\$\$ SELECT CASE WHEN s NOT IN ('queued', 'building', 'deploying') THEN now() END \$\$"

for old in $states; do
	for new in $states; do
		out=$(sql "INSERT INTO deployments (project_id, user_id, repository, branch, status, lease_owner, completed_at)
			SELECT id, user_id, 'r', 'b', '$old', lease('$old'), ended('$old') FROM projects;
			UPDATE deployments SET status = '$new', lease_owner = lease('$new'), completed_at = ended('$new');
			DELETE FROM deployments RETURNING status" 2>&1)
		case " $(echo $legal) $old>$old " in
		*" $old>$new "*) is "$out" "$new" "$old may become $new" ;;
		*)
			like "$out" "$old cannot become $new" \
				"$old may not become $new"
			;;
		esac
	done
done

insert() {
	sql "BEGIN; INSERT INTO deployments (project_id, user_id, repository, branch, status, lease_owner, completed_at)
		SELECT id, user_id, 'r', 'b', $1, $2, $3 FROM projects; ROLLBACK" 2>&1
}
like "$(insert "'done'" NULL NULL)" deployments_status "no other state exists"
like "$(insert "'building'" NULL NULL)" deployments_lease \
	"what is being built has a lease"
like "$(insert "'queued'" "'w:0'" NULL)" deployments_lease \
	"what waits has none"
like "$(insert "'failed'" NULL NULL)" deployments_completed \
	"what has ended has an end"
like "$(insert "'queued'" NULL 'now()')" deployments_completed \
	"what has not ended has none"
like "$(sql "BEGIN; INSERT INTO deployments (project_id, user_id, repository, branch, status, lease_owner)
	SELECT id, user_id, 'r', 'b', s, 'w:0' FROM projects, unnest(ARRAY['building', 'deploying']) s; ROLLBACK" 2>&1)" \
	deployments_active_key "a project has one active build at most"
done_testing
