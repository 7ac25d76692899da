#!/bin/sh
# How many requests a caller may send: exactly, over all processes, by user or
# by address, and what is said of it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 rate_per_minute=20 deploys_per_hour=3 queued_per_user=2
export TMP
api_perl <<'END'
use strict;
use warnings;
our $api;

my $file = "$ENV{AS_RUN}/limits.v1";
# Change every window: a word of when it began (milliseconds) and how many
# requests it has (24 bits).
sub windows {
	my ($change) = @_;
	open my $f, '+<:raw', $file or die "$file: $!";
	local $/;
	my $data = <$f>;
	for (my $at = 4096; $at + 64 <= length $data; $at += 64) {
		my $window = unpack 'Q', substr $data, $at + 40, 8;
		next unless $window;
		seek $f, $at + 40, 0;
		print $f pack 'Q', $change->($window >> 24, $window & 0xffffff);
	}
	close $f or die $!;
}
# Make them older, as if so many milliseconds had passed.
sub age { my ($ms) = @_; windows(sub { my ($begins, $used) = @_; return ($begins > $ms ? $begins - $ms : 0) << 24 | $used }) }
sub fresh { windows(sub { return 0 }) }
# A file that lost its name is left within a second.
sub noticed { select undef, undef, undef, 1.1 }
sub get { return $api->ask(GET => $_[0] // '/api/projects', %{$_[1] // {}}) }
sub codes { my %n; $n{$_->{status}}++ for @_; return join ' ', map { "$_ x $n{$_}" } sort keys %n }
my $ip = 0;
sub somewhere { $ip++; return "198.51.100.$ip" }

my $ada = $api->signup('ada')->{accessToken};
my $bob = $api->signup('bob')->{accessToken};

# exactly, and what the headers say
my $r = get(undef, {token => $ada});
is $r->{header}{'ratelimit-policy'}, '"general";q=20;w=60', 'RL-6 the policy';
is $r->{header}{ratelimit}, '"general";r=19;t=60', 'RL-6 what is left of it';
$r = get(undef, {token => $ada});
like $r->{header}{ratelimit}, qr/^"general";r=18;t=(60|59)$/, 'RL-6 each request takes one';
my @r = $api->ask_all(map { [GET => '/api/projects', token => $ada] } 1 .. 40);
is codes(@r), '200 x 18 429 x 22', 'RL-2 of 40 at once over four processes exactly as many as were left pass';
my @left = sort { $a <=> $b } map { $_->{header}{ratelimit} =~ /r=(\d+)/ } grep { $_->{status} == 200 } @r;
is "@left", join(' ', 0 .. 17), 'RL-6 the numbers that they were told are the numbers that were left';
my ($over) = grep { $_->{status} == 429 } @r;
is $over->{json}{error}{code}, 'RATE_LIMIT_EXCEEDED', 'RL-5 the refusal has the shape of all errors';
like $over->{header}{'retry-after'}, qr/^([1-9]|[1-5]\d|60)$/, 'RL-6 Retry-After is a whole number';
is $over->{json}{error}{details}{retryAfter}, $over->{header}{'retry-after'}, 'and stands in the body, too';
like $over->{header}{ratelimit}, qr/^"general";r=0;t=$over->{header}{'retry-after'}$/, 'RL-6 and agrees with RateLimit';
ok $over->{header}{'x-request-id'} && $over->{header}{'cache-control'} eq 'no-store' && $over->{header}{vary} eq 'Origin', 'RL-5 with its headers';
is get(undef, {token => $bob})->{status}, 200, 'RL-4 another user at the same address is not limited';
age(($over->{header}{'retry-after'} - 20) * 1000);
is get(undef, {token => $ada})->{status}, 429, 'RL-6 before Retry-After it is refused';
age(20_000);
$r = get(undef, {token => $ada});
is $r->{status}, 200, 'RL-6 after Retry-After it works';
is $r->{header}{ratelimit}, '"general";r=19;t=60', 'RL-6 in a new window';

# one user, all credentials, all addresses
fresh();
my $key = $api->ask(POST => '/api/api-keys', token => $bob, json => {name => 'k'})->{json}{key};
my $other = $api->ask(POST => '/api/auth/login', json => {email => 'bob@example.com', password => 'correct horse bob'})->{json}{accessToken};
my $in = $api->ask(POST => '/api/auth/login', json => {email => 'bob@example.com', password => 'correct horse bob'},
	params => {HTTP_ORIGIN => 'https://localhost', HTTP_X_CLIENT => 'web'});
my ($cookie) = $in->{header}{'set-cookie'} =~ /^([^;]*)/;
fresh();
my @ways = ({token => $bob}, {token => $other}, {params => {HTTP_X_API_KEY => $key}}, {params => {HTTP_COOKIE => $cookie}},
	{token => $bob, params => {HTTP_X_API_KEY => $key}});
@r = $api->ask_all(map { my %o = %{$ways[$_ % @ways]}; [GET => '/api/projects', %o, params => {%{$o{params} // {}}, REMOTE_ADDR => somewhere()}] } 1 .. 50);
is codes(@r), '200 x 20 429 x 30', 'RL-4 sessions, keys, cookies and addresses of a user count together';
is get(undef, $_)->{status}, 429, 'RL-4 each of them is over' for @ways;

# strangers, by address
fresh();
@r = $api->ask_all(map { [GET => '/api/projects', params => {REMOTE_ADDR => '192.0.2.1'}] } 1 .. 30);
is codes(@r), '401 x 20 429 x 10', 'RL-7 refused requests of nobody count by address';
is get(undef, {params => {REMOTE_ADDR => '::ffff:192.0.2.1'}})->{status}, 429, 'RL-3 a mapped address is the same';
is get(undef, {params => {REMOTE_ADDR => '192.0.2.2'}})->{status}, 401, 'RL-3 another one is not';
@r = $api->ask_all(map { [GET => '/api/projects', params => {REMOTE_ADDR => "2001:db8:1:2:$_\::$_"}] } 1 .. 30);
is codes(@r), '401 x 20 429 x 10', 'RL-3 IPv6 counts by /64';
is get(undef, {params => {REMOTE_ADDR => '2001:db8:1:3::1'}})->{status}, 401, 'RL-3 the next one is free';
is get(undef, {token => $ada, params => {REMOTE_ADDR => '192.0.2.1'}})->{status}, 200, 'RL-7 who signs in there is not refused for them';
@r = $api->ask_all(map { [GET => '/api/projects', params => {REMOTE_ADDR => '192.0.2.3', $_ % 2 ? (HTTP_X_API_KEY => "ask_$_" . 'x' x 41)
	: (HTTP_AUTHORIZATION => "Bearer x$_")}] } 1 .. 30);
is codes(@r), '401 x 20 429 x 10', 'RL-7 so do bad tokens and keys: guessing is limited';
age(30_000);
$r = get(undef, {params => {REMOTE_ADDR => '192.0.2.3', HTTP_AUTHORIZATION => 'Bearer x'}});
like $r->{header}{ratelimit}, qr/^"general";r=0;t=$r->{header}{'retry-after'}$/, 'RL-6 they are told when to come again, too';
cmp_ok $r->{header}{'retry-after'}, '<=', 30, 'RL-6 which is not always a minute';
is codes($api->ask_all(map { [GET => '/api/openapi.json', params => {REMOTE_ADDR => '192.0.2.4'}] } 1 .. 25)), '200 x 20 429 x 5',
	'public routes count by address';

# what counts
fresh();
my @same = ('/api/projects', '/api/projects?limit=x', '//api//projects', '/API/projects', '/api/%70rojects', '/api/projects/', '/api/nothing',
	'/api/projects/00000000-0000-4000-8000-000000000000', '/api/v1/projects', '/api/projects?x=%zz');
@r = $api->ask_all(map { [GET => $same[$_ % @same], token => $ada] } 1 .. 20);
is scalar(grep { $_->{status} == 429 } @r), 0, 'RL-7 twenty pass, by whatever spelling';
is get($_, {token => $ada})->{status}, 429, "RL-7 $_ shares the bucket" for @same;
is $api->ask(PATCH => '/api/projects', token => $ada)->{status}, 429, 'RL-7 a wrong method as well';
is $api->ask(HEAD => '/api/projects', token => $ada)->{status}, 429, 'RL-7 and HEAD';
is $api->ask(OPTIONS => '/api/projects', token => $ada)->{status}, 204, 'RL-7 preflights do not count';
for my $path ('/health', '/api/health', '/health/db', '/api/v1/health') {
	$r = get($path, {token => $ada});
	ok $r->{status} == 200 && !$r->{header}{ratelimit}, "$path is not limited";
}
$r = $api->ask(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'correct horse ada'});
ok $r->{status} == 200 && !$r->{header}{ratelimit}, 'nor is signing in: nginx does that';

# deployments
fresh();
sub deploy { my ($o, $repository) = @_; return [POST => '/api/deployments', json => {repository => $repository // 'ada/site'}, %$o] }
$r = $api->ask(@{deploy({token => $ada})});
is $r->{status}, 201, 'a deployment';
is $r->{header}{'ratelimit-policy'}, '"deploy";q=3;w=3600', 'RL-6 has a policy of its own';
is $r->{header}{ratelimit}, '"deploy";r=2;t=3600', 'RL-6 and a window';
is get(undef, {token => $ada})->{header}{ratelimit}, '"general";r=19;t=60', 'RL-4 which other requests do not share';
$r = $api->ask(@{deploy({token => $ada}, 'x y')});
is $r->{status}, 422, 'RL-7 one that is not valid';
is $r->{header}{ratelimit} =~ s/t=\d+/t/r, '"deploy";r=1;t', 'RL-7 counts';
my $akey = $api->ask(POST => '/api/api-keys', token => $ada, json => {name => 'k'})->{json}{key};
my $ada2 = $api->ask(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'correct horse ada'})->{json}{accessToken};
@ways = ({token => $ada}, {token => $ada2}, {params => {HTTP_X_API_KEY => $akey}});
my $before = sql('SELECT count(*) FROM audit_logs');
@r = $api->ask_all(map { my %o = %{$ways[$_ % 3]}; deploy({%o, params => {%{$o{params} // {}}, REMOTE_ADDR => somewhere()}}) } 1 .. 30);
is codes(@r), '201 x 1 429 x 29', 'RL-4 of 30 at once, over sessions, keys and addresses, the last one passes';
for (grep { $_->{status} == 429 } @r) {
	cmp_ok $_->{header}{'retry-after'}, '>', 3500, 'RL-4 the hour is told';
	is $_->{json}{error}{message}, 'At most 3 deployments an hour, with redeliveries and tests of channels', 'and what there is too much of';
	last;
}
is sql('SELECT count(*) FROM audit_logs'), $before + 1, 'RL-4 refusals cost the database nothing';
is $api->ask(@{deploy({token => $ada})}[0], '/api/deploy', json => {repository => 'ada/site'}, token => $ada)->{status}, 429, 'RL-7 the alias shares the bucket';
is $api->ask(@{deploy({token => $bob}, 'bob/site')})->{status}, 201, 'RL-4 another user deploys';
is $api->ask(@{deploy({})})->{status}, 401, 'RL-7 a stranger is a stranger, also here';

# a full queue is no rate limit, but says when to come back
fresh();
$api->ask(@{deploy({token => $bob}, 'bob/two')});
$r = $api->ask(@{deploy({token => $bob}, 'bob/three')});
is "$r->{status} $r->{json}{error}{code}", '429 QUEUE_FULL', 'a full queue';
like $r->{header}{'retry-after'}, qr/^[1-9]\d*$/, 'RL-6 has a Retry-After';

# a restart forgets nothing, a lost file everything
fresh();
$api->ask_all(map { [GET => '/api/projects', token => $ada] } 1 .. 20);
my $pids = pids();
kill TERM => split ' ', $pids;
my $end = time + 20;
while (time < $end && (pids() eq $pids || split(' ', pids()) < 4)) { select undef, undef, undef, 0.05 }
is get(undef, {token => $ada})->{status}, 429, 'RL-2 new processes know the windows of the old ones';
kill KILL => split ' ', $pids = pids();
while (time < $end && (pids() eq $pids || split(' ', pids()) < 4)) { select undef, undef, undef, 0.05 }
is get(undef, {token => $ada})->{status}, 429, 'RL-2 killed ones included';
unlink $file;
noticed();
@r = $api->ask_all(map { [GET => '/api/projects', token => $ada] } 1 .. 40);
is codes(@r), '200 x 20 429 x 20', 'RL-2 a file that was removed is made again, once';

# RL-8: counters that cannot be used
fresh();
unlink $file;
mkdir $file or die $!;
noticed();
sub said { my $n = () = `cat $ENV{AS_LOG}.api` =~ /"event":"limiter.down"/g; return $n }
$pids = pids();
@r = $api->ask_all(map { [GET => '/api/projects', token => $ada] } 1 .. 40);
is codes(@r), '200 x 40', 'RL-8 without counters reads go on';
ok !(grep { $_->{header}{ratelimit} } @r), 'RL-8 and nothing is said of a limit';
@r = $api->ask_all(map { deploy({token => $ada}) } 1 .. 5);
is codes(@r), '503 x 5', 'RL-8 deployments are not accepted';
is $r[0]{json}{error}{code}, 'SERVICE_UNAVAILABLE', 'RL-8 by name';
my $n = said();
ok $n >= 1 && $n <= 4, 'RL-8 each process says so once' or diag $n;
is $api->ask(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'correct horse ada'})->{status}, 200, 'RL-8 signing in works';
rmdir $file or die $!;
is codes($api->ask_all(map { [GET => '/api/projects', token => $ada] } 1 .. 40)), '200 x 20 429 x 20', 'RL-8 when they are back, they count';
is pids(), $pids, 'the processes are the same';
done_testing();
END
