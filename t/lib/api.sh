# api.sh - the services of a test's own, on unix sockets, without nginx.
# Sourced after tap.sh; brings pg.sh along.
#
#   . "$(dirname "$0")/lib/tap.sh"
#   . "$abs_top_srcdir/t/lib/api.sh"
#   api_start [SETTING=VALUE]...     database, configuration, API pool
#   api POST /api/projects '{"name":"x"}' as ada
#   status 201
#   json .name = x
#
#   api_start  makes a database unless there is one ($PGURL), writes
#              $AS_CONF, starts spawn-fcgi + multiwatch + autostack-api
#   ws_start, worker_start   the other programs, when a test needs them
#   api_stop, ws_stop, worker_stop   in good order; done at the end anyway
#   api METHOD PATH [JSON] [as USER] [-H 'Name: value'] [-p PARAM=VALUE]
#              one request. USER is signed up at its first use (and has the
#              role of its name when that is manager or admin); the answer is
#              in $API_STATUS, $API_HEADERS and $API_BODY (two files)
#   api_user USER   signs up; sets API_TOKEN, its access token
#   status N [DESCRIPTION]           the test of the status
#   json FILTER = VALUE [DESC]       the test of a value (a jq filter; members
#                                    of an object come sorted)
#   json_keys FILTER = "NAMES" [DESC]  of an object, in the order of the answer
#   jget FILTER                      prints a value of the body
#   header NAME                      prints a header's value
#   api_case TEXT   begins the descriptions of the tests that follow
#   api_perl <<'EOF'   the rest of the test in perl (Test::More, Fcgi.pm, $api,
#              sql("SELECT ..."), pids()), for requests at once or malformed

. "$abs_top_srcdir/t/lib/pg.sh"

AS_RUN=$TMP/run
AS_STATE=$TMP/state
AS_CONF=$TMP/autostack.conf
API_BODY=$TMP/body
API_HEADERS=$TMP/headers
AS_LOG=$TMP/log
api_text=

# as_conf SETTING=VALUE...: a configuration for this test; later ones win.
as_conf() {
	mkdir -p "$AS_RUN" "$AS_STATE"
	(
		umask 077
		[ -s "$TMP/secret" ] ||
			head -c 48 /dev/urandom | base64 -w 0 >"$TMP/secret"
	)
	{
		printf '%s\n' "database_url=$PGURL" "jwt_secret=$TMP/secret" \
			"state_dir=$AS_STATE" "run_dir=$AS_RUN" \
			"app_url=https://localhost" \
			"site_url=https://%s.localhost" \
			bcrypt_cost=10 api_processes=2 worker_name=test \
			rate_per_minute=10000000 deploys_per_hour=100000 \
			status_probes=no "$@"
	} | last_settings >"$AS_CONF"
}

# as_run NAME COMMAND...: in the background, stderr to $AS_LOG.NAME; ends when
# this script does. Sets as_pid.
as_run() {
	as_name=$1
	shift
	setpriv --pdeathsig TERM "$@" >>"$AS_LOG.$as_name" 2>&1 </dev/null &
	as_pid=$!
}
# as_end PID: multiwatch tells its children once; one that it had just started
# again would miss that and be waited for, so they are told here, too.
as_end() {
	[ -n "$1" ] || return 0
	kill -TERM "$1" 2>/dev/null
	wait_for 20 as_ended "$1" || {
		diag "killed: $(ps -o args= -p "$1")"
		# shellcheck disable=SC2046 # a list of processes
		kill -KILL "$1" $(children "$1") 2>/dev/null
	}
	wait "$1" 2>/dev/null
	return 0
}
as_ended() {
	# shellcheck disable=SC2046 # a list of processes
	kill -TERM $(children "$1") 2>/dev/null
	has_ended "$1"
}
as_setting() { sed -n "s/^$1=//p" "$AS_CONF"; }

api_pid=
api_start() {
	[ -n "${PGURL:-}" ] || pg_start
	as_conf "$@"
	api_run
}
api_run() {
	as_run api "$(command -v spawn-fcgi)" -n -s "$AS_RUN/api.sock" -M 0660 \
		-- "$(command -v multiwatch)" -f "$(as_setting api_processes)" \
		-r 1000000000 -- "$abs_top_builddir/autostack-api" -c "$AS_CONF"
	api_pid=$as_pid
	defer api_stop
	wait_for 20 api_answers || bail "the API does not start: $(tail "$AS_LOG.api")"
}
api_answers() {
	"$abs_top_builddir/t/helper/fcgi-request" "$AS_RUN/api.sock" GET /health
}
api_stop() { as_end "$api_pid"; api_pid=; rm -f "$AS_RUN/api.sock"; }

