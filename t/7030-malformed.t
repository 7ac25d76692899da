#!/bin/sh
# What no honest client sends: JSON, requests and FastCGI records that are
# broken, and SQL where text is expected. No request may end a process.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=2 request_body_max=1M
api_perl <<'END'
use strict;
use warnings;
our $api;

my $pids = pids();
my $ada = $api->signup('ada');
my %t = (token => $ada->{accessToken});
my $rss = sub { my @k = map { qx{cat /proc/$_/status} =~ /VmRSS:\s+(\d+)/ ? $1 : 0 } split ' ', pids(); return (sort { $b <=> $a } @k)[0] };

# IN-1 JSON
my %broken = (
	'duplicate keys' => '{"repository":"a/b","repository":"c/d"}',
	'NaN' => '{"repository":NaN}', 'Infinity' => '{"repository":-Infinity}', '1e400' => '{"repository":1e400}',
	'2^63' => '{"repository":9223372036854775808}', 'a huge number' => '{"repository":' . '9' x 10000 . '}',
	'3000 levels of arrays' => '{"repository":' . '[' x 3000 . ']' x 3000 . '}',
	'3000 levels of objects' => '{"a":' x 3000 . '1' . '}' x 3000,
	'100000 open brackets' => '[' x 100000,
	'a lone surrogate' => '{"repository":"\ud800"}', 'a swapped pair' => '{"repository":"\udc00\ud800"}',
	'invalid UTF-8' => "{\"repository\":\"\xff\xfe\"}", 'an overlong form' => "{\"repository\":\"\xc0\xaf\"}",
	'a BOM' => "\xef\xbb\xbf{\"repository\":\"a/b\"}", 'UTF-16' => "\xff\xfe{\0}\0",
	'trailing bytes' => '{"repository":"a/b"}x', 'two objects' => '{"repository":"a/b"}{}',
	'NUL behind' => "{\"repository\":\"a/b\"}\0", 'NUL inside' => "{\"repository\":\"a\0b\"}",
	'an escaped NUL' => '{"repository":"a\u0000b"}', 'a raw newline in a string' => "{\"repository\":\"a\nb\"}",
	'single quotes' => "{'repository':'a/b'}", 'a comment' => '{/**/"repository":"a/b"}', 'a trailing comma' => '{"repository":"a/b",}',
	'an array' => '[]', 'an array of objects' => '[{"repository":"a/b"}]', 'a string' => '"a/b"', 'a number' => '1', 'true' => 'true', 'null' => 'null',
	'nothing' => '', 'a blank' => ' ', 'half of it' => '{"repository":"a/', 'a form' => 'repository=a/b',
);
for my $what (sort keys %broken) {
	my $r = $api->ask(POST => '/api/deployments', %t, body => $broken{$what}, type => 'application/json');
	is $r->{status}, 400, "IN-1 $what is 400";
	is $r->{json}{error}{code}, 'BAD_REQUEST', "IN-1 $what: in the contract's shape";
}
my $r = $api->ask(POST => '/api/deployments', %t, body => '{"repository":"' . 'x' x 10_000_000 . '"}');
is $r->{status}, 413, 'IN-1 a string of 10 MB is 413';
$r = $api->ask(POST => '/api/deployments', %t, body => '{"repository":"' . 'x' x 1_000_000 . '"}');
is $r->{status}, 422, 'IN-1 a string of nearly 1 MB is 422';
$r = $api->ask(POST => '/api/deployments', %t, json => {map { ("k$_" => $_) } 1 .. 2000});
is $r->{status}, 422, 'IN-1 2000 unknown keys are 422';
cmp_ok length $r->{body}, '<', 10000, 'IN-1 and answered briefly';

# a refusal must not hang up on who is still sending: nginx would answer 502
# (libfcgi reads on to the end)
for my $case (['no token' => POST => '/api/deployments'], ['a body over the limit' => POST => '/api/deployments', %t],
	['no route' => POST => '/api/nope'], ['no such verb' => PATCH => '/api/deployments', %t]) {
	my ($what, @request) = @$case;
	$api->{broken} = 0;
	my $a = $api->ask(@request, body => '{"repository":"' . 'x' x 8_000_000 . '"}', type => 'application/json');
	like $a->{status}, qr/^4\d\d$/, "IN-2 8 MB with $what are refused";
	is $api->{broken}, 0, "IN-2 8 MB with $what are taken to their end";
}

