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
my $json = JSON::PP->new->utf8->canonical;
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
is calls($before), '', 'nobody is asked';
is webhook('POST', $before)->{json}{error}{code}, 'GITHUB_NOT_CONNECTED', 'without a connection nothing is registered';
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
is webhook('POST', $r->{json}{id})->{json}{error}{code}, 'CONFLICT', 'nor when it is asked for';
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
is sql("SELECT details->>'revoked' || ' ' || (details->>'hooks') FROM audit_logs WHERE event = 'github.disconnect'"), 'yes 2', 'LOG-1 the audit row says how many';
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
my $log = do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> };
unlike $log, qr/gho_|canary-github/, 'OA-11 no log has seen a token or secret';
done_testing();
END2
