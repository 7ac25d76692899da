#!/bin/sh
# Walks the route table of the binary: what every route has to refuse, without
# a line of test a route. A new route is covered by being in the table.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 hash_slots=2 "queued_per_user=10000"
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
export TMP
api_perl <<'END'
use strict;
use warnings;
our $api;

my (@routes, %fields);
open my $f, '<', "$ENV{TMP}/routes" or die $!;
while (<$f>) {
	chomp;
	my ($what, $op, @x) = split /\t/;
	if ($what eq 'route') { push @routes, {op => $op, verb => $x[0], path => $x[1], who => $x[2], ok => $x[5], body => $x[6] eq 'body'} }
	else { push @{$fields{$op}}, {name => $x[0], type => $x[1], presence => $x[2], min => $x[3], max => $x[4]} }
}
cmp_ok scalar(@routes), '>', 20, 'the table has routes';

my $pids = pids();
my $ada = $api->signup('ada');
my $token = $ada->{accessToken};
my $admin = $api->signup('boss')->{accessToken};
sql("UPDATE users SET role = 'admin' WHERE email = 'boss\@example.com'");
my $session = $api->ask(GET => '/api/auth/sessions', token => $token)->{json}{sessions}[0]{id};
my $project = $api->ask(POST => '/api/projects', token => $token, json => {repository => 'a/b'})->{json}{id};
my $deployment = $api->ask(POST => '/api/deployments', token => $token, json => {repository => 'a/b'})->{json}{id};

sub fill { # the path with ids in place of {id}
	my ($path) = @_;
	my $id = $path =~ /projects/ ? $project : $path =~ /users/ ? $ada->{user}{id}
		: $path =~ /sessions/ ? $session : $deployment;
	return $path =~ s/\{id\}/$id/r =~ s/\{provider\}/github/r;
}
sub shape { # of an error
	my ($r, $status, $what) = @_;
	my $e = $r->{json}{error};
	return $r->{status} == $status && $e && $e->{statusCode} == $status && $e->{code} =~ /^[A-Z_]+$/
		&& length $e->{message} && ref $e->{details} eq 'HASH' && $r->{header}{'x-request-id'}
		|| (fail($what), diag("$r->{status} " . substr($r->{body}, 0, 300)), 0)[2];
}
sub inside { # what must never be said
	return $_[0]{body} =~ m{SELECT|INSERT|pg_|libpq|jansson|/tmp/|\.c:|constraint}i;
}
# What a field takes, so that only the one under test is wrong.
my %good = (name => 'name', email => 'x@example.com', password => 'correct horse', refreshToken => 'x',
	token => 'x', currentPassword => 'x', newPassword => 'correct horse',
	path => '/x', repository => 'a/b', branch => 'main', commit => '0' x 40, rootDir => 'a', installCommand => '',
	buildCommand => '', outputDir => 'dist', envVars => '', all => Cpanel::JSON::XS::true(), action => 'activate', ids => ['0' x 8 . '-0000-4000-8000-' . '0' x 12],
	code => 'x', host => 'www.example.com', certificate => '-----BEGIN ', privateKey => '-----BEGIN ', provider => 'github',
	title => 'x', message => 'x', status => 'investigating');
my %wrong_type = (string => [1, Cpanel::JSON::XS::true(), [], {}, ['x'], 1.5], boolean => ['true', 1, 0, [], 'x'],
	uuid => [1, [], {}], uuids => ['x', 1, {}, [], ['x'], [1], [[]], Cpanel::JSON::XS::true(),
		[map { sprintf '%08d-0000-4000-8000-000000000000', $_ } 1 .. 101], [('0' x 8 . '-0000-4000-8000-' . '0' x 12) x 2]],
	enums => ['x', 1, {}, ['x'], [1], [[]], Cpanel::JSON::XS::true()],
	enum => [1, []], integer => ['1', 1.5, [], Cpanel::JSON::XS::true()]);

