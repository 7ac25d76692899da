#!/bin/sh
# What belongs to somebody else is not there: every route with an {id}, and
# what lists and writes could reach.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
export TMP
api_perl <<'END'
use strict;
use warnings;
our $api;

my $ada = $api->signup('ada')->{accessToken};
my $bob = $api->signup('bob')->{accessToken};
my $p = $api->ask(POST => '/api/projects', token => $ada, json => {repository => 'ada/secret', envVars => 'A=1'})->{json};
my $d = $api->ask(POST => '/api/deployments', token => $ada, json => {repository => 'secret'})->{json};
my $k = $api->ask(POST => '/api/api-keys', token => $ada, json => {name => 'secret'})->{json};
my %id = (projects => $p->{id}, deployments => $d->{id}, status => $d->{id}, 'api-keys' => $k->{id});
my $bobs_key = $api->ask(POST => '/api/api-keys', token => $bob, json => {name => 'bob'})->{json}{key};

sub state_of_ada {
	return sql("SELECT p::text FROM projects p UNION ALL SELECT d::text FROM deployments d
		UNION ALL SELECT k::text FROM api_keys k WHERE id = '$k->{id}' ORDER BY 1");
}
my $before = state_of_ada();

open my $f, '<', "$ENV{TMP}/routes" or die $!;
my $n = 0;
while (<$f>) {
	my ($what, $op, $verb, $path) = split /\t/;
	next unless $what eq 'route' && $path =~ m{^/api/([\w-]+)/\{id\}};
	my $mine = $id{$1};
	my $url = $path =~ s/\{id\}/$mine/r;
	my %body = $verb =~ /POST|PUT|PATCH/ ? (json => {}) : ();
	my $own = $verb eq 'GET' ? $api->ask(GET => $url, token => $ada)->{status} : undef;
	my $missing = $api->ask($verb, $path =~ s/\{id\}/00000000-0000-4000-8000-000000000000/r, token => $bob, %body);
	my $other = $api->ask($verb, $url, token => $bob, %body);
	my $nobody = $api->ask($verb, $url, %body);
	my $by_key = $api->ask($verb, $url, %body, params => {HTTP_X_API_KEY => $bobs_key});
	$n++;
	ok $by_key->{status} == 404 || ($by_key->{status} == 403 && $by_key->{json}{error}{code} eq 'KEY_REFUSED'),
		"SET-1 $verb $path with somebody else's key is 404, or refused before";
	is $other->{status}, 404, "SET-1 $verb $path of somebody else is 404";
	is $other->{body}, $missing->{body}, "SET-1 $verb $path answers exactly as for one that is not there";
	is $nobody->{status}, 401, "SET-1 $verb $path without a token is 401";
	if ($verb eq 'GET') {
		is $own, 200, "SET-1 $verb $path is 200 for its owner";
		is $api->ask(HEAD => $url, token => $bob)->{status}, 404, "SET-1 HEAD $path, too";
		my $text = $api->ask($verb, $url, token => $bob, params => {HTTP_ACCEPT => 'text/plain'});
		is $text->{status}, 404, "SET-1 $verb $path as text, too";
	}
}
cmp_ok $n, '>=', 7, 'the table has routes with an id';
is state_of_ada(), $before, 'SET-1 nothing of it changed';

for my $list ('/api/projects', '/api/deployments', '/api/deployments/recent', '/api/deployments?search=secret',
	"/api/deployments?projectId=$p->{id}", '/api/deployments?status=queued', '/api/deployments?branch=main') {
	my $by_key = $api->ask(GET => $list, params => {HTTP_X_API_KEY => $bobs_key});
	unlike $by_key->{body}, qr/\Q$d->{id}\E|\Q$p->{id}\E|secret/, "SET-1 $list by key holds nothing of it";
	my $r = $api->ask(GET => $list, token => $bob);
	is $r->{status}, 200, "$list of a stranger";
	unlike $r->{body}, qr/\Q$d->{id}\E|\Q$p->{id}\E|secret/, 'SET-1 holds nothing of it';
	is $r->{json}{pagination}{totalItems} // 0, 0, 'SET-1 nor counts it';
}
my $keys = $api->ask(GET => '/api/api-keys', token => $bob);
unlike $keys->{body}, qr/\Q$k->{id}\E|secret/, 'SET-1 the list of keys has one\'s own';
is $keys->{json}{pagination}{totalItems}, 1, 'SET-1 and counts them';

# somebody else's project is none of one's own: a new one is made
my $r = $api->ask(POST => '/api/deployments', token => $bob, json => {repository => 'secret'});
is $r->{status}, 422, 'SET-1 the name of somebody else\'s project means nothing';
$r = $api->ask(POST => '/api/deployments', token => $bob, json => {repository => 'ada/secret'});
is $r->{status}, 201, 'the same repository may be deployed by anybody who can';
isnt $r->{json}{projectId}, $p->{id}, 'SET-1 as a project of their own';
is sql("SELECT count(*) FROM deployments WHERE env_sealed IS NOT NULL AND user_id <> (SELECT user_id FROM projects WHERE id = '$p->{id}')"),
	0, 'SET-1 without the other one\'s environment';
done_testing();
END
