# GitHttp.pm - git's smart HTTP for the test servers, by git-http-backend.
#
#   read_body($socket, \%headers)   the body of a request, chunked or not
#   backend($socket, $root, $method, $path, $query, \%headers, $body)
#                                   answers for the repositories below $root, in
#                                   this process's place
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
	# the backend says 200 of all there is; what it would say of what there is
	# not is said here, so that its words can go out as they are
	if (!(($path =~ m{^(/.+?)/(?:info/refs|git-upload-pack)$}) && -d "$root$1")) {
		syswrite $c, "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
		return;
	}
	syswrite $c, "HTTP/1.1 200 OK\r\nConnection: close\r\n";
	open(my $in, '+>', undef) or die;
	syswrite $in, $body;
	sysseek $in, 0, 0;
	open(STDIN, '<&', $in) or die;
	open(STDOUT, '>&', $c) or die;
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
	exec $exec or POSIX::_exit(127);
}

1;
