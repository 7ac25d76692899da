-- Audit rows as they are read. Every list wants the name with the id.

CREATE VIEW audit_rows AS
	SELECT a.id, a.at, a.event, a.user_id, u.name AS user_name, u.email AS user_email, a.target, a.outcome,
		host(a.ip) AS ip, a.user_agent, a.request_id, a.details
	FROM audit_logs a LEFT JOIN users u ON u.id = a.user_id;
COMMENT ON VIEW audit_rows IS 'Audit rows as they are read: with the name of who did it, while there is one.';
