#!/bin/sh
# The dashboard's and the analytics' figures against a calculation of their own
# over the same rows: at the ends of days, weeks and months, on leap days and
# where clocks are changed.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"

cat >"$TMP/figures.pm" <<'END'
# From rows of deployments to what the API should say, by hand: no SQL, and no
# calendar but localtime's.
package figures;
use strict;
use warnings;
use POSIX qw(floor tzset strftime mktime);

my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);

sub in_zone { my ($zone, $do) = @_; my $r; { local $ENV{TZ} = $zone; tzset(); $r = $do->() } tzset(); return $r }

# the local day that is $back days before now's, as [year, month, day, begin, end]
sub day {
	my ($now, $back) = @_;
	my @t = localtime $now;
	# mktime finds the day and its offset, whatever is added
	my $begin = mktime(0, 0, 0, $t[3] - $back, $t[4], $t[5], 0, 0, -1);
	my $end = mktime(0, 0, 0, $t[3] - $back + 1, $t[4], $t[5], 0, 0, -1);
	my @d = localtime $begin;
	return {date => "$months[$d[4]] $d[3]", day => sprintf('%04d-%02d-%02d', $d[5] + 1900, $d[4] + 1, $d[3]), begin => $begin, end => $end};
}
sub within { my ($rows, $a, $b) = @_; return grep { $_->{created} >= $a && $_->{created} < $b } @$rows }
# half away from zero, as PostgreSQL rounds numeric
sub rounded { my ($x, $digits) = @_; return undef unless defined $x; my $f = 10**$digits; my $s = $x < 0 ? -1 : 1; return $s * floor(abs($x) * $f + 0.5 + 1e-9) / $f }
sub count { my ($status, @rows) = @_; return scalar grep { $_->{status} eq $status } @rows }
sub rate { my $n = count('success', @_) + count('failed', @_); return $n ? 100 * count('success', @_) / $n : undef }
sub built { return map { $_->{completed} - $_->{started} } grep { $_->{status} eq 'success' && $_->{trigger} ne 'rollback' } @_ }
sub mean { return undef unless @_; my $s = 0; $s += $_ for @_; return $s / @_ }
sub projects { my %p; $p{$_->{project}}++ for @_; return scalar keys %p }
sub percent { my ($n, $o) = @_; return defined $n && $o ? 100 * ($n - $o) / $o : undef }
sub minus { my ($n, $o) = @_; return defined $n && defined $o ? $n - $o : undef }
sub duration {
	my $s = shift;
	return undef unless defined $s;
	return "${s}s" if $s < 60;
	return sprintf '%dm %ds', $s / 60, $s % 60 if $s < 3600;
	return sprintf '%dh %dm', $s / 3600, $s % 3600 / 60;
}

