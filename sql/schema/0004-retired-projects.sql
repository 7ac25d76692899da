-- What a deleted project leaves on disk, until a worker has removed it. Its
-- site's name is free again only then, so that nobody inherits the pages.

CREATE TABLE retired_projects (
	id uuid CONSTRAINT retired_projects_pkey PRIMARY KEY,
	site text NOT NULL CONSTRAINT retired_projects_site_key UNIQUE,
	retired_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE retired_projects IS 'Deleted projects whose site and build cache are still on disk. Filled by a trigger on projects.';

CREATE FUNCTION project_retire() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	INSERT INTO retired_projects (id, site) VALUES (OLD.id, OLD.site) ON CONFLICT DO NOTHING;
	PERFORM pg_notify('autostack', 'project:' || OLD.id);
	RETURN NULL;
END $$;
CREATE TRIGGER projects_retire AFTER DELETE ON projects
	FOR EACH ROW EXECUTE FUNCTION project_retire();
