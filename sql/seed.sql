-- Demo data, after the two demo accounts exist. Run by `autostack seed` and
-- safe to run again: ids are derived from names, rows that are there stay.
--
-- Every deployment is in a final state. A queued one would be built, a
-- building one taken over from a worker that never was.

CREATE FUNCTION pg_temp.seed_id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
	SELECT overlay(overlay(md5('autostack seed ' || name) PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid
$$;
-- A repeatable number in [0, n).
CREATE FUNCTION pg_temp.seed_below(name text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(name), 1, 7))::bit(28)::integer % n)
$$;

INSERT INTO projects (id, user_id, name, site, repository, branch, build_command, output_dir, created_at, updated_at)
SELECT pg_temp.seed_id(p.site), u.id, p.name, p.site, p.repository, p.branch, p.build_command, p.output_dir,
	now() - p.age, now() - p.age
FROM (VALUES
	('test@example.com', 'portfolio', 'demo-portfolio', 'https://github.com/example/portfolio', 'main', 'npm run build', 'dist', interval '41 days'),
	('test@example.com', 'docs', 'demo-docs', 'https://github.com/example/docs', 'main', 'npx @11ty/eleventy', '_site', interval '38 days'),
	('test@example.com', 'shop-frontend', 'demo-shop', 'https://github.com/example/shop-frontend', 'develop', 'npm run build', 'build', interval '30 days'),
	('admin@example.com', 'status-page', 'demo-status', 'https://github.com/example/status-page', 'main', '', 'public', interval '25 days')
) AS p (email, name, site, repository, branch, build_command, output_dir, age)
JOIN users u ON u.email = p.email
ON CONFLICT DO NOTHING;

INSERT INTO deployments (id, project_id, user_id, status, trigger, repository, branch, build_command, output_dir,
	commit_hash, commit_message, author, error, attempt, created_at, started_at, deploying_at, completed_at)
SELECT d.id, d.project_id, d.user_id, d.status,
	(ARRAY['webhook', 'webhook', 'manual', 'redeploy'])[1 + pg_temp.seed_below('trigger' || d.id, 4)],
	d.repository, d.branch, d.build_command, d.output_dir,
	substr(md5('commit' || d.id) || md5(d.id::text), 1, 40),
	(ARRAY['Update the landing page', 'Fix the navigation on small screens', 'Add a page on pricing',
		'Upgrade dependencies', 'Compress images', 'Correct a broken link', 'Rework the footer'])
		[1 + pg_temp.seed_below('message' || d.id, 7)],
	(ARRAY['Ada Example', 'Linus Example', 'Grace Example'])[1 + pg_temp.seed_below('author' || d.id, 3)],
	CASE d.status WHEN 'failed' THEN 'The build command failed with exit code 1'
		WHEN 'superseded' THEN 'A newer deployment of the same project took its place' END,
	CASE WHEN d.status = 'superseded' THEN 0 ELSE 1 END,
	d.created_at,
	CASE WHEN d.status <> 'superseded' THEN d.created_at + interval '2 seconds' END,
	CASE WHEN d.status = 'success' THEN d.created_at + d.seconds * interval '1 second' - interval '3 seconds' END,
	d.created_at + CASE WHEN d.status = 'superseded' THEN interval '20 seconds' ELSE d.seconds * interval '1 second' END
FROM (
	SELECT pg_temp.seed_id(p.site || n) AS id, p.id AS project_id, p.user_id, p.repository, p.branch,
		p.build_command, p.output_dir,
		(ARRAY['success', 'success', 'success', 'failed', 'success', 'cancelled', 'success', 'success', 'superseded', 'success'])
			[1 + pg_temp.seed_below('status' || p.site || n, 10)] AS status,
		30 + pg_temp.seed_below('seconds' || p.site || n, 150) AS seconds,
		now() - n * interval '45 hours' - pg_temp.seed_below('minute' || p.site || n, 1200) * interval '1 minute' AS created_at
	FROM projects p, generate_series(0, 17) AS n
	WHERE p.id IN (SELECT pg_temp.seed_id(s) FROM unnest(ARRAY['demo-portfolio', 'demo-docs', 'demo-shop', 'demo-status']) s)
) AS d
ON CONFLICT DO NOTHING;

