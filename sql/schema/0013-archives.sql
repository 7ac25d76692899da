-- Archives: releases that are kept in S3-compatible storage as well, and can
-- come back from there.

CREATE TABLE archives (
	id uuid CONSTRAINT archives_pkey PRIMARY KEY CONSTRAINT archives_id_fkey REFERENCES deployments ON DELETE CASCADE,
	created_at timestamptz NOT NULL DEFAULT now(),
	archived_at timestamptz,
	bytes bigint CONSTRAINT archives_bytes CHECK (bytes > 0),
	sha256 text CONSTRAINT archives_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	attempts integer NOT NULL DEFAULT 0,
	next_at timestamptz DEFAULT now(),
	error text,
	restore_requested_at timestamptz,
	restored_at timestamptz,
	CONSTRAINT archives_whole CHECK ((archived_at IS NULL) = (sha256 IS NULL) AND (archived_at IS NULL) = (bytes IS NULL)),
	CONSTRAINT archives_restore CHECK (restore_requested_at IS NULL OR archived_at IS NOT NULL)
);
COMMENT ON TABLE archives IS 'Releases that are archived or are to be. An archive belongs to the deployment that built the release, and goes with it.';
COMMENT ON COLUMN archives.id IS 'The deployment, and thus the release; the object is releases/ID.tar.gz.';
COMMENT ON COLUMN archives.archived_at IS 'Null: it is not in the storage yet.';
COMMENT ON COLUMN archives.sha256 IS 'Of the object. What comes back has to have it.';
COMMENT ON COLUMN archives.attempts IS 'Of what is being done, begun so far. The number of the present one fences what it writes.';
COMMENT ON COLUMN archives.next_at IS 'When there is something to do; the lease while a worker does it. Null: nothing, for it is archived or was given up.';
COMMENT ON COLUMN archives.error IS 'What the last attempt met.';
COMMENT ON COLUMN archives.restore_requested_at IS 'Somebody wants the release on disk again.';
CREATE INDEX archives_next_idx ON archives (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE archive_removals (
	id uuid CONSTRAINT archive_removals_pkey PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT now(),
	attempts integer NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL,
	error text
);
COMMENT ON TABLE archive_removals IS 'Objects whose deployment was deleted, until a worker has removed them from the storage. Filled by a trigger on archives.';
CREATE INDEX archive_removals_next_idx ON archive_removals (next_at);

-- An object may be there as soon as one attempt was begun. While one is under
-- way it still may come: then it is removed when that has lost its lease.
CREATE FUNCTION archive_remove() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	IF OLD.archived_at IS NOT NULL OR OLD.attempts > 0 THEN
		INSERT INTO archive_removals (id, next_at) VALUES (OLD.id,
			CASE WHEN OLD.archived_at IS NULL THEN greatest(now(), OLD.next_at) ELSE now() END)
		ON CONFLICT (id) DO NOTHING;
		PERFORM pg_notify('autostack', 'archive:' || OLD.id);
	END IF;
	-- what a restore is just writing
	UPDATE releases SET retired_at = coalesce(retired_at, now()) WHERE id = OLD.id AND published_at IS NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER archives_remove AFTER DELETE ON archives
	FOR EACH ROW EXECUTE FUNCTION archive_remove();

-- A release that was restored must not lose its files to a removal that was
-- begun before.
ALTER TABLE releases ADD COLUMN removing_at timestamptz;
COMMENT ON COLUMN releases.removing_at IS 'Its files are being removed: it cannot come back before they are gone.';
COMMENT ON COLUMN releases.published_at IS 'When it first went live, or was restored. Null: it is being written.';
