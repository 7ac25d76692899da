#!/bin/sh
# GitHub's webhooks: whose delivery it is, what it leads to, and what its owner
# is told of it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=6 queued_per_user=3 webhook_body_max=4M
api_perl <<'END'
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex hmac_sha1_hex);
our $api;
my $json = Cpanel::JSON::XS->new->utf8->canonical;
my ($r, $n) = (undef, 0);
my $t = $api->signup('ada')->{accessToken};
my $bob = $api->signup('bob')->{accessToken};
sub project { return $api->ask(POST => '/api/projects', token => $t, json => {repository => $_[0]})->{json}{id} }
my $p = project('Codertocat/Hello-World');
my $pids = pids();

# ---- the secret ----
sub secret { return $api->ask(POST => "/api/projects/$_[0]/webhook-secret", token => $_[1] // $t, json => {}) }
$r = secret($p);
is $r->{status}, 201, 'a project gets a webhook secret';
is_deeply [@{$r->{json}}{qw(url contentType events)}], ["https://localhost/api/github/webhook?project=$p", 'application/json', ['push', 'pull_request']], 'with what GitHub has to be told';
my $secret = $r->{json}{secret};
cmp_ok length $secret, '>=', 43, 'of 256 bits';
is secret($p, $bob)->{status}, 404, 'SET-1 not for somebody else\'s project';
unlike sql('SELECT x::text FROM project_webhooks x'), qr/\Q$secret\E/, 'WH-10 the database has it sealed';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'webhook.secret' AND outcome = 'success' AND target = '$p'"), 1, 'LOG-1 and it is audited';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'webhook.secret' AND outcome = 'failure' AND details->>'code' = 'PROJECT_NOT_FOUND'"), 1, 'LOG-1 as is a refusal';

# ---- deliveries ----
sub push_of { # what GitHub sends of a push, shortened
	my (%o) = @_;
	$n++;
	return {ref => 'refs/heads/main', before => '0' x 40, after => sprintf('%040x', 0xabc000 + $n), created => Cpanel::JSON::XS::false(), deleted => Cpanel::JSON::XS::false(),
		repository => {id => 186853002, full_name => 'Codertocat/Hello-World', private => Cpanel::JSON::XS::false(), pushed_at => 1557933657 + $n},
		pusher => {name => 'Codertocat', email => 'x@users.noreply.github.com'},
		head_commit => {id => sprintf('%040x', 0xabc000 + $n), message => "Change $n\n\nwith a body"}, commits => [], %o};
}
sub deliver {
	my ($body, %o) = @_;
	$n++;
	$body = $json->encode($body) if ref $body;
	my $sign = exists $o{sign} ? $o{sign} : 'sha256=' . hmac_sha256_hex($body, $o{secret} // $secret);
	return $api->ask(POST => $o{path} // "/api/github/webhook?project=" . ($o{project} // $p), body => $body, type => $o{type} // 'application/json',
		params => {HTTP_X_HUB_SIGNATURE_256 => $sign, HTTP_X_GITHUB_EVENT => $o{event} // 'push',
			HTTP_X_GITHUB_DELIVERY => exists $o{id} ? $o{id} : sprintf('72d3162e-cc78-11e3-81ab-%012d', $n), %{$o{params} // {}}});
}
sub deployments { return sql('SELECT count(*) FROM deployments') }
sub free { sql("UPDATE deployments SET status = 'cancelled', completed_at = now() WHERE status = 'queued'") }
sub list { return $api->ask(GET => '/api/webhook-deliveries' . ($_[0] // ''), token => $_[1] // $t) }

$r = deliver({zen => 'Keep it logically awesome.', hook_id => 30, repository => {full_name => 'Codertocat/Hello-World'}}, event => 'ping');
is $r->{status}, 200, 'a ping is answered';
is $r->{json}{verdict}, 'pong', 'as one';
my $push = push_of();
$r = deliver($push);
is $r->{status}, 200, 'a push is taken';
is $r->{json}{verdict}, 'deployed', 'and deploys';
my $bare = $api->ask(POST => '/api/projects', token => $t, json => {name => 'bare'})->{json}{id};
for ([push_of()], [{action => 'opened', repository => {full_name => 'Codertocat/Hello-World'}}, event => 'pull_request']) {
	my ($body, @event) = @$_;
	my $r = deliver($body, project => $bare, secret => secret($bare)->{json}{secret}, @event);
	is "$r->{status} $r->{json}{verdict}", '200 wrong_repository', 'a project without a repository has none that fits';
}
$api->ask(DELETE => "/api/projects/$bare", token => $t);
my $d = $r->{json}{deploymentId};
is sql("SELECT trigger || ' ' || branch || ' ' || commit_wanted || ' ' || project_id FROM deployments WHERE id = '$d'"), "webhook main $push->{after} $p", 'what was pushed';
like $r->{json}{reason}, qr/^Deployed as \Q$d\E$/, 'it says so in words';
is deliver(push_of(), path => "/api/webhooks/github?project=$p")->{json}{verdict}, 'deployed', 'the other path does the same';
is sql("SELECT status FROM deployments WHERE id = '$d'"), 'superseded', 'a newer push takes the place of one that waits';
my $manual = $api->ask(POST => '/api/deployments', token => $t, json => {repository => 'Codertocat/Hello-World'})->{json}{id};
$r = deliver(push_of());
is sql("SELECT status FROM deployments WHERE id = '$manual'"), 'queued', 'but never of what a person asked for';
is sql("SELECT superseded_by IS NOT NULL FROM deployments WHERE id = '$d'"), 't', 'and it is said which';
free();

# ---- WH-10 whose it is ----
my $before = deployments();
my $body = $json->encode(push_of());
my $mac = hmac_sha256_hex($body, $secret);
my %bad = ('none' => undef, 'an empty one' => '', 'sha1' => 'sha1=' . hmac_sha1_hex($body, $secret), 'upper case' => 'sha256=' . uc $mac, 'an upper case word' => "SHA256=$mac",
	'a short one' => 'sha256=' . substr($mac, 0, 63), 'a long one' => "sha256=${mac}0", 'no word' => $mac, 'a blank' => "sha256= $mac", 'another secret' => 'sha256=' . hmac_sha256_hex($body, 'x'),
	'no secret' => 'sha256=' . hmac_sha256_hex($body, ''), 'another body' => 'sha256=' . hmac_sha256_hex("$body ", $secret), 'two' => "sha256=$mac,sha256=$mac");
for my $what (sort keys %bad) {
	$r = deliver($body, sign => $bad{$what});
	is $r->{status}, 401, "WH-10 a signature that is $what is 401";
	is $r->{json}{error}{code}, 'WEBHOOK_SIGNATURE', "WH-10 by name ($what)";
}
my $other = project('Codertocat/other');
my $none = deliver($body, project => $other);
is $none->{status}, 401, 'WH-10 a project without a secret takes nothing';
is deliver($body, project => '00000000-0000-4000-8000-000000000000')->{body}, $none->{body}, 'WH-10 nor tells whether there is one';
is deliver($body, path => '/api/github/webhook')->{body}, $none->{body}, 'WH-10 nor does an address without a project';
my $theirs = secret($other)->{json}{secret};
is deliver($body, secret => $theirs)->{status}, 401, "WH-10 another project's secret is none";
is deliver($body, project => $other, secret => $theirs)->{json}{verdict}, 'wrong_repository', "WH-10 nor does a project take what is another repository's";
is deployments(), $before, 'WH-10 none of them deployed';
my $bads = list('?verdict=bad_signature&limit=100')->{json}{pagination}{totalItems};
cmp_ok $bads, '>=', 10, 'WH-10 the owner sees bad signatures';
deliver('x', sign => 'sha256=' . 'a' x 64) for 1 .. 30;
is list('?verdict=bad_signature&limit=100')->{json}{pagination}{totalItems}, 20, 'WH-10 but strangers fill no table';
is_deeply [grep { $_->{repository} || $_->{commit} || $_->{event} } @{list('?verdict=bad_signature&limit=100')->{json}{webhookDeliveries}}], [], 'WH-10 nothing that they sent is kept';
# the signature is of the bytes, before they are anything
is deliver('{"ref":')->{json}{verdict}, 'malformed', 'WH-10 a signed body that is no JSON is kept as such';
is deliver("\0\xff" x 100)->{json}{verdict}, 'malformed', 'WH-10 also when it is no text';
is deliver('[' x 100000)->{json}{verdict}, 'malformed', 'WH-10 or has no end of brackets';
is deliver('')->{json}{verdict}, 'malformed', 'WH-10 or is empty';
is deliver('payload=%7B%7D', type => 'application/x-www-form-urlencoded')->{json}{reason}, "Set the webhook's content type to application/json", 'a form is told how to mend it';
is deliver('x' x 4_200_000)->{status}, 413, 'WH-10 the body has a cap';
is deliver(' ' x 4_100_000 . $json->encode(push_of()))->{json}{verdict}, 'deployed', 'WH-10 and what is below it is taken';
free();
# as many commits as GitHub tells of at once
my $large = push_of(commits => [map { my $x = {id => sprintf('%040x', $_), tree_id => sprintf('%040x', $_ + 1), distinct => Cpanel::JSON::XS::true(), message => "Change $_\n\n" . 'why ' x 100,
	timestamp => '2026-01-20T10:30:00+01:00', url => 'https://github.com/Codertocat/Hello-World/commit/' . sprintf('%040x', $_),
	(map { $_ => {name => 'Codertocat', email => 'x@users.noreply.github.com', username => 'Codertocat'} } qw(author committer)),
	added => ["src/new/$_.c"], removed => [], modified => ["src/$_.c", "src/$_.h"]}; $x } 1 .. 2048]);
cmp_ok length $json->encode($large), '>', 1_500_000, 'a push of 2,048 commits';
is deliver($large)->{json}{verdict}, 'deployed', 'is larger than any other request may be, and deploys' or diag $r->{body};
free();
my $many = deliver('[' . '{},' x 100_000 . '0]');
is_deeply [@{$many->{json}}{qw(verdict reason)}], ['malformed', 'The body has too many values'], 'WH-10 what would take much memory to read is not read';
is $api->ask(POST => '/api/projects', token => $t, json => {name => 'x' x 1_100_000})->{status}, 413, 'other requests have a cap of their own';

# replays
$before = deployments();
$push = push_of();
$r = deliver($push, id => 'aaaa-1');
is $r->{json}{verdict}, 'deployed', 'a delivery';
my $again = deliver($push, id => 'aaaa-1');
is $again->{json}{verdict}, 'duplicate', 'WH-10 is good once';
is $again->{json}{id}, $r->{json}{id}, 'WH-10 its copy is counted with it';
is deliver($push, id => 'aaaa-2')->{json}{verdict}, 'duplicate', 'WH-10 also under another id, which nothing signs';
is deliver(push_of(), id => 'aaaa-1')->{json}{verdict}, 'duplicate', 'WH-10 or under its id with another body';
is sql("SELECT duplicates FROM webhook_deliveries WHERE id = '$r->{json}{id}'"), 3, 'WH-10 the owner sees how often';
is deployments(), $before + 1, 'WH-10 it deployed once';
$push = push_of();
my $bytes = $json->encode($push);
my @at_once = $api->ask_all(map { [POST => "/api/github/webhook?project=$p", body => $bytes, type => 'application/json', params => {HTTP_X_GITHUB_EVENT => 'push',
	HTTP_X_GITHUB_DELIVERY => 'bbbb', HTTP_X_HUB_SIGNATURE_256 => 'sha256=' . hmac_sha256_hex($bytes, $secret)}] } 1 .. 6);
is_deeply [sort map { $_->{json}{verdict} } @at_once], ['deployed', ('duplicate') x 5], 'WH-10 IN-6 of six at once one deploys';
free();

# ---- verdicts ----
sub verdict { my ($what, $want, $reason, %o) = @_;
	my $had = deployments();
	my $r = deliver(push_of(%o));
	is $r->{json}{verdict}, $want, "$what: $want";
	like $r->{json}{reason}, $reason, "$what: in words";
	is deployments(), $had, "$what: nothing is deployed" if $want ne 'deployed';
	free();
}
verdict('another branch', 'branch_not_tracked', qr/^The branch dev was pushed; the project builds main$/, ref => 'refs/heads/dev');
verdict('a tag', 'not_handled', qr/^Something else than a branch/, ref => 'refs/tags/v1');
verdict('an option for a branch', 'not_handled', qr/./, ref => 'refs/heads/--upload-pack=x');
verdict('no branch', 'not_handled', qr/./, ref => 5);
verdict('a deleted branch', 'not_handled', qr/^The branch main was deleted/, deleted => Cpanel::JSON::XS::true(), after => '0' x 40);
verdict('a commit that is none', 'not_handled', qr/./, after => '$(id)');
verdict('another repository', 'wrong_repository', qr{^It is about evil/x, but the project builds https://github.com/Codertocat/Hello-World.git$}, repository => {full_name => 'evil/x'});
verdict('no repository', 'wrong_repository', qr/no repository/, repository => []);
verdict('a repository in other letters', 'deployed', qr/./, repository => {full_name => 'codertocat/hello-world'});
verdict("$_", 'skipped', qr/says to skip/, head_commit => {message => "x $_ y"}) for '[skip ci]', '[ci skip]', '[skip autostack]';
verdict('in its body', 'skipped', qr/says to skip/, head_commit => {message => "x\n\n[skip ci]"});
verdict('at the end of a long line', 'skipped', qr/says to skip/, head_commit => {message => 'x' x 600 . ' [ci skip]'});
verdict('almost', 'deployed', qr/./, head_commit => {message => 'x skip ci'});
verdict('no head commit', 'deployed', qr/./, head_commit => undef);
# what a project watches
sql("UPDATE projects SET watch_paths = E'site/\n!*.md' WHERE id = '$p'");
sub files { return (commits => [map { {added => [], removed => [], modified => [$_]} } @_]) }
# as long as what the project watches is not live, the next push brings it along
sub other_files { return deliver(push_of(files('docs/x')))->{json}{verdict} }
sub ends { # STATUS: of the newest deployment of the branch
	sql("UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE status = 'queued' AND trigger <> 'manual'");
	is other_files(), 'paths_unchanged', 'it is being built: nothing to do';
	my $end = $_[0] eq 'success' ? "UPDATE deployments SET status = 'deploying' WHERE status = 'building';" : '';
	sql("$end UPDATE deployments SET status = '$_[0]', lease_owner = NULL, lease_until = NULL, completed_at = now() WHERE status IN ('building', 'deploying')");
}
is deliver(push_of(files('docs/x', 'site/b.css')))->{json}{verdict}, 'deployed', 'a push to what is watched';
is other_files(), 'paths_unchanged', 'it waits: nothing to do';
ends('failed');
is other_files(), 'deployed', 'it has failed: the next push is built, whatever it touches';
ends('failed');
is other_files(), 'deployed', 'until one succeeds';
ends('success');
is other_files(), 'paths_unchanged', 'then what is not watched is skipped again';
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::true()});
is deliver(push_of(files('site/c.css')))->{json}{verdict}, 'auto_deploy_off', 'a push that was not built at all';
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::false()});
is other_files(), 'deployed', 'is made up for, too';
free();
my $mine = $api->ask(POST => '/api/deployments', token => $t, json => {repository => 'Codertocat/Hello-World'})->{json}{id};
sql("UPDATE deployments SET trigger = 'api' WHERE id = '$mine'");
ends('success');
is other_files(), 'paths_unchanged', 'unless somebody has deployed the branch since';
is deliver(push_of(files('site/d.css')))->{json}{verdict}, 'deployed', 'one that is cancelled';
free();
$api->ask(POST => '/api/deployments', token => $t, json => {repository => 'Codertocat/Hello-World', commit => 'f' x 40});
is other_files(), 'deployed', 'is not made up for by another commit';
ends('success');
free();
verdict('other files', 'paths_unchanged', qr/none of the files/, files('docs/x', 'site/a.md'));
# comparing costs steps for each letter of them
verdict('many long names', 'paths_unchanged', qr/none of the files/, files(('a' x 4000) x 60));
verdict('more names than are compared', 'deployed', qr/./, files(('a' x 4000) x 70));
verdict('a watched file', 'deployed', qr/./, files('docs/x', 'site/a.css'));
verdict('no list of files', 'deployed', qr/./, commits => []);
verdict('a list that is none', 'deployed', qr/./, commits => 'x');
sql("UPDATE projects SET watch_paths = NULL WHERE id = '$p'");

# GitHub is told at once, by the owner's connection
sub told { return sql("SELECT coalesce(string_agg(concat_ws(' ', event, repository, context, left(commit_hash, 2)), ', ' ORDER BY seq), '') FROM github_calls") }
sql("INSERT INTO github_connections (user_id, github_id, login, token_sealed) SELECT user_id, '1', 'ada', 'x' FROM projects WHERE id = '$p'");
my $site = sql("SELECT site FROM projects WHERE id = '$p'");
$push = push_of(after => 'e1' . '0' x 38);
is deliver($push)->{json}{verdict}, 'deployed', 'a push';
is told(), "queued Codertocat/Hello-World autostack/$site e1", 'PEER-15 has a status as soon as it is queued';
free();

# pull requests
my $minute = 0;
sub pull { my ($action, $number, $sha, $from, %o) = @_; # at: its time in minutes; else it is the newest
	my $at = $o{at} // ++$minute;
	return deliver({action => $action, number => $number, repository => {full_name => 'Codertocat/Hello-World'}, pull_request => {
		title => "T\e[31mitle", user => {login => 'eve'}, head => {ref => 'topic', sha => $sha x 40, repo => {full_name => $from}},
		updated_at => sprintf('2026-01-20T%02d:%02d:00Z', $at / 60, $at % 60), $o{state} ? (state => $o{state}) : ()}}, event => 'pull_request')->{json} }
my $pr = pull('opened', 7, 'a', 'Codertocat/Hello-World');
is $pr->{verdict}, 'deployed', 'PEER-10 a pull request of the repository is deployed';
is sql("SELECT target, trusted, branch, left(commit_wanted, 2) FROM deployments WHERE id = '$pr->{deploymentId}'"), 'pr-7|t|topic|aa', 'as its preview';
unlike sql("SELECT title FROM previews WHERE number = 7"), qr/\e/, 'LOG-3 its title is cleaned';
is pull('opened', 8, 'b', 'eve/Hello-World')->{verdict}, 'waits_for_approval', 'that of a fork waits';
is sql("SELECT count(*) FROM deployments WHERE target = 'pr-8'"), 0, 'nothing of it is built';
is((split /, /, told())[-1], "waits Codertocat/Hello-World autostack/$site/preview bb", 'PEER-15 its status says so, at the repository itself');
is pull('opened', 9, 'b', undef)->{verdict}, 'waits_for_approval', 'as that of a repository that is gone';
is pull('synchronize', 7, 'c', 'codertocat/hello-world')->{verdict}, 'deployed', 'its next commit is deployed';
is pull('labeled', 7, 'c', 'Codertocat/Hello-World')->{verdict}, 'not_handled', 'a label is not';
is pull('closed', 7, 'c', 'Codertocat/Hello-World')->{verdict}, 'preview_closed', 'closed, its preview goes';
is sql("SELECT string_agg(DISTINCT status, ',') FROM deployments WHERE target = 'pr-7'"), 'cancelled,superseded', 'and what waits for it';
is pull('closed', 70, 'c', 'Codertocat/Hello-World')->{verdict}, 'preview_closed', 'one that is not known is closed as well';
is_deeply [map { $_->{number} } @{$api->ask(GET => "/api/projects/$p/previews", token => $t)->{json}{previews}}], [9, 8, 7],
	'but listed is only what has a preview, or may get one';
free();

# GitHub does not say in which order they come
my $own = 'Codertocat/Hello-World';
sub preview { return sql("SELECT CASE WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END, left(commit_hash, 1) FROM previews WHERE number = $_[0]") }
is pull('opened', 20, 'a', $own, at => 100)->{verdict}, 'deployed', 'a pull request';
is pull('closed', 20, 'b', $own, at => 102)->{verdict}, 'preview_closed', 'its end comes before the push that went ahead';
free();
my $late = pull('synchronize', 20, 'b', $own, at => 101);
is $late->{verdict}, 'outdated', 'PEER-10 the push brings nothing back';
like $late->{reason}, qr/newer/, 'PEER-10 in words';
is preview(20), 'closed|a', 'it stays closed';
is pull('synchronize', 20, 'b', $own, at => 102)->{verdict}, 'outdated', 'nor does one of the same second';
is pull('synchronize', 20, 'b', $own, at => 103, state => 'closed')->{verdict}, 'preview_closed', 'or one that is told when it is closed';
is pull('reopened', 20, 'b', $own, at => 103)->{verdict}, 'deployed', 'opened again, it is built again';
is pull('closed', 20, 'f', $own, at => 102)->{verdict}, 'outdated', 'and an end from before that is none';
is preview(20), 'open|b', 'it stays open';
is pull('synchronize', 20, 'd', $own, at => 106)->{verdict}, 'deployed', 'of two pushes the second comes first';
is pull('synchronize', 20, 'c', $own, at => 105)->{verdict}, 'outdated', 'the first is not built after it';
is preview(20), 'open|d', 'and the newest commit is that of the newest';
is pull('synchronize', 20, 'd', $own, at => 107)->{verdict}, 'deployed', 'the next one is built';
sql("UPDATE previews SET closed_at = now() WHERE number = 20");
is pull('synchronize', 20, 'e', $own, at => 108)->{verdict}, 'deployed', 'as the next one after its owner has removed the preview';
free();
is pull('closed', 21, 'a', $own, at => 111)->{verdict}, 'preview_closed', 'an end comes before the begin';
is pull('opened', 21, 'a', $own, at => 110)->{verdict}, 'outdated', 'that begins nothing';
is preview(21), 'closed|a', 'and is known as closed';
is sql("SELECT count(*) FROM deployments WHERE target = 'pr-21'"), 0, 'nothing of it is built';
for my $at (undef, 5, 'yesterday', '2026-01-20', '2026-13-20T10:00:00Z', '2026-01-20T10:00:00+01:00', ' 2026-01-20T10:00:00Z', '2026-01-20T10:00:00Z ') {
	is deliver({action => 'opened', number => 22, repository => {full_name => $own}, pull_request => {title => 'T', user => {login => 'eve'}, updated_at => $at,
		head => {ref => 'topic', sha => 'a' x 40, repo => {full_name => $own}}}}, event => 'pull_request')->{json}{verdict}, 'not_handled',
		'a pull request of no time is nothing: ' . ($at // 'none');
}
sql("UPDATE projects SET previews = false WHERE id = '$p'");
is pull('opened', 10, 'd', 'Codertocat/Hello-World')->{verdict}, 'previews_off', 'a project may have none';
is deliver({action => 'opened', number => 1, repository => {full_name => 'Codertocat/Hello-World'}}, event => 'pull_request')->{json}{verdict}, 'not_handled', 'a pull request without a commit is nothing';
free();
is deliver(push_of(), event => "x\x1b[31m")->{json}{reason}, "Events of the kind 'unknown' are not handled", 'WH-10 an event that is no word is none';
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::true()});
$r = deliver(push_of());
is $r->{json}{verdict}, 'auto_deploy_off', 'a project whose automatic deployments are paused';
my $paused = $r->{json}{id};
$api->ask(POST => '/api/deployments', token => $t, json => {repository => "a/q$_"}) for 1 .. 3;
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::false()});
$r = deliver(push_of());
is $r->{json}{verdict}, 'queue_full', 'a queue that is full';
my $full = $r->{json}{id};
free();

# ---- the list ----
$r = list('?projectId=' . $p . '&verdict=queue_full');
is $r->{json}{pagination}{totalItems}, 1, 'deliveries are found by project and verdict';
my $one = $r->{json}{webhookDeliveries}[0];
is_deeply [@$one{qw(id project event repository branch duplicates deploymentId)}], [$full, 'Hello-World', 'push', 'Codertocat/Hello-World', 'main', 0, undef], 'with what they were';
like $one->{commitMessage}, qr/^Change \d+$/, 'and the first line of the message';
is_deeply list('', $bob)->{json}{webhookDeliveries}, [], "SET-1 nobody sees those of others";
is list('?verdict=nonsense')->{status}, 422, 'a verdict that is none is refused';
sub redeliver { return $api->ask(POST => "/api/webhook-deliveries/$_[0]/redeliver", token => $_[1] // $t, json => {}) }
$r = redeliver($full);
is $r->{json}{verdict}, 'deployed', 'one that was turned away is judged again' or diag $r->{body};
is sql("SELECT commit_wanted FROM deployments WHERE id = '$r->{json}{deploymentId}'"), $one->{commit}, 'and deploys what it said';
is redeliver($paused)->{json}{error}{code}, 'CONFLICT', 'one that a newer push has overtaken would go back';
is redeliver($full, $bob)->{json}{error}{code}, 'DELIVERY_NOT_FOUND', 'SET-1 by its owner alone';
is redeliver($full)->{json}{error}{code}, 'CONFLICT', 'what has deployed does not deploy again';
free();
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::true()});
my $newest = deliver(push_of())->{json}{id};
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::false()});
is redeliver($newest)->{json}{verdict}, 'deployed', 'by the settings of now';
is sql("SELECT verdict, deployment_id FROM webhook_deliveries WHERE id = '$full'"), "deployed|$r->{json}{deploymentId}", 'and keeps its verdict and its deployment';
my %can = map { $_->{id} => $_->{canRedeliver} } @{list('?limit=100')->{json}{webhookDeliveries}};
ok !$can{$full}, 'the list says what can be judged again';
free();

# a pull request's
sub of { return sql("SELECT verdict, coalesce(deployment_id::text, '-') FROM webhook_deliveries WHERE id = '$_[0]'") }
my $off = pull('opened', 30, 'a', $own, at => 200);
is $off->{verdict}, 'previews_off', 'a pull request that was turned away';
ok list("?projectId=$p&verdict=previews_off")->{json}{webhookDeliveries}[0]{canRedeliver}, 'can be judged again';
is redeliver($off->{id})->{json}{verdict}, 'previews_off', 'which leads to the same as long as nothing is changed';
sql("UPDATE projects SET previews = true WHERE id = '$p'");
$r = redeliver($off->{id});
is $r->{json}{verdict}, 'deployed', 'and then to its preview' or diag $r->{body};
is_deeply [@{$r->{json}}{qw(event branch commit pullNumber canRedeliver)}], ['pull_request', 'topic', 'a' x 40, 30, Cpanel::JSON::XS::false()], 'with what was said of it';
is sql("SELECT target, branch, left(commit_wanted, 1), trusted FROM deployments WHERE id = '$r->{json}{deploymentId}'"), 'pr-30|topic|a|t', 'of that commit';
is sql("SELECT author, fork, told_at FROM previews WHERE number = 30"), 'eve|f|2026-01-20 03:20:00+00', 'and all of it known';
free();
is redeliver($off->{id})->{json}{error}{code}, 'CONFLICT', 'that is not done twice';
my $strange = pull('opened', 31, 'a', 'eve/Hello-World', at => 200);
is redeliver($strange->{id})->{json}{verdict}, 'waits_for_approval', "PEER-10 a fork's goes on waiting";
is sql("SELECT trusted FROM deployments WHERE target = 'pr-31'"), '', 'PEER-10 and is not built';
sql("UPDATE previews SET approved_commit = commit_hash WHERE number = 31");
is redeliver($strange->{id})->{json}{verdict}, 'deployed', 'until it is approved';
is sql("SELECT trusted FROM deployments WHERE target = 'pr-31'"), 'f', "SB-11 as a stranger's";
free();
my $end = pull('closed', 31, 'a', 'eve/Hello-World', at => 201);
is redeliver($end->{id})->{json}{error}{code}, 'CONFLICT', 'an end is not judged again';
is of($end->{id}), 'preview_closed|-', 'and keeps its verdict';
sql("UPDATE webhook_deliveries SET verdict = 'queue_full', pull_number = NULL, pull_title = NULL, pull_author = NULL,
	pull_fork = NULL, told_at = NULL, deployment_id = NULL WHERE id = '$off->{id}'");
$r = redeliver($off->{id});
like $r->{json}{error}{message}, qr/send it again from GitHub/, 'one of which too little is known';
is of($off->{id}), 'queue_full|-', 'keeps its verdict';

# GitHub sends the same again, under the same id
sub sent { my ($bytes, $id, %o) = @_; return deliver($bytes, id => $id, %o)->{json} }
my $bytes_of_pull = $json->encode({action => 'opened', number => 32, repository => {full_name => $own}, pull_request => {title => 'T', user => {login => 'eve'},
	updated_at => '2026-01-20T10:00:00Z', head => {ref => 'topic', sha => 'b' x 40, repo => {full_name => $own}}}});
sql("UPDATE projects SET previews = false WHERE id = '$p'");
my $first = sent($bytes_of_pull, 'cccc-1', event => 'pull_request');
is $first->{verdict}, 'previews_off', 'a delivery that led to nothing';
sql("UPDATE projects SET previews = true WHERE id = '$p'");
my $second = sent($bytes_of_pull, 'cccc-1', event => 'pull_request');
is $second->{verdict}, 'deployed', 'sent again from GitHub it is judged again';
is $second->{id}, $first->{id}, 'as the same';
is sent($bytes_of_pull, 'cccc-1', event => 'pull_request')->{verdict}, 'duplicate', 'WH-10 once it has deployed it is good no more';
is of($first->{id}), "deployed|$second->{deploymentId}", 'and keeps what became of it';
free();
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::true()});
$bytes = $json->encode(push_of());
is sent($bytes, 'cccc-2')->{verdict}, 'auto_deploy_off', 'a push that led to nothing';
$api->ask(PUT => "/api/projects/$p", token => $t, json => {autoDeployPaused => Cpanel::JSON::XS::false()});
$before = deployments();
@at_once = $api->ask_all(map { [POST => "/api/github/webhook?project=$p", body => $bytes, type => 'application/json', params => {HTTP_X_GITHUB_EVENT => 'push',
	HTTP_X_GITHUB_DELIVERY => 'cccc-2', HTTP_X_HUB_SIGNATURE_256 => 'sha256=' . hmac_sha256_hex($bytes, $secret)}] } 1 .. 6);
