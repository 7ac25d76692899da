#!/bin/sh
# Preferences, and all data of one's own as a file.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start recent_login_seconds=60 request_memory_max=8M
api_perl <<'END'
use strict;
use warnings;
our $api;

my $ada = $api->signup('ada');
my $bob = $api->signup('bob');
my $uid = $ada->{user}{id};
sub ask { my ($verb, $path, %o) = @_; return $api->ask($verb, $path, token => $ada->{accessToken}, %o) }

# ---- preferences ----
my %want = (theme => 'system', emailNotifications => Cpanel::JSON::XS::true(), deploymentSuccessNotifications => Cpanel::JSON::XS::true(),
	deploymentFailureNotifications => Cpanel::JSON::XS::true(), deploymentStateChangeOnly => Cpanel::JSON::XS::false());
is_deeply ask(GET => '/api/user/preferences')->{json}, \%want, 'preferences have defaults';
for (['theme', 'dark'], ['theme', 'light'], ['emailNotifications', Cpanel::JSON::XS::false()],
	['deploymentSuccessNotifications', Cpanel::JSON::XS::false()], ['deploymentFailureNotifications', Cpanel::JSON::XS::false()],
	['deploymentStateChangeOnly', Cpanel::JSON::XS::true()],
	['emailNotifications', Cpanel::JSON::XS::true()]) {
	$want{$_->[0]} = $_->[1];
	my $r = ask(PUT => '/api/user/preferences', json => {$_->[0] => $_->[1]});
	is $r->{status}, 200, "$_->[0] alone can be set";
	is_deeply $r->{json}, \%want, 'and the rest stays';
}
is_deeply ask(GET => '/api/v1/user/preferences')->{json}, \%want, 'they are kept';
is_deeply ask(PUT => '/api/user/preferences', json => {})->{json}, \%want, 'nothing changes nothing';
is_deeply ask(PUT => '/api/user/preferences', json => {theme => 'system', emailNotifications => Cpanel::JSON::XS::true(),
	deploymentSuccessNotifications => Cpanel::JSON::XS::true(), deploymentFailureNotifications => Cpanel::JSON::XS::true()})->{json}{theme}, 'system', 'all at once';
is ask(PUT => '/api/user/preferences', json => {theme => $_})->{status}, 422, 'no such theme' for 'Dark', '', 'solarized';
is $api->ask(GET => '/api/user/preferences', token => $bob->{accessToken})->{json}{theme}, 'system', 'SET-1 the other one\'s are others';
is sql("SELECT string_agg(details->>'fields', ';' ORDER BY at) FROM audit_logs WHERE event = 'preferences.update'"),
	'theme;theme;emailNotifications;deploymentSuccessNotifications;deploymentFailureNotifications;deploymentStateChangeOnly;emailNotifications;;'
	. 'theme emailNotifications deploymentSuccessNotifications deploymentFailureNotifications', 'LOG-1 audit rows name what changed';

# ---- export ----
my $p = ask(POST => '/api/projects', json => {repository => 'ada/site', envVars => "CANARY_NAME=canary-value\nB=2",
	previewEnvVars => 'P=canary-value', deployToken => 'canary-token'})->{json};