# request lines and headers
my @odd = (
	['an empty method' => '', '/api/health', {}], ['no method' => 'GET', '/api/health', {REQUEST_METHOD => undef}],
	['no URI' => 'GET', '/', {REQUEST_URI => undef}], ['an empty URI' => 'GET', '/', {REQUEST_URI => ''}],
	['an absolute URI' => 'GET', 'http://evil.example/api/health', {}], ['a URI of 64 KB' => 'GET', '/api/' . 'x' x 65000, {}],
	['a query of 64 KB' => 'GET', '/api/health?' . 'x=1&' x 16000, {}], ['bytes in the URI' => 'GET', "/api/\xff\xfe\x01", {}],
	['10000 segments' => 'GET', '/a' x 3000, {}], ['%00' => 'GET', '/api/health%00', {}],
	['CRLF in the path' => 'GET', '/api/health%0d%0aX-Evil:%201', {}], ['a negative length' => 'POST', '/api/deployments', {CONTENT_LENGTH => -1}],
	['a length that is none' => 'POST', '/api/deployments', {CONTENT_LENGTH => '0x10'}],
	['a huge length' => 'POST', '/api/deployments', {CONTENT_LENGTH => '9' x 30}],
	['more length than body' => 'POST', '/api/deployments', {CONTENT_LENGTH => 1000}],
	['an Accept of bytes' => 'GET', '/api/deployments', {HTTP_ACCEPT => "\xff" x 5000}],
	['a User-Agent of bytes' => 'GET', '/api/deployments', {HTTP_USER_AGENT => "\xff\x00\x1b[31m" x 100}],
	['an address that is none' => 'GET', '/api/deployments', {REMOTE_ADDR => "' OR 1=1"}],
	['an address of a socket' => 'GET', '/api/deployments', {REMOTE_ADDR => 'unix:'}],
);
for my $o (@odd) {
	my ($what, $method, $uri, $params) = @$o;
	my $a = $api->ask($method, $uri, %t, params => $params, $method eq 'POST' ? (body => '{}') : ());
	ok $a->{status} >= 200 && $a->{status} < 500, "IN-1 $what is answered ($a->{status})";
	unlike $a->{raw}, qr/X-Evil/, "IN-1 $what cannot add a header";
}

# FastCGI records: whoever may speak them is trusted, but not to be right
my $good = Fcgi::bytes(GET => '/health');
my @raw = ('', "\0" x 8, "\xff" x 64, substr($good, 0, 7), substr($good, 0, 20), substr($good, 0, -8),
	pack('CCnnCC', 1, 1, 1, 8, 0, 0) . pack('nCx5', 9, 0) . $good, # an unknown role
	pack('CCnnCC', 2, 1, 1, 8, 0, 0) . pack('nCx5', 1, 0), # another version
	Fcgi::record(4, pack('N', 0x7fffffff | 0x80000000) x 2) . $good, # lengths that lie
	pack('CCnnCC', 1, 1, 1, 8, 0, 0) . pack('nCx5', 1, 0) . Fcgi::record(4, pack('N', 0xffffffff) x 2 . 'x' x 100) . Fcgi::record(4, ''),
	pack('CCnnCC', 1, 1, 1, 8, 0, 0) . pack('nCx5', 1, 0) . Fcgi::record(4, 'x' x 60000) . Fcgi::record(4, '') . Fcgi::record(5, ''),
	pack('CCnnCC', 1, 9, 0, 0, 0, 0), pack('CCnnCC', 1, 2, 1, 0, 0, 0) . $good);
