#!/bin/sh
# Where a browser's request comes from: writes from strangers are refused on
# every route, and only pages of our own origins may read answers.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=2 app_url=https://panel.example:8443 frontend_url=https://www.example \
	"allowed_origins=https://good.example, http://localhost:3000"
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
export TMP
api_perl <<'END'
use strict;
use warnings;
our $api;

my $t = $api->signup('ada')->{accessToken};
my @good = ('https://panel.example:8443', 'https://www.example', 'https://good.example', 'http://localhost:3000');
my @bad = ('null', 'https://good.example.evil', 'https://evilgood.example', 'http://good.example', 'https://good.example:444',
	'https://GOOD.example', 'HTTPS://good.example', 'https://good.example/', 'https://sub.good.example', 'https://panel.example',
	'https://site.panel.example:8443', '', '*', 'https://good.example, https://www.example', 'https://good.example https://www.example');
my %cookie = (HTTP_COOKIE => '__Host-autostack=abc');

# every route that changes something, for every kind of stranger
my @strange = ((map { [{HTTP_ORIGIN => $_}, "Origin: $_"] } 'https://evil.example', 'null', $bad[1]),
	[{HTTP_SEC_FETCH_SITE => 'cross-site'}, 'Sec-Fetch-Site: cross-site'],
	[{HTTP_SEC_FETCH_SITE => 'same-site'}, 'Sec-Fetch-Site: same-site'],
	[{HTTP_SEC_FETCH_SITE => 'nonsense'}, 'an unknown Sec-Fetch-Site'],
	[{HTTP_ORIGIN => 'https://evil.example', HTTP_SEC_FETCH_SITE => 'same-origin'}, 'a foreign Origin that says same-origin'],
	[{%cookie, HTTP_AUTHORIZATION => undef}, 'a cookie and no word of its origin'],
	[{%cookie, HTTP_AUTHORIZATION => undef, HTTP_REFERER => 'https://evil.example/https://good.example/'}, 'a foreign Referer']);
open my $f, '<', "$ENV{TMP}/routes" or die $!;
my $n = 0;
while (<$f>) {
	chomp;
	my ($what, $op, $verb, $path) = split /\t/;
	next unless $what eq 'route' && $verb ne 'GET' && $path !~ /webhook|agents|events/;
	$n++;
	my $url = $path =~ s/\{\w+\}/00000000-0000-4000-8000-000000000000/gr;
	my @r = $api->ask_all(map { [$verb, $url, token => $t, json => {}, params => $_->[0]] } @strange);
	my @open = grep { $r[$_]{status} != 403 || $r[$_]{json}{error}{code} ne 'CSRF_REFUSED' } 0 .. $#r;
	is "@open", '', "CS-2 $verb $path refuses strangers" or diag join ', ', map { "$strange[$_][1]: $r[$_]{status}" } @open;
}
cmp_ok $n, '>', 12, 'the table has routes that change something';

# who passes: the answer is that of the empty body, not a refusal
sub status { return $api->ask(POST => '/api/auth/login', json => {}, params => $_[0])->{status} }
is status({HTTP_ORIGIN => $_}), 422, "CS-2 $_ may sign in" for @good;
is status({HTTP_ORIGIN => $_}), 403, "CS-2 '$_' may not" for @bad;
is status({HTTP_ORIGIN => $good[2], HTTP_SEC_FETCH_SITE => 'cross-site'}), 422, 'CS-2 a listed origin is cross-site by nature';
is status({HTTP_SEC_FETCH_SITE => $_}), 422, "CS-2 $_ without an Origin passes" for 'same-origin', 'none';
is status({}), 422, 'CS-2 a program without any of these headers passes';
is status({%cookie, HTTP_REFERER => 'https://panel.example:8443/login?x'}), 422, 'CS-2 our own Referer will do for an old browser';
is status({%cookie, HTTP_REFERER => 'https://panel.example:8443@evil.example/'}), 403, 'CS-2 one that only looks like ours will not';
is status({%cookie, HTTP_SEC_FETCH_SITE => 'none'}), 422, 'CS-2 with a cookie the browser has to vouch';
is status({%cookie}), 403, 'CS-2 or it is refused';
is status({HTTP_COOKIE => 'theme=dark'}), 422, 'CS-2 cookies of others say nothing';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.login_failed' AND details->>'code' = 'CSRF_REFUSED'"), scalar(@bad) + 2 + 9 * 2,
	'CS-2 forged logins are in the audit log';

# CS-3: what a form can send
for my $type ('text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '') {
	my $r = $api->ask(POST => '/api/projects', token => $t, body => '{"repository":"a/b"}', type => $type);
	is $r->{status}, 415, "CS-3 a body of type '$type' is refused";
}

# CO-1: who may read
sub get { return $api->ask(GET => $_[0], token => $t, params => {HTTP_ORIGIN => $_[1]}) }
for my $path ('/api/projects', '/api/nothing', '/api/projects?limit=x', '/api/projects/00000000-0000-4000-8000-000000000000') {
	for my $origin (@good) {
		my $h = get($path, $origin)->{header};
		is $h->{'access-control-allow-origin'}, $origin, "CO-1 $path may be read by $origin";
		is $h->{'access-control-allow-credentials'}, 'true', 'CO-1 with credentials';
		like $h->{'access-control-expose-headers'}, qr/X-Request-Id.*Retry-After.*RateLimit/, 'CO-1 and its headers';
		is $h->{vary}, 'Origin', 'CO-1 caches keep it by Origin';
	}
	for my $origin (@bad, undef) {
		my $h = get($path, $origin)->{header};
		is_deeply [grep { /^access-control/ } keys %$h], [], "CO-1 $path not by '" . ($origin // 'nobody') . "'";
		is $h->{vary}, 'Origin', 'CO-1 caches keep it by Origin';
	}
}

# preflights
sub preflight {
	my ($path, $origin, $method) = @_;
	return $api->ask(OPTIONS => $path, params => {HTTP_ORIGIN => $origin, HTTP_ACCESS_CONTROL_REQUEST_METHOD => $method // 'PUT',
		HTTP_ACCESS_CONTROL_REQUEST_HEADERS => 'authorization,x-evil'});
}
my $r = preflight('/api/projects/00000000-0000-4000-8000-000000000000', $good[2]);
is $r->{status}, 204, 'CO-1 a preflight';
is $r->{header}{'access-control-allow-origin'}, $good[2], 'CO-1 names the origin';
is $r->{header}{'access-control-allow-methods'}, 'GET, HEAD, PUT, DELETE, OPTIONS', 'CO-1 and the methods that the path has';
is $r->{header}{'access-control-allow-headers'}, 'Authorization, Content-Type, X-API-Key, X-CSRF-Token, X-Client',
	'CO-1 and the headers that we read';
like $r->{header}{'access-control-max-age'}, qr/^\d+$/, 'CO-1 for a while';
$r = preflight('/api/auth/login', $good[0]);
is $r->{header}{'access-control-allow-methods'}, 'POST, OPTIONS', 'CO-1 by path';
for my $origin (@bad) {
	$r = preflight('/api/projects', $origin);
	is_deeply [grep { /^access-control/ } keys %{$r->{header}}], [], "CO-1 a preflight of '$origin' is told nothing";
}
$r = preflight('/api/nothing', $good[0]);
is $r->{status}, 404, 'CO-1 no preflight where nothing is';
ok !exists $r->{header}{'access-control-allow-methods'}, 'CO-1 there are no methods';
is get('/api/projects', "https://good.example\r\nX-Evil: 1")->{header}{'x-evil'}, undef, 'CO-1 an Origin cannot write headers';
done_testing();
END
