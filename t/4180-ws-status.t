#!/bin/sh
# The status page's stream: everybody gets the prober's snapshot at once and
# whenever there is a new one, is told when nobody looks any more, and disturbs
# nobody.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
export WS_STATUS_MAX=320 WS_CONNECTIONS_MAX=2
pg_start
ws_start
ws_perl <<'END'
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time sleep);
use Ws;
my $pid = Ws::pid();
my $path = '/api/status/stream';
my @names = ('API Gateway', 'Database', 'CDN', 'Build Service');
my $last_total = 0;
sub ask {
	my (%o) = @_;
	return Ws->open($o{path} // $path, unix => $ENV{WS_SOCK}, %o);
}
sub viewer {
	my $ws = ask(@_);
	die "no stream: $ws->{status} $ws->{body}\n" unless $ws->{status} == 101;
	return $ws;
}
# One snapshot: the five messages that come next.
sub snapshot {
	my ($ws, $seconds) = @_;
	my @m;
	while (@m < 5) {
		my $f = $ws->next_frame($seconds // 10) or return;
		next if $f->{op} == 9;
		return if $f->{op} != 1;
		push @m, $f->{payload};
	}
	return map { $Ws::json->decode($_) } @m;
}
sub statuses { return join ' ', map { $_->{status} } grep { $_->{type} eq 'service_update' } @_ }
sub total { return $_[-1]{metrics}{totalDeployments} }
# The first snapshot of the newest file: on a busy machine the one before it may
# have been told again.
sub newest {
	my ($ws) = @_;
	my @m;
	do { @m = snapshot($ws) } while @m && total(@m) < $last_total;
	return @m;
}
# What the prober writes: svc/snapshot.c, and t/3700 compares.
sub service {
	my ($name, $status) = @_;
	my $ms = $status eq 'unknown' ? 'null' : 45;
	return qq({"type":"service_update","service":"$name","status":"$status","uptime":99.98,"responseTime":$ms,"lastCheckedAt":"2026-01-20T10:30:00Z"});
}
sub write_file {
	my (%o) = @_;
	my $at = int(1000 * time) - 1000 * ($o{age} // 0);
	my $word = $o{status} // 'operational';
	$last_total = $o{total} // $last_total + 1;
	my $metrics = qq({"totalDeployments":$last_total,"activeProjects":3247});
	open my $f, '>', "$ENV{RUN_DIR}/status.new" or die;
	print $f "at $at\nservices []\nstale []\nmetrics $metrics\nhistory []\nincidents []\n",
		map({ "service_update " . service($_, $word) . "\nstale_update " . service($_, 'unknown') . "\n" } @names),
		qq(metrics_update {"type":"metrics_update","metrics":$metrics}\n);
	close $f or die;
	rename "$ENV{RUN_DIR}/status.new", "$ENV{RUN_DIR}/status" or die;
	return;
}

# ---- what it says ----
my $ws = viewer();
ok $ws->good_accept, 'without any token it is a stream';
my @m = snapshot($ws);
is_deeply [map { $_->{type} } @m], [('service_update') x 4, 'metrics_update'], 'the present snapshot comes at once';
is_deeply [map { $_->{service} // () } @m], \@names, 'with every service';
is statuses(@m), 'unknown unknown unknown unknown', 'nobody has looked: nothing is known, and that is told';
is_deeply [@{ $m[0] }{qw(uptime responseTime)}], [undef, undef], 'nor a figure';
is $m[-1]{metrics}{totalDeployments}, 0, 'and there are no deployments';
# Nothing but a look at the file every 3.5 seconds would be later.
my $t = time;
write_file();
@m = newest($ws);
cmp_ok time - $t, '<', 3, 'a new snapshot comes at once';
is_deeply $m[0], { type => 'service_update', service => 'API Gateway', status => 'operational', uptime => 99.98,
	responseTime => 45, lastCheckedAt => '2026-01-20T10:30:00Z' }, 'a service as the page has it';
is_deeply $m[4], { type => 'metrics_update', metrics => { totalDeployments => 1, activeProjects => 3247 } },
	'the metrics as the page has them';
$t = time;
is total(snapshot(viewer())), 1, 'one that comes later gets it, too';
cmp_ok time - $t, '<', 3, 'at once';
is total(snapshot(viewer(path => '/api/v1/status/stream'))), 1, 'also at /api/v1';

# ---- one for each file ----
for my $n (2 .. 5) {
	sleep 0.5;
	write_file(status => $n % 2 ? 'operational' : 'degraded');
	@m = newest($ws);
	is total(@m) . ' ' . $m[0]{status}, $n % 2 ? "$n operational" : "$n degraded", "snapshot $n";
}
ok !$ws->next_frame(0.5), 'each comes once';
open my $other, '>', "$ENV{RUN_DIR}/other.new" or die;
rename "$ENV{RUN_DIR}/other.new", "$ENV{RUN_DIR}/other" or die;
ok !$ws->next_frame(0.5), 'other files mean nothing';

# ---- when nobody looks any more ----
# beside a stream of a user, for whom sessions are polled
my $id = Ws::deployment();
sub log_stream { return Ws->open(Ws::stream($id) . '?token=' . Ws::token(), unix => $ENV{WS_SOCK}) }
my $log = log_stream();
is $log->{status}, 101, 'a log stream beside it';
my ($at, $written) = (time, time);
write_file();
my (@seen, @gaps);
while (time - $written < 12.5) {
	@m = snapshot($ws) or last;
	push @gaps, time - $at;
	$at = time;
	push @seen, [time - $written, statuses(@m), total(@m)];
}
my @known = grep { $_->[1] eq 'operational operational operational operational' } @seen;
my @unknown = grep { $_->[1] eq 'unknown unknown unknown unknown' } @seen;
is @known + @unknown, scalar @seen, 'there is nothing between known and unknown';
# at 0, 3.5 and 7 seconds, then at 8: and two more for a busy machine
cmp_ok scalar @known, '>=', 2, 'an unchanged snapshot is told again';
cmp_ok $known[-1][0], '<', 10, 'for eight seconds';
cmp_ok $unknown[0][0], '>', 8, 'not less';
cmp_ok $unknown[0][0], '<', 10, 'then it is told that nothing is known';
is_deeply [sort { $a <=> $b } map { $_->[2] } @seen], [(6) x @seen], 'the metrics are the last that are known';
cmp_ok((sort { $b <=> $a } @gaps)[0], '<', 5.5, 'and it is never silent');
ok !grep({ !defined } map { $_->[1] } @seen), 'the stream is there all the time';
write_file();
is statuses(newest($ws)), 'operational operational operational operational', 'somebody looks again: so it says';
write_file(age => 60);
is statuses(newest($ws)), 'unknown unknown unknown unknown', 'a file that is old already knows nothing';
write_file(age => -60);
is statuses(newest($ws)), 'unknown unknown unknown unknown', 'nor one that is from later';
open my $f, '>', "$ENV{RUN_DIR}/status.new" or die;
print $f "nonsense\n" x 10;
close $f;
rename "$ENV{RUN_DIR}/status.new", "$ENV{RUN_DIR}/status" or die;
is statuses(snapshot($ws)), 'unknown unknown unknown unknown', 'nor one that is broken';
unlink "$ENV{RUN_DIR}/status" or die;
is statuses(snapshot($ws)), 'unknown unknown unknown unknown', 'nor one that has gone';
write_file();
is total(newest($ws)), $last_total, 'and on it goes';
$ws->hang_up;

# ---- who may ----
for my $o ('https://panel.example', 'https://other.example', 'https://third.example:8443') {
	is ask(headers => { Origin => $o })->{status}, 101, "WS-2 Origin $o is allowed";
}
for my $o ('https://evil.example', 'http://panel.example', 'null', '') {
	$ws = ask(headers => { Origin => $o });
	is_deeply [$ws->{status}, $Ws::json->decode($ws->{body})->{error}{code}], [403, 'FORBIDDEN'], "WS-2 Origin '$o'";
}
for my $q ('?token=canary-nonsense', '?token=', '?x=y', '?') {
	is ask(path => "$path$q")->{status}, 101, "credentials do not matter: $q";
}
is ask(headers => { Authorization => 'Bearer canary-nonsense' })->{status}, 101, 'nor a bearer';
for my $p ('/status/stream', '/api/status/stream/', '/api/status/streams', '/api/status', '/api/v2/status/stream', '/ws/status') {
	is ask(path => $p)->{status}, 404, "no stream at $p";
}
$ws = ask(method => 'POST');
is "$ws->{status} $ws->{headers}{allow}", '405 GET', 'POST';
for my $up (undef, 'h2c', 'websocket, h2c') {
	is ask(headers => { Upgrade => $up })->{status}, 426, 'WS-H2C Upgrade: ' . ($up // 'none');
}
like ask(headers => { 'Sec-WebSocket-Extensions' => 'permessage-deflate' })->{headers}{'sec-websocket-extensions'} // 'none',
	qr/^none$/, 'WS-6 extensions are not taken';

# ---- what clients may send ----
sub f { return Ws::frame(@_) }
my @cases = (
	['unmasked text' => f(1, 'hi', mask => ''), 1002],
	['RSV' => f(1, 'hi', rsv => 4), 1002],
	['opcode 3' => f(3, ''), 1002],
	['a fragmented ping' => f(9, 'p', fin => 0), 1002],
	['a lie: 4 GiB' => f(1, 'x', len => 2**32, wide => 1), 1009],
	['4097 bytes' => f(1, 'x' x 4097), 1009],
	['fragments over 4 KiB' => f(1, 'x' x 4096, fin => 0) . f(0, 'x', fin => 0), 1009],
	['a binary message' => f(2, 'x'), 1003],
	['bad UTF-8' => f(1, "\xff"), 1007],
	['close' => f(8, pack 'n', 1000), 1000],
);
for my $c (@cases) {
	my ($name, $bytes, $want) = @$c;
	my $ws = viewer();
	$ws->put($bytes);
	$ws->until_close;
	is $ws->{code}, $want, "WS-5 $name: $want";
	$ws->put(f(8, pack 'n', $want));
	ok $ws->gone(6), "WS-5 $name: the connection ends";
}
for my $text ('{"type":"subscribe"}', 'hello', '', '[' x 2000) {
	my $ws = viewer();
	snapshot($ws);
	$ws->send_text($text);
	my $m = $ws->next_message;
	is_deeply [@$m{qw(type code)}], ['error', 'VALIDATION_ERROR'], 'it takes no messages: ' . substr $text, 0, 20;
	write_file();
	is total(newest($ws)), $last_total, 'the stream goes on';
	$ws->hang_up;
}
$ws = viewer();
$ws->send_text('{}') for 1 .. 20;
is scalar(grep { $_->{type} eq 'error' } $ws->until_close), 8, 'eight of them';
is $ws->{code}, 1008, 'are enough';
$ws = viewer();
snapshot($ws);
$ws->put(f(9, 'p' x 125));
is_deeply $ws->next_frame, { op => 10, payload => 'p' x 125 }, 'WS-5 pings are answered';
$ws->hang_up;
my $before = Ws::memory_kb('Rss');
for (1 .. 3) {
	my $ws = viewer();
	my $chunk = f(0, '', fin => 0) x 4000;
	$ws->put(f(1, 'x', fin => 0));
	for (1 .. 25) { $ws->put($chunk) or last }
	$ws->put(f(9, 'end'));
	my $f;
	do { $f = $ws->next_frame(30) } while $f && $f->{op} != 10;
	ok $f, 'WS-5 100,000 empty fragments';
	$ws->hang_up;
}
cmp_ok Ws::memory_kb('Rss') - $before, '<', 20000, 'WS-5 memory stays flat';

# ---- those who do not read ----
my $fast = viewer();
snapshot($fast);
my @slow = map { viewer() } 1 .. 10;
my @deaf = map { viewer() } 1 .. 3;
my $wrong = 0;
my @took;
my ($n, $begun) = (0, time);
while ($n < 150 && time - $begun < 8) { # who takes nothing for 15 seconds is dropped
	my $t = time;
	write_file(total => 1000 + ++$n);
	my $got = total(newest($fast)) // 0;
	$wrong++ if $got != 1000 + $n;
	push @took, time - $t;
}
is $wrong, 0, "WS-6 one who reads gets each of $n snapshots";
@took = sort { $a <=> $b } @took;
cmp_ok $took[$n / 2], '<', 0.5, 'WS-6 those who do not read delay nobody';
diag sprintf '%d snapshots: half in %.0f ms, all in %.0f ms', $n, map { 1000 * $_ } @took[$n / 2, -1];
my ($most, $bad) = (0, 0);
for my $ws (@slow) {
	my @totals;
	while (my @m = snapshot($ws)) {
		push @totals, total(@m);
		last if $totals[-1] == 1000 + $n;
	}
	$most = @totals if @totals > $most;
	$bad++ if !@totals || $totals[-1] != 1000 + $n || join(',', @totals) ne join(',', sort { $a <=> $b } @totals);
}
is $bad, 0, 'WS-6 a slow one goes on with the newest';
cmp_ok $most, '<', 20, "WS-6 without the old ones: $most of $n waited";
my $until = time + 40;
my $kept = 1;
while ($kept && time < $until) {
	write_file();
	sleep 0.5;
	open my $l, '<', "$ENV{TMP}/ws.log" or die;
	$kept = 3 > grep { /ws\.lagged/ && /"stream":"status"/ } <$l>;
}
ok !$kept, 'WS-6 those who take nothing for long are dropped';
for my $ws (@deaf) {
	my @m = $ws->until_close(10);
	is_deeply [$ws->{code}, $m[-1]], [1013, { type => 'lagged' }], 'WS-6 and told';
	$ws->put(f(8, pack 'n', 1013));
	ok $ws->gone(6), 'WS-6 and gone';
}
$_->hang_up for @slow, $fast;

# ---- caps, and what a viewer costs ----
sub settled { # the closes above may still be on their way
	my $until = time + 10;
	my $w;
	do { $w = ask() } while $w->{status} != 101 && time < $until;
	$w->hang_up;
	sleep 0.2;
}
settled();
$before = Ws::memory_kb('Rss');
my @open;
while (@open <= 400) {
	my $w = ask();
	push @open, $w;
	last if $w->{status} != 101;
}
my $last = pop @open;
is_deeply [$last->{status}, $Ws::json->decode($last->{body})->{error}{code}], [503, 'SERVICE_UNAVAILABLE'], 'WS-6 too many in all';
like $last->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'WS-6 with Retry-After';
cmp_ok scalar @open, '<=', 320, 'WS-6 no more than the setting';
cmp_ok scalar @open, '>', 300, 'WS-6 and no less';
my $per = (Ws::memory_kb('Rss') - $before) * 1024 / @open;
diag sprintf 'a viewer costs %d bytes here', $per;
cmp_ok $per, '<', 40000, 'WS-6 a viewer costs little';
my $second = log_stream();
is $second->{status}, 101, 'WS-6 the public takes no stream from a user';
my $third = log_stream();
is $third->{status}, 503, 'WS-6 users have their own cap';
(pop @open)->hang_up for 1 .. 3;
settled();
push @open, ask();
is $open[-1]{status}, 101, 'WS-6 which takes none from the public';
write_file(total => 5000);
my %bytes;
for my $ws (@open) {
	my $text = '';
	while ($text !~ /"totalDeployments":5000,/) {
		my $f = $ws->next_frame(5) or last;
		next if $f->{op} != 1;
		$text = '' if $f->{payload} =~ /API Gateway/; # a snapshot begins
		$text .= "$f->{payload}\n";
	}
	$bytes{$text}++;
}
is scalar(keys %bytes), 1, 'all ' . @open . ' get the same bytes';
like((keys %bytes)[0], qr/"totalDeployments":5000,/, 'of the newest snapshot');
$log->subscribe;
is $log->next_message->{type}, 'status_update', 'the log stream was not disturbed';

# ---- the log, and the end ----
open my $l, '<', "$ENV{TMP}/ws.log" or die;
my $text = join '', <$l>;
unlike $text, qr/canary|token=/, 'WS-3 no token and no query is in the log';
like $text, qr/"ws\.open".*"stream":"status"/, 'but every stream';
is Ws::pid(), $pid, 'the process is the same';
ok Ws::alive(), 'and alive';
kill TERM => $pid;
$_->until_close(5) for @open;
is scalar(grep { ($_->{code} // 0) != 1001 } @open), 0, 'TERM: all are closed with 1001';
$_->put(f(8, pack 'n', 1001)) for @open;
is scalar(grep { !$_->gone(5) } @open), 0, 'and gone';
done_testing;
END
wait "$ws_pid"
status=$?
[ $status -eq 0 ] || {
	diag "TERM: the exit code is $status"
	exit 1
}
