#!/bin/sh
# Who may call what: every route of the table, every role, every way to write
# its verb and path; and what a body can reach on every write.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 hash_slots=2
"$abs_top_builddir/autostack-api" -x routes >"$TMP/routes" || bail "no routes"
export TMP
api_perl <<'END'
use strict;
use warnings;
our $api;

my (@routes, %fields, %verbs);
open my $f, '<', "$ENV{TMP}/routes" or die $!;
while (<$f>) {
	chomp;
	my ($what, $op, @x) = split /\t/;
	if ($what eq 'route') {
		push @routes, {op => $op, verb => $x[0], path => $x[1], who => $x[2], body => $x[6] eq 'body'};
		$verbs{$x[1]}{$x[0]} = $routes[-1];
	} else { $fields{$op}{$x[0]} = 1 }
}
my @roles = qw(user manager admin);
my %token = map { $_ => $api->signup($_)->{accessToken} } @roles;
sql("UPDATE users SET role = name WHERE name IN ('manager', 'admin')");
# the least role of a kind of route, for a path that is nobody's own
my %least = (user => 0, 'self-or-manager' => 1, manager => 1, 'self-or-admin' => 2, admin => 2);
my $none = '00000000-0000-4000-8000-000000000000';
sub fill { return $_[0] =~ s/\{\w+\}/$none/gr }
# A request that no handler runs: it is refused by its unknown field at the
# latest. So what it answers is what the gate says.
sub harmless {
	my ($r, $verb, $path, %o) = @_;
	return $r->{body} ? [$verb, $path, %o, json => {nonsense => 1}] : [$verb, "$path?nonsense=1", %o];
}

my @private = grep { $_->{who} ne 'public' } @routes;
for my $r (@private) {
	my $path = fill($r->{path});
	my $least = $least{$r->{who}};
	if (!defined $least) {
		fail "SET-2 $r->{verb} $r->{path}: this file does not know who '$r->{who}' is";
		next;
	}
	my (@ask, @want, @say);
	my $try = sub { my ($want, $say, $ask) = @_; push @ask, $ask; push @want, $want; push @say, $say };
	$try->(401, 'nobody', harmless($r, $r->{verb}, $path));
	for my $i (0 .. $#roles) {
		my %as = (token => $token{$roles[$i]});
		my $want = $i >= $least ? 422 : 403;
		$try->($want, $roles[$i], harmless($r, $r->{verb}, $path, %as));
		$try->($want, "$roles[$i], v1", harmless($r, $r->{verb}, $path =~ s{^/api/}{/api/v1/}r, %as));
		$try->($want, "$roles[$i], HEAD", harmless($r, 'HEAD', $path, %as)) if $r->{verb} eq 'GET';
		# headers by which some frameworks change the verb or the path
		$try->($want, "$roles[$i], override", harmless($r, $r->{verb}, $path, %as, params => {
			HTTP_X_HTTP_METHOD_OVERRIDE => 'GET', HTTP_X_METHOD_OVERRIDE => 'GET', HTTP_X_ORIGINAL_URL => '/health',
			HTTP_X_REWRITE_URL => '/health', HTTP_X_FORWARDED_FOR => '127.0.0.1', HTTP_X_USER_ID => $none, HTTP_X_ROLE => 'admin'}));
		next if $i >= $least;
		# whatever reaches it in another way must not let in who is not let in
		my ($first, $last) = $path =~ m{^/api/([^/]+).*?([^/]+)$};
		for my $trick ("$path/", "/$path", $path =~ s{/api/}{/api//}r, $path =~ s{/api/}{/api/./}r, $path =~ s{/api/}{/api/x/../}r,
			$path =~ s{/api/}{/api/%2e/}r, $path =~ s{/api/}{/api/x/%2e%2e/}r, $path =~ s{/api/}{/API/}r, uc $path, "$path;x=1", "$path%00", "$path%20",
			"$path.", "$path%2f", $path =~ s{/api/$first}{sprintf '/api/%%%02x%s', ord $first, substr $first, 1}er, "$path%3fx", "$path%23", "$path/.",
			$path =~ s{/api/}{/api/v1/v1/}r, $path =~ s{/}{\\}gr, "$path/..;/") {
			$try->('4..', "$roles[$i], $trick", harmless($r, $r->{verb}, $trick, %as));
		}
		# a verb that the path has not, or has for others
		for my $verb (qw(GET POST PUT PATCH DELETE TRACE CONNECT get)) {
			my $there = $verbs{$r->{path}}{$verb};
			next if $there && ($there->{who} eq 'public' || $least{$there->{who}} <= $i);
			$try->('4..', "$roles[$i], $verb", [$verb, $path, %as]);
		}
	}
	my @r = $api->ask_all(@ask);
	my @bad = grep { $r[$_]{status} !~ /^$want[$_]$/ || $r[$_]{body} =~ /"(?:id|email|users)"\s*:/ } 0 .. $#r;
	is scalar(@bad), 0, sprintf 'SET-2 PEER-9 %s %s (%s): %d ways', $r->{verb}, $r->{path}, $r->{who}, scalar @r
		or diag join "\n", map { "$say[$_]: $r[$_]{status}, not $want[$_] " . substr $r[$_]{body}, 0, 120 } @bad[0 .. ($#bad > 5 ? 5 : $#bad)];
	my $o = $api->ask(OPTIONS => $path);
	is $o->{status} . length $o->{body}, 2040, "SET-2 OPTIONS $r->{path} says nothing but its verbs";
}
cmp_ok scalar(@private), '>', 20, 'the table has routes that are not public';

# SET-3: the name of every column of every table, and of every field of every
# answer, on every write that does not take it.
my %names = map { $_ => 1 } split(/\n/, sql("SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema = 'public'")),
	qw(isAdmin admin userId ownerId owner scopes permissions __proto__ constructor);
$names{s/_(\w)/\u$1/gr} = 1 for keys %names;
my @tables = split /\n/, sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'audit_logs' ORDER BY 1");
sub state_of_all { return sql(join ' UNION ALL ', (map { "SELECT '$_' || x::text FROM \"$_\" x" } @tables), 'SELECT NULL ORDER BY 1') }
my $before = state_of_all();
for my $r (grep { $_->{body} } @routes) {
	my @bad = sort grep { !$fields{$r->{op}}{$_} } keys %names;
	my %as = $r->{who} eq 'public' ? () : (token => $token{admin});
	# 20 names a request are refused each; one alone, too
	my @r = $api->ask_all(map { [$r->{verb}, fill($r->{path}), %as, json => {$_ => 'admin'}] } @bad);
	my @wrong = grep { $r[$_]{status} != 422 || !grep { $_->{code} eq 'UNKNOWN' } @{$r[$_]{json}{error}{details}{fields} // []} } 0 .. $#r;
	is scalar(@wrong), 0, sprintf 'SET-3 %s %s takes none of %d names', $r->{verb}, $r->{path}, scalar @bad
		or diag join ' ', map { "$bad[$_]:$r[$_]{status}" } @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)];
}
is state_of_all(), $before, 'SET-3 nothing changed';
done_testing();
END
