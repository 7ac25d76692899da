-- custom domains

-- name: domain_list
-- doc: The domains of a project of one's own, by name; a row that is null means that it has none.
-- in: project_id uuid, user_id uuid
-- out: many
-- cols: id uuid, host text, state text, reason text, proof_name text, proof_value text, url text, verified_at timestamptz, last_checked_at timestamptz
-- cols: next_check_at timestamptz, certificate_source text, certificate_expires_at timestamptz, certificate_error text
-- cols: certificate_next_try_at timestamptz, created_at timestamptz
-- by: api
SELECT d.id, d.host, d.state, d.reason, d.proof_name, d.proof_value, d.url, d.verified_at, d.last_checked_at,
	d.next_check_at, d.certificate_source, d.certificate_expires_at, d.certificate_error,
	d.certificate_next_try_at, d.created_at
FROM projects p LEFT JOIN domain_rows d ON d.project_id = p.id
WHERE p.id = $1 AND p.user_id = $2
ORDER BY d.host;

-- name: domain_by_id
-- doc: A domain of a project of one's own.
-- in: id uuid, project_id uuid, user_id uuid
-- out: one
-- cols: id uuid, host text, state text, reason text, proof_name text, proof_value text, url text, verified_at timestamptz, last_checked_at timestamptz
-- cols: next_check_at timestamptz, certificate_source text, certificate_expires_at timestamptz, certificate_error text
-- cols: certificate_next_try_at timestamptz, created_at timestamptz
-- none: DOMAIN_NOT_FOUND
-- by: api
SELECT d.id, d.host, d.state, d.reason, d.proof_name, d.proof_value, d.url, d.verified_at, d.last_checked_at,
	d.next_check_at, d.certificate_source, d.certificate_expires_at, d.certificate_error,
	d.certificate_next_try_at, d.created_at
FROM domain_rows d JOIN projects p ON p.id = d.project_id
WHERE d.id = $1 AND d.project_id = $2 AND p.user_id = $3;

-- name: domain_insert
-- doc: A new domain, unless the locked project has enough of them.
-- in: project_id uuid, user_id uuid, host text, proof text, max_domains bigint
-- out: one
-- cols: id uuid
-- none: DOMAINS_FULL
-- on domains_project_host_key: DOMAIN_TAKEN
-- by: api
INSERT INTO domains (project_id, host, proof)
SELECT id, $3, $4 FROM projects
WHERE id = $1 AND user_id = $2 AND (SELECT count(*) FROM domains WHERE project_id = $1) < $5
RETURNING id;

-- name: domain_delete
-- doc: Give a domain up; the worker takes away what it has on disk.
-- in: id uuid, project_id uuid, user_id uuid
-- out: one
-- cols: host text
-- none: DOMAIN_NOT_FOUND
-- by: api
DELETE FROM domains d USING projects p
WHERE d.id = $1 AND d.project_id = $2 AND p.id = d.project_id AND p.user_id = $3
RETURNING d.host;

-- name: domain_check_soon
-- doc: Have a domain looked at now, but not more often than every ten seconds. One that has failed begins again.
-- in: id uuid, project_id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: DOMAIN_NOT_FOUND
-- by: api
UPDATE domains d SET next_check_at = greatest(now(), d.last_checked_at + interval '10 seconds'), checks = 0,
	missing_since = CASE WHEN d.state <> 'failed' THEN d.missing_since END,
	state = CASE WHEN d.state = 'failed' THEN 'pending' ELSE d.state END
FROM projects p
WHERE d.id = $1 AND d.project_id = $2 AND p.id = d.project_id AND p.user_id = $3
RETURNING d.id;

-- name: domain_certificate_own
-- doc: Set a certificate of the owner's; nothing is ordered for the name then.
-- in: id uuid, project_id uuid, user_id uuid, certificate text, key_sealed text, expires bigint
-- out: one
-- cols: id uuid
-- none: DOMAIN_NOT_FOUND
-- by: api
UPDATE domains d SET certificate_source = 'own', certificate = $4, key_sealed = $5, certificate_set_at = clock_timestamp(),
	certificate_expires_at = to_timestamp($6), certificate_error = NULL, certificate_failures = 0,
	certificate_next_try_at = NULL
FROM projects p
WHERE d.id = $1 AND d.project_id = $2 AND p.id = d.project_id AND p.user_id = $3
RETURNING d.id;

-- name: domain_certificate_order
-- doc: Have certificates ordered again. The owner's is served until the first one is there.
-- in: id uuid, project_id uuid, user_id uuid
-- out: one
-- cols: id uuid
-- none: DOMAIN_NOT_FOUND
-- by: api
UPDATE domains d SET certificate_source = CASE WHEN d.certificate_source = 'own' THEN 'acme' ELSE d.certificate_source END,
	certificate_next_try_at = CASE WHEN d.certificate_source = 'own' AND d.verified_at IS NOT NULL THEN now()
		ELSE d.certificate_next_try_at END
FROM projects p
WHERE d.id = $1 AND d.project_id = $2 AND p.id = d.project_id AND p.user_id = $3
RETURNING d.id;

