-- When a day begins in a zone. Where clocks change about midnight, that comes
-- twice (the first one counts) or not at all; or the last second before it does
-- not. PostgreSQL gives the later one of two, and for a time that was left out
-- one that is late by as much: so the earlier of both answers is right.
CREATE FUNCTION day_begins(day timestamp, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT least(day AT TIME ZONE zone, (day - interval '1 second') AT TIME ZONE zone + interval '1 second');
$$;
