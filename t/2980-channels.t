#!/bin/sh
# Notification channels: made, changed, tried and deleted by their owner alone;
# what opens anything never comes back.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 notification_channels_per_user=5 deploys_per_hour=6 hook_private=hooks.lan:9000
api_perl <<'END'
use strict;
use warnings;
our $api;

my $ada = $api->signup('ada');
my $bob = $api->signup('bob');
my ($true, $false) = (Cpanel::JSON::XS::true(), Cpanel::JSON::XS::false());
my $base = '/api/notification-channels';
my $none = '00000000-0000-4000-8000-000000000000';
sub ask { my ($verb, $path, %o) = @_; return $api->ask($verb, "$base$path", token => $ada->{accessToken}, %o) }
sub theirs { my ($verb, $path, %o) = @_; return $api->ask($verb, "$base$path", token => $bob->{accessToken}, %o) }
sub make { return ask(POST => '', json => {name => 'x', kind => 'webhook', url => 'https://example.com/hook', @_}) }
sub code { return $_[0]{json}{error}{code} // "none: $_[0]{status}" }
my $project = $api->ask(POST => '/api/projects', token => $ada->{accessToken}, json => {repository => 'ada/site'})->{json}{id};
my $other = $api->ask(POST => '/api/projects', token => $bob->{accessToken}, json => {repository => 'bob/site'})->{json}{id};

# ---- make ----
my $r = make(name => 'Our robot', url => 'HTTPS://Hooks.Example.COM:8443/in?token=canary-url');
is $r->{status}, 201, 'a channel is made';
my %c = %{$r->{json}};
is_deeply [sort keys %c], [sort qw(id name kind host projectId onSuccess onFailure stateChangeOnly enabled failures disabledAt createdAt
	updatedAt secret)], 'with these members';
is "$c{name}|$c{kind}|$c{host}", 'Our robot|webhook|hooks.example.com:8443', 'as it was asked for';
is_deeply [@c{qw(projectId onSuccess onFailure stateChangeOnly enabled failures disabledAt)}], [undef, $true, $true, $false, $true, 0, undef],
	'with defaults';
like $c{secret}, qr/^whsec_[A-Za-z0-9_-]{43}$/, 'WH-9 a webhook gets a secret of 256 bits';
my ($row) = sql("SELECT n::text FROM notification_channels n WHERE id = '$c{id}'");
unlike $row, qr/canary-url|\Q$c{secret}\E/, 'WH-9 the database has it and the address sealed';
is sql("SELECT target, details->>'kind' FROM audit_logs WHERE event = 'channel.create' AND outcome = 'success'"), "$c{id}|webhook",
	'LOG-1 channel.create is audited';
my $secret = delete $c{secret};
$r = ask(GET => "/$c{id}");
is_deeply $r->{json}, \%c, 'WH-9 it is read without the secret';
$r = ask(GET => '');
is_deeply $r->{json}{channels}, [\%c], 'WH-9 and so is the list';
is $r->{json}{pagination}{totalItems}, 1, 'which is a page like others';
unlike $r->{body}, qr/canary-url|whsec/, 'WH-9 neither shows the address';
for my $kind ('slack', 'discord') {
	$r = make(kind => $kind, onSuccess => $false, enabled => $false, stateChangeOnly => $true, projectId => $project);
	is $r->{status}, 201, "kind $kind";
	is_deeply [@{$r->{json}}{qw(secret projectId onSuccess onFailure stateChangeOnly enabled)}],
		[undef, $project, $false, $true, $true, $false], 'has no secret; switches and the project are kept';
}
my $slack = $r->{json}{id};

# ---- refusals ----
my %bad = (kind => ['sms', 'Slack', ''], name => ['', 'x' x 101, "a\nb"], projectId => ['x', ''], enabled => ['yes', 1],
	url => ['http://example.com/', 'ftp://example.com/', 'https://user:pw@example.com/', 'https://example.com:22/', 'https://127.0.0.1/',
		'https://127.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://0177.0.0.1/', 'https://[::1]/', 'https://localhost/',
		'https://LOCALHOST./', 'https://169.254.169.254/latest/meta-data', 'https://10.0.0.1/', 'https://intern/', 'https://example.com/#x',
		'https://example.com/' . 'a' x 2048, "https://example.com/\r\nX: y", 'https://hooks.lan:9000@evil.example/', 'javascript:alert(1)',
		"https://\x{ff11}\x{ff12}\x{ff17}.0.0.1/"]);
for my $field (sort keys %bad) {
	for my $value (@{$bad{$field}}) {
		$r = make($field => $value);
		my $shown = substr($value, 0, 40) =~ s/[^ -~]/?/gr;
		is code($r), 'VALIDATION_ERROR', "WH-1 WH-3 $field '$shown' is refused";
		is $r->{json}{error}{details}{fields}[0]{name}, $field, 'by name';
	}
}
is code(make(extra => 1)), 'VALIDATION_ERROR', 'SET-3 unknown members are refused';
is code(make($_ => 'x')), 'VALIDATION_ERROR', "SET-3 $_ cannot be chosen" for qw(id secret host userId failures disabledAt urlSealed);
is code(make(projectId => $none)), 'PROJECT_NOT_FOUND', 'a project that is not there';
is code(make(projectId => $other)), 'PROJECT_NOT_FOUND', 'SET-1 nor one of somebody else';
is code(make(url => 'https://hooks.lan:9001/')), 'VALIDATION_ERROR', 'hook_private names a port';
$r = make(url => 'https://hooks.lan:9000/');
is $r->{status}, 201, 'which is taken';
is sql('SELECT count(*) FROM notification_channels'), 4, 'nothing was made of what was refused';

# ---- limit, also at once ----
my @at_once = $api->ask_all(map { [POST => $base, token => $ada->{accessToken},
	json => {name => "n$_", kind => 'slack', url => 'https://example.com/'}] } 1 .. 8);
is join(' ', sort map { $_->{status} } @at_once), '201 409 409 409 409 409 409 409', 'notification_channels_per_user holds for requests at once';
is code(make()), 'CHANNELS_FULL', 'by name';
is theirs(POST => '', json => {name => 'b', kind => 'discord', url => 'https://example.com/b'})->{status}, 201, 'another user has room';
is ask(GET => '')->{json}{pagination}{totalItems}, 5, 'SET-1 the list is one\'s own';

# ---- change ----
$r = ask(PUT => "/$c{id}", json => {name => 'Renamed'});
is $r->{status}, 200, 'a channel is changed';
is_deeply {%{$r->{json}}, updatedAt => 0}, {%c, name => 'Renamed', updatedAt => 0}, 'and the rest stays';
for (['projectId', $project], ['onSuccess', $false], ['onFailure', $false], ['stateChangeOnly', $true], ['projectId', undef]) {
	$r = ask(PUT => "/$c{id}", json => {$_->[0] => $_->[1]});
	is_deeply $r->{json}{$_->[0]}, $_->[1], "$_->[0] alone";
	is $r->{json}{name}, 'Renamed', 'and the rest stays';
}
my $sealed = sql("SELECT url_sealed FROM notification_channels WHERE id = '$c{id}'");
$r = ask(PUT => "/$c{id}", json => {url => 'https://new.example/y'});
is $r->{json}{host}, 'new.example', 'another address';
isnt sql("SELECT url_sealed FROM notification_channels WHERE id = '$c{id}'"), $sealed, 'is sealed';
is code(ask(PUT => "/$c{id}", json => {url => 'https://127.0.0.1/'})), 'VALIDATION_ERROR', 'WH-3 a private one is refused here, too';
is code(ask(PUT => "/$c{id}", json => {projectId => $other})), 'PROJECT_NOT_FOUND', 'SET-1 somebody else\'s project is refused here, too';
is code(ask(PUT => "/$c{id}", json => {kind => 'slack'})), 'VALIDATION_ERROR', 'the kind stays';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'channel.update' AND outcome = 'success' AND target = '$c{id}'"), 7, 'LOG-1 channel.update is audited';

# ---- switching off and on ----
sql("UPDATE notification_channels SET failures = 7 WHERE id = '$c{id}';
	INSERT INTO notifications (means, event, user_id, channel_id) SELECT 'hook', 'test', user_id, id FROM notification_channels WHERE id = '$c{id}'");
$r = ask(PUT => "/$c{id}", json => {enabled => $false});
is "$r->{json}{enabled}", 0, 'a channel is switched off';
is sql("SELECT status, error FROM notifications WHERE channel_id = '$c{id}'"), 'failed|the channel was switched off', 'what waits is given up';
sql("UPDATE notification_channels SET disabled_at = now() WHERE id = '$c{id}'");
like ask(GET => "/$c{id}")->{json}{disabledAt}, qr/^\d{4}-.*Z$/, 'disabledAt says that it was not its owner';
$r = ask(PUT => "/$c{id}", json => {enabled => $true});
is_deeply [@{$r->{json}}{qw(enabled failures disabledAt)}], [$true, 0, undef], 'switched on again it begins anew';

# ---- secret ----
$r = ask(POST => "/$c{id}/secret");
is $r->{status}, 200, 'WH-9 the secret is replaced';
like $r->{json}{secret}, qr/^whsec_[A-Za-z0-9_-]{43}$/, 'WH-9 and shown once';
isnt $r->{json}{secret}, $secret, 'WH-9 it is another one';
is code(ask(POST => "/$slack/secret")), 'CONFLICT', 'a chat has none';
is sql("SELECT count(*), count(secret_sealed) FROM notification_channels WHERE kind <> 'webhook'"), '4|0', 'and gets none';
is sql("SELECT string_agg(outcome, ' ' ORDER BY at) FROM audit_logs WHERE event = 'channel.secret'"), 'success failure', 'LOG-1 channel.secret is audited';

# ---- test and deliveries ----
$r = ask(POST => "/$c{id}/test");
is $r->{status}, 202, 'a test is queued';
is_deeply [@{$r->{json}}{qw(event status attempts responseCode error deploymentId endedAt)}], ['test', 'waiting', 0, undef, undef, undef, undef],
	'WH-7 and was not sent by the request';
my $test = $r->{json}{id};
$r = ask(GET => "/$c{id}/deliveries");
is $r->{status}, 200, 'deliveries';
is_deeply [map { $_->{id} eq $test ? 'test' : $_->{status} } @{$r->{json}{deliveries}}], ['test', 'failed'], 'newest first';
is ask(GET => "/$c{id}/deliveries?status=$_->[0]")->{json}{pagination}{totalItems}, $_->[1], "status=$_->[0]"
	for ['waiting', 1], ['failed', 1], ['delivered', 0];
is code(ask(GET => "/$c{id}/deliveries?status=dead")), 'VALIDATION_ERROR', 'no such status';
is ask(GET => "/$c{id}/deliveries?limit=1&page=2")->{json}{deliveries}[0]{status}, 'failed', 'in pages';
is scalar(@{ask(GET => "/$slack/deliveries")->{json}{deliveries}}), 0, 'each channel has its own';
my @codes = map { ask(POST => "/$slack/test")->{status} } 1 .. 6;
is "@codes", '202 202 202 202 202 429', 'RL-1 tests are limited as deployments are';
is theirs(POST => "/$c{id}/test")->{status}, 404, 'SET-1 others cannot test it';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'channel.test' AND outcome = 'success'"), 6, 'LOG-1 channel.test is audited';

# ---- others ----
for (['GET', "/$c{id}"], ['PUT', "/$c{id}", {name => 'mine'}], ['DELETE', "/$c{id}"], ['POST', "/$c{id}/secret"], ['GET', "/$c{id}/deliveries"],
	['GET', "/$none"], ['PUT', "/$none", {enabled => $false}], ['DELETE', "/$none"]) {
	my ($verb, $path, $json) = @$_;
	my $x = theirs($verb => $path, $json ? (json => $json) : ());
	is code($x), 'CHANNEL_NOT_FOUND', "SET-1 $verb of somebody else's channel or of none is the same";
	is $api->ask($verb, "$base$path", $json ? (json => $json) : ())->{status}, 401, 'and without a credential a refusal';
}
is ask(GET => "/$c{id}")->{json}{name}, 'Renamed', 'SET-1 nothing happened to it';

# ---- ends ----
$r = $api->ask(GET => '/api/user/export', token => $ada->{accessToken});
is scalar(@{$r->{json}{notificationChannels}}), 5, 'PR-1 an export has the channels';
unlike $r->{body}, qr/whsec|sealed|canary-url|new\.example\/y/, 'PR-1 without what opens anything';
is ask(DELETE => "/$c{id}")->{status}, 204, 'a channel is deleted';
is code(ask(GET => "/$c{id}")), 'CHANNEL_NOT_FOUND', 'and gone';
is sql("SELECT count(*) FROM notifications WHERE channel_id = '$c{id}'"), 0, 'with its deliveries';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'channel.delete' AND target = '$c{id}' AND outcome = 'success'"), 1, 'LOG-1 channel.delete is audited';
$api->ask(DELETE => "/api/projects/$project", token => $ada->{accessToken});
is sql("SELECT count(*) FROM notification_channels WHERE project_id IS NOT NULL"), 0, 'a project takes its channels with it';
unlike do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> }, qr/whsec_|canary-url/, 'LOG-2 the log has neither secret nor address';
done_testing();
END
