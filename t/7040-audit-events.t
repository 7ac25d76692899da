#!/bin/sh
# Each audited thing leaves one row, when it is done and when it is refused:
# who, what, from where, by what, in which request, how it ended. The events
# are those that the binary names, so a new one has to be tried here or by a
# test that names it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=2 hash_slots=2
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
"$abs_top_builddir/autostack-api" -x events >"$TMP/events" || bail "no events"
export TMP abs_top_srcdir
api_perl <<'END'
use strict;
use warnings;
use utf8;
use Encode qw(decode);
our $api;

my %events;
for (split /\n/, do { local (@ARGV, $/) = "$ENV{TMP}/events"; <> }) {
	my ($name, undef, $kind) = split /\t/;
	$events{$name} = 1 if $kind eq 'audit';
}
my %routes;
for (split /\n/, do { local (@ARGV, $/) = "$ENV{TMP}/routes"; <> }) {
	my ($what, $op, $verb, $path, $who, undef, $event) = split /\t/;
	$routes{$event}{$op} = 1 if $what eq 'route' && $event ne '-';
}
cmp_ok scalar(keys %events), '>=', 30, 'LOG-1 there are at least 30 events';

# what there is, in words: each event in one group, and none more
my %words;
my $told = $api->ask(GET => '/api/audit-logs/events', token => $api->signup('reader')->{accessToken});
is $told->{status}, 200, 'what is audited is told to whoever is signed in';
for my $g (@{$told->{json}{groups}}) {
	cmp_ok scalar @{$g->{events}}, '>', 0, "$g->{prefix} has events";
	$words{$_->{event}} .= index($_->{event}, $g->{prefix}) == 0 && $g->{prefix} =~ /\.$/ ? $_->{text} : '?' for @{$g->{events}};
}
is_deeply [sort keys %words], [sort keys %events], 'each event has words, and is in a group';
is_deeply [grep { $words{$_} !~ /^[a-z]+ [^?]*[^.?]$/ } sort keys %words], [], 'in one group, and they go on from a name';

is_deeply [map { $_->{event} } grep { defined $_->{tried} && $_->{tried} !~ /^[a-z]+( [^?]*[^.?])?$/ } map { @{$_->{events}} } @{$told->{json}{groups}}],
	[], 'what is tried is said likewise';
is_deeply [map { $_->{event} } grep { $_->{routine} } map { @{$_->{events}} } @{$told->{json}{groups}}], ['auth.refresh'], 'a renewal goes by itself';
my %why = map { ($_->{code} => $_->{text}) } @{$told->{json}{refusals}};
is $why{INVALID_CREDENTIALS}, 'Email or password is wrong', 'a refusal has words';

my $none = '00000000-0000-4000-8000-000000000000';
my %u = map { $_ => $api->signup($_) } qw(boss ada);
sql("UPDATE users SET role = 'admin' WHERE name = 'boss'");
my $true = Cpanel::JSON::XS::true();
my $n = 0;
my %from = (HTTP_USER_AGENT => 'Audited/1', REMOTE_ADDR => '203.0.113.77');
sub ask { my ($verb, $path, $who, $json) = @_;
	return $api->ask($verb, $path, $who ? (token => ref $who ? $who->{accessToken} : $u{$who}{accessToken}) : (), $json ? (json => $json) : (), params => {%from}) }
sub login { return $api->ask(POST => '/api/auth/login', json => {email => "$_[0]\@example.com", password => "correct horse $_[0]"})->{json} }
sub fresh { $n++; return $api->signup("fresh$n") }
sub uid { return ref $_[0] ? $_[0]{user}{id} : $u{$_[0]}{user}{id} }
sub sid { return sql("SELECT id FROM sessions WHERE user_id = '" . uid($_[0]) . "' ORDER BY created_at DESC LIMIT 1") }
sub project { my ($who) = @_; $n++; return ask(POST => '/api/projects', $who, {repository => "x/p$n"})->{json}{id} }

