# domains.sh - a worker, a name server and nginx, for tests of custom domains.
# Sourced after tap.sh; brings worker.sh and nginx.sh along.
#
#   domains_init [SETTING=VALUE]...   all of it; worker_up starts the worker
#   zone 'NAME TYPE VALUE'...         what the name server knows from now on
#   site NAME          a project with a site that is live; sets $project
#   domain HOST        asks for it for $project; sets $id
#   of COLUMN [ID]     prints it
#   is_state STATE [ID]   waits for it
#   look [ID]          has the worker look at the proof; waits until it did
#   visit HOST PATH [CURL-ARG]...   over TLS; sets STATUS, $BODY, $HEADERS
#   cert_of HOST       the certificate that nginx shows, or nothing

. "$abs_top_srcdir/t/lib/worker.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"

ZONE=$TMP/zone

domains_init() {
	: >"$ZONE"
	"$abs_top_srcdir/t/lib/dnsd.pl" "$ZONE" "$TMP/dns.port" 2>>"$TMP/dns.log" &
	dns_pid=$!
	defer "kill $dns_pid 2>/dev/null"
	wait_for 10 test -s "$TMP/dns.port" || bail "no name server: $(cat "$TMP/dns.log")"
	DNS=127.0.0.1:$(cat "$TMP/dns.port")
	nginx_start STATE_DIR="$STATE"
	worker_init dns_server="$DNS" "acme_check_url=http://127.0.0.1:$HTTP" "$@"
	chmod 755 "$STATE"
	# as systemd-tmpfiles makes it: nginx's group reads, nobody else
	mkdir -p "$STATE/certs" "$STATE/sites"
	if [ "$(id -u)" = 0 ]; then
		chown -R "$worker_user:" "$STATE"
		chgrp nogroup "$STATE/certs"
	fi
	chmod 2750 "$STATE/certs"
}
zone() { printf '%s\n' "$@" >"$ZONE.new" && mv "$ZONE.new" "$ZONE"; }
site() {
	project "$1" "https://example.com/$1.git"
	mkdir -p "$STATE/sites/$1/releases/r"
	printf 'site %s' "$1" >"$STATE/sites/$1/releases/r/index.html"
	ln -s releases/r "$STATE/sites/$1/current"
	[ "$(id -u)" != 0 ] || chown -R "$worker_user:" "$STATE/sites/$1"
}
domain() {
	id=$(sql "INSERT INTO domains (project_id, host, proof)
		VALUES ('$project', '$1', 'proof-of-$project') RETURNING id") || bail "domain $1"
}
proof_of() { sql "SELECT '_autostack.' || host || ' TXT autostack=' || proof FROM domains WHERE id = '${1:-$id}'"; }
of() { sql "SELECT $1 FROM domains WHERE id = '${2:-$id}'"; }
is_state() {
	wait_for "${3:-20}" domains_have "state = '$1'" "${2:-$id}"
	is "$(of state "${2:-$id}")" "$1" "$4"
}
# The server looks again and again: a psql each time would cost more.
domains_have() {
	sql "DO \$\$ BEGIN
		FOR i IN 1..100 LOOP
			PERFORM FROM domains WHERE id = '$2' AND ($1);
			IF FOUND THEN RETURN; END IF;
			PERFORM pg_sleep(0.05);
		END LOOP;
		RAISE 'not yet';
	END \$\$" 2>/dev/null
}
look() {
	sql "UPDATE domains SET next_check_at = now(), last_checked_at = NULL WHERE id = '${1:-$id}'"
	wait_for 30 domains_have 'last_checked_at IS NOT NULL' "${1:-$id}" || diag "the worker does not look"
}
visit() {
	vi_host=$1 vi_path=$2
	shift 2
	get "https://$vi_host:$HTTPS$vi_path" --resolve "$vi_host:$HTTPS:127.0.0.1" "$@"
}
cert_of() {
	echo | openssl s_client -connect "127.0.0.1:$HTTPS" -servername "$1" 2>/dev/null | openssl x509 "${2:--text}" -noout 2>/dev/null
}
served() { [ -L "$STATE/sites/$1" ] && [ -f "$STATE/certs/$1.pem" ]; }
not_served() { [ ! -L "$STATE/sites/$1" ] && [ ! -e "$STATE/certs/$1.pem" ]; }
