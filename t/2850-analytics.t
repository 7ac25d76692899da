#!/bin/sh
# The dashboard's and the analytics' figures against a calculation of their own
# over the same rows: at the ends of days, weeks and months, on leap days and
# where clocks are changed.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
developer_only # AS_NOW

cat >"$TMP/check.pl" <<'END'
use strict;
use warnings;
our $api;
use Figures;
my $now = $ENV{AS_NOW};
my $moment = $ENV{MOMENT};
(my $tag = $moment) =~ s/\D//g;
my ($ada, $bob) = map { $api->signup("$_$tag") } qw(ada bob);
my @zones = qw(UTC Europe/Berlin America/New_York Pacific/Auckland Asia/Kolkata America/St_Johns Pacific/Apia);

# ---- nothing yet ----
my $r = $api->ask(GET => '/api/dashboard/stats', token => $ada->{accessToken});
is_deeply $r->{json}, {%{Figures::dashboard([], $now)}, recentDeployments => []}, "$moment: a dashboard of nothing";
$r = $api->ask(GET => '/api/analytics/metrics', token => $ada->{accessToken});
is_deeply $r->{json}, Figures::analytics([], $now, 42, 'UTC')->{metrics}, "$moment: analytics of nothing are 0 and null";

# ---- a history: everything near a border of some zone, and noise ----
srand 20240229;
my @times;
for my $border (map { $now - $now % 3600 - $_ * 3600 } 0 .. 24 * 200) {
	push @times, $border + (-1, 0, 1)[int rand 3] if rand() < 0.25;
}
push @times, $now - $_ for 0, 1, map { ($_ * 86400, $_ * 86400 - 1, $_ * 86400 + 1) } 7, 14, 30, 60;
push @times, $now - int rand 200 * 86400 for 1 .. 300;
for my $who (["ada$tag", scalar @times], ["bob$tag", 200]) {
	my ($name, $n) = @$who;
	sql("INSERT INTO projects (user_id, name, site, repository) SELECT id, '$name' || i, '$name' || i, 'https://git.example/p'
		FROM users, generate_series(1, 9) i WHERE name = '$name' RETURNING 1");
	my @values;
	for my $created (@times[0 .. $n - 1]) {
		next if $created > $now;
		my $status = (qw(success success success success failed failed cancelled superseded queued))[int rand 9];
		my $ended = $status ne 'queued';
		my $started = $created + int rand 30;
		my $done = $started + (rand() < 0.02 ? 3600 + int rand 9000 : int rand 300);
		push @values, sprintf "(%d, '%s', '%s', %s, to_timestamp(%d), %s, %s)", 1 + int rand(rand() < 0.5 ? 9 : 3), $status,
			rand() < 0.1 ? 'rollback' : 'manual', rand() < 0.1 ? '1' : 'NULL::bigint', $created,
			$ended ? "to_timestamp($started)" : 'NULL', $ended ? "to_timestamp($done)" : 'NULL';
	}
	sql("INSERT INTO deployments (project_id, user_id, repository, branch, status, trigger, upload_bytes, created_at, started_at, completed_at)
		SELECT p.id, p.user_id, p.repository, 'main', v.status, v.trigger, v.upload_bytes, v.created_at, v.started_at, v.completed_at
		FROM (VALUES " . join(', ', @values) . ") v (i, status, trigger, upload_bytes, created_at, started_at, completed_at)
		JOIN projects p ON p.name = '$name' || v.i RETURNING 1");
}
my %rows;
for my $line (split /\n/, sql("SELECT u.name, d.project_id, d.status, d.trigger, d.upload_bytes, extract(epoch FROM d.created_at)::bigint * 1000,
	extract(epoch FROM d.started_at)::bigint * 1000, extract(epoch FROM d.completed_at)::bigint * 1000 FROM deployments d JOIN users u ON u.id = d.user_id WHERE u.name LIKE '%$tag'")) {
	my ($name, $project, $status, $trigger, $upload, $created, $started, $completed) = split /\|/, $line;
	push @{$rows{$name}}, {project => $project, status => $status, trigger => $trigger, upload => $upload, created => $created, started => $started, completed => $completed};
}
cmp_ok scalar @{$rows{"ada$tag"}}, '>', 1000, "$moment: there is a history";

# ---- all of it, twice ----
for my $who (["ada$tag", $ada], ["bob$tag", $bob]) {
	my ($name, $account) = @$who;
	for my $zone (@zones) {
		$r = $api->ask(GET => "/api/dashboard/stats?timezone=$zone", token => $account->{accessToken});
		my $recent = $api->ask(GET => '/api/deployments/recent', token => $account->{accessToken});
		is_deeply $r->{json}, {%{Figures::dashboard($rows{$name}, $now, $zone)}, %{$recent->{json}}}, "$moment: the dashboard of $name in $zone"
			or diag explain $r->{json};
	}
	my %days = ('7d' => 7, '30d' => 30, '6w' => 42, '90d' => 90);
	for my $range (sort keys %days) {
		for my $zone ($name =~ /^ada/ && $range eq '30d' ? @zones : 'UTC') {
			my $want = Figures::analytics($rows{$name}, $now, $days{$range}, $zone);
			for my $route (sort keys %$want) {
				$r = $api->ask(GET => "/api/analytics/$route?range=$range&timezone=$zone", token => $account->{accessToken});
				is_deeply $r->{json}, $want->{$route}, "$moment: $route, $range in $zone, of $name" or diag explain $r->{json};
			}
		}
	}
}
my $same = Figures::analytics($rows{"ada$tag"}, $now, 42, 'UTC');
$r = $api->ask(GET => '/api/analytics/success-rates', token => $ada->{accessToken});
is_deeply $r->{json}, $same->{'success-rates'}, "$moment: six weeks of UTC are the default";
for my $bad ('range=8d', 'timezone=Mars/Olympus', 'timezone=../UTC', "timezone=U%27TC", 'timezone=', 'from=1') {
	is $api->ask(GET => "/api/analytics/metrics?$bad", token => $ada->{accessToken})->{status}, 422, "$moment: refused: $bad";
}
done_testing();
END

# The API's clock stands at the moment, PostgreSQL's goes on: sessions are its
# affair alone.
for MOMENT in '2024-03-01 00:30:00' '2024-03-31 01:30:00' '2024-10-27 00:59:59' '2025-01-01 00:00:00' '2024-02-29 23:59:59'; do
	AS_NOW=$(date -u -d "$MOMENT" +%s)
	export AS_NOW MOMENT
	api_start api_processes=2
	# a test of its own, in a process of its own
	(api_perl <"$TMP/check.pl") >"$TMP/out" 2>&1
	is "$?" 0 "$MOMENT: $(grep -c '^ok' "$TMP/out") figures and charts agree" || diag "$(grep -v '^ok' "$TMP/out" | head -n 40)"
	api_stop
done
done_testing