sub analytics {
	my ($rows, $now, $days, $zone) = @_;
	return in_zone($zone, sub {
		my @d = map { day($now, $days - 1 - $_) } 0 .. $days - 1;
		my $first = $d[0]{begin};
		my $before = day($now, 2 * $days - 1)->{begin};
		my @n = within($rows, $first, 9e9);
		my @o = within($rows, $before, $first);
		my %r;
		$r{metrics} = {metrics => {
			totalDeployments => scalar @n, deploymentsChange => rounded(percent(scalar @n, scalar @o), 1),
			successRate => rounded(rate(@n), 1), successChange => rounded(minus(rate(@n), rate(@o)), 1),
			avgBuildTime => duration(rounded(mean(built(@n)), 0)), buildTimeChange => rounded(percent(mean(built(@n)), mean(built(@o))), 1),
			activeProjects => projects(@n), projectsChange => rounded(percent(projects(@n), projects(@o)), 1)}};
		my (@f, @b, @w, @h);
		for my $d (@d) {
			my @in = within($rows, $d->{begin}, $d->{end});
			my @s = sort { $a <=> $b } built(@in);
			push @f, {date => $d->{date}, day => $d->{day}, deployments => scalar @in};
			push @b, {date => $d->{date}, day => $d->{day}, avgDuration => rounded(mean(@s), 0),
				minDuration => rounded($s[0], 0), maxDuration => rounded($s[-1], 0)};
		}
		for (my $i = 0; $i < $days; $i += 7) {
			my $last = $i + 6 < $days ? $i + 6 : $days - 1;
			my @in = grep { $_->{status} =~ /^(success|failed)$/ } within($rows, $d[$i]{begin}, $d[$last]{end});
			push @w, {date => 'Week ' . (@w + 1), day => $d[$i]{day}, success => rounded(rate(@in), 1),
				failed => rounded(@in ? 100 - rate(@in) : undef, 1)};
		}
		$h[(localtime $_->{created})[2]]++ for @n;
		$r{'deployment-frequency'} = {deploymentFrequency => \@f};
		$r{'build-durations'} = {buildDurations => \@b};
		$r{'success-rates'} = {successRates => \@w};
		$r{'deployment-status'} = {deploymentStatus => [{name => 'Success', value => count('success', @n)}, {name => 'Failed', value => count('failed', @n)},
			{name => 'Cancelled', value => count('cancelled', @n) + count('superseded', @n)}]};
		$r{'hourly-deployments'} = {hourlyDeployments => [map { {hour => sprintf('%02d:00', $_), deployments => $h[$_] // 0} } 0 .. 23]};
		return \%r;
	});
}

sub dashboard {
	my ($rows, $now) = @_;
	my $day = 86400;
	my @n = grep { $_->{created} > $now - 30 * $day } @$rows;
	my @o = grep { $_->{created} > $now - 60 * $day && $_->{created} <= $now - 30 * $day } @$rows;
	my $weekly = grep { $_->{created} > $now - 7 * $day } @$rows;
	$weekly -= grep { $_->{created} > $now - 14 * $day && $_->{created} <= $now - 7 * $day } @$rows;
	my ($t, $before) = map { rounded(mean(built(@$_)), 0) } \@n, \@o;
	my $change = minus($t, $before);
	return {stats => {
		totalDeployments => scalar @$rows, weeklyChange => $weekly > 0 ? "+$weekly" : "$weekly", activeProjects => projects(@n),
		todayDeployments => scalar(grep { $_->{created} >= $now - $now % $day } @$rows),
		successRate => rounded(rate(@n), 0), monthlySuccessChange => minus(rounded(rate(@n), 0), rounded(rate(@o), 0)),
		avgDeployTime => !defined $t ? undef : $t < 60 ? "${t}s" : $t < 3600 ? sprintf('%.1fm', rounded($t / 60, 1)) : sprintf('%.1fh', rounded($t / 3600, 1)),
		timeImprovement => !defined $change ? undef : $change > 0 ? "+${change}s" : "${change}s"}};
}
1;
END

cat >"$TMP/check.pl" <<'END'
use strict;
use warnings;
our $api;
require $ENV{FIGURES};
my $now = $ENV{AS_NOW};
my $moment = $ENV{MOMENT};
(my $tag = $moment) =~ s/\D//g;
my ($ada, $bob) = map { $api->signup("$_$tag") } qw(ada bob);
my @zones = qw(UTC Europe/Berlin America/New_York Pacific/Auckland Asia/Kolkata America/St_Johns Pacific/Apia);

# ---- nothing yet ----
my $r = $api->ask(GET => '/api/dashboard/stats', token => $ada->{accessToken});
is_deeply $r->{json}, figures::dashboard([], $now), "$moment: a dashboard of nothing";
$r = $api->ask(GET => '/api/analytics/metrics', token => $ada->{accessToken});
is_deeply $r->{json}, figures::analytics([], $now, 42, 'UTC')->{metrics}, "$moment: analytics of nothing are 0 and null";

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
		push @values, sprintf "(%d, '%s', '%s', to_timestamp(%d), %s, %s)", 1 + int rand(rand() < 0.5 ? 9 : 3), $status,
			rand() < 0.1 ? 'rollback' : 'manual', $created, $ended ? "to_timestamp($started)" : 'NULL', $ended ? "to_timestamp($done)" : 'NULL';
	}
	sql("INSERT INTO deployments (project_id, user_id, repository, branch, status, trigger, created_at, started_at, completed_at)
		SELECT p.id, p.user_id, p.repository, 'main', v.status, v.trigger, v.created_at, v.started_at, v.completed_at
		FROM (VALUES " . join(', ', @values) . ") v (i, status, trigger, created_at, started_at, completed_at)
		JOIN projects p ON p.name = '$name' || v.i RETURNING 1");
}
my %rows;
for my $line (split /\n/, sql("SELECT u.name, d.project_id, d.status, d.trigger, extract(epoch FROM d.created_at)::bigint, extract(epoch FROM d.started_at)::bigint,
	extract(epoch FROM d.completed_at)::bigint FROM deployments d JOIN users u ON u.id = d.user_id WHERE u.name LIKE '%$tag'")) {
	my ($name, $project, $status, $trigger, $created, $started, $completed) = split /\|/, $line;
	push @{$rows{$name}}, {project => $project, status => $status, trigger => $trigger, created => $created, started => $started, completed => $completed};
}
cmp_ok scalar @{$rows{"ada$tag"}}, '>', 1000, "$moment: there is a history";

# ---- all of it, twice ----
for my $who (["ada$tag", $ada], ["bob$tag", $bob]) {
	my ($name, $account) = @$who;
	$r = $api->ask(GET => '/api/dashboard/stats', token => $account->{accessToken});
	is_deeply $r->{json}, figures::dashboard($rows{$name}, $now), "$moment: the dashboard of $name" or diag explain $r->{json};
	my %days = ('7d' => 7, '30d' => 30, '6w' => 42, '90d' => 90);
	for my $range (sort keys %days) {
		for my $zone ($name =~ /^ada/ && $range eq '30d' ? @zones : 'UTC') {
			my $want = figures::analytics($rows{$name}, $now, $days{$range}, $zone);
			for my $route (sort keys %$want) {
				$r = $api->ask(GET => "/api/analytics/$route?range=$range&timezone=$zone", token => $account->{accessToken});
				is_deeply $r->{json}, $want->{$route}, "$moment: $route, $range in $zone, of $name" or diag explain $r->{json};
			}
		}
	}
}
my $same = figures::analytics($rows{"ada$tag"}, $now, 42, 'UTC');
$r = $api->ask(GET => '/api/analytics/success-rates', token => $ada->{accessToken});
is_deeply $r->{json}, $same->{'success-rates'}, "$moment: six weeks of UTC are the default";
for my $bad ('range=8d', 'timezone=Mars/Olympus', 'timezone=../UTC', "timezone=U%27TC", 'timezone=', 'from=1') {
	is $api->ask(GET => "/api/analytics/metrics?$bad", token => $ada->{accessToken})->{status}, 422, "$moment: refused: $bad";
}
done_testing();
END

# The API's clock stands at the moment, PostgreSQL's goes on: sessions are its
# affair alone.
FIGURES=$TMP/figures.pm
export FIGURES
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
