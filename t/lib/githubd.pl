#!/usr/bin/perl
# githubd.pl ROOT PORTFILE - what GitHub's OAuth apps and REST API answer, as
# their public documentation tells, on a loopback port that the kernel chooses
# and that is written to PORTFILE. A process a connection, one request each.
#
#   GET  /login/oauth/authorize      checks client, redirect_uri and PKCE, and
#                                    sends the browser back with a code
#   POST /login/oauth/access_token   swaps the code, once, for a token; errors
#                                    have status 200, as GitHub's do
#   GET  /user, /user/emails         with that token
#   GET  /user/repos, /repos/...     with that token: ROOT/lists/PATH.json ("/"
#                                    as ","), a page of its list
#   POST /repos/OWNER/NAME/statuses/SHA   with that token: a line in
#                                    ROOT/statuses/OWNER,NAME
#   GET, POST /repos/OWNER/NAME/hooks; PATCH, DELETE .../hooks/ID   with that
#                                    token: ROOT/hooks/OWNER,NAME.json
#   /OWNER/NAME[.git]/...            git, for who knows a token when it is private
#   DELETE /applications/CLIENT/token   by the app's secret: ends a token
#
# ROOT/repos/OWNER,NAME.json: a repository; {"push", "admin", "private": whether,
#   "commits": [those that are there; absent: all], "git": its directory}
# ROOT/app.json: client_id, client_secret, redirect_uri as registered
# ROOT/user.json, ROOT/emails.json: what the API answers
# ROOT/odd: lines "[METHOD] PATH HOW": instead of the right answer at PATH
#   slow (nothing for a minute), drip (a byte a second), big (10 MB), headers
#   (endless), pause (the right answer, once ROOT/go exists), or the name of a
#   file in ROOT that is sent as it is
# Every request is a line in ROOT/requests, its body and headers as JSON. It
# ends with its parent.
use strict;
use warnings;
use Digest::SHA qw(sha256);
use Fcntl qw(:flock);
use FindBin;
use lib $FindBin::Bin;
use GitHttp;
use POSIX ();
use IO::Handle;
use IO::Socket::INET;
use Cpanel::JSON::XS ();
use MIME::Base64 qw(decode_base64 encode_base64 encode_base64url);

my ($root, $portfile) = @ARGV;
my $json = Cpanel::JSON::XS->new->utf8->canonical;
syscall(157, 1, 9, 0, 0, 0);    # prctl(PR_SET_PDEATHSIG, SIGKILL)
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1',
	LocalPort => 0, ReuseAddr => 1) or die "listen: $!";
open(my $fh, '>', "$portfile.new") or die;
print $fh $server->sockport, "\n";
close $fh;
rename "$portfile.new", $portfile;

while (1) {
	my $c = $server->accept or next;
	my $pid = fork;
	if (!defined $pid || $pid) { close $c; next }
	syscall(157, 1, 9, 0, 0, 0);
	close $server;
	$SIG{PIPE} = sub { POSIX::_exit(0) };
	alarm 90;
	eval { serve($c); 1 } or warn $@;
	close $c;
	POSIX::_exit(0); # as in githttpd.pl
}

sub slurp {
	open(my $f, '<', "$root/$_[0]") or return undef;
	local $/;
	return scalar <$f>;
}

