#!/bin/sh
# What belongs to somebody else is not there: every route of the table with a
# parameter in its path, asked by everybody whose it is not. A route with a
# parameter that this file does not know fails.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start hash_slots=2
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
export TMP
api_perl <<'END'
use strict;
use warnings;
our $api;

my %who = map { $_ => $api->signup($_)->{accessToken} } qw(ada bob manager ended late gone);
sql("UPDATE users SET role = 'manager' WHERE name = 'manager'");
my $ada = $who{ada};
my $ada_id = sql("SELECT id FROM users WHERE name = 'ada'");
my $p = $api->ask(POST => '/api/projects', token => $ada, json => {repository => 'ada/secret', envVars => 'A=1'})->{json};
my $d = $api->ask(POST => '/api/deployments', token => $ada, json => {repository => 'secret'})->{json};
my $domain = $api->ask(POST => "/api/projects/$p->{id}/domains", token => $ada, json => {host => 'secret.example.com'})->{json}{id};
my $session = sql("SELECT id FROM sessions WHERE user_id = '$ada_id'");
my $key = $api->ask(POST => '/api/api-keys', token => $ada, json => {name => 'secret'})->{json}{id};
my $channel = $api->ask(POST => '/api/notification-channels', token => $ada,
	json => {name => 'secret', kind => 'webhook', url => 'https://example.com/secret'})->{json}{id};
