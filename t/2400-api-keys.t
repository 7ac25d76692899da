#!/bin/sh
# API keys: made by a person, shown once, good until revoked or expired, for
# what their user may do now; and two credentials at once.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 api_keys_per_user=5
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
export TMP
api_perl <<'END'
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
our $api;

my $ada = $api->signup('ada');
my $bob = $api->signup('bob');
my $t = $ada->{accessToken};
sub make { return $api->ask(POST => '/api/api-keys', token => $_[0], json => $_[1]) }
sub by { # a request by key
	my ($key, $method, $path, %o) = @_;
	return $api->ask($method, $path, %o, params => {HTTP_X_API_KEY => $key, %{$o{params} // {}}});
}

# making and listing
my $r = make($t, {name => 'deploys from CI', expiresAt => undef});
is $r->{status}, 201, 'a user makes a key';
my $made = $r->{json};
my $key = $made->{key};
is_deeply [sort keys %$made], [sort qw(id name prefix createdAt expiresAt lastUsedAt lastUsedIp key)], 'with these members';
like $key, qr/^ask_[A-Za-z0-9_-]{43}$/, 'KEY-1 it holds 256 random bits';
is $made->{prefix}, substr($key, 0, 12), 'its prefix is its beginning';
is sql("SELECT hash FROM api_keys WHERE id = '$made->{id}'"), sha256_hex($key), 'KEY-1 the database has the SHA-256 only';
is sql("SELECT count(*) FROM api_keys k WHERE position('" . substr($key, 12) . "' IN k::text) > 0"), 0, 'KEY-1 and nothing of the rest';
$r = $api->ask(GET => '/api/api-keys', token => $t);
is $r->{status}, 200, 'the list';
is_deeply $r->{json}{pagination}, {currentPage => 1, totalPages => 1, totalItems => 1}, 'is a page like other lists';
is $r->{json}{apiKeys}[0]{id}, $made->{id}, 'and has the key';
unlike $r->{body}, qr/\Q${\substr($key, 12)}\E/, 'KEY-1 but never shows it again';
is $r->{json}{apiKeys}[0]{lastUsedAt}, undef, 'it was not used yet';
is sql("SELECT count(*) FROM mails WHERE kind = 'api_key_made' AND recipient = 'ada\@example.com'"), 1, 'its user is told by mail';
is sql("SELECT target FROM audit_logs WHERE event = 'api_key.create' AND outcome = 'success'"), $made->{id}, 'and the audit log knows';

# using it
$r = by($key, GET => '/api/projects');
is $r->{status}, 200, 'the key authenticates';
$r = by($key, POST => '/api/projects', json => {repository => 'ada/site'});
is $r->{status}, 201, 'and writes';
is sql("SELECT email FROM users u JOIN projects p ON p.user_id = u.id WHERE p.id = '$r->{json}{id}'"), 'ada@example.com', 'as its user';
$r = $api->ask(GET => '/api/api-keys', token => $t)->{json}{apiKeys}[0];
like $r->{lastUsedAt}, qr/^\d{4}-.*Z$/, 'its last use is noted';
is $r->{lastUsedIp}, '127.0.0.1', 'with the address';
my $used = sql("SELECT xmin, last_used_at FROM api_keys WHERE id = '$made->{id}'");
by($key, GET => '/api/projects') for 1 .. 3;
is sql("SELECT xmin, last_used_at FROM api_keys WHERE id = '$made->{id}'"), $used, 'once a minute, not at each use';
sql("UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE id = '$made->{id}'");
$api->ask_all(map { [GET => '/api/projects', params => {HTTP_X_API_KEY => $key, REMOTE_ADDR => '192.0.2.7'}] } 1 .. 12);
is sql("SELECT last_used_at > now() - interval '30 seconds', host(last_used_ip) FROM api_keys WHERE id = '$made->{id}'"),
	't|192.0.2.7', 'a minute later it is noted again';
for my $bad ('', 'x', substr($key, 0, -1), "${key}a", uc $key, "ask_" . 'A' x 43, sha256_hex($key), substr($key, 4), " $key",
	"$key\n", 'ask_' . "\xff" x 43, 'a' x 7000) {
	my $a = by($bad, GET => '/api/projects');
	is $a->{status}, 401, 'KEY-1 not with ' . substr($bad, 0, 20) =~ s/[^ -~]/?/gr;
}

# whose it is
for my $body ({name => 'x', userId => $bob->{user}{id}}, {name => 'x', user_id => $bob->{user}{id}}, {name => 'x', role => 'admin'},
	{name => 'x', scopes => ['admin']}, {name => 'x', hash => sha256_hex('x')}, {name => 'x', key => $key},
	map { +{name => 'x', $_ => 'x'} } qw(id prefix createdAt lastUsedAt lastUsedIp revokedAt last_used_at revoked_at)) {
	my ($field) = grep { $_ ne 'name' } keys %$body;
	is make($t, $body)->{status}, 422, "KEY-2 SET-3 $field in the body is refused";
	is make(undef, $body)->{status}, 401, "KEY-2 $field without a credential as well";
}
is sql('SELECT count(*) FROM api_keys'), 1, 'KEY-2 nothing was made of these';
is $api->ask(GET => '/api/api-keys', token => $bob->{accessToken})->{json}{pagination}{totalItems}, 0, 'SET-1 others do not see it';
is $api->ask(DELETE => "/api/api-keys/$made->{id}", token => $bob->{accessToken})->{status}, 404, 'SET-1 nor revoke it';

# what a key cannot do
for ([POST => '/api/api-keys', json => {name => 'child'}], [DELETE => "/api/api-keys/$made->{id}"], [POST => '/api/auth/logout'],
	[GET => '/api/auth/session'], [POST => '/api/ws-ticket', json => {path => '/api/x'}]) {
	my ($method, $path, @o) = @$_;
	my $a = by($key, $method, $path, @o);
	is $a->{status}, 403, "KEY-3 a key cannot $method $path";
	is $a->{json}{error}{code}, 'KEY_REFUSED', 'KEY-3 by name';
}
is by($key, GET => '/api/api-keys')->{status}, 200, 'KEY-3 it may see the list, which shows no key';

# every route takes a key or refuses it: none of them fails over it
my $pids = pids();
open my $f, '<', "$ENV{TMP}/routes" or die $!;
my @odd;
while (<$f>) {
	chomp;
	my ($what, $op, $verb, $path, $who) = split /\t/;
	next if $what ne 'route' || $who eq 'public';
	my $a = by($key, $verb, $path =~ s/\{\w+\}/00000000-0000-4000-8000-000000000000/gr, $verb =~ /POST|PUT|PATCH/ ? (json => {}) : ());
	push @odd, "$verb $path: $a->{status}" if $a->{status} >= 500 || $a->{status} == 401 || $a->{status} == 0;
}
is "@odd", '', 'KEY-3 every route of a signed-in user answers a key';
is pids(), $pids, 'and no process died of it';

# roles: what only others may read is closed to the key with the next request
sub reads { # which of the routes of managers and administrators
	my @open;
	seek $f, 0, 0;
	while (<$f>) {
		chomp;
		my ($what, $op, $verb, $path, $who) = split /\t/;
		next unless $what eq 'route' && $verb eq 'GET' && $who =~ /^(?:manager|admin)$/;
		my $a = by($key, GET => $path =~ s/\{\w+\}/00000000-0000-4000-8000-000000000000/gr);
		push @open, $path if $a->{status} != 403;
	}
	return "@open";
}
is reads(), '', 'KEY-3 the key of a user opens nothing of managers and administrators';
sql("UPDATE users SET role = 'admin' WHERE email IN ('ada\@example.com', 'bob\@example.com')");
my $open = reads();
sql("UPDATE users SET role = 'user' WHERE email = 'ada\@example.com'");
is reads(), '', "KEY-3 what it opened for an administrator ($open) is closed with the role";
sql("UPDATE users SET active = false WHERE email = 'ada\@example.com'");
is by($key, GET => '/api/projects')->{status}, 401, 'KEY-3 the key of a disabled user fails at once';
sql("UPDATE users SET active = true WHERE email = 'ada\@example.com'");
is by($key, GET => '/api/projects')->{status}, 200, 'and works again with its user';

# ends
for my $bad ('2020-01-01T00:00:00Z', 'tomorrow', '2026-02-30T00:00:00Z', '2099-01-01 00:00:00', '9999-12-31T23:59:59-14:00', '') {
	my $a = make($t, {name => 'x', expiresAt => $bad});
	is $a->{status}, 422, "an end of '$bad' is refused";
	is $a->{json}{error}{details}{fields}[0]{name}, 'expiresAt', 'by its field';
}
$r = make($t, {name => 'short', expiresAt => '2099-12-31T23:59:59+01:00'});
is $r->{json}{expiresAt}, '2099-12-31T22:59:59Z', 'a key can have an end, in any offset';
my $short = $r->{json};
is by($short->{key}, GET => '/api/projects')->{status}, 200, 'before it the key works';
sql("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = '$short->{id}'");
is by($short->{key}, GET => '/api/projects')->{status}, 401, 'KEY-3 an expired key fails at once';
is $api->ask(DELETE => "/api/api-keys/$made->{id}", token => $t)->{status}, 204, 'a key is revoked';
my @r = $api->ask_all(map { [GET => '/api/projects', params => {HTTP_X_API_KEY => $key}] } 1 .. 12);
is scalar(grep { $_->{status} == 401 } @r), 12, 'KEY-3 and fails at once in every process';
is $api->ask(DELETE => "/api/api-keys/$made->{id}", token => $t)->{status}, 404, 'a second time it is not there';
is sql("SELECT revoked_at IS NOT NULL FROM api_keys WHERE id = '$made->{id}'"), 't', 'its row stays';
is join(' ', map { $_->{name} } @{$api->ask(GET => '/api/api-keys', token => $t)->{json}{apiKeys}}), 'short', 'the list leaves it out';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'api_key.revoke' AND outcome = 'success' AND target = '$made->{id}'"), 1,
	'the audit log has it';

# how many
@r = $api->ask_all(map { [POST => '/api/api-keys', token => $t, json => {name => "many $_"}] } 1 .. 20);
is scalar(grep { $_->{status} == 201 } @r), 5, 'of 20 that are made at once as many as may live are (expired ones are dead)';
is scalar(grep { $_->{status} == 409 && $_->{json}{error}{code} eq 'API_KEYS_FULL' } @r), 15, 'the others are 409';
is sql("SELECT count(*) FROM mails WHERE kind = 'api_key_made' AND recipient = 'ada\@example.com'"), 7, 'a mail for each that was made, no other';
$r = $api->ask(GET => '/api/api-keys?limit=4&page=2', token => $t)->{json};
is scalar(@{$r->{apiKeys}}), 2, 'pages';
is_deeply $r->{pagination}, {currentPage => 2, totalPages => 2, totalItems => 6}, 'are counted';

# two credentials
my ($ask) = map { $_->{json}{key} } grep { $_->{status} == 201 } @r;
my $bobs = make($bob->{accessToken}, {name => 'bob'})->{json}{key};
sub both { return $api->ask(GET => '/api/projects', token => $_[0], params => {HTTP_X_API_KEY => $_[1]})->{status} }
is both($t, $ask), 200, 'KEY-4 a token and a key of one user';
is both($t, $bobs), 401, 'KEY-4 of two users';
is both($t, $key), 401, 'KEY-4 a good token beside a revoked key';
is both("${t}x", $ask), 401, 'KEY-4 a bad token beside a good key';
is both($t, ''), 401, 'KEY-4 an empty key is a bad one';
is by($ask, GET => '/api/projects', params => {HTTP_AUTHORIZATION => 'Basic eDp5'})->{status}, 401, 'KEY-4 another scheme is no way around';
is by($ask, GET => '/api/projects', params => {HTTP_AUTHORIZATION => ''})->{status}, 401, 'KEY-4 nor an empty one';
is $api->ask(POST => '/api/api-keys', token => $t, params => {HTTP_X_API_KEY => $ask}, json => {name => 'x'})->{status}, 409,
	'KEY-4 together they are the session: the limit is met, not the key refused';
$api->ask(POST => '/api/auth/logout', token => $t);
is both($t, $ask), 401, 'KEY-4 the session has ended';
is by($ask, GET => '/api/projects')->{status}, 200, 'SE-7 keys outlive a logout';

# secrecy
my $log = `cat $ENV{AS_LOG}.*`;
is scalar(grep { index($log, substr $_, 12) >= 0 } $key, $ask, $bobs, $short->{key}), 0, 'no log holds a key';
done_testing();
END
