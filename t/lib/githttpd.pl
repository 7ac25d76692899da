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
use Socket;
use IO::Handle;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);

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
	$SIG{ALRM} = sub { exit 1 };
	alarm 90;
	eval { serve($c) };
	exit 0;
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
	backend($c, $method, $path, $query, \%h, $body);
}

sub knows {
	my ($h) = @_;
	open(my $f, '<', "$root/auth") or return 0;
	chomp(my $want = <$f>);
	return ($h->{authorization} // '') eq 'Basic ' . encode_base64($want, '');
}

sub read_body {
	my ($c, $h) = @_;
	my $body = '';
	if (lc($h->{'transfer-encoding'} // '') eq 'chunked') {
		while (defined(my $l = <$c>)) {
			my $n = hex($l =~ /^([0-9a-fA-F]+)/ ? $1 : 0);
			read($c, my $part, $n) if $n;
			$body .= $part if $n;
			<$c>;
			last unless $n;
		}
	} elsif ($h->{'content-length'}) {
		read($c, $body, $h->{'content-length'});
	}
	return $body;
}

sub backend {
	my ($c, $method, $path, $query, $h, $body) = @_;
	pipe(my $in_r, my $in_w) or die;
	pipe(my $out_r, my $out_w) or die;
	my $pid = fork // die;
	if (!$pid) {
		close $in_w;
		close $out_r;
		open(STDIN, '<&', $in_r);
		open(STDOUT, '>&', $out_w);
		%ENV = (PATH => '/usr/bin:/bin', HOME => '/nonexistent',
			GIT_PROJECT_ROOT => $root, GIT_HTTP_EXPORT_ALL => 1,
			GIT_CONFIG_COUNT => 2,
			GIT_CONFIG_KEY_0 => 'safe.directory',
			GIT_CONFIG_VALUE_0 => '*',
			GIT_CONFIG_KEY_1 => 'uploadpack.allowReachableSHA1InWant',
			GIT_CONFIG_VALUE_1 => 'true',
			REQUEST_METHOD => $method, PATH_INFO => $path,
			QUERY_STRING => $query, REMOTE_ADDR => '127.0.0.1',
			CONTENT_TYPE => $h->{'content-type'} // '',
			CONTENT_LENGTH => length $body,
			HTTP_CONTENT_ENCODING => $h->{'content-encoding'} // '',
			GIT_PROTOCOL => $h->{'git-protocol'} // '');
		my ($exec) = grep { -x } map { "$_/git-http-backend" }
			'/usr/lib/git-core', '/usr/libexec/git-core';
		exec $exec;
		exit 127;
	}
	close $in_r;
	close $out_w;
	if (!fork) { close $out_r; print $in_w $body; close $in_w; exit 0 }
	close $in_w;
	my $status = '200 OK';
	my $head = '';
	while (defined(my $l = <$out_r>)) {
		$l =~ s/\r?\n$//;
		last if $l eq '';
		if ($l =~ /^Status: (.*)/) { $status = $1; next }
		$head .= "$l\r\n";
	}
	print $c "HTTP/1.1 $status\r\nConnection: close\r\n$head\r\n";
	while (read($out_r, my $part, 65536)) { print $c $part }
}
