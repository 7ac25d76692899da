#!/bin/sh
# Addresses are confirmed by mail: the one of a signup, and another one later.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=6 hash_slots=3 app_url=https://panel.example frontend_url=https://front.example/app
worker_start
export AS_STATE AS_CONF
api_perl <<'END'
use strict;
use warnings;
use Mail;
use Digest::SHA 'sha256_hex';
our $api;
my %token; # newer ones

sub verify { return $api->ask(POST => '/api/auth/verify-email', json => {token => $_[0]}) }
sub resend { return $api->ask(POST => '/api/auth/resend-verification', token => $_[0]) }
sub login { return $api->ask(POST => '/api/auth/login', json => {email => $_[0], password => $_[1]})->{status} }
sub user { return sql("SELECT $_[1] FROM users WHERE id = '$_[0]{user}{id}'") }
sub unlimited { sql("UPDATE codes SET created_at = created_at - interval '1 hour' WHERE created_at > now() - interval '30 minutes'") }
sub change { # the address of an account: OK or the error's code
	my ($who, $to, $password) = @_;
	my $r = $api->ask(PUT => '/api/user/profile', token => $token{$who->{user}{id}} // $who->{accessToken}, json => {email => $to, password => $password});
	return $r->{status} == 200 ? 'OK' : $r->{json}{error}{code};
}

# signup
my $ada = $api->signup('ada');
ok !$ada->{user}{emailVerified}, 'EV-1 an account begins without a confirmed address';
my $m = mails(to => 'ada@example.com', kind => 'verify', n => 1);
like link_of($m), qr{^https://front\.example/app/verify-email#code=[\w-]{43}\z}, 'EV-1 signup mails a link to frontend_url';
like $m->{header}{subject}, qr/Confirm your address/, 'it says what it is for';
like $m->{text}, qr/for 24 hours/, 'and how long it works';
my $code = code($m);
is sql("SELECT count(*) FROM codes WHERE hash = '" . sha256_hex($code) . "' AND purpose = 'verify'"), 1, 'EV-1 the database has its hash';
is verify('x' x 43)->{status}, 400, 'an invented code is refused';
is verify($ada->{accessToken})->{status}, 400, 'JW-6 an access token is no code';
for my $purpose ('reset', 'invite', 'oauth') {
	sql("INSERT INTO codes (hash, purpose, user_id, email, expires_at) VALUES ('" . sha256_hex($purpose)
		. "', '$purpose', '$ada->{user}{id}', 'ada\@example.com', now() + interval '1 hour')");
	is verify($purpose)->{status}, 400, "JW-6 nor is a code for $purpose";
}
my $r = verify($code);
is $r->{status}, 200, 'EV-1 the code confirms the address';
is_deeply [keys %{$r->{json}}], ['message'], 'and signs nobody in';
is $api->ask(GET => '/api/auth/session', token => $ada->{accessToken})->{json}{user}{emailVerified}, Cpanel::JSON::XS::true(), 'EV-1 the account says so';
is verify($code)->{json}{error}{code}, 'CODE_INVALID', 'EV-1 it works once';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.verify' AND outcome = 'success' AND user_id = '$ada->{user}{id}'"), 1, 'LOG-1 it is audited';
for (qw(POST:/api/auth/signup)) {
	my ($verb, $path) = split /:/;
	is $api->ask($verb => $path, json => {name => 'x', email => 'x@example.com', password => 'correct horse x', emailVerified => Cpanel::JSON::XS::true()})->{status},
		422, "EV-1 $path does not take emailVerified";
}

# once more
$r = resend($ada->{accessToken});
is $r->{status}, 202, 'resend answers 202';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.verify_request' AND outcome = 'success' AND user_id = '$ada->{user}{id}'"), 1, 'LOG-1 it is audited';
my $again = $r->{body};
my $bob = $api->signup('bob');
my $old = code(scalar mails(to => 'bob@example.com', kind => 'verify', n => 1));
$r = resend($bob->{accessToken});
is $r->{body}, $again, 'the same, whether there is something to confirm';
mails();
is scalar(() = mails(to => 'ada@example.com', kind => 'verify')), 1, 'a confirmed address gets no other mail';
my @m = mails(to => 'bob@example.com', kind => 'verify', n => 2);
is verify($old)->{status}, 400, 'EV-1 a newer code makes the older one void';
resend($bob->{accessToken}) for 1 .. 4;
mails();
is scalar(() = mails(to => 'bob@example.com', kind => 'verify')), 3, 'FP-7 three mails in a quarter of an hour';
@m = mails(to => 'bob@example.com', kind => 'verify');
sql("UPDATE users SET email = 'robert\@example.com' WHERE id = '$bob->{user}{id}'");
is verify(code($m[-1]))->{status}, 400, 'EV-1 a code confirms the address that it was sent to, no other';
is user($bob, 'email_verified'), 'f', 'EV-1 which stays unconfirmed';
sql("UPDATE users SET email = 'bob\@example.com' WHERE id = '$bob->{user}{id}'");
sql("UPDATE users SET active = false WHERE id = '$bob->{user}{id}'");
is verify(code($m[-1]))->{status}, 400, 'a disabled account is not confirmed';
sql("UPDATE users SET active = true WHERE id = '$bob->{user}{id}'");
my @got = $api->ask_all(map { [POST => '/api/auth/verify-email', json => {token => code($m[-1])}] } 1 .. 8);
is scalar(grep { $_->{status} == 200 } @got), 1, 'EV-1 of many uses at once one succeeds';
is user($bob, 'email_verified'), 't', 'EV-1 and the address is confirmed';

# EV-2 another address
is change($ada, 'new@example.com', 'wrong'), 'INVALID_CREDENTIALS', 'EV-2 another address needs the password';
is user($ada, 'failed_logins'), 1, 'EV-2 a wrong one is counted';
is user($ada, "coalesce(pending_email, '-')"), '-', 'EV-2 and nothing has changed';
is change($ada, 'new@example.com', 'correct horse ada'), 'OK', 'EV-2 with it the address is remembered';
is user($ada, "email || ' ' || pending_email || ' ' || email_verified"), 'ada@example.com new@example.com true', 'EV-2 and the old one stays for now';
$m = mails(to => 'ada@example.com', kind => 'email_changed', n => 1);
like $m->{text}, qr/gets the address\s+new\@example\.com\s+\(from the\s+address 127\.0\.0\.1\)/, 'EV-2 the old address is told';
unlike $m->{raw}, qr/code=/, 'EV-2 without a code';
$m = mails(to => 'new@example.com', kind => 'email_change', n => 1);
my $first = code($m);
ok $first, 'EV-2 the new one is asked';
is change($ada, 'newer@example.com', 'correct horse ada'), 'OK', 'EV-2 a second wish';
is verify($first)->{status}, 400, 'EV-2 ends the first';
unlimited();
resend($ada->{accessToken});
$m = mails(to => 'newer@example.com', kind => 'email_change', n => 2);
is change($ada, 'ada@example.com', 'correct horse ada'), 'OK', 'EV-2 the present address takes it back';
is verify(code($m))->{status}, 400, 'EV-2 its code is void then';
unlimited();
is change($ada, 'new@example.com', 'correct horse ada'), 'OK', 'EV-2 again';
$code = code((mails(to => 'new@example.com', kind => 'email_change', n => 2))[-1]);
$api->ask(POST => '/api/auth/forgot-password', json => {email => 'ada@example.com'});
my $reset = code(scalar mails(to => 'ada@example.com', kind => 'reset', n => 1));
is verify($code)->{status}, 200, 'EV-2 the new address confirms';
is user($ada, "email || ' ' || coalesce(pending_email, '-') || ' ' || email_verified"), 'new@example.com - true', 'EV-2 and is the address from then on';
is login('new@example.com', 'correct horse ada'), 200, 'EV-2 one signs in with it';
is login('ada@example.com', 'correct horse ada'), 401, 'EV-2 and not with the old one';
is $api->ask(POST => '/api/auth/reset-password', json => {token => $reset, password => 'from the old address'})->{status}, 400,
	'FP-2 a reset that went to the old address is void';
is sql("SELECT count(*) FROM audit_logs WHERE event = 'auth.email_change' AND outcome = 'success' AND user_id = '$ada->{user}{id}'"), 5, 'LOG-1 each wish and the change are audited';

# taken meanwhile
unlimited();
is change($ada, 'carl@example.com', 'correct horse ada'), 'OK', 'EV-2 an address that is free now';
$code = code(scalar mails(to => 'carl@example.com', kind => 'email_change', n => 1));
$api->signup('carl');
$r = verify($code);
is $r->{status}, 409, 'EV-2 may be taken when it confirms';
is $r->{json}{error}{code}, 'EMAIL_TAKEN', 'EV-2 the answer says so';
is user($ada, 'email'), 'new@example.com', 'EV-2 and nothing has changed';
is change($ada, 'bob@example.com', 'correct horse ada'), 'OK', 'EV-2 of an address that is taken nothing is said before';

# a stolen session cannot keep what it asked for
unlimited();
is change($ada, 'thief@example.com', 'correct horse ada'), 'OK', 'EV-2 a thief who knows the password wants the account';
$code = code(scalar mails(to => 'thief@example.com', kind => 'email_change', n => 1));
my $token = $api->ask(POST => '/api/auth/login', json => {email => 'new@example.com', password => 'correct horse ada'})->{json}{accessToken};
is $api->ask(POST => '/api/auth/change-password', token => $token,
	json => {currentPassword => 'correct horse ada', newPassword => 'the owner is back'})->{status}, 200, 'the owner changes the password';
$token{$ada->{user}{id}} = $token; # the other sessions have ended
is verify($code)->{status}, 400, 'EV-2 which ends the wish of the thief';
is user($ada, "email || ' ' || coalesce(pending_email, '-')"), 'new@example.com -', 'EV-2 and the address stays';
unlimited();
is change($ada, "x$_\@example.com", 'the owner is back'), 'OK', 'a wish' for 1 .. 3;
is change($ada, 'x4@example.com', 'the owner is back'), 'RATE_LIMIT_EXCEEDED', 'FP-7 three wishes in a quarter of an hour';
is user($ada, 'pending_email'), 'x3@example.com', 'the fourth changes nothing';
sql("UPDATE codes SET created_at = now() - interval '12 minutes' WHERE hash = (SELECT hash FROM codes
	WHERE user_id = '$ada->{user}{id}' AND purpose = 'verify' AND created_at > now() - interval '15 minutes' ORDER BY created_at LIMIT 1)");
$r = $api->ask(PUT => '/api/user/profile', token => $token, json => {email => 'x5@example.com', password => 'the owner is back'});
my $wait = $r->{json}{error}{details}{retryAfter};
ok $wait > 120 && $wait <= 180, "FP-7 a refused one says when the oldest of three is too old to count ($wait seconds)";
is $r->{header}{'retry-after'}, $wait, 'FP-7 Retry-After, too';

# names do not get into mails as anything else
my $name = qq{<img src=x> https://evil.example/ "};
$api->ask(POST => '/api/auth/signup', json => {name => $name, email => 'mallory@example.com', password => 'correct horse m'});
$m = mails(to => 'mallory@example.com', kind => 'verify', n => 1);
unlike $m->{text}, qr{://evil|evil\.example|\x{202e}}, 'FP-6 LOG-3 a name makes no link in a mail';
unlike $m->{html}, qr{<img|evil\.example|\x{202e}}, 'FP-6 nor HTML';
done_testing();
END
