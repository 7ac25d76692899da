#!/bin/sh
# The panel in a browser: its refresh token lives in a cookie that no script can
# read, and what the cookie authenticates needs a token of the same session.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 refresh_token_seconds=1h frontend_url=https://front.example
api_perl <<'END'
use strict;
use warnings;
our $api;

my $origin = 'https://localhost';
my $name = '__Host-autostack';
# a request as a browser sends it from a page of the panel
sub page {
	my ($method, $path, %o) = @_;
	my $cookie = delete $o{cookie};
	my $csrf = delete $o{csrf};
	return $api->ask($method, $path, %o, params => {HTTP_ORIGIN => $method eq 'GET' ? undef : $origin,
		HTTP_SEC_FETCH_SITE => 'same-origin', HTTP_X_CLIENT => 'web',
		HTTP_COOKIE => defined $cookie ? "theme=dark; $name=$cookie" : undef, HTTP_X_CSRF_TOKEN => $csrf,
		%{$o{params} // {}}});
}
sub cookie { my ($r) = @_; return ($r->{header}{'set-cookie'} // '') =~ /^\Q$name\E=([^;]*)/ ? $1 : undef }
my %attributes;
sub attributes { my ($r) = @_; my (undef, @a) = split /; /, $r->{header}{'set-cookie'} // ''; return {map { lc((split /=/)[0]) => (split /=/)[1] } @a} }

# signing in
my $r = page(POST => '/api/auth/signup', json => {name => 'ada', email => 'ada@example.com', password => 'correct horse ada'});
is $r->{status}, 201, 'signup in a browser';
my $body = $r->{json};
my $cookie = cookie($r);
my $csrf = $body->{csrfToken};
is_deeply [sort keys %$body], [sort qw(user accessToken csrfToken tokenType expiresIn)], 'SE-11 the body has no refresh token';
like $cookie, qr/^[A-Za-z0-9_-]{43}$/, 'SE-11 the cookie has it';
unlike $r->{body}, qr/\Q$cookie\E/, 'SE-11 and nothing else';
my $a = attributes($r);
is_deeply [sort keys %$a], [sort qw(path max-age secure httponly samesite)], 'SE-11 Secure, HttpOnly, and no Domain';
is "$a->{path} $a->{samesite}", '/ Strict', 'SE-11 Path=/, SameSite=Strict';
cmp_ok abs($a->{'max-age'} - 3600), '<=', 2, 'SE-11 it lives as long as the session';
$r = $api->ask(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'correct horse ada'});
ok $r->{json}{refreshToken} && !exists $r->{json}{csrfToken} && !$r->{header}{'set-cookie'}, 'a program gets no cookie';
my $program = $r->{json};
$r = page(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'wrong password'});
ok $r->{status} == 401 && !$r->{header}{'set-cookie'}, 'nor does who fails';
$r = page(POST => '/api/auth/login', cookie => $cookie, json => {email => 'ada@example.com', password => 'correct horse ada'});
is $r->{status}, 200, 'login in a browser';
isnt cookie($r), $cookie, 'SE-5 with a cookie of its own';
isnt $r->{json}{csrfToken}, $csrf, 'CS-1 and a new CSRF token';
my $second = {cookie => cookie($r), csrf => $r->{json}{csrfToken}};

# refreshing
sub age { sql("UPDATE sessions SET expires_at = now() + interval '10 minutes' WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = encode(sha256('$_[0]'), 'hex'))") }
age($cookie);
$r = page(POST => '/api/auth/refresh', cookie => $cookie, json => {});
is $r->{status}, 200, 'the cookie refreshes';
my $next = cookie($r);
isnt $next, $cookie, 'and rotates';
ok !exists $r->{json}{refreshToken}, 'SE-11 a refresh shows no refresh token either';
cmp_ok abs(attributes($r)->{'max-age'} - 600), '<=', 2, 'SE-11 Max-Age is what is left of the session';
$csrf = $r->{json}{csrfToken};
is page(GET => '/api/auth/session', cookie => $cookie)->{status}, 401, 'a used cookie authenticates nothing';
is page(GET => '/api/auth/session', cookie => $next)->{status}, 200, 'the new one does';
$cookie = $next;
$r = page(POST => '/api/auth/refresh', cookie => $cookie);
is $r->{status}, 200, 'an empty body will do';
$cookie = cookie($r);
$r = page(POST => '/api/auth/refresh', json => {});
is $r->{status}, 401, 'a browser without a cookie has no session';
$r = page(POST => '/api/auth/refresh', cookie => $cookie, json => {}, params => {HTTP_X_CLIENT => undef});
is $r->{status}, 422, 'the cookie alone refreshes nothing: a form could send it';
is $r->{json}{error}{details}{fields}[0]{name}, 'refreshToken', 'the field is missing then';
$r = page(POST => '/api/auth/refresh', cookie => $cookie, json => {refreshToken => $program->{refreshToken}});
is $r->{status}, 200, "the body's token goes before the cookie";
isnt cookie($r), $cookie, 'whose session the cookie is then';
$r = page(POST => '/api/auth/refresh', cookie => $cookie, body => 'refreshToken=x', type => 'application/x-www-form-urlencoded');
is $r->{status}, 415, 'CS-3 a form cannot refresh';
is page(GET => '/api/auth/session', cookie => $cookie)->{status}, 200, 'and has used nothing up';

# a cookie that goes with the browser's window
my $login = {email => 'ada@example.com', password => 'correct horse ada'};
for ([{remember => \0}, 0, 'not remembered'], [{remember => \1}, 1, 'remembered'], [{}, 1, 'remembered unless said otherwise']) {
	my ($add, $kept, $what) = @$_;
	$r = page(POST => '/api/auth/login', json => {%$login, %$add});
	is $r->{status}, 200, "login, $what";
	is exists attributes($r)->{'max-age'}, !!$kept, "SE-11 $what: a Max-Age or none";
	for (1 .. 2) {
		$r = page(POST => '/api/auth/refresh', cookie => cookie($r), json => {});
		is exists attributes($r)->{'max-age'}, !!$kept, "SE-11 $what: refresh $_ leaves it so";
	}
	is_deeply [grep { $_ ne 'max-age' } sort keys %{attributes($r)}], [qw(httponly path samesite secure)], "SE-11 $what: the rest is the same";
}
is page(POST => '/api/auth/login', json => {%$login, remember => 'no'})->{status}, 422, 'remember is true or false';

# CSRF tokens
my $new = {repository => 'ada/site'};
my $n = 0;
sub projects { return sql('SELECT count(*) FROM projects') }
sub create { $n++; return page(POST => '/api/projects', cookie => $cookie, json => {%$new, name => "p$n"}, @_)->{status} }
is create(csrf => $csrf), 201, 'with its token the cookie writes';
my $before = projects();
for ([undef, 'no token'], ['', 'an empty one'], [substr($csrf, 0, -1), 'a short one'], ["${csrf}A", 'a long one'],
	[$second->{csrf}, 'that of another session'], [join('.', reverse split /\./, $csrf), 'one turned round'],
	['A' x 22 . substr($csrf, 22), 'another random part'], [substr($csrf, 0, 23) . 'A' x 43, 'another signature'],
	[substr($csrf, 0, 22) . '.' . (split /\./, $second->{csrf})[1], 'parts of two'],
	[('x' x 22) . '.' . ('x' x 43), 'an invented one'], [$cookie, 'the cookie itself'], ["\xff" x 66, 'bytes']) {
	is create(csrf => $_->[0]), 403, "CS-1 $_->[1] is refused";
}
$r = page(DELETE => '/api/projects/00000000-0000-4000-8000-000000000000', cookie => $cookie);
is $r->{status}, 403, 'CS-1 DELETE needs it as well';
is $r->{json}{error}{code}, 'CSRF_REFUSED', 'CS-1 by name';
is page(PUT => '/api/projects/00000000-0000-4000-8000-000000000000', cookie => $cookie, json => {})->{status}, 403, 'CS-1 and PUT';
is page(POST => '/api/auth/logout', cookie => $cookie)->{status}, 403, 'CS-1 CS-3 logging out, too';
is projects(), $before, 'CS-1 nothing was made of these';
is page(GET => '/api/projects', cookie => $cookie)->{status}, 200, 'reading needs none';
# planted: an attacker's own session has a good pair, but not for this cookie
is page(POST => '/api/projects', cookie => $second->{cookie}, csrf => $csrf, json => $new)->{status}, 403,
	'CS-1 a planted pair that is not bound to the session is refused';
is page(POST => '/api/projects', csrf => $csrf, json => $new)->{status}, 401, 'a token without a cookie is nothing';
my @r = $api->ask_all(map { [POST => '/api/projects', json => {%$new, name => "all$_"}, params => {HTTP_COOKIE => "$name=$cookie",
	HTTP_ORIGIN => $origin, HTTP_X_CSRF_TOKEN => $csrf}] } 1 .. 8);
is scalar(grep { $_->{status} == 201 } @r), 8, 'CS-1 a token is good in every process';

# what a published site (same-site!) makes the browser ask
for my $site ('same-site', 'cross-site') {
	$r = page(GET => '/api/projects', cookie => $cookie, params => {HTTP_SEC_FETCH_SITE => $site, HTTP_X_CLIENT => undef});
	is $r->{status}, 403, "CS-2 the cookie reads nothing for a $site page";
	is page(GET => '/api/openapi.json', cookie => $cookie, params => {HTTP_SEC_FETCH_SITE => $site})->{status}, 200,
		"CS-2 what is public is so for $site pages";
	is $api->ask(GET => '/api/projects', token => $program->{accessToken}, params => {HTTP_SEC_FETCH_SITE => $site})->{status}, 200,
		"CS-4 a bearer token reads for $site pages";
}
is page(GET => '/api/projects', cookie => $cookie, params => {HTTP_SEC_FETCH_SITE => 'same-site', HTTP_ORIGIN => 'https://front.example'})->{status},
	200, 'CS-2 and the cookie for those of our own origins';

# other credentials make the cookie ignored
my $bob = $api->signup('bob')->{accessToken};
$r = $api->ask(POST => '/api/projects', token => $bob, json => {repository => 'bob/site'}, params => {HTTP_COOKIE => "$name=$cookie"});
is $r->{status}, 201, 'CS-4 a bearer token needs no CSRF token beside a cookie';
is sql("SELECT email FROM users u JOIN projects p ON p.user_id = u.id WHERE p.id = '$r->{json}{id}'"), 'bob@example.com',
	"CS-4 and is not taken for the cookie's user";
my $key = $api->ask(POST => '/api/api-keys', token => $bob, json => {name => 'k'})->{json}{key};
is $api->ask(POST => '/api/projects', json => {repository => 'bob/x'}, params => {HTTP_COOKIE => "$name=$cookie", HTTP_X_API_KEY => $key})->{status},
	201, 'CS-4 nor does a key';
is page(GET => '/api/projects', cookie => $cookie, token => 'x')->{status}, 401, 'CS-4 a bad token does not fall back to the cookie';
is page(GET => '/api/projects', cookie => $cookie, params => {HTTP_X_API_KEY => 'x'})->{status}, 401, 'CS-4 nor does a bad key';
# hostile cookie headers
for my $header ("$name=$cookie; $name=$cookie", "$name=\"$cookie\"", "${name}x=$cookie", "x$name=$cookie", lc "$name=$cookie",
	"$name", "$name=", "$name=" . 'a' x 5000, 'x' x 9000 . "; $name=$cookie", "$name=$cookie\xff", "$name=$cookie,x") {
	is page(GET => '/api/projects', params => {HTTP_COOKIE => $header})->{status}, 401,
		'no session by ' . substr($header, 0, 40) =~ s/[^ -~]/?/gr;
}
is page(GET => '/api/projects', params => {HTTP_COOKIE => ";;a;=b;  $name=$cookie  ;"})->{status}, 200, 'odd cookies of others are passed over';
my $stored = sql('SELECT hash FROM refresh_tokens ORDER BY created_at DESC LIMIT 1');
is page(GET => '/api/projects', cookie => $stored)->{status}, 401, 'SE-3 what the database has is no cookie';

# logout
$r = page(POST => '/api/auth/logout', cookie => $cookie, csrf => $csrf);
is $r->{status}, 204, 'logout by cookie';
is $r->{header}{'set-cookie'}, "$name=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict", 'SE-11 clears the cookie';
is page(GET => '/api/auth/session', cookie => $cookie)->{status}, 401, 'SE-6 whose session has ended';
is page(POST => '/api/auth/refresh', cookie => $cookie, json => {})->{status}, 401, 'SE-6 for good';
is page(POST => '/api/auth/logout', cookie => $cookie, csrf => $csrf)->{status}, 401, 'SE-6 a second logout is 401';
is page(GET => '/api/auth/session', cookie => $second->{cookie})->{status}, 200, 'another browser stays signed in';
sql("UPDATE users SET active = false WHERE email = 'ada\@example.com'");
is page(GET => '/api/auth/session', cookie => $second->{cookie})->{status}, 401, 'SE-9 until its user is disabled';
sql("UPDATE users SET active = true WHERE email = 'ada\@example.com'");

# reuse ends the family, and the cookie
$r = page(POST => '/api/auth/refresh', cookie => $second->{cookie}, json => {});
my $third = cookie($r);
$r = page(POST => '/api/auth/refresh', cookie => $second->{cookie}, json => {});
is $r->{json}{error}{code}, 'REFRESH_TOKEN_REUSED', 'SE-1 a cookie that was used before';
is attributes($r)->{'max-age'}, 0, 'SE-1 is taken away';
is page(GET => '/api/auth/session', cookie => $third)->{status}, 401, 'SE-1 with the whole family';

# keys
$r = page(POST => '/api/auth/login', json => {email => 'ada@example.com', password => 'correct horse ada'});
is page(POST => '/api/auth/logout', params => {HTTP_AUTHORIZATION => "Bearer $r->{json}{accessToken}"})->{header}{'set-cookie'},
	"$name=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict", 'SE-11 logout by token clears a browser\'s cookie, too';
my $log = `cat $ENV{AS_LOG}.*`;
is scalar(grep { index($log, $_) >= 0 } $cookie, $next, $third, $csrf, $second->{csrf}), 0, 'no log holds a cookie or a CSRF token';
done_testing();
END
