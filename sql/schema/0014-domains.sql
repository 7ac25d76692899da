-- Custom domains: other names of a project's site, who has proved to own them,
-- and their certificates.

CREATE TABLE domains (
	id uuid CONSTRAINT domains_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	project_id uuid NOT NULL CONSTRAINT domains_project_id_fkey REFERENCES projects ON DELETE CASCADE,
	host text NOT NULL CONSTRAINT domains_host_form CHECK (length(host) <= 240
		AND host ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
	proof text NOT NULL CONSTRAINT domains_proof_length CHECK (length(proof) BETWEEN 20 AND 100),
	state text NOT NULL DEFAULT 'pending' CONSTRAINT domains_state
		CHECK (state IN ('pending', 'verified', 'active', 'failed')),
	reason text,
	verified_at timestamptz,
	missing_since timestamptz,
	checks integer NOT NULL DEFAULT 0,
	last_checked_at timestamptz,
	next_check_at timestamptz DEFAULT now(),
	certificate_source text CONSTRAINT domains_certificate_source CHECK (certificate_source IN ('acme', 'own')),
	certificate text,
	key_sealed text,
	certificate_set_at timestamptz,
	certificate_expires_at timestamptz,
	certificate_error text,
	certificate_failures integer NOT NULL DEFAULT 0,
	certificate_next_try_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT domains_project_host_key UNIQUE (project_id, host),
	CONSTRAINT domains_verified CHECK ((verified_at IS NOT NULL) = (state IN ('verified', 'active'))),
	CONSTRAINT domains_certificate_whole CHECK (num_nonnulls(certificate_source, certificate, key_sealed,
		certificate_set_at, certificate_expires_at) IN (0, 5))
);
-- Anybody may ask for a name; whoever proves it first has it, until the proof
-- has been gone for long.
CREATE UNIQUE INDEX domains_verified_host_key ON domains (host) WHERE verified_at IS NOT NULL;
CREATE INDEX domains_next_check_at_idx ON domains (next_check_at);
CREATE INDEX domains_certificate_next_try_at_idx ON domains (certificate_next_try_at);
COMMENT ON TABLE domains IS 'Names that a project''s site is to answer under besides its own.';
COMMENT ON COLUMN domains.proof IS 'What the TXT record _autostack.HOST has to say: made for this row, so no other project can show it.';
COMMENT ON COLUMN domains.state IS 'pending: not proved yet; verified: proved, waits for a certificate; active: served; failed: not looked at any more.';
COMMENT ON COLUMN domains.missing_since IS 'Since when the proof is known to be missing; a name server that does not answer proves nothing.';
COMMENT ON COLUMN domains.checks IS 'Checks in a row that did not find the proof.';
COMMENT ON COLUMN domains.key_sealed IS 'Private key of the certificate, sealed under "domain:<id>:key". The API may write it and not read it.';
COMMENT ON COLUMN domains.certificate_set_at IS 'Version of the certificate: the worker writes a file again when it differs.';
COMMENT ON COLUMN domains.certificate_next_try_at IS 'When a certificate is to be ordered. Null: never, it is the owner''s, or the name is not proved.';

-- What the API may see of them: no key.
CREATE VIEW domain_rows AS
	SELECT id, project_id, host, state, reason, '_autostack.' || host AS proof_name, 'autostack=' || proof AS proof_value,
		CASE WHEN state = 'active' THEN 'https://' || host END AS url, verified_at, last_checked_at, next_check_at,
		certificate_source, certificate_expires_at, certificate_error,
		CASE WHEN certificate_source IS DISTINCT FROM 'own' THEN certificate_next_try_at END AS certificate_next_try_at,
		created_at
	FROM domains;
COMMENT ON VIEW domain_rows IS 'domains without proofs'' internals and keys.';

-- What certificate authorities were asked for. It outlives domains: a limit
-- that deleting a domain resets is none.
CREATE TABLE certificate_orders (
	id bigint CONSTRAINT certificate_orders_pkey PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	host text NOT NULL,
	error text,
	ended_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE certificate_orders IS 'The ledger that authorities'' rate limits are kept by.';
COMMENT ON COLUMN certificate_orders.error IS 'Null: it was issued.';
CREATE INDEX certificate_orders_host_idx ON certificate_orders (host, ended_at);

-- The worker looks at once at what others have changed.
CREATE FUNCTION domain_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('autostack', 'domain:' || coalesce(NEW.id, OLD.id));
	RETURN NULL;
END $$;
CREATE TRIGGER domains_notify AFTER INSERT OR DELETE ON domains
	FOR EACH ROW EXECUTE FUNCTION domain_notify();
CREATE TRIGGER domains_notify_change AFTER UPDATE ON domains FOR EACH ROW
	WHEN (NEW.certificate_set_at IS DISTINCT FROM OLD.certificate_set_at
		OR NEW.next_check_at <= now() OR NEW.certificate_next_try_at <= now())
	EXECUTE FUNCTION domain_notify();
