-- The status page: for how long each service was how, and incidents. The
-- names of services are those of src/svc/service.def; a test compares.

CREATE TABLE service_days (
	service text NOT NULL CONSTRAINT service_days_service
		CHECK (service IN ('API Gateway', 'Database', 'CDN', 'Build Service')),
	day date NOT NULL,
	up_ms bigint NOT NULL DEFAULT 0,
	degraded_ms bigint NOT NULL DEFAULT 0,
	down_ms bigint NOT NULL DEFAULT 0,
	CONSTRAINT service_days_pkey PRIMARY KEY (service, day),
	CONSTRAINT service_days_sums CHECK (least(up_ms, degraded_ms, down_ms) >= 0)
);
COMMENT ON TABLE service_days IS 'Milliseconds of each day (UTC) that a service was up, degraded or down. What is missing of a day is unknown: nobody looked.';
CREATE INDEX service_days_day_idx ON service_days (day);

CREATE TABLE incidents (
	id uuid CONSTRAINT incidents_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
	title text NOT NULL CONSTRAINT incidents_title_length CHECK (length(title) BETWEEN 1 AND 255),
	description text CONSTRAINT incidents_description_length CHECK (length(description) <= 4000),
	status text NOT NULL DEFAULT 'investigating' CONSTRAINT incidents_status
		CHECK (status IN ('investigating', 'identified', 'monitoring', 'resolved')),
	severity text NOT NULL DEFAULT 'minor' CONSTRAINT incidents_severity
		CHECK (severity IN ('minor', 'major', 'critical')),
	affected_services text[] NOT NULL DEFAULT '{}' CONSTRAINT incidents_affected_services
		CHECK (affected_services <@ ARRAY['API Gateway', 'Database', 'CDN', 'Build Service']),
	service text CONSTRAINT incidents_service
		CHECK (service IN ('API Gateway', 'Database', 'CDN', 'Build Service')),
	started_at timestamptz NOT NULL DEFAULT now(),
	resolved_at timestamptz,
	published_at timestamptz,
	recovered_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT incidents_resolved CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
	CONSTRAINT incidents_order CHECK (resolved_at >= started_at)
);
COMMENT ON TABLE incidents IS 'What the status page tells of outages. Drafts are for administrators.';
COMMENT ON COLUMN incidents.service IS 'The prober has drafted it, since this service was down. Null: an administrator has made it.';
COMMENT ON COLUMN incidents.published_at IS 'Null: a draft, which nobody but administrators sees.';
COMMENT ON COLUMN incidents.recovered_at IS 'When the prober found the service of its draft working again.';
-- One open draft a service, however often it goes down.
CREATE UNIQUE INDEX incidents_draft_key ON incidents (service) WHERE published_at IS NULL AND service IS NOT NULL;
CREATE INDEX incidents_started_at_idx ON incidents (started_at DESC, id DESC);

CREATE TABLE incident_updates (
	id bigint CONSTRAINT incident_updates_pkey PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	incident_id uuid NOT NULL CONSTRAINT incident_updates_incident_id_fkey REFERENCES incidents ON DELETE CASCADE,
	status text NOT NULL CONSTRAINT incident_updates_status
		CHECK (status IN ('investigating', 'identified', 'monitoring', 'resolved')),
	message text NOT NULL CONSTRAINT incident_updates_message_length CHECK (length(message) BETWEEN 1 AND 4000),
	created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE incident_updates IS 'What was told of an incident, and when.';
CREATE INDEX incident_updates_incident_id_idx ON incident_updates (incident_id, id);
