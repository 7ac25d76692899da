#!/bin/sh
# One's own account: sessions, profile, preferences, and its end.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 hash_slots=2 session_idle_seconds=30m recent_login_seconds=60
export TMP
api_perl <<'END'
use strict;
use warnings;
use utf8;
our $api;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $none = '00000000-0000-4000-8000-000000000000';
sub ask { my ($verb, $path, $who, %o) = @_; return $api->ask($verb, $path, token => $who->{accessToken}, %o) }
sub login { my ($name, %o) = @_;
	return $api->ask(POST => '/api/auth/login', json => {email => "$name\@example.com", password => "correct horse $name"}, %o)->{json} }
sub code { return $_[0]{json}{error}{code} // '' }

# ---- sessions ----
my $ada = $api->signup('ada');
my $bob = $api->signup('bob');
my $phone = login('ada', params => {HTTP_USER_AGENT => 'Phone/1', REMOTE_ADDR => '203.0.113.7'});
my $r = ask(GET => '/api/auth/sessions', $ada);
is $r->{status}, 200, 'SE-8 one can see where one is signed in';
my @s = @{$r->{json}{sessions}};
is scalar(@s), 2, 'SE-8 both sessions, and only one\'s own';
is $r->{json}{pagination}{totalItems}, 2, 'SE-8 are counted';
is_deeply [sort keys %{$s[0]}], [sort qw(id ip userAgent method current createdAt lastUsedAt expiresAt)],
	'SE-8 no token material is in it';
is "$s[0]{ip} $s[0]{userAgent} $s[0]{method}", '203.0.113.7 Phone/1 password', 'SE-8 each says from where and by what';
is_deeply [map { $_->{current} ? 1 : 0 } @s], [0, 1], 'SE-8 the one that asks is marked';
is ask(GET => '/api/v1/auth/sessions?limit=1&page=2', $ada)->{json}{sessions}[0]{id}, $s[1]{id}, 'SE-8 the list has pages';
sql("UPDATE sessions SET last_used_at = now() - interval '10 minutes' WHERE id = '$s[0]{id}'");
$api->ask(POST => '/api/auth/refresh', json => {refreshToken => $phone->{refreshToken}});
is sql("SELECT last_used_at > now() - interval '1 minute' FROM sessions WHERE id = '$s[0]{id}'"), 't',
	'SE-8 a refresh is a use';

my $before = sql("SELECT string_agg(id::text || revoked_at::text, ',') FROM sessions WHERE revoked_at IS NOT NULL");
for ([$bob, $s[0]{id}, 404, 'somebody else\'s'], [$ada, $none, 404, 'an unknown one'], [$ada, 'x', 422, 'a malformed one'],
	[$ada, "$s[0]{id}'", 422, 'one with a quote']) {
	my ($who, $id, $status, $what) = @$_;
	$r = ask(DELETE => "/api/auth/sessions/$id", $who);
	is $r->{status}, $status, "SE-8 $what cannot be ended";
	is code($r), $status == 404 ? 'SESSION_NOT_FOUND' : 'VALIDATION_ERROR', "SE-8 $what: by name";
}
is ask(GET => '/api/auth/session', $phone)->{status}, 200, 'SE-8 and it lives';
is ask(DELETE => "/api/auth/sessions/$s[0]{id}", $ada)->{status}, 204, 'SE-8 one\'s own can';
my @r = $api->ask_all(map { [GET => '/api/auth/session', token => $phone->{accessToken}] } 1 .. 12);
is scalar(grep { $_->{status} == 401 } @r), 12, 'SE-8 its access token fails at once in every process';
is $api->ask(POST => '/api/auth/refresh', json => {refreshToken => $phone->{refreshToken}})->{status}, 401,
	'SE-8 its refresh token, too';
is ask(DELETE => "/api/auth/sessions/$s[0]{id}", $ada)->{status}, 404, 'SE-8 a second time there is nothing';
is ask(GET => '/api/auth/sessions', $ada)->{json}{pagination}{totalItems}, 1, 'SE-8 it is not listed any more';
login('ada') for 1 .. 2;
sql("UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1)");
sql("UPDATE sessions SET last_used_at = now() - interval '31 minutes' WHERE id = (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1 OFFSET 1)");
is ask(GET => '/api/auth/sessions', $ada)->{json}{pagination}{totalItems}, 1, 'SE-8 nor are those that are over';

# ---- profile ----
$r = ask(GET => '/api/user/profile', $ada);
is_deeply [sort keys %{$r->{json}}], [sort qw(id name email avatarUrl role emailVerified createdAt hasPassword
	githubConnected pendingEmail)], 'a profile';
ok $r->{json}{hasPassword} && !$r->{json}{githubConnected}, 'it says how one can sign in';
is ask(GET => '/api/users/profile', $ada)->{body}, $r->{body}, '/api/users/profile is the same';
sql("INSERT INTO identities (provider, subject, user_id, login, token_sealed) SELECT 'github', '1', id, 'octo', 'sealed-token-canary'
	FROM users WHERE email = 'ada\@example.com';
	INSERT INTO github_connections (user_id, github_id, login, token_sealed) SELECT id, '1', 'octo', 'sealed-token-canary'
	FROM users WHERE email = 'ada\@example.com'");
ok ask(GET => '/api/user/profile', $ada)->{json}{githubConnected}, 'a connection to GitHub shows';
for (['/api/user/profile', 'Ada Lovelace'], ['/api/auth/me', 'Аделаида'], ['/api/users/profile', "O'Neil; DROP TABLE users--"]) {
	my ($path, $name) = @$_;
	$r = ask(PUT => $path, $ada, json => {name => $name});
	is $r->{status}, 200, "PUT $path";
	is $r->{json}{name}, $name, "$path changes the name";
}
for my $url ('https://example.com/a.png', 'https://example.com:8443/a?b=c&d=%20', 'HTTPS://[2001:db8::1]/x', 'https://a.b') {
	$r = ask(PUT => '/api/user/profile', $ada, json => {avatarUrl => $url});
	is $r->{json}{avatarUrl}, $url =~ s/^HTTPS/https/r, "a picture: $url";
}
for my $url ('javascript:alert(1)', 'http://example.com/a.png', 'data:image/png;base64,x', 'https://', 'https:///x', '//example.com/x',
	"https://example.com/\"onerror=", 'https://user:pw@example.com/', "https://example.com/\r\nX: y", 'https://example.com/<x>', "https://ex\x{e4}mple.com/",
	'https://example.com:99999/', 'https://example.com/' . 'x' x 2048, 'ftp://example.com', ' https://example.com') {
	$r = ask(PUT => '/api/user/profile', $ada, json => {avatarUrl => $url});
	is $r->{status}, 422, 'no picture: ' . substr($url, 0, 40) =~ s/[\r\n]/./gr;
}
is ask(PUT => '/api/user/profile', $ada, json => {name => 'Ada'})->{json}{avatarUrl}, 'https://a.b', 'what is left out stays';
is ask(PUT => '/api/user/profile', $ada, json => {avatarUrl => undef})->{json}{avatarUrl}, undef, 'null removes the picture';
for my $name ('', "a\nb", "a\x{1b}[31m", "a\x{202e}b", 'x' x 256, "\x{9b}x") {
	is ask(PUT => '/api/user/profile', $ada, json => {name => $name})->{status}, 422, 'LOG-3 a name that steers a terminal is refused, or one without a length';
}
is ask(GET => '/api/auth/session', $ada)->{json}{user}{name}, 'Ada', 'the session shows the new name';

# ---- what a write cannot reach ----
my @columns = split /\n/, sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'users'");
push @columns, map { s/_(\w)/\u$1/gr } @columns;
my $row = sql("SELECT u::text FROM users u WHERE email = 'ada\@example.com'");
for my $path ('/api/user/profile', '/api/user/preferences') {
	my %ok = map { $_ => 1 } $path =~ /profile/ ? qw(name avatarUrl)
		: qw(theme emailNotifications deploymentSuccessNotifications deploymentFailureNotifications);
	my @bad = grep { !$ok{$_} } @columns, qw(userId isAdmin __proto__);
	@r = $api->ask_all(map { [PUT => $path, token => $ada->{accessToken}, json => {$_ => 'admin'}] } @bad);
	is scalar(grep { $_->{status} == 422 } @r), scalar(@bad), "SET-3 $path takes no column that is not its own";
}
is sql("SELECT u::text FROM users u WHERE email = 'ada\@example.com'"), $row, 'SET-3 the row is as it was';

# ---- the end: who may ----
my $project = ask(POST => '/api/projects', $ada, json => {repository => 'ada/site', envVars => 'TOKEN=canary'})->{json};
ask(POST => '/api/deployments', $ada, json => {repository => 'site'});
ask(POST => '/api/ws-ticket', $ada, json => {path => '/api/status/stream'});
my $uid = $ada->{user}{id};
$r = ask(DELETE => '/api/user/account', $ada);
is $r->{status}, 422, 'PR-2 an account with a password is not deleted without it';
is $r->{json}{error}{details}{fields}[0]{name}, 'password', 'PR-2 the field is named';
is ask(DELETE => '/api/user/account?password=correct%20horse%20ada', $ada)->{status}, 422,
	'PR-2 the password does not come in an address';
$r = ask(DELETE => '/api/user/account', $ada, json => {password => 'wrong'});
is $r->{status}, 401, 'PR-2 nor with a wrong one';
is code($r), 'INVALID_CREDENTIALS', 'PR-2 by name';
is ask(DELETE => '/api/user/account', $ada, json => {password => 'x' x 1024})->{status}, 401, 'PR-2 nor with a long one';
is ask(DELETE => '/api/user/account', $ada, body => 'password=x', type => 'application/x-www-form-urlencoded')->{status}, 415,
	'CS-3 a form is refused';
is sql("SELECT failed_logins FROM users WHERE id = '$uid'"), 2, 'LG-5 PR-2 wrong passwords count as at a login';
is ask(GET => '/api/auth/session', $ada)->{status}, 200, 'PR-2 the account is there';

# ---- the end ----
sql("INSERT INTO api_keys (user_id, name, prefix, hash) VALUES ('$uid', 'k', 'as_k', repeat('a', 64));
	INSERT INTO codes (hash, purpose, user_id, email, expires_at) VALUES (repeat('b', 64), 'reset', '$uid', 'ada\@example.com', now() + interval '1 h');
	INSERT INTO oauth_states (hash, provider, browser_hash, verifier_sealed, nonce, next, user_id, expires_at)
		VALUES (repeat('c', 64), 'github', 'x', 'x', 'x', '/', '$uid', now());
	INSERT INTO mails (kind, user_id, recipient, message_sealed) VALUES ('verify', '$uid', 'ada\@example.com', 'x')");
my $audit = sql("SELECT count(*) FROM audit_logs WHERE user_id = '$uid'");
my $other = login('ada');
$r = ask(DELETE => '/api/user/account', $ada, json => {password => 'correct horse ada'});
is $r->{status}, 204, 'PR-2 with the password it is deleted';
is ask(GET => '/api/auth/session', $_)->{status}, 401, 'PR-2 every session ends' for $ada, $other;
is $api->ask(POST => '/api/auth/refresh', json => {refreshToken => $other->{refreshToken}})->{status}, 401, 'PR-2 refresh tokens, too';
is $api->ask(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'correct horse ada'})->{status}, 401,
	'PR-2 nobody can sign in to it';
is sql("SELECT site FROM retired_projects WHERE id = '$project->{id}'"), $project->{site}, 'PR-2 its site is removed by a worker';
# every column that could hold the account or its address, in every table
my @left = split /\n/, sql(join ' UNION ALL ', map {
		my ($t, $c) = split /\|/;
		"SELECT '$t.$c' WHERE EXISTS (SELECT FROM \"$t\" WHERE \"$c\"::text LIKE '%$uid%' OR \"$c\"::text LIKE '%ada\@example%')"
	} split /\n/, sql("SELECT c.table_name || '|' || column_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type IN ('uuid', 'text', 'jsonb')"));
is_deeply [sort @left], ['audit_logs.target', 'audit_logs.user_id'], 'PR-2 nothing leads to the account but the id of audit rows';
cmp_ok sql("SELECT count(*) FROM audit_logs WHERE user_id = '$uid'"), '>', $audit, 'PR-2 audit rows stay, and one tells of the end';
is sql("SELECT count(*) FROM audit_logs a WHERE a::text ~* '\\mada\\M|ada\@'"), 0, 'PR-2 none of them holds a name or an address';
# every foreign key of every table
is sql(join ' UNION ALL ', map {
		my ($t, $c, $to, $key) = split /\|/;
		"SELECT '$t.$c' WHERE EXISTS (SELECT FROM $t x WHERE x.$c IS NOT NULL AND NOT EXISTS (SELECT FROM $to y WHERE y.$key = x.$c))"
	} split /\n/, sql("SELECT conrelid::regclass || '|' || a.attname || '|' || confrelid::regclass || '|' || b.attname FROM pg_constraint
		JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
		JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = confkey[1]
		WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND cardinality(conkey) = 1")), '', 'PR-2 no row is an orphan';
$r = $api->ask(POST => '/api/auth/signup', json => {name => 'ada', email => 'ada@example.com', password => 'correct horse ada'});
is $r->{status}, 201, 'PR-2 the address can sign up again';
isnt $r->{json}{user}{id}, $uid, 'PR-2 as somebody new';
is ask(GET => '/api/projects', $r->{json})->{json}{pagination}{totalItems}, 0, 'PR-2 who inherits nothing';
is ask(GET => '/api/audit-logs', $r->{json})->{json}{pagination}{totalItems}, 1, 'PR-2 and sees only the own signup';

# without a password
my $eve = $api->signup('eve');
sql("UPDATE users SET password_hash = NULL WHERE email = 'eve\@example.com'");
sql("UPDATE sessions SET created_at = now() - interval '2 minutes'");
is code(ask(DELETE => '/api/user/account', $eve)), 'SIGN_IN_AGAIN', 'PR-2 an account without a password wants a recent sign-in';
is code(ask(DELETE => '/api/user/account', $eve, json => {password => 'x'})), 'SIGN_IN_AGAIN', 'PR-2 whatever password comes';
sql("UPDATE sessions SET created_at = now()");
is ask(DELETE => '/api/user/account', $eve)->{status}, 204, 'PR-2 and goes with one';

# the last administrator
my $boss = $api->signup('boss');
sql("UPDATE users SET role = 'admin' WHERE email = 'boss\@example.com'");
$r = ask(DELETE => '/api/user/account', $boss, json => {password => 'correct horse boss'});
is $r->{status}, 409, 'SET-4 PR-2 the last administrator cannot go';
is code($r), 'LAST_ADMIN', 'SET-4 by name';
is ask(GET => '/api/auth/session', $boss)->{status}, 200, 'SET-4 and stays signed in';

# many at once: one deletion, and nobody gets a 500
my $kim = $api->signup('kim');
@r = $api->ask_all((map { [DELETE => '/api/user/account', token => $kim->{accessToken}, json => {password => 'correct horse kim'}] } 1 .. 4),
	(map { [POST => '/api/projects', token => $kim->{accessToken}, json => {repository => "kim/p$_"}] } 1 .. 6));
is scalar(grep { $_->{status} == 204 } @r), 1, 'IN-6 of parallel deletions one succeeds';
is scalar(grep { $_->{status} == 500 } @r), 0, 'IN-6 the others are told so' or diag join ' ', map { "$_->{status} $_->{body}" } @r;
is sql("SELECT count(*) FROM projects WHERE name ~ '^p[0-9]'"), 0, 'IN-6 and nothing is left that came in between';
done_testing();
END
