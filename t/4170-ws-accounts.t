#!/bin/sh
# Open streams when their account or session is changed over the API.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start hash_slots=2
ws_start
api_perl <<'END'
use strict;
use warnings;
use Time::HiRes qw(time);
use Ws;
our $api;

my $boss = $api->signup('boss')->{accessToken};
sql("UPDATE users SET role = 'admin' WHERE name = 'boss'");
my $n = 0;
# A user with an open stream: the stream, the user's answer of signup.
sub viewer {
	$n++;
	my $u = $api->signup("viewer$n");
	my $d = $api->ask(POST => '/api/deployments', token => $u->{accessToken}, json => {repository => "v/site$n"})->{json}{id};
	my $ws = Ws->open("/api/deployments/$d/logs/stream?token=$u->{accessToken}", unix => "$ENV{AS_RUN}/ws.sock");
	die "no stream: $ws->{status}\n" unless $ws->{status} == 101;
	$ws->subscribe;
	$ws->next_message;
	return ($ws, $u);
}
my ($other) = viewer();
my %do = (
	'a role given by an administrator' => sub { [PUT => "/api/users/$_[0]{user}{id}", token => $boss, json => {role => 'manager'}] },
	'an account that is disabled' => sub { [DELETE => "/api/users/$_[0]{user}{id}", token => $boss] },
	'an account that is deleted' => sub { [DELETE => "/api/users/$_[0]{user}{id}?hard=true", token => $boss] },
	'accounts that are disabled together' => sub { [POST => '/api/users/bulk', token => $boss, json => {action => 'deactivate', ids => [$_[0]{user}{id}]}] },
	'an account that its owner deletes' => sub { [DELETE => '/api/user/account', token => $_[0]{accessToken}, json => {password => "correct horse viewer$n"}] },
	'a session that its owner ends' => sub { my $s = $api->ask(GET => '/api/auth/sessions', token => $_[0]{accessToken})->{json}{sessions}[0]{id};
		[DELETE => "/api/auth/sessions/$s", token => $_[0]{accessToken}] },
);
for my $what (sort keys %do) {
	my ($ws, $u) = viewer();
	my $ask = $do{$what}->($u);
	my $t = time;
	my $r = $api->ask(@$ask);
	ok $r->{status} < 300, $what or diag $r->{body};
	$ws->until_close(12);
	is $ws->{code}, 1008, "WS-4 SE-9 $what: the stream is closed with 1008";
	cmp_ok time - $t, '<', 5, "WS-4 SE-9 $what: in time";
}
my ($ws, $u) = viewer();
$api->ask(PUT => "/api/users/$u->{user}{id}", token => $boss, json => {name => 'Somebody', role => 'user'});
$api->ask(POST => "/api/deployments", token => $u->{accessToken}, json => {repository => "v/site$n"});
sql("INSERT INTO deployment_logs (deployment_id, seq, at, level, message) SELECT id, 1, now(), 'info', '[00:01] x' FROM deployments
	WHERE user_id = '$u->{user}{id}' ORDER BY created_at LIMIT 1; SELECT pg_notify('autostack', 'log:' || deployment_id) FROM deployment_logs");
my $m = $ws->next_message;
ok $m && !defined $ws->{code}, 'WS-4 a change that is none closes nothing';
ok !defined $other->{code}, 'WS-4 nor was another one\'s stream closed';
done_testing();
END
