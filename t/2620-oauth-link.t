#!/bin/sh
# Linking accounts at GitHub to one's own, and unlinking them.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=8 recent_login_seconds=600
api_perl <<'END'
use strict;
use warnings;
use Oauth;
our $api;
my $r;
sub n { return sql("SELECT count(*) FROM $_[0]") }
sub begin {
	my ($token, %more) = @_;
	my $r = $api->ask(POST => '/api/auth/oauth/link', token => $token, json => {provider => 'github', %more});
	return Oauth::from($r, $r->{json}{url} // '');
}
sub join_up { my $s = begin(@_); return back(visit($s->{url}), $s->{cookie}) }
sub identities { return $api->ask(GET => '/api/auth/oauth/identities', token => $_[0]) }
sub unlink_it { return $api->ask(DELETE => '/api/auth/oauth/identities/' . ($_[1] // 'github'), token => $_[0]) }

my $ada = $api->signup('ada');
my $t = $ada->{accessToken};
is identities($t)->{body}, '{"identities":[]}', 'at first nothing is linked';
is unlink_it($t)->{json}{error}{code}, 'IDENTITY_NOT_FOUND', 'what is not linked cannot be unlinked';
is unlink_it($t, 'gitlab')->{status}, 422, 'nor a provider that there is not';

# who may
is $api->ask(POST => '/api/auth/oauth/link', json => {provider => 'github'})->{status}, 401, 'OA-10 linking needs a live session';
is $api->ask(POST => '/api/auth/oauth/link', token => $t, json => {provider => 'google'})->{json}{error}{code}, 'PROVIDER_NOT_FOUND', 'and a provider that is set up';
sql("UPDATE sessions SET created_at = now() - interval '601 seconds' WHERE user_id = '$ada->{user}{id}'");
$r = begin($t)->{answer};
is $r->{status}, 403, 'OA-10 and a sign-in that is not old';
is $r->{json}{error}{code}, 'SIGN_IN_AGAIN', 'OA-10 by name';
ok !$r->{header}{'set-cookie'}, 'OA-10 without a cookie';
is n('oauth_states'), 0, 'OA-10 nothing is begun';
sql("UPDATE sessions SET created_at = now()");

# linking, to an account with another address that is not confirmed
github(id => 42, login => 'ada-l', mail => 'lovelace@example.org');
my $s = begin($t, next => '/settings');
is $s->{answer}{status}, 200, 'a link begins';
like $s->{url}, qr{^\Q$ENV{GITHUB_URL}\E/login/oauth/authorize\?}, 'at GitHub';
like $s->{answer}{header}{'set-cookie'}, qr/^__Host-autostack-oauth=[^;]+; Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/, 'in this browser';
my $back = visit($s->{url});
$r = back($back, undef);
is $r->{at}{error}, 'oauth_state', 'OA-1 another browser cannot end it';
$s = begin($t, next => '/settings');
$r = back(visit($s->{url}), $s->{cookie});
is_deeply $r->{at}, {linked => 'github', next => '/settings'}, 'it ends with the word and no code';
is_deeply [map { [@$_{qw(id provider login email)}] } @{identities($t)->{json}{identities}}],
	[['42', 'github', 'ada-l', 'lovelace@example.org']], 'it is listed';
is n("mails WHERE kind = 'oauth_linked' AND recipient = 'ada\@example.com'"), 1, 'the owner gets a mail';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.oauth_link' AND outcome = 'success' AND user_id = '$ada->{user}{id}'"), 1, 'LOG-1 and an audit row';
is sql("SELECT email || email_verified FROM users WHERE id = '$ada->{user}{id}'"), 'ada@example.comfalse', 'the account keeps its address, confirmed or not';
is finish(sign_in('github')->{at}{code})->{json}{user}{id}, $ada->{user}{id}, 'now GitHub opens it';
is join_up($t)->{at}{linked}, 'github', 'linking the same again is fine';
is n('identities'), 1, 'and adds nothing';
github(id => 43, mail => 'second@example.org');
is join_up($t)->{at}{error}, 'provider_linked', 'a second account of one provider is refused, and why';

# conflicts
my $bob = $api->signup('bob');
github(id => 42, login => 'ada-l', mail => 'lovelace@example.org');
is join_up($bob->{accessToken})->{at}{error}, 'identity_taken', 'an account there that is linked to somebody else is refused';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.oauth_link' AND outcome = 'failure' AND user_id = '$bob->{user}{id}' AND details->>'code' = 'IDENTITY_TAKEN'"),
	1, 'LOG-1 and audited';
is identities($bob->{accessToken})->{body}, '{"identities":[]}', 'SET-1 nobody sees those of others';
is unlink_it($bob->{accessToken})->{status}, 404, 'SET-1 nor unlinks them';
is n('identities'), 1, 'SET-1 indeed';
for my $round (1 .. 4) {
	github(id => 100 + $round, mail => "race$round\@example.org");
	my @who = map { $api->signup("race$round$_") } qw(a b);
	my @way = map { begin($_->{accessToken}) } @who;
	my @at = map { fragment($_->{header}{location}) } $api->ask_all(map {
		[GET => visit($_->{url}), params => {HTTP_COOKIE => "__Host-autostack-oauth=$_->{cookie}"}] } @way);
	is_deeply [sort map { $_->{linked} // $_->{error} } @at], ['github', 'identity_taken'], "IN-6 of two at once one gets it ($round)";
}

# what ended in between
github(id => 200, mail => 'late@example.org');
my $eve = $api->signup('eve');
$s = begin($eve->{accessToken});
$back = visit($s->{url});
$api->ask(POST => '/api/auth/logout', token => $eve->{accessToken});
is back($back, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-10 a session that ended links nothing';
$eve = $api->ask(POST => '/api/auth/login', json => {email => 'eve@example.com', password => 'correct horse eve'})->{json};
$s = begin($eve->{accessToken});
$back = visit($s->{url});
sql("UPDATE users SET active = false WHERE id = '$eve->{user}{id}'");
is back($back, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-10 nor does a disabled account';
sql("DELETE FROM users WHERE id = '$eve->{user}{id}'");
is n("identities WHERE subject = '200'"), 0, 'OA-10 indeed';
is n('oauth_states WHERE user_id IS NOT NULL'), 0, 'a deleted account leaves no way behind';

# unlinking
$r = unlink_it($t);
is $r->{status}, 204, 'with a password, the only one can be unlinked';
is n("audit_logs WHERE event = 'auth.oauth_unlink' AND outcome = 'success' AND target = 'github'"), 1, 'LOG-1 which is audited';
is identities($t)->{body}, '{"identities":[]}', 'and is gone';
github(id => 300, mail => 'only@example.org');
my $only = finish(sign_in('github')->{at}{code})->{json};
$r = unlink_it($only->{accessToken});
is $r->{status}, 409, 'OA-10 the last way to sign in stays';
is $r->{json}{error}{code}, 'LAST_LOGIN_METHOD', 'OA-10 by name';
is n("identities WHERE subject = '300'"), 1, 'OA-10 indeed';
for my $round (1 .. 5) {
	sql("INSERT INTO identities (provider, subject, user_id) VALUES ('google', 'g$round', '$only->{user}{id}')");
	my @r = $api->ask_all(map { [DELETE => "/api/auth/oauth/identities/$_", token => $only->{accessToken}] } qw(github google));
	is_deeply [sort map { $_->{status} } @r], [204, 409], "OA-10 IN-6 of two unlinked at once one stays ($round)";
	is n("identities WHERE user_id = '$only->{user}{id}'"), 1, "OA-10 indeed ($round)";
	sql("DELETE FROM identities WHERE user_id = '$only->{user}{id}'");
	sql("INSERT INTO identities (provider, subject, user_id) VALUES ('github', '300', '$only->{user}{id}')");
}

# a client that is no browser of the panel's gets nothing by it
is begin($t, userId => $bob->{user}{id})->{answer}{status}, 422, 'OA-9 linking takes nobody\'s id';
done_testing();
END
