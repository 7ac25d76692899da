# GitHttp.pm - git's smart HTTP for the test servers, by git-http-backend.
#
#   read_body($socket, \%headers)   the body of a request, chunked or not
#   backend($socket, $root, $method, $path, $query, \%headers, $body)
#                                   answers for the repositories below $root
package GitHttp;
use strict;
use warnings;
use Exporter 'import';
use POSIX ();

our @EXPORT = qw(read_body backend);

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
	my ($c, $root, $method, $path, $query, $h, $body) = @_;
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
		POSIX::_exit(127);
	}
	close $in_r;
	close $out_w;
	# what a pipe holds needs nobody who waits until it is read
	my $long = length $body > 65536;
	if (!$long || !(fork // die)) {
		local $SIG{PIPE} = 'IGNORE';
		print $in_w $body;
		close $in_w;
		POSIX::_exit(0) if $long;
	}
	close $in_w if $long;
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

1;
