#!/bin/sh
# Providers that are slow, broken or hostile; what they say is never believed,
# and what they are told never reaches a log.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
oauth_github_start
export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 \
	ALL_PROXY=http://127.0.0.1:1
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=4 hash_slots=1 oauth_timeout=4s
unset http_proxy https_proxy ALL_PROXY
SEAL=$abs_top_builddir/t/helper/seal
export TMP SEAL
api_perl <<'END'
use strict;
use warnings;
use Oauth;
use Time::HiRes qw(time);
our $api;
my $pids = pids();
my $r;
sub n { return sql("SELECT count(*) FROM $_[0]") }
sub quiet { # ends with this word, in time, and tells nothing
	my ($what, $word) = @_;
	my $s = start('github', '?next=/x');
	my $began = time;
	$r = back(visit($s->{url}), $s->{cookie});
	my $took = time - $began;
	my $ok = $r->{status} == 302 && ($r->{at}{error} // '') eq ($word // 'provider_failed') && $r->{at}{next} eq '/x'
		&& $took < 8 && $r->{body} eq '' && $r->{raw} !~ /canary|gho_|curl|127\.0\.0\.1/;
	return ok($ok, $what) || diag sprintf '%.1f s: %s', $took, $r->{raw};
}

github(id => 1, mail => 'a@example.com');
ok sign_in('github')->{at}{code}, 'WH-6 a proxy in the environment means nothing';
my $users = n('users');

my $ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
my $port = ($ENV{GITHUB_URL} =~ /(\d+)$/)[0];
my %raw = (
	500 => "HTTP/1.1 500 Oops\r\nContent-Length: 24\r\nConnection: close\r\n\r\n{\"message\":\"a \\u001b[31m\"}",
	redirect => "HTTP/1.1 302 Found\r\nLocation: $ENV{GITHUB_URL}/stolen\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	307 => "HTTP/1.1 307 Temporary\r\nLocation: $ENV{GITHUB_URL}/stolen\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	file => "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	gopher => "HTTP/1.1 302 Found\r\nLocation: gopher://127.0.0.1:$port/1stolen\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	html => "$ok\r\n<html><script>alert(1)</script>",
	nothing => '',
	cut => "${ok}Content-Length: 5000\r\n\r\n{\"access_token\":\"x\"",
	empty => "$ok\r\n",
	null => "$ok\r\nnull",
	number => "$ok\r\n1",
	list => "$ok\r\n[]",
	nested => "$ok\r\n" . '[' x 3000 . ']' x 3000,
	twice => "$ok\r\n{\"id\":1,\"id\":2,\"access_token\":\"x\",\"token_type\":\"bearer\"}",
	gzip => "${ok}Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56",
	utf8 => "$ok\r\n{\"id\":1,\"login\":\"\xff\xfe\"}",
);
put($_, $raw{$_}) for keys %raw;
for my $path ('/login/oauth/access_token', '/user', '/user/emails') {
	for my $how (qw(slow drip big headers), sort keys %raw) {
		next if $path eq '/user/emails' && $how eq 'list';
		odd("$path $how");
		quiet("OA-11 IN-9 $path answers $how");
	}
}
odd('/user/emails list');
github(id => 50);
quiet('OA-8 an empty list of addresses', 'email_unverified');
is scalar(asked('/stolen')), 0, 'WH-5 no redirect was followed';

# each value of a wrong type
my %user = ('a text as id' => '{"id":"1","login":"x"}', 'no id' => '{"login":"x"}', 'a fraction' => '{"id":1.5}', 'nought' => '{"id":0}',
	'less' => '{"id":-5}', 'too much' => '{"id":9223372036854775808}', 'truth' => '{"id":true}', 'null' => '{"id":null}', 'an object' => '{"id":{}}');
odd('');
for (sort keys %user) {
	put('user.json', $user{$_});
	quiet("IN-9 $_ for an id");
}
put('user.json', '{"id":77,"login":["x"],"name":{"a":1},"avatar_url":5}');
emails({email => 'types@example.com', primary => Cpanel::JSON::XS::true(), verified => Cpanel::JSON::XS::true()}, 5, 'x', [], undef);
my $u = finish(sign_in('github')->{at}{code})->{json}{user};
is $u->{name}, 'GitHub', 'IN-9 names of a wrong type are none';
put('user.json', '{"id":78,"login":"x\u001b[31m","name":"\u202e' . ('x' x 400) . '","avatar_url":"https://x/\r\nSet-Cookie: a"}');
emails({email => 'long@example.com', primary => Cpanel::JSON::XS::true(), verified => Cpanel::JSON::XS::true()});
$u = finish(sign_in('github')->{at}{code})->{json}{user};
cmp_ok length($u->{name}), '<=', 255, 'IN-9 a long name is cut';
is $u->{avatarUrl}, undef, 'IN-9 an address of two lines is none';
is sql("SELECT login FROM identities WHERE subject = '78'"), '', 'IN-9 nor is a login name with an escape sequence';
put('emails.json', '[' . join(',', map { "{\"email\":\"u$_\@example.com\",\"primary\":true,\"verified\":false}" } 1 .. 3000) . ']');
put('user.json', '{"id":79}');
quiet('IN-9 three thousand addresses that nobody confirmed', 'email_unverified');
put('emails.json', '[' . join(',', ('{}') x 30000) . ']');
quiet('IN-9 more than anybody has');
for my $bad ('{"access_token":"a b","token_type":"bearer"}', '{"access_token":"a\u0000b","token_type":"bearer"}',
	'{"access_token":"x\r\nX-Evil: 1","token_type":"bearer"}', '{"access_token":"","token_type":"bearer"}', '{"access_token":5,"token_type":"bearer"}',
	'{"access_token":"x","token_type":"mac"}', '{"access_token":"x"}', '{"access_token":"' . ('x' x 5000) . '","token_type":"bearer"}',
	'{"error":"<script>","access_token":"x"}', '{"error":"bad_verification_code"}') {
	put('token', "$ok\r\n$bad");
	odd('/login/oauth/access_token token');
	quiet('IN-9 no token: ' . substr $bad, 0, 40);
}
is n('users'), $users + 2, 'OA-11 nobody else has an account of it';

# a slow provider does not take the pool
github(id => 1, mail => 'a@example.com');
odd('/user slow');
my @way = map { start('github') } 1 .. 8;
my @ask = map { [GET => visit($_->{url}), params => {HTTP_COOKIE => "__Host-autostack-oauth=$_->{cookie}"}] } @way;
my $began = time;
my @r = $api->ask_all(@ask, (map { [GET => '/health'] } 1 .. 4),
	map { [POST => '/api/auth/login', json => {email => "x$_\@example.com", password => 'wrong password'}] } 1 .. 10);
my @word = map { fragment($_->{header}{location})->{error} // '' } @r[0 .. 7];
is scalar(grep { /^(provider_failed|service_unavailable)$/ } @word), 8, 'OA-11 eight sign-ins at a slow provider fail in a word';
cmp_ok scalar(grep { $_ eq 'service_unavailable' } @word), '>=', 4, 'OA-11 most of them at once, for others need the pool';
is scalar(grep { $_->{status} == 200 } @r[8 .. 11]), 4, 'OA-11 /health answers meanwhile';
is scalar(grep { $_->{status} == 401 || $_->{status} == 503 } @r[12 .. 21]), 10, 'OA-11 ten logins at the same time are answered';
cmp_ok time - $began, '<', 20, 'OA-11 and all is over soon';
my ($busy) = grep { (fragment($_->{header}{location})->{error} // '') eq 'service_unavailable' } @r[0 .. 7];
is $busy->{status}, 302, 'a browser that is put off is sent to the panel, too';
odd('');
ok sign_in('github')->{at}{code}, 'OA-11 afterwards it works';

# OA-12 the token at rest
my $token = (asked('/user'))[-1]{headers}{authorization} =~ s/^Bearer //r;
like $token, qr/^gho_/, 'the token is GitHub\'s';
my $dump = join "\n", map { sql("SELECT t::text FROM $_ t") } split /\n/, sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
unlike $dump, qr/gho_|ghp_|canary/, 'OA-12 no table holds it in clear, nor any other secret';
my ($id, $sealed, $scopes) = split /\|/, sql("SELECT user_id, token_sealed, scopes FROM identities WHERE subject = '1'");
like $sealed, qr/^v1\.[A-Za-z0-9_-]+$/, 'OA-12 but sealed';
is $scopes, 'read:user,user:email', 'OA-12 with its scopes';
sub opens {
	my ($row, $text) = @_;
	open my $f, '>', "$ENV{TMP}/sealed" or die $!;
	print $f $text;
	close $f;
	return scalar `'$ENV{SEAL}' -o '$ENV{TMP}/secret' '$row' <'$ENV{TMP}/sealed'` =~ s/\n\z//r;
}
is opens("identity:$id:github", $sealed), $token, 'OA-12 it opens for its row';
isnt opens("identity:$id:google", $sealed) // '', $token, 'OA-12 not for another column';
isnt opens("identity:$u->{id}:github", $sealed) // '', $token, 'OA-12 nor for another user';
(my $bent = $sealed) =~ s/(.{20})(.)(.*)$/$1 . ($2 eq 'A' ? 'B' : 'A') . $3/e;
isnt opens("identity:$id:github", $bent) // '', $token, 'OA-12 nor with a byte flipped';
is sql("SELECT count(DISTINCT substr(token_sealed, 1, 19)) = count(*) FROM identities WHERE token_sealed IS NOT NULL"), 't', 'OA-12 each nonce is another one';
my $old = $sealed;
sign_in('github');
isnt sql("SELECT token_sealed FROM identities WHERE subject = '1'"), $old, 'OA-12 each sign-in stores the newest token';
my $s = start('github');
sql("UPDATE oauth_states SET verifier_sealed = 'v1.' || repeat('A', 60)");
is back(visit($s->{url}), $s->{cookie})->{at}{error}, 'internal_server_error', 'OA-12 a verifier that was altered is no crash';

# logs
my $log = '';
for my $f (glob "$ENV{AS_LOG}.api") { open my $h, '<', $f or die $!; local $/; $log .= <$h> }
unlike $log, qr/canary|gho_[A-Za-z0-9]{10}/, 'OA-11 LOG-2 neither secret nor token is in the log';
unlike $log, qr/code=|state=|[0-9a-f]{20}(?![0-9a-f-])(?<!")\?/, 'OA-11 nor an address with its code';
my @codes = map { $_->{form}{code} } asked('/login/oauth/access_token');
is scalar(grep { $_ && index($log, $_) >= 0 } @codes), 0, 'OA-11 LOG-2 nor one of ' . @codes . ' codes';
like $log, qr/"op":"oauthGithubCallback","code":"PROVIDER_FAILED","cause":"127\.0\.0\.1: Timeout/, 'the operator is told what was wrong';
is pids(), $pids, 'the processes are the same';
done_testing();
END
