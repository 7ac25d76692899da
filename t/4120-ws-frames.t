#!/bin/sh
# What a client may send after the handshake: the groups of the RFC 6455 cases
# (framing, pings, RSV, opcodes, fragments, UTF-8, close, limits), one
# connection each, and one process that survives them all.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
export WS_PER_USER_MAX=500
pg_start
ws_start
ws_perl <<'END'
use strict;
use warnings;
use Test::More;
use Ws;
my $pid = Ws::pid();
my $id = Ws::deployment();
my $token = Ws::token();
sub fresh {
	my $ws = Ws->open(Ws::stream($id) . "?token=$token", unix => $ENV{WS_SOCK});
	die "no stream: $ws->{status}\n" unless $ws->{status} == 101;
	return $ws;
}
sub f { return Ws::frame(@_) }

# bytes -> the close code that answers them; 'open': the stream goes on
my $sub = $Ws::json->encode({ type => 'subscribe', deploymentId => $id });
my $big = $Ws::json->encode({ type => 'subscribe', pad => 'x' x 4060 });
my @cases = (
	# framing
	['unmasked text' => f(1, 'hi', mask => ''), 1002],
	['unmasked empty text' => f(1, '', mask => ''), 1002],
	['unmasked ping' => f(9, '', mask => ''), 1002],
	['unmasked close' => f(8, pack('n', 1000), mask => ''), 1002],
	['mask of zeros' => f(1, $sub, mask => "\0\0\0\0"), 'open'],
	['16 bits for a short length' => "\x81\xfe\0\x05aaaahello", 1002],
	['64 bits for a short length' => f(1, $sub, wide => 1), 1002],
	['63 bits of length' => f(1, '', len => 2**62, wide => 1), 1009],
	['64 bits of length' => f(1, '', len => 2**63 + 1, wide => 1), 1002],
	['a lie: 4 GiB' => f(1, 'x', len => 2**32, wide => 1), 1009],
	['a message of 4096 bytes' => f(1, substr($big, 0, -2) . ' ' x (4096 - length $big) . '"}'), 'open'],
	['a message of 4097 bytes' => f(1, 'x' x 4097), 1009],
	['a message of 65535 bytes' => f(1, 'x' x 65535), 1009],
	['a binary message' => f(2, 'x'), 1003],
	['an empty binary message' => f(2, ''), 1003],
	# pings
	['an unasked pong' => f(10, 'x'), 'open'],
	['ping of 125 bytes' => f(9, 'p' x 125), 'open'],
	['ping of 126 bytes' => f(9, 'p' x 126), 1002],
	['pong of 126 bytes' => f(10, 'p' x 126), 1002],
	['fragmented ping' => f(9, 'p', fin => 0), 1002],
	['fragmented pong' => f(10, 'p', fin => 0), 1002],
	['fragmented close' => f(8, pack('n', 1000), fin => 0), 1002],
	# RSV and opcodes
	(map { ["RSV $_ on a text" => f(1, $sub, rsv => $_), 1002] } 1 .. 7),
	(map { ["RSV $_ on a ping" => f(9, '', rsv => $_), 1002] } 1, 2, 4),
	['RSV on a close' => f(8, pack('n', 1000), rsv => 4), 1002],
	(map { ["opcode $_" => f($_, ''), 1002] } 3 .. 7, 11 .. 15),
	(map { ["opcode $_ with payload" => f($_, 'x'), 1002] } 3, 7, 11, 15),
	# fragments
	['two fragments' => f(1, substr($sub, 0, 10), fin => 0) . f(0, substr $sub, 10), 'open'],
	['a fragment a byte' => join('', map { f($_ ? 0 : 1, substr($sub, $_, 1), fin => $_ == length($sub) - 1) } 0 .. length($sub) - 1), 'open'],
	['a ping between fragments' => f(1, substr($sub, 0, 10), fin => 0) . f(9, 'x') . f(0, substr $sub, 10), 'open'],
	['empty fragments' => f(1, '', fin => 0) . f(0, '', fin => 0) x 50 . f(0, $sub), 'open'],
	['continuation of nothing' => f(0, 'x'), 1002],
	['continuation of nothing, no FIN' => f(0, 'x', fin => 0), 1002],
	['a text within a message' => f(1, 'x', fin => 0) . f(1, 'y'), 1002],
	['a binary within a message' => f(1, 'x', fin => 0) . f(2, 'y'), 1002],
	['continuation after the end' => f(1, $sub) . f(0, 'x'), 1002],
	['fragments over 4 KiB' => f(1, 'x' x 2048, fin => 0) . f(0, 'x' x 2048, fin => 0) . f(0, 'x', fin => 0), 1009],
	['a close between fragments' => f(1, 'x', fin => 0) . f(8, pack 'n', 1000), 1000],
	# UTF-8
	(map { ["UTF-8: $_->[0]" => f(1, "{\"type\":\"$_->[1]\"}"), 1007] }
		['continuation byte alone', "\x80"], ['cut at the end', "\xc3"], ['overlong', "\xc0\xaf"],
		['overlong 3', "\xe0\x80\xaf"], ['surrogate', "\xed\xa0\x80"], ['beyond U+10FFFF', "\xf4\x90\x80\x80"],
		['0xff', "\xff"], ['5 bytes', "\xf8\x88\x80\x80\x80"]),
	['UTF-8 cut between fragments' => f(1, "{\"type\":\"subscribe\",\"x\":\"\xc3", fin => 0) . f(0, "\xa9\"}"), 'open'],
	['UTF-8 that stays cut' => f(1, "\xf0\x9f", fin => 0) . f(0, "\x98"), 1007],
	# close
	['close' => f(8, pack 'n', 1000), 1000],
	['close without a code' => f(8, ''), 1000],
	['close of one byte' => f(8, 'x'), 1002],
	['close with a reason' => f(8, pack('n', 1001) . 'bye'), 1001],
	['close with bad UTF-8' => f(8, pack('n', 1000) . "\xff"), 1007],
	['close of 125 bytes' => f(8, pack('n', 1000) . 'r' x 123), 1000],
	['close of 126 bytes' => f(8, pack('n', 1000) . 'r' x 124), 1002],
	(map { ["close code $_" => f(8, pack 'n', $_), $_] } 1003, 1007 .. 1014, 3000, 3999, 4000, 4999),
	(map { ["close code $_" => f(8, pack 'n', $_), 1002] } 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535),
	['two closes' => f(8, pack 'n', 1000) x 2, 1000],
	['data after close' => f(8, pack 'n', 1000) . f(1, 'x'), 1000],
	['garbage after close' => f(8, pack 'n', 1000) . "\xff" x 50, 1000],
);
for my $c (@cases) {
	my ($name, $bytes, $want) = @$c;
	my $ws = fresh();
	$ws->put($bytes);
	if ($want eq 'open') {
		$ws->put(f(9, 'still there?'));
		my $f;
		do { $f = $ws->next_frame } while $f && !($f->{op} == 10 && $f->{payload} eq 'still there?');
		ok $f, "WS-5 $name: the stream goes on";
		$ws->hang_up;
	} else {
		my @m = $ws->until_close;
		is $ws->{code}, $want, "WS-5 $name: $want";
		$ws->put(f(8, pack 'n', $want));
		ok $ws->gone(6), "WS-5 $name: the connection ends";
	}
}
is Ws::pid(), $pid, 'WS-5 the process is the same';
ok Ws::alive(), 'WS-5 and alive';

