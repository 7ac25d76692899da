#!/bin/sh
# What a build can reach. Traps listen on every address of this host; whatever
# touches one is written down.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/sandbox.sh"
sandbox_start

mkdir "$TMP/p"
cp "$abs_top_builddir/t/helper/sandbox_net" "$TMP/p/" &&
	chmod -R a+rX "$TMP/p" || bail "sandbox_net is not built"
abstract=autostack-trap-$$
: >"$TMP/caught"
perl "$abs_top_srcdir/t/helper/trap.pl" "$TMP/caught" "$TMP/port" $abstract &
trap_pid=$!
defer 'kill $trap_pid 2>/dev/null'
wait_for 10 test -s "$TMP/port" || bail "the trap does not start"
port=$(cat "$TMP/port")
own=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -v : | head -1)

# reach OPTION... - tries all targets in a sandbox; sets $out
reach() {
	box "$@" --ro-bind "$TMP/p:/p" -- /p/sandbox_net $targets
}

# nothing_open WHAT - every attempt failed, and none arrived
nothing_open() {
	unlike "$out" ' (OPEN|ANSWERED)$' "SB-3 $1: nothing is reached" ||
		diag "$out"
	is "$(printf '%s\n' "$out" | wc -l)" "$(echo $targets | wc -w)" \
		"SB-3 $1: every target was tried" || diag "$out $result"
	is "$(cat "$TMP/caught")" "" "SB-3 $1: no trap was touched"
	: >"$TMP/caught"
}

targets="tcp:127.0.0.1:$port udp:127.0.0.1:$port tcp:127.0.0.53:$port
	tcp:127.1.2.3:$port tcp:0.0.0.0:$port tcp:::1:$port
	tcp:::ffff:127.0.0.1:$port unix:$abstract
	tcp:10.0.2.2:$port udp:10.0.2.2:$port tcp:10.0.2.3:$port
	udp:10.0.2.3:$port tcp:10.0.2.100:$port tcp:10.0.2.15:$port
	${own:+tcp:$own:$port udp:$own:$port}
	tcp:169.254.169.254:80 tcp:10.0.0.1:80 tcp:172.16.0.1:80
	tcp:192.168.0.1:80 tcp:192.168.1.1:443 tcp:100.64.0.1:80
	tcp:198.18.0.1:80 tcp:168.63.129.16:80 tcp:192.0.0.1:80
	udp:255.255.255.255:$port udp:224.0.0.1:$port udp:10.0.2.255:$port
	tcp:fd00::1:80 tcp:fe80::1:80 tcp:2001:4860:4860::8888:53
	link:127.0.0.1:$port link:10.0.2.2:$port link:10.0.2.3:$port
	link:10.0.2.254:$port link:255.255.255.255:$port
	${own:+link:$own:$port}
	route:127.0.0.1:$port route:10.0.2.2:$port"

# The traps work: the same attempts on the host's own network do arrive.
all=$targets
targets="tcp:127.0.0.1:$port udp:127.0.0.1:$port unix:$abstract"
out=$(as_worker "$TMP/p/sandbox_net" $targets)
is "$(printf '%s\n' "$out" | grep -c -e 'OPEN$' -e 'ANSWERED$')" 3 \
	"without a sandbox the traps are reached" || diag "$out"
wait_for 5 sh -c "[ \$(wc -l <'$TMP/caught') = 3 ]"
ok $? "and say so"
: >"$TMP/caught"

targets=$all
reach --net isolated
nothing_open isolated
like "$out" '^tcp:169.254.169.254:80 (No route|Network is unreach)' \
	"SB-3 a refused range is unreachable at once, not by a timeout"
# Naming the interface makes the kernel ignore the routes; but it must not find
# the neighbour's hardware address. The gateway's own entry is permanent.
box --net isolated --ro-bind "$TMP/p:/p" -- /bin/sh -c '/p/sandbox_net \
	link:10.0.2.3:9 link:10.0.2.254:9 >/dev/null; cat /proc/net/arp'