INSERT INTO deployment_logs (deployment_id, seq, at, level, message)
SELECT d.id, row_number() OVER (PARTITION BY d.id ORDER BY l.part),
	d.started_at + l.part * (d.completed_at - d.started_at), l.level,
	'[' || to_char(l.part * (d.completed_at - d.started_at), 'MI:SS') || '] ' || l.message
FROM deployments d
JOIN projects p ON p.id = d.project_id
CROSS JOIN LATERAL (VALUES
	(0.00, 'info', 'Cloning ' || d.repository || ' (' || d.branch || ')', NULL),
	(0.03, 'info', 'Commit ' || left(d.commit_hash, 7) || ' ' || d.commit_message, NULL),
	(0.05, 'info', 'Installing dependencies with npm ci', NULL),
	(0.55, 'info', 'added 312 packages in 14s', NULL),
	(0.56, 'warning', 'npm WARN deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported', NULL),
	(0.58, 'info', coalesce('Running ' || nullif(d.build_command, ''), 'Nothing to build'), NULL),
	(0.80, 'error', 'Error: Cannot find module ''./components/Header''', 'failed'),
	(0.99, 'error', 'The build command failed with exit code 1', 'failed'),
	(0.70, 'warning', 'Cancelled', 'cancelled'),
	(0.90, 'info', 'Publishing ' || d.output_dir || ': 48 files, 1.9 MB', 'success'),
	(1.00, 'info', 'Deployed', 'success')
) AS l (part, level, message, only_for)
WHERE d.id IN (SELECT pg_temp.seed_id(s || n)
		FROM unnest(ARRAY['demo-portfolio', 'demo-docs', 'demo-shop', 'demo-status']) s, generate_series(0, 17) n)
	AND d.started_at IS NOT NULL
	AND (l.only_for IS NULL OR l.only_for = d.status)
ON CONFLICT DO NOTHING;

UPDATE deployments d SET log_seq = l.last, log_bytes = l.bytes
FROM (SELECT deployment_id, max(seq) AS last, sum(octet_length(message)) AS bytes FROM deployment_logs GROUP BY 1) AS l
WHERE l.deployment_id = d.id AND d.log_seq = 0;

-- The accounts as they are after some weeks of use. Nobody has the tokens of
-- these sessions, nor the keys: their hashes are of nothing.
UPDATE users SET last_login_at = now() - interval '3 hours', created_at = now() - interval '45 days',
	updated_at = now() - interval '12 days', theme = CASE role WHEN 'admin' THEN 'dark' ELSE theme END
WHERE email IN ('test@example.com', 'admin@example.com') AND last_login_at IS NULL;

INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, ip, user_agent, revoked_at, revoke_reason)
SELECT pg_temp.seed_id('session' || u.email || s.user_agent), u.id, now() - s.age, now() - s.age / 3, now() - s.age + interval '30 days',
	s.ip::inet, s.user_agent, CASE WHEN s.ended THEN now() - s.age / 4 END, CASE WHEN s.ended THEN 'logout' END
