#!/bin/sh
# Signing in at GitHub: the way there and back, and whose account it is.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=12
api_perl <<'END'
use strict;
use warnings;
use Oauth;
use Digest::SHA qw(sha256_hex);
our $api;
my ($r, $s);
sub n { return sql("SELECT count(*) FROM $_[0]") }

# ---- what is set up ----
$r = $api->ask(GET => '/api/auth/providers');
is $r->{body}, '{"providers":[{"name":"github","enabled":true},{"name":"google","enabled":false}]}', 'which providers are set up';
$r = $api->ask(GET => '/api/auth/google');
is $r->{status}, 404, 'one that is not set up is not there';
is $r->{json}{error}{code}, 'PROVIDER_NOT_FOUND', 'by name';
ok !$r->{header}{'set-cookie'}, 'and sets no cookie';
is back('/api/auth/google/callback?code=x&state=y')->{at}{error}, 'provider_not_found', 'nor has it a way back';

# ---- there ----
github(id => 583231, login => 'octocat', name => 'The Octocat', mail => 'Octo@Example.com');
$s = start('github', '?next=/deployments%3Fstatus%3Dqueued');
is $s->{answer}{status}, 302, 'a start sends the browser on';
is $s->{answer}{body}, '', 'without a body';
like $s->{url}, qr{^\Q$ENV{GITHUB_URL}\E/login/oauth/authorize\?}, 'to GitHub';
like $s->{url}, qr{[?&]redirect_uri=https%3A%2F%2Flocalhost%2Fapi%2Fauth%2Fgithub%2Fcallback&}, 'OA-3 with the configured redirect_uri';
like $s->{url}, qr{[?&]code_challenge=[A-Za-z0-9_-]{43}&code_challenge_method=S256(&|$)}, 'OA-2 and an S256 challenge';
unlike $s->{url}, qr/plain|canary/, 'OA-2 never plain, and no secret in the address';
like $s->{url}, qr{[?&]scope=read%3Auser%20user%3Aemail(&|$)}, 'for the address and no more';
cmp_ok length $s->{state}, '>=', 43, 'OA-1 the state has 256 bits';
is $s->{answer}{header}{'set-cookie'}, "__Host-autostack-oauth=$s->{cookie}; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax",
	'OA-1 the browser gets a cookie of this host, Lax, for ten minutes';
is $s->{answer}{header}{'cache-control'}, 'no-store', 'nothing of it is kept';
my $row = sql('SELECT * FROM oauth_states');
unlike $row, qr/\Q$s->{state}\E|\Q$s->{cookie}\E/, 'OA-1 the database has hashes of state and cookie';
is sql("SELECT hash = '" . sha256_hex($s->{state}) . "' AND browser_hash = '" . sha256_hex($s->{cookie}) . "' FROM oauth_states"), 't', 'OA-1 indeed';
is sql("SELECT expires_at <= now() + interval '10 minutes' FROM oauth_states"), 't', 'OA-1 for ten minutes at most';
isnt start('github')->{state}, $s->{state}, 'OA-1 each start has a state of its own';

# ---- and back ----
my $back = visit($s->{url});
$r = back($back, $s->{cookie});
is $r->{status}, 302, 'the callback sends the browser on';
is $r->{at}{next}, '/deployments?status=queued', 'to where it wanted to go';
ok $r->{at}{code}, 'with a code in the fragment';
like $r->{header}{'set-cookie'}, qr/^__Host-autostack-oauth=; Path=\/; Max-Age=0;/, 'the cookie goes';
my ($x) = asked('/login/oauth/access_token');
is $x->{form}{redirect_uri}, 'https://localhost/api/auth/github/callback', 'OA-3 the exchange names the same redirect_uri';
like $x->{form}{code_verifier}, qr/^[A-Za-z0-9_-]{43}$/, 'OA-2 and the verifier, which the server checked';
is $x->{headers}{accept}, 'application/json', 'it asks for JSON';
ok !exists $x->{headers}{'accept-encoding'}, 'WH-7 and for nothing compressed';
my $f = finish($r->{at}{code});
is $f->{status}, 200, 'the code becomes a session';
is_deeply [sort keys %{$f->{json}}], [sort qw(user accessToken refreshToken tokenType expiresIn)], 'in the shape of a login';
my %u = %{$f->{json}{user}};
is_deeply [@u{qw(name email role avatarUrl)}],
	['The Octocat', 'octo@example.com', 'user', 'https://avatars.githubusercontent.com/u/583231?v=4'], 'the account is as GitHub says';
