#!/bin/sh
# The audit log as its readers see it: whose rows, filters, pages, CSV.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start
export abs_top_srcdir
api_perl <<'END'
use strict;
use warnings;
use utf8;
use Time::HiRes 'time';
our $api;

my %u = map { $_ => $api->signup($_) } qw(boss manager ada bob);
sql("UPDATE users SET role = 'admin' WHERE name = 'boss'; UPDATE users SET role = 'manager' WHERE name = 'manager'");
sub list { my ($query, $who, %o) = @_; return $api->ask(GET => "/api/audit-logs$query", token => $u{$who}{accessToken}, %o) }
sub total { return list(@_)->{json}{pagination}{totalItems} }
sub id { return $u{$_[0]}{user}{id} }

$api->ask(POST => '/api/projects', token => $u{ada}{accessToken}, json => {repository => 'ada/x'}, params => {HTTP_USER_AGENT => 'curl/8'});
$api->ask(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'wrong'}, params => {REMOTE_ADDR => '203.0.113.9'});

# ---- whose ----
my $r = list('', 'ada');
is $r->{status}, 200, 'a user reads the log';
is $r->{json}{pagination}{totalItems}, 3, 'SET-1 of the own account: signup, project, a failed login';
is_deeply [map { $_->{event} } @{$r->{json}{auditLogs}}], ['auth.login_failed', 'project.create', 'auth.signup'], 'newest first';
is scalar(grep { $_->{userId} ne id('ada') } @{$r->{json}{auditLogs}}), 0, 'SET-1 and nobody else\'s';
my ($failed, $made) = @{$r->{json}{auditLogs}};
is "$failed->{outcome} $failed->{ip} $failed->{details}{code}", 'failure 203.0.113.9 INVALID_CREDENTIALS', 'LOG-1 a failure says where from and why';
is "$made->{outcome} $made->{userAgent} $made->{userName} $made->{userEmail}", 'success curl/8 ada ada@example.com', 'LOG-1 who, by what';
like $made->{at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'LOG-1 when, in UTC';
like $made->{requestId}, qr/^[0-9a-f-]{36}$/, 'LOG-1 by which request';
is total('', 'manager'), 1, 'SET-2 a manager sees the own rows only';
is total('?userId=' . id('ada'), 'ada'), 3, 'one\'s own id may be said';
for my $who (qw(manager bob)) {
	is list('?userId=' . id('ada'), $who)->{status}, 403, "SET-1 a $who asks for nobody else";
	is list('?format=csv&userId=' . id('ada'), $who)->{status}, 403, "SET-1 nor in CSV ($who)";
}
is total('', 'boss'), sql('SELECT count(*) FROM audit_logs'), 'an administrator sees all';
is total('?userId=' . id('ada'), 'boss'), 3, 'or those of one account';
is $api->ask(GET => '/api/audit-logs')->{status}, 401, 'nobody sees none';

# ---- filters ----
sql("UPDATE audit_logs SET at = '2026-03-01 12:00:00+00' WHERE event = 'project.create'");
is total('?action=auth.login_failed', 'ada'), 1, 'an event';
is total('?action=auth.', 'ada'), 2, 'all that begin alike';
is total('?action=auth', 'ada'), 0, 'but only with the dot';
is total('?action=auth.signup', 'boss'), 4, 'an event of all';
is total('?action=auth.', 'boss'), 5, 'a beginning of all';
is total('?action=auth.signup&userId=' . id('bob'), 'boss'), 1, 'and of one';
is total('?outcome=failure&action=auth.', 'boss'), 1, 'an outcome';
is total('?outcome=success&action=auth.login_failed', 'boss'), 0, 'none of both';
is total("?$_->[0]", 'ada'), $_->[1], "$_->[0]" for ['from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:01Z', 1], ['to=2026-03-01T12:00:00Z', 0],
	['from=2026-03-01&to=2026-03-02', 1], ['from=2026-03-01T13:00:00%2B01:00&to=2026-03-01T12:00:00.5z', 1], ['from=9999-12-31', 0], ['to=0001-01-01', 0];
for my $bad ('from=yesterday', 'from=2026-02-29', 'from=2026-13-01', 'to=2026-01-01T25:00:00Z', 'to=2026-01-01T00:00:60Z', 'to=2026-01-01T00:00:00',
	'from=infinity', 'from=now', 'from=2026-01-01%2000:00:00', 'from=2026-01-01T00:00:00%2B15:00', 'from=0000-01-01', 'from=2026-01-01T00:00:00.Z',
	'action=AUTH', 'action=auth.%25', 'action=a%27b', 'outcome=maybe', 'userId=1', 'format=xml', 'limit=101', 'page=0', 'user_id=x') {
	is list("?$bad", 'boss')->{status}, 422, "IN-1 $bad is refused";
}

# what goes by itself: only what was refused of it, unless one names it
sql("INSERT INTO audit_logs (event, user_id, outcome) VALUES ('auth.refresh', '@{[id('bob')]}', 'success'), ('auth.refresh', '@{[id('bob')]}', 'failure')");
is total('?action=auth.refresh', 'bob'), 2, 'a renewal is a row';
for (['bob', ''], ['boss', '&userId=' . id('bob')], ['boss', '&action=auth.&from=' . substr($u{bob}{user}{createdAt}, 0, 10)]) {
	my ($who, $more) = @$_;
	my %events = map { ("$_->{event} $_->{outcome}" => 1) } @{list("?limit=100&withoutRoutine=true$more", $who)->{json}{auditLogs}};
	ok !$events{'auth.refresh success'} && $events{'auth.refresh failure'} && $events{'auth.signup success'}, "that can be left out ($who$more)";
}
is total('?withoutRoutine=true&action=auth.refresh', 'bob'), 2, 'but not when it is asked for';
is total('?withoutRoutine=true&action=auth.refresh', 'boss'), 2, 'of all likewise';
sql("DELETE FROM audit_logs WHERE event = 'auth.refresh'");

# ---- CSV ----
sql("UPDATE users SET name = '=HYPERLINK(\"x\")' WHERE name = 'ada'");
$r = list('?format=csv&userId=' . id('ada'), 'boss', params => {HTTP_USER_AGENT => "\@evil\x1b]0;x\x07\xe2\x80\xaez"});
is $r->{status}, 200, 'as CSV';
is $r->{header}{'content-disposition'}, 'attachment; filename="audit.csv"', 'a file';
is $r->{header}{'x-export-complete'}, 'true', 'with all rows';
my @lines = split /\r\n/, $r->{body};
is $lines[0], 'id,at,event,userId,userName,userEmail,target,outcome,ip,userAgent,requestId,details', 'its columns';
is scalar(@lines), 4, 'its rows';
like $lines[1], qr/,"'=HYPERLINK\(""x""\)",/, 'IN-7 names are no formulas';
$r = list('?action=audit.export&format=csv', 'boss');
like $r->{body}, qr/,"'\@evil\?\]0;x\?\?z",/, 'IN-7 LOG-3 nor are user agents; what steers a terminal was taken out';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'audit.export' AND outcome = 'success'"), 2, 'LOG-1 exports are audited';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'audit.export' AND outcome = 'failure'"), 2, 'LOG-1 and those refused';
is list('?format=csv&to=2001-01-01', 'bob')->{body} =~ tr/\n//, 1, 'none is a line of names';

