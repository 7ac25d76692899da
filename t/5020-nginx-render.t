#!/bin/sh
# nginx/render: the values it takes, the routes that are limited, and whom the
# limits count.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

render() {
	nginx_routes | "$abs_top_srcdir/nginx/render" "$TMP/out" "$@" 2>err
}
try "the defaults render" render
is "$(grep -l '@[A-Z_]*@' out/*)" "" "no setting is left over"
is "$(grep -c '::' out/autostack.conf)" 4 "IPv6 is on"
# what is given is held against its pattern; a default only here
grep '^[A-Z][A-Z0-9_]*	.*	' "$abs_top_srcdir/nginx/render" >settings
isnt "$(wc -l <settings)" 0 "there are settings"
while IFS='	' read -r name pattern default; do
	[ "$default" != - ] || default=
	printf '%s\n' "$default" | grep -Eqx -- "$pattern"
	ok $? "the default of $name is one that it takes"
done <settings
render BIND6=no
is "$(grep 'listen [^0-9]' out/*.conf)" "" "and can be off"
for bad in 'SITE_SUFFIX=a;b' 'SITE_SUFFIX=a b' 'PANEL_NAMES=a;}' 'WEB_DIR=relative' \
	'WEB_DIR=/a"b' 'WEB_DIR=/a$b' 'WEB_DIR=/a#b' 'HTTPS_PORT=x' 'HTTPS_PORT=443 ssl' \
	'PANEL_ORIGIN=https://a/;' 'AUTH_RATE=0' 'AUTH_RATE=-1' 'VIEWERS=0' 'VIEWERS=x' 'BODY_MAX=1k;' \
	'ORIGINS=https://a/";' 'NO_SUCH=1' HTTPS_PORT "RUN_DIR=/a
b"; do
	render "$bad"
	isnt "$?" 0 "refused: $bad"
done
render AUTH_RATE=7
like "$(cat out/autostack.conf)" 'rate=7r/m' "the rate is a setting"
like "$(cat out/autostack.conf)" 'burst=6 ' "and so is the burst"
like "$(cat out/autostack.conf)" 'default 9;' "Retry-After is rounded up"
sh -c "$abs_top_srcdir/nginx/render $TMP/out </dev/null" 2>err
isnt "$?" 0 "no routes at all is an error, not an open door"

# The list is the API's own.
"$abs_top_builddir/autostack-api" -x routes >routes
<routes "$abs_top_srcdir/nginx/render" "$TMP/out"
awk '$1 == "route" && $6 == "auth" { print "\"" $3 ":" $4 "\" 1;" }' routes | sort -u >wanted
isnt "$(wc -l <wanted)" 0 "the API has routes of rate class auth"
is "$(sort -u out/auth-routes.map | comm -13 - wanted)" "" \
	"RL-1 every path of every such route is limited"
for path in /api/auth/login /api/login /api/auth/signup /api/signup /api/auth/register; do
	like "$(cat out/auth-routes.map)" "^\"POST:$path\" 1;" "RL-1 $path among them"
done

# --- RL-3: nginx itself groups the addresses ---
port=$(new_port)
cat >nginx.conf <<EOF
daemon off;
master_process off;
pid $TMP/pid;
error_log $TMP/error.log;
events {}
http {
	client_body_temp_path $TMP/b; proxy_temp_path $TMP/p; fastcgi_temp_path $TMP/f;
	uwsgi_temp_path $TMP/u; scgi_temp_path $TMP/s;
	access_log off;
	set_real_ip_from 127.0.0.1;
	real_ip_header X-Test;
	include $TMP/out/limit-key.conf;
	server { listen 127.0.0.1:$port; return 200 "\$autostack_client"; }
}
EOF
setpriv --pdeathsig TERM /usr/sbin/nginx -e "$TMP/error.log" -c "$TMP/nginx.conf" &
ng=$!
defer 'kill $ng; wait $ng'
wait_for 10 curl -s -o /dev/null "http://127.0.0.1:$port/" || bail "$(cat error.log)"
key() { curl -s --noproxy '*' -H "X-Test: $1" "http://127.0.0.1:$port/"; }
is "$(key 192.0.2.1)" 192.0.2.1 "an IPv4 address counts alone"
is "$(key ::ffff:192.0.2.1)" 192.0.2.1 "RL-3 a mapped one is the same"
same() { is "$(key "$1")" "$(key "$2")" "RL-3 $1 and $2 share a /64"; }
other() { isnt "$(key "$1")" "$(key "$2")" "RL-3 $1 and $2 do not"; }
same 2001:db8:1:2:3:4:5:6 2001:db8:1:2:ffff::1
same 2001:db8:1:2::1 2001:db8:1:2:a:b:c:d
other 2001:db8:1:2::1 2001:db8:1:3::1
same 2001:db8::1 2001:db8::2
same 2001:db8::1 2001:db8:0:0:a:b:c:d
other 2001:db8::1 2001:db9::1
same 2001:db8:0:1::1 2001:db8:0:1:a:b:c:d
other 2001:db8:0:1::1 2001:db8::1
other 2001:db8:0:1::1 2001:db8:0:2::1
same 2001::5:6:7:8 2001::9:a:b:c
same 2001:0:0:4:5:6:7:8 2001:0:0:4:9:a:b:c
other 2001:0:0:4:5:6:7:8 2001:0:0:5:5:6:7:8
same 0:0:3:4:5:6:7:8 0:0:3:4:9:a:b:c
other 0:0:3:4:5:6:7:8 0:0:4:4:5:6:7:8
same ::1 ::2
other ::1 1::1
same fe80::1 fe80::ffff:1
done_testing
