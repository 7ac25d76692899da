#!/bin/sh
# Wrong passwords are counted and lock the account; nobody learns from an answer
# what became of a login.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start lock_after=5 lock_seconds=90s log_debug=yes api_processes=8 hash_slots=4
api_perl <<'END'
use strict;
use warnings;
use Timing ();
our $api;

my $ok = 'correct horse ';
sub request { my ($name, $password) = @_; return [POST => '/api/auth/login', json => {email => $name =~ /@/ ? $name : "$name\@example.com", password => $password}] }
sub login { return $api->ask(@{request(@_)}) }
sub user { my ($name, $what) = @_; return sql("SELECT $what FROM users WHERE email = '$name\@example.com'") }
sub lines { # of the log, that match
	my ($what) = @_;
	open my $f, '<', "$ENV{AS_LOG}.api" or die $!;
	return scalar grep { /$what/ } <$f>;
}
sub counts { return (lines('compared with the account'), lines('compared with a decoy')) }
sub wrong { my ($name, $n) = @_; return map { login($name, 'wrong')->{status} } 1 .. $n }
# What a client can tell two answers apart by.
sub seen { my ($r) = @_; my %h = %{$r->{header}}; delete $h{'x-request-id'}; return join "\n", $r->{status}, (map { "$_: $h{$_}" } sort keys %h), $r->{body} }

# in a row
$api->signup($_) for qw(row other lone);
is_deeply [wrong('row', 4), login('row', $ok . 'row')->{status}, wrong('row', 4), login('row', $ok . 'row')->{status}],
	[(401) x 4, 200, (401) x 4, 200], 'LG-4 a right password begins the count anew';
is user('row', 'failed_logins'), 0, 'LG-4 and leaves none';
wrong('row', 5);
is login('row', $ok . 'row')->{status}, 401, 'LG-4 5 in a row lock the account';
is login('other', $ok . 'other')->{status}, 200, 'LG-4 another account is not touched';
wrong('row', 3);
is user('row', "locked_until < now() + interval '90 s'"), 't', 'LG-4 attempts in the meantime do not prolong the lock';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.locked' AND user_id = (SELECT id FROM users WHERE name = 'row') AND ip = '127.0.0.1' AND request_id IS NOT NULL"),
	1, 'LG-4 one audit row tells of the lock';
is sql("SELECT string_agg(m.kind || ' ' || m.recipient, ',') FROM mails m JOIN users u ON u.id = m.user_id WHERE m.kind = 'locked' AND u.name = 'row'"),
	'locked row@example.com', 'LG-4 one mail';
is sql("SELECT count(*) FROM mails WHERE message_sealed ~ 'example|forgot-password'"), 0, 'LG-4 which waits sealed';
sql("UPDATE users SET locked_until = now() WHERE name = 'row'");
is_deeply [wrong('row', 1), user('row', "failed_logins || coalesce(locked_until::text, '-')")], [401, '1-'],
	'LG-4 after the time the count begins anew';
is login('row', $ok . 'row')->{status}, 200, 'LG-4 and the right password opens';
sql("UPDATE users SET locked_until = now(), failed_logins = 5 WHERE name = 'row'");
is login('row', $ok . 'row')->{status}, 200, 'LG-4 at once';
is user('row', "failed_logins || coalesce(locked_until::text, '-')"), '0-', 'LG-4 which forgets all';
is_deeply [wrong('lone', 4), login('lone', $ok . 'lone')->{status}], [(401) x 4, 200], 'LG-4 the last attempt may be right';
is sql("SELECT count(*) FROM mails m JOIN users u ON u.id = m.user_id WHERE m.kind = 'locked' AND u.name = 'lone'"), 0, 'LG-4 and then there is no mail';

# one answer for all
$api->signup($_) for qw(known locked disabled provider);
my $live = $api->signup('live');
wrong('locked', 5);
sql("UPDATE users SET active = false WHERE name = 'disabled'; UPDATE users SET password_hash = NULL WHERE name = 'provider'");
my $first = seen(login('known', 'wrong'));
like $first, qr/^401\n.*INVALID_CREDENTIALS/s, 'LG-1 a wrong password is 401';
for my $case (['nobody', 'wrong'], ['locked', 'wrong'], ['locked', $ok . 'locked'], ['disabled', 'wrong'],
		['disabled', $ok . 'disabled'], ['provider', 'wrong'], ['known', 'x' x 100]) {
	my @was = counts();
	is seen(login(@$case)), $first, "LG-1 @$case answers the same, headers and all";
	my @now = counts();
	SKIP: {
		developer_only(2);
		is $now[0] + $now[1] - $was[0] - $was[1], 1, 'LG-2 after one comparison';
		is $now[0] - $was[0], $case->[0] eq 'known' ? 1 : 0, 'LG-2 with a decoy, unless it may be compared';
	}
}
is user('disabled', 'failed_logins'), 0, 'LG-4 nothing is counted of a disabled account';

