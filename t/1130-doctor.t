#!/bin/sh
# autostack doctor: finds what is broken, says how to mend it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_start
as_conf

# doctor: its report in $report; finding CHECK FIELD
doctor() {
	report=$("$abs_top_builddir/autostack" -c "$AS_CONF" \
		--data "${1:-$abs_top_srcdir}" doctor --json 2>/dev/null)
}
finding() {
	printf '%s' "$report" | gojq -r --arg c "$1" \
		"[.checks[] | select(.check == \$c) | .$2] | join(\"; \")"
}

doctor
is $? 1 "something is wrong: exit 1"
is "$(printf '%s' "$report" | gojq -r .ok)" false "and the report says so"
is "$(finding configuration level)" ok "the configuration is read"
is "$(finding database level)" ok "the database is reached" ||
	diag "$(finding database text)"
is "$(finding roles level)" ok "the roles are there"
is "$(finding clock level)" ok "the clocks agree"
like "$(finding api text)" 'api.sock: No such file' "no API: it says where it looked"
like "$(finding api fix)" 'systemctl restart autostack-api' "and what to do"
is "$(finding websocket level)" bad "no autostack-ws"
like "$(finding worker text)" 'no worker is connected' "no worker"
is "$(printf '%s' "$report" | gojq '[.checks[] | select(.level == "bad" and .fix == null)] | length')" 0 \
	"everything that is bad has a fix"
is "$(printf '%s' "$report" | gojq -r '.checks[].check' | sort -u | tr '\n' ' ')" \
	"api clock configuration database disk domains namespaces nginx programs roles sandbox storage subuid tun websocket worker " \
	"every check reports"
is "$("$abs_top_builddir/autostack" -c "$AS_CONF" --data "$abs_top_srcdir" doctor | grep -c '^bad *api ')" 1 \
	"the same as text"

# custom domains
like "$(finding domains text)" 'not there as a folder' "no folder for certificates: it says so"
mkdir -p "$AS_STATE/certs"
chmod 2755 "$AS_STATE/certs"
doctor
is "$(finding domains level)" bad "one that is open to all is bad"
chmod 2750 "$AS_STATE/certs"
doctor
is "$(finding domains level): $(finding domains text)" "ok: 0 custom domains are served" "a good one is not"
sql "INSERT INTO users (id, name, email) VALUES ('00000000-0000-4000-a000-000000000001', 'D', 'd@example.com');
	INSERT INTO projects (id, user_id, name, site, repository)
		SELECT '00000000-0000-4000-a000-000000000002', id, 'd', 'd', 'r' FROM users WHERE name = 'D';
	INSERT INTO domains (project_id, host, proof, state, verified_at, certificate_source, certificate, key_sealed,
		certificate_set_at, certificate_expires_at, certificate_error) SELECT id, 'www.example.com', repeat('x', 43), 'active', now(),
		'acme', 'c', 'k', now(), now() + interval '5 days', 'The authority refused: no' FROM projects WHERE name = 'd'"
doctor
is "$(finding domains level): $(finding domains text)" "warning: 1 certificates end within ten days, 1 orders fail" \
	"certificates that end are found"
out=$("$abs_top_builddir/autostack" -c "$AS_CONF" --data "$abs_top_srcdir" certificates)
like "$out" '^www.example.com.d.active.acme.expires' "autostack certificates lists them"
like "$out" 'certificate: The authority refused: no' "with what failed"
out=$("$abs_top_builddir/autostack" -c "$AS_CONF" --data "$abs_top_srcdir" certificates --now www.example.com 2>&1)
is "$? $out" "0 www.example.com: ordered as soon as the worker looks" "and has one ordered"
is "$(sql "SELECT certificate_next_try_at <= now() FROM domains")" t "now"
out=$("$abs_top_builddir/autostack" -c "$AS_CONF" --data "$abs_top_srcdir" certificates --now other.example.com 2>&1)
is "$?" 1 "not for a name that is nobody's"
"$abs_top_builddir/autostack" -c "$AS_CONF" --data "$abs_top_srcdir" certificates --now 2>/dev/null
is "$?" 2 "nor for none"
cp "$AS_CONF" "$TMP/conf.before"
printf '%s\n' 'acme_directory=https://acme.example/dir' 'acme_client=/nonexistent/acme' >>"$AS_CONF"
doctor
like "$(finding domains fix)" 'apt-get install acme-tiny' "a client that is missing is named"
sed -i 's|^acme_client=.*|acme_client=/bin/true|' "$AS_CONF"
doctor
like "$(finding domains fix)" 'public_addresses' "and a host that does not know its addresses"
cp "$TMP/conf.before" "$AS_CONF"
sql "DELETE FROM users WHERE name = 'D'"

