#!/bin/sh
# Access tokens over HTTP: what attackers of JWTs try. t/unit/svc_access.c has
# the bytes.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start
export TMP AS_CONF
api_perl <<'END'
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64url decode_base64url);
our $api;

open my $f, '<', "$ENV{TMP}/secret" or die $!;
chomp(my $secret = <$f>);
my $json = Cpanel::JSON::XS->new->canonical;
my $ada = $api->signup('ada');
my ($header, $claims, $mac) = split /\./, $ada->{accessToken};
my $good = $json->decode(decode_base64url($claims));
my $pids = pids();

sub status { return $api->ask(GET => '/api/auth/session', token => $_[0])->{status} }
sub sign { # header text, claims (hash or text), function, key
	my ($h, $c, $fn, $key) = @_;
	$c = $json->encode($c) if ref $c;
	my $text = encode_base64url($h) . '.' . encode_base64url($c);
	return $text . '.' . encode_base64url(($fn // \&hmac_sha256)->($text, $key // $secret));
}
my $h = decode_base64url($header);
sub with { return sign($h, {%$good, @_}) }
sub without { my %c = %$good; delete $c{$_[0]}; return sign($h, \%c) }
sub refused { is status($_[0]), 401, $_[1] }

is status($ada->{accessToken}), 200, 'the token of a signup works';
is status(with()), 200, 'so does the same token signed here: the attacks below fail for their own reason';

is_deeply [sort keys %$good], [sort qw(userId email name iat exp iss aud sid jti purpose)],
	'JW-10 the claims are the contract\'s and those that verification needs';
is $good->{exp} - $good->{iat}, 900, 'JW-10 15 minutes by default';

refused(sign(qq({"alg":"$_","typ":"JWT"}), $good), "JW-1 alg $_, signed") for qw(none None nOnE HS384 HS512 RS256 ES256 hs256);
for my $alg (qw(none None nOnE)) {
	my $text = encode_base64url(qq({"alg":"$alg","typ":"JWT"})) . ".$claims";
	refused("$text.", "JW-1 alg $alg, no signature");
	refused($text, "JW-1 alg $alg, two segments");
	refused("$text.$mac", "JW-1 alg $alg, another token's signature");
}
refused(sign('{"alg":"HS384","typ":"JWT"}', $good, \&hmac_sha384), 'JW-1 HS384 with our secret');
refused(sign('{"alg":"HS512","typ":"JWT"}', $good, \&hmac_sha512), 'JW-1 HS512 with our secret');
refused(sign($_, $good), "JW-1 header $_") for '{"alg":256,"typ":"JWT"}', '{"alg":["HS256"],"typ":"JWT"}', '{}', '[]', '""',
	'{"alg":"HS256","alg":"none","typ":"JWT"}', '{"alg":"none","alg":"HS256","typ":"JWT"}', '{"alg":"HS256"}';
refused($_, 'JW-1 form ' . substr($_, 0, 20)) for '.', '..', '...', 'a..b', "$header..$mac", "$header.$claims.",
	"$header.$claims", ".$claims.$mac", "$header.$claims.$mac.$mac", "$header.$claims.$mac.", 'x', ' ', 'null';

for my $key ('', "\0", 'secret', "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ==\n-----END PUBLIC KEY-----\n") {
	refused(sign($h, $good, undef, $key), 'JW-2 signed with ' . (length $key ? 'a key that is public' : 'an empty key'));
	refused(sign('{"alg":"RS256","typ":"JWT"}', $good, undef, $key), 'JW-2 the same as RS256');
}

my $trap = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Blocking => 0) or die $!;
my $url = 'http://127.0.0.1:' . $trap->sockport . '/k';
refused(sign(qq({"alg":"HS256","typ":"JWT",$_}), $good), "JW-3 $_") for '"kid":"../../dev/null"', '"kid":"\' OR 1=1 --"',
	qq("jku":"$url"), qq("x5u":"$url"), '"jwk":{"kty":"oct","k":""}';
ok !$trap->accept, 'JW-3 the trap server saw no request';

refused("$ada->{accessToken}$_", 'JW-4 token with ' . sprintf('%vd', $_) . ' behind') for '=', '==', ' ', "\n", 'A', '.', "\t";
refused(" $ada->{accessToken}", 'JW-4 token with a blank before');
(my $plus = $ada->{accessToken}) =~ tr{-_}{+/};
$plus = "$header.$claims." . ($mac =~ s/^./+/r) if $plus eq $ada->{accessToken};
refused($plus, 'JW-4 + and / for - and _');
for my $tail (map { chr } 65 .. 90, 97 .. 122, 48 .. 57) {
	my $t = substr($ada->{accessToken}, 0, -1) . $tail;
	next if $t eq $ada->{accessToken};
	status($t) == 401 or fail("JW-4 last character $tail");
}
pass 'JW-4 no other last character is accepted';
refused("$header." . encode_base64url("$_" . $json->encode($good)) . ".$mac", 'JW-4 other claims under the same signature') for ' ', "\n";

my $now = time;
refused(with(exp => $now - 1), 'JW-5 expired');
refused(without('exp'), 'JW-5 no exp');
refused(with(exp => $_), "JW-5 exp $_") for "$now", -1, 0;
refused(sign($h, $json->encode($good) =~ s/"exp":\d+/"exp":$_/r), "JW-5 exp $_") for '1e309', '9223372036854775808', '1.5e10',
	'true', 'null', '[]', '"9999999999"', '{}';
refused(with(nbf => $now + 120), 'JW-5 nbf in the future');
refused(with(nbf => "$now"), 'JW-5 nbf a string');
refused(with(iat => $now + 120), 'JW-5 iat in the future');
refused(with(iat => -1), 'JW-5 iat negative');
refused(without('iat'), 'JW-5 no iat');

refused(with($_->[0] => $_->[1]), "JW-6 $_->[0] $_->[1]") for [iss => 'https://evil.example'], [iss => ''], [aud => 'other'],
	[aud => ['autostack-api']], [purpose => 'ws'], [purpose => 'reset'], [purpose => 'verify'], [purpose => 'state'],
	[purpose => ''], [purpose => 'ACCESS'];
refused(without($_), "JW-6 no $_") for qw(iss aud purpose sid jti userId);
refused($ada->{refreshToken}, 'JW-6 a refresh token is no access token');
my $ticket = $api->ask(POST => '/api/ws-ticket', token => $ada->{accessToken}, json => {path => '/x'})->{json}{ticket};
refused($ticket, 'JW-6 a WebSocket ticket is no access token');
is $api->ask(POST => '/api/auth/refresh', json => {refreshToken => $ada->{accessToken}})->{status}, 401,
	'JW-6 an access token is no refresh token';
is $api->ask(POST => '/api/auth/refresh', json => {refreshToken => $ticket})->{status}, 401, 'JW-6 nor is a ticket';

refused(with(sid => '00000000-0000-4000-8000-000000000000'), 'JW-7 a session that is not');
my $bob = $api->signup('bob');
my $bobs = $json->decode(decode_base64url((split /\./, $bob->{accessToken})[1]));
refused(with(sid => $bobs->{sid}), 'JW-7 somebody else\'s session');
refused(with(userId => $bobs->{userId}), 'JW-7 somebody else\'s id in one\'s own session');
sql("UPDATE sessions SET revoked_at = now() WHERE id = '$bobs->{sid}'");
refused($bob->{accessToken}, 'JW-7 a revoked session');

refused('A' x 9000, 'JW-9 9 KB of text');
refused("$header." . 'A' x 70000 . ".$mac", 'JW-9 70 KB of claims');
refused(sign($h, {%$good, x => 'x' x 9000}), 'JW-9 9 KB with a right signature');
refused("$header$_", 'JW-9 bytes') for "\x80.\xff.\xfe", ".\0.";

my $r = $api->ask(GET => '/api/auth/session', token => 'x');
like $r->{header}{'www-authenticate'}, qr/^Bearer .*error="invalid_token"/, '401 names the scheme and the error';
unlike $r->{body}, qr/signature|segment|base64/, 'IN-5 the answer does not say what was wrong with it';
is status($ada->{accessToken}), 200, 'after all that the token still works';
is pids(), $pids, 'JW-9 the processes are the same';
done_testing();
END
