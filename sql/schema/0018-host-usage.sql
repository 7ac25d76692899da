-- What the hosts that build are doing, for /analytics/resource-usage.

CREATE TABLE host_usage (
	host text CONSTRAINT host_usage_pkey PRIMARY KEY,
	cpu integer CONSTRAINT host_usage_cpu CHECK (cpu BETWEEN 0 AND 100),
	memory integer CONSTRAINT host_usage_memory CHECK (memory BETWEEN 0 AND 100),
	storage integer CONSTRAINT host_usage_storage CHECK (storage BETWEEN 0 AND 100),
	network integer CONSTRAINT host_usage_network CHECK (network BETWEEN 0 AND 100),
	measured_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE host_usage IS 'How busy each worker''s host was when it was looked at last, in percent; null: not known. A row a host, so that nothing grows.';
COMMENT ON COLUMN host_usage.host IS 'worker_name.';
COMMENT ON COLUMN host_usage.cpu IS 'Of all processors, since the look before.';
COMMENT ON COLUMN host_usage.storage IS 'Of the file system with state_dir.';
COMMENT ON COLUMN host_usage.network IS 'Busier direction of the busiest link, since the look before.';
