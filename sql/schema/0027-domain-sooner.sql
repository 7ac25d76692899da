-- Whoever has a domain checked again within ten seconds of the last check moves
-- the next one to when those are over: the worker is to wait for that, not for
-- what it knew before. A domain that had failed had no next check.

CREATE OR REPLACE TRIGGER domains_notify_change AFTER UPDATE ON domains FOR EACH ROW
	WHEN (NEW.certificate_set_at IS DISTINCT FROM OLD.certificate_set_at
		OR NEW.next_check_at <= now() OR NEW.next_check_at < coalesce(OLD.next_check_at, 'infinity')
		OR NEW.certificate_next_try_at <= now())
	EXECUTE FUNCTION domain_notify();
