# Figures.pm - from rows of deployments to what the dashboard and the analytics
# should say, by hand: no SQL, and no calendar but localtime's. Whole numbers
# only, so that no rounding is by chance.
#
#   Figures::dashboard($rows, $now, $zone)       the answer without recentDeployments
#   Figures::analytics($rows, $now, $days, $zone)  {metrics => the answer, ...}
#   Figures::platform($rows, $now)                 the status page's metrics
#
# $rows: [{project, status, trigger, upload, created, started, completed}], the
# times in milliseconds since 1970; $now in seconds.
package Figures;
use strict;
use warnings;
use POSIX qw(tzset mktime);

use constant DAY => 86400;
my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);

sub in_zone { my ($zone, $do) = @_; my $r; { local $ENV{TZ} = $zone; tzset(); $r = $do->() } tzset(); return $r }

# the first second of the local day that somewhere about its noon is in: midnight
# may come twice or not at all
sub begin_of {
	my ($noon) = @_;
	my $day = sub { my @d = localtime $_[0]; return sprintf '%04d%02d%02d', @d[5, 4, 3] };
	my $wanted = $day->($noon);
	my ($before, $within) = ($noon - DAY, $noon);
	while ($within - $before > 1) {
		my $middle = int(($before + $within) / 2);
		if ($day->($middle) lt $wanted) { $before = $middle } else { $within = $middle }
	}
	return $within;
}

# the local day that is $back days before now's
sub day {
	my ($now, $back) = @_;
	my @t = localtime $now;
	# mktime finds the day and its offset, whatever is added
	my $noon = mktime(0, 0, 12, $t[3] - $back, $t[4], $t[5], 0, 0, -1);
	my @d = localtime $noon;
	my ($begin, $end) = map { begin_of($noon + $_ * DAY) } 0, 1;
	return {date => "$months[$d[4]] $d[3]", day => sprintf('%04d-%02d-%02d', $d[5] + 1900, $d[4] + 1, $d[3]), begin => $begin, end => $end};
}

# $part / $whole, rounded half away from zero; undef without a whole
sub ratio {
	my ($part, $whole, $digits) = @_;
	return undef unless defined $part && $whole;
	my $f = 10**$digits;
	use integer;
	my $n = ($part < 0 ? -$part : $part) * $f;
	my $q = (2 * $n + $whole) / (2 * $whole);
	no integer;
	return ($part < 0 ? -$q : $q) / $f + 0;
}

# what is counted of rows
sub tally {
	my (%n, %projects);
	$n{$_} = 0 for qw(all good ended success failed cancelled superseded builds build_ms deploys deploy_ms);
	for my $d (@_) {
		$n{all}++;
		$n{$d->{status}}++;
		$projects{$d->{project}} = 1;
		$n{ended}++ if $d->{status} eq 'success' || $d->{status} eq 'failed';
		next if $d->{status} ne 'success';
		$n{good}++;
		next if $d->{trigger} eq 'rollback';
		my $ms = $d->{completed} - $d->{started};
		$n{deploys}++;
		$n{deploy_ms} += $ms;
		next if $d->{upload};
		$n{builds}++;
		$n{build_ms} += $ms;
		$n{fastest} = $ms if !defined $n{fastest} || $ms < $n{fastest};
		$n{slowest} = $ms if !defined $n{slowest} || $ms > $n{slowest};
	}
	$n{projects} = keys %projects;
	return \%n;
}
sub between { my ($rows, $a, $b) = @_; return grep { $_->{created} >= 1000 * $a && $_->{created} < 1000 * $b } @$rows }
sub percent_more { my ($n, $o) = @_; return ratio(100 * ($n - $o), $o, 1) }
sub points_more { my ($n, $o) = @_; return ratio(100 * ($n->{good} * $o->{ended} - $o->{good} * $n->{ended}), $n->{ended} * $o->{ended}, 1) }
sub duration {
	my ($s) = @_;
	return undef unless defined $s;
	return "${s}s" if $s < 60;
	return sprintf '%dm %ds', $s / 60, $s % 60 if $s < 3600;
	return sprintf '%dh %dm', $s / 3600, $s % 3600 / 60;
}
sub signed { my ($n) = @_; return $n > 0 ? "+$n" : "$n" }

sub metrics {
	my ($n, $o) = @_;
	return {
		totalDeployments => $n->{all}, deploymentsChange => percent_more($n->{all}, $o->{all}),
		successRate => ratio(100 * $n->{good}, $n->{ended}, 1),
		successChange => points_more($n, $o),
		avgBuildTime => duration(ratio($n->{build_ms}, 1000 * $n->{builds}, 0)),
		buildTimeChange => $n->{builds} && $o->{builds}
			? ratio(100 * ($n->{build_ms} * $o->{builds} - $o->{build_ms} * $n->{builds}), $o->{build_ms} * $n->{builds}, 1) : undef,
		activeProjects => $n->{projects}, projectsChange => percent_more($n->{projects}, $o->{projects})};
}

