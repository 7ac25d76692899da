-- What makes a deployment a single-page application belongs to its snapshot.

ALTER TABLE deployments ADD COLUMN spa text CONSTRAINT deployments_spa CHECK (spa IN ('auto', 'off', 'on'));
COMMENT ON COLUMN deployments.spa IS 'As projects.spa was. Null: it was not kept yet; the project''s is taken.';
