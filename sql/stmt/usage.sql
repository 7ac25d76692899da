-- how busy the hosts are

-- Those that have not been heard of for a day go.
-- name: host_usage_set
-- doc: How busy a worker's host is now, in percent; what is not known is null.
-- in: host text, cpu integer, memory integer, storage integer, network integer
-- out: none
-- by: worker
WITH gone AS (
	DELETE FROM host_usage WHERE host <> $1 AND measured_at < now() - interval '1 day')
INSERT INTO host_usage (host, cpu, memory, storage, network) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT host_usage_pkey DO UPDATE SET cpu = EXCLUDED.cpu, memory = EXCLUDED.memory, storage = EXCLUDED.storage,
	network = EXCLUDED.network, measured_at = EXCLUDED.measured_at;

-- name: host_usage_now
-- doc: How busy the hosts are, on average of those heard of within a minute; null: nobody knows.
-- in:
-- out: many
-- cols: name text, value integer
-- by: api
SELECT v.name, round(v.value)::integer AS value
FROM (SELECT avg(cpu) AS cpu, avg(memory) AS memory, avg(storage) AS storage, avg(network) AS network
	FROM host_usage WHERE measured_at > now() - interval '1 minute') u,
	LATERAL (VALUES (1, 'CPU', cpu), (2, 'Memory', memory), (3, 'Storage', storage), (4, 'Network', network)) v (position, name, value)
ORDER BY v.position;
