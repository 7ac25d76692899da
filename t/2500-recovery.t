#!/bin/sh
# Forgotten passwords: asked for by mail, set by a code, changed.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=6 hash_slots=3 app_url=https://panel.example:8443
worker_start
export AS_STATE
api_perl <<'END'
use strict;
use warnings;
use Mail;
use Timing ();
our $api;

sub post { my ($path, $json, %o) = @_; return $api->ask(POST => $path, json => $json, %o) }
sub forgot { return post('/api/auth/forgot-password', {email => $_[0]}, @_[1 .. $#_]) }
sub reset_by { return post('/api/auth/reset-password', {token => $_[0], password => $_[1]}) }
sub login { return post('/api/auth/login', {email => $_[0], password => $_[1]}) }
sub me { return $api->ask(GET => '/api/auth/session', token => $_[0])->{status} }
sub unlimited { sql("UPDATE codes SET created_at = created_at - interval '1 hour' WHERE created_at > now() - interval '30 minutes'") }
# A code for a user, by asking.
sub new_code {
	my ($email) = @_;
	my $n = () = mails(to => $email, kind => 'reset');
	unlimited();
	forgot($email);
	return code((mails(to => $email, kind => 'reset', n => $n + 1))[-1]);
}
sub plain { # an answer without what differs by request
	my ($r) = @_;
	return $r->{raw} =~ s/X-Request-Id: \S+//ri =~ s/Date: [^\r\n]+//ri;
}

my $ada = $api->signup('ada');
my $email = $ada->{user}{email};
my $second = login($email, 'correct horse ada')->{json};

# FP-1 the same answer for everybody
$api->signup('disabled');
sql("UPDATE users SET active = false WHERE email = 'disabled\@example.com'");
$api->signup('oauth');
sql("UPDATE users SET password_hash = NULL WHERE email = 'oauth\@example.com'");
my $known = forgot(" ADA\@example.com ");
is $known->{status}, 200, 'FP-1 a reset can be asked for';
like $known->{json}{message}, qr/If there is an account/, 'FP-1 the answer does not say whether the account exists';
for ('nobody@example.com', 'disabled@example.com', 'oauth@example.com') {
	is plain(forgot($_)), plain($known), "FP-1 byte for byte the same answer for $_";
}
mails();
is scalar(() = mails(to => $email, kind => 'reset')), 1, 'LG-3 FP-1 the mail goes to the stored address';
is scalar(() = mails(to => 'nobody@example.com')), 0, 'FP-1 nobody is not written to';
is scalar(() = mails(to => 'disabled@example.com', kind => 'reset')), 0, 'a disabled account gets no code';
is scalar(() = mails(to => 'oauth@example.com', kind => 'reset')), 1, 'an account without a password can get one by mail';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.reset_request' AND outcome = 'success'"), 4, 'LOG-1 requests are audited';
is sql("SELECT count(*) FROM audit_logs a JOIN users u ON u.id = a.user_id WHERE event = 'auth.reset_request'"), 2,
	'LOG-1 with the account, where there is one that is not disabled';

my ($alike, $took) = Timing::alike(3, 15, \&unlimited, {map { my $who = $_; $who => sub { forgot($who) } } $email, 'nobody@example.com'});
ok $alike, "FP-1 known and unknown take the same time ($took)";

# FP-7 the limit of an account
unlimited();
my $before = () = mails(to => $email, kind => 'reset');
my @r = map { forgot($email) } 1 .. 5;
is scalar(grep { plain($_) eq plain($known) } @r), 5, 'FP-7 the limit cannot be seen from outside';
mails();
is scalar(() = mails(to => $email, kind => 'reset')) - $before, 3, 'FP-7 an account gets three mails in a quarter of an hour';
unlimited();
@r = $api->ask_all(map { [POST => '/api/auth/forgot-password', json => {email => $email}] } 1 .. 12);
mails();
is scalar(() = mails(to => $email, kind => 'reset')) - $before, 6, 'FP-7 however many ask at once';
is sql("SELECT count(*) FROM codes c JOIN users u ON u.id = c.user_id WHERE u.email = '$email' AND purpose = 'reset' AND used_at IS NULL"),
	1, 'FP-2 only the newest code is good';

# FP-2 the code
my $old = new_code($email);
my $code = new_code($email);
is reset_by($old, 'a new password 1')->{status}, 400, 'FP-2 a newer request makes the older code void';
require Digest::SHA;
my $stored = sql("SELECT hash FROM codes WHERE used_at IS NULL AND purpose = 'reset' ORDER BY created_at DESC LIMIT 1");
is $stored, Digest::SHA::sha256_hex($code), 'FP-2 the database has the hash only';
is reset_by($stored, 'a new password 1')->{status}, 400, 'FP-2 which resets nothing';
is sql("SELECT expires_at - created_at <= interval '1 hour' FROM codes WHERE hash = '$stored'"), 't', 'FP-2 it lives for an hour at most';
sql("UPDATE codes SET expires_at = now() - interval '1 second' WHERE hash = '$stored'");
is reset_by($code, 'a new password 1')->{json}{error}{code}, 'CODE_INVALID', 'FP-2 an old one is refused';
$code = new_code($email);
sql("UPDATE users SET email = 'moved\@example.com' WHERE email = '$email'");
is reset_by($code, 'a new password 1')->{status}, 400, 'FP-2 a code is for the address that it was sent to';
sql("UPDATE users SET email = '$email' WHERE email = 'moved\@example.com'");
sql("UPDATE users SET active = false WHERE email = '$email'");
is reset_by($code, 'a new password 1')->{status}, 400, 'the code of a disabled account is refused';
sql("UPDATE users SET active = true WHERE email = '$email'");

# the password's rules do not use it up
for (['short', 'at least'], ['x' x 73, '72 bytes'], ["\x{1f600}" x 25, '72 bytes'], [$email, 'email'], ['ada12345', 'email'],
	['Autostack2024!', 'product']) {
	my $r = reset_by($code, $_->[0]);
	is $r->{status}, 422, "PW-1 PW-2 PW-3 PW-5 reset refuses: $_->[1]";
	like $r->{json}{error}{details}{fields}[0]{message}, qr/$_->[1]/, 'and says why';
}
is post('/api/auth/reset-password', undef, body => qq({"token":"$code","password":"abc\\u0000defgh"}))->{status}, 400,
	'PW-4 a NUL is refused at reset';
is login($email, 'correct horse ada')->{status}, 200, 'nothing has changed so far';

# FP-4 what a reset does
sql("UPDATE users SET failed_logins = 9, locked_until = now() + interval '1 hour', pending_email = 'thief\@example.com' WHERE email = '$email'");
my $r = reset_by($code, '  a new pass 1  ');
is $r->{status}, 200, 'FP-4 a code sets a new password';
is_deeply [keys %{$r->{json}}], ['message'], 'FP-4 it does not log in';
ok !exists $r->{header}{'set-cookie'}, 'FP-4 nor by a cookie';
is me($_->{accessToken}), 401, 'FP-4 a session has ended' for $ada, $second;
is post('/api/auth/refresh', {refreshToken => $second->{refreshToken}})->{status}, 401, 'FP-4 its refresh token, too';
is sql("SELECT failed_logins || '|' || (locked_until IS NULL) || '|' || (pending_email IS NULL) FROM users WHERE email = '$email'"),
	'0|true|true', 'FP-4 LG-6 the lock is off, an address that was not confirmed is forgotten';
is login($email, '  a new pass 1  ')->{status}, 200, 'FP-4 PW-1 the new password works, its blanks are kept';
is login($email, 'a new pass 1')->{status}, 401, 'PW-1 without them it does not';
is login($email, 'correct horse ada')->{status}, 401, 'the old one does not';
is reset_by($code, 'a new password 2')->{status}, 400, 'FP-2 a code works once';
cmp_ok sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.reset' AND outcome = 'failure' AND details ->> 'code' = 'CODE_INVALID'"),
	'>', 5, 'LOG-1 codes that are refused are audited';
my $note = mails(to => $email, kind => 'password_changed', n => 1);
like $note->{text}, qr/was changed on \d{4}-\d\d-\d\d at \d\d:\d\d UTC/, 'FP-4 a mail tells of it';
is link_of($note), 'https://panel.example:8443/forgot-password', 'and says what to do';
unlike $note->{raw}, qr/new pass/, 'PW-6 it does not hold the password';
is sql("SELECT count(*) FROM audit_logs a JOIN users u ON u.id = a.user_id WHERE event = 'auth.reset' AND outcome = 'success' AND u.email = '$email' AND ip IS NOT NULL"),
	1, 'LOG-1 a reset is audited';
$code = new_code('oauth@example.com');
is post('/api/v1/reset-password', {token => $code, password => 'a first password'})->{status}, 200, 'an account without a password gets one';
is login('oauth@example.com', 'a first password')->{status}, 200, 'and signs in with it';

# FP-3 races
for my $n (2, 20) {
	$code = new_code($email);
	my @a = map { [POST => '/api/auth/reset-password', json => {token => $code, password => "race password $_"}] } 1 .. $n;
	my @got = $api->ask_all(@a);
	my @good = grep { $got[$_]{status} == 200 } 0 .. $#got;
	is scalar(@good), 1, "FP-3 of $n parallel resets with one code one succeeds";
	is scalar(grep { $_->{status} =~ /^(?:400|503)$/ } @got), $n - 1, 'FP-3 the others are refused or put off';
	is login($email, 'race password ' . ($good[0] + 1))->{status}, 200, 'FP-3 its password is the one';
}

# FP-5 links lead where the settings say
unlimited();
my $have = () = mails(to => $email, kind => 'reset');
forgot($email, params => {HTTP_HOST => 'evil.example', HTTP_X_FORWARDED_HOST => 'evil.example',
	HTTP_X_FORWARDED_PROTO => 'http', HTTP_FORWARDED => 'host=evil.example', SERVER_NAME => 'evil.example',
	REQUEST_URI => 'http://evil.example/api/auth/forgot-password'});
forgot($email, params => {HTTP_HOST => 'evil.example', HTTP_X_FORWARDED_HOST => 'evil.example', SERVER_NAME => 'evil.example'});
for (mails(to => $email, kind => 'reset', n => $have + 1)) {
	unlike $_->{raw}, qr/evil/, 'FP-5 no header of a request gets into a mail';
	like link_of($_), qr{^https://panel\.example:8443/reset-password#code=[\w-]{43}\z}, 'FP-5 FP-8 the link has our host and the code in its fragment';
}

# FP-6 addresses that are more than one
for ("ada\@example.com\r\nBcc: x\@example.com", 'ada@example.com%0aBcc:x@example.com', 'ada@example.com,x@example.com',
	'Ada <ada@example.com>', '<ada@example.com>', 'ada@example.com;x@example.com', "ada\@example.com\tx", '"a b"@example.com',
	"\x{131}da\@example.com", 'ada@example.com>', 'ada@[127.0.0.1]') {
	is forgot($_)->{status}, 422, 'FP-6 refused: ' . s/([^ -~])/sprintf '\\x{%x}', ord $1/ger;
}
is sql("SELECT count(*) FROM mails WHERE recipient !~ '^[a-z0-9]+\@example\\.com\$'"), 0, 'FP-6 no mail has another recipient';

# invitations
sql("INSERT INTO users (id, name, email) VALUES ('00000000-0000-4000-8000-0000000000aa', 'Grace', 'grace\@example.com')");
my $invite = 'i' x 43;
sql("INSERT INTO codes (hash, purpose, user_id, email, expires_at) VALUES ('" . Digest::SHA::sha256_hex($invite)
	. "', 'invite', '00000000-0000-4000-8000-0000000000aa', 'grace\@example.com', now() + interval '1 hour')");
is reset_by($invite, 'grace has chosen')->{status}, 200, 'an invitation sets the first password';
is sql("SELECT email_verified FROM users WHERE email = 'grace\@example.com'"), 't', 'and confirms the address';
is reset_by($invite, 'grace has chosen')->{status}, 400, 'once';
is login('grace@example.com', 'grace has chosen')->{status}, 200, 'with it she signs in';
for my $purpose ('verify', 'oauth') {
	my $other = $purpose x 8;
	sql("INSERT INTO codes (hash, purpose, user_id, email, expires_at) SELECT '" . Digest::SHA::sha256_hex($other)
		. "', '$purpose', id, email, now() + interval '1 hour' FROM users WHERE email = 'grace\@example.com'");
	is reset_by($other, 'a new password 3')->{status}, 400, "JW-6 a code of another purpose ($purpose) resets nothing";
}
is reset_by($ada->{refreshToken}, 'a new password 3')->{status}, 400, 'JW-6 nor does a refresh token';
is reset_by($ada->{accessToken}, 'a new password 3')->{status}, 400, 'JW-6 nor an access token';

# PW-8 change
my $one = $api->signup('eve');
$email = $one->{user}{email};
my $two = login($email, 'correct horse eve')->{json};
sub change { return post('/api/auth/change-password', {currentPassword => $_[1], newPassword => $_[2]}, token => $_[0]{accessToken}) }
$code = new_code($email);
$r = change($one, 'wrong', 'changed password 1');
is $r->{status}, 401, 'PW-8 a wrong present password is refused';
is $r->{json}{error}{code}, 'INVALID_CREDENTIALS', 'PW-8 by name';
is sql("SELECT failed_logins FROM users WHERE email = '$email'"), 1, 'PW-8 and counted';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.password_change' AND outcome = 'failure'"), 1, 'LOG-1 and audited';
is change($one, 'correct horse eve', 'short')->{status}, 422, 'PW-1 a short new one is refused';
is change($one, 'correct horse eve', 'x' x 73)->{status}, 422, 'PW-2 one of 73 bytes, too';
is change($one, 'correct horse eve', 'AutoStack 1!')->{json}{error}{details}{fields}[0]{name}, 'newPassword', 'PW-5 and one that is easy to guess';
is post('/api/auth/change-password', undef, token => $one->{accessToken},
	body => '{"currentPassword":"correct horse eve","newPassword":"abc\\u0000defgh"}')->{status}, 400, 'PW-4 a NUL is refused at change';
$r = change($one, 'correct horse eve', 'changed password 1');
is $r->{status}, 200, 'PW-8 the right one changes it';
is me($one->{accessToken}), 200, 'PW-8 this session stays';
is post('/api/auth/refresh', {refreshToken => $one->{refreshToken}})->{status}, 200, 'PW-8 with its refresh token';
is me($two->{accessToken}), 401, 'PW-8 the other has ended';
is post('/api/auth/refresh', {refreshToken => $two->{refreshToken}})->{status}, 401, 'PW-8 with its refresh token';
is reset_by($code, 'a new password 4')->{status}, 400, 'FP-2 a change makes codes void';
is login($email, 'changed password 1')->{status}, 200, 'PW-8 the new password works';
is sql("SELECT failed_logins FROM users WHERE email = '$email'"), 0, 'PW-8 and the count is at its begin';
like mails(to => $email, kind => 'password_changed', n => 1)->{text}, qr/All other sessions have ended/, 'PW-8 a mail tells of it';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.password_change' AND outcome = 'success' AND user_id IS NOT NULL"), 1, 'LOG-1 it is audited';
my $longest = 'p' x 72;
is change($one, 'changed password 1', $longest)->{status}, 200, 'PW-2 72 bytes are taken';
is login($email, $longest)->{status}, 200, 'PW-2 and work';
is login($email, $longest . 'x')->{status}, 401, 'PW-2 73 bytes do not match them';

# the lock
@r = $api->ask_all(map { [POST => '/api/auth/change-password', token => $one->{accessToken},
	json => {currentPassword => 'wrong', newPassword => 'changed password 2'}] } 1 .. 40);
is scalar(grep { $_->{status} == 401 || $_->{status} == 503 } @r), 40, 'LG-5 many guesses at once are all refused';
sleep 0;
while (sql("SELECT locked_until IS NULL FROM users WHERE email = '$email'") eq 't') { change($one, 'wrong', 'changed password 2') }
$r = change($one, $longest, 'changed password 2');
is $r->{status}, 401, 'PW-8 LG-4 while the account is locked the right password is refused';
is plain($r), plain(change($one, 'wrong', 'changed password 2')), 'LG-4 exactly as a wrong one';
is me($one->{accessToken}), 200, 'LG-7 the session lives on';
$code = new_code($email);
is reset_by($code, 'a new password 5')->{status}, 200, 'LG-7 and a reset is possible';
is login($email, 'a new password 5')->{status}, 200, 'LG-6 which takes the lock away';
$one = login($email, 'a new password 5')->{json};
# a reset that comes when the present password has just been found right
sub hash_of { return sql("SELECT password_hash FROM users WHERE email = '$_[0]'") }
my ($was, $new) = (hash_of($email), hash_of('grace@example.com'));
sql("CREATE FUNCTION owner_resets() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN NEW.password_hash := '$new'; RETURN NEW; END \$\$;
	CREATE TRIGGER zz_reset BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.failed_logins < OLD.failed_logins) EXECUTE FUNCTION owner_resets()");
$r = change($one, 'a new password 5', 'changed password 6');
is $r->{status}, 401, 'FP-4 a change that a reset has overtaken is refused';
is $r->{json}{error}{message}, 'The current password is wrong', 'FP-4 since the password is not that any more';
is hash_of($email), $new, 'FP-4 but the one of the reset';
sql("UPDATE users SET password_hash = '$was' WHERE email = '$email'");
$r = $api->ask(PUT => '/api/user/profile', token => $one->{accessToken}, json => {email => 'thief@example.com', password => 'a new password 5'});
is $r->{status}, 401, 'FP-4 EV-2 so is a wish for another address';
is hash_of($email), $new, 'FP-4 EV-2 which a reset has overtaken';
is sql("SELECT count(*) FROM users WHERE pending_email = 'thief\@example.com'"), 0, 'FP-4 EV-2 nothing waits to be confirmed';
sql('DROP TRIGGER zz_reset ON users');
sql("UPDATE users SET password_hash = NULL WHERE email = '$email'");
is change($one, 'x', 'changed password 3')->{status}, 409, 'an account without a password has none to change';

# what is left behind
is sql("SELECT count(*) FROM mails WHERE sent_at IS NOT NULL AND message_sealed IS NOT NULL"), 0, 'a sent mail has no text any more';
open my $log, '<', "$ENV{AS_LOG}.worker" or die $!;
my $said = do { local $/; <$log> };
like $said, qr/mail\.sent/, 'the log tells of mails';
unlike $said, qr/example\.com|code=/, 'LOG-2 but neither addresses nor texts';
done_testing();
END