# pings are answered with their payload, however they are cut
my $ws = fresh();
$ws->put(f(9, 'p' x 125));
is_deeply $ws->next_frame, { op => 10, payload => 'p' x 125 }, 'WS-5 a pong has the payload of its ping';
$ws->put($_) for split //, f(9, 'slow');
is_deeply $ws->next_frame, { op => 10, payload => 'slow' }, 'WS-5 also when it comes byte by byte';
$ws->put(join '', map { f(9, $_) } 1 .. 10);
is join(',', map { $ws->next_frame->{payload} } 1 .. 10), join(',', 1 .. 10), 'WS-5 ten at once';

# messages that are no subscribe
my @bad = (
	['not JSON' => 'hello', 'BAD_REQUEST', 1008], ['a number' => '1', 'BAD_REQUEST', 1008],
	['an array' => '[]', 'BAD_REQUEST', 1008], ['no type' => '{}', 'BAD_REQUEST', 1008],
	['type is a number' => '{"type":1}', 'BAD_REQUEST', 1008],
	['cut' => '{"type":"subscribe"', 'BAD_REQUEST', 1008], ['empty' => '', 'BAD_REQUEST', 1008],
	['doubled key' => '{"type":"subscribe","type":"subscribe"}', 'BAD_REQUEST', 1008],
	['deep' => '[' x 2000, 'BAD_REQUEST', 1008],
	['another deployment' => '{"type":"subscribe","deploymentId":"00000000-0000-4000-8000-000000000001"}', 'DEPLOYMENT_NOT_FOUND', 1008],
	['deploymentId is a number' => '{"type":"subscribe","deploymentId":1}', 'DEPLOYMENT_NOT_FOUND', 1008],
	['an unknown type' => '{"type":"ping"}', 'VALIDATION_ERROR', 0],
	['after is negative' => '{"type":"subscribe","after":-1}', 'VALIDATION_ERROR', 0],
	['after is text' => '{"type":"subscribe","after":"5"}', 'VALIDATION_ERROR', 0],
	['after is huge' => '{"type":"subscribe","after":99999999999}', 'VALIDATION_ERROR', 0],
	['after is a fraction' => '{"type":"subscribe","after":1.5}', 'VALIDATION_ERROR', 0],
);
for my $c (@bad) {
	my ($name, $text, $code, $close) = @$c;
	my $ws = fresh();
	$ws->send_text($text);
	my $m = $ws->next_message;
	is_deeply [@$m{qw(type code)}], ['error', $code], "message: $name: $code";
	if ($close) {
		$ws->until_close;
		is $ws->{code}, $close, "message: $name: closed with $close";
	} else {
		$ws->subscribe;
		is $ws->next_message->{type}, 'status_update', "message: $name: the stream goes on";
	}
	$ws->hang_up;
}
$ws = fresh();
$ws->send_text('{"type":"ping"}') for 1 .. 20;
is scalar(grep { $_->{type} eq 'error' } $ws->until_close), 8, 'eight messages that are not understood';
is $ws->{code}, 1008, 'are enough';
$ws = fresh();
$ws->subscribe(deploymentId => uc $id, after => undef, more => [1, { x => 2 }]);
is $ws->next_message->{type}, 'status_update', 'unknown members and null are fine';
$ws->hang_up;