my $d = ask(POST => '/api/deployments', json => {repository => 'site'})->{json};
$api->ask(POST => '/api/projects', token => $bob->{accessToken}, json => {repository => 'bob/hidden'});
sql("INSERT INTO identities (provider, subject, user_id, login, token_sealed) VALUES ('github', '77', '$uid', 'octo', 'canary-token');
	INSERT INTO api_keys (user_id, name, prefix, hash) VALUES ('$uid', 'laptop', 'as_k1234', repeat('d', 64));
	INSERT INTO github_connections (user_id, github_id, login, token_sealed, scopes) VALUES ('$uid', '42', 'octo', 'canary-token', 'repo'),
		('$bob->{user}{id}', '43', 'bob-l', 'canary-token', 'repo');
	INSERT INTO previews (project_id, number, title, author, branch, commit_hash, fork)
		SELECT id, 7, CASE WHEN id = '$p->{id}' THEN 'Topic' ELSE 'hidden' END, 'eve', 'topic', repeat('1', 40), true FROM projects;
	INSERT INTO domains (project_id, host, proof) SELECT id, CASE WHEN id = '$p->{id}' THEN 'www' ELSE 'bob' END || '.example.com', repeat('p', 20) FROM projects;
	UPDATE domains SET state = 'active', verified_at = now(), certificate_source = 'own', certificate = 'canary-token', key_sealed = 'canary-token',
		certificate_set_at = now(), certificate_expires_at = now() WHERE project_id = '$p->{id}';
	INSERT INTO deploy_hooks (project_id, name, key_hash) SELECT id, CASE WHEN id = '$p->{id}' THEN 'cms' ELSE 'hidden' END, repeat(CASE WHEN id = '$p->{id}' THEN 'd' ELSE 'e' END, 64) FROM projects;
	INSERT INTO project_webhooks (project_id, secret_sealed) SELECT id, 'canary-token' FROM projects;
	INSERT INTO webhook_deliveries (project_id, event, verdict, reason) SELECT id, 'ping', 'pong', CASE WHEN id = '$p->{id}' THEN 'It is set up' ELSE 'hidden' END FROM projects;
	INSERT INTO notification_channels (id, user_id, name, kind, host, url_sealed, secret_sealed, on_success, on_failure, state_change_only, enabled)
		SELECT id, id, CASE WHEN id = '$uid' THEN 'ops' ELSE 'hidden' END, 'webhook', 'hook.example', 'canary-token', 'canary-token', true, true, false, true FROM users;
	INSERT INTO notifications (means, event, user_id, channel_id) SELECT 'hook', 'test', id, id FROM users;
	INSERT INTO codes (hash, purpose, user_id, email, expires_at) VALUES (repeat('e', 64), 'reset', '$uid', 'ada\@example.com', now())");
my $r = ask(GET => '/api/user/export');
is $r->{status}, 200, 'PR-1 an export';
is $r->{header}{'content-disposition'}, 'attachment; filename="autostack-account.json"', 'PR-1 is a file';
is $r->{header}{'content-type'}, 'application/json; charset=utf-8', 'PR-1 of JSON';
my $x = $r->{json};
is_deeply [sort keys %$x], [sort qw(exportedAt account preferences identities sessions githubConnections apiKeys projects deployments previews domains
	deployHooks webhookDeliveries notificationChannels notifications auditLogs incomplete)],
	'PR-1 with everything that there is';
is $x->{account}{email}, 'ada@example.com', 'PR-1 the account';
is $x->{preferences}{theme}, 'system', 'PR-1 preferences';
is "$x->{identities}[0]{provider} $x->{identities}[0]{login}", 'github octo', 'PR-1 identities';
is scalar(@{$x->{sessions}}), 1, 'PR-1 sessions';
is "$x->{apiKeys}[0]{name} $x->{apiKeys}[0]{prefix}", 'laptop as_k1234', 'PR-1 API keys';
is $x->{projects}[0]{id}, $p->{id}, 'PR-1 projects';
is_deeply [sort @{$x->{projects}[0]{envVarNames}}], ['B', 'CANARY_NAME'], 'PR-1 with the names of their variables';
is_deeply $x->{projects}[0]{previewEnvVarNames}, ['P'], 'PR-1 and of those of previews';
ok $x->{projects}[0]{hasDeployToken}, 'PR-1 and that there is a deploy token';
is_deeply [map { scalar @{$x->{$_}} } qw(githubConnections previews domains deployHooks webhookDeliveries notificationChannels notifications)], [(1) x 7],
	'PR-1 one of everything else';
my %is = (githubConnections => [githubId => 42], previews => [title => 'Topic'], domains => [host => 'www.example.com'], deployHooks => [name => 'cms'],
	webhookDeliveries => [reason => 'It is set up'], notificationChannels => [name => 'ops'], notifications => [channelId => $uid]);
is $x->{$_}[0]{$is{$_}[0]}, $is{$_}[1], "PR-1 the own one of $_" for sort keys %is;
is $x->{domains}[0]{proofValue}, 'autostack=' . 'p' x 20, 'PR-1 with what DNS has to say';
is $x->{deployments}[0]{id}, $d->{id}, 'PR-1 deployments';
ok scalar(grep { $_->{event} eq 'auth.signup' } @{$x->{auditLogs}}), 'PR-1 audit rows';
is_deeply $x->{incomplete}, [], 'PR-1 nothing was left out';
unlike $r->{body}, qr/canary-(?:value|token)|\$2b\$|d{64}|e{64}|hidden|bob|sealed/i, 'PR-1 PW-6 no secret, no hash, nothing of others';
unlike $r->{body}, qr/\Q$bob->{user}{id}\E/, 'PR-1 not even an id';
for my $hash (split /\n/, sql('SELECT hash FROM refresh_tokens UNION SELECT password_hash FROM users')) {
	fail 'PR-1 a hash is in it' if index($r->{body}, $hash) >= 0;
}

# much: sent in parts, whole all the same
sql("INSERT INTO deployments (project_id, user_id, status, repository, branch, commit_message, attempt, started_at, completed_at, created_at)
	SELECT '$p->{id}', '$uid', 'failed', 'https://example.com/x', 'main', repeat('m', 100), 1, now(), now(), now() - interval '1 hour' - n * interval '1 s'
	FROM generate_series(1, 10100) n");
$r = ask(GET => '/api/user/export');
is $r->{status}, 200, 'PR-1 a large account is exported';
cmp_ok length $r->{body}, '>', 3_000_000, 'PR-1 with much';
is ref $r->{json}, 'HASH', 'PR-1 it is whole JSON';
is scalar(@{$r->{json}{deployments}}), 10000, 'PR-1 lists are bounded';
is_deeply $r->{json}{incomplete}, ['deployments'], 'PR-1 which is said';
is $r->{json}{deployments}[0]{id}, $d->{id}, 'PR-1 the newest are there';
is $api->ask(HEAD => '/api/user/export', token => $ada->{accessToken})->{body}, '', 'HEAD has no body';

# many large environments
sql("DELETE FROM deployments WHERE id <> '$d->{id}'");
my $big = join "\n", map { "V$_=" . 'x' x 600 } 1 .. 100;
ask(POST => '/api/projects', json => {repository => "ada/big$_", envVars => $big}) for 1 .. 60;
$r = ask(GET => '/api/user/export');
is ref $r->{json}, 'HASH', 'PR-1 large environments are no hindrance';
is scalar(map { @{$_->{envVarNames}} } @{$r->{json}{projects}}), 2 + 60 * 100, 'PR-1 all their names are there';

# recency
sql("UPDATE sessions SET created_at = now() - interval '61 seconds'");
$r = ask(GET => '/api/user/export');
is $r->{status}, 403, 'PR-1 an old sign-in is not enough';
is $r->{json}{error}{code}, 'SIGN_IN_AGAIN', 'PR-1 by name';
ok !$r->{header}{'content-disposition'}, 'PR-1 a refusal is no file';
is $api->ask(GET => '/api/user/export')->{status}, 401, 'PR-1 nor is none';
is sql("SELECT string_agg(outcome, ' ' ORDER BY at) FROM audit_logs WHERE event = 'account.export'"), 'success success success success failure',
	'LOG-1 each is audited';
done_testing();
END