sub form {
	return map { s/\+/ /gr =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
		map { /^([^=]*)=(.*)$/s ? ($1, $2) : ($_, '') } split /&/, $_[0];
}

sub escape { return $_[0] =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger }

sub answer {
	my ($c, $status, $body, @headers) = @_;
	print $c join "\r\n", "HTTP/1.1 $status", 'Connection: close',
		'Content-Length: ' . length $body, @headers, '', $body;
}

sub odd {
	my ($c, $how) = @_;
	if ($how eq 'slow') { sleep 60 }
	elsif ($how eq 'drip') { print $c "HTTP/1.1 200 OK\r\n\r\n"; while (1) { print $c ' '; sleep 1 } }
	elsif ($how eq 'big') { print $c "HTTP/1.1 200 OK\r\n\r\n", '"', 'x' x (10 << 20), '"' }
	elsif ($how eq 'headers') { print $c "HTTP/1.1 200 OK\r\n"; print $c 'X: ', 'x' x 1000, "\r\n" while 1 }
	else { print $c slurp($how) }
}

sub authorize {
	my ($c, $app, %q) = @_;
	my $back = sub { answer($c, '302 Found', '', "Location: $app->{redirect_uri}?"
		. join '&', map { "$_->[0]=" . escape($_->[1]) } @_, ['state', $q{state} // '']) };
	return answer($c, '404 Not Found', 'no such app') if ($q{client_id} // '') ne $app->{client_id};
	return $back->(['error', 'redirect_uri_mismatch'], ['error_description', 'The redirect_uri MUST match the registered callback URL'])
		if ($q{redirect_uri} // '') ne $app->{redirect_uri};
	return answer($c, '400 Bad Request', 'PKCE S256 is wanted')
		if ($q{code_challenge_method} // '') ne 'S256' || ($q{code_challenge} // '') !~ /^[A-Za-z0-9_-]{43}$/;
	return $back->(['error', 'access_denied'], ['error_description', 'The user has denied your application access.'],
		['error_uri', 'https://docs.github.com/apps/troubleshooting']) if -e "$root/deny";
	my $code = join '', map { sprintf '%02x', int rand 256 } 1 .. 10;
	open(my $f, '>', "$root/code.$code") or die;
	print $f $json->encode(\%q);
	close $f;
	$back->(['code', $code]);
}

sub token {
	my ($c, $app, $h, %q) = @_;
	my $say = sub {
		my (%a) = @_;
		return answer($c, '200 OK', $json->encode(\%a), 'Content-Type: application/json; charset=utf-8')
			if ($h->{accept} // '') =~ /json/;
		answer($c, '200 OK', join('&', map { "$_=" . escape($a{$_}) } sort keys %a), 'Content-Type: application/x-www-form-urlencoded');
	};
	my $code = ($q{code} // '') =~ /^([0-9a-f]{20})$/ ? $1 : 'none';
	my $asked = slurp("code.$code");
	return $say->(error => 'incorrect_client_credentials', error_description => 'wrong')
		if ($q{client_id} // '') ne $app->{client_id} || ($q{client_secret} // '') ne $app->{client_secret};
	return $say->(error => 'bad_verification_code', error_description => 'The code passed is incorrect or expired.')
		unless $asked && unlink "$root/code.$code";
	$asked = $json->decode($asked);
	return $say->(error => 'redirect_uri_mismatch', error_description => 'wrong')
		if ($q{redirect_uri} // '') ne $asked->{redirect_uri};
	return $say->(error => 'bad_verification_code', error_description => 'The code passed is incorrect or expired.')
		if encode_base64url(sha256($q{code_verifier} // '')) ne $asked->{code_challenge};
	my $token = 'gho_' . join '', map { ('a' .. 'z', 'A' .. 'Z', 0 .. 9)[rand 62] } 1 .. 36;
	open(my $f, '>', "$root/token.$token") or die;
	close $f;
	$say->(access_token => $token, token_type => 'bearer', scope => join ',', sort split / /, $asked->{scope});
}

sub api {
	my ($c, $h, $what) = @_;
	my @type = ('Content-Type: application/json; charset=utf-8');
	return answer($c, '403 Forbidden', 'Request forbidden by administrative rules.') unless $h->{'user-agent'};
	return answer($c, '401 Unauthorized', '{"message":"Bad credentials"}', @type)
		unless ($h->{authorization} // '') =~ /^Bearer (gho_[A-Za-z0-9]{36})$/ && -e "$root/token.$1";
	answer($c, '200 OK', slurp("$what.json"), @type);
}

sub granted { # whether a token came that was given and not ended
	my ($h) = @_;
	return ($h->{authorization} // '') =~ /^Bearer (gho_[A-Za-z0-9]{36})$/ && -e "$root/token.$1";
}

sub rest {
	my ($c, $h, $method, $path, $q, $body) = @_;
	my @type = ('Content-Type: application/json; charset=utf-8');
	my $say = sub { answer($c, $_[0], ref $_[1] ? $json->encode($_[1]) : $_[1], @type) };
	return answer($c, '403 Forbidden', 'Request forbidden by administrative rules.') unless $h->{'user-agent'};
	return $say->('401 Unauthorized', {message => 'Bad credentials'}) unless granted($h);
	if ($path =~ m{^/repos/([\w.-]+)/([\w.-]+)/(statuses/[^/]+|hooks(?:/\d+)?)$}) {
		my ($name, $what) = ("$1,$2", $3);
		my $repo = slurp("repos/$name.json") // return $say->('404 Not Found', {message => 'Not Found'});
		my ($in) = $method =~ /POST|PATCH/ ? eval { $json->decode($body) } : {};
		return $say->('400 Bad Request', {message => 'Problems parsing JSON'}) if ref $in ne 'HASH';
		return status($say, $name, $json->decode($repo), substr($what, 9), $in) if $what =~ /^statuses/ && $method eq 'POST';
		return hooks($say, $name, $json->decode($repo), $method, $what =~ m{/(\d+)$} ? $1 : 0, $in, $q) if $what =~ /^hooks/;
	}
	if ($method eq 'GET') {
		my $list = slurp('lists/' . substr($path, 1) =~ s{/}{,}gr . '.json')
			// return $say->('404 Not Found', {message => 'Not Found'});
		my ($n, $page) = ($q->{per_page} // 30, $q->{page} // 1);
		my @all = @{$json->decode($list)};
		return $say->('200 OK', [grep { defined } @all[($page - 1) * $n .. $page * $n - 1]]);
	}
	$say->('404 Not Found', {message => 'Not Found'});
}

sub invalid { return ('422 Unprocessable Entity', {message => $_[0], errors => [], documentation_url => 'https://docs.github.com/rest'}) }

sub status {
	my ($say, $name, $repo, $sha, $in) = @_;
	return $say->('403 Forbidden', {message => 'Must have push access to repository.'}) unless $repo->{push};
	return $say->(invalid("No commit found for SHA: $sha")) if $sha !~ /^[0-9a-f]{40}$/
		|| $repo->{commits} && !grep { $_ eq $sha } @{$repo->{commits}};
	return $say->(invalid('Validation Failed')) if ($in->{state} // '') !~ /^(error|failure|pending|success)$/
		|| length($in->{description} // '') > 140 || ($in->{target_url} // 'http:') !~ /^https?:/;
	mkdir "$root/statuses";
	open(my $f, '>>', "$root/statuses/$name") or die;
	syswrite $f, $json->encode({%$in, sha => $sha}) . "\n";
	$say->('201 Created', {%$in, id => 1, creator => {login => 'octocat'}});
}

sub hooks {
	my ($say, $name, $repo, $method, $id, $in, $q) = @_;
	return $say->('404 Not Found', {message => 'Not Found'}) unless $repo->{admin};
	mkdir "$root/hooks";
	open(my $lock, '>>', "$root/hooks/lock") or die;
	flock $lock, LOCK_EX;
	my @all = @{$json->decode(slurp("hooks/$name.json") // '[]')};
	my $keep = sub {
		open(my $f, '>', "$root/hooks/$name.new") or die;
		print $f $json->encode([@_]);
		close $f;
		rename "$root/hooks/$name.new", "$root/hooks/$name.json";
	};
	my $show = sub {
		my ($hook) = @_; # a test's may be anything
		return $hook unless ref $hook eq 'HASH' && ref $hook->{config} eq 'HASH' && $hook->{config}{secret};
		return {%$hook, config => {%{$hook->{config}}, secret => '********'}};
	};
	my $is = sub { ref $_[0] eq 'HASH' && $_[0]{id} eq $id };
	if ($method eq 'GET' && !$id) {
		my ($n, $page) = ($q->{per_page} // 30, $q->{page} // 1);
		return $say->('200 OK', [map { $show->($_) } @all[grep { $_ < @all } ($page - 1) * $n .. $page * $n - 1]]);
	}
	if ($method eq 'POST' && !$id) {
		my $url = $in->{config}{url} // return $say->(invalid('Validation Failed'));
		return $say->(invalid('Hook already exists on this repository')) if grep { $_->{config}{url} eq $url } @all;
		$id = 100;
		for (@all) { $id = $_->{id} if $_->{id} > $id }
		my $new = {type => 'Repository', id => $id + 1, name => 'web', active => $in->{active} // Cpanel::JSON::XS::true(),
			events => $in->{events} // ['push'], config => $in->{config}};
		$keep->(@all, $new);
		return $say->('201 Created', $show->($new));
	}
	my ($hook) = grep { $is->($_) } @all;
	return $say->('404 Not Found', {message => 'Not Found'}) unless $hook;
	if ($method eq 'PATCH') {
		$hook->{$_} = $in->{$_} for grep { exists $in->{$_} } qw(active events config);
		$keep->(@all);
		return $say->('200 OK', $show->($hook));
	}
	return $say->('404 Not Found', {message => 'Not Found'}) unless $method eq 'DELETE';
	$keep->(grep { !$is->($_) } @all);
	$say->('204 No Content', '');
}

sub git {
	my ($c, $h, $method, $owner, $name, $rest, $query, $body) = @_;
	my $repo = $json->decode(slurp("repos/$owner,$name.json") // '{}');
	my ($token) = decode_base64((($h->{authorization} // '') =~ /^Basic (\S+)$/)[0] // '') =~ /:(gho_[A-Za-z0-9]{36})$/;
	return answer($c, '401 Unauthorized', '', 'WWW-Authenticate: Basic realm="GitHub"')
		if !$repo->{git} || $repo->{private} && !($token && -e "$root/token.$token");
	my ($dir, $base) = $repo->{git} =~ m{^(.*)/([^/]+)$};
	backend($c, $dir, $method, "/$base/$rest", $query, $h, $body);
}

sub revoke {
	my ($c, $app, $h, $path, $body) = @_;
	return answer($c, '401 Unauthorized', '{"message":"Bad credentials"}')
		if ($h->{authorization} // '') ne 'Basic ' . encode_base64("$app->{client_id}:$app->{client_secret}", '');
	my $token = eval { $json->decode($body)->{access_token} } // '';
	return answer($c, '404 Not Found', '{"message":"Not Found"}')
		unless $path eq "/applications/$app->{client_id}/token" && $token =~ /^(gho_[A-Za-z0-9]{36})$/ && unlink "$root/token.$1";
	answer($c, '204 No Content', '');
}

sub serve {
	my ($c) = @_;
	$c->autoflush(1);
	binmode $c;
	my ($method, $uri) = (<$c> // '') =~ m{^(\S+) (\S+) HTTP/} or return;
	my %h;
	while (defined(my $l = <$c>)) {
		$l =~ s/\r?\n$//;
		last if $l eq '';
		$h{lc $1} = $2 if $l =~ /^([^:]+):\s*(.*)$/;
	}
	print $c "HTTP/1.1 100 Continue\r\n\r\n" if lc($h{expect} // '') eq '100-continue';
	my $body = read_body($c, \%h);
	my ($path, $query) = split /\?/, $uri, 2;
	open(my $log, '>>', "$root/requests") or die;
	syswrite $log, $json->encode({method => $method, path => $path, query => {form($query // '')},
		form => {form($body)}, body => $body, headers => \%h}) . "\n";
	for (split /\n/, slurp('odd') // '') {
		next unless /^(?:([A-Z]+) )?(\S+) (\S+)$/ && $2 eq $path && ($1 // $method) eq $method;
		return odd($c, $3) if $3 ne 'pause';
		select undef, undef, undef, 0.02 until -e "$root/go";
	}
	srand;
	my $app = $json->decode(slurp('app.json'));
	return authorize($c, $app, form($query // '')) if "$method $path" eq 'GET /login/oauth/authorize';
	return token($c, $app, \%h, form($body)) if "$method $path" eq 'POST /login/oauth/access_token';
	return api($c, \%h, 'user') if "$method $path" eq 'GET /user';
	return api($c, \%h, 'emails') if "$method $path" eq 'GET /user/emails';
	return revoke($c, $app, \%h, $path, $body) if $method eq 'DELETE' && $path =~ m{^/applications/};
	return rest($c, \%h, $method, $path, {form($query // '')}, $body) if $path =~ m{^/(repos/|user/repos$)};
	if ($path =~ m{^/([\w-]+)/([\w.-]+?)(?:\.git)?/(info/refs|git-upload-pack)$}) {
		$SIG{CHLD} = 'DEFAULT';
		return git($c, \%h, $method, $1, $2, $3, $query // '', $body);
	}
	answer($c, '404 Not Found', '{"message":"Not Found"}');
}