sub analytics {
	my ($rows, $now, $days, $zone) = @_;
	return in_zone($zone, sub {
		my @d = map { day($now, $days - 1 - $_) } 0 .. $days - 1;
		my $first = $d[0]{begin};
		my $before = day($now, 2 * $days - 1)->{begin};
		# to the end of time: there is nothing after now
		my @n = between($rows, $first, 9e9);
		my $n = tally(@n);
		my %r = (metrics => {metrics => metrics($n, tally(between($rows, $before, $before + $now - $first)))});
		my (@f, @b, @w, @in, @h);
		for my $d (@n) { # each day's, so that no row is looked at twice
			my ($low, $high) = (0, $#d);
			while ($low < $high) {
				my $middle = int(($low + $high + 1) / 2);
				if ($d[$middle]{begin} * 1000 <= $d->{created}) { $low = $middle } else { $high = $middle - 1 }
			}
			push @{$in[$low]}, $d;
			$h[(localtime int($d->{created} / 1000))[2]]++;
		}
		for my $i (0 .. $#d) {
			my $t = tally(@{$in[$i] // []});
			my %day = (date => $d[$i]{date}, day => $d[$i]{day});
			push @f, {%day, deployments => $t->{all}};
			push @b, {%day, avgDuration => ratio($t->{build_ms}, 1000 * $t->{builds}, 0),
				minDuration => ratio($t->{fastest}, 1000, 0), maxDuration => ratio($t->{slowest}, 1000, 0)};
		}
		for (my $i = 0; $i < $days; $i += 7) {
			my $last = $i + 6 < $days ? $i + 6 : $days - 1;
			my $t = tally(map { @{$_ // []} } @in[$i .. $last]);
			my $success = ratio(1000 * $t->{good}, $t->{ended}, 0);
			push @w, {date => 'Week ' . (@w + 1), day => $d[$i]{day}, success => defined $success ? $success / 10 : undef,
				failed => defined $success ? (1000 - $success) / 10 : undef};
		}
		$r{'deployment-frequency'} = {deploymentFrequency => \@f};
		$r{'build-durations'} = {buildDurations => \@b};
		$r{'success-rates'} = {successRates => \@w};
		$r{'deployment-status'} = {deploymentStatus => [{name => 'Success', value => $n->{success}}, {name => 'Failed', value => $n->{failed}},
			{name => 'Cancelled', value => $n->{cancelled} + $n->{superseded}}]};
		$r{'hourly-deployments'} = {hourlyDeployments => [map { {hour => sprintf('%02d:00', $_), deployments => $h[$_] // 0} } 0 .. 23]};
		return \%r;
	});
}

# created after $a days ago, up to $b days ago
sub ago { my ($rows, $now, $a, $b) = @_; return grep { $_->{created} > 1000 * ($now - $a * DAY) && $_->{created} <= 1000 * ($now - $b * DAY) } @$rows }

sub platform {
	my ($rows, $now) = @_;
	my ($n, $o) = (tally(ago($rows, $now, 30, -1)), tally(ago($rows, $now, 60, 30)));
	return {
		totalDeployments => scalar @$rows, deploymentChange => percent_more($n->{all}, $o->{all}),
		activeProjects => $n->{projects}, projectChange => percent_more($n->{projects}, $o->{projects}),
		avgDeployTime => duration(ratio($n->{deploy_ms}, 1000 * $n->{deploys}, 0)),
		timeChange => $n->{deploys} && $o->{deploys}
			? ratio(100 * ($n->{deploy_ms} * $o->{deploys} - $o->{deploy_ms} * $n->{deploys}), $o->{deploy_ms} * $n->{deploys}, 1) : undef,
		# cut, not rounded
		successRate => $n->{ended} ? int(1000 * $n->{good} / $n->{ended}) / 10 . '%' : undef,
		successChange => points_more($n, $o)};
}

sub dashboard {
	my ($rows, $now, $zone) = @_;
	my $ago = sub { return ago($rows, $now, @_) };
	my $today = in_zone($zone // 'UTC', sub { day($now, 0)->{begin} });
	my ($n, $o) = (tally($ago->(30, -1)), tally($ago->(60, 30)));
	my ($rate, $rate_before) = map { ratio(100 * $_->{good}, $_->{ended}, 0) } $n, $o;
	my ($t, $before) = map { ratio($_->{deploy_ms}, 1000 * $_->{deploys}, 0) } $n, $o;
	return {stats => {
		totalDeployments => scalar @$rows, weeklyChange => signed(scalar(() = $ago->(7, -1)) - scalar(() = $ago->(14, 7))),
		activeProjects => $n->{projects}, todayDeployments => scalar(grep { $_->{created} >= 1000 * $today } @$rows),
		successRate => $rate, monthlySuccessChange => defined $rate && defined $rate_before ? $rate - $rate_before : undef,
		avgDeployTime => !defined $t ? undef : $t < 60 ? "${t}s" : $t < 3600 ? sprintf('%.1fm', ratio($t, 60, 1)) : sprintf('%.1fh', ratio($t, 3600, 1)),
		timeImprovement => defined $t && defined $before ? signed($t - $before) . 's' : undef}};
}

1;
