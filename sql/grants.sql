-- Who may do what. Run by the schema's owner after every migration, so it is
-- idempotent: it takes everything away and grants the list again. A program
-- gets what its statements (`-- by:` in sql/stmt) need and no more; a test
-- prepares each statement as each of its programs.
--
-- The owner makes the roles if it may (CREATEROLE); otherwise a superuser does
-- it once, and the WARNING says how.

DO $$
DECLARE
	program text;
BEGIN
	FOREACH program IN ARRAY ARRAY['autostack_api', 'autostack_ws', 'autostack_worker'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = program) THEN
			IF NOT (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
				RAISE EXCEPTION 'role % is missing', program
					USING HINT = format('As a superuser: CREATE ROLE %I LOGIN; or ALTER ROLE %I CREATEROLE;', program, current_user);
			END IF;
			BEGIN
				EXECUTE format('CREATE ROLE %I LOGIN', program);
			EXCEPTION WHEN duplicate_object OR unique_violation THEN
				NULL; -- another database's migration was quicker
			END;
		END IF;
	END LOOP;
END $$;

-- Settings of each program's sessions. Set only where they differ: a role is
-- shared by all databases of a cluster, and two migrations at once would trip
-- over each other's updates.
-- plan_cache_mode: with `LIMIT $n` a custom plan is made at every execution,
-- at a third of the throughput.
DO $$
DECLARE
	program text;
	setting text[];
BEGIN
	FOREACH program IN ARRAY ARRAY['autostack_api', 'autostack_ws', 'autostack_worker'] LOOP
		FOREACH setting SLICE 1 IN ARRAY ARRAY[
			['plan_cache_mode', 'force_generic_plan'],
			['statement_timeout', '10s'],
			['lock_timeout', '5s'],
			['idle_in_transaction_session_timeout', '30s'],
			['search_path', 'public'],
			['TimeZone', 'UTC']] LOOP
			IF NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
				WHERE r.rolname = program AND s.setdatabase = 0
					AND setting[1] || '=' || setting[2] = ANY (s.setconfig)) THEN
				EXECUTE format('ALTER ROLE %I SET %I = %L', program, setting[1], setting[2]);
			END IF;
		END LOOP;
	END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
	RAISE WARNING 'settings of the roles stay as they are: % may not alter them', current_user;
END $$;

-- Start from nothing.
DO $$
BEGIN
	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO autostack_api, autostack_ws, autostack_worker', current_database());
EXCEPTION WHEN insufficient_privilege THEN
	RAISE WARNING 'the database is not owned by %: PUBLIC may still connect', current_user;
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO autostack_api, autostack_ws, autostack_worker;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, autostack_api, autostack_ws, autostack_worker;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, autostack_api, autostack_ws, autostack_worker;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- users
GRANT SELECT ON users TO autostack_api, autostack_ws;
GRANT INSERT (id, name, email, password_hash, avatar_url, role, email_verified), DELETE, UPDATE (name, email,
	pending_email, password_hash, avatar_url, role, active, email_verified, failed_logins, locked_until,
	last_login_at, theme, email_notifications, deployment_success_notifications,
	deployment_failure_notifications, deployment_state_change_only, updated_at) ON users TO autostack_api;
GRANT SELECT, INSERT, DELETE, UPDATE (login, email, token_sealed, scopes, updated_at) ON identities TO autostack_api;
GRANT SELECT, INSERT, DELETE ON oauth_states TO autostack_api;

-- github_connections: the API keeps them, the worker clones with them.
GRANT SELECT, INSERT, DELETE, UPDATE (github_id, login, avatar_url, token_sealed, scopes, base_url, connected_at, refused_at,
	limited_until, repos_at) ON github_connections TO autostack_api;
GRANT SELECT, UPDATE (refused_at) ON github_connections TO autostack_worker;
GRANT SELECT, INSERT, DELETE ON github_repos TO autostack_api;

-- github_calls: triggers make them, the worker asks.
GRANT SELECT ON github_calls TO autostack_api, autostack_worker;
GRANT EXECUTE ON FUNCTION github_name(text, text) TO autostack_api;
GRANT EXECUTE ON FUNCTION github_claim(interval, integer, integer), github_delivered(uuid, integer, integer, bigint),
	github_put_off(uuid, integer, integer, text, interval, boolean, boolean) TO autostack_worker;