# ---- much ----
sql("INSERT INTO audit_logs (at, event, user_id, target, outcome, ip, user_agent, request_id)
	SELECT now() - n * interval '7 minutes', (ARRAY['auth.login', 'auth.refresh', 'deployment.create', 'project.update'])[1 + n % 4],
		(ARRAY['@{[id('ada')]}', '@{[id('bob')]}', gen_random_uuid()::text])[1 + n % 3]::uuid, 'x', 'success', '192.0.2.1', repeat('u', 100), gen_random_uuid()
	FROM generate_series(1, 100000) n");
sql('VACUUM ANALYZE audit_logs');
for (['', 'boss'], ['', 'ada'], ['?action=auth.login', 'boss'], ['?action=auth.', 'boss'], ['?action=auth.login', 'ada'], ['?action=user.delete', 'boss'],
	['?action=user.', 'boss'], ['?page=1000000&limit=100', 'boss'], ['?page=900', 'ada'], ['?userId=' . id('bob'), 'boss'], ['?outcome=failure', 'boss'],
	['?from=2026-01-01&to=2026-02-01', 'boss']) {
	my ($q, $who) = @$_;
	list($q, $who); # prepared
	my $t = time;
	my $r = list($q, $who);
	$t = time - $t;
	is $r->{status}, 200, "IN-4 $q for $who";
	cmp_ok $t, '<', 5, sprintf 'IN-4 is fast (%.0f ms)', $t * 1000;
}
# The plans, as the application's role gets them: no list reads the whole table.
my %stmt;
for my $block (split /\n(?=-- name: )/, do { local (@ARGV, $/) = "$ENV{abs_top_srcdir}/sql/stmt/audit.sql"; <> }) {
	next unless $block =~ /^-- name: (\w+)/;
	my $name = $1;
	my @types = map { (split ' ')[1] } map { split /,\s*/ } $block =~ /^-- in: (.*)$/mg;
	(my $text = $block) =~ s/^--.*\n//mg;
	$stmt{$name} = [\@types, $text =~ s/;\s*$//r];
}
for (['audit_list_user', 'audit_logs_user_id_idx'], ['audit_list_event', 'audit_logs_event_idx'], ['audit_list_all', 'audit_logs_at_idx']) {
	my ($name, $index) = @$_;
	my ($types, $text) = @{$stmt{$name}};
	my $plan = sql("SET plan_cache_mode = force_generic_plan; PREPARE q (" . join(',', @$types) . ") AS $text; EXPLAIN (COSTS OFF) EXECUTE q ("
		. join(',', map { $_ eq 'bigint' ? 10 : $_ eq 'uuid' ? "'" . id('ada') . "'" : 'NULL' } @$types) . ')');
	my ($hits) = $plan =~ /CTE hits\n(.*?)\n  ->  Nested/s;
	unlike $hits, qr/Sort/, "IN-4 $name stops when it has enough";
	like $plan, qr/\b$index\b/, "IN-4 $name reads by $index";
	unlike $plan, qr/Seq Scan on audit_logs/, "IN-4 $name does not read the whole table" or diag $plan;
}
is total('', 'boss'), 10000, 'counting stops at 10,000';
is scalar(@{list('?page=1000&limit=10', 'boss')->{json}{auditLogs}}), 10, 'pages go so far';
is scalar(@{list('?page=1001&limit=10', 'boss')->{json}{auditLogs}}), 0, 'and no further';
my %seen;
$seen{$_->{id}}++ for map { @{list("?limit=100&page=$_", 'ada')->{json}{auditLogs}} } 1 .. 5;
is scalar(keys %seen), 500, 'pages do not overlap';
$r = list('?format=csv', 'boss');
is scalar(split /\r\n/, $r->{body}), 10001, 'a file holds 10,000 rows';
is $r->{header}{'x-export-complete'}, 'false', 'and says that there are more';
is scalar(split /\r\n/, list('?format=csv&from=2026-01-01&to=2026-01-02', 'boss')->{body}), 1 + sql("SELECT count(*) FROM audit_logs WHERE at >= '2026-01-01' AND at < '2026-01-02'"),
	'a day fits';
done_testing();
END
