-- Run first by `autostack migrate`, every time. The lock is held until the
-- session ends: one migration at a time, the others wait for it.
SET client_min_messages = warning;
SELECT pg_advisory_lock(4717, 0);

CREATE TABLE IF NOT EXISTS schema_version (
	version integer CONSTRAINT schema_version_pkey PRIMARY KEY,
	name text NOT NULL,
	checksum text NOT NULL CONSTRAINT schema_version_checksum CHECK (checksum ~ '^[0-9a-f]{64}$'),
	applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_version IS 'Which files of sql/schema were applied, with the SHA-256 of each: an applied file never changes.';