is_deeply [sort map { $_->{json}{verdict} } @at_once], ['deployed', ('duplicate') x 5], 'WH-10 IN-6 sent again six times at once it deploys once';
is deployments(), $before + 1, 'WH-10 once';
free();
is sent('payload=%7B%7D', 'cccc-3', type => 'application/x-www-form-urlencoded')->{verdict}, 'malformed', 'a form';
$bytes = $json->encode(push_of());
is sent($bytes, 'cccc-3')->{verdict}, 'deployed', 'is what it says once GitHub sends it as JSON';
is sent($bytes, 'cccc-4')->{verdict}, 'duplicate', 'WH-10 but once';
free();
my $wrong = list('?verdict=bad_signature')->{json}{webhookDeliveries}[0]{id};
is redeliver($wrong)->{json}{error}{code}, 'CONFLICT', 'WH-10 one that nobody vouches for is not';
is sql("SELECT string_agg(DISTINCT outcome, ' ') FROM audit_logs WHERE event = 'webhook.redeliver'"), 'failure success', 'LOG-1 that is audited';
free();

# a copy of one that is kept no more
$before = deployments();
$bytes = $json->encode(push_of());
my $kept = sent($bytes, 'dddd-1');
is $kept->{verdict}, 'deployed', 'a delivery';
free();
sql("UPDATE webhook_deliveries SET received_at = now() - interval '31 days' WHERE id = '$kept->{id}'");
{
	local $ENV{DATABASE_URL} = $ENV{PGURL};
	like `"$ENV{abs_top_builddir}/autostack" -c /dev/null --data "$ENV{abs_top_srcdir}" cleanup 2>&1`, qr/^old webhook deliveries: 1 removed/m, 'goes after webhook_keep_days';
}
is sql("SELECT count(*) FROM webhook_deliveries WHERE id = '$kept->{id}'"), 0, 'it is gone';
for my $id ('dddd-1', 'dddd-2') {
	my $copy = sent($bytes, $id);
	is_deeply [@$copy{qw(verdict id deploymentId)}], ['duplicate', undef, undef], "WH-10 a copy of it is known as one ($id)";
}
is deployments(), $before + 1, 'WH-10 and deploys nothing';
is sql("SELECT count(*) FROM webhook_seen"), 1, 'that is all that is left of it';