api_run
ws_start
doctor
is "$(finding api text)" "2 processes, answers" "the API is asked and counted"
is "$(finding websocket level)" ok "autostack-ws is asked" ||
	diag "$(finding websocket text)"
# multiwatch replaces whom we kill; a stopped supervisor cannot
pool=$(ps -o pid= --ppid "$api_pid" | head -n 1 | tr -d ' ')
kill -STOP "$api_pid"
kill -KILL "$pool"
gone() {
	case $(ps -o stat= -p "$pool") in '' | Z*) return 0 ;; *) return 1 ;; esac
}
wait_for 10 gone
doctor
like "$(finding api text)" '1 of 2 processes are left' \
	"a pool that has shrunk is found"
kill -CONT "$api_pid"
whole() {
	doctor
	[ "$(finding api text)" = "2 processes, answers" ]
}
wait_for 10 whole
ok $? "and multiwatch makes it whole again"
api_stop
ws_stop

mkdir "$TMP/data" && cp -r "$abs_top_srcdir/sql" "$TMP/data/" &&
	chmod -R u+w "$TMP/data"
n=$(ls "$TMP/data/sql/schema" | wc -l)
echo 'SELECT 1;' >"$TMP/data/sql/schema/$(printf %04d $((n + 1)))-next.sql"
doctor "$TMP/data"
like "$(finding database text)" 'not up to date' "a pending migration is found"
is "$(finding database fix)" 'autostack migrate' "its fix is the command"
is "$(finding roles level)" skipped "what needs the database is skipped then"

sql "INSERT INTO users (name, email) VALUES ('A', 'a@example.com');
	INSERT INTO projects (user_id, name, site, repository) SELECT id, 'p', 'p', 'r' FROM users;
	INSERT INTO deployments (project_id, user_id, repository, branch, status, lease_owner, lease_until)
		SELECT id, user_id, 'r', 'b', 'building', 'gone:1', now() - interval '1 hour' FROM projects"
setpriv --pdeathsig TERM "$PG_BINDIR/psql" -Xq \
	"user=autostack_worker application_name=doctor $PGURL" \
	-c 'SELECT pg_sleep(9)' >/dev/null 2>&1 &
defer "kill $! 2>/dev/null"
connected() {
	[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doctor'")" = 1 ]
}
wait_for 10 connected
doctor
like "$(finding worker text)" '1 builds gave no sign of life' \
	"an abandoned build is found"

as_conf "database_url=host=$TMP dbname=none"
doctor
is "$(finding database level)" bad "a database that is away"
like "$(finding database fix)" 'apt-get install postgresql' "has a fix"

as_conf build_slots=none
doctor
like "$(finding configuration text)" 'build_slots' "a wrong setting is named"
is "$(finding database level)" skipped "and nothing else is guessed"

as_conf jwt_secret=
doctor
like "$(finding configuration text)" 'jwt_secret is not set' \
	"JW-1 a missing secret is found"

# what the packages make: the worker's account has no group of its own name
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	"$abs_top_srcdir/t/lib/service-user.sh" >/dev/null || bail "no service account"
	for file in passwd group subuid subgid; do
		grep -v '^autostack-worker:' /etc/$file >"$TMP/$file"
	done
	echo "autostack-worker:x:64999:$(id -g autostack)::/nonexistent:/usr/sbin/nologin" >>"$TMP/passwd"
	as_worker() { # IDS
		echo "autostack-worker:200000:$1" | tee -a "$TMP/subuid" >>"$TMP/subgid"
		# shellcheck disable=SC2016 # for the inner shell
		report=$(unshare --mount sh -c 'for file in passwd group subuid subgid; do
				mount --bind "$1/$file" /etc/$file || exit
			done
			shift
			exec "$@"' sh "$TMP" "$abs_top_builddir/autostack" -c "$AS_CONF" \
			--data "$abs_top_srcdir" doctor --json 2>/dev/null)
		sed -i '/^autostack-worker:/d' "$TMP/subuid" "$TMP/subgid"
	}
	as_conf build_slots=2 slot_base=10
	as_worker 12
	is "$(finding sandbox level): $(finding sandbox text)" "ok: works as autostack-worker" \
		"root tries the sandbox as the worker, whatever its group is called"
	is "$(finding subuid level)" ok "with as many subordinate ids as its slots need" ||
		diag "$(finding subuid text)"
	as_worker 11
	is "$(finding subuid level)" bad "slot_base counts: one less is too few"
	like "$(finding subuid text)" 'no range of 12 subordinate ids' "and it says how many are needed"
else
	skip "only root can show the doctor other accounts" "the doctor asks as the worker"
fi

is "$("$abs_top_builddir/autostack" openapi | gojq -r .openapi | cut -d. -f1,2)" 3.1 \
	"autostack openapi prints the API's document"
done_testing