-- name: domain_claim_check
-- doc: A domain that is due to be looked up. If nobody says what came of it, it is due again in ten minutes.
-- in:
-- out: one
-- cols: id uuid, host text, state text, proof_name text, proof_value text
-- none: OK
-- by: worker
UPDATE domains SET next_check_at = now() + interval '10 minutes'
WHERE id = (SELECT id FROM domains WHERE next_check_at <= now() ORDER BY next_check_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, host, state, '_autostack.' || host AS proof_name, 'autostack=' || proof AS proof_value;

-- name: domain_proved
-- doc: The proof of a domain is there: it is its project's from now on.
-- in: id uuid
-- out: one
-- cols: state text
-- none: OK
-- on domains_verified_host_key: DOMAIN_TAKEN
-- by: worker
UPDATE domains SET state = CASE WHEN verified_at IS NULL THEN 'verified' ELSE state END,
	certificate_next_try_at = CASE WHEN verified_at IS NULL AND certificate_source IS DISTINCT FROM 'own'
		THEN greatest(now(), certificate_expires_at - interval '30 days') ELSE certificate_next_try_at END,
	verified_at = coalesce(verified_at, now()), missing_since = NULL, checks = 0, reason = NULL,
	last_checked_at = now(), next_check_at = now() + interval '1 day'
WHERE id = $1
RETURNING state;

-- name: domain_unproved
-- doc: The proof was not found. What is known to be missing for so many days makes the domain fail; less often with each check.
-- in: id uuid, reason text, known boolean, days bigint
-- out: one
-- cols: state text
-- none: OK
-- by: worker
WITH d AS (
	SELECT id, $3 AND missing_since < now() - make_interval(days => $4::integer) AS over FROM domains WHERE id = $1)
UPDATE domains SET last_checked_at = now(), checks = checks + 1, reason = $2,
	missing_since = CASE WHEN $3 THEN coalesce(missing_since, now()) ELSE missing_since END,
	state = CASE WHEN d.over THEN 'failed' ELSE state END,
	verified_at = CASE WHEN d.over THEN NULL ELSE verified_at END,
	certificate_next_try_at = CASE WHEN d.over THEN NULL ELSE certificate_next_try_at END,
	next_check_at = CASE WHEN d.over THEN NULL
		ELSE now() + least(interval '1 minute' * 2 ^ least(checks, 10), interval '6 hours') END
FROM d WHERE domains.id = d.id
RETURNING state;

-- name: domain_claim_order
-- doc: A domain that is due for a certificate and within the limits of authorities; due again in half an hour if nobody says what came of it.
-- in: failures_per_hour bigint, issued_per_week bigint
-- out: one
-- cols: id uuid, host text, failures bigint
-- none: OK
-- by: worker
UPDATE domains SET certificate_next_try_at = now() + interval '30 minutes'
WHERE id = (SELECT d.id FROM domains d
	WHERE d.certificate_next_try_at <= now() AND d.verified_at IS NOT NULL AND d.missing_since IS NULL
		AND (SELECT count(*) FROM certificate_orders o WHERE o.host = d.host AND o.error IS NOT NULL
			AND o.ended_at > now() - interval '1 hour') < $1
		AND (SELECT count(*) FROM certificate_orders o WHERE o.host = d.host AND o.error IS NULL
			AND o.ended_at > now() - interval '7 days') < $2
	ORDER BY d.certificate_next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, host, certificate_failures::bigint AS failures;

-- name: domain_issued
-- doc: A certificate was issued. It is not taken any more when the owner has set one meanwhile.
-- in: id uuid, host text, certificate text, key_sealed text, expires bigint, renew bigint
-- out: none
-- by: worker
WITH o AS (INSERT INTO certificate_orders (host) VALUES ($2))
UPDATE domains SET certificate_source = 'acme', certificate = $3, key_sealed = $4, certificate_set_at = clock_timestamp(),
	certificate_expires_at = to_timestamp($5), certificate_error = NULL, certificate_failures = 0,
	certificate_next_try_at = to_timestamp($6)
WHERE id = $1 AND certificate_source IS DISTINCT FROM 'own';

-- name: domain_not_issued
-- doc: An order failed; told only when the authority was really asked, it counts in the ledger.
-- in: id uuid, host text, error text, asked boolean, wait_seconds bigint
-- out: none
-- by: worker
WITH o AS (INSERT INTO certificate_orders (host, error) SELECT $2, $3 WHERE $4)
UPDATE domains SET certificate_error = $3, certificate_failures = certificate_failures + 1,
	certificate_next_try_at = now() + make_interval(secs => $5)
WHERE id = $1 AND certificate_source IS DISTINCT FROM 'own';

-- name: domain_served_list
-- doc: All domains that nginx has to serve, and the version of each certificate.
-- in:
-- out: many
-- cols: id uuid, host text, site text, state text, version bigint
-- by: worker
SELECT d.id, d.host, p.site, d.state, (extract(epoch FROM d.certificate_set_at) * 1000000)::bigint AS version
FROM domains d JOIN projects p ON p.id = d.project_id
WHERE d.verified_at IS NOT NULL AND d.certificate IS NOT NULL
ORDER BY d.host;

-- name: domain_pair
-- doc: A domain's certificate and its sealed key.
-- in: id uuid
-- out: one
-- cols: certificate text, key_sealed text
-- none: OK
-- by: worker
SELECT certificate, key_sealed FROM domains WHERE id = $1 AND certificate IS NOT NULL;

-- name: domain_served
-- doc: nginx has all that it needs to serve the domain.
-- in: id uuid
-- out: none
-- by: worker
UPDATE domains SET state = 'active' WHERE id = $1 AND state = 'verified';

-- name: domain_pair_refused
-- doc: A certificate that is stored cannot be used on this host.
-- in: id uuid, error text
-- out: none
-- by: worker
UPDATE domains SET certificate_error = $2 WHERE id = $1 AND certificate_error IS DISTINCT FROM $2;

-- name: domain_wait
-- doc: Milliseconds until a domain is due for a check or an order, 0 or less when one is; null when none will be.
-- in: orders boolean
-- out: one
-- cols: ms bigint
-- by: worker
SELECT (extract(epoch FROM least(min(next_check_at), CASE WHEN $1 THEN min(certificate_next_try_at) END) - now()) * 1000)::bigint AS ms
FROM domains;
