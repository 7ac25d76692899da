#!/bin/sh
# Signing in by OpenID Connect, as at Google, against a provider of real make:
# oidc-provider from npm, at a version that Debian's nodejs runs.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"

oidc_start
port=${OIDC_URL##*:}
umask 077
oauth_github_start

# shellcheck disable=SC2046 # a list of settings
start() {
	api_start $(oauth_settings) google_client_id=test-google \
		"google_client_secret=$OIDC_SECRET" oauth_timeout=15s \
		api_processes=4 "$@"
}
failed_by_tls() {
	api GET '/api/auth/google?next=/x'
	is "$API_STATUS $(header Location)" \
		"302 https://localhost/oauth#error=provider_failed&next=%2Fx" "OA-11 $1"
	is "$(header Set-Cookie)" "" "OA-11 without a cookie"
	like "$(cat "$AS_LOG.api")" "PROVIDER_FAILED.*$2" "OA-11 the log says why"
	api_stop
}
start "google_issuer=https://127.0.0.1:$port"
failed_by_tls "a certificate that nobody vouches for ends it" "127.0.0.1: SSL"
start "google_issuer=https://localhost:$port" "oauth_ca_file=$OIDC/cert.pem"
failed_by_tls "one for another name, too" "localhost: SSL"
start "google_issuer=http://192.0.2.1:$port"
failed_by_tls "nothing is asked without TLS" "neither https nor loopback"

start "google_issuer=https://127.0.0.1:$port" "oauth_ca_file=$OIDC/cert.pem"
tap_before=$tap_n
export tap_before port
api_perl <<'END'
use strict;
use warnings;
use Oauth;
our $api;
Test::More->builder->current_test($ENV{tap_before});
my $issuer = "https://127.0.0.1:$ENV{port}";
sub n { return sql("SELECT count(*) FROM $_[0]") }
sub file {
	my ($name, $text) = @_;
	open my $f, '>', "$ENV{OIDC}/$name" or die $!;
	print $f $text;
	close $f;
}
sub curl { # status, location, body
	my ($jar, @args) = @_;
	open my $p, '-|', 'curl', '-s', '-i', '--noproxy', '*', '--cacert', "$ENV{OIDC}/cert.pem", '-b', $jar, '-c', $jar, @args or die $!;
	local $/;
	my ($head, $body) = split /\r\n\r\n/, scalar(<$p>) // '', 2;
	close $p;
	my ($status) = $head =~ /^HTTP\S+ (\d+)/;
	my ($to) = $head =~ /^location: *(\S+)/im;
	return ($status, $to, $body);
}
# A person at the provider: signs in, consents, is sent back.
my $jars = 0;
sub person {
	my ($url, $login) = @_;
	my $jar = "$ENV{OIDC}/jar.$$." . $jars++;
	my @args = $url;
	for (1 .. 12) {
		my ($status, $to, $body) = curl($jar, @args);
		if ($to) {
			return $1 if $to =~ m{^https://localhost(/.*)};
			@args = $to =~ m{^/} ? "$issuer$to" : $to;
		} elsif (my ($action) = ($body // '') =~ /<form[^>]* action="([^"]+)"/) {
			my ($prompt) = $body =~ /name="prompt" value="([^"]+)"/;
			@args = ('-d', "prompt=$prompt&login=sub-$login&password=x", $action);
		} else { die "$args[-1]: " . ($status // 'nothing') . ' ' . ($body // '') }
	}
	die 'no end';
}
sub google {
	my ($login, $query) = @_;
	my $s = start('google', $query);
	return back(person($s->{url}, $login), $s->{cookie});
}
my %accounts;
sub account {
	my ($login, %claims) = @_;
	$accounts{"sub-$login"} = {name => "Name of $login", email => "$login\@example.com", email_verified => Cpanel::JSON::XS::true(),
		picture => 'https://lh3.googleusercontent.com/a/x', %claims};
	file('accounts.json', Cpanel::JSON::XS->new->utf8->encode(\%accounts));
}
account('grace');

# there and back
my $s = start('google', '?next=/projects');
is $s->{answer}{status}, 302, 'a start sends the browser to the provider';
like $s->{url}, qr{^\Q$issuer\E/auth\?response_type=code&}, 'where its discovery document says, for a code';
like $s->{url}, qr/[?&]scope=openid%20email%20profile&/, 'for a name and an address';
like $s->{url}, qr/[?&]code_challenge=[A-Za-z0-9_-]{43}&code_challenge_method=S256/, 'OA-2 with PKCE, which this provider wants';
my ($nonce) = $s->{url} =~ /[?&]nonce=([A-Za-z0-9_-]{43})&/;
is sql('SELECT nonce FROM oauth_states'), $nonce, 'OA-5 and a nonce of this sign-in';
my $back = person($s->{url}, 'grace');
like $back, qr/[?&]iss=https%3A%2F%2F127/, 'OA-4 the provider names itself';
my $r = back($back, $s->{cookie});
is $r->{at}{next}, '/projects', 'it ends where it wanted to go' or diag $r->{raw};
my $u = finish($r->{at}{code})->{json}{user};
is_deeply [@$u{qw(name email avatarUrl emailVerified)}], ['Name of grace', 'grace@example.com', 'https://lh3.googleusercontent.com/a/x', Cpanel::JSON::XS::true()],
	'as the account that the provider told of';
is sql("SELECT subject || '|' || (token_sealed IS NULL) FROM identities"), 'sub-grace|true', 'OA-6 by its sub; no token is kept, since none is used';
is back($back, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-1 a second time is refused';
account('grace', email => 'moved@example.com', name => 'Moved');
is finish(google('grace')->{at}{code})->{json}{user}{id}, $u->{id}, 'OA-6 another address there: the same account';
account('thief', email => 'thief@example.com');
account('thief', email => 'grace@example.com', email_verified => Cpanel::JSON::XS::false());
is google('thief')->{at}{error}, 'email_unverified', 'OA-7 an address that the provider does not vouch for opens nothing';
account('thief', email => 'grace@example.com', email_verified => 'true');
is google('thief')->{at}{error}, 'email_unverified', 'IN-9 nor the word for it';

# mix-up between providers
github(id => 1, mail => 'mix@example.com');
$s = start('github');
my $gh = visit($s->{url});
is back($gh =~ s/github/google/r, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-4 a state for GitHub is refused at Google\'s callback';
is back($gh, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-4 and used up by that';
$s = start('google');
$back = person($s->{url}, 'grace');
is back($back =~ s/google/github/r, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-4 the other way round, too';
$s = start('google');
is back(person($s->{url}, 'grace') =~ s/iss=[^&]*/iss=https%3A%2F%2Fevil.example/r, $s->{cookie})->{at}{error}, 'oauth_state', 'OA-4 an iss of somebody else is refused';
my $first = start('google');
my $code = person($first->{url}, 'grace') =~ s/.*[?&]code=([^&]*).*/$1/r;
$s = start('google');
is back(person($s->{url}, 'grace') =~ s/code=[^&]*/code=$code/r, $s->{cookie})->{at}{error}, 'provider_failed', 'OA-2 an injected code is worth nothing';

# what is not an ID token of this sign-in
account('new');
for my $how (qw(none signature algorithm own-key audience audiences issuer expired nonce no-nonce crit keys subject)) {
	$s = start('google');
	my $to = person($s->{url}, 'new');
	file('odd', $how);
	is back($to, $s->{cookie})->{at}{error}, 'provider_failed', "OA-5 refused: $how";
	file('odd', '');
}
is n("users WHERE email = 'new\@example.com'"), 0, 'OA-5 none of them made an account';
for my $how (qw(discovery http away)) {
	file('odd', $how);
	my $r = start('google', '?next=/x')->{answer};
	is $r->{header}{location}, 'https://localhost/oauth#error=provider_failed&next=%2Fx', "OA-5 a discovery document is refused: $how";
}
file('odd', '');
ok google('new')->{at}{code}, 'afterwards it works';

# one account with both
my $t = finish(google('grace')->{at}{code})->{json}{accessToken};
github(id => 7, mail => 'grace-at-github@example.com');
$r = $api->ask(POST => '/api/auth/oauth/link', token => $t, json => {provider => 'github'});
my $way = Oauth::from($r, $r->{json}{url});
is back(visit($way->{url}), $way->{cookie})->{at}{linked}, 'github', 'an account of Google\'s links GitHub';
is $api->ask(DELETE => '/api/auth/oauth/identities/google', token => $t)->{status}, 204, 'and may leave Google';
is finish(sign_in('github')->{at}{code})->{json}{user}{id}, $u->{id}, 'GitHub opens it';
is $api->ask(DELETE => '/api/auth/oauth/identities/github', token => $t)->{status}, 409, 'OA-10 but not leave both';

my $log = '';
for my $f (glob "$ENV{AS_LOG}.api") { open my $h, '<', $f or die $!; local $/; $log .= <$h> }
unlike $log, qr/canary/, 'OA-11 the client secret is in no log';
unlike $log, qr/\Q$code\E/, 'OA-11 nor is a code';
done_testing();
END
