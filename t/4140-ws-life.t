#!/bin/sh
# How long a stream lives: as long as what it was opened with, and the process.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/pg.sh"
. "$abs_top_srcdir/t/lib/ws.sh"
export WS_PER_USER_MAX=1000
pg_start
ws_start
ws_perl <<'END'
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time sleep);
use Ws;
my $pid = Ws::pid();
my $id = Ws::deployment();
sub stream {
	my ($token, $dep) = @_;
	$dep //= $id;
	my $ws = Ws->open(Ws::stream($dep) . "?token=$token", unix => $ENV{WS_SOCK});
	die "no stream: $ws->{status} $ws->{body}\n" unless $ws->{status} == 101;
	$ws->subscribe;
	$ws->next_message;
	return $ws;
}
sub session {
	my ($user) = @_;
	return Ws::sql("INSERT INTO sessions (user_id, expires_at) VALUES ('$user', now() + interval '1 day') RETURNING id");
}
# After $sql the stream of this session is closed with 1008 in time, and no other.
my $bystander = stream(Ws::token());
sub closes {
	my ($what, $max, $sql, %o) = @_;
	my $session = session($ENV{WS_USER});
	my $ws = stream(Ws::token(sid => $session, %{ $o{claims} // {} }), $o{deployment});
	my $t = time;
	Ws::sql($sql =~ s/SESSION/$session/gr) if $sql;
	$ws->until_close(12);
	is $ws->{code}, 1008, "WS-4 $what: closed with 1008";
	cmp_ok time - $t, '<', $max, "WS-4 $what: in time";
	$ws->put(Ws::frame(8, pack 'n', 1008));
	ok $ws->gone(5), "WS-4 $what: the connection ends";
}
closes('logout', 5, "UPDATE sessions SET revoked_at = now() WHERE id = 'SESSION'; SELECT pg_notify('autostack', 'session:SESSION')");
closes('logout, with the notification lost', 5, "UPDATE sessions SET revoked_at = now() WHERE id = 'SESSION'");
closes('a deleted session', 5, "DELETE FROM sessions WHERE id = 'SESSION'");
closes('the end of a session', 5, "UPDATE sessions SET expires_at = now() WHERE id = 'SESSION'");
my $gone = Ws::deployment();
closes('a deleted deployment', 5, "DELETE FROM deployments WHERE id = '$gone'", deployment => $gone);
closes('an expired token', 8, '', claims => { exp => 3 + int time });
# of another user, since it touches all of that user's sessions
for my $case (['a change of role', "role = 'manager'"], ['a disabled account', 'active = false']) {
	my $user = Ws::sql("INSERT INTO users (name, email) VALUES ('W', '" . rand() . "\@example.com') RETURNING id");
	my $dep = Ws::deployment(user => $user);
	my $ws = stream(Ws::token(userId => $user, sid => session($user)), $dep);
	my $t = time;
	Ws::sql("UPDATE users SET $case->[1] WHERE id = '$user'");
	$ws->until_close(12);
	is $ws->{code}, 1008, "WS-4 $case->[0]: closed with 1008";
	cmp_ok time - $t, '<', 5, "WS-4 $case->[0]: in time";
}
Ws::add_lines($id, 1, 1);
is $bystander->next_message->{seq}, 1, 'WS-4 the other streams go on';

# a client that is silent is asked whether it lives
my $t = time;
my $f;
do { $f = $bystander->next_frame(45) } while $f && $f->{op} != 9;
is $f && $f->{op}, 9, 'WS-6 a silent client gets a ping';

# memory of idle viewers
my $before = Ws::memory_kb('Rss');
my $token = Ws::token();
my @idle = map { stream($token) } 1 .. 300;
my $per = (Ws::memory_kb('Rss') - $before) * 1024 / 300;
diag sprintf 'an idle viewer costs %d bytes here', $per;
cmp_ok $per, '<', 40000, 'WS-6 an idle viewer costs little';
$_->hang_up for @idle;

# ---- the process ----
# lines for one alone: the end waits for nobody who still has some to read
my $loud = Ws::deployment();
my $deaf = stream($token, $loud);
Ws::add_lines($loud, 1, 3000, text => q{repeat('x', 300)});
my @open = map { stream($token) } 1 .. 5;
my $half = Ws->dial(unix => $ENV{WS_SOCK});
$half->put("GET / HTTP/1.1\r\n");
$t = time;
kill TERM => $pid;
$_->until_close(5) for @open, $bystander;
is join(',', map { $_->{code} // 'none' } @open, $bystander), join(',', (1001) x 6), 'TERM: all are closed with 1001';
$_->put(Ws::frame(8, pack 'n', 1001)) for @open, $bystander;
sleep 0.05 while -e "/proc/$pid/exe" && readlink("/proc/$pid/exe") && time - $t < 10;
cmp_ok time - $t, '<', 8, 'TERM: it ends, whoever does not answer';
ok $deaf->gone(5) && $half->gone(5), 'and nobody is left connected';
done_testing;
END
wait "$ws_pid"
status=$?
[ $status -eq 0 ] || {
	diag "TERM: the exit code is $status"
	exit 1
}