FROM users u, (VALUES
	('192.0.2.10', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', interval '3 hours', false),
	('198.51.100.23', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', interval '5 days', false),
	('203.0.113.7', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', interval '9 days', true)
) AS s (ip, user_agent, age, ended)
WHERE u.email IN ('test@example.com', 'admin@example.com')
ON CONFLICT DO NOTHING;

INSERT INTO api_keys (id, user_id, name, prefix, hash, created_at, expires_at, last_used_at, last_used_ip, revoked_at)
SELECT pg_temp.seed_id('key' || k.name), u.id, k.name, 'as_' || substr(md5('prefix' || k.name), 1, 8),
	md5('key 1 ' || k.name || random()) || md5('key 2 ' || k.name || random()), now() - k.age, now() + k.left, now() - k.used, k.ip::inet, now() - k.revoked
FROM users u JOIN (VALUES
	('test@example.com', 'Continuous integration', interval '33 days', interval '57 days', interval '50 minutes', '192.0.2.44', NULL::interval),
	('test@example.com', 'Laptop', interval '20 days', NULL, interval '2 days', '192.0.2.10', NULL),
	('test@example.com', 'Old build server', interval '40 days', interval '-10 days', interval '11 days', '198.51.100.8', NULL),
	('admin@example.com', 'Monitoring', interval '25 days', NULL, interval '4 minutes', '192.0.2.60', NULL),
	('admin@example.com', 'Lost on a train', interval '30 days', NULL, interval '17 days', '203.0.113.90', interval '16 days')
) AS k (email, name, age, "left", used, ip, revoked) ON k.email = u.email
ON CONFLICT DO NOTHING;

-- What was done: a row each, and some that come again and again.
INSERT INTO audit_logs (id, at, event, user_id, target, outcome, ip, user_agent, details)
SELECT pg_temp.seed_id('audit' || u.email || a.event || a.age), now() - a.age, a.event, u.id,
	CASE WHEN a.target = 'self' THEN u.id ELSE pg_temp.seed_id(a.target) END::text, a.outcome, a.ip::inet,
	'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', a.details::jsonb
FROM users u JOIN (VALUES
	('test@example.com', 'auth.signup', interval '45 days', 'self', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'auth.verify', interval '44 days 23 hours', 'self', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'project.create', interval '41 days', 'demo-portfolio', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'project.create', interval '38 days', 'demo-docs', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'api_key.create', interval '33 days', 'keyContinuous integration', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'project.create', interval '30 days', 'demo-shop', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'project.update', interval '21 days', 'demo-shop', 'success', '192.0.2.10', '{"fields": "branch buildCommand"}'),
	('test@example.com', 'deployment.create', interval '6 days', 'demo-docs3', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'deployment.cancel', interval '5 days 23 hours', 'demo-docs3', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'auth.password_change', interval '12 days', 'self', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'auth.session_revoke', interval '11 days', 'sessionold', 'success', '192.0.2.10', '{}'),
	('test@example.com', 'profile.update', interval '12 days 1 hour', 'self', 'success', '192.0.2.10', '{"fields": "name"}'),
	('test@example.com', 'preferences.update', interval '8 days', 'self', 'success', '192.0.2.10', '{"fields": "deploymentSuccessNotifications"}'),
	('test@example.com', 'project.delete', interval '4 days', 'a project that never was', 'failure', '192.0.2.10', '{"code": "PROJECT_NOT_FOUND"}'),
	('test@example.com', 'user.update', interval '3 days', 'somebody', 'failure', '192.0.2.10', '{"code": "FORBIDDEN"}'),
	('admin@example.com', 'user.create', interval '44 days', 'somebody', 'success', '192.0.2.60', '{"by": "invitation", "role": "user"}'),
	('admin@example.com', 'user.role', interval '40 days', 'somebody', 'success', '192.0.2.60', '{"from": "user", "to": "manager"}'),
	('admin@example.com', 'user.deactivate', interval '18 days', 'somebody', 'success', '192.0.2.60', '{}'),
	('admin@example.com', 'api_key.revoke', interval '16 days', 'keyLost on a train', 'success', '192.0.2.60', '{}'),
	('admin@example.com', 'user.export', interval '7 days', 'self', 'success', '192.0.2.60', '{"rows": "3"}'),
	('admin@example.com', 'audit.export', interval '7 days 1 minute', 'self', 'success', '192.0.2.60', '{"rows": "412"}'),
	('admin@example.com', 'user.delete', interval '6 days', 'somebody', 'success', '192.0.2.60', '{}')
) AS a (email, event, age, target, outcome, ip, details) ON a.email = u.email
ON CONFLICT DO NOTHING;

INSERT INTO audit_logs (id, at, event, user_id, target, outcome, ip, user_agent)
SELECT pg_temp.seed_id('audit' || u.email || n), now() - n * interval '19 hours' - interval '5 minutes',
	a.event, u.id, u.id::text, a.outcome, CASE a.outcome WHEN 'success' THEN '192.0.2.10' ELSE '203.0.113.66' END::inet,
	'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
FROM users u, generate_series(0, 11) AS n
CROSS JOIN LATERAL (SELECT CASE WHEN n % 5 = 4 THEN 'auth.login_failed' WHEN n % 3 = 2 THEN 'auth.logout' ELSE 'auth.login' END AS event,
	CASE WHEN n % 5 = 4 THEN 'failure' ELSE 'success' END AS outcome) AS a
WHERE u.email IN ('test@example.com', 'admin@example.com')
ON CONFLICT DO NOTHING;
