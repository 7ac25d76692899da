#!/bin/sh
# Who gets a stream: judged before the 101, in the contract's error shape.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
export WS_PER_USER_MAX=3 WS_CONNECTIONS_MAX=4
pg_start
ws_start
ws_perl <<'END'
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(encode_base64url);
use Test::More;
use Ws;
my $pid = Ws::pid();
my $id = Ws::deployment();
my @secrets; # whatever was sent as a credential

sub ask {
	my ($query, %o) = @_;
	my $ws = Ws->open(($o{path} // Ws::stream($id)) . $query, unix => $ENV{WS_SOCK}, %o);
	$ws->hang_up if ($ws->{status} // 0) == 101 && !$o{keep};
	return $ws;
}
sub refused {
	my ($ws, $status, $code, $what) = @_;
	my $e = eval { $Ws::json->decode($ws->{body})->{error} } // {};
	is_deeply [$ws->{status}, @$e{qw(code statusCode)}, ref $e->{details}],
		[$status, $code, $status, 'HASH'], $what or diag $ws->{body};
	like $ws->{headers}{'content-type'}, qr{^application/json}, "$what: JSON";
	is $ws->{headers}{'cache-control'}, 'no-store', "$what: not stored";
	return $ws;
}
sub token { push @secrets, Ws::token(@_); return "?token=$secrets[-1]" }
sub quiet { my ($q, $status, $code, $what, %o) = @_; return refused(ask($q, %o), $status, $code, $what) }

# ---- WS-1 ----
is ask(token())->{status}, 101, 'WS-1 a good token opens the stream';
is ask('', headers => { Authorization => 'Bearer ' . substr token(), 7 })->{status}, 101,
	'WS-1 so does Authorization: Bearer';
my $ws = quiet('', 401, 'UNAUTHORIZED', 'WS-1 no token');
is $ws->{headers}{'www-authenticate'}, 'Bearer', 'WS-1 with WWW-Authenticate';
my $now = time;
my $good = Ws::token();
my %bad = (
	'empty' => '', 'garbage' => 'garbage', 'dots' => '..', 'one dot' => 'a.b', 'two empty' => 'a..b',
	'four parts' => "$good.x", 'no signature' => $good =~ s/[^.]+$//r,
	'altered' => $good =~ s/\.(.)/'.' . ($1 eq 'A' ? 'B' : 'A')/er,
	'padded' => "$good%3D", 'blank' => "$good%20", 'newline' => "$good%0A", 'NUL' => "$good%00",
	'expired' => Ws::token(iat => $now - 100, exp => $now - 1),
	'no exp' => Ws::token(exp => undef), 'exp text' => Ws::token(exp => 'never'),
	'iat ahead' => Ws::token(iat => $now + 3600, exp => $now + 7200),
	'nbf ahead' => Ws::token(nbf => $now + 3600),
	'purpose ws' => Ws::token(purpose => 'ws'), 'purpose reset' => Ws::token(purpose => 'reset'),
	'no purpose' => Ws::token(purpose => undef), 'another issuer' => Ws::token(iss => 'https://evil.example'),
	'another audience' => Ws::token(aud => 'x'), 'no sid' => Ws::token(sid => undef),
	'sid of nobody' => Ws::token(sid => '00000000-0000-4000-8000-00000000dead'),
	'another user' => Ws::token(userId => '00000000-0000-4000-8000-00000000dead'),
	'another key' => Ws::token(_secret => 'x' x 40),
	'alg none' => Ws::token(_header => '{"alg":"none"}'),
	'HS512' => Ws::token(_header => '{"alg":"HS512","typ":"JWT"}'),
	'doubled alg' => Ws::token(_header => '{"alg":"HS256","alg":"HS256","typ":"JWT"}'),
	'kid' => Ws::token(_header => '{"alg":"HS256","kid":"../../dev/null","typ":"JWT"}'),
	'8 KiB' => ('x' x 8192) . '.y.z');
for my $what (sort keys %bad) {
	push @secrets, $bad{$what};
	my $ws = ask("?token=$bad{$what}");
	ok $ws->{status} == 401 || ($what eq 'NUL' && $ws->{status} == 400), "WS-1 token: $what" or diag $ws->{status};
}
for my $b ('Basic dTpw', 'Bearer', 'Bearer ', "Bearer $good $good", 'bearer x') {
	is ask('', headers => { Authorization => $b })->{status}, 401, "WS-1 Authorization: $b";
}
is ask("?token=$good", headers => { Authorization => 'Bearer nonsense' })->{status}, 401,
	'WS-1 two credentials: both have to be good';
quiet("?token=$good&token=$good", 400, 'BAD_REQUEST', 'WS-1 a doubled parameter');

my $rid = '0f8fad5b-d9cb-469f-a165-70867728950e';
is ask("?token=$good", headers => { 'X-Request-Id' => $rid })->{headers}{'x-request-id'}, $rid, 'the request id of nginx';
isnt ask("?token=$good", headers => { 'X-Request-Id' => 'made up' })->{headers}{'x-request-id'}, 'made up', 'which is a UUID';

# sessions
my $session = Ws::sql("INSERT INTO sessions (user_id, expires_at) VALUES ('$ENV{WS_USER}', now() + interval '1 day') RETURNING id");
my $mine = Ws::token(sid => $session);
is ask("?token=$mine")->{status}, 101, 'WS-1 a second session';
Ws::sql("UPDATE sessions SET revoked_at = now() WHERE id = '$session'");
is ask("?token=$mine")->{status}, 401, 'WS-1 revoked: 401';
Ws::sql("UPDATE sessions SET revoked_at = NULL, expires_at = now() - interval '1 s' WHERE id = '$session'");
is ask("?token=$mine")->{status}, 401, 'WS-1 past its end: 401';
Ws::sql("UPDATE sessions SET expires_at = now() + interval '1 day', last_used_at = now() - interval '20 days' WHERE id = '$session'");
is ask("?token=$mine")->{status}, 401, 'WS-1 idle for too long: 401';
Ws::sql("UPDATE sessions SET last_used_at = now() WHERE id = '$session'");
Ws::sql("UPDATE users SET active = false WHERE id = '$ENV{WS_USER}'");
is ask("?token=$good")->{status}, 401, 'WS-1 a disabled account: 401';
Ws::sql("UPDATE users SET active = true WHERE id = '$ENV{WS_USER}'");

# others' deployments
my $them = Ws::sql("INSERT INTO users (name, email) VALUES ('V', 'v\@example.com') RETURNING id");
my $theirs = Ws::deployment(user => $them);
$ws = quiet("?token=$good", 404, 'DEPLOYMENT_NOT_FOUND', 'WS-1 somebody else\'s deployment', path => Ws::stream($theirs));
my $ws2 = quiet("?token=$good", 404, 'DEPLOYMENT_NOT_FOUND', 'WS-1 no deployment', path => Ws::stream('00000000-0000-4000-8000-00000000dead'));
is $ws->{body}, $ws2->{body}, 'WS-1 both answer the same';
quiet("?token=$good", 401, 'UNAUTHORIZED', 'WS-1 without a session nothing is told about them',
	path => Ws::stream($theirs)) if 0 == Ws::sql("WITH x AS (UPDATE sessions SET revoked_at = now()
	WHERE id = '$ENV{WS_SESSION}' RETURNING 1) SELECT 0");
Ws::sql("UPDATE sessions SET revoked_at = NULL WHERE id = '$ENV{WS_SESSION}'");

# ---- WS-2 ----
for my $o ('https://panel.example', 'https://other.example', 'https://third.example:8443') {
	is ask("?token=$good", headers => { Origin => $o })->{status}, 101, "WS-2 Origin $o is allowed";
}
for my $o ('https://evil.example', 'http://panel.example', 'https://PANEL.example', 'https://panel.example:444', 'https://panel.example.evil.example',
	'https://panel.exampl', 'null', '', 'https://', 'https://other.example, https://third.example:8443') {
	quiet("?token=$good", 403, 'FORBIDDEN', "WS-2 Origin '$o'", headers => { Origin => $o });
}
is ask("?token=$good")->{status}, 101, 'WS-2 no Origin is allowed, with a token';

# ---- WS-3 tickets ----
sub ticket {
	my (%o) = @_;
	my $t = $o{text} // encode_base64url(join '', map { chr int rand 256 } 1 .. 32);
	my $path = $o{path} // Ws::stream($id);
	my $ttl = $o{seconds} // 60;
	Ws::sql("INSERT INTO ws_tickets (hash, user_id, session_id, path, expires_at) VALUES
		('" . sha256_hex($t) . "', '$ENV{WS_USER}', '$ENV{WS_SESSION}', '$path', now() + interval '$ttl s')");
	push @secrets, $t;
	return "?token=$t";
}
my $t = ticket();
is ask($t)->{status}, 101, 'WS-3 a ticket opens its stream';
quiet($t, 401, 'UNAUTHORIZED', 'WS-3 once');
quiet(ticket(seconds => -1), 401, 'UNAUTHORIZED', 'WS-3 an expired ticket');
my $other = Ws::deployment();
$t = ticket(path => Ws::stream($other));
quiet($t, 401, 'UNAUTHORIZED', 'WS-3 a ticket for another stream');
is ask($t, path => Ws::stream($other))->{status}, 401, 'WS-3 which is used up by that';
is ask(ticket(), path => "/ws/logs/$id")->{status}, 101, 'WS-3 a ticket is for the stream, by whatever alias';
is Ws::sql('SELECT count(*) FROM ws_tickets'), 0, 'WS-3 no used ticket stays';
is ask('?token=' . sha256_hex($secrets[-1]))->{status}, 401, 'WS-3 the hash of a ticket is no ticket';
$t = ticket();
my @race = map { my $w = Ws->dial(unix => $ENV{WS_SOCK}); $w->put(Ws->request(Ws::stream($id) . $t)); $w } 1 .. 5;
$_->answer for @race;
is scalar(grep { $_->{status} == 101 } @race), 1, 'WS-3 of five at once one gets in';
$_->hang_up for @race;

# ---- paths and methods ----
for my $path ('/', '/api', '/api/deployments', "/api/deployments/$id", "/api/deployments/$id/logs", '/ws/logs/x',
	"/ws/logs/$id/", "/ws/logs/${id}x", "/api/deployments//logs/stream", "/api/v2/ws/logs/$id", "/deployments/$id/logs/stream",
	'/ws/logs/00000000-0000-4000-8000-00000000000%64', "/api/deployments/$id/logs/stream/../stream") {
	quiet("?token=$good", 404, 'NOT_FOUND', "no stream at $path", path => $path);
}
$ws = quiet("?token=$good", 405, 'METHOD_NOT_ALLOWED', 'POST', method => 'POST');
is $ws->{headers}{allow}, 'GET', 'with Allow';

# ---- WS-H2C and other Upgrades ----
my $settings = 'AAMAAABkAAQAAP__';
for my $up (undef, '', 'h2c', 'H2C', 'foo', 'websocket, h2c', 'h2c, websocket', 'websocket/13', 'x' x 4096, 'h2c' . ' ' x 4000) {
	for my $conn ('Upgrade', 'Upgrade, HTTP2-Settings') {
		my $name = defined $up ? substr($up, 0, 20) : 'none';
		my $ws = ask("?token=$good", headers => { Upgrade => $up, Connection => $conn, 'HTTP2-Settings' => $settings });
		is $ws->{status}, 426, "WS-H2C Upgrade: $name, Connection: $conn";
		is Ws::pid() == $pid && Ws::alive(), 1, 'WS-H2C the process is the same';
	}
}
is ask("?token=$good", headers => { 'HTTP2-Settings' => $settings })->{status}, 101, 'WS-H2C HTTP2-Settings alone means nothing';
for my $raw ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . "\0\0\0\4\0\0\0\0\0", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
	"GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "\r\n\r\n", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", "\0" x 100 . "\r\n\r\n",
	"CONNECT localhost:22 HTTP/1.1\r\n\r\n", "GET http://x/ HTTP/1.1\r\n\r\n") {
	my $ws = Ws->dial(unix => $ENV{WS_SOCK});
	$ws->put($raw);
	shutdown $ws->{w}, 1;
	$ws->answer(5);
	ok !$ws->{status} || $ws->{status} == 400, 'WS-H2C no other protocol: ' . $Ws::json->encode(substr $raw, 0, 24);
}
my %h = (Host => undef, 'Sec-WebSocket-Key' => 'short', 'Content-Length' => 5, 'Transfer-Encoding' => 'chunked');
for my $name (sort keys %h) {
	is ask("?token=$good", headers => { $name => $h{$name} })->{status}, 400, "a bad $name";
}
$ws = quiet("?token=$good", 426, 'UPGRADE_REQUIRED', 'another version', headers => { 'Sec-WebSocket-Version' => 8 });
is $ws->{headers}{'sec-websocket-version'}, 13, 'with the version that we speak';
is ask("?token=$good", headers => { "X\r\nSec-WebSocket-Key" => $Ws::KEY })->{status}, 400, 'a header without a colon';
is ask("?token=$good", headers => { 'host' => 'x' })->{status}, 400, 'a doubled header';
is ask("?token=$good", headers => { map { ("X-$_" => 1) } 1 .. 200 })->{status}, 400, 'very many headers';
is ask("?token=$good", headers => { 'X-Long' => 'y' x 20000 })->{status}, 413, 'a head over 16 KiB';
is ask("?token=$good", headers => { 'Sec-WebSocket-Extensions' => 'permessage-deflate', 'Sec-WebSocket-Protocol' => 'a, b' })
	->{headers}{'sec-websocket-extensions'}, undef, 'WS-6 extensions are not taken';
my $slow = Ws->dial(unix => $ENV{WS_SOCK});
$slow->put($_) for split //, Ws->request(Ws::stream($id) . "?token=$good");
$slow->answer;
is $slow->{status}, 101, 'a head that comes byte by byte';
$slow->hang_up;

# ---- WS-6 caps ----
sub settled { # the closes above may still be on their way
	my $until = time + 10;
	my $w;
	do { $w = ask("?token=$good", keep => 1) } while $w->{status} != 101 && time < $until;
	$w->hang_up;
}
settled();
my @open;
for (1 .. 20) {
	my $w = ask("?token=$good", keep => 1);
	push @open, $w;
	last if $w->{status} != 101;
}
my $last = pop @open;
refused($last, 429, 'RATE_LIMIT_EXCEEDED', 'WS-6 too many of one user');
like $last->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'WS-6 with Retry-After';
is scalar @open, 3, 'WS-6 after three';
my $their_session = Ws::sql("INSERT INTO sessions (user_id, expires_at) VALUES ('$them', now() + interval '1 day') RETURNING id");
my $their_token = Ws::token(userId => $them, sid => $their_session);
push @open, ask("?token=$their_token", path => Ws::stream($theirs), keep => 1);
is $open[-1]{status}, 101, 'WS-6 somebody else still gets in';
refused(ask("?token=$their_token", path => Ws::stream($theirs)), 503, 'SERVICE_UNAVAILABLE', 'WS-6 too many in all');
(pop @open)->hang_up for 1 .. 4;
settled();
pass 'WS-6 and in again when they are gone';

# ---- WS-3 nothing of this in the log ----
open my $log, '<', "$ENV{TMP}/ws.log" or die;
my $text = join '', <$log>;
my @leaks = grep { length $_ > 8 && index($text, $_) >= 0 } @secrets, $good, $mine, $their_token;
is scalar @leaks, 0, 'WS-3 no token and no ticket is in the log' or diag explain \@leaks;
unlike $text, qr/token=/, 'WS-3 nor any query';
like $text, qr/"ws.refused".*"status":"401"/, 'refusals are logged';
like $text, qr/"ws.open".*"deployment":"$id"/, 'and streams';
is Ws::pid(), $pid, 'the process is the same';
ok Ws::alive(), 'and alive';
done_testing;
END
