-- Rules of sites: what a project wants of paths that are no file's.

ALTER TABLE projects ADD COLUMN spa text NOT NULL DEFAULT 'auto' CONSTRAINT projects_spa CHECK (spa IN ('auto', 'off', 'on'));
COMMENT ON COLUMN projects.spa IS 'Whether a path without a file is /index.html. auto: the output decides (svc/publish.h).';
