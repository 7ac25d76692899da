#!/bin/sh
# The database goes away on the way to a provider, while the provider is asked,
# and in the middle of the transaction that follows.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
pg_own
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=4 oauth_timeout=30s
api_perl <<'END'
use strict;
use warnings;
use Oauth;
our $api;
my $pids = pids();
sub n { return sql("SELECT count(*) FROM $_[0]") }
sub cut { # and waits: a backend that has not ended yet would still take a statement
	sql("SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE usename = 'autostack_api'");
}
sub away { sql('ALTER ROLE autostack_api NOLOGIN'); cut() }
sub home { sql('ALTER ROLE autostack_api LOGIN') }
sub until_true { # a condition in SQL or perl, with a deadline
	my ($what) = @_;
	for (1 .. 600) { return 1 if $what->(); select undef, undef, undef, 0.05 }
	die 'it never came true';
}
# The callback in a process of its own; what it gave is read later.
sub later {
	my ($uri, $cookie) = @_;
	my $pid = open(my $p, '-|') // die $!;
	return $p if $pid;
	my $r = back($uri, $cookie);
	print $r->{status}, ' ', $r->{at}{error} // (defined $r->{at}{code} ? 'code' : 'nothing'), "\n";
	require POSIX;
	STDOUT->flush;
	POSIX::_exit(0);
}
sub told { my ($p) = @_; return scalar(<$p>) =~ s/\n//r }

github(id => 1, mail => 'one@example.com');
my $s = start('github');
my $to = visit($s->{url});
away();
my $r = start('github', '?next=/x')->{answer};
is "$r->{status} $r->{header}{location}", '302 https://localhost/oauth#error=service_unavailable&next=%2Fx', 'a start without a database ends at the panel with that word';
ok !$r->{header}{'set-cookie'}, 'and without a cookie';
is back($to, $s->{cookie})->{at}{error}, 'service_unavailable', 'so does the way back';
$r = finish('x');
is $r->{status}, 503, 'finish is 503';
is $r->{json}{error}{code}, 'SERVICE_UNAVAILABLE', 'by name';
home();
$r = back($to, $s->{cookie});
ok $r->{at}{code}, 'the state is not used up by that: another try goes on, without a restart';
is finish($r->{at}{code})->{status}, 200, 'to the end';

# while the provider is asked
github(id => 2, mail => 'two@example.com');
odd('/user pause');
$s = start('github');
my $before = @{[asked('/user')]};
my $p = later(visit($s->{url}), $s->{cookie});
until_true(sub { @{[asked('/user')]} > $before });
away();
put('go', '');
is told($p), '302 service_unavailable', 'a database that goes while GitHub is asked';
is n("users WHERE email = 'two\@example.com'"), 0, 'leaves nothing';
home();
unlink "$ENV{GITHUB}/go";
$s = start('github');
$before = @{[asked('/user')]};
$p = later(visit($s->{url}), $s->{cookie});
until_true(sub { @{[asked('/user')]} > $before });
cut();
put('go', '');
is told($p), '302 code', 'one that only drops the connection then is not noticed';
is n("users WHERE email = 'two\@example.com'"), 1, 'the account is made once';

# in the middle of the transaction: the account is in, its code is not
odd('');
github(id => 3, mail => 'three@example.com');
$s = start('github');
$to = visit($s->{url});
my $locker = open(my $lock, '|-', "$ENV{PG_BINDIR}/psql", '-X', '-q', '-d', "host=$ENV{PG_DIR} user=postgres dbname=$ENV{PG_DB}") // die $!;
$lock->autoflush(1);
print $lock "BEGIN; LOCK TABLE codes IN ACCESS EXCLUSIVE MODE;\n";
until_true(sub { n("pg_locks WHERE relation = 'codes'::regclass AND mode = 'AccessExclusiveLock' AND granted") });
$p = later($to, $s->{cookie});
until_true(sub { n("pg_locks WHERE relation = 'codes'::regclass AND NOT granted") });
cut();
print $lock "COMMIT;\n";
close $lock;
is told($p), '302 service_unavailable', 'a connection that breaks in the transaction';
is n("users WHERE email = 'three\@example.com'") . n("identities WHERE subject = '3'"), '00', 'leaves neither account nor identity: nothing half-made';
ok sign_in('github')->{at}{code}, 'the next try makes both';
is n("users WHERE email = 'three\@example.com'") . n("identities WHERE subject = '3'"), '11', 'once';
is pids(), $pids, 'the processes are the same';
done_testing();
END