ok $u{emailVerified}, 'OA-8 its address is confirmed';
is sql("SELECT password_hash IS NULL FROM users WHERE id = '$u{id}'"), 't', 'it has no password';
is sql("SELECT method FROM sessions WHERE user_id = '$u{id}'"), 'github', 'the session says how';
is $api->ask(GET => '/api/auth/session', token => $f->{json}{accessToken})->{status}, 200, 'the token works';
$f = finish($r->{at}{code});
is $f->{status}, 400, 'the code works once';
is $f->{json}{error}{code}, 'CODE_INVALID', 'by name';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.oauth_login' AND outcome = 'success' AND user_id = '$u{id}'"), 1, 'LOG-1 an audit row tells of the sign-in';
is n('users'), 1, 'one account';
$f = $api->ask(POST => '/api/auth/login', json => {email => 'octo@example.com', password => 'correct horse'});
my $g = $api->ask(POST => '/api/auth/login', json => {email => 'nobody@example.com', password => 'correct horse'});
is $f->{body}, $g->{body}, 'LG-1 an account without a password answers a login as if it were none';

# ---- state ----
my $before = n('users') . n('sessions') . n('codes');
is back($back, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 a replayed state is refused';
$s = start('github');
$back = visit($s->{url});
is back($back, undef)->{at}{error}, 'oauth_state', 'OA-1 without the cookie';
is back($back, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 which used it up';
my $other = start('github');
$s = start('github');
is back(visit($s->{url}), $other->{cookie})->{at}{error}, 'oauth_state', "OA-1 another browser's is refused";
$s = start('github');
is back(visit($s->{url}) =~ s/state=[^&]*/state=AAAA/r, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 a wrong state is refused';
is back(visit($s->{url}) =~ s/&?state=[^&]*//r, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 a missing one, too';
is back('/api/auth/github/callback', undef)->{at}{error}, 'oauth_state', 'OA-1 and nothing at all';
$s = start('github');
$back = visit($s->{url});
sql("UPDATE oauth_states SET expires_at = now() - interval '1 second'");
is back($back, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 one that is too old';
is n('users') . n('sessions') . n('codes'), $before, 'OA-1 none of them made an account, a code or a session';
cmp_ok sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.oauth_failed' AND details->>'code' = 'OAUTH_STATE'"), '>=', 7, 'LOG-1 refusals are audited';

# PKCE: another sign-in's code does not fit this one's verifier
my $victim = visit(start('github')->{url}) =~ s/.*code=([^&]*).*/$1/r;
$s = start('github');
is back(visit($s->{url}) =~ s/code=[^&]*/code=$victim/r, $s->{cookie})->{at}{error}, 'provider_failed', 'OA-2 an injected code is worth nothing';

# mix-up
$s = start('github');
is back(visit($s->{url}) . '&iss=https%3A%2F%2Fevil.example', $s->{cookie})->{at}{error}, 'oauth_state', 'OA-4 the iss of somebody else is refused';
$s = start('github');
ok back(visit($s->{url}) . '&iss=' . escape("$ENV{GITHUB_URL}/login/oauth"), $s->{cookie})->{at}{code}, 'OA-4 its own is fine';

# a denial
put('deny', '');
$s = start('github', '?next=/x');
$r = back(visit($s->{url}), $s->{cookie});
is $r->{at}{error}, 'oauth_denied', 'who says no at GitHub comes back with that word';
is $r->{at}{next}, '/x', 'to where it began';
unlink "$ENV{GITHUB}/deny";
put('app.json', '{"client_id":"Iv1.test","client_secret":"canary-github-secret","redirect_uri":"https://localhost/other"}');
like visit(start('github')->{url}), qr/redirect_uri_mismatch/, 'OA-3 GitHub compares the redirect_uri';
put('app.json', '{"client_id":"Iv1.test","client_secret":"canary-github-secret","redirect_uri":"https://localhost/api/auth/github/callback"}');

# what is malformed is no browser's
$r = $api->ask(GET => '/api/auth/github/callback?code=a&code=b');
is $r->{status}, 422, 'a parameter that comes twice is refused';
is $api->ask(GET => '/api/auth/github/callback?evil=1')->{status}, 422, 'and one that no provider sends';
is back('/api/auth/github/callback?' . join '&', map { "$_=x" } qw(error_description error_uri scope authuser prompt hd))->{status}, 302,
	'those that providers do send are no error';

# ---- next ----
for my $evil ('//evil', 'https:evil', 'https://evil', '/\\evil', '\\\\evil', '%2f%2fevil', '/%2fevil', '/%5cevil', 'javascript:alert(1)', '@evil',
	'/@evil', "/\tevil", "/\nevil", "/x\r\nSet-Cookie: a=b", '', 'evil', '/ x', "/\x{c3}\x{a9}", '/' . 'x' x 600, '/a//b', '/x#y', '/x<y') {
	$s = start('github', '?next=' . escape($evil));
	is sql("SELECT next FROM oauth_states WHERE hash = '" . sha256_hex($s->{state}) . "'"), '/', 'OA-3 next falls back to /: ' . escape(substr $evil, 0, 30);
}
is start('github', '?next=' . ('x' x 2049))->{answer}{status}, 422, 'OA-3 an endless one is refused';

# ---- who it is ----
github(id => 583231, login => 'renamed', name => 'Renamed', mail => 'new@example.com');
$r = sign_in('github');
$f = finish($r->{at}{code});
is $f->{json}{user}{id}, $u{id}, 'OA-6 another name and address at GitHub: the same account';
is $f->{json}{user}{email}, 'octo@example.com', 'OA-6 which keeps its address';
is n('users'), 1, 'OA-6 no second one';
is sql('SELECT login || email FROM identities'), 'renamednew@example.com', 'what is shown of it is new';
github(id => 999, login => 'octocat', name => 'The Octocat', mail => 'somebody@example.com');
$f = finish(sign_in('github')->{at}{code});
isnt $f->{json}{user}{id}, $u{id}, 'OA-6 who takes over the old login name gets no account with it';
github(id => 1000, mail => 'octo@example.com');
is sign_in('github')->{at}{error}, 'provider_linked', 'OA-6 nor who has the address but another id';

# an account that was there before
my $eve = $api->signup('victim', 'the password of eve');
github(id => 2001, mail => 'victim@example.com');
$r = sign_in('github');
is $r->{at}{error}, 'account_exists', 'OA-7 an address that nobody confirmed is not linked';
is n("identities WHERE subject = '2001'"), 0, 'OA-7 nothing is';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.oauth_failed' AND details->>'code' = 'ACCOUNT_EXISTS'"), 1, 'OA-7 LOG-1 it is audited';
is n("codes WHERE user_id = '$eve->{user}{id}' AND purpose = 'oauth'"), 0, 'OA-7 nor is there a code for it';
my $ada = $api->signup('ada');
sql("UPDATE users SET email_verified = true WHERE email = 'ada\@example.com'");
github(id => 2002, mail => 'ADA@example.com');
$r = sign_in('github');
is finish($r->{at}{code})->{json}{user}{id}, $ada->{user}{id}, 'OA-7 one that both sides confirmed is';
is n("mails WHERE kind = 'oauth_linked' AND user_id = '$ada->{user}{id}' AND recipient = 'ada\@example.com'"), 1, 'its owner gets a mail about it';
is n("mails WHERE kind = 'oauth_linked'"), 1, 'others do not';
github(id => 2003, mail => 'ada@example.com');
is sign_in('github')->{at}{error}, 'provider_linked', 'OA-7 a second account of GitHub is not added by its address';

# addresses
my ($yes, $no) = (Cpanel::JSON::XS::true(), Cpanel::JSON::XS::false());
my $users = n('users');
github(id => 3001);
for my $case (['unverified', {email => 'x@example.com', primary => $yes, verified => $no}],
	['not primary', {email => 'x@example.com', primary => $no, verified => $yes}],
	['none'], ['no address', {email => 'x', primary => $yes, verified => $yes}],
	['look-alike', {email => "m\x{131}ke\@example.com", primary => $yes, verified => $yes}],
	['words for truth', {email => 'x@example.com', primary => 'true', verified => 'true'}]) {
	emails(@$case[1 .. $#$case]);
	is sign_in('github')->{at}{error}, 'email_unverified', "OA-8 $case->[0]: refused";
}
is n('users'), $users, 'OA-8 no half-made account';
emails({email => 'other@example.com', primary => $no, verified => $yes}, {email => 'main@example.com', primary => $yes, verified => $yes});
is finish(sign_in('github')->{at}{code})->{json}{user}{email}, 'main@example.com', 'OA-8 of several it is the primary one';
put('user.json', '{"id":3002,"login":"no-name","name":null,"avatar_url":"javascript:x"}');
emails({email => 'noname@example.com', primary => $yes, verified => $yes});
$f = finish(sign_in('github')->{at}{code});
is $f->{json}{user}{name}, 'no-name', 'who has no name there has the login';
is $f->{json}{user}{avatarUrl}, undef, 'IN-9 a picture that is no https address is none';

# disabled
sql("UPDATE users SET active = false WHERE email = 'noname\@example.com'");
is sign_in('github')->{at}{error}, 'account_disabled', 'a disabled account stays shut';
sql("UPDATE users SET active = true WHERE email = 'noname\@example.com'");
$r = sign_in('github');
sql("UPDATE users SET active = false WHERE email = 'noname\@example.com'");
is finish($r->{at}{code})->{status}, 400, 'also when it is disabled in between';

# ---- finish ----
github(id => 583231, mail => 'octo@example.com');
for my $extra (qw(email role id userId provider createData)) {
	$r = finish(sign_in('github')->{at}{code}, $extra => 'admin');
	is $r->{status}, 422, "OA-9 finish takes no $extra";
	is $r->{json}{error}{details}{fields}[0]{code}, 'UNKNOWN', 'OA-9 by name';
}
is $api->ask(GET => '/api/auth/github/callback?role=admin&email=x')->{status}, 422, 'OA-9 nor does the callback';
is n("users WHERE role <> 'user'"), 0, 'OA-9 nobody became more';
$r = sign_in('github');
sql("UPDATE codes SET expires_at = now() WHERE used_at IS NULL");
is finish($r->{at}{code})->{status}, 400, 'the code lives shortly';
$r = sign_in('github');
my @r = $api->ask_all(map { [POST => '/api/auth/oauth/finish', json => {code => $r->{at}{code}}] } 1 .. 20);
is scalar(grep { $_->{status} == 200 } @r), 1, 'IN-6 of 20 parallel uses of a code one succeeds';

# two callbacks of one new account at once
for my $round (1 .. 20) {
	github(id => 5000 + $round, mail => "twice$round\@example.com");
	my @way = map { start('github') } 1 .. 4;
	my @at = map { [GET => visit($_->{url}), params => {HTTP_COOKIE => "__Host-autostack-oauth=$_->{cookie}"}] } @way;
	my @done = map { fragment($_->{header}{location}) } $api->ask_all(@at);
	is scalar(grep { $_->{code} } @done), 4, "IN-6 four first sign-ins at once all come through ($round)"
		or diag explain \@done;
	is n("users WHERE email = 'twice$round\@example.com'"), 1, "IN-6 as one account ($round)";
}
done_testing();
END
