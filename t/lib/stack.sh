# stack.sh - a whole Autostack of a test's own, as users meet it: quickstart,
# nginx, TLS, PostgreSQL, all programs. Sourced after tap.sh.
#
#   . "$(dirname "$0")/lib/tap.sh"
#   . "$abs_top_srcdir/t/lib/stack.sh"
#   stack_start [SETTING=VALUE]...
#   stack_user ada
#   stack_repo site && stack_commit site 'first'
#   stack_deploy site '"outputDir":"."'
#   is "$(stack_wait 60)" success "it deploys"
#
#   stack_start   starts a state on random ports from the build under test and
#                 reads its env (AUTOSTACK_URL, AUTOSTACK_CA, ...); stopped and
#                 removed at the end. Settings as for quickstart's --set; no
#                 requests are limited unless a setting says so. STACK_FLAGS
#                 holds more flags for quickstart. It begins with the whole
#                 run's database files; with AS_PG empty quickstart makes them.
#   call METHOD PATH [JSON] [CURL-ARG]...   one request through nginx, as $TOKEN
#                 when that is set; the answer is in $STATUS, $BODY, $HEADERS
#                 (two files)
#   jget FILTER   a value of the last body (a jq filter)
#   field NAME    a header of the last answer, by its lower-case name
#   stack_user NAME   signs up NAME@example.org; sets TOKEN
#   stack_repo NAME   an empty repository at $(stack_url NAME), served over
#                 smart HTTP by the stack's own git server; its work tree is
#                 $STACK/trees/NAME
#   stack_file NAME PATH   standard input becomes a file of the work tree
#   stack_commit NAME MESSAGE   commits everything and pushes
#   stack_deploy NAME [FIELDS]  POST /api/deployments for it; sets DEPLOYMENT
#   stack_status [ID]           the deployment's status now
#   stack_wait SECONDS [ID]     waits for its end, prints its status
#   site NAME PATH [CURL-ARG]...   asks a published site; as call
#   svc COMMAND...   runs it as the account that the stack runs as
#   stack_pids NAME  process ids of a service's children (api, ws, worker,
#                 postgres, nginx)

BODY=$TMP/body
HEADERS=$TMP/headers
TOKEN=

# Debian's psql is a program in perl that looks for this one.
psql() { command "${PG_BINDIR:+$PG_BINDIR/}psql" "$@"; }

svc_as=$("$abs_top_srcdir/t/lib/service-user.sh" words) || bail "no service account"
# shellcheck disable=SC2086 # words
svc() { (cd / && exec $svc_as env HOME=/nonexistent "$@"); }

# Where quickstart finds the programs: installed once for a whole run.
stack_build() {
	stack_inst=$abs_top_builddir
	[ -z "${AS_PG:-}" ] || stack_inst=$AS_PG/inst/$(printf %s "$abs_top_builddir" | tr / _)
	[ -d "$stack_inst" ] || (
		mkdir -p "$AS_PG/inst" && exec 9>"$AS_PG/inst/lock" && flock 9
		[ -d "$stack_inst" ] || {
			make -rs -C "$abs_top_builddir" install-exec install-data prefix=/usr DESTDIR="$stack_inst.new" &&
				mv "$stack_inst.new" "$stack_inst"
		}
	) >"$TMP/install.out" 2>&1 || bail "make install: $(tail -n 5 "$TMP/install.out")"
}

# stack_quickstart FLAG...: quickstart on this stack's state
stack_quickstart() {
	AUTOSTACK_BUILD=$stack_inst "$abs_top_srcdir/quickstart" \
		--state "$STACK/state" --https-port "$STACK_HTTPS" \
		--http-port "$STACK_HTTP" --no-install "$@"
}

stack_start() {
	STACK=$(mktemp -d "${TMPDIR:-/tmp}/as-stack.XXXXXX") || exit 1
	chmod 755 "$STACK"
	defer stack_end
	mkdir "$STACK/trees"
	[ "$(id -u)" != 0 ] ||
		chown "$("$abs_top_srcdir/t/lib/service-user.sh" name)" "$STACK/trees"
	STACK_HTTPS=$(new_port)
	STACK_HTTP=$(new_port)
	stack_sets=
	for stack_n in bcrypt_cost=10 auth_rate_per_minute=100000 \
		rate_per_minute=10000000 deploys_per_hour=100000 "$@"; do
		stack_sets="$stack_sets --set $stack_n"
	done
	stack_build
	[ -z "${AS_PG:-}" ] || stack_seed || bail "no copy of the database"
	# shellcheck disable=SC2086 # lists of words
	stack_quickstart --detach ${STACK_FLAGS---no-seed} $stack_sets \
		>"$TMP/quickstart.out" 2>&1 || {
		cat "$TMP/quickstart.out" >&2
		bail "the stack does not start"
	}
	. "$STACK/state/env"
}

