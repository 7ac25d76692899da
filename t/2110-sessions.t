#!/bin/sh
# Refresh tokens rotate; sessions end by reuse, age, idleness and logout.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=8 hash_slots=4 refresh_token_seconds=1h session_idle_seconds=30m
api_perl <<'END'
use strict;
use warnings;
our $api;

my $n = 0;
sub login {
	$n++;
	return $api->signup("user$n");
}
sub refresh { return $api->ask(POST => '/api/auth/refresh', json => {refreshToken => $_[0]}) }
sub me { return $api->ask(GET => '/api/auth/session', token => $_[0])->{status} }
sub age { # of the newest session: SQL for its columns
	sql("UPDATE sessions SET $_[0] WHERE id = (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1)");
}

# rotation
my $first = login();
my $r = refresh($first->{refreshToken});
is $r->{status}, 200, 'a refresh token gives new tokens';
is_deeply [sort keys %{$r->{json}}], [sort keys %$first], 'in the shape of a login';
isnt $r->{json}{refreshToken}, $first->{refreshToken}, 'the refresh token is another one';
is me($r->{json}{accessToken}), 200, 'the new access token works';
is me($first->{accessToken}), 200, 'the old one does until it expires';
for my $path ('/api/refresh', '/api/v1/auth/refresh') {
	$r = $api->ask(POST => $path, json => {refreshToken => $r->{json}{refreshToken}});
	is $r->{status}, 200, "$path is the same";
}

# reuse
my $last = $r->{json};
$r = refresh($first->{refreshToken});
is $r->{status}, 401, 'SE-1 a rotated refresh token is refused';
is $r->{json}{error}{code}, 'REFRESH_TOKEN_REUSED', 'SE-1 by name';
is refresh($last->{refreshToken})->{status}, 401, 'SE-1 the newest token of the family fails';
is me($last->{accessToken}), 401, 'SE-1 the access token of the session fails';
is me($first->{accessToken}), 401, 'SE-1 the first one, too';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.refresh_reused' AND outcome = 'failure' AND user_id IS NOT NULL"),
	1, 'SE-1 an audit row tells of it';
is sql("SELECT revoke_reason FROM sessions ORDER BY created_at DESC LIMIT 1"), 'refresh token reused',
	'SE-1 the session knows why it ended';
my $other = login();
is me($other->{accessToken}), 200, 'SE-1 other sessions are not touched';

# races
for my $round (1 .. 3) {
	my $u = login();
	my @r = $api->ask_all(map { [POST => '/api/auth/refresh', json => {refreshToken => $u->{refreshToken}}] } 1 .. 20);
	my @good = grep { $_->{status} == 200 } @r;
	is scalar(@good), 1, "SE-2 of 20 parallel refreshes exactly one succeeds ($round)";
	is scalar(grep { $_->{status} == 401 } @r), 19, "SE-2 all others are 401 ($round)";
	is refresh($good[0]{json}{refreshToken})->{status}, 401, "SE-2 reuse ended the family: no child lives ($round)";
	is me($good[0]{json}{accessToken}), 401, "SE-2 nor does its access token ($round)";
}

# storage
my $u = login();
my $stored = sql('SELECT hash FROM refresh_tokens ORDER BY created_at DESC LIMIT 1');
require Digest::SHA;
is $stored, Digest::SHA::sha256_hex($u->{refreshToken}), 'SE-3 the database has the SHA-256 only';
is refresh($stored)->{status}, 401, 'SE-3 what the database has does not authenticate';
cmp_ok length($u->{refreshToken}), '>=', 43, 'SE-3 256 random bits';
is refresh('nonsense')->{status}, 401, 'SE-3 an invented token is refused';
is refresh($u->{refreshToken})->{status}, 200, 'SE-3 and harms nobody';

# age
$u = login();
age("expires_at = now() + interval '1 minute'");
$r = refresh($u->{refreshToken});
is $r->{status}, 200, 'SE-4 refreshing works before the end';
is sql("SELECT expires_at < now() + interval '2 minutes' FROM sessions ORDER BY created_at DESC LIMIT 1"), 't',
	'SE-4 and does not move the end';
age("expires_at = now() - interval '1 second'");
is refresh($r->{json}{refreshToken})->{status}, 401, 'SE-4 the absolute end holds, however often it was refreshed';
is me($r->{json}{accessToken}), 401, 'SE-4 for the access token as well';
$u = login();
age("last_used_at = now() - interval '31 minutes'");
is me($u->{accessToken}), 401, 'SE-4 a session left idle ends';
is refresh($u->{refreshToken})->{status}, 401, 'SE-4 its refresh token, too';
$u = login();
age("last_used_at = now() - interval '29 minutes'");
is refresh($u->{refreshToken})->{status}, 200, 'SE-4 in time it lives on';
is sql("SELECT last_used_at > now() - interval '1 minute' FROM sessions ORDER BY created_at DESC LIMIT 1"), 't',
	'SE-4 and the idle clock starts again';

# fixation
my $email = $u->{user}{email};
my $again = $api->ask(POST => '/api/auth/login', token => $u->{accessToken},
	json => {email => $email, password => "correct horse user$n"});
is $again->{status}, 200, 'SE-5 login with a token at hand';
is sql("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = '$email'"), 2,
	'SE-5 makes a session of its own';
isnt $again->{json}{refreshToken}, $u->{refreshToken}, 'SE-5 with its own tokens';

# logout
$r = $api->ask(POST => '/api/auth/logout', token => $again->{json}{accessToken});
is $r->{status}, 204, 'SE-6 logout';
is $r->{body}, '', 'SE-6 has no body';
my @r = $api->ask_all(map { [GET => '/api/auth/session', token => $again->{json}{accessToken}] } 1 .. 24);
is scalar(grep { $_->{status} == 401 } @r), 24, 'SE-6 the access token fails at once in every process';
is refresh($again->{json}{refreshToken})->{status}, 401, 'SE-6 the refresh token fails';
is $api->ask(POST => '/api/auth/logout', token => $again->{json}{accessToken})->{status}, 401,
	'SE-6 a second logout is 401';
is me($u->{accessToken}), 200, 'SE-6 the other session lives';
$r = $api->ask(POST => '/api/auth/login', json => {email => $email, password => "correct horse user$n"});
is $api->ask(POST => '/api/logout', token => $r->{json}{accessToken}, json => {all => Cpanel::JSON::XS::true()})->{status}, 204,
	'SE-7 logout everywhere';
is me($u->{accessToken}), 401, 'SE-7 leaves no session alive';
is refresh($u->{refreshToken})->{status}, 401, 'SE-7 nor a refresh token';

# the role is the database's
$u = login();
sql("UPDATE users SET active = false WHERE email = '$u->{user}{email}'");
is me($u->{accessToken}), 401, 'JW-7 SE-9 a disabled account is out with its next request';
is refresh($u->{refreshToken})->{status}, 401, 'SE-9 and cannot refresh';
$u = login();
sql("DELETE FROM users WHERE email = '$u->{user}{email}'");
is me($u->{accessToken}), 401, 'JW-7 a deleted account is out';

# many logins at once
my $pids = pids();
$u = login();
@r = $api->ask_all((map { [POST => '/api/auth/login', json => {email => $u->{user}{email}, password => 'wrong password'}] } 1 .. 40),
	[GET => '/health']);
is scalar(grep { $_->{status} == 401 || $_->{status} == 503 } @r[0 .. 39]), 40, '40 logins at once are refused or put off';
is $r[40]{status}, 200, '/health answers among them';
is pids(), $pids, 'the processes are the same';
done_testing();
END