# another secret, another owner
my $new = secret($p)->{json}{secret};
is deliver(push_of())->{status}, 401, 'WH-10 the secret before the last is good no more';
is sql("SELECT count(*) FROM webhook_seen"), 0, 'nor is what it has signed kept any longer';
is deliver(push_of(), secret => $new)->{json}{verdict}, 'deployed', 'WH-10 the last one is';
sql("UPDATE users SET active = false WHERE name = 'ada'");
is deliver(push_of(), secret => $new)->{status}, 401, 'a disabled account deploys nothing';
sql("UPDATE users SET active = true WHERE name = 'ada'");
sql("UPDATE project_webhooks SET secret_sealed = (SELECT secret_sealed FROM project_webhooks WHERE project_id = '$other') WHERE project_id = '$p'");
is deliver(push_of(), secret => $theirs)->{status}, 500, 'OA-12 a secret of another row does not open';
is $api->ask(DELETE => "/api/projects/$other", token => $t)->{status}, 204, 'a project is deleted';
is sql("SELECT count(*) FROM webhook_deliveries WHERE project_id = '$other'"), 0, 'with its deliveries';
is pids(), $pids, 'the processes are the same';
my $log = do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> };
unlike $log, qr/\Q$secret\E|\Q$new\E/, 'WH-10 no log has seen a secret';
done_testing();
END
