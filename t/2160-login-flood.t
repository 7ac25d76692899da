#!/bin/sh
# A flood of logins takes neither all processes nor all of the machine's time.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 hash_slots=2 bcrypt_cost=12 lock_after=100
api_perl <<'END'
use strict;
use warnings;
use POSIX ();
use Time::HiRes 'time';
our $api;

my $u = $api->signup('ada');
my $pids = pids();
my $end = time + 5;
my $flood = fork // die $!;
if (!$flood) {
	my %got;
	while (time < $end) {
		my @r = $api->ask_all(map { [POST => '/api/auth/login', json => {email => $_ % 2 ? 'ada@example.com' : "nobody$_\@example.com",
			password => 'correct horse ' . ($_ % 4 == 1 ? 'ada' : $_)}] } 1 .. 100);
		$got{$_->{status}}++ for @r;
	}
	# 503 for those that found no place
	print "# $got{$_} x $_\n" for sort keys %got;
	my $let = ($got{200} // 0) + ($got{401} // 0);
	STDOUT->flush;
	POSIX::_exit($let && $got{503} && keys %got == 1 + grep { $got{$_} } 200, 401 ? 0 : 1);
}
my %took = (health => [], session => []);
my $bad = 0;
while (time < $end) {
	my $start = time;
	$bad += $api->ask(GET => '/health')->{status} != 200;
	push @{$took{health}}, time - $start;
	$start = time;
	$bad += $api->ask(GET => '/api/auth/session', token => $u->{accessToken})->{status} != 200;
	push @{$took{session}}, time - $start;
}
waitpid $flood, 0;
is $?, 0, 'RL-9 100 logins at once are let in, refused or put off';
is $bad, 0, 'RL-9 all else is answered meanwhile';
for my $what (sort keys %took) {
	my @t = sort { $a <=> $b } @{$took{$what}};
	my $p99 = $t[int($#t * 0.99)];
	cmp_ok $p99, '<', 1, sprintf 'RL-9 /%s within a second: p99 of %d is %.0f ms', $what, scalar @t, $p99 * 1000;
}
is pids(), $pids, 'RL-9 the processes are the same';
done_testing();
END
