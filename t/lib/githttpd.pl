#!/usr/bin/perl
# githttpd.pl ROOT PORTFILE - a git server over HTTP for tests, on a loopback
# port that the kernel chooses and that is written to PORTFILE. A process per
# connection, one request each. Below it:
#
#   /git/NAME.git      ROOT/NAME.git through git-http-backend
#   /auth/NAME.git     the same for who knows ROOT/auth ("user:token"), else 401;
#                      while ROOT/hold exists, those who know it wait (and
#                      ROOT/held exists)
#   /private/...       401, as servers answer for what is private or missing
#   /moved/...         302 to /git/... (a redirect that must not be followed)
#   /away/...          302 to http://127.0.0.1:1/
#   /slow/...          takes the request and says nothing for a minute
#   /big/...           an endless answer
#
# Every request is a line in ROOT/requests; one with credentials has a word more. It ends with its parent.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use GitHttp;
use Socket;
use IO::Handle;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use POSIX ();

my ($root, $portfile) = @ARGV;
require 'syscall.ph' if 0;
syscall(157, 1, 9, 0, 0, 0);    # prctl(PR_SET_PDEATHSIG, SIGKILL)
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1',
	LocalPort => 0, ReuseAddr => 1) or die "listen: $!";
open(my $fh, '>', "$portfile.new") or die;
print $fh $server->sockport, "\n";
close $fh;
rename "$portfile.new", $portfile;

while (1) {
	my $c = $server->accept or next;
	my $pid = fork;
	if (!defined $pid || $pid) { close $c; next }
	syscall(157, 1, 9, 0, 0, 0);
	close $server;
	$SIG{CHLD} = 'DEFAULT';
	$SIG{ALRM} = sub { POSIX::_exit(1) };
	alarm 90;
	eval { serve($c) };
	close $c;
	# to destroy each object, perl would copy most of its memory
	POSIX::_exit(0);
}

sub reply {
	my ($c, $status, $more) = @_;
	print $c "HTTP/1.1 $status\r\nConnection: close\r\n$more",
		"Content-Length: 0\r\n\r\n";
}

sub serve {
	my ($c) = @_;
	$c->autoflush(1);
	binmode $c;
	my $request = <$c> // return;
	my ($method, $uri) = $request =~ m{^(\S+) (\S+) HTTP/} or return;
	my %h;
	while (defined(my $l = <$c>)) {
		$l =~ s/\r?\n$//;
		last if $l eq '';
		$h{lc $1} = $2 if $l =~ /^([^:]+):\s*(.*)$/;
	}
	open(my $log, '>>', "$root/requests") or die;
	syswrite $log, "$method $uri" . ($h{authorization} ? ' credentials' : '') . "\n";
	my ($path, $query) = split /\?/, $uri, 2;
	$query //= '';
	if ($path =~ m{^/private/}) {
		return reply($c, '401 Unauthorized',
			"WWW-Authenticate: Basic realm=\"git\"\r\n");
	}
	if ($path =~ s{^/auth/}{/git/}) {
		return reply($c, '401 Unauthorized', "WWW-Authenticate: Basic realm=\"git\"\r\n") unless knows(\%h);
		if (-e "$root/hold") {
			open(my $f, '>', "$root/held");
			select undef, undef, undef, 0.05 while -e "$root/hold";
		}
	}
	if ($path =~ m{^/moved(/.*)}) {
		return reply($c, '302 Found', "Location: /git$1?$query\r\n");
	}
	if ($path =~ m{^/away/}) {
		return reply($c, '302 Found', "Location: http://127.0.0.1:1/\r\n");
	}
	if ($path =~ m{^/slow/}) { sleep 60; return }
	if ($path =~ m{^/big/}) {
		print $c "HTTP/1.1 200 OK\r\nContent-Type: application/" .
			"x-git-upload-pack-advertisement\r\n\r\n";
		print $c "0" x 65536 while 1;
	}
	return reply($c, '404 Not Found', '') unless $path =~ s{^/git/}{/};
	if (lc($h{expect} // '') eq '100-continue') {
		print $c "HTTP/1.1 100 Continue\r\n\r\n";
	}
	my $body = read_body($c, \%h);
	backend($c, $root, $method, $path, $query, \%h, $body);
}

sub knows {
	my ($h) = @_;
	open(my $f, '<', "$root/auth") or return 0;
	chomp(my $want = <$f>);
	return ($h->{authorization} // '') eq 'Basic ' . encode_base64($want, '');
}