for my $r (@routes) {
	my $path = fill($r->{path});
	my $name = "$r->{verb} $r->{path}";
	my $body = $r->{body};
	my @in = grep { index($r->{path}, "{$_->{name}}") < 0 } @{$fields{$r->{op}} // []};
	my %all = map { $_->{name} => $good{$_->{name}} } grep { $_->{presence} eq 'required' } @in;
	my %auth = $r->{who} eq 'public' ? () : (token => $r->{who} eq 'user' ? $token : $admin);
	my (@ask, @what);

	if ($r->{who} ne 'public') {
		my @bad = (undef, '', 'x', 'Basic eDp5', substr $token, 0, -1);
		my @r = $api->ask_all(map { [$r->{verb}, $path, $body ? (json => {}) : (),
			params => {HTTP_AUTHORIZATION => defined $_ ? "Bearer $_" : undef}] } @bad);
		ok !(grep { !shape($_, 401, "$name without a token") || !$_->{header}{'www-authenticate'} } @r),
			"SET-2 $name needs a token";
	}
	if ($r->{path} =~ /\{id\}/) {
		for my $id ('x', '1', "$project'", '%00', '..', '%2e%2e', "$project%0a", 'a' x 5000) {
			my $p = $r->{path} =~ s/\{id\}/$id/r;
			my $a = $api->ask($r->{verb}, $p, %auth, $body ? (json => {%all}) : ());
			ok $a->{status} == 422 || $a->{status} == 404 || $a->{status} == 400 and !inside($a)
				or diag "$name with id $id: $a->{status} $a->{body}";
		}
	}
	my $try = sub {
		my ($field, $what, $value) = @_;
		push @what, "$name: $field $what";
		if ($body) {
			my %b = %all;
			if ($what eq 'missing') { delete $b{$field} } else { $b{$field} = $value }
			push @ask, [$r->{verb}, $path, %auth, json => \%b];
		} else {
			(my $v = $value // '') =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ge;
			push @ask, [$r->{verb}, "$path?$field=$v", %auth];
		}
	};
	for my $f (@in) {
		$try->($f->{name}, 'missing') if $f->{presence} eq 'required' && $body;
		$try->($f->{name}, 'null', undef) if $f->{presence} ne 'nullable' && $body;
		if ($body) { $try->($f->{name}, 'type', $_) for @{$wrong_type{$f->{type}}} }
		if ($f->{type} eq 'string') {
			$try->($f->{name}, 'too short', 'x' x ($f->{min} - 1)) if $f->{min} > 0;
			$try->($f->{name}, 'blank', " \x{3000}") if $body && $f->{name} =~ /^(?:name|title)$/;
			# beyond the URI's own limit the query is refused whole
			$try->($f->{name}, 'too long', 'x' x ($f->{max} + 1));
		} elsif ($f->{type} eq 'integer' && !$body) {
			$try->($f->{name}, 'range', $_) for $f->{min} - 1, $f->{max} + 1;
			$try->($f->{name}, 'type', $_) for 'x', '1.0', '', '1e1', ' 1', '9' x 30;
		} elsif (!$body) {
			$try->($f->{name}, 'value', $_) for 'x', '', 'A' x 300;
		}
	}
	$try->($_, 'unknown', 'x') for qw(nonsense userId role __proto__ ID);
	next unless @ask;
	my @r = $api->ask_all(@ask);
	my $bad = 0;
	for my $i (0 .. $#r) {
		next if shape($r[$i], 422, $what[$i]) && !inside($r[$i])
			&& ref $r[$i]{json}{error}{details}{fields} eq 'ARRAY' && @{$r[$i]{json}{error}{details}{fields}} >= 1
			&& $r[$i]{json}{error}{details}{fields}[0]{message};
		$bad++;
		diag "$what[$i]: $r[$i]{status} " . substr $r[$i]{body}, 0, 200;
	}
	is $bad, 0, sprintf 'IN-1 %s refuses %d bad values, each by its field', $name, scalar @r;
}

# IN-8 what is not in the table is not answered: other verbs at known paths,
# and known paths with something before or behind.
my %known;
$known{$_->{path}}{$_->{verb}} = 1 for @routes;
my (@ask, @want, @say);
for my $path (sort keys %known) {
	for my $verb (qw(GET POST PUT PATCH DELETE TRACE CONNECT PROPFIND)) {
		next if $known{$path}{$verb};
		# a fixed segment of another route may be at this path
		push @ask, [$verb, fill($path), token => $admin];
		push @want, 405;
	}
	push @ask, map { [GET => $_, token => $admin] } fill($path) . '/', '/x' . fill($path), fill($path) . '/x/y/z',
		fill($path) . '.json', uc fill($path);
	push @want, (404) x 5;
}
# some at a time: a connection that says nothing for two seconds is closed
my @r;
push @r, $api->ask_all(@ask[$_ .. ($_ + 199 < $#ask ? $_ + 199 : $#ask)]) for map { 200 * $_ } 0 .. $#ask / 200;
# x.json may be the {id} of another route
my @odd = grep { $r[$_]{status} != $want[$_] && !($ask[$_][1] =~ /\.json$/ && $r[$_]{status} =~ /^(422|405)$/) } 0 .. $#r;
is scalar(@odd), 0, sprintf 'IN-8 %d requests beside the table are 404 or 405', scalar @ask
	or diag join "\n", map { "$ask[$_][0] $ask[$_][1]: $r[$_]{status}" } @odd[0 .. ($#odd > 9 ? 9 : $#odd)];

is pids(), $pids, 'the processes are the same';
done_testing();
END
