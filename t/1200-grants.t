#!/bin/sh
# sql/grants.sql: what each program's role may and, above all, may not do.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start
# privileges on a database are not copied from its template
autostack "$PGURL" migrate >/dev/null
roles="autostack_api autostack_ws autostack_worker"

sql "INSERT INTO users (id, name, email) VALUES
		('00000000-0000-4000-a000-000000000001', 'A', 'a@example.com');
	INSERT INTO sessions (user_id, expires_at)
		SELECT id, now() + interval '1 hour' FROM users;
	INSERT INTO projects (id, user_id, name, site, repository)
		SELECT '00000000-0000-4000-a000-000000000002', id, 'p', 'p', 'r' FROM users;
	INSERT INTO deployments (project_id, user_id, repository, branch)
		SELECT id, user_id, 'r', 'b' FROM projects;
	INSERT INTO audit_logs (event, outcome) VALUES ('x', 'success');
	INSERT INTO deployment_logs SELECT id, 1, now(), 'info', '[00:00] x' FROM deployments"

# refused ROLE SQL DESCRIPTION
refused() {
	like "$(sql_as "$1" "$2" 2>&1)" 'permission denied' "$3"
}
allowed() {
	try "$3" sql_as "$1" "$2"
}

# the API administers accounts, the others do not
for role in autostack_ws autostack_worker; do
	refused $role "UPDATE users SET role = 'admin'" \
		"$role cannot make an admin"
	refused $role "UPDATE users SET active = true" \
		"$role cannot enable an account"
	refused $role "INSERT INTO users (name, email, role) VALUES ('x', 'x@example.com', 'admin')" \
		"$role cannot insert an admin"
	refused $role "DELETE FROM users" "$role cannot delete accounts"
done
for role in $roles; do
	refused $role "SELECT * FROM mails, codes" "$role cannot read codes in mails"
	refused $role "UPDATE api_keys SET hash = ''" "KEY-1 $role cannot change a key"
	refused $role "DELETE FROM mails" "$role cannot delete mails"
	refused $role "UPDATE audit_logs SET outcome = 'failure'" \
		"LOG-1 $role cannot change the audit log"
	refused $role "DELETE FROM audit_logs" \
		"LOG-1 $role cannot delete from the audit log"
	refused $role "TRUNCATE audit_logs" \
		"LOG-1 $role cannot empty the audit log"
	like "$(sql_as $role 'DROP TABLE audit_logs' 2>&1)" 'must be owner' \
		"LOG-1 $role cannot drop it"
	refused $role "DELETE FROM sessions" "$role cannot delete sessions"
	refused $role "UPDATE sessions SET expires_at = 'infinity'" \
		"SE-4 $role cannot prolong a session"
	refused $role "UPDATE deployment_logs SET message = 'x'" \
		"$role cannot change a log line"
	refused $role "DELETE FROM deployment_logs" \
		"$role cannot delete log lines"
	refused $role "UPDATE deployment_counts SET queued = 0" \
		"$role cannot change the counts"
	refused $role "INSERT INTO deployment_moves VALUES ('failed', 'success')" \
		"$role cannot make a move legal"
	refused $role "SELECT * FROM schema_version" \
		"$role has no business with the schema's version"
	refused $role "CREATE TABLE public.x ()" "$role cannot make tables"
	refused $role "CREATE TEMP TABLE x ()" \
		"$role cannot make temporary tables"
	like "$(sql_as $role "COPY users TO PROGRAM 'true'" 2>&1)" \
		'must be superuser or have privileges' \
		"$role cannot run programs on the server"
	is "$(sql_as $role "SHOW plan_cache_mode")" force_generic_plan \
		"$role plans its statements once"
	is "$(sql_as $role "SHOW statement_timeout")" 10s \
		"$role has a limit on statements"
	is "$(sql_as $role "SHOW search_path")" public \
		"$role looks for names in one schema"
done

is "$(sql "SELECT count(*) FROM pg_roles WHERE rolname ~ '^autostack_(api|ws|worker)$'
	AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)")" 0 \
	"no program's role has a power of its own"
is "$(sql "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
	WHERE r.rolname ~ '^autostack_(api|ws|worker)$'")" 0 \
	"nor one by membership"

refused autostack_api "SELECT deployment_claim('x', '1 s', 1)" \
	"the API cannot claim a build"
refused autostack_ws "SELECT deployment_claim('x', '1 s', 1)" \
	"nor can autostack-ws"
allowed autostack_worker "BEGIN; SELECT deployment_claim('x', '1 s', 1); ROLLBACK" \
	"the worker can"
refused autostack_api "UPDATE deployments SET lease_owner = 'x'" \
	"the API cannot take a lease"
refused autostack_api "INSERT INTO deployment_logs SELECT id, 2, now(), 'info', 'x' FROM deployments" \
	"the API cannot write a build's log"
refused autostack_worker "SELECT id FROM users" \
	"PW-6 the worker cannot read accounts, let alone their password hashes"
refused autostack_worker "SELECT * FROM sessions" \
	"the worker cannot read sessions"
refused autostack_worker "SELECT * FROM refresh_tokens" \
	"SE-3 the worker cannot read refresh tokens"
refused autostack_ws "SELECT * FROM refresh_tokens" \
	"SE-3 autostack-ws cannot read refresh tokens"
refused autostack_worker "UPDATE projects SET repository = 'x'" \
	"the worker cannot change what a project builds"
refused autostack_worker "INSERT INTO deployments (project_id, user_id, repository, branch)
	SELECT id, user_id, 'r', 'b' FROM projects" \
	"the worker cannot ask for a deployment"

is "$(sql "SELECT count(*) FROM information_schema.table_privileges
	WHERE grantee = 'PUBLIC' AND table_schema = 'public'")" 0 \
	"PUBLIC may nothing with the tables"
is "$(sql "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE n.nspname = 'public' AND has_function_privilege('public', p.oid, 'execute')")" 0 \
	"nor with the functions"
# A new function of the owner is not for everybody either.
sql_as autostack_owner 'CREATE FUNCTION later() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$'
refused autostack_api 'SELECT later()' "a function made later is not either"

is "$(sql "SELECT has_database_privilege('public', current_database(), 'connect, temp')")" f \
	"PUBLIC may not connect"
done_testing
