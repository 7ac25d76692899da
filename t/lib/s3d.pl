#!/usr/bin/perl
# s3d.pl ROOT PORTFILE - the part of S3 that archives need, on a loopback port
# that the kernel chooses and that is written to PORTFILE. Checks Signature
# Version 4 by the book (its own reading of it, not libcurl's), the hash of each
# body, and the clock. Objects are files of ROOT/bucket; ROOT/log gets a line per
# request: METHOD PATH STATUS. Key and secret: test-key, test-secret/+=; region
# us-east-1; bucket `bucket`.
#
# ROOT/mode, read at each request, is what it does wrong:
#   refuse STATUS CODE   answers that, before it has read a body
#   redirect URL         the same with 307
#   hang                 takes the request and says nothing
#   drip                 answers a byte at a time
#   hold                 waits with the end of a PUT while ROOT/mode says so
#   wrong, short, long   GET: other bytes; cut off; more than there are
#   junk                 is no HTTP
#   endless              headers without an end
use strict;
use warnings;
use Digest::SHA qw(sha256_hex hmac_sha256 hmac_sha256_hex);
use IO::Socket::INET;
use POSIX ();
use Time::Local qw(timegm);

my ($root, $portfile) = @ARGV;
my ($key, $secret) = ('test-key', 'test-secret/+=');
my ($region, $bucket) = ('us-east-1', 'bucket');
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
mkdir "$root/$bucket";

sub mode {
	open my $f, '<', "$root/mode" or return '';
	my $line = <$f> // '';
	chomp $line;
	return $line;
}

sub note {
	open my $f, '>>', "$root/log" or die;
	syswrite $f, "@_\n";
}

# Why the signature is not good, as S3's code; undef when it is.
sub judge {
	my ($r) = @_;
	my $h = $r->{head};
	my $auth = $h->{authorization} // return 'AccessDenied';
	my ($credential, $signed, $signature) = $auth =~
		m{^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$}
		or return 'AuthorizationHeaderMalformed';
	my ($id, $day, @scope) = split m{/}, $credential;
	return 'InvalidAccessKeyId' if $id ne $key;
	return 'AuthorizationHeaderMalformed' if "@scope" ne "$region s3 aws4_request";
	my %signed = map { $_ => 1 } split /;/, $signed;
	$signed{$_} or return "AccessDenied" for qw(host x-amz-date x-amz-content-sha256);
	defined $h->{$_} or return 'AccessDenied' for keys %signed;
	my $date = $h->{'x-amz-date'};
	my ($y, $m, $d, $hh, $mm, $ss) =
		$date =~ /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/ or return 'AccessDenied';
	return 'RequestTimeTooSkewed'
		if abs(timegm($ss, $mm, $hh, $d, $m - 1, $y) - time) > 900 || $day ne "$y$m$d";
	my $canonical = join "\n", $r->{method}, $r->{path}, '',
		(map { "$_:$h->{$_}" } sort keys %signed), '', join(';', sort keys %signed),
		$h->{'x-amz-content-sha256'};
	my $k = hmac_sha256($day, "AWS4$secret");
	$k = hmac_sha256($_, $k) for @scope;
	my $want = hmac_sha256_hex(
		join("\n", 'AWS4-HMAC-SHA256', $date, join('/', $day, @scope), sha256_hex($canonical)), $k);
	return $want eq $signature ? undef : 'SignatureDoesNotMatch';
}

sub answer {
	my ($c, $r, $status, $body, @headers) = @_;
	note($r->{method}, $r->{path}, $status);
	my $head = join "\r\n", "HTTP/1.1 $status X", 'Connection: close',
		'Content-Length: ' . length $body, @headers, '', '';
	if (mode() eq 'drip') {
		for my $byte (split //, $head . $body) {
			syswrite $c, $byte or return;
			sleep 1;
		}
		return;
	}
	syswrite $c, $head;
	my $at = 0;
	while ($at < length $body) {
		$at += syswrite($c, $body, 65536, $at) // return;
	}
}

sub refuse {
	my ($c, $r, $status, $code, @headers) = @_;
	answer($c, $r, $status, "<?xml version=\"1.0\"?>\n<Error><Code>$code</Code>"
		. "<Message>secret words of the storage</Message></Error>",
		'Content-Type: application/xml', @headers);
}

