#!/bin/sh
# A year of many users' deployments (t/helper/history): every figure and chart
# of each user against a calculation over the rows as they were made up, which
# knows no SQL. Ranges and zones go round. t/9160 does it in full size.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"

HISTORY_USERS=${HISTORY_USERS:-24}
"$abs_top_srcdir/t/helper/history" --users "$HISTORY_USERS" \
	--deployments "${HISTORY_DEPLOYMENTS:-5000}" >"$TMP/history.sql" || bail "no history"
# The clock of the API stands where the history ends.
AS_NOW=$(date -u -d 2024-04-01T01:30:00Z +%s)
export AS_NOW TMP HISTORY_USERS
api_start api_processes=2
pg_psql postgres "$PG_DB" -q -f "$TMP/history.sql" || bail "the history is not loaded"
api_perl <<'END'
use strict;
use warnings;
use Figures;
use Time::Local 'timegm';
our $api;

sub history { return scalar `'$ENV{abs_top_srcdir}/t/helper/history' --users 5 --deployments 500 @_` }
ok history() eq history('--seed 20240229') && history() =~ /COPY deployments/, 'the same arguments make the same history';
isnt history('--seed 1'), history(), 'another seed makes another';

# the rest compares with the clock of AS_NOW
if (!$ENV{AS_DEVELOPER}) {
	SKIP: { developer_only(1) }
	done_testing();
	exit;
}

my %begin; # of the days
sub ms {
	my ($y, $mo, $d, $h, $m, $s, $ms) = $_[0] =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)\.(\d+)\+00$/ or return undef;
	return 1000 * (($begin{"$y-$mo-$d"} //= timegm(0, 0, 0, $d, $mo - 1, $y)) + 3600 * $h + 60 * $m + $s) + $ms;
}
# is_deeply says what differs, but takes long to find that nothing does
sub flat {
	my ($v) = @_;
	return ref $v eq 'HASH' ? '{' . join(',', map { "$_=" . flat($v->{$_}) } sort keys %$v) . '}'
		: ref $v eq 'ARRAY' ? '[' . join(',', map { flat($_) } @$v) . ']' : defined $v ? "'$v'" : 'undef';
}
sub same { my ($got, $want, $what) = @_; return flat($got) eq flat($want) ? pass $what : is_deeply $got, $want, $what }
my (%rows, $in);
open my $f, '<', "$ENV{TMP}/history.sql" or die $!;
while (<$f>) {
	chomp;
	if (/^COPY deployments /) { $in = 1; next }
	if ($_ eq '\.') { $in = 0; next }
	next unless $in;
	my (undef, $project, $user, $status, $trigger, undef, undef, undef, undef, undef, $upload, undef, @at) = split /\t/;
	my ($created, $started, $completed) = map { ms($_) } @at;
	push @{$rows{hex substr $user, 0, 8}}, {project => $project, status => $status, trigger => $trigger,
		upload => $upload ne '\N', created => $created, started => $started, completed => $completed};
}

my $now = $ENV{AS_NOW};
my @ranges = ([90, '90d'], [42, '6w'], [7, '7d'], [30, '30d']);
my @zones = qw(UTC America/New_York Europe/Berlin Asia/Kathmandu Pacific/Auckland America/St_Johns Africa/Cairo Pacific/Apia Australia/Lord_Howe);
my %total = (users => 0, deployments => 0, answers => 0);
for my $user (0 .. $ENV{HISTORY_USERS} - 1) {
	my $own = $rows{$user} // [];
	my ($days, $range) = @{$ranges[$user % @ranges]};
	my $zone = $zones[$user % @zones];
	my %want = %{Figures::analytics($own, $now, $days, $zone)};
	my @routes = sort keys %want;
	my %key = (params => {HTTP_X_API_KEY => sprintf 'ask_%043d', $user});
	my ($stats, $recent, @got) = $api->ask_all([GET => "/api/dashboard/stats?timezone=$zone", %key], [GET => '/api/deployments/recent', %key],
		map { [GET => "/api/analytics/$_?range=$range&timezone=$zone", %key] } @routes);
	my @newest = (reverse sort { $a <=> $b } map { $_->{created} } @$own)[0 .. ($#$own < 4 ? $#$own : 4)];
	my @listed = map { (my $t = $_->{createdAt}) =~ s/T/ /; $t =~ s/Z/.000+00/; ms($t) } @{$recent->{json}{recentDeployments} // []};
	my $ok = same [$stats->{json}, map { $_->{json} } @got],
		[{%{Figures::dashboard($own, $now, $zone)}, %{$recent->{json} // {}}}, @want{@routes}],
		sprintf('user %d: %d deployments, %s in %s', $user, scalar @$own, $range, $zone);
	same \@listed, [map { int($_ / 1000) * 1000 } @newest], "user $user: the newest are listed" if $user < 20;
	$total{users}++;
	$total{deployments} += @$own;
	$total{answers} += $ok ? 2 + @got : 0;
	# time enough to see what is wrong, not to read it a thousand times
	if (!$ok && $total{failed}++ > 5) { diag 'and so on'; last }
}
is $total{deployments}, sql('SELECT count(*) FROM deployments'), "all $total{deployments} were somebody's ($total{answers} answers agreed)";
done_testing();
END
