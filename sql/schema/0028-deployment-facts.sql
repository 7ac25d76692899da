-- What several statements ask of a deployment.

CREATE VIEW deployment_facts AS
	SELECT d.id,
		d.target = 'production' OR v.id IS NOT NULL AS target_open,
		EXISTS (SELECT FROM projects p WHERE p.live_deployment_id = d.id)
			OR v.id IS NOT NULL AND d.status = 'success' AND NOT EXISTS (
				SELECT FROM deployments n
				WHERE n.project_id = d.project_id AND n.target = d.target AND n.status = 'success'
					AND (n.completed_at, n.id) > (d.completed_at, d.id)) AS live
	FROM deployments d
	LEFT JOIN previews v ON v.project_id = d.project_id AND v.target = d.target AND v.closed_at IS NULL;
COMMENT ON VIEW deployment_facts IS 'What becomes of a deployment by other rows; one that may change is to be locked before this is asked.';
COMMENT ON COLUMN deployment_facts.target_open IS 'What it makes is still there: production, or an open pull request''s preview.';
COMMENT ON COLUMN deployment_facts.live IS 'Its target shows it.';