my $delivery = sql("INSERT INTO webhook_deliveries (project_id, event, verdict, reason) VALUES ('$p->{id}', 'push', 'queue_full', 'x') RETURNING id");
my $incident = sql("INSERT INTO incidents (title) VALUES ('draft') RETURNING id");
my $bobs_key = $api->ask(POST => '/api/api-keys', token => $who{bob}, json => {name => 'bob'})->{json}{key};
# credentials that were good once
sql("UPDATE sessions SET revoked_at = now() WHERE user_id = (SELECT id FROM users WHERE name = 'ended');
	UPDATE sessions SET expires_at = now() WHERE user_id = (SELECT id FROM users WHERE name = 'late');
	DELETE FROM users WHERE name = 'gone'");

# Where an object of ada's is: a path's begin, its id, and what others get.
# managers: what a manager gets, where that is not what anybody gets.
my %of = (
	'/api/projects/' => {id => $p->{id}, other => 404},
	'/api/deployments/' => {id => $d->{id}, other => 404},
	'/api/status/' => {id => $d->{id}, other => 404},
	'/api/auth/sessions/' => {id => $session, other => 404},
	'/api/notification-channels/' => {id => $channel, other => 404},
	'/api/api-keys/' => {id => $key, other => 404},
	'/api/webhook-deliveries/' => {id => $delivery, other => 404},
	'/api/incidents/' => {id => $incident, other => 403},
	'/api/status/incidents/' => {id => $incident, other => 403},
	'/api/users/' => {id => $ada_id, other => 403, managers => {GET => 200}},
);

# What a route's fields have to be, so that they are not what refuses.
my %needs = (
	'POST /api/projects/{id}/deploy-hooks' => {name => 'x'},
	'POST /api/projects/{id}/previews/{previewId}/approve' => {commit => 'a' x 40},
	'POST /api/projects/{id}/domains' => {host => 'www.example.com'},
	'PUT /api/projects/{id}/domains/{domainId}/certificate' => {map { $_ => '-----BEGIN ' } qw(certificate privateKey)},
	'POST /api/status/incidents/{id}/updates' => {status => 'resolved', message => 'x'},
	'PUT /api/projects/{id}/env/{name}' => {value => 'x'},
);

my @tables = split /\n/, sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
	AND table_name NOT IN ('audit_logs', 'sessions', 'api_keys') ORDER BY 1");
sub state_of_all { # but what asking itself leaves
	return sql(join ' UNION ALL ', (map { "SELECT '$_' || x::text FROM \"$_\" x" } @tables),
		"SELECT id::text || coalesce(revoked_at::text, '') FROM sessions ORDER BY 1");
}
my $before = state_of_all();
my $missing_id = '00000000-0000-4000-8000-000000000000';

open my $f, '<', "$ENV{TMP}/routes" or die $!;
my ($n, %used) = 0;
while (<$f>) {
	chomp;
	my ($what, $op, $verb, $path, $who, undef, undef, undef, $in) = split /\t/;
	next unless $what eq 'route' && $path =~ /\{/;
	my ($where) = grep { index($path, "$_\{id}") == 0 } keys %of;
	next if $path =~ /\{provider\}/; # names a kind, not an object: one's own only
	next if $path =~ m{^/api/github/repos/}; # GitHub's, by one's own token
	next if $who eq 'public'; # whoever has what the path or the query holds
	if (!$where) {
		fail "SET-1 $verb $path has no entry in this file";
		next;
	}
	my $o = $of{$where};
	$used{$where}++;
	$n++;
	my $url = $path =~ s/\{id\}/$o->{id}/r =~ s/\{name\}/A/r =~ s/\{domainId\}/$domain/r =~ s/\{\w+\}/$missing_id/gr;
	my $nowhere = $path =~ s/\{name\}/A/r =~ s/\{\w+\}/$missing_id/gr;
	my %body = $in eq 'body' ? (json => $needs{"$verb $path"} // {}) : ();
	my $admin_only = $who eq 'admin' || $who eq 'manager';
	for my $name (qw(bob manager)) {
		my $want = $name eq 'manager' && ($o->{managers}{$verb} // ($who eq 'manager' ? 200 : 0)) || ($admin_only ? 403 : $o->{other});
		my $other = $api->ask($verb, $url, token => $who{$name}, %body);
		my $missing = $api->ask($verb, $nowhere, token => $who{$name}, %body);
		is $other->{status}, $want, "SET-1 $verb $path of somebody else is $want for $name";
		is $other->{body}, $missing->{body}, "SET-1 $verb $path answers $name exactly as for one that is not there" if $want >= 400;
		next if $verb ne 'GET' || $want < 400;
		is $api->ask(HEAD => $url, token => $who{$name})->{status}, $want, "SET-1 HEAD $path, too";
		is $api->ask($verb, $url, token => $who{$name}, params => {HTTP_ACCEPT => 'text/plain'})->{status}, $want, "SET-1 $verb $path as text, too";
		is $api->ask($verb, $path =~ s/\{id\}/uc $o->{id}/er =~ s/\{domainId\}/$domain/r, token => $who{$name})->{status}, $want,
			"SET-1 $verb $path with its id in capitals, too";
	}
	my $by_key = $api->ask($verb, $url, %body, params => {HTTP_X_API_KEY => $bobs_key});
	ok $by_key->{status} == ($admin_only ? 403 : $o->{other})
		|| ($by_key->{status} == 403 && $by_key->{json}{error}{code} eq 'KEY_REFUSED'),
		"SET-1 $verb $path with somebody else's key is refused as well";
	for my $name (qw(ended late gone)) {
		is $api->ask($verb, $url, token => $who{$name}, %body)->{status}, 401, "SET-1 $verb $path with a session that is over ($name) is 401";
	}
	is $api->ask($verb, $url, %body)->{status}, 401, "SET-1 $verb $path without a token is 401";
	is $api->ask($verb, $url, token => 'x.y.z', %body)->{status}, 401, "SET-1 $verb $path with nonsense is 401";
	is $api->ask($verb, $url, token => $ada)->{status}, 200, "SET-1 $verb $path is 200 for its owner" if $verb eq 'GET' && !$admin_only;
}
cmp_ok $n, '>=', 7, 'the table has routes with an id';
is state_of_all(), $before, 'SET-1 nothing of all that changed anything';

# what the caller names in a query or a body is looked at, too
my $bob = $who{bob};
for my $list ('/api/projects', '/api/deployments', '/api/deployments/recent', '/api/deployments?search=secret',
	"/api/deployments?projectId=$p->{id}", '/api/deployments?status=queued', '/api/deployments?branch=main') {
	my $by_key = $api->ask(GET => $list, params => {HTTP_X_API_KEY => $bobs_key});
	unlike $by_key->{body}, qr/\Q$d->{id}\E|\Q$p->{id}\E|secret/, "SET-1 $list by key holds nothing of it";
	my $r = $api->ask(GET => $list, token => $bob);
	is $r->{status}, 200, "$list of a stranger";
	unlike $r->{body}, qr/\Q$d->{id}\E|\Q$p->{id}\E|secret/, 'SET-1 holds nothing of it';
	is $r->{json}{pagination}{totalItems} // 0, 0, 'SET-1 nor counts it';
}
my $eve = $api->signup('eve')->{accessToken}; # bob's log has the ids that he tried
for my $path ('/api/auth/sessions', '/api/audit-logs', '/api/user/export', '/api/user/profile', '/api/audit-logs?format=csv') {
	my $r = $api->ask(GET => $path, token => $eve);
	is $r->{status}, 200, "$path of a stranger";
	unlike $r->{body}, qr/\Q$ada_id\E|\Q$session\E|\Q$key\E|ada\@/, 'SET-1 holds nothing of hers';
}
my $keys = $api->ask(GET => '/api/api-keys', token => $bob);
unlike $keys->{body}, qr/\Q$key\E|secret/, 'SET-1 the list of keys has one\'s own';
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
