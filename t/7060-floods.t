#!/bin/sh
# Floods of logins and clients that take their time do not stop others.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

nginx_start AUTH_RATE=100000
P=https://localhost:$HTTPS
AS_RUN=$NG/run
api_start app_url="$P" api_processes=4 hash_slots=2 bcrypt_cost=12
chmod 666 "$AS_RUN/api.sock"
api POST /api/auth/signup '{"name":"ada","email":"ada@example.com","password":"correct horse ada"}'
status 201

# --- 100 logins at once ---
export AS_RUN
cat >flood.pl <<'EOF'
use strict;
use warnings;
use Fcgi;
use Time::HiRes qw(time);
my $pid = fork // die;
if (!$pid) {
	my $api = Fcgi->new("$ENV{AS_RUN}/api.sock");
	my @r = $api->ask_all(map { [POST => '/api/auth/login',
		json => {email => 'ada@example.com', password => "wrong password $_"}] } 1 .. 100);
	open my $f, '>', 'codes' or die;
	print $f map { "$_->{status}\n" } @r;
	close $f;
	require POSIX;
	POSIX::_exit(0);
}
my $api = Fcgi->new("$ENV{AS_RUN}/api.sock");
my (@ms, $bad);
while (waitpid($pid, 1) == 0) {
	my $begin = time;
	$bad++ if $api->ask(GET => '/api/health')->{status} != 200;
	push @ms, 1000 * (time - $begin);
}
@ms = sort { $a <=> $b } @ms;
printf "%d %d %d\n", scalar @ms, $bad // 0, $ms[int(0.99 * $#ms)];
EOF
perl -I"$abs_top_srcdir/t/lib" flood.pl >flood || bail "the flood fails"
read -r asked bad p99 <flood
is "$(wc -l <codes)" 100 "100 logins at once are answered"
is "$(grep -cvE '^(401|503)$' codes)" 0 "RL-9 each is refused or put off"
isnt "$asked" 0 "/api/health was asked $asked times meanwhile"
is "$bad" 0 "RL-9 it always answered"
ok "$((p99 >= 1000))" "RL-9 99 of 100 times within a second ($p99 ms)"

# --- clients that send a byte now and then ---
cat >slow.pl <<'EOF'
use IO::Socket::INET;
my @s = map { IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die "$_: $!" } 1 .. 400;
syswrite $_, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " for @s;
open my $f, '>', 'slow.ready';
close $f;
while (1) { syswrite $_, 'a' for @s; sleep 1 }
EOF
setpriv --pdeathsig TERM perl slow.pl "$HTTP" 2>/dev/null &
slow_pid=$!
defer 'kill $slow_pid 2>/dev/null; wait $slow_pid 2>/dev/null'
wait_for 20 test -e slow.ready
ok $? "400 connections send their headers slowly"
body() { # one login whose body does not come
	{
		printf 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"'
		sleep 10
	} | openssl s_client -quiet -connect "localhost:$HTTPS" >/dev/null 2>&1
}
slow_bodies=
for _ in 1 2 3 4 5 6 7 8; do
	body &
	slow_bodies="$slow_bodies $!"
done
wait_for 10 sh -c "[ \"\$(ss -Htn state established \"sport = :$HTTPS\" | wc -l)\" -ge 8 ]"
ok $? "8 bodies do not come, twice as many as there are processes"
for path in /api/health /api/openapi.json /; do
	begin=$(date +%s%N)
	get "$P$path" -m 5
	took=$((($(date +%s%N) - begin) / 1000000))
	like "$STATUS" '^(200|404)$' "RL-9 $path answers"
	ok "$((took >= 2000))" "RL-9 at once ($took ms)"
done
is "$(ps -o pid= --ppid "$api_pid" | wc -l)" 4 "all processes are there"
# shellcheck disable=SC2086 # a list
kill $slow_bodies 2>/dev/null
done_testing