sub pull { return sql("INSERT INTO previews (project_id, number, title, author, branch, commit_hash, fork)
	VALUES ('$_[0]', 1, 't', 'a', 'b', repeat('a', 40), true) RETURNING id") }

# What to try of an event: [ok, fails]. Each gives the answer, the actor's id
# (undef: nobody) and the target.
my %try = (
	'auth.signup' => [sub { my $r = ask(POST => '/api/auth/signup', undef, {name => 'S', email => 's@example.com', password => 'correct horse'});
			return ($r, $r->{json}{user}{id}, sid($r->{json})) },
		undef], # an address that is taken answers otherwise, by its own events
	'auth.login' => [sub { my $r = ask(POST => '/api/auth/login', undef, {email => 'ada@example.com', password => 'correct horse ada'});
			return ($r, uid('ada'), sid('ada')) }, undef],
	'auth.login_failed' => [undef, sub { return (ask(POST => '/api/auth/login', undef, {email => 'ada@example.com', password => 'x'}), uid('ada'), undef) },
		sub { return (ask(POST => '/api/auth/login', undef, {email => 'nobody@example.com', password => 'x'}), undef, undef) }],
	'auth.refresh' => [sub { my $f = fresh(); return (ask(POST => '/api/auth/refresh', undef, {refreshToken => $f->{refreshToken}}), uid($f), sid($f)) },
		sub { return (ask(POST => '/api/auth/refresh', undef, {refreshToken => 'invented'}), undef, undef) }],
	'auth.refresh_reused' => [undef, sub { my $f = fresh(); ask(POST => '/api/auth/refresh', undef, {refreshToken => $f->{refreshToken}});
			return (ask(POST => '/api/auth/refresh', undef, {refreshToken => $f->{refreshToken}}), uid($f), undef) }],
	'auth.logout' => [sub { my $f = fresh(); return (ask(POST => '/api/auth/logout', $f), uid($f), sid($f)) },
		sub { my $f = fresh(); ask(POST => '/api/auth/logout', $f); return (ask(POST => '/api/auth/logout', $f), uid($f), undef) }],
	'auth.session_revoke' => [sub { login('ada'); my $s = sid('ada'); return (ask(DELETE => "/api/auth/sessions/$s", 'ada'), uid('ada'), $s) },
		sub { return (ask(DELETE => "/api/auth/sessions/$none", 'ada'), uid('ada'), $none) }],
	'profile.update' => [sub { return (ask(PUT => '/api/user/profile', 'ada', {name => 'ada'}), uid('ada'), undef) },
		sub { my $f = fresh(); ask(POST => '/api/auth/logout', $f); return (ask(PUT => '/api/user/profile', $f, {name => 'x'}), uid($f), undef) }],
	'preferences.update' => [sub { return (ask(PUT => '/api/user/preferences', 'ada', {theme => 'dark'}), uid('ada'), undef) },
		sub { my $f = fresh(); ask(POST => '/api/auth/logout', $f); return (ask(PUT => '/api/user/preferences', $f, {}), uid($f), undef) }],
	'account.export' => [sub { return (ask(GET => '/api/user/export', 'ada'), uid('ada'), uid('ada')) },
		sub { my $f = fresh(); sql("UPDATE sessions SET created_at = created_at - interval '2 days' WHERE user_id = '" . uid($f) . "'");
			return (ask(GET => '/api/user/export', $f), uid($f), uid($f)) }],
	'account.delete' => [sub { my $f = fresh(); return (ask(DELETE => '/api/user/account', $f, {password => "correct horse fresh$n"}), uid($f), uid($f)) },
		sub { return (ask(DELETE => '/api/user/account', 'ada', {password => 'x'}), uid('ada'), uid('ada')) }],
	'project.create' => [sub { my $r = ask(POST => '/api/projects', 'ada', {repository => 'a/d', name => 'first'}); return ($r, uid('ada'), $r->{json}{id}) },
		sub { return (ask(POST => '/api/projects', 'ada', {repository => 'a/c', name => 'first'}), uid('ada'), undef) }],
	'project.update' => [sub { my $p = project('ada'); return (ask(PUT => "/api/projects/$p", 'ada', {branch => 'x'}), uid('ada'), $p) },
		sub { return (ask(PUT => "/api/projects/$none", 'ada', {}), uid('ada'), $none) }],
	'project.delete' => [sub { my $p = project('ada'); return (ask(DELETE => "/api/projects/$p", 'ada'), uid('ada'), $p) },
		sub { return (ask(DELETE => "/api/projects/$none", 'ada'), uid('ada'), $none) }],
	'deployment.create' => [sub { my $r = ask(POST => '/api/deployments', 'ada', {repository => 'a/b'}); return ($r, uid('ada'), $r->{json}{id}) },
		sub { my $f = fresh(); ask(POST => '/api/auth/logout', $f); return (ask(POST => '/api/deployments', $f, {repository => 'a/b'}), uid($f), undef) }],
	'preview.approve' => [sub { my $p = project('ada'); my $v = pull($p); return (ask(POST => "/api/projects/$p/previews/$v/approve", 'ada', {commit => 'a' x 40}), uid('ada'), $p) },
		sub { my $p = project('ada'); return (ask(POST => "/api/projects/$p/previews/$none/approve", 'ada', {commit => 'a' x 40}), uid('ada'), $p) }],
	'preview.close' => [sub { my $p = project('ada'); my $v = pull($p); return (ask(DELETE => "/api/projects/$p/previews/$v", 'ada'), uid('ada'), $p) },
		sub { my $p = project('ada'); return (ask(DELETE => "/api/projects/$p/previews/$none", 'ada'), uid('ada'), $p) }],
	'project.env_set' => [sub { my $p = project('ada'); return (ask(PUT => "/api/projects/$p/env/A", 'ada', {value => 'x'}), uid('ada'), $p) },
		sub { return (ask(PUT => "/api/projects/$none/env/A", 'ada', {value => 'x'}), uid('ada'), $none) }],
	'project.env_remove' => [sub { my $p = project('ada'); ask(PUT => "/api/projects/$p/env/A", 'ada', {value => 'x'});
			return (ask(DELETE => "/api/projects/$p/env/A", 'ada'), uid('ada'), $p) },
		sub { my $p = project('ada'); return (ask(DELETE => "/api/projects/$p/env/A", 'ada'), uid('ada'), $p) }],
	'deployment.redeploy' => [sub { my $d = ask(POST => '/api/deployments', 'ada', {repository => 'a/b'})->{json}{id};
			return (ask(POST => "/api/deployments/$d/redeploy", 'ada'), uid('ada'), $d) },
		sub { return (ask(POST => "/api/deployments/$none/redeploy", 'ada'), uid('ada'), $none) }],
	'deployment.delete' => [sub { my $d = ask(POST => '/api/deployments', 'ada', {repository => 'a/b'})->{json}{id};
			ask(POST => "/api/deployments/$d/cancel", 'ada');
			return (ask(DELETE => "/api/deployments/$d", 'ada'), uid('ada'), $d) },
		sub { return (ask(DELETE => "/api/deployments/$none", 'ada'), uid('ada'), $none) }],
	'project.rollback' => [sub { my $d = ask(POST => '/api/deployments', 'ada', {repository => 'a/back'})->{json};
			sql("UPDATE deployments SET status = 'building', lease_owner = 'w', lease_until = now() WHERE id = '$d->{id}';
				UPDATE deployments SET status = 'deploying' WHERE id = '$d->{id}';
				INSERT INTO releases (id, project_id, published_at) VALUES ('$d->{id}', '$d->{projectId}', now());
				UPDATE deployments SET status = 'success', release_id = id, lease_owner = NULL, lease_until = NULL, completed_at = now() WHERE id = '$d->{id}'");
			return (ask(POST => "/api/projects/$d->{projectId}/rollback", 'ada', {}), uid('ada'), $d->{projectId}) },
		sub { my $p = project('ada'); return (ask(POST => "/api/projects/$p/rollback", 'ada', {}), uid('ada'), $p) }],
	'deploy_hook.create' => [sub { my $p = project('ada'); return (ask(POST => "/api/projects/$p/deploy-hooks", 'ada', {name => 'x'}), uid('ada'), $p) },
		sub { return (ask(POST => "/api/projects/$none/deploy-hooks", 'ada', {name => 'x'}), uid('ada'), $none) }],
	'deploy_hook.delete' => [sub { my $p = project('ada'); my $h = ask(POST => "/api/projects/$p/deploy-hooks", 'ada', {name => 'x'})->{json}{id};
			return (ask(DELETE => "/api/projects/$p/deploy-hooks/$h", 'ada'), uid('ada'), $p) },
		sub { return (ask(DELETE => "/api/projects/$none/deploy-hooks/$none", 'ada'), uid('ada'), $none) }],
	'deploy_hook.use' => [sub { my $p = project('ada'); my $h = ask(POST => "/api/projects/$p/deploy-hooks", 'ada', {name => 'x'})->{json};
			return (ask(POST => $h->{url} =~ s{^https://[^/]+}{}r), uid('ada'), $h->{id}) },
		sub { return (ask(POST => "/api/deploy-hooks/$none?key=x"), undef, $none) }],
	'domain.create' => [sub { my $p = project('ada'); return (ask(POST => "/api/projects/$p/domains", 'ada', {host => 'www.example.com'}), uid('ada'), $p) },
		sub { return (ask(POST => "/api/projects/$none/domains", 'ada', {host => 'www.example.com'}), uid('ada'), $none) }],
	'domain.delete' => [sub { my $p = project('ada'); my $d = ask(POST => "/api/projects/$p/domains", 'ada', {host => 'www.example.com'})->{json}{id};
			return (ask(DELETE => "/api/projects/$p/domains/$d", 'ada'), uid('ada'), $p) },
		sub { return (ask(DELETE => "/api/projects/$none/domains/$none", 'ada'), uid('ada'), $none) }],
	'domain.certificate_remove' => [sub { my $p = project('ada'); my $d = ask(POST => "/api/projects/$p/domains", 'ada', {host => 'www.example.com'})->{json}{id};
			return (ask(DELETE => "/api/projects/$p/domains/$d/certificate", 'ada'), uid('ada'), $p) },
		sub { return (ask(DELETE => "/api/projects/$none/domains/$none/certificate", 'ada'), uid('ada'), $none) }],
	'deployment.cancel' => [sub { my $d = ask(POST => '/api/deployments', 'ada', {repository => 'a/b'})->{json}{id};
			return (ask(POST => "/api/deployments/$d/cancel", 'ada'), uid('ada'), $d) },
		sub { return (ask(POST => "/api/deployments/$none/cancel", 'ada'), uid('ada'), $none) }],
	'user.create' => [sub { my $r = ask(POST => '/api/users', 'boss', {name => 'N', email => 'n@example.com'}); return ($r, uid('boss'), $r->{json}{id}) },
		sub { return (ask(POST => '/api/users', 'boss', {name => 'N', email => 'n@example.com'}), uid('boss'), undef) },
		sub { return (ask(POST => '/api/users', 'ada', {name => 'N', email => 'm@example.com'}), uid('ada'), undef) }],
	'user.update' => [sub { return (ask(PUT => '/api/users/' . uid('ada'), 'boss', {name => 'ada'}), uid('boss'), uid('ada')) },
		sub { return (ask(PUT => '/api/users/' . uid('boss'), 'ada', {name => 'x'}), uid('ada'), uid('boss')) }],
	'user.role' => [sub { my $f = fresh(); return (ask(PUT => '/api/users/' . uid($f), 'boss', {role => 'manager'}), uid('boss'), uid($f)) },
		sub { return (ask(PUT => '/api/users/' . uid('boss'), 'boss', {role => 'user'}), uid('boss'), uid('boss')) },
		sub { return (ask(PUT => '/api/users/' . uid('ada'), 'ada', {role => 'admin'}), uid('ada'), uid('ada')) }],
	'user.deactivate' => [sub { my $f = fresh(); return (ask(DELETE => '/api/users/' . uid($f), 'boss'), uid('boss'), uid($f)) },
		sub { return (ask(DELETE => '/api/users/' . uid('boss'), 'boss'), uid('boss'), uid('boss')) }],
	'user.activate' => [sub { my $f = fresh(); sql("UPDATE users SET active = false WHERE id = '" . uid($f) . "'");
			return (ask(PUT => '/api/users/' . uid($f), 'boss', {active => $true}), uid('boss'), uid($f)) },
		sub { return (ask(PUT => "/api/users/$none", 'boss', {active => $true}), uid('boss'), $none) }],
	'user.delete' => [sub { my $f = fresh(); return (ask(DELETE => '/api/users/' . uid($f) . '?hard=true', 'boss'), uid('boss'), uid($f)) },
		sub { return (ask(DELETE => "/api/users/$none?hard=true", 'boss'), uid('boss'), $none) }],
	'user.bulk' => [sub { my $f = fresh(); return (ask(POST => '/api/users/bulk', 'boss', {action => 'activate', ids => [uid($f)]}), uid('boss'), undef) },
		sub { return (ask(POST => '/api/users/bulk', 'ada', {action => 'activate', ids => [$none]}), uid('ada'), undef) }],
	'user.export' => [sub { return (ask(GET => '/api/users/export?format=csv', 'boss'), uid('boss'), undef) },
		sub { return (ask(GET => '/api/users/export', 'ada'), uid('ada'), undef) }],
	'audit.export' => [sub { return (ask(GET => '/api/audit-logs?format=csv', 'ada'), uid('ada'), undef) },
		sub { return (ask(GET => "/api/audit-logs?format=csv&userId=$none", 'ada'), uid('ada'), undef) }],
);

sub check {
	my ($event, $outcome, $r, $actor, $target) = @_;
	my $request = $r->{header}{'x-request-id'};
	# one for the request; what a bulk does to each account has its own event
	my @rows = split /\n/, sql("SELECT concat_ws('|', outcome, coalesce(user_id::text, '-'), coalesce(target, '-'), host(ip), user_agent,
		at > now() - interval '1 minute', coalesce(details->>'code', '-')) FROM audit_logs WHERE request_id = '$request' AND event = '$event'");
	is scalar(@rows), 1, "LOG-1 $event ($outcome): one row" or diag "$r->{status} $r->{body}";
	return unless @rows;
	my $code = $outcome eq 'success' ? '-' : $r->{json}{error}{code};
	is $rows[0], join('|', $outcome, $actor // '-', $target // '-', '203.0.113.77', 'Audited/1', 't', $code),
		"LOG-1 $event ($outcome): who, what, from where, by what, when, how";
}
for my $event (sort keys %try) {
	my ($ok, @fails) = @{$try{$event}};
	ok $events{$event}, "LOG-1 $event is an event";
	if ($ok) {
		my ($r, @want) = $ok->();
		ok $r->{status} < 300, "LOG-1 $event: is done" or diag "$r->{status} $r->{body}";
		check($event, 'success', $r, @want);
	}
	for my $fail (grep { $_ } @fails) {
		my ($r, @want) = $fail->();
		ok $r->{status} >= 400, "LOG-1 $event: is refused" or diag "$r->{status} $r->{body}";
		check($event, 'failure', $r, @want);
	}
}

# Every event of the binary: here, or named by another test. One that no
# program writes yet has nothing to test.
my $tests = join '', map { local (@ARGV, $/) = $_; <> } grep { !/7040/ } glob "$ENV{abs_top_srcdir}/t/[0-9]*.t";
my $sources = join '', map { local (@ARGV, $/) = $_; <> } glob "$ENV{abs_top_srcdir}/handlers/*.c $ENV{abs_top_srcdir}/src/svc/*.c $ENV{abs_top_srcdir}/sql/stmt/*.sql";
for my $event (sort keys %events) {
	next if $try{$event};
	my $name = 'EV_' . uc $event =~ s/\./_/r;
	my $written = $routes{$event} || $sources =~ /\b$name\b|'\Q$event\E'/;
	ok !$written || $tests =~ /\b\Q$event\E\b/, "LOG-1 $event is tried by a test" . ($written ? '' : ' once something writes it');
}

# ---- strangers' text ----
my %evil = ("curl\x1b]52;c;x\x07\x1b[31m" => 'curl?]52;c;x??[31m', "a\r\nb\tc\0d" => 'a??b?c', "x\xe2\x80\xaey\xc2\x9bz\xd8\x9c" => 'x?y?z?',
	"bad\xff\xfeutf\xc3" => 'bad??utf?', "\xe2\x81\xa6iso\xe2\x81\xa9" => '?iso?', 'u' x 600 => 'u' x 512, "\xc3\xa9" x 300 => "\x{e9}" x 256);
for my $ua (sort keys %evil) {
	$from{HTTP_USER_AGENT} = $ua;
	my $r = ask(PUT => '/api/user/preferences', 'ada', {});
	my $stored = decode('UTF-8', sql("SELECT user_agent FROM audit_logs WHERE request_id = '$r->{header}{'x-request-id'}'"));
	is $stored, $evil{$ua} =~ s/\0.*//sr, 'LOG-3 LOG-4 a user agent is stored without what steers a terminal, cut at 512 bytes';
}
my $r = ask(POST => '/api/auth/login', undef, {email => 'ada@example.com', password => 'correct horse ada'});
unlike sql("SELECT coalesce(user_agent, '') FROM sessions ORDER BY created_at DESC LIMIT 1"), qr/[\x00-\x08\x0a-\x1f\x7f]/, 'LOG-3 with sessions, too';
$r = ask(PUT => '/api/users/%1b%5d0;x%07%e2%80%ae' . 'y' x 3000, 'ada', {name => 'x'});
is $r->{status}, 403, 'a path that holds anything';
my $target = sql("SELECT target FROM audit_logs WHERE request_id = '$r->{header}{'x-request-id'}'");
like $target, qr/^\?\]0;x\?\?y+$/, 'LOG-3 is a target of plain text';
cmp_ok length $target, '<=', 128, 'LOG-4 cut';
my $log = do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> };
is scalar(grep { !/^\{.*\}$/ } grep { /"event"/ } split /\n/, $log), 0, 'LOG-3 the log has one line an event';
unlike $log, qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae|\xc2\x9b/, 'LOG-3 and nothing that steers a terminal';

# no row holds what should not be kept
is sql("SELECT count(*) FROM audit_logs WHERE details::text ~ '\@|correct horse|eyJ' OR target ~ '\@'"), 0, 'PR-2 LOG-2 no address, password or token in any row';
done_testing();
END
