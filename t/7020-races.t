#!/bin/sh
# IN-6: what two do at once. Many requests over many processes; what counts is
# what the database says afterwards.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=8 hash_slots=4 queued_per_user=5 domains_per_project=2 deploy_hooks_per_project=2
api_perl <<'END'
use strict;
use warnings;
our $api;

my $pids = pids();
my $ada = $api->signup('ada');
my %t = (token => $ada->{accessToken});
# Till another transaction has done what it does, and sleeps with its locks.
sub wait_for_sleep {
	my $until = time + 20;
	until (sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")) {
		die 'the other transaction does not get so far' if time > $until;
		select undef, undef, undef, 0.02;
	}
}
sub count { my ($r, $status) = @_; return scalar grep { $_->{status} == $status } @$r }

my @r = $api->ask_all(map { [POST => '/api/auth/signup',
	json => {name => "n$_", email => 'one@example.com', password => 'correct horse'}] } 1 .. 6);
# the slots for hashing may be taken: those are put off, not failed
is count(\@r, 201), 1, 'IN-6 of parallel signups with one address one succeeds';
is count(\@r, 201) + count(\@r, 409) + count(\@r, 503), 6, 'IN-6 the others are 409 (or put off)';
is sql("SELECT count(*) FROM users WHERE email = 'one\@example.com'"), 1, 'IN-6 there is one account';

@r = $api->ask_all(map { [POST => '/api/projects', %t, json => {name => 'same', repository => 'a/b'}] } 1 .. 16);
is count(\@r, 201), 1, 'IN-6 of parallel projects with one name one is made';
is count(\@r, 409), 15, 'IN-6 the others are 409';

@r = $api->ask_all(map { [POST => '/api/projects', %t, json => {repository => "a$_/app"}] } 1 .. 16);
is count(\@r, 201), 16, 'IN-6 projects that have to be named do not hinder each other';
is sql("SELECT count(DISTINCT name) FROM projects WHERE name ~ '^app'"), 16, 'IN-6 and get names of their own';

my @users = map { $api->signup("u$_") } 1 .. 4;
@r = $api->ask_all(map { [POST => '/api/projects', token => $_->{accessToken}, json => {repository => 'z/shared'}] } (@users) x 2);
is count(\@r, 201), 8, 'IN-6 users that want one site name do not hinder each other';
is sql("SELECT count(DISTINCT site) FROM projects WHERE site ~ '^shared'"), 8, 'IN-6 each gets a site of its own';

@r = $api->ask_all(map { [POST => '/api/deployments', %t, json => {repository => 'q/first'}] } 1 .. 20);
is count(\@r, 201), 5, 'IN-6 the queue takes as many as it has places';
is count(\@r, 429), 15, 'IN-6 the others are 429';
is sql("SELECT count(*) FROM deployments WHERE status = 'queued'"), 5, 'IN-6 none too many wait';
is sql("SELECT count(*) FROM projects WHERE name ~ '^first'"), 1, 'IN-6 they are of one project, made once';
is sql("SELECT queued FROM deployment_counts c JOIN users u ON u.id = c.user_id WHERE u.email = 'ada\@example.com'"), 5,
	'IN-6 the kept count is right';

my @ids = split /\n/, sql("SELECT id FROM deployments ORDER BY id");
@r = $api->ask_all(map { my $id = $_; map { [POST => "/api/deployments/$id/cancel", %t] } 1 .. 4 } @ids);
is count(\@r, 200), 5, 'IN-6 of parallel cancels one each succeeds';
is count(\@r, 409), 15, 'IN-6 the others find it ended';
is sql("SELECT count(*) FROM deployments WHERE status = 'cancelled'"), 5, 'IN-6 all are cancelled';
is sql("SELECT queued || ' ' || cancelled FROM deployment_counts c JOIN users u ON u.id = c.user_id WHERE u.email = 'ada\@example.com'"),
	'0 5', 'IN-6 the kept counts are right';

# A project that is being deleted while a deployment of it is asked for: the
# request waits for the end of that and then makes a new one.
my $old = sql("SELECT id FROM projects WHERE name = 'same'");
open my $deleting, '-|', "$ENV{PG_BINDIR}/psql", '-X', '-q', '-d', "host=$ENV{PG_DIR} user=postgres dbname=$ENV{PG_DB}",
	'-c', "DELETE FROM projects WHERE id = '$old'; SELECT pg_sleep(1)" or die $!;
wait_for_sleep();
my $r = $api->ask(POST => '/api/deployments', %t, json => {repository => 'a/b'});
is $r->{status}, 201, 'IN-6 a deployment asked for while its project goes is made';
isnt $r->{json}{projectId}, $old, 'IN-6 with a project of its own';
1 while <$deleting>; # closed too early, it could not say what it has to
ok close $deleting, 'the other project is gone' or diag "$?, $!";

