-- Log lines come by the hundred thousand. The foreign key looked their
-- deployment up for each of them, which was half of what a line costs. Only
-- job_log writes them, and it holds the deployment's row while it does; so what
-- is left to see to is that they go with it.

CREATE FUNCTION deployment_logs_go() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
	DELETE FROM deployment_logs WHERE deployment_id IN (SELECT id FROM gone);
	RETURN NULL;
END $$;
CREATE TRIGGER deployments_logs_go AFTER DELETE ON deployments REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION deployment_logs_go();
ALTER TABLE deployment_logs DROP CONSTRAINT deployment_logs_deployment_id_fkey;
