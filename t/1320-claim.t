#!/bin/sh
# deployment_claim(): the queue. One active build per project and target, never
# more than the global limit, oldest first, and nothing twice.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start
sql "INSERT INTO users (name, email) VALUES ('A', 'a@example.com');
	INSERT INTO projects (id, user_id, name, site, repository)
	SELECT md5('p' || n)::uuid, u.id, 'p' || n, 'p' || n, 'r' FROM users u, generate_series(1, 12) n"

enqueue() { # PROJECT AGE
	sql "INSERT INTO deployments (project_id, user_id, repository, branch, created_at)
		SELECT id, user_id, '$1 $2', 'b', now() - interval '$2' FROM projects WHERE name = '$1'"
}
claim() { # LIMIT
	sql_as autostack_worker "SELECT repository, status, attempt, lease_owner, lease_until > now() + interval '29 s', started_at IS NOT NULL
		FROM deployment_claim('w:1', '30 s', $1)"
}
finish() {
	sql "UPDATE deployments SET status = 'failed', lease_owner = NULL, completed_at = now()
		WHERE status = 'building' AND repository LIKE '$1'"
}

is "$(claim 9)" "" "an empty queue gives nothing"
enqueue p1 2min
enqueue p1 3min
enqueue p2 1min
is "$(claim 9)" "p1 3min|building|1|w:1|t|t" "the oldest comes first, with a lease"
is "$(claim 9)" "p2 1min|building|1|w:1|t|t" "a project that is being built waits"
is "$(claim 9)" "" "then nothing is left to do"
finish 'p1%'
is "$(claim 2)" "p1 2min|building|1|w:1|t|t" "until the build ends"
enqueue p3 1min
is "$(claim 2)" "" "PEER-3 the global limit holds"
sql "UPDATE deployments SET cancel_requested_at = now() WHERE status = 'queued'"
is "$(claim 9)" "" "one that is being cancelled is not begun"
sql "UPDATE deployments SET status = 'queued', lease_owner = NULL, lease_until = NULL WHERE repository = 'p2 1min'"
is "$(claim 9)" "p2 1min|building|2|w:1|t|t" "a requeued one counts its attempts"
sql "DELETE FROM deployments"

# 8 claimers against 12 projects with a limit of 5. Within a claim's transaction
# its lock is still held, so that what it sees active is exact.
sql "INSERT INTO deployments (project_id, user_id, repository, branch, created_at)
	SELECT id, user_id, 'r', 'b', now() - n * interval '1 s' FROM projects, generate_series(1, 30) n;
	CREATE TABLE claimed (id uuid PRIMARY KEY);
	CREATE FUNCTION claim_and_look(worker text) RETURNS void LANGUAGE plpgsql AS \$\$
	BEGIN
		INSERT INTO claimed SELECT id FROM deployment_claim(worker, '30 s', 5);
		IF (SELECT count(*) FROM deployments WHERE status = 'building') > 5 THEN
			RAISE EXCEPTION 'over the limit';
		END IF;
		IF EXISTS (SELECT FROM deployments WHERE status = 'building' GROUP BY project_id HAVING count(*) > 1) THEN
			RAISE EXCEPTION 'a project twice';
		END IF;
	END \$\$"
cat >claim.sql <<'END'
SELECT claim_and_look('w:' || :client_id);
UPDATE deployments SET status = 'failed', lease_owner = NULL, completed_at = now()
WHERE status = 'building' AND lease_owner = 'w:' || :client_id;
END
"$PG_BINDIR/pgbench" -n -c 8 -j 2 -t 120 -f claim.sql "user=postgres $PGURL" \
	>pgbench.out 2>&1
is $? 0 "8 claimers at once: never two of a project, never over the limit" ||
	diag "$(tail -n 20 pgbench.out)"
is "$(sql "SELECT count(*), count(*) FILTER (WHERE attempt = 1) FROM deployments d JOIN claimed USING (id) WHERE status = 'failed'")" \
	"360|360" "each deployment was claimed once"
done_testing