# A state as quickstart leaves it when it has made the database (pg_seed).
stack_seed() {
	mkdir -m 755 "$STACK/state" || return 1
	[ "$(id -u)" != 0 ] ||
		chown "$("$abs_top_srcdir/t/lib/service-user.sh" name):" "$STACK/state"
	svc touch "$STACK/state/.autostack-state" &&
		svc cp -R "$AS_PG/seed/data" "$STACK/state/pg"
}

stack_end() {
	stack_quickstart --stop >/dev/null 2>&1
	[ -z "$STACK_KEEP" ] || return 0
	if [ "$(id -u)" != 0 ] && ! rm -rf "$STACK" 2>/dev/null; then
		# what build slots left belongs to subordinate ids
		unshare --map-auto --map-root-user rm -rf "$STACK"
	fi
	rm -rf "$STACK"
}

fetch_url() { # URL CURL-ARG...
	# curl leaves the files of the answer before when there is nothing to write
	: >"$BODY"
	: >"$HEADERS"
	STATUS=$(curl -sS -m 60 --noproxy '*' --cacert "$AUTOSTACK_CA" \
		-o "$BODY" -D "$HEADERS" -w '%{http_code}' "$@" 2>"$TMP/curl.err") ||
		diag "curl: $(cat "$TMP/curl.err")"
}

call() { # METHOD PATH [JSON] [CURL-ARG]...
	stack_method=$1
	stack_path=$2
	stack_json=${3-}
	shift 2
	[ $# -eq 0 ] || shift
	[ -z "$TOKEN" ] || set -- -H "Authorization: Bearer $TOKEN" "$@"
	[ -z "$stack_json" ] ||
		set -- -H 'Content-Type: application/json' --data-binary "$stack_json" "$@"
	[ "$stack_method" = GET ] || set -- -X "$stack_method" "$@"
	fetch_url "$AUTOSTACK_URL$stack_path" "$@"
}

site() { # NAME PATH [CURL-ARG]...
	# shellcheck disable=SC2059 # the pattern holds the %s
	stack_path=$(printf "$AUTOSTACK_SITES" "$1")$2
	shift 2
	fetch_url "$stack_path" "$@"
}

jget() { gojq -r "$1" "$BODY" 2>/dev/null; }
field() { sed -n "s/^$1: *//Ip" "$HEADERS" | tr -d '\r'; }

stack_user() {
	TOKEN=
	call POST /api/auth/signup "{\"name\":\"$1\",
		\"email\":\"$1@example.org\",\"password\":\"correct horse $1\"}"
	TOKEN=$(jget '.accessToken // empty')
	[ -n "$TOKEN" ] || bail "signup: $STATUS $(cat "$BODY")"
}

stack_url() { echo "$AUTOSTACK_URL/git/$1.git"; }

stack_git() {
	svc git -c user.name=Ada -c user.email=ada@example.org \
		-c init.defaultBranch=main -c core.hooksPath=/dev/null "$@"
}
stack_repo() {
	stack_git init -q --bare "$AUTOSTACK_STATE/git/$1.git" &&
		stack_git init -q "$STACK/trees/$1" &&
		stack_git -C "$STACK/trees/$1" remote add origin \
			"$AUTOSTACK_STATE/git/$1.git"
}
stack_file() {
	# shellcheck disable=SC2016 # the inner shell expands
	svc sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1"' sh "$STACK/trees/$1/$2"
}
stack_commit() {
	stack_git -C "$STACK/trees/$1" add -A &&
		stack_git -C "$STACK/trees/$1" commit -q --allow-empty -m "$2" &&
		stack_git -C "$STACK/trees/$1" push -q origin HEAD:main
}

stack_deploy() { # REPO [FIELDS]
	call POST /api/deployments "{\"repository\":\"$(stack_url "$1")\",
		\"branch\":\"main\"${2:+,$2}}"
	DEPLOYMENT=$(jget '.id // empty')
	[ -n "$DEPLOYMENT" ] || {
		diag "POST /api/deployments: $STATUS $(cat "$BODY")"
		return 1
	}
}
stack_status() {
	call GET "/api/deployments/${1:-$DEPLOYMENT}"
	jget .status
}
stack_ended() {
	case $(stack_status "$1") in
	success | failed | cancelled | superseded) return 0 ;;
	esac
	return 1
}
stack_wait() { # SECONDS [ID]
	wait_for "$1" stack_ended "${2:-$DEPLOYMENT}"
	stack_status "${2:-$DEPLOYMENT}"
}

stack_pids() {
	read -r stack_n _ <"$AUTOSTACK_STATE/run/$1.pid" || return 1
	cat "/proc/$stack_n/task/$stack_n/children"
}
