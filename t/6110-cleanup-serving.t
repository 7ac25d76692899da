#!/bin/sh
# autostack cleanup while the API serves, twice at once: what is alive stays, and
# nobody is answered with an error.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start api_processes=4 hash_slots=2
api_user ada
sql "CREATE TABLE made AS SELECT n, encode(sha256(('token ' || n)::bytea), 'hex') AS hash FROM generate_series(1, 400) n;
	CREATE TABLE link AS SELECT m.n, m.hash, gen_random_uuid() AS id FROM made m;
	INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at)
	SELECT l.id, u.id, now() - interval '40 d', now() - CASE n % 2 WHEN 0 THEN interval '1 d' ELSE interval '20 d' END, now() + interval '1 d'
	FROM link l, users u;
	INSERT INTO refresh_tokens (hash, session_id) SELECT hash, id FROM link;
	DROP TABLE made, link"
AS_CTL="$abs_top_builddir/autostack -c $AS_CONF cleanup --batch 3"
export AS_CTL
api_perl <<'END'
use strict;
use warnings;
our $api;

my @cleaners = map { open my $p, '-|', $ENV{AS_CTL} or die $!; $p } 1 .. 2;
my (%alive, %dead);
for my $round (0 .. 9) {
	my @n = map { $round * 40 + $_ } 1 .. 40;
	my @r = $api->ask_all(map { [POST => '/api/auth/refresh', json => {refreshToken => "token $_"}] } @n);
	for my $i (0 .. $#n) { $n[$i] % 2 ? $dead{$r[$i]{status}}++ : $alive{$r[$i]{status}}++ }
}
my $removed = 0;
for my $p (@cleaners) {
	while (<$p>) { $removed += $1 if /^expired sessions: (\d+) removed/ }
	close $p;
	is $?, 0, 'cleanup ends well';
}
is_deeply \%alive, {200 => 200}, 'every live session is refreshed meanwhile';
is_deeply \%dead, {401 => 200}, 'no dead one is';
is $removed, 200, 'SE-10 two cleanups share what is dead';
is sql('SELECT count(*) FROM sessions'), 201, 'SE-10 and nothing else goes';
is sql('SELECT count(*) FROM refresh_tokens'), 401, 'SE-10 with the tokens of the dead';
done_testing();
END
