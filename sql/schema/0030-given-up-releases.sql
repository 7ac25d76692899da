-- A release that was begun and never became live goes with its deployment,
-- however that ends, and whoever says so: what waits again after its worker was
-- lost may have one on disk.
CREATE FUNCTION release_given_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	UPDATE releases SET retired_at = now() WHERE id = NEW.id AND published_at IS NULL AND retired_at IS NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_release_given_up AFTER UPDATE OF status ON deployments
	FOR EACH ROW WHEN (OLD.completed_at IS NULL AND NEW.completed_at IS NOT NULL AND NEW.status <> 'success')
	EXECUTE FUNCTION release_given_up();

-- Those of before.
UPDATE releases r SET retired_at = now()
	WHERE r.published_at IS NULL AND r.retired_at IS NULL
		AND NOT EXISTS (SELECT FROM deployments d WHERE d.id = r.id AND d.completed_at IS NULL);
