#!/bin/sh
# Days that begin oddly: in some zones clocks change at midnight, so that it
# comes twice or not at all. The daily figures around each of those nights of
# three years against the calendar's day of every single deployment.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
pg_start
export abs_top_srcdir PG_DIR PG_DB
tap_ended=1 # perl prints the plan
perl -I"$abs_top_srcdir/t/lib" - <<'END'
use strict;
use warnings;
use POSIX qw(tzset strftime);
use Test::More;
use Time::Local 'timegm';
use Sql;

# A statement as the API has it, with values in place of parameters.
my $text = do { local (@ARGV, $/) = "$ENV{abs_top_srcdir}/sql/stmt/analytics.sql"; <> };
sub ask {
	my ($name, @values) = @_;
	my ($statement) = $text =~ /^-- name: \Q$name\E\n(?:--[^\n]*\n)*(.*?;)\n/ms or die $name;
	$statement =~ s/\$(\d)/$values[$1 - 1]/g;
	return sql($statement);
}
my ($from, $to) = (timegm(0, 0, 0, 1, 0, 2023), timegm(0, 0, 0, 1, 0, 2026));
# Somebody who deploys every twenty minutes, for nine days up to now.
sub busy {
	my ($now) = @_;
	my ($n) = sql('SELECT count(*) FROM users');
	my $user = sprintf '00000000-0000-4000-8000-%012d', $n;
	sql("SET session_replication_role = replica; -- nothing but these rows
		INSERT INTO users (id, name, email) VALUES ('$user', 'U', 'u$n\@example.com');
		INSERT INTO projects (id, user_id, name, site, repository) VALUES ('$user', '$user', 'p', 'p$n', 'r');
		INSERT INTO deployments (project_id, user_id, repository, branch, status, created_at, started_at, completed_at)
		SELECT '$user', '$user', 'r', 'b', 'success', t, t, t + interval '1 minute'
		FROM generate_series(to_timestamp($now) - interval '9 days', to_timestamp($now), interval '20 minutes') t");
	return $user;
}

sub day_of { return strftime('%Y-%m-%d', localtime $_[0]) }
my $nights = 0;
for my $zone (qw(America/Santiago Asia/Beirut Africa/Cairo America/Havana America/Asuncion Atlantic/Azores America/Scoresbysund Europe/Berlin)) {
	local $ENV{TZ} = $zone;
	tzset();
	my $offset = sub { return timegm(localtime $_[0]) - $_[0] };
	for (my $t = $from; $t < $to - 5 * 86400; $t += 3600) {
		next if $offset->($t) == $offset->($t + 3600);
		$nights++;
		for my $now ($t + 3605, $t + 3 * 86400 + 5) { # in that very day, and days after
			my %want;
			$want{day_of($now - 9 * 86400 + 1200 * $_)}++ for 0 .. 9 * 72;
			my @last = (sort keys %want)[-7 .. -1];
			my ($at, $user) = ("to_timestamp($now)", busy($now));
			is ask('analytics_frequency', "'$user'", 7, "'$zone'", $at) =~ s/^[^|]*\|//gmr,
				join("\n", map { "$_|$want{$_}" } @last), "$zone: the week to " . strftime('%Y-%m-%d %H:%M %Z', localtime $now);
			my $all = 0;
			$all += $want{$_} for @last;
			my ($total) = split /\|/, ask('analytics_metrics', "'$user'", 7, "'$zone'", $at);
			my ($success) = ask('analytics_status', "'$user'", 7, "'$zone'", $at) =~ /Success\|(\d+)/;
			my $hours = 0;
			$hours += $_ for ask('analytics_hourly', "'$user'", 7, "'$zone'", $at) =~ /\|(\d+)$/gm;
			my (undef, undef, undef, $today) = split /\|/, ask('dashboard_stats', "'$user'", "'$zone'", $at);
			is "$total $success $hours $today", "$all $all $all $want{$last[-1]}", 'and all that begins with a day begins with it';
		}
	}
}
tzset();
cmp_ok $nights, '>=', 30, "there were $nights nights";
done_testing();
END
exit $?