sub read_head {
	my ($c) = @_;
	my $line = <$c> // return;
	my %r = (head => {});
	@r{qw(method path)} = $line =~ m{^([A-Z]+) (\S+) HTTP/1\.1\r\n$} or return;
	while (defined($line = <$c>) && $line ne "\r\n") {
		my ($name, $value) = $line =~ /^([^:]+): *(.*?) *\r\n$/ or return;
		$r{head}{lc $name} = $value;
	}
	return \%r;
}

sub put {
	my ($c, $r, $file) = @_;
	my $left = $r->{head}{'content-length'} // return refuse($c, $r, 411, 'MissingContentLength');
	syswrite $c, "HTTP/1.1 100 Continue\r\n\r\n" if lc($r->{head}{expect} // '') eq '100-continue';
	my $sha = Digest::SHA->new(256);
	my $tmp = "$file.$$";
	open my $out, '>', $tmp or die;
	while ($left > 0) {
		my $n = read $c, my $part, $left > 65536 ? 65536 : $left;
		last if !$n;
		$sha->add($part);
		print $out $part;
		$left -= $n;
	}
	close $out;
	select undef, undef, undef, 0.05 while mode() eq 'hold';
	if ($left || $sha->hexdigest ne $r->{head}{'x-amz-content-sha256'}) {
		unlink $tmp;
		return refuse($c, $r, 400, $left ? 'IncompleteBody' : 'XAmzContentSHA256Mismatch');
	}
	rename $tmp, $file;
	answer($c, $r, 200, '');
}

sub get {
	my ($c, $r, $file) = @_;
	open my $in, '<', $file or return refuse($c, $r, 404, 'NoSuchKey');
	my $body = do { local $/; <$in> };
	my $mode = mode();
	substr($body, length($body) / 2, 1) ^= "\1" if $mode eq 'wrong';
	$body .= 'x' x 1000 if $mode eq 'long';
	if ($mode eq 'short') {
		note($r->{method}, $r->{path}, 'short');
		syswrite $c, "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\n\r\n"
			. substr $body, 0, length($body) / 2;
		return;
	}
	answer($c, $r, 200, $body);
}

sub serve {
	my ($c) = @_;
	my $mode = mode();
	my $r = read_head($c) // return;
	my ($what, $status, $code) = split / /, $mode;
	$what //= '';
	if ($what eq 'hang') {
		note($r->{method}, $r->{path}, 'hang');
		select undef, undef, undef, 0.05 while mode() eq 'hang';
		return;
	}
	return syswrite $c, "SSH-2.0-no\r\n" x 10 if $what eq 'junk';
	if ($what eq 'endless') {
		syswrite $c, "HTTP/1.1 200 OK\r\n";
		1 while syswrite $c, 'X-More: ' . 'x' x 1000 . "\r\n";
		return;
	}
	return refuse($c, $r, 307, 'TemporaryRedirect', "Location: $status") if $what eq 'redirect';
	return refuse($c, $r, $status, $code) if $what eq 'refuse';
	my $wrong = judge($r);
	return refuse($c, $r, 403, $wrong) if $wrong;
	my ($name, $object) = $r->{path} =~ m{^/([^/]+)/([A-Za-z0-9/.-]+)$}
		or return refuse($c, $r, 400, 'InvalidURI');
	return refuse($c, $r, 404, 'NoSuchBucket') if $name ne $bucket;
	$object =~ s{/}{_}g;
	my $file = "$root/$bucket/$object";
	return put($c, $r, $file) if $r->{method} eq 'PUT';
	return refuse($c, $r, 400, 'XAmzContentSHA256Mismatch')
		if $r->{head}{'x-amz-content-sha256'} ne sha256_hex('');
	return get($c, $r, $file) if $r->{method} eq 'GET';
	return refuse($c, $r, 405, 'MethodNotAllowed') if $r->{method} ne 'DELETE';
	unlink $file;
	answer($c, $r, 204, '');
}

my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die "listen: $!";
open my $f, '>', "$portfile.new" or die;
print $f $s->sockport;
close $f;
rename "$portfile.new", $portfile or die;
while (my $c = $s->accept) {
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		close $s;
		serve($c);
		POSIX::_exit(0);
	}
	close $c;
}
