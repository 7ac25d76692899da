#!/bin/sh
# Connecting an account at GitHub: the way there and back, the token at rest,
# and its end.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=8 recent_login_seconds=600 oauth_timeout=1500
export abs_top_builddir TMP
api_perl <<'END'
use strict;
use warnings;
use Oauth;
our $api;
my $r;
sub n { return sql("SELECT count(*) FROM $_[0]") }
sub begin {
	my ($token, %more) = @_;
	my $r = $api->ask(POST => '/api/github/connect', token => $token, json => {%more});
	return Oauth::from($r, $r->{json}{url} // '');
}
sub join_up { my $s = begin(@_); return back(visit($s->{url}), $s->{cookie}) }
sub connection { return $api->ask(GET => '/api/github/connection', token => $_[0]) }
sub leave { return $api->ask(DELETE => '/api/github/disconnect', token => $_[0]) }
sub alive { return scalar grep { -e } glob "$ENV{GITHUB}/token.*" }
sub audited { return sql("SELECT outcome || coalesce(' ' || (details->>'revoked'), '') || coalesce(' ' || (details->>'code'), '') FROM audit_logs WHERE event = '$_[0]' ORDER BY at DESC LIMIT 1") }

my $ada = $api->signup('ada');
my $t = $ada->{accessToken};
my $id = $ada->{user}{id};
$r = connection($t);
is $r->{body}, '{"connected":false,"username":null,"avatarUrl":null,"connectedAt":null,"refusedAt":null,"scopes":[]}', 'at first nothing is connected';
is $api->ask(GET => '/api/github/connection-status', token => $t)->{body}, $r->{body}, 'its other path says the same';
is leave($t)->{json}{error}{code}, 'GITHUB_NOT_CONNECTED', 'what is not connected cannot be disconnected';
is audited('github.disconnect'), 'failure GITHUB_NOT_CONNECTED', 'LOG-1 which is audited';
is $api->ask(GET => '/api/github/repos', token => $t)->{json}{error}{code}, 'GITHUB_NOT_CONNECTED', 'and lists no repositories';

# ---- there and back ----
github(id => 42, login => 'ada-l', mail => 'lovelace@example.org');
my $s = begin($t, next => '/settings');
is $s->{answer}{status}, 200, 'a connection begins';
like $s->{url}, qr{^\Q$ENV{GITHUB_URL}\E/login/oauth/authorize\?.*[?&]scope=read%3Auser%20user%3Aemail%20repo%20admin%3Arepo_hook(&|$)},
	'at GitHub, for repositories and their hooks';
is back(visit($s->{url}), undef)->{at}{error}, 'oauth_state', 'OA-1 another browser cannot end it';
$s = begin($t, next => '/settings');
$r = back(visit($s->{url}), $s->{cookie});
is_deeply $r->{at}, {connected => 'github', next => '/settings'}, 'it ends with the word and no code';
is back(visit($s->{url}), $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 once';
is n("audit_logs WHERE event = 'github.connect' AND outcome = 'success' AND user_id = '$id'"), 1, 'LOG-1 and audited';
$r = connection($t)->{json};
is_deeply [@$r{qw(connected username avatarUrl refusedAt)}], [Cpanel::JSON::XS::true(), 'ada-l', 'https://avatars.githubusercontent.com/u/42?v=4', undef], 'now it is connected';
is_deeply $r->{scopes}, [qw(admin:repo_hook read:user repo user:email)], 'with what it allowed';
like $r->{connectedAt}, qr/^20\d\d-.*Z$/, 'and when';
is n('identities'), 0, 'OA-7 it is no way to sign in';
is sign_in('github')->{at}{code} ? n('users') : 0, 2, 'OA-7 whoever signs in by that account is somebody else';
ok $api->ask(GET => '/api/user/profile', token => $t)->{json}{githubConnected}, 'the profile says so as well';
sql("UPDATE sessions SET created_at = now() - interval '601 seconds' WHERE user_id = '$id'");
is begin($t)->{answer}{status}, 200, 'it needs no recent sign-in, since it opens nothing here';

# ---- OA-12 the token at rest ----
my ($token) = map { m{token\.(.*)} } sort { -M $a <=> -M $b } glob "$ENV{GITHUB}/token.*";
my $dump = join "\n", map { sql("SELECT x::text FROM \"$_\" x") } split /\n/,
	sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'");
unlike $dump, qr/gho_|ghp_|canary-github/, 'OA-12 no table holds it in clear';
my $sealed = sql("SELECT token_sealed FROM github_connections WHERE user_id = '$id'");
like $sealed, qr/^v1\.[A-Za-z0-9_-]+$/, 'OA-12 but sealed';
mkdir "$ENV{GITHUB}/lists";
put('lists/user,repos.json', '[]');
my $repos = sub { my $r = $api->ask(GET => '/api/github/repos', token => $_[0] // $t); return $r->{status} . ($r->{json}{error}{code} // '') };
is $repos->(), '200', 'OA-12 it opens for its row';
sql("UPDATE github_connections SET repos_at = NULL");
my $at = length($sealed) / 2;
my $bent = substr($sealed, 0, $at) . (substr($sealed, $at, 1) eq 'A' ? 'B' : 'A') . substr $sealed, $at + 1;
sql("UPDATE github_connections SET token_sealed = '$bent'");
is $repos->(), '500INTERNAL_SERVER_ERROR', 'OA-12 with a byte flipped it is a clean error';
my $bob = $api->signup('bob');
my $bt = $bob->{accessToken};
sql("UPDATE github_connections SET token_sealed = '$sealed';
	INSERT INTO github_connections (user_id, github_id, login, token_sealed) SELECT '$bob->{user}{id}', '1', 'x', token_sealed FROM github_connections");
is $repos->($bt), '500INTERNAL_SERVER_ERROR', 'OA-12 in the row of another user, too';
sql("UPDATE github_connections SET token_sealed = (SELECT token_sealed FROM identities LIMIT 1) WHERE user_id = '$id'");
is $repos->(), '500INTERNAL_SERVER_ERROR', 'OA-12 and one from another column';
sql("UPDATE github_connections SET token_sealed = '$sealed' WHERE user_id = '$id'");
is $repos->(), '200', 'OA-12 the right one still opens';
is leave($bt)->{status}, 204, 'OA-12 what does not open can be disconnected';
is audited('github.disconnect'), 'success no', 'LOG-1 though not revoked';

# ---- anew ----
my $alive = alive();
my @before = asked('/applications/Iv1.test/token');
is join_up($t)->{at}{connected}, 'github', 'it is connected anew';
is scalar(asked('/applications/Iv1.test/token')), @before + 1, 'the old token is revoked';
is alive(), $alive, 'and dead';
isnt sql("SELECT token_sealed FROM github_connections WHERE user_id = '$id'"), $sealed, 'the new one is kept';

# ---- the end ----
is leave($t)->{status}, 204, 'it is disconnected';
is audited('github.disconnect'), 'success yes', 'LOG-1 and audited';
is alive(), $alive - 1, 'GitHub knows the token no more';
my ($x) = reverse asked('/applications/Iv1.test/token');
is $x->{method}, 'DELETE', 'by the documented request';
is_deeply [sort keys %{Cpanel::JSON::XS::decode_json($x->{body})}], ['access_token'], 'with the token alone';
is connection($t)->{json}{connected}, Cpanel::JSON::XS::false(), 'nothing is connected';
is n('github_connections'), 0, 'nor kept';
for my $how (qw(slow big drip)) {
	is join_up($t)->{at}{connected}, 'github', "connected ($how)";
	odd("/applications/Iv1.test/token $how");
	my $start = time;
	is leave($t)->{status}, 204, "OA-11 a revocation that is $how does not keep one connected";
	cmp_ok time - $start, '<', 5, "OA-11 nor waiting ($how)";
	is audited('github.disconnect'), 'success no', "LOG-1 the audit row says that it was not revoked ($how)";
	odd();
}

# ---- with the account ----
is join_up($t)->{at}{connected}, 'github', 'connected again';
$alive = alive();
sql("UPDATE sessions SET created_at = now() WHERE user_id = '$id'");
is $api->ask(DELETE => '/api/user/account', token => $t, json => {password => 'correct horse ada'})->{status}, 204, 'PR-2 the account is deleted';
is alive(), $alive - 1, 'PR-2 its token is revoked at GitHub';
is audited('account.delete'), 'success yes', 'PR-2 LOG-1 and audited';
is n('github_connections'), 0, 'PR-2 and gone';

# an administrator's hand ends them the same way
my $boss = $api->signup('boss')->{accessToken};
sql("UPDATE users SET role = 'admin' WHERE name = 'boss'");
sub remove { return $api->ask(DELETE => "/api/users/$_[0]$_[1]", token => $boss) }
sub connected { my $u = $api->signup($_[0]); join_up($u->{accessToken}); return $u->{user}{id} }
my ($dora, $eve, @many) = map { connected($_) } qw(dora eve fay gus hal ida);
$alive = alive();
is remove($dora, '')->{status}, 204, 'an administrator disables an account';
is alive(), $alive, 'which keeps its connection';
is remove($dora, '?hard=true')->{status}, 204, 'and deletes it';
is alive(), $alive - 1, 'PR-2 its token is revoked at GitHub';
is audited('user.delete'), 'success yes', 'PR-2 LOG-1 and audited';
odd('/applications/Iv1.test/token slow');
is remove($eve, '?hard=true')->{status}, 204, 'PR-2 GitHub cannot keep an account alive';
is audited('user.delete'), 'success no', 'LOG-1 the audit row says that it was not revoked';
odd();
sub bulk { return $api->ask(POST => '/api/users/bulk', token => $boss, json => {action => 'delete', ids => [@_]})->{json}{results} }
$alive = alive();
is_deeply [map { $_->{ok} ? 'ok' : $_->{code} } @{bulk(@many[0, 1], $dora)}], [qw(ok ok USER_NOT_FOUND)], 'many accounts are deleted at once';
is alive(), $alive - 2, 'PR-2 their tokens are revoked';
is audited('user.bulk'), 'success yes', 'PR-2 LOG-1 and audited';
odd('/applications/Iv1.test/token slow');
my $began = time;
bulk(@many[2, 3]);
cmp_ok time - $began, '<', 4, 'OA-11 a GitHub that is away is waited for once';
is audited('user.bulk'), 'success no', 'LOG-1 and the audit row says so';
is n("users WHERE name IN ('fay', 'gus', 'hal', 'ida')"), 0, 'all of them are gone';
odd();

# who may
is $api->ask(POST => '/api/github/connect', json => {})->{status}, 401, 'a stranger connects nothing';
my $key = $api->ask(POST => '/api/api-keys', token => $bt, json => {name => 'k'})->{json}{key};
is $api->ask(POST => '/api/github/connect', json => {}, params => {HTTP_X_API_KEY => $key})->{json}{error}{code}, 'KEY_REFUSED', 'nor does a key';
my $log = do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> };
unlike $log, qr/gho_|canary-github/, 'OA-11 no log has seen a token or secret';
done_testing();
END
