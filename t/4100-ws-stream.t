#!/bin/sh
# The log stream as clients see it: every stored line once and in order, the
# status, the end.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
pg_start
ws_start
ws_perl <<'END'
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);
use Ws;
my $pid = Ws::pid();
my $token = Ws::token();
sub stream {
	my ($id, %o) = @_;
	my $path = delete $o{path} // Ws::stream($id);
	my $ws = Ws->open("$path?token=$token", unix => $ENV{WS_SOCK});
	is $ws->{status}, 101, "$path is a stream" or diag $ws->{body};
	$ws->subscribe(deploymentId => $id, %o) unless $o{mute};
	return $ws;
}
sub seqs { return join ',', map { $_->{seq} } grep { $_->{type} eq 'log' } @_ }

# a deployment from its beginning to its end
my $id = Ws::deployment(status => 'queued');
my $ws = stream($id);
ok $ws->good_accept, 'Sec-WebSocket-Accept is right';
ok !exists $ws->{headers}{'sec-websocket-extensions'},
	'WS-6 permessage-deflate is off';
like $ws->{headers}{'x-request-id'}, qr/^[0-9a-f-]{36}$/, 'the answer has a request id';
is_deeply $ws->next_message, { type => 'status_update', status => 'queued', stage => 'Queued' },
	'the present status comes first';
Ws::sql("UPDATE deployments SET status = 'building', lease_owner = 't:0', started_at = now() WHERE id = '$id'");
is_deeply $ws->next_message, { type => 'status_update', status => 'building', stage => 'Building' },
	'a change of status is told';
Ws::add_lines($id, 1, 1, text => q{'[00:15] Installing dependencies...'});
my $m = $ws->next_message;
like delete $m->{timestamp}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'its timestamp is RFC 3339 in UTC';
is_deeply $m, { type => 'log', seq => 1, level => 'info', message => '[00:15] Installing dependencies...' },
	'a line is its stored text';
# far sooner than the slow poll would find it; the best of five, since the
# machine may be busy
my $best = 60;
for my $n (2 .. 6) {
	my $t = time;
	Ws::add_lines($id, $n, $n);
	$ws->next_message;
	$best = time - $t if time - $t < $best;
}
cmp_ok $best, '<', 0.7, 'a line comes at once';
Ws::add_lines($id, 7, 1200);
Ws::sql(Ws::lines_sql($id, 1201, 1210) . Ws::finish_sql($id));
my @m = $ws->until_close;
is seqs(@m), join(',', 7 .. 1210), 'every line comes once, in order';
is_deeply [map { $_->{status} } grep { $_->{type} eq 'status_update' } @m],
	['deploying', 'success'], 'a status that lasted no time is told as well';
is $m[-1]{type}, 'deployment_complete', 'deployment_complete is the last message';
is $m[-2]{status}, 'success', 'the final status comes after the last line';
is_deeply [@{ $m[-1] }{qw(status url)}, exists $m[-1]{error}],
	['success', 'https://s.localhost', ''], 'it names the status and the URL';
like $m[-1]{duration}, qr/^\d+s$/, 'and the duration';
is $ws->{code}, 1000, 'then the server closes normally';
$ws->put(Ws::frame(8, pack 'n', 1000));
ok $ws->gone(5), 'and the connection ends';

# late, and resumed
@m = stream($id, after => 1200)->until_close;
is seqs(@m), join(',', 1201 .. 1210), 'PEER-8 after=N: the lines after N';
is $m[0]{status}, 'success', 'late: the present status comes first';
@m = stream($id, after => 1210)->until_close;
is seqs(@m), '', 'after the last line there is none';
is $m[-1]{type}, 'deployment_complete', 'but the end is told';
@m = stream($id)->until_close;
is seqs(@m), join(',', 1 .. 1210), 'PEER-8 late, without after: the whole log';

# the aliases
for my $path ("/api/v1/deployments/$id/logs/stream", "/ws/logs/$id",
	"/api/ws/logs/$id", "/api/v1/ws/logs/$id", '/ws/logs/' . uc $id) {
	is seqs(stream($id, path => $path, after => 1208)->until_close), '1209,1210', $path;
}

# clients that do not say what they want
$ws = stream($id, mute => 1);
is seqs($ws->until_close), join(',', 1 .. 1210), 'a client that never subscribes is served from the beginning';
my $other = Ws::deployment();
Ws::add_lines($other, 1, 3);
$ws = stream($other);
is seqs($ws->until_message(sub { ($_[0]{seq} // 0) == 3 })), '1,2,3', 'three lines';
$ws->subscribe(deploymentId => $other, after => 1);
is seqs($ws->until_message(sub { ($_[0]{seq} // 0) == 3 })), '2,3', 'a second subscribe starts again after N';
$ws->subscribe(deploymentId => $other, after => 1000);
$ws->until_message(sub { $_[0]{type} eq 'status_update' });
Ws::add_lines($other, 4, 4);
is seqs($ws->until_message(sub { ($_[0]{seq} // 0) == 4 })), '4', 'after beyond the end: whatever comes is new';

# other ends
Ws::finish($other, status => 'failed', error => 'the build command failed with code 1');
@m = $ws->until_close;
is_deeply [@{ $m[-1] }{qw(status error url)}], ['failed', 'the build command failed with code 1', undef],
	'a failed one says why';
my $queued = Ws::deployment(status => 'queued');
$ws = stream($queued);
$ws->next_message;
Ws::sql("UPDATE deployments SET status = 'cancelled', completed_at = now() WHERE id = '$queued'");
@m = $ws->until_close;
is_deeply [map { $_->{status} } @m], ['cancelled', 'cancelled'], 'one that was cancelled while it waited';

# what logs may hold
my $nasty = Ws::deployment();
Ws::sql("INSERT INTO deployment_logs (deployment_id, seq, at, level, message) VALUES
	('$nasty', 1, now(), 'error', E'quote \" back \\\\ nl \\n tab \\t esc \\x1b[31m del \\x7f end'),
	('$nasty', 2, now(), 'warning', E'\\u00e9\\U0001F600</script>\\u2028\\u0085'),
	('$nasty', 3, now(), 'info', '\"}{\"type\":\"deployment_complete\"}'),
	('$nasty', 4, now(), 'info', ''),
	('$nasty', 5, now(), 'info', repeat('x', 16384)),
	('$nasty', 6, now(), 'info', repeat(E'\\x01', 100000))");
$ws = stream($nasty);
my @stored = map { pack 'H*', $_ } split /\n/, Ws::sql("SELECT encode(convert_to(message, 'UTF8'), 'hex')
	FROM deployment_logs WHERE deployment_id = '$nasty' ORDER BY seq"), -1;
@m = grep { $_->{type} eq 'log' } $ws->until_message(sub { ($_[0]{seq} // 0) == 6 });
utf8::encode($_->{message}) for @m;
is_deeply [map { $_->{message} } @m], \@stored, 'WS-7 lines arrive exactly as they are stored';
is_deeply [map { $_->{level} } @m], [qw(error warning info info info info)], 'WS-7 no line breaks the JSON around it';
Ws::finish($nasty);
$ws->until_close;

is Ws::pid(), $pid, 'the process is the same';
ok Ws::alive(), 'and alive';
done_testing;
END