-- codes: made once, used once.
GRANT SELECT, INSERT, UPDATE (used_at) ON codes TO autostack_api;

-- api_keys: they end, but do not vanish, and their hash never changes.
GRANT SELECT, INSERT, UPDATE (last_used_at, last_used_ip, revoked_at) ON api_keys TO autostack_api;

-- mails: the API queues, the worker sends, and queues what is told of
-- deployments. Neither deletes.
GRANT INSERT ON mails TO autostack_api, autostack_worker;
GRANT SELECT, UPDATE (message_sealed, attempts, next_at, error, sent_at, failed_at) ON mails TO autostack_worker;

-- notification_channels: the API's.
GRANT SELECT, INSERT, DELETE, UPDATE (name, project_id, host, url_sealed, secret_sealed, on_success, on_failure,
	state_change_only, enabled, failures, disabled_at, updated_at) ON notification_channels TO autostack_api;
GRANT SELECT ON notification_channels TO autostack_worker;

-- notifications: triggers make them, the worker sends them; a test is asked for
-- by the API, which ends them with their channel.
GRANT SELECT, INSERT (means, event, user_id, channel_id), UPDATE (status, error, lease_until, ended_at)
	ON notifications TO autostack_api;
GRANT SELECT, UPDATE (status, attempts, lease_until, error, ended_at) ON notifications TO autostack_worker;
GRANT SELECT ON notification_readers TO autostack_worker;
GRANT EXECUTE ON FUNCTION notification_claim(interval, integer), notification_delivered(uuid, integer, integer),
	notification_put_off(uuid, integer, integer, text, interval, integer, integer) TO autostack_worker;

-- sessions: they end, but do not vanish and are not prolonged.
GRANT SELECT, INSERT, UPDATE (last_used_at, revoked_at, revoke_reason) ON sessions TO autostack_api;
GRANT SELECT ON sessions TO autostack_ws;
GRANT SELECT, INSERT, UPDATE (used_at) ON refresh_tokens TO autostack_api;

-- ws_tickets: the API hands them out, autostack-ws takes them away.
GRANT INSERT ON ws_tickets TO autostack_api;
GRANT SELECT, DELETE ON ws_tickets TO autostack_ws;

-- audit_logs: append-only (LOG-1).
GRANT SELECT, INSERT ON audit_logs TO autostack_api;
GRANT SELECT ON audit_rows TO autostack_api;

-- projects
GRANT SELECT, INSERT, DELETE, UPDATE (name, repository, branch, root_dir, install_command, build_command, output_dir,
	env_sealed, preview_env_sealed, previews, watch_paths, spa, keep_releases, auto_deploy_paused_at, deploy_token_sealed,
	deploy_token_origin, updated_at) ON projects TO autostack_api;
GRANT SELECT ON projects TO autostack_ws, autostack_worker;
GRANT UPDATE (live_deployment_id) ON projects TO autostack_worker;

-- retired_projects: a trigger fills it, the worker empties it.
GRANT SELECT ON retired_projects TO autostack_api, autostack_worker;
GRANT DELETE ON retired_projects TO autostack_worker;

-- deployments: the API asks, the worker does.
GRANT SELECT ON deployment_moves TO autostack_api, autostack_worker;
GRANT SELECT ON deployment_counts, deployment_facts TO autostack_api;
GRANT SELECT, INSERT, DELETE, UPDATE (status, error, superseded_by, cancel_requested_at, completed_at)
	ON deployments TO autostack_api;
GRANT EXECUTE ON FUNCTION day_begins(timestamp, text) TO autostack_api;
GRANT SELECT ON deployments TO autostack_ws, autostack_worker;
GRANT UPDATE (status, error, limits, url, commit_hash, commit_message, author, attempt, lease_owner, lease_until,
	log_seq, log_bytes, started_at, deploying_at, completed_at, release_id) ON deployments TO autostack_worker;
GRANT EXECUTE ON FUNCTION deployment_claim(text, interval, integer) TO autostack_worker;
GRANT EXECUTE ON FUNCTION deployment_claim_switch(text, interval) TO autostack_worker;

-- releases: the worker writes and removes them; the API lets them go.
GRANT SELECT, UPDATE (retired_at) ON releases TO autostack_api;
GRANT SELECT, INSERT, DELETE, UPDATE (url, published_at, retired_at, removing_at) ON releases TO autostack_worker;

