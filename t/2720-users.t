#!/bin/sh
# Administration of accounts: lists, invitations, changes, many at once.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 hash_slots=3
api_perl <<'END'
use strict;
use warnings;
use utf8;
our $api;

my $none = '00000000-0000-4000-8000-000000000000';
my %u = map { $_ => $api->signup($_) } qw(boss manager ada bob);
sql("UPDATE users SET role = 'admin' WHERE email LIKE 'boss%'; UPDATE users SET role = 'manager' WHERE email LIKE 'manager%'");
sub ask { my ($verb, $path, $who, %o) = @_; return $api->ask($verb, $path, token => $u{$who}{accessToken}, %o) }
sub code { return $_[0]{json}{error}{code} // '' }
sub id { return $u{$_[0]}{user}{id} }
sub live { return $api->ask(GET => '/api/auth/session', token => $u{$_[0]}{accessToken})->{status} }
sub names { return join ' ', map { $_->{name} } @{$_[0]{json}{users}} }
my $true = Cpanel::JSON::XS::true();
my $false = Cpanel::JSON::XS::false();

# ---- reading ----
my $r = ask(GET => '/api/users', 'manager');
is $r->{status}, 200, 'a manager reads accounts';
is names($r), 'bob ada manager boss', 'newest first';
is_deeply $r->{json}{pagination}, {currentPage => 1, totalPages => 1, totalItems => 4}, 'with their number';
is_deeply [sort keys %{$r->{json}{users}[0]}], [sort qw(id name email avatarUrl role emailVerified createdAt active lastLoginAt)],
	'and nothing that is secret';
is names(ask(GET => '/api/v1/users?limit=1&page=3', 'boss')), 'manager', 'pages';
is names(ask(GET => '/api/users?role=admin', 'boss')), 'boss', 'by role';
is names(ask(GET => '/api/users?search=ADA', 'boss')), 'ada', 'by a part of the name, whatever the case';
is names(ask(GET => '/api/users?search=ob%40exam', 'boss')), 'bob', 'by a part of the address';
for my $wild ('%25', '_', '%5c', '%25%25', 'a%25a', "%27%20OR%20%27%27=%27") {
	is ask(GET => "/api/users?search=$wild", 'boss')->{json}{pagination}{totalItems}, 0, "IN-3 $wild is no wildcard";
}
sql("UPDATE users SET active = false WHERE name = 'bob'");
is names(ask(GET => '/api/users?status=inactive', 'manager')), 'bob', 'those that are disabled';
is names(ask(GET => '/api/users?status=active&search=b', 'manager')), 'boss', 'those that are not, and a name';
sql("UPDATE users SET active = true WHERE name = 'bob'");
is ask(GET => '/api/users', 'ada')->{status}, 403, 'SET-2 a user reads no list';
is ask(GET => '/api/users/' . id('ada'), 'ada')->{json}{name}, 'ada', 'but the own account';
is ask(GET => '/api/users/' . uc id('ada'), 'ada')->{json}{name}, 'ada', 'however its id is written';
my @r = ($api->ask(GET => '/api/users/' . id('bob'), token => $u{ada}{accessToken}),
	$api->ask(GET => "/api/users/$none", token => $u{ada}{accessToken}));
is $r[0]{status}, 403, 'SET-1 not somebody else\'s';
is $r[0]{body}, $r[1]{body}, 'SET-1 whether there is one or not';
is ask(GET => '/api/users/' . id('bob'), 'manager')->{json}{email}, 'bob@example.com', 'a manager reads one';
is code(ask(GET => "/api/users/$none", 'manager')), 'USER_NOT_FOUND', 'or learns that there is none';

# ---- creating ----
$r = ask(POST => '/api/users', 'boss', json => {name => 'Cleo', email => ' Cleo@Example.com ', role => 'manager', password => 'correct horse cleo'});
is $r->{status}, 201, 'an administrator makes an account';
is "$r->{json}{email} $r->{json}{role}", 'cleo@example.com manager', 'with a role';
ok !$r->{json}{emailVerified}, 'EV-1 the address is not confirmed by that';
is $api->ask(POST => '/api/auth/login', json => {email => 'cleo@example.com', password => 'correct horse cleo'})->{status}, 200,
	'it can sign in';
is sql("SELECT count(*) FROM mails WHERE kind = 'invite'"), 0, 'no invitation is sent then';
for (['autostack1', 'PW-5 the product\'s name'], ['1234567', 'PW-1 seven characters'], ['x' x 73, 'PW-2 73 bytes'], ['dora@example.com', 'PW-5 the address']) {
	$r = ask(POST => '/api/users', 'boss', json => {name => 'Dora', email => 'dora@example.com', password => $_->[0]});
	is $r->{status}, 422, "$_->[1] is no password";
	is $r->{json}{error}{details}{fields}[0]{name}, 'password', "$_->[1]: the field is named";
}
$r = ask(POST => '/api/users', 'boss', json => {name => 'Dora', email => 'dora@example.com'});
is $r->{status}, 201, 'without a password';
is $r->{json}{role}, 'user', 'a user, unless it is said';
my $dora = $r->{json}{id};
is sql("SELECT kind || ' ' || recipient FROM mails WHERE user_id = '$dora'"), 'invite dora@example.com', 'an invitation is mailed';
is sql("SELECT purpose || ' ' || email || ' ' || (used_at IS NULL) FROM codes WHERE user_id = '$dora'"), 'invite dora@example.com true', 'with a code';
# base64 has neither
is sql("SELECT message_sealed ~ 'dora@|://' FROM mails WHERE user_id = '$dora'"), 'f', 'FP-2 which waits sealed';
is code(ask(POST => '/api/users', 'boss', json => {name => 'x', email => 'DORA@example.com'})), 'EMAIL_TAKEN', 'LG-3 an address is there once';
is sql("SELECT count(*) FROM mails WHERE kind = 'invite'"), 1, 'and no mail goes out for a second';
for my $who (qw(manager ada)) {
	is ask(POST => '/api/users', $who, json => {name => 'x', email => 'x@example.com'})->{status}, 403, "SET-2 no account by a $who";
}
@r = $api->ask_all(map { [POST => '/api/users', token => $u{boss}{accessToken}, json => {name => 'Twin', email => 'twin@example.com'}] } 1 .. 6);
is scalar(grep { $_->{status} == 201 } @r), 1, 'IN-6 of parallel accounts with one address one is made';
is scalar(grep { code($_) eq 'EMAIL_TAKEN' } @r), 5, 'IN-6 the others are told why';
is sql("SELECT count(*) FROM mails WHERE recipient = 'twin\@example.com'"), 1, 'IN-6 and one invitation goes out';

# ---- changing: oneself ----
is ask(PUT => '/api/users/' . id('ada'), 'ada', json => {name => 'Ada L.', avatarUrl => 'https://example.com/a'})->{json}{name}, 'Ada L.',
	'a user changes the own name';
for ([role => 'admin'], [role => 'user'], [active => $true], [active => $false]) {
	my $r = ask(PUT => '/api/users/' . id('ada'), 'ada', json => {$_->[0] => $_->[1], name => 'x'});
	is $r->{status}, 403, "SET-4 nobody changes the own $_->[0]";
}
is ask(PUT => '/api/users/' . id('manager'), 'manager', json => {role => 'admin'})->{status}, 403, 'SET-4 not a manager either';
is ask(PUT => '/api/users/' . id('ada'), 'manager', json => {name => 'x'})->{status}, 403, 'SET-2 a manager changes no others';
is ask(PUT => '/api/users/' . id('ada'), 'ada', json => {email => 'new@example.com'})->{status}, 403, 'EV-2 the own address takes the password';
is ask(PUT => '/api/users/' . id('boss'), 'boss', json => {email => 'new@example.com'})->{status}, 403, 'EV-2 for an administrator, too';
is sql("SELECT name || ' ' || role || ' ' || email || ' ' || active FROM users WHERE id = '" . id('ada') . "'"), 'Ada L. user ada@example.com true', 'SET-4 nothing of that was done';

# ---- changing: others ----
$r = ask(PUT => '/api/users/' . id('ada'), 'boss', json => {role => 'manager'});
is $r->{status}, 200, 'an administrator gives a role';
is ask(GET => '/api/users', 'ada')->{status}, 200, 'SE-9 which counts from the next request on';
ask(PUT => '/api/users/' . id('ada'), 'boss', json => {role => 'user'});
is ask(GET => '/api/users', 'ada')->{status}, 403, 'SE-9 and so does losing it';
is sql("SELECT string_agg((details->>'from') || '>' || (details->>'to'), ' ' ORDER BY at) FROM audit_logs WHERE event = 'user.role' AND outcome = 'success'"),
	'user>manager manager>user', 'LOG-1 audit rows say from what to what';
sql("UPDATE users SET email_verified = true WHERE id = '$dora'");
$r = ask(PUT => "/api/users/$dora", 'boss', json => {email => 'dora2@example.com'});
is "$r->{status} $r->{json}{email}", '200 dora2@example.com', 'an address is corrected';
ok !$r->{json}{emailVerified}, 'EV-1 and is not confirmed then';
is sql("SELECT string_agg(email || ' ' || (used_at IS NULL), ', ' ORDER BY created_at) FROM codes WHERE user_id = '$dora'"),
	'dora@example.com false, dora2@example.com true', 'FP-2 the old invitation is void, a new one is made';
is code(ask(PUT => "/api/users/$dora", 'boss', json => {email => 'bob@example.com'})), 'EMAIL_TAKEN', 'not to one that is taken';
is code(ask(PUT => "/api/users/$none", 'boss', json => {name => 'x'})), 'USER_NOT_FOUND', 'nobody is nobody';
$r = ask(PUT => '/api/users/' . id('bob'), 'boss', json => {});
is $r->{status}, 200, 'no change is none';

# ---- disabling ----
$r = ask(PUT => '/api/users/' . id('bob'), 'boss', json => {active => $false});
is $r->{json}{active}, $false, 'an account is disabled';
is live('bob'), 401, 'SE-9 and is out with its next request';
is $api->ask(POST => '/api/auth/login', json => {email => 'bob@example.com', password => 'correct horse bob'})->{status}, 401, 'LG-1 and cannot come back';
is sql("SELECT count(*) FROM sessions WHERE user_id = '" . id('bob') . "' AND revoked_at IS NULL"), 0, 'SE-9 its sessions have ended';
ask(PUT => '/api/users/' . id('bob'), 'boss', json => {active => $true});
is live('bob'), 401, 'SE-9 they stay so when it is enabled again';
my $l = $api->ask(POST => '/api/auth/login', json => {email => 'bob@example.com', password => 'correct horse bob'});
is $l->{status}, 200, 'but it can sign in';
$u{bob} = $l->{json};
is ask(DELETE => '/api/users/' . id('bob'), 'boss')->{status}, 204, 'DELETE disables, too';
is live('bob'), 401, 'SE-9 at once';
is sql("SELECT active FROM users WHERE id = '" . id('bob') . "'"), 'f', 'and keeps the account';
is ask(DELETE => '/api/users/' . id('bob') . '?hard=true', 'boss')->{status}, 204, 'or deletes it';
is sql("SELECT count(*) FROM users WHERE id = '" . id('bob') . "'"), 0, 'which it has';
is code(ask(DELETE => '/api/users/' . id('bob') . '?hard=true', 'boss')), 'USER_NOT_FOUND', 'once';
is code(ask(DELETE => '/api/users/' . id('boss') . '?hard=true', 'boss')), 'FORBIDDEN', 'PR-2 the own account takes the password';
is code(ask(DELETE => '/api/users/' . id('boss'), 'boss')), 'LAST_ADMIN', 'SET-4 the last administrator is not disabled';
is code(ask(PUT => '/api/users/' . id('boss'), 'boss', json => {role => 'user'})), 'LAST_ADMIN', 'SET-4 nor demoted';
is code(ask(PUT => '/api/users/' . id('boss'), 'boss', json => {active => $false})), 'LAST_ADMIN', 'SET-4 in no way';
is live('boss'), 200, 'SET-4 and is still signed in';
is join(' ', map { ask($_->[0], '/api/users/' . id('ada') . $_->[1], 'manager')->{status} } ['DELETE', ''], ['DELETE', '?hard=true']), '403 403', 'SET-2 a manager does none of it';

# ---- many at once ----
my @ids = map { $api->signup("bulk$_")->{user}{id} } 1 .. 4;
sub bulk { my ($action, $ids, %o) = @_; return ask(POST => '/api/users/bulk', 'boss', json => {action => $action, ids => $ids, %o}) }
sub results { return join ' ', map { $_->{ok} ? 'ok' : $_->{code} } @{$_[0]{json}{results}} }
$r = bulk(deactivate => [@ids, $none, id('boss')]);
is $r->{status}, 200, 'many at once';
is results($r), 'ok ok ok ok USER_NOT_FOUND LAST_ADMIN', 'each on its own, the last administrator kept';
is_deeply [map { $_->{id} } @{$r->{json}{results}}], [@ids, $none, id('boss')], 'in their order';
is $r->{json}{results}[0]{message}, undef, 'what went well has nothing to say';
like $r->{json}{results}[5]{message}, qr/last administrator/i, 'what did not says why';
is sql("SELECT count(*) FROM users WHERE name ~ '^bulk' AND active"), 0, 'it was done';
is results(bulk(activate => \@ids)), 'ok ok ok ok', 'and undone';
is results(bulk(setRole => [@ids[0, 1]], role => 'manager')), 'ok ok', 'roles';
is sql("SELECT count(*) FROM users WHERE name ~ '^bulk' AND role = 'manager'"), 2, 'are given';
is results(bulk(delete => [@ids[2, 3], id('boss')])), 'ok ok FORBIDDEN', 'accounts are deleted, but not one\'s own';
is sql("SELECT count(*) FROM users WHERE name ~ '^bulk'"), 2, 'they are gone';
for (['setRole', {}], ['activate', {role => 'user'}], ['promote', {}], ['setRole', {role => 'root'}]) {
	is bulk($_->[0], \@ids, %{$_->[1]})->{status}, 422, "$_->[0] with " . join(' ', %{$_->[1]}) . ' is refused';
}
is sql("SELECT count(*) FROM audit_logs WHERE event = 'user.deactivate' AND target IN ('$ids[0]', '$ids[1]', '$ids[2]', '$ids[3]') AND outcome = 'success'"), 4,
	'LOG-1 each account has its row';
is sql("SELECT details->>'accounts' || ' ' || (details->>'failed') FROM audit_logs WHERE event = 'user.bulk' ORDER BY at LIMIT 1"), '6 2', 'LOG-1 and the whole has one';
is sql("SELECT details->>'code' FROM audit_logs WHERE event = 'user.deactivate' AND target = '$none'"), 'USER_NOT_FOUND', 'LOG-1 what failed, too';

# ---- export ----
sql("UPDATE users SET name = v.n FROM (VALUES ('bulk1', '=cmd|''/c calc''!A0'), ('bulk2', 'Semi;Comma, \"Quote\"')) AS v(o, n) WHERE name = v.o;
	INSERT INTO users (name, email) VALUES ('+1', 'p\@example.com'), ('-1', 'm\@example.com'), ('\@SUM(A1)', 'at\@example.com'), ('  lead', '=x\@example.com')");
$r = ask(GET => '/api/users/export?format=csv', 'boss');
is $r->{status}, 200, 'accounts as CSV';
like $r->{header}{'content-type'}, qr{^text/csv; charset=utf-8}, 'of its type';
is $r->{header}{'content-disposition'}, 'attachment; filename="users.csv"', 'as a file';
is $r->{header}{'x-export-complete'}, 'true', 'that says that it is all';
my @lines = split /\r\n/, $r->{body};
is $lines[0], 'id,name,email,avatarUrl,role,emailVerified,createdAt,active,lastLoginAt', 'with names of columns';
is scalar(@lines), 1 + sql('SELECT count(*) FROM users'), 'a line each';
like $r->{body}, qr/,"'=cmd\|'\/c calc'!A0",/, 'IN-7 = is made text';
like $r->{body}, qr/,"'\+1",/, 'IN-7 + is';
like $r->{body}, qr/,"'-1",/, 'IN-7 - is';
like $r->{body}, qr/,"'\@SUM\(A1\)",/, 'IN-7 @ is';
like $r->{body}, qr/,"'=x\@example.com",/, 'IN-7 in every column';
like $r->{body}, qr/,"Semi;Comma, ""Quote""",/, 'IN-7 commas and quotes are quoted';
unlike $r->{body}, qr/(?:^|,|\n)[=+\-@\t]/, 'IN-7 no cell begins a formula';
unlike $r->{body}, qr/\$2b\$/, 'PW-6 no hash';
$r = ask(GET => '/api/users/export?role=admin', 'boss');
is names($r), 'boss', 'as JSON, filtered';
ok $r->{json}{complete}, 'which says that it is all';
is ask(GET => '/api/users/export', $_)->{status}, 403, "SET-2 not for a $_" for qw(manager ada);

# ---- races ----
sql("UPDATE users SET role = 'user' WHERE role = 'admin' AND name <> 'boss'");
my $second = $api->signup('second');
for my $round (1 .. 8) {
	sql("UPDATE users SET role = 'admin', active = true WHERE name IN ('boss', 'second')");
	for my $n ('boss', 'second') {
		my $l = $api->ask(POST => '/api/auth/login', json => {email => "$n\@example.com", password => "correct horse $n"});
		$u{$n} = $l->{json};
	}
	my ($a, $b) = map { $u{$_} } qw(boss second);
	my @how = ([PUT => '', {role => 'user'}], [PUT => '', {active => $false}], [DELETE => '', undef], [POST => 'bulk', undef]);
	my $ask = sub { my ($by, $to, $how) = @_;
		return [POST => '/api/users/bulk', token => $by->{accessToken}, json => {action => 'deactivate', ids => [$to->{user}{id}]}] if $how->[1];
		return [$how->[0], "/api/users/$to->{user}{id}", token => $by->{accessToken}, $how->[2] ? (json => $how->[2]) : ()] };
	my $how = $how[$round % 4];
	my @r = $api->ask_all($ask->($a, $b, $how), $ask->($b, $a, $how), $ask->($a, $a, $how), $ask->($b, $b, $how));
	is sql("SELECT count(*) >= 1 FROM users WHERE role = 'admin' AND active"), 't', "SET-4 two who remove each other: one stays ($round)";
	is scalar(grep { $_->{status} >= 500 } @r), 0, 'SET-4 and nothing breaks' or diag join ' ', map { $_->{body} } @r;
}
done_testing();
END
