-- Whether a browser keeps a session after it was closed. It is a column, since
-- each refresh writes the cookie anew.

ALTER TABLE sessions ADD COLUMN remember boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN sessions.remember IS 'Whether the browser''s cookie outlives its window. The session itself ends as any other.';