my ($alike, $took) = Timing::alike(3, 15, sub { sql("UPDATE users SET failed_logins = 0 WHERE name = 'known'") },
	{map { my $who = $_; $who => sub { login($who, 'wrong') } } qw(known nobody locked)});
ok $alike, "LG-2 unknown, wrong and locked take the same time ($took)";

# one address
$api->signup('mike');
for my $same ('MIKE@EXAMPLE.COM', ' mike@example.com ', "Mike\@Example.Com") {
	is login($same, $ok . 'mike')->{status}, 200, "LG-3 '$same' is the account";
}
for my $other ("m\x{131}ke\@example.com", "mi\x{212a}e\@example.com", "mike\@example\x{ff0e}com", "m\x{456}ke\@example.com") {
	my $r = login($other, $ok . 'mike');
	is $r->{status}, 422, 'LG-3 a look-alike letter is refused';
	is $api->ask(POST => '/api/auth/signup', json => {name => 'x', email => $other, password => 'correct horse'})->{status}, 422,
		'LG-3 and makes no account';
}
is user('mike', 'failed_logins'), 0, 'LG-3 nor does it count for mike';
login('MIKE@example.com', 'wrong') for 1 .. 5;
is sql("SELECT recipient FROM mails m JOIN users u ON u.id = m.user_id WHERE m.kind = 'locked' AND u.name = 'mike'"), 'mike@example.com',
	'LG-3 mail goes to the stored address';
is $api->ask(POST => '/api/auth/signup', json => {name => 'x', email => 'MIKE@example.com', password => 'correct horse'})->{json}{error}{code},
	'EMAIL_TAKEN', 'LG-8 signup with a taken address says so, as the contract wants';

# all at once: those that found no free slot try again
sub all_at_once {
	my @left = @_;
	my %got;
	while (@left) {
		my @r = $api->ask_all(@left);
		$got{$_->{status}}++ for @r;
		@left = map { $left[$_] } grep { $r[$_]{status} == 503 } 0 .. $#r;
	}
	delete $got{503};
	return \%got;
}
my $pids = pids();
$api->signup('race');
my @was = counts();
my $got = all_at_once((map { request('race', "guess $_") } 1 .. 50), request('race', $ok . 'race'));
my @now = counts();
is(($got->{401} // 0) + ($got->{200} // 0), 51, 'LG-5 50 wrong logins and a right one at once: 401 or 200');
cmp_ok $got->{401}, '>=', 50, 'LG-5 no wrong one is 200';
my $real = $now[0] - $was[0];
my $lucky = $got->{200} // 0;
SKIP: {
	developer_only(2);
	# a right one in time allows as many again
	cmp_ok $real, '<=', $lucky ? 10 : 5, "LG-5 at most 5 are compared with the account's hash ($real, right ones: $lucky)";
	is $now[0] + $now[1] - $was[0] - $was[1], 51, 'LG-5 LG-2 one comparison each';
}
is login('race', $ok . 'race')->{status}, 401, 'LG-5 the account is locked';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.locked' AND user_id = (SELECT id FROM users WHERE name = 'race')"), 1,
	'LG-5 once';
is sql("SELECT count(*) FROM mails m JOIN users u ON u.id = m.user_id WHERE m.kind = 'locked' AND u.name = 'race'"), 1, 'LG-5 with one mail';

# though what forgives the count is slow
$api->signup('many');
sql("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';
	CREATE TRIGGER slow BEFORE UPDATE OF password_hash ON users FOR EACH STATEMENT EXECUTE FUNCTION slow()");
$got = all_at_once(map { request('many', $ok . 'many') } 1 .. 8);
is_deeply $got, {200 => 8}, 'LG-4 right passwords at once lock nobody before they are forgiven';
sql('DROP TRIGGER slow ON users');
$got = all_at_once(map { request('many', $ok . 'many') } 1 .. 20);
is_deeply $got, {200 => 20}, 'LG-4 many right passwords at once lock nobody';
is user('many', 'failed_logins'), 0, 'and count for nothing';

# no lock ends what is live
wrong('live', 5);
is login('live', $ok . 'live')->{status}, 401, 'LG-7 a locked account';
is $api->ask(GET => '/api/auth/session', token => $live->{accessToken})->{status}, 200, 'LG-7 keeps its session';
my $r = $api->ask(POST => '/api/auth/refresh', json => {refreshToken => $live->{refreshToken}});
is $r->{status}, 200, 'LG-7 can refresh';
is $api->ask(POST => '/api/auth/logout', token => $r->{json}{accessToken})->{status}, 204, 'LG-7 and log out';
is pids(), $pids, 'the processes are the same';
done_testing();
END