ws_pid=
ws_start() {
	as_run ws "$(command -v multiwatch)" -f 1 -r 1000000000 -- \
		"$abs_top_builddir/autostack-ws" -c "$AS_CONF"
	ws_pid=$as_pid
	defer ws_stop
	wait_for 20 test -S "$AS_RUN/ws.sock" ||
		bail "autostack-ws does not start: $(tail "$AS_LOG.ws")"
}
ws_stop() { as_end "$ws_pid"; ws_pid=; }

# Builds start from an unprivileged user: as root the worker becomes one, and
# the state and what leads to it is made its own.
worker_pid=
worker_start() {
	if [ "$(id -u)" = 0 ]; then
		as_user=$("$abs_top_srcdir/t/lib/service-user.sh") ||
			bail "no service user"
		chmod 711 "$TMP"
		chown -R "$as_user" "$AS_STATE" "$AS_RUN" "$TMP/secret"
	fi
	as_run worker "$abs_top_srcdir/t/lib/service-user.sh" run \
		"$(command -v multiwatch)" -f 1 -r 1000000000 -- \
		"$abs_top_builddir/autostack-worker" -c "$AS_CONF"
	worker_pid=$as_pid
	defer worker_stop
}
worker_stop() { as_end "$worker_pid"; worker_pid=; }

api_user() {
	if [ ! -s "$TMP/token.$1" ]; then
		api_ask POST /api/auth/signup -H 'Content-Type: application/json' \
			-d "{\"name\":\"$1\",\"email\":\"$1@example.com\",\"password\":\"correct horse $1\"}"
		[ "$API_STATUS" = 201 ] ||
			bail "signup of $1: $API_STATUS $(cat "$API_BODY")"
		gojq -r .accessToken "$API_BODY" >"$TMP/token.$1"
		case $1 in
		admin | manager)
			sql "UPDATE users SET role = '$1' WHERE email = '$1@example.com'"
			;;
		esac
	fi
	read -r API_TOKEN <"$TMP/token.$1"
}

# The request itself; -d names the body.
api_ask() {
	api_method=$1
	api_path=$2
	api_body=
	shift 2
	api_n=$#
	while [ "$api_n" -gt 0 ]; do
		api_arg=$1
		shift
		api_n=$((api_n - 1))
		case $api_arg in
		-H) set -- "$@" "$1" ;;
		-p) set -- "$@" -p "$1" ;;
		-d) api_body=$1 ;;
		*) bail "api: what is '$api_arg'?" ;;
		esac
		shift
		api_n=$((api_n - 1))
	done
	if [ -n "$api_body" ]; then
		printf %s "$api_body" >"$TMP/request"
		set -- -b "$TMP/request" "$@"
	fi
	API_STATUS=$("$abs_top_builddir/t/helper/fcgi-request" "$AS_RUN/api.sock" \
		"$api_method" "$api_path" "$@" -o "$API_HEADERS" "$API_BODY" \
		2>"$TMP/answer.err") && return 0
	API_STATUS=none
	: >"$API_HEADERS"
	: >"$API_BODY"
	diag "$(cat "$TMP/answer.err")"
}

api() {
	api_verb=$1
	api_to=$2
	shift 2
	api_count=$#
	while [ "$api_count" -gt 0 ]; do
		api_word=$1
		shift
		api_count=$((api_count - 1))
		case $api_word in
		as)
			api_user "$1"
			set -- "$@" -H "Authorization: Bearer $API_TOKEN"
			;;
		-H | -p | -d) set -- "$@" "$api_word" "$1" ;;
		*)
			set -- "$@" -d "$api_word" -H 'Content-Type: application/json'
			continue
			;;
		esac
		shift
		api_count=$((api_count - 1))
	done
	api_ask "$api_verb" "$api_to" "$@"
}

api_case() { api_text="$* "; }
status() {
	is "$API_STATUS" "$1" "${2:-$api_text$api_verb $api_to answers $1}" ||
		diag "$(head -c 600 "$API_BODY")"
}
jget() { gojq -r "$1" "$API_BODY"; }
json() { # FILTER = VALUE [DESCRIPTION]
	is "$(jget "$1" 2>&1)" "$3" "${4:-$api_text$api_verb $api_to: $1 = $3}"
}
# gojq sorts what jq would keep in order, and starts twelve times as fast
json_keys() {
	is "$(jq -r "$1 | keys_unsorted | join(\" \")" "$API_BODY")" "$3" \
		"${4:-$api_text$api_verb $api_to: $1 has $3}"
}
header() { sed -n "s/^$1: *//Ip" "$API_HEADERS"; }

api_perl() {
	tap_ended=1 # perl prints the plan
	api_pids=$api_pid
	export AS_RUN AS_LOG PG_DIR PG_DB PG_BINDIR api_pids
	perl -I"$abs_top_srcdir/t/lib" -MTest::More -MFcgi=:test -
	exit $?
}