for my $i (0 .. $#raw) {
	my $s = IO::Socket::UNIX->new(Peer => "$ENV{AS_RUN}/api.sock") or die $!;
	local $SIG{PIPE} = 'IGNORE';
	syswrite $s, $raw[$i] if length $raw[$i];
	shutdown $s, 1;
	my ($end, $buf) = (time + 10, '');
	while (time < $end) {
		last unless IO::Select->new($s)->can_read(1) and sysread $s, $buf, 65536;
	}
	close $s;
	is $api->ask(GET => '/health')->{status}, 200, "broken records $i: the next request is answered";
}

# clients that leave
for (1 .. 20) {
	my $s = IO::Socket::UNIX->new(Peer => "$ENV{AS_RUN}/api.sock") or die $!;
	syswrite $s, Fcgi::bytes(GET => '/api/openapi.json');
	close $s;
}
is $api->ask(GET => '/health')->{status}, 200, 'clients that do not wait for their answer harm nobody';

# IN-3 SQL where text is expected
my @sql = ("' OR '1'='1", "'; DROP TABLE users; --", "\\'; SELECT pg_sleep(9) --", "1 UNION SELECT password_hash FROM users",
	'%', '_', "%' ESCAPE '!", '$1', '${1}', '/*', "\x{2019}", 'x" or ""="');
my $p = $api->ask(POST => '/api/projects', %t, json => {repository => 'a/b', name => 'abc'})->{json};
my $dump = sub { sql("SELECT count(*) FROM users") . sql("SELECT count(*) FROM projects") };
my $before = $dump->();
for my $s (@sql) {
	utf8::encode(my $bytes = $s);
	(my $q = $bytes) =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ge;
	my $start = time;
	for my $url ("/api/projects?search=$q", "/api/deployments?search=$q", "/api/deployments?branch=$q", "/api/deployments?status=$q",
		"/api/deployments?projectId=$q", "/api/deployments?page=$q", "/api/deployments?limit=$q", "/api/deployments/$q", "/api/projects/$q",
		"/api/deployments/$q/logs", "/api/deployments/$p->{id}/logs?after=$q") {
		my $a = $api->ask(GET => $url, %t);
		my $n = $a->{json} && $a->{json}{pagination} ? $a->{json}{pagination}{totalItems} : 0;
		ok $a->{status} =~ /^(200|404|422)$/ && $n == 0 && $a->{body} !~ /syntax|SELECT|operator/i
			or diag "IN-3 $url: $a->{status} $a->{body}";
	}
	for my $body ({repository => $s}, {repository => 'a/b', branch => $s}, {repository => 'a/b', outputDir => $s}) {
		my $a = $api->ask(POST => '/api/deployments', %t, json => $body);
		ok $a->{status} =~ /^(201|422|429)$/ or diag "IN-3 body: $a->{status} $a->{body}";
	}
	$api->ask(POST => '/api/auth/login', json => {email => $s, password => $s});
	cmp_ok time - $start, '<', 9, 'IN-3 nothing slept: ' . $bytes;
}
is sql("SELECT count(*) FROM users"), 1, 'IN-3 the users are there';
$r = $api->ask(PUT => "/api/projects/$p->{id}", %t, json => {buildCommand => "echo '; DROP TABLE users; --"});
is $r->{json}{buildCommand}, "echo '; DROP TABLE users; --", 'IN-3 text is stored as it came';
$r = $api->ask(GET => '/api/projects?search=BC', %t);
is $r->{json}{pagination}{totalItems}, 1, 'a search that finds';

# IN-5
open my $log, '<', "$ENV{AS_LOG}.api" or die $!;
my @lines = <$log>;
my @five = grep { /"status":"5\d\d"/ } @lines;
is scalar(@five), 0, 'IN-5 none of it was an error of ours' or diag @five[0 .. ($#five > 3 ? 3 : $#five)],
	grep { /request\.failed/ } @lines;
is scalar(grep { !eval { Cpanel::JSON::XS->new->utf8->decode($_) } } @lines), 0, 'LOG-3 each line of the log is one JSON object';
cmp_ok $rss->(), '<', 400_000, 'IN-1 memory stays where it was (sanitizers included)';
is pids(), $pids, 'IN-1 the processes are the same';
done_testing();
END