# The last place, for which another transaction just adds a row.
for my $of (['domains', "domains (project_id, host, proof) VALUES ('%s', 'a.example.org', repeat('x', 43))", {host => 'b.example.org'}],
	['deploy-hooks', "deploy_hooks (project_id, name, branch, key_hash) VALUES ('%s', 'a', 'main', repeat('0', 64))", {name => 'b'}]) {
	my ($what, $row, $new) = @$of;
	my $to = $api->ask(POST => '/api/projects', %t, json => {repository => "full/$what"})->{json}{id};
	my $path = "/api/projects/$to/$what";
	is $api->ask(POST => $path, %t, json => {%$new, map { $_ => "first.$new->{$_}" } keys %$new})->{status}, 201, "a project has a place left for $what";
	open my $adding, '-|', "$ENV{PG_BINDIR}/psql", '-X', '-q', '-d', "host=$ENV{PG_DIR} user=postgres dbname=$ENV{PG_DB}",
		'-c', "SELECT FROM projects WHERE id = '$to' FOR NO KEY UPDATE; INSERT INTO " . sprintf($row, $to) . '; SELECT pg_sleep(1)' or die $!;
	wait_for_sleep();
	is $api->ask(POST => $path, %t, json => $new)->{status}, 409, "IN-6 which another transaction takes meanwhile";
	1 while <$adding>;
	ok close $adding, 'it has' or diag "$?, $!";
}

# A deployment that becomes the live one while it is being deleted: the worker's
# last transaction is what the request waits for.
my ($id, $p) = @{$r->{json}}{qw(id projectId)};
sql("UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() + interval '1 minute' WHERE id = '$id';
	UPDATE deployments SET status = 'deploying' WHERE id = '$id'");
open my $ending, '-|', "$ENV{PG_BINDIR}/psql", '-X', '-q', '-d', "host=$ENV{PG_DIR} user=postgres dbname=$ENV{PG_DB}",
	'-c', "UPDATE deployments SET status = 'success', completed_at = now(), lease_owner = NULL, lease_until = NULL WHERE id = '$id';
		UPDATE projects SET live_deployment_id = '$id' WHERE id = '$p'; SELECT pg_sleep(1)" or die $!;
wait_for_sleep();
$r = $api->ask(DELETE => "/api/deployments/$id", %t);
is $r->{status}, 409, 'IN-6 a deployment that becomes live while it is being deleted stays';
1 while <$ending>;
ok close $ending, 'it has become live' or diag "$?, $!";
is sql("SELECT live_deployment_id FROM projects WHERE id = '$p'"), $id, 'IN-6 and the site is its own';

# A rollback to a deployment that is just being deleted, with its release.
my $before = sql("INSERT INTO deployments (project_id, user_id, repository, branch, status, started_at, completed_at)
	SELECT project_id, user_id, repository, branch, 'success', now(), now() FROM deployments WHERE id = '$id' RETURNING id");
sql("INSERT INTO releases (id, project_id, published_at) VALUES ('$before', '$p', now())");
sql("UPDATE deployments SET release_id = id WHERE id = '$before'");
open my $going, '-|', "$ENV{PG_BINDIR}/psql", '-X', '-q', '-d', "host=$ENV{PG_DIR} user=postgres dbname=$ENV{PG_DB}",
	'-c', "SELECT FROM deployments WHERE id = '$before' FOR UPDATE; SELECT pg_sleep(1);
		DELETE FROM deployments WHERE id = '$before'; UPDATE releases SET retired_at = now() WHERE id = '$before'" or die $!;
wait_for_sleep();
$r = $api->ask(POST => "/api/projects/$p/rollback", %t, json => {deploymentId => $before});
is "$r->{status} $r->{json}{error}{code}", '404 DEPLOYMENT_NOT_FOUND', 'IN-6 a rollback to what is being deleted has nothing to go to';
1 while <$going>;
ok close $going, 'it is deleted' or diag "$?, $!";

@r = $api->ask_all(map { [DELETE => "/api/projects/$p", %t] } 1 .. 12);
is count(\@r, 204), 1, 'IN-6 of parallel deletes one succeeds';
is count(\@r, 404), 11, 'IN-6 the others find nothing';

@r = $api->ask_all(map { [POST => '/api/auth/logout', %t] } 1 .. 12);
is count(\@r, 204) + count(\@r, 401), 12, 'IN-6 parallel logouts are 204 or 401';
cmp_ok count(\@r, 204), '>=', 1, 'IN-6 one at least succeeds';
is pids(), $pids, 'the processes are the same';
done_testing();
END
