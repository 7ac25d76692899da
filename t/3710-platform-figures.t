#!/bin/sh
# The status page's figures of the whole platform, as the prober writes them,
# against a calculation over the rows that knows no SQL; and on how many days an
# incident is counted.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"

# The prober finds nothing of what it looks at, which is none of its figures.
# the days are UTC's; none may begin in between
while [ "$(date -u +%H%M)" = 2359 ]; do sleep 1; done
api_start status_probes=yes app_url=https://localhost:1 site_url=https://%s.localhost:1
ago() { date -u -d "$1 ago" +"%FT%TZ"; }
"$abs_top_srcdir/t/helper/history" --users 40 --deployments 4000 --from "$(ago "75 days")" --to "$(ago "1 hour")" >"$TMP/history.sql" ||
	bail "no history"
pg_psql postgres "$PG_DB" -q -f "$TMP/history.sql" || bail "the history is not loaded"
# Nothing that the worker would begin, nor anything that crosses the border of
# a window while we look.
sql "UPDATE deployments SET status = 'cancelled', completed_at = created_at WHERE status = 'queued';
	DELETE FROM deployments WHERE abs(extract(epoch FROM now() - created_at) - 30 * 86400) < 900
		OR abs(extract(epoch FROM now() - created_at) - 60 * 86400) < 900"
sql "SELECT project_id, status, trigger, upload_bytes IS NOT NULL, 1000 * extract(epoch FROM created_at),
	1000 * extract(epoch FROM started_at), 1000 * extract(epoch FROM completed_at) FROM deployments" >"$TMP/rows"
sql "INSERT INTO incidents (title, status, severity, affected_services, started_at, resolved_at, published_at)
	SELECT title, 'resolved', 'minor', ARRAY['CDN'], now() - make_interval(days => b), now() - make_interval(days => e), now()
	FROM (VALUES ('long', 40, 10), ('two days', 12, 11), ('beyond the page', 95, 88)) AS i (title, b, e);
	INSERT INTO incidents (title, status, severity, affected_services, started_at, published_at) VALUES
		('goes on', 'investigating', 'minor', ARRAY['CDN'], now() - interval '2 days', now()),
		('a draft', 'investigating', 'minor', ARRAY['CDN'], now() - interval '2 days', NULL)"
worker_start
part() { sed -n "s/^$1 //p" "$AS_RUN/status"; } # NAME
counted() { [ "$(part metrics | gojq .totalDeployments)" = "$(wc -l <"$TMP/rows")" ]; }
try "the prober has looked" wait_for 30 counted
part metrics >"$TMP/metrics"
export TMP
perl -I"$abs_top_srcdir/t/lib" -MFigures -MCpanel::JSON::XS -e '
	my @rows;
	open my $f, "<", "$ENV{TMP}/rows" or die $!;
	while (<$f>) {
		chomp;
		my %d;
		@d{qw(project status trigger upload created started completed)} = split /\|/;
		$d{upload} = $d{upload} eq "t";
		push @rows, \%d;
	}
	print Cpanel::JSON::XS->new->canonical->encode(Figures::platform(\@rows, time)), "\n"' >"$TMP/want" || bail "no calculation"
is "$(jq -cS 'map_values(tostring)' "$TMP/metrics")" "$(jq -cS 'map_values(tostring)' "$TMP/want")" "every figure is as it should be"
isnt "$(gojq -r '[.[] | select(. == null)] | length' "$TMP/want")" 8 "and there are some"
# the last 90 days, today the last: 0 is 89 days ago
is "$(part history | gojq -r '[.[].incidents] | to_entries | map(select(.value > 0) | "[\(89 - .key),\(.value)]") | join(" ")')" \
	"$({
		echo '[89,1] [88,1]'
		for day in $(seq 40 -1 13); do echo "[$day,1]"; done
		echo '[12,2] [11,2] [10,1] [2,1] [1,1] [0,1]'
	} | xargs)" "an incident counts on each of its days, a draft on none"
done_testing
