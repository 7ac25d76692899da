#!/bin/sh
# Many viewers of one log: those who read get every line once, those who do not
# are dropped and disturb nobody.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
export WS_PER_USER_MAX=300
pg_start
ws_start
ws_perl <<'END'
use strict;
use warnings;
use IO::Select;
use Test::More;
use Time::HiRes qw(time sleep);
use Ws;
my $pid = Ws::pid();
my $token = Ws::token();
sub stream {
	my ($id, %o) = @_;
	my $ws = Ws->open(Ws::stream($id) . "?token=$token", unix => $ENV{WS_SOCK});
	die "no stream: $ws->{status} $ws->{body}\n" unless $ws->{status} == 101;
	$ws->subscribe(deploymentId => $id, %o) unless $o{mute};
	return $ws;
}
# psql that is fed statements while this process goes on reading
my $psql;
sub psql_start {
	open $psql, '|-', "$ENV{PG_BINDIR}/psql", '-X', '-q', '-o', '/dev/null', '-d',
		"host=$ENV{PG_DIR} user=postgres dbname=$ENV{PG_DB}" or die;
	$psql->autoflush(1);
}
psql_start();

# ---- 200 viewers, 10 of which never read ----
my $id = Ws::deployment();
my @deaf = map { stream($id) } 1 .. 10;
my @viewers = map { stream($id) } 1 .. 190;
my %by = map { fileno($_->{r}) => $_ } @viewers;
my $sel = IO::Select->new(map { $_->{r} } @viewers);
$_->{next} = 1 for @viewers;
my $lines = 600;
my ($sent, $slowest, $batch_at) = (0, 0, time);
my $done = 0; # viewers that have all that was sent
my $deadline = time + 90;
while (time < $deadline && $sent < $lines) {
	my $to = $sent + 20;
	print $psql Ws::lines_sql($id, $sent + 1, $to, text => q{'[00:01] ' || n || ' ' || repeat('x', 2000)}), "\n";
	$sent = $to;
	$batch_at = time;
	my $wait = @viewers;
	while ($wait && time < $deadline) {
		for my $fh ($sel->can_read(1)) {
			my $ws = $by{fileno $fh};
			$ws->pull(0);
			while (my $f = $ws->next_frame(0)) {
				next if $f->{op} != 1 || $f->{payload} !~ /"seq":(\d+)/;
				$ws->{wrong} //= "$1 for $ws->{next}" if $1 != $ws->{next};
				$ws->{next}++;
				--$wait if $ws->{next} == $sent + 1;
			}
			if ($ws->{eof}) {
				$ws->{wrong} //= 'closed';
				$sel->remove($fh);
				--$wait;
			}
		}
	}
	$slowest = time - $batch_at if time - $batch_at > $slowest;
}
my @wrong = grep { $_->{wrong} || $_->{next} != $lines + 1 } @viewers;
is scalar @wrong, 0, 'WS-6 each of 190 viewers gets every line once, in order'
	or diag join ' ', map { $_->{wrong} // "at $_->{next}" } @wrong[0 .. ($#wrong > 5 ? 5 : $#wrong)];
cmp_ok $slowest, '<', 5, 'WS-6 those who do not read delay nobody' or diag $slowest;
diag sprintf 'slowest batch of 20 lines to 190 viewers: %.0f ms', 1000 * $slowest;
my $dropped = 0;
for my $ws (@deaf) {
	my @m = $ws->until_close(30);
	my @seq = map { $_->{seq} } grep { $_->{type} eq 'log' } @m;
	my $last = $m[-1];
	$dropped++ if ($ws->{code} // 0) == 1013 && $last->{type} eq 'lagged' && $last->{after} == $seq[-1]
		&& join(',', @seq) eq join(',', 1 .. $last->{after}) && $last->{after} < $lines;
}
is $dropped, 10, 'WS-6 those who do not read are dropped, and told after which line';
for my $ws (@viewers) {
	die "lost\n" unless $ws->put(Ws::frame(8, pack 'n', 1000));
}
is scalar(grep { !$_->gone(10) } @viewers), 0, 'the others leave in good order';

# ---- a slow reader resumes ----
$id = Ws::deployment();
my $ws = Ws->open(Ws::stream($id) . "?token=$token", unix => $ENV{WS_SOCK});
$ws->subscribe;
$ws->next_message;
my $fast = stream($id);
$fast->next_message;
print $psql Ws::lines_sql($id, 100 * $_ + 1, 100 * $_ + 100, text => q{'[00:01] ' || repeat('y', 1000)}), "\n" for 0 .. 19;
my @got = grep { $_->{type} eq 'log' } $fast->until_message(sub { ($_[0]{seq} // 0) == 2000 }, 30);
is scalar @got, 2000, 'WS-6 a burst of 2 MB drops nobody who reads';
my @m = $ws->until_close(30);
is $ws->{code}, 1013, 'WS-6 one who comes back too late is dropped';
my $after = $m[-1]{after};
my @seq = map { $_->{seq} } grep { $_->{type} eq 'log' } @m;
$ws = stream($id, after => $after);
push @seq, map { $_->{seq} // () } $ws->until_message(sub { ($_[0]{seq} // 0) == 2000 }, 30);
is join(',', @seq), join(',', 1 .. 2000), 'WS-6 and resumes with nothing lost or doubled';
$_->hang_up for $ws, $fast;

# one that stalls while it reads an old log
$ws = stream($id);
my $t = time;
sleep 0.5 while time - $t < 40 && !do { open my $l, '<', "$ENV{TMP}/ws.log"; my $n = grep { /ws\.lagged/ } <$l>; $n >= 12 };
cmp_ok time - $t, '<', 40, 'WS-6 a stalled reader of an old log is dropped, too';
$ws->until_close(20);
is $ws->{code}, 1013, 'WS-6 and told';
$ws->hang_up;

# ---- random disconnects while lines are written ----
srand 4130;
$id = Ws::deployment();
my @clients = map { { seqs => [], after => 0, ws => stream($id) } } 1 .. 10;
my $n = 0;
my $total = 3000;
my $reconnects = 0;
$deadline = time + 60;
my $next_write = 0;
while (time < $deadline && grep { $_->{after} < $total } @clients) {
	if ($n < $total && time >= $next_write) {
		my $to = $n + 1 + int rand 60;
		$to = $total if $to > $total;
		print $psql Ws::lines_sql($id, $n + 1, $to), "\n";
		$n = $to;
		$next_write = time + 0.04;
	}
	for my $c (@clients) {
		if ($c->{after} < $total && rand() < 0.05) {
			# cut it off wherever it is, even within a frame
			$c->{ws}->pull(0);
			$c->{ws}->hang_up;
			$c->{ws} = stream($id, after => $c->{after});
			$reconnects++;
		}
		$c->{ws}->pull(0.001);
		for (1 .. 1 + int rand 50) {
			my $m = $c->{ws}->next_message(0) or last;
			next if $m->{type} ne 'log';
			push @{ $c->{seqs} }, $m->{seq};
			$c->{after} = $m->{seq};
		}
	}
}
my $all = join ',', 1 .. $total;
is scalar(grep { join(',', @{ $_->{seqs} }) ne $all } @clients), 0,
	"ten clients with $reconnects reconnects: nothing lost, nothing doubled";
cmp_ok $reconnects, '>', 20, 'and there were many';
$_->{ws}->hang_up for @clients;
close $psql;

is Ws::pid(), $pid, 'the process is the same';
ok Ws::alive(), 'and alive';
done_testing;
END