-- archives: the worker's. A trigger fills the removals.
GRANT SELECT, INSERT (id), DELETE, UPDATE (archived_at, bytes, sha256, attempts, next_at, error,
	restore_requested_at, restored_at) ON archives TO autostack_worker;
GRANT SELECT, DELETE, UPDATE (attempts, next_at, error) ON archive_removals TO autostack_worker;

-- host_usage: the worker tells.
GRANT SELECT ON host_usage TO autostack_api;
GRANT SELECT, INSERT, DELETE, UPDATE (cpu, memory, storage, network, measured_at) ON host_usage TO autostack_worker;

-- previews: the API hears of pull requests, the worker takes closed ones from disk.
GRANT SELECT, INSERT, UPDATE (title, author, branch, commit_hash, fork, approved_commit, told_at, updated_at, closed_at, removed_at)
	ON previews TO autostack_api;
GRANT SELECT, UPDATE (removed_at) ON previews TO autostack_worker;

-- upload_chunks: the API writes, the worker reads, a trigger deletes.
GRANT INSERT ON upload_chunks TO autostack_api;
GRANT SELECT ON upload_chunks TO autostack_worker;

-- webhooks: what came stays as it came, unless nothing of it could be read. The
-- worker registers with the secret.
GRANT SELECT, INSERT, DELETE, UPDATE (secret_sealed, state, repository, hook_id, error, registered_at, updated_at)
	ON project_webhooks TO autostack_api;
GRANT SELECT ON project_webhooks TO autostack_worker;
GRANT SELECT, INSERT, UPDATE (body_hash, event, repository, branch, commit_hash, commit_message, change, pull_number, pull_title,
	pull_author, pull_fork, told_at, verdict, reason, deployment_id, duplicates, judged_at) ON webhook_deliveries TO autostack_api;
GRANT SELECT, DELETE ON webhook_seen TO autostack_api;
GRANT EXECUTE ON FUNCTION webhook_can_judge(webhook_deliveries), webhook_is_known(webhook_deliveries) TO autostack_api;

-- deploy_hooks: their key never changes.
GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at, last_outcome) ON deploy_hooks TO autostack_api;

-- domains: the API writes keys and cannot read them; proving is the worker's.
GRANT SELECT ON domain_rows TO autostack_api;
GRANT SELECT (id, project_id, host, state, missing_since, last_checked_at, verified_at, certificate_source,
	certificate_next_try_at), INSERT (project_id, host, proof), DELETE, UPDATE (state, checks, missing_since, next_check_at,
	certificate_source, certificate, key_sealed, certificate_set_at, certificate_expires_at, certificate_error,
	certificate_failures, certificate_next_try_at) ON domains TO autostack_api;
GRANT SELECT, UPDATE (state, reason, verified_at, missing_since, checks, last_checked_at, next_check_at,
	certificate_source, certificate, key_sealed, certificate_set_at, certificate_expires_at, certificate_error,
	certificate_failures, certificate_next_try_at) ON domains TO autostack_worker;
GRANT SELECT, INSERT ON certificate_orders TO autostack_worker;

-- deployment_logs: append-only.
GRANT SELECT ON deployment_logs TO autostack_api, autostack_ws, autostack_worker;
GRANT INSERT ON deployment_logs TO autostack_worker;

-- The status page: the prober's times; incidents are administrators', and the
-- prober drafts them.
GRANT SELECT, INSERT, UPDATE (up_ms, degraded_ms, down_ms) ON service_days TO autostack_worker;
GRANT SELECT, INSERT (title, severity, affected_services, service, started_at), UPDATE (recovered_at, updated_at)
	ON incidents TO autostack_worker;
GRANT SELECT, INSERT (incident_id, status, message) ON incident_updates TO autostack_worker;
GRANT SELECT, INSERT (title, description, status, severity, affected_services, published_at, started_at, resolved_at), DELETE,
	UPDATE (title, description, status, severity, affected_services, published_at, started_at, resolved_at, updated_at)
	ON incidents TO autostack_api;
GRANT SELECT, INSERT (incident_id, status, message) ON incident_updates TO autostack_api;
GRANT SELECT ON deployment_counts TO autostack_worker;
