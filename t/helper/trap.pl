#!/usr/bin/perl
# trap.pl FILE PORTFILE NAME - listens where a build must not get: TCP and UDP on
# every IPv4 address and on ::1, and the abstract unix socket NAME. Writes a line
# to FILE for whatever arrives and the port to PORTFILE when it is ready. Ends
# with its starter.
use strict;
use warnings;
use IO::Select;
use Socket;

my ($file, $portfile, $name) = @ARGV;
open my $log, '>>', $file or die "$file: $!";
$log->autoflush(1);

socket my $tcp, PF_INET, SOCK_STREAM, 0 or die $!;
bind $tcp, sockaddr_in(0, INADDR_ANY) or die $!;
listen $tcp, 16 or die $!;
my ($port) = sockaddr_in(getsockname $tcp);

socket my $udp, PF_INET, SOCK_DGRAM, 0 or die $!;
bind $udp, sockaddr_in($port, INADDR_ANY) or die $!;

my @listen = ($tcp);
if (socket my $six, PF_INET6, SOCK_STREAM, 0) {
	# a machine without ::1 has nothing to reach there either
	if (bind $six, pack_sockaddr_in6($port, Socket::inet_pton(AF_INET6, '::1'))) {
		listen $six, 16 or die $!;
		push @listen, $six;
	}
}
socket my $unix, PF_UNIX, SOCK_STREAM, 0 or die $!;
# an abstract name is the whole of the address: no padding
bind $unix, pack('S a*', AF_UNIX, "\0$name") or die $!;
listen $unix, 16 or die $!;
push @listen, $unix;

open my $p, '>', $portfile or die $!;
print $p "$port\n";
close $p;

my $select = IO::Select->new(@listen, $udp);
my $parent = getppid;
while (getppid == $parent) {
	for my $s ($select->can_read(0.2)) {
		if ($s == $udp) {
			my $buf;
			my $from = recv($udp, $buf, 2000, 0);
			print $log "udp\n";
			send $udp, 'caught', 0, $from if $from;
		} else {
			accept(my $c, $s);
			print $log $s == $unix ? "unix\n" : "tcp\n";
			close $c;
		}
	}
}
