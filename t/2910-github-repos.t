#!/bin/sh
# The repositories and branches of a connected account: pages, search, the
# cache, and whatever GitHub could answer instead (IN-9).
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/oauth.sh"
oauth_github_start
# shellcheck disable=SC2046 # a list of settings
api_start $(oauth_settings) api_processes=8 oauth_timeout=3000
api_perl <<'END'
use strict;
use warnings;
use Oauth;
our $api;
my $json = Cpanel::JSON::XS->new->utf8->canonical;
my $r;
my $t = $api->signup('ada')->{accessToken};
github(id => 42, login => 'ada-l', mail => 'lovelace@example.org');
$r = $api->ask(POST => '/api/github/connect', token => $t, json => {});
my $s = Oauth::from($r, $r->{json}{url});
is back(visit($s->{url}), $s->{cookie})->{at}{connected}, 'github', 'an account is connected';
sub repos { return $api->ask(GET => '/api/github/repos' . ($_[0] // ''), token => $t) }
sub branches { return $api->ask(GET => "/api/github/repos/$_[0]/branches", token => $t) }
sub stale { sql('UPDATE github_connections SET repos_at = NULL') }
sub list { my ($path, @items) = @_; put("lists/$path.json", $json->encode([@items])) }
sub repo { # as GitHub has them, shortened to what tells it apart
	my ($n, %o) = @_;
	return {id => 1000 + $n, node_id => 'R_', name => "repo$n", full_name => "ada-l/repo$n", private => Cpanel::JSON::XS::false(),
		owner => {login => 'ada-l', id => 42, type => 'User'}, html_url => "https://github.com/ada-l/repo$n", description => "Repository $n",
		fork => Cpanel::JSON::XS::false(), default_branch => 'main', language => 'C', topics => [], permissions => {admin => Cpanel::JSON::XS::true()}, %o};
}
mkdir "$ENV{GITHUB}/lists";

# ---- pages ----
list('user,repos', map { repo($_) } 1 .. 230);
$r = repos();
is $r->{status}, 200, 'repositories are listed';
is_deeply $r->{json}{pagination}, {currentPage => 1, totalPages => 23, totalItems => 230}, 'with pages, over all pages of GitHub';
is_deeply $r->{json}{repos}[0], {id => '1001', name => 'repo1', fullName => 'ada-l/repo1', owner => 'ada-l', private => Cpanel::JSON::XS::false(),
	defaultBranch => 'main', description => 'Repository 1', language => 'C', url => "$ENV{GITHUB_URL}/ada-l/repo1"}, 'each in the shape of the contract';
is_deeply [map { $_->{name} } @{repos('?page=3&limit=100')->{json}{repos}}], [map { "repo$_" } 201 .. 230], 'in the order of GitHub';
is repos('?search=REPO22')->{json}{pagination}{totalItems}, 10 + 1, 'search finds parts of names';
is repos('?search=%25')->{json}{pagination}{totalItems}, 0, 'and takes a percent sign as it is';
is_deeply repos('?page=99')->{json}, {repos => [], pagination => {currentPage => 99, totalPages => 23, totalItems => 230}}, 'a page behind the end is empty';
my @asked = asked('/user/repos');
is scalar(@asked), 3, 'GitHub was asked once for each of its pages';
is $asked[0]{headers}{authorization} =~ /^Bearer gho_/, 1, 'with the token';
list('user,repos', repo(7, private => Cpanel::JSON::XS::true(), description => undef, language => undef));
is repos()->{json}{pagination}{totalItems}, 230, 'the list is kept for a while';
sql("UPDATE github_connections SET repos_at = now() - interval '301 seconds'");
is_deeply [@{repos()->{json}{repos}[0]}{qw(name private description language)}], ['repo7', Cpanel::JSON::XS::true(), undef, undef], 'and fetched again after five minutes';
my $bob = $api->signup('bob')->{accessToken};
is $api->ask(GET => '/api/github/repos', token => $bob)->{json}{error}{code}, 'GITHUB_NOT_CONNECTED', 'SET-1 nobody sees those of others';

# ---- branches ----
list('repos,ada-l,repo7,branches', map { {name => $_, commit => {sha => '0123456789' x 4, url => 'x'}, protected => Cpanel::JSON::XS::true()} } qw(main feature/x));
my $want = {branches => [map { {name => $_, commit => '0123456789' x 4, protected => Cpanel::JSON::XS::true()} } qw(main feature/x)]};
is_deeply branches('ada-l/repo7')->{json}, $want, 'branches are listed';
is_deeply branches('ada-l%2Frepo7')->{json}, $want, 'owner/name may be one part';
is_deeply branches('repo7')->{json}, $want, 'or the name of one of one\'s own';
is branches('ada-l/other')->{json}{error}{code}, 'REPOSITORY_NOT_FOUND', 'one that is not there is said to be so';
for my $evil ('..', '.', '..%2f..', 'x%2fy%2fz', 'a%3fb', 'a%23', 'a%20b', 'user%2f..', '%2e%2e%2fuser', 'a%5cb') {
	my $before = -s "$ENV{GITHUB}/requests";
	is branches($evil)->{json}{error}{code}, 'REPOSITORY_NOT_FOUND', "IN-9 $evil is no repository";
	is -s "$ENV{GITHUB}/requests", $before, "IN-9 GitHub is not asked for $evil";
}

# ---- what GitHub could answer ----
sub file { my ($name, $status, $body) = @_; put($name, "HTTP/1.1 $status\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n$body") }
sub answered { my ($what, $status, $body, $code, $after) = @_;
	file('odd.http', $status, $body);
	odd('/user/repos odd.http', '/repos/ada-l/repo7/branches odd.http');
	stale();
	for my $r (repos(), branches('repo7')) {
		is $r->{json}{error}{code}, $code, "IN-9 $what";
		unlike $r->{body}, qr/octo|limit exceeded for|evil/, "IN-9 $what: none of its words are shown";
		is $r->{header}{'retry-after'}, $after, "$what: Retry-After is what GitHub says" if $after;
	}
	odd();
}
answered('a rate limit', '403 Forbidden', '{"message":"API rate limit exceeded for user ID 42."}', 'GITHUB_LIMITED');
answered('a secondary limit', '429 Too Many Requests', '{"message":"You have exceeded a secondary rate limit"}', 'GITHUB_LIMITED', 60);
answered('a limit with its end', "429 Too Many Requests\r\nRetry-After: 540", '{}', 'GITHUB_LIMITED', 540);
answered('a failure', '502 Bad Gateway', '<html>octo', 'GITHUB_FAILED');
answered('a redirect', '302 Found', 'octo', 'GITHUB_FAILED');
answered('an object', '200 OK', '{"octo":1}', 'GITHUB_FAILED');
answered('no JSON', '200 OK', 'octo', 'GITHUB_FAILED');
answered('a number', '200 OK', '1e999', 'GITHUB_FAILED');
answered('a deep list', '200 OK', '[' x 5000 . ']' x 5000, 'GITHUB_FAILED');
answered('a million values', '200 OK', '[' . join(',', (0) x 1_000_000) . ']', 'GITHUB_FAILED');
for my $how (qw(slow drip big headers)) {
	odd("/user/repos $how");
	stale();
	my $start = time;
	is repos()->{json}{error}{code}, 'GITHUB_FAILED', "IN-9 an answer that is $how";
	cmp_ok time - $start, '<', 6, "IN-9 it ends in time ($how)";
	odd();
}
# items that are none are left out, the others stay
my @odd = (undef, 1, 'x', [], {}, {id => 'x', full_name => 'a/b'}, {id => 1, full_name => 5}, {id => -1, full_name => 'a/b'}, {id => 1, full_name => 'a'},
	{id => 1, full_name => '../..'}, {id => 1, full_name => 'a/b/c'}, {id => 1, full_name => "a/\x{1b}[31m"}, {id => 1, full_name => 'a/' . 'b' x 500});
list('user,repos', grep({ defined } @odd), repo(1, description => "<script>\x{1b}]0;evil\x{7}\x{202e}" . 'd' x 5000, language => {}, default_branch => '--upload-pack=x', private => 'no'));
stale();
$r = repos();
is $r->{json}{pagination}{totalItems}, 1, 'IN-9 what is no repository is left out';
my $one = $r->{json}{repos}[0];
unlike $one->{description}, qr/[\x00-\x1f\x{202e}]/, 'IN-9 a description steers nothing';
cmp_ok length $one->{description}, '<=', 350, 'IN-9 and is cut';
is_deeply [@$one{qw(language defaultBranch private)}], [undef, 'main', Cpanel::JSON::XS::false()], 'IN-9 wrong types are nothing, a branch that is an option is none';
list('repos,ada-l,repo7,branches', {name => '-x', commit => {sha => 'a' x 40}}, {name => 'ok', commit => {sha => 'zz'}}, {name => 'a..b', commit => {sha => 'a' x 40}}, 5,
	{name => 'fine', commit => {sha => 'a' x 40}});
is_deeply [map { $_->{name} } @{branches('repo7')->{json}{branches}}], ['fine'], 'IN-9 GIT-2 branches that git must not see are left out';
# pages without an end
list('user,repos', map { {id => $_, full_name => "a/b$_"} } 1 .. 1100);
stale();
is repos()->{json}{pagination}{totalItems}, 1000, 'IN-9 a list without an end ends';

# a token that GitHub does not take any more
unlink glob "$ENV{GITHUB}/token.*";
stale();
is repos()->{json}{error}{code}, 'GITHUB_REVOKED', 'a token that was revoked there';
like $api->ask(GET => '/api/github/connection', token => $t)->{json}{refusedAt}, qr/^20/, 'is shown as refused';
$r = $api->ask(POST => '/api/github/connect', token => $t, json => {});
$s = Oauth::from($r, $r->{json}{url});
is back(visit($s->{url}), $s->{cookie})->{at}{connected}, 'github', 'connecting again';
is repos()->{status}, 200, 'mends it';
is $api->ask(GET => '/api/github/connection', token => $t)->{json}{refusedAt}, undef, 'and it is not refused any more';
my $log = do { local (@ARGV, $/) = "$ENV{AS_LOG}.api"; <> };
unlike $log, qr/gho_|canary-github/, 'OA-11 no log has seen a token or secret';
done_testing();
END
