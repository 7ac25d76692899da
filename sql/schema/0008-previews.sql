-- Previews: deployments of pull requests, each under an address of its own.

ALTER TABLE projects ADD COLUMN preview_env_sealed text;
COMMENT ON COLUMN projects.preview_env_sealed IS 'KEY=VALUE lines that previews get, and nothing else, sealed under "project:<id>:preview_env".';