# memory stays flat
my $before = Ws::memory_kb('Rss');
for my $round (1 .. 3) {
	my $ws = fresh();
	my $chunk = f(0, '', fin => 0) x 4000;
	$ws->put(f(1, 'x', fin => 0));
	for (1 .. 50) { $ws->put($chunk) or last }
	$ws->put(f(9, 'end'));
	my $f;
	do { $f = $ws->next_frame(30) } while $f && $f->{op} != 10;
	ok $f, "WS-5 200,000 empty fragments, round $round";
	$ws->hang_up;
	$ws = fresh();
	$ws->put(join '', f(1, 'x', fin => 0), map { f(0, 'x', fin => 0) } 1 .. 4096);
	$ws->until_close;
	is $ws->{code}, 1009, "WS-5 fragments of a byte end at 4 KiB, round $round";
	$ws->hang_up;
	$ws = fresh(); # a flood of pings from one who does not read
	my $pings = f(9, 'p' x 125) x 500;
	for (1 .. 100) { $ws->put($pings) or last }
	$ws->hang_up;
}
cmp_ok Ws::memory_kb('Rss') - $before, '<', 20000, 'WS-5 memory stays flat';

# bytes at random
srand 4120;
for my $n (1 .. 200) {
	my $ws = fresh();
	my $bytes = join '', map { chr int rand 256 } 1 .. 1 + int rand 300;
	$bytes = f(int rand 16, $bytes, fin => int rand 2, rsv => int(rand 8) * int(rand 2)) if $n % 2;
	$ws->put($bytes);
	$ws->hang_up;
}
is fresh()->{status}, 101, 'WS-5 after 200 connections of random bytes';
is Ws::pid(), $pid, 'WS-5 the process is the same';
ok Ws::alive(), 'WS-5 and alive';
done_testing;
END
