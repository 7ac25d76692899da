#!/bin/sh
# Webhooks that Autostack registers at GitHub: when one is asked for, what its
# owner sees of it, and when it goes. What the worker makes of it is 3551.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=4 oauth_timeout=1500 git_schemes=https,http git_private=127.0.0.1
api_perl <<'END2'
use strict;
use warnings;
use Oauth;
our $api;
my $json = Cpanel::JSON::XS->new->utf8->canonical;
my $r;
my $ada = $api->signup('ada');
my $t = $ada->{accessToken};
my $bob = $api->signup('bob')->{accessToken};
sub connect_up { my ($who) = @_;
	$r = $api->ask(POST => '/api/github/connect', token => $who, json => {});
	my $s = Oauth::from($r, $r->{json}{url});
	return back(visit($s->{url}), $s->{cookie})->{at}{connected} // '' }
sub project { my ($repository, %o) = @_;
	$r = $api->ask(POST => '/api/projects', token => $o{token} // $t, json => {repository => $repository});
	return $r->{json}{id} // die $r->{body} }
sub webhook { my ($method, $p, $who) = @_; return $api->ask($method => "/api/projects/$p/webhook", token => $who // $t, $method eq 'GET' ? () : (json => {})) }
sub state_of { return webhook('GET', $_[0])->{json}{state} }
sub calls { return sql("SELECT coalesce(string_agg(what || ' ' || repository, ', ' ORDER BY seq), '') FROM github_calls WHERE project_id = '$_[0]'") }
sub registered { my ($p, $id) = @_;
	sql("UPDATE project_webhooks SET state = 'registered', hook_id = $id, registered_at = now() WHERE project_id = '$p'; DELETE FROM github_calls") }

# ---- nobody is connected ----
my $before = project('ada-l/before');
$r = webhook('GET', $before);
is $r->{status}, 200, 'a project says what its webhook is';
is_deeply [@{$r->{json}}{qw(url state repository hookId error registeredAt)}], ["https://localhost/api/github/webhook?project=$before", 'none', undef, undef, undef, undef], 'none at first';
like $r->{json}{byHand}, qr/webhook-secret.*application\/json.*pull requests/, 'and how to enter one by hand';
ok !$r->{json}{registrable}, 'which is the only way';
is calls($before), '', 'nobody is asked';
is webhook('POST', $before)->{json}{error}{code}, 'GITHUB_NOT_CONNECTED', 'without a connection nothing is registered';
my $bare = $api->ask(POST => '/api/projects', token => $t, json => {name => 'bare'})->{json}{id};
is webhook('POST', $bare)->{json}{error}{code}, 'NO_REPOSITORY', 'nor without a repository, which comes first';
is webhook('GET', $before, $bob)->{json}{error}{code}, 'PROJECT_NOT_FOUND', 'SET-1 nobody sees that of others';
is webhook('POST', $before, $bob)->{json}{error}{code}, 'PROJECT_NOT_FOUND', 'SET-1 nor registers it';
is webhook('DELETE', $before, $bob)->{json}{error}{code}, 'PROJECT_NOT_FOUND', 'SET-1 nor removes it';

# ---- connected ----
github(id => 42, login => 'ada-l', mail => 'lovelace@example.org');
is connect_up($t), 'github', 'an account is connected';
is sql("SELECT base_url FROM github_connections"), $ENV{GITHUB_URL}, 'for the GitHub of the settings';
my $p = project('ada-l/shop');
is calls($p), 'hook ada-l/shop', 'a new project is registered without being asked for';
is_deeply [@{webhook('GET', $p)->{json}}{qw(state repository error)}], ['waiting', 'ada-l/shop', undef], 'which its owner sees';
is project('https://gitlab.com/ada/x') && calls($r->{json}{id}), '', 'one at another host is not';
is state_of($r->{json}{id}), 'none', 'and says so';
ok !webhook('GET', $r->{json}{id})->{json}{registrable} && !webhook('GET', $bare)->{json}{registrable}, 'nor could it be, or what has no repository';
ok webhook('GET', $before)->{json}{registrable}, 'an older project could';
is webhook('POST', $r->{json}{id})->{json}{error}{code}, 'CONFLICT', 'nor when it is asked for';
is webhook('POST', $bare)->{json}{error}{code}, 'NO_REPOSITORY', 'what has no repository is told so';
my $theirs = project('ada-l/theirs', token => $bob);
is calls($theirs), '', "SET-1 nor by somebody else's connection";
$r = $api->ask(POST => '/api/deployments', token => $t, json => {repository => "$ENV{GITHUB_URL}/ada-l/direct.git"});
is calls($r->{json}{projectId}), 'hook ada-l/direct', 'a project that a deployment makes is registered, too';
$r = webhook('POST', $before);
is $r->{status}, 202, 'an older project, when it is asked for';
is $r->{json}{state}, 'waiting', 'it waits';
is calls($before), 'hook ada-l/before', 'for the worker';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'webhook.register' AND outcome = 'success' AND target = '$before'"), 1, 'LOG-1 which is audited';
is calls($before), 'hook ada-l/before', 'once';
webhook('POST', $before);
is calls($before), 'hook ada-l/before, hook ada-l/before', 'asked again, it is done again';
my $dump = sql('SELECT string_agg(x::text, chr(10)) FROM project_webhooks x');
like $dump, qr/v1\./, 'WH-10 its secret is sealed';

# what the connection does not allow is not tried by itself
sql("UPDATE github_connections SET scopes = 'repo'");
is calls(project('ada-l/scope')), '', 'without the right to manage webhooks none is registered';
is webhook('POST', $r->{json}{id} // project('ada-l/scope2'))->{status}, 202, 'unless it is asked for: GitHub may see it otherwise';
sql("UPDATE github_connections SET scopes = 'admin:repo_hook,repo', refused_at = now()");
is calls(project('ada-l/refused')), '', 'nor with a token that GitHub does not take';
sql("UPDATE github_connections SET refused_at = NULL");

# ---- another secret, another repository ----
registered($p, 7);
$r = webhook('GET', $p)->{json};
is_deeply [@$r{qw(state hookId byHand)}], ['registered', '7', undef], 'one that is registered needs nothing by hand';
$api->ask(POST => "/api/projects/$p/webhook-secret", token => $t, json => {});
is calls($p), 'hook ada-l/shop', 'another secret is registered as well';
is state_of($p), 'waiting', 'which is seen';
my $manual = project('https://gitlab.com/ada/manual');
$api->ask(POST => "/api/projects/$manual/webhook-secret", token => $t, json => {});
is_deeply [state_of($manual), calls($manual)], ['manual', ''], 'one that is entered by hand stays so';
registered($p, 7);
$api->ask(PUT => "/api/projects/$p", token => $t, json => {repository => 'ada-l/shop2'});
is calls($p), 'unhook ada-l/shop, hook ada-l/shop2', 'with another repository it moves';
is_deeply [@{webhook('GET', $p)->{json}}{qw(state repository hookId)}], ['waiting', 'ada-l/shop2', undef], 'and is the new one\'s';
registered($p, 8);
$api->ask(PUT => "/api/projects/$p", token => $t, json => {repository => 'https://gitlab.com/ada/shop'});
is calls($p), 'unhook ada-l/shop2', 'away from GitHub it goes';
is state_of($p), 'manual', 'and its secret stays for who enters it by hand';
$api->ask(PUT => "/api/projects/$p", token => $t, json => {repository => 'ada-l/shop', branch => 'dev'});
is calls($p), 'unhook ada-l/shop2', 'back again it is not registered by itself';

# ---- removed ----
webhook('POST', $p);
registered($p, 9);
is webhook('DELETE', $p)->{status}, 204, 'it is removed';
is calls($p), 'unhook ada-l/shop', 'also at GitHub';
is state_of($p), 'none', 'with its secret';
is webhook('DELETE', $p)->{status}, 204, 'removing nothing is fine';
is calls($p), 'unhook ada-l/shop', 'and asks nobody';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'webhook.remove' AND outcome = 'success'"), 2, 'LOG-1 audited';
my $gone = project('ada-l/gone');
registered($gone, 10);
is $api->ask(DELETE => "/api/projects/$gone", token => $t)->{status}, 204, 'a project is deleted';
is calls($gone), 'unhook ada-l/gone', 'its webhook goes from GitHub';
my $early = project('ada-l/early');
$api->ask(DELETE => "/api/projects/$early", token => $t);
is calls($early), 'hook ada-l/early, unhook ada-l/early', 'also one that may just be registered';

# ---- disconnected ----
sub at_github { my ($name, @ids) = @_;
	put("repos/ada-l,$name.json", '{"admin":true,"push":true}');
	put("hooks/ada-l,$name.json", $json->encode([map { {id => $_, config => {url => 'x'}} } @ids])) }
sub there { my ($name) = @_; local (@ARGV, $/) = "$ENV{GITHUB}/hooks/ada-l,$name.json"; return join ' ', map { $_->{id} } @{$json->decode(<>)} }
mkdir "$ENV{GITHUB}/$_" for qw(repos hooks);
my %p = map { $_ => project("ada-l/$_") } qw(one two three);
at_github('one', 20, 99);
at_github('two');
at_github('three', 22);
registered($p{one}, 20);
registered($p{two}, 21);
registered($p{three}, 22);
odd('DELETE /repos/ada-l/three/hooks/22 odd.http');
put('odd.http', "HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
is $api->ask(DELETE => '/api/github/disconnect', token => $t)->{status}, 204, 'it is disconnected';
odd();
is there('one'), '99', 'the webhook is gone from GitHub, and no other';
is there('three'), '22', 'one that GitHub would not remove is there';
is sql("SELECT concat_ws(' ', details->>'revoked', details->>'hooks', details->>'hooksKept') FROM audit_logs WHERE event = 'github.disconnect'"), 'yes 5 1',
	'LOG-1 the audit row says how many, with three that were only asked for';
is sql("SELECT count(*) FROM github_calls"), 0, 'the worker has nothing to do without a token';
is_deeply [@{webhook('GET', $p{$_})->{json}}{qw(state repository hookId error)}], ['manual', undef, undef, undef], "$_ is its owner's now" for qw(one two);
like webhook('GET', $p{three})->{json}{error}, qr/remove it by hand$/, 'of what stays its owner is told';
is scalar(grep { -e } glob "$ENV{GITHUB}/token.*"), 0, 'and the token is revoked after that';

# with the account
is connect_up($t), 'github', 'connected again';
is webhook('POST', $p{three})->{status}, 202, 'and registered';
registered($p{three}, 22);
is $api->ask(DELETE => '/api/user/account', token => $t, json => {password => 'correct horse ada'})->{status}, 204, 'PR-2 the account is deleted';
is there('three'), '', 'PR-2 its webhooks are gone from GitHub';
is sql("SELECT count(*) FROM github_calls WHERE user_id = '$ada->{user}{id}'"), 0, 'PR-2 and nothing is left to tell';

# ---- whatever state its webhooks are in, and whoever ends it ----
my $boss = $api->signup('boss')->{accessToken};
sql("UPDATE users SET role = 'admin' WHERE name = 'boss'");
sub tokens { return scalar grep { -e } glob "$ENV{GITHUB}/token.*" }
# connected, with four webhooks at GitHub beside somebody else's: one that is
# registered, one that has just been (nobody here knows its id yet), one whose
# project is gone and one whose project has moved, which are to be removed
sub member { my ($name) = @_;
	my $u = $api->signup($name);
	my %m = (name => $name, id => $u->{user}{id}, token => $u->{accessToken});
	is connect_up($m{token}), 'github', "$name is connected";
	$m{$_} = project("$name/$_", token => $m{token}) for qw(kept fresh gone moved);
	sql("UPDATE project_webhooks SET state = 'registered', hook_id = 30, registered_at = now() WHERE project_id = '$m{$_}'") for qw(kept gone moved);
	for (qw(kept fresh gone moved)) {
		put("repos/$name,$_.json", '{"admin":true,"push":true}');
		put("hooks/$name,$_.json", $json->encode([{id => 30, config => {url => "https://localhost/api/github/webhook?project=$m{$_}"}},
			{id => 99, config => {url => "https://localhost/api/github/webhook?project=$before"}}])) }
	$api->ask(DELETE => "/api/projects/$m{gone}", token => $m{token});
	$api->ask(PUT => "/api/projects/$m{moved}", token => $m{token}, json => {repository => 'https://gitlab.com/x/y'});
	return \%m }
sub left { my ($m) = @_; return join ' ', map { my $n = $_; local (@ARGV, $/) = "$ENV{GITHUB}/hooks/$m->{name},$n.json";
	"$n:" . join ',', map { $_->{id} } @{$json->decode(<>)} } qw(kept fresh gone moved) }
sub noted { return sql("SELECT concat_ws(' ', details->>'revoked', details->>'hooks', details->>'hooksKept') FROM audit_logs WHERE event = '$_[0]' ORDER BY at DESC LIMIT 1") }
my $all = 'kept:30,99 fresh:30,99 gone:30,99 moved:30,99';
my $none = 'kept:99 fresh:99 gone:99 moved:99';
my ($eve, $fay, $gus, $hal, $ida, $joy, $kay) = map { member($_) } qw(eve fay gus hal ida joy kay);
my $alive = tokens();
is left($eve), $all, 'all four are there';
my $waiting = sql("SELECT count(*) FROM github_calls WHERE status = 'waiting'");
is $api->ask(DELETE => "/api/users/$eve->{id}", token => $boss)->{status}, 204, 'an account is disabled';
is_deeply [left($eve), tokens(), sql("SELECT count(*) FROM github_calls WHERE status = 'waiting'")], [$all, $alive, $waiting], 'which changes nothing at GitHub';
is sql("SELECT count(*) FROM project_webhooks WHERE project_id = '$eve->{kept}' AND hook_id = 30"), 1, 'nor here, since it may come back';
is $api->ask(DELETE => "/api/users/$eve->{id}?hard=true", token => $boss)->{status}, 204, 'an administrator deletes it';
is left($eve), $none, "PR-2 its webhooks are gone from GitHub, and no one else's";
is tokens(), $alive - 1, 'PR-2 and its token';
is noted('user.delete'), 'yes 4', 'LOG-1 the audit row says so';
is_deeply [map { $_->{ok} } @{$api->ask(POST => '/api/users/bulk', token => $boss, json => {action => 'deactivate', ids => [$fay->{id}, $gus->{id}]})->{json}{results}}],
	[(Cpanel::JSON::XS::true()) x 2], 'many are disabled';
is left($fay), $all, 'which changes nothing at GitHub';
$api->ask(POST => '/api/users/bulk', token => $boss, json => {action => 'delete', ids => [$fay->{id}, $gus->{id}]});
is_deeply [left($fay), left($gus)], [$none, $none], 'PR-2 deleted, their webhooks are gone';
is tokens(), $alive - 3, 'PR-2 and their tokens';
is noted('user.bulk'), 'yes 8', 'LOG-1 the audit row says how many';
is $api->ask(DELETE => '/api/user/account', token => $hal->{token}, json => {password => 'correct horse hal'})->{status}, 204, 'one deletes itself';
is_deeply [left($hal), noted('account.delete')], [$none, 'yes 4'], 'PR-2 which ends the same way';
is $api->ask(DELETE => '/api/github/disconnect', token => $ida->{token})->{status}, 204, 'and one disconnects';
is_deeply [left($ida), noted('github.disconnect')], [$none, 'yes 4'], 'which removes them all as well';
is sql("SELECT string_agg(DISTINCT state || coalesce(error, ''), ' ') FROM project_webhooks w JOIN projects p ON p.id = w.project_id WHERE p.user_id = '$ida->{id}'"),
	'manual', 'and nobody is told to look for any';
# of several of one project, the one that stays counts
odd("DELETE /repos/joy/moved/hooks/30 odd.http");
$api->ask(PUT => "/api/projects/$joy->{moved}", token => $joy->{token}, json => {repository => 'joy/kept'});
webhook('POST', $joy->{moved}, $joy->{token});
$api->ask(DELETE => '/api/github/disconnect', token => $joy->{token});
odd();
is_deeply [left($joy), noted('github.disconnect')], ['kept:99 fresh:99 gone:99 moved:30,99', 'yes 4 1'], 'one that GitHub would not remove is there';
like webhook('GET', $joy->{moved}, $joy->{token})->{json}{error}, qr/remove it by hand$/, 'and its owner is told';
# GitHub has ended the token itself
unlink glob "$ENV{GITHUB}/token.*";
is $api->ask(DELETE => "/api/users/$kay->{id}?hard=true", token => $boss)->{status}, 204, 'an account whose token is dead is deleted';
is_deeply [left($kay), noted('user.delete')], [$all, 'yes 0 4'], 'LOG-1 and the audit row says what may be there';
is scalar(grep { $_->{path} =~ m{^/repos/kay/} } map { asked($_) } map { ("/repos/kay/$_/hooks", "/repos/kay/$_/hooks/30") } qw(kept fresh gone moved)), 1, 'GitHub is asked once';
is sql("SELECT count(*) FROM github_calls c WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = c.user_id)"), 0, 'PR-2 nothing is left to tell for those who have gone';
my $log = do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> };
unlike $log, qr/gho_|canary-github/, 'OA-11 no log has seen a token or secret';
done_testing();
END2