is "$(printf '%s\n' "$out" | awk '$4 ~ /[1-9]/ && NR > 1 { print $1, $4 }')" \
	"10.0.2.2 52:55:0a:00:02:02" "SB-3 no neighbour but the gateway is found"
reach --net none
nothing_open none

# slirp4netns sends what goes to 10.0.2.3 to the host's resolver. When that is
# on the loopback, every other service there stands behind the same address.
if [ "$(id -u)" = 0 ]; then
	echo 'nameserver 127.0.0.1' >"$TMP/resolv.conf"
	chmod 644 "$TMP/resolv.conf"
	targets="tcp:10.0.2.3:$port udp:10.0.2.3:$port link:10.0.2.3:$port
		tcp:10.0.2.2:$port link:10.0.2.2:$port"
	out=$(unshare --mount sh -c 'mount --bind "$1" /etc/resolv.conf &&
		shift && exec "$@"' sh "$TMP/resolv.conf" \
		setpriv --reuid="$sandbox_name" --regid="$sandbox_name" \
		--clear-groups --inh-caps=-all "$BOX" run --slot "$SLOT" \
		--ro-bind "$TMP/p:/p" -- /p/sandbox_net $targets \
		2>"$TMP/result")
	nothing_open "the resolver is on the host's loopback"
else
	skip "only root can replace resolv.conf here" \
		"SB-3 the resolver is on the host's loopback"
fi

# its own loopback, as a build's test server needs it
box_sh --net isolated 'exec perl -MIO::Socket::INET -e "
	\$l = IO::Socket::INET->new(Listen => 1, LocalAddr => q(127.0.0.1));
	print q(own loopback), qq(\n) if IO::Socket::INET->new(
		PeerAddr => q(127.0.0.1), PeerPort => \$l->sockport)"'
is "$out" "own loopback" "its own loopback works"

# a build cannot change the rules
if command -v ip >/dev/null; then
	box_sh --net isolated 'ip route flush table main
		ip rule del pref 200
		ip route del unreachable 10.0.0.0/8
		ip neigh add 10.0.2.3 lladdr 52:55:0a:00:02:03 dev tap0
		ip link add d0 type dummy
		echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	is "$(printf '%s\n' "$out" | grep -c -i -e 'not permitted' \
		-e 'denied' -e 'Read-only')" 6 \
		"SB-3 a build cannot change the rules" || diag "$out"
else
	skip "ip is not installed" "SB-3 a build cannot change the rules"
fi

# --refuse replaces the list
box --net isolated --refuse 203.0.113.0/24 --refuse 8.8.8.8 \
	--ro-bind "$TMP/p:/p" -- /p/sandbox_net tcp:203.0.113.7:9 tcp:8.8.8.8:53
is "$(printf '%s\n' "$out" | grep -c -e 'No route' -e unreachable)" 2 \
	"--refuse names ranges" || diag "$out"
box --net isolated --refuse 300.0.0.0/8 -- /bin/echo it ran
is "$code $out" "70 " "SB-14 a bad range is refused, nothing runs"

# A package registry answers, by whatever configuration this host has.
as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK"
if ! command -v npm >/dev/null; then
	skip "npm is not installed" "SB-3 the package registry is reachable"
elif ! (cd / && env -i PATH="$PATH" HOME="$TMP" npm view npm version \
	>"$TMP/host-npm" 2>&1); then
	skip "this host does not reach a registry either" \
		"SB-3 the package registry is reachable"
else
	box_sh --net isolated --time 60000 --bind "$WORK:/build" \
		--chdir /build --setenv HOME=/build 'npm view npm version'
	like "$out" '^[0-9]+\.[0-9]+\.[0-9]+$' \
		"SB-3 the package registry is reachable"
	box_sh --net none --time 60000 --setenv HOME=/tmp \
		--setenv npm_config_fetch_retries=0 'npm view npm version'
	like "$result" '^exit [1-9]' "SB-3 but not without a network"
fi
done_testing
