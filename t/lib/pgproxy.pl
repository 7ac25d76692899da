#!/usr/bin/perl
# pgproxy.pl FROM TO - stands before PostgreSQL: its socket in the directory FROM
# leads to the one in the directory TO. Once FROM/lose exists, the connection on
# which the prepared statement that the file names is run next is cut when it
# has been committed and before its answer is sent on; the file goes. It ends
# with its parent.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;

my ($from, $to) = @ARGV;
syscall(157, 1, 9, 0, 0, 0);    # prctl(PR_SET_PDEATHSIG, SIGKILL)
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::UNIX->new(Local => "$from/.s.PGSQL.5432", Listen => 64) or die "listen: $!";
while (1) {
	my $c = $server->accept or next;
	next if fork;
	syscall(157, 1, 9, 0, 0, 0);
	serve($c);
	exit;
}

# The statement whose answer is to be lost, if this asks for it: a Bind message
# (protocol 3, "Message Formats") has the name of a portal and of the statement.
sub is_wanted {
	my ($bytes) = @_;
	open(my $f, '<', "$from/lose") or return 0;
	my $name = <$f> // '';
	chomp $name;
	return $name ne '' && $bytes =~ /B.{4}\x00\Q$name\E\x00/s && unlink "$from/lose";
}

sub serve {
	my ($c) = @_;
	my $s = IO::Socket::UNIX->new(Peer => "$to/.s.PGSQL.5432") or return;
	my $both = IO::Select->new($c, $s);
	my $lose = 0;
	while (1) {
		for my $one ($both->can_read) {
			sysread($one, my $bytes, 1 << 20) or return;
			if ($one == $c) {
				$lose ||= is_wanted($bytes);
				syswrite $s, $bytes;
			} elsif (!$lose) {
				syswrite $c, $bytes;
			} elsif ($bytes =~ /Z\x00\x00\x00\x05I\z/) {    # ReadyForQuery, idle: committed
				return;
			}
		}
	}
}
