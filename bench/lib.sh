# lib.sh (bash) - what the benchmarks share: a stack of their own from a plain build
# (no sanitizers), a description of the machine, percentiles. Sourced by bash.

set -eu
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
work=$(mktemp -d /tmp/as-bench.XXXXXX)
chmod 755 "$work"
stack=

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

need() { # COMMAND PACKAGE
	command -v "$1" >/dev/null || die "needs $1 (apt-get install $2)"
}

finish() {
	# readers and viewers go on for ever
	# shellcheck disable=SC2046 # a list
	kill $(jobs -p) 2>/dev/null || true
	[ -z "$stack" ] || "$top/quickstart" --stop --state "$stack" >/dev/null
	[ -z "$stack" ] || rm -rf "$(readlink -f "$stack")" "$stack"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# bench_stack FLAG...: starts it and reads its env; ends with the script.
bench_stack() {
	stack=$work/state
	bench_start "$top" "$stack" "${PORT:-18443}" "$@"
	# shellcheck source=/dev/null
	. "$stack/env"
}

# bench_start TREE STATE PORT FLAG...: what TREE's quickstart starts, on PORT and
# the one before it.
bench_start() {
	local tree=$1 state=$2 port=$3
	shift 3
	"$tree/quickstart" --detach --state "$state" --https-port "$port" \
		--http-port $((port - 1)) \
		--set auth_rate_per_minute=60000 --set rate_per_minute=10000000 \
		--set deploys_per_hour=100000 "$@" >"$work/quickstart.log" 2>&1 || {
		tail -n 5 "$work/quickstart.log" >&2
		die "quickstart failed"
	}
}

# bench_no_worker STATE: ends its worker, where rows that wait for one are only there
# to be counted: 2,000 builds that fail would be measured.
bench_no_worker() {
	local pid rest
	read -r pid rest <"$1/run/worker.pid"
	kill -TERM "$pid"
	while [ -e "/proc/$pid" ]; do sleep 0.1; done
}

api() { # METHOD PATH [JSON]: the answer's body
	curl -sS --fail-with-body --cacert "$AUTOSTACK_CA" -X "$1" \
		${TOKEN:+-H "Authorization: Bearer $TOKEN"} \
		${3:+-H 'Content-Type: application/json' --data "$3"} \
		"$AUTOSTACK_URL$2"
}

sql() { psql -XAtq -v ON_ERROR_STOP=1 "$AUTOSTACK_DB" "$@"; }

machine() {
	printf '%s x %s, %s GiB, Linux %s, PostgreSQL %s, nginx %s\n' "$(nproc)" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		"$(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" \
		"$(uname -r)" "$(psql --version | awk '{ print $3 }')" \
		"$(/usr/sbin/nginx -v 2>&1 | sed 's/.*\///')"
}

# pss: NAME PROCESSES KiB of each program of the stack, of what supervises it
# (multiwatch) and of what is not ours: nginx, PostgreSQL. PSS shares a page
# among all processes of the machine that map it.
pss() {
	local pid exe name here
	here=$(readlink -f "$stack")
	for pid in /proc/[0-9]*; do
		exe=$(readlink "$pid/exe" 2>/dev/null) || continue
		case $(tr '\0' ' ' <"$pid/cmdline" 2>/dev/null) in
		*"$here"*) ;;
		*) case $exe in
			*/postgres) [ "$(readlink "$pid/cwd")" = "$here/pg" ] || continue ;;
			*/nginx) grep -qsF "$here" "/proc/$(awk '$1 == "PPid:" { print $2 }' "$pid/status")/cmdline" || continue ;;
			*) continue ;;
			esac ;;
		esac
		name=$(basename "$exe")
		awk -v n="$name" '/^Pss:/ { print n, $2 }' "$pid/smaps_rollup" 2>/dev/null || true
	done | awk '{ k[$1] += $2; n[$1]++ } END { for (x in k) print x, n[x], k[x] }' | sort
}

# bench_repo NAME: a repository at $AUTOSTACK_URL/git/NAME.git with a work tree
# in $work/NAME; bench_push NAME MESSAGE commits all of that and pushes it.
bench_repo() {
	local repo=$AUTOSTACK_STATE/git/$1.git
	export GIT_SSL_CAINFO=$AUTOSTACK_CA
	as_owner git init -q --bare -b main "$repo"
	as_owner git -C "$repo" config http.receivepack true
	git init -q -b main "$work/$1"
	git -C "$work/$1" config user.name Bench
	git -C "$work/$1" config user.email bench@example.com
}
bench_push() {
	git -C "$work/$1" add -A
	git -C "$work/$1" commit -qm "$2"
	git -C "$work/$1" push -q "$AUTOSTACK_URL/git/$1.git" main
}

# as_owner COMMAND...: as the account that the stack runs as
as_owner() {
	local owner
	owner=$(stat -c %U "$AUTOSTACK_STATE/git/sample.git")
	if [ "$owner" = "$(id -un)" ]; then "$@"; else setpriv --reuid "$owner" \
		--regid "$(id -g "$owner")" --clear-groups "$@"; fi
}

login() { # sets TOKEN
	TOKEN=$(api POST /api/auth/login '{"email":"test@example.com","password":"testpass123"}' | jq -r .accessToken)
}

# deploy REPOSITORY [FIELDS]: queues it, prints its id
deploy() {
	api POST /api/deployments "{\"repository\":\"$AUTOSTACK_URL/git/$1.git\",\"branch\":\"main\"${2:+,$2}}" | jq -r .id
}

# percentile P: of the numbers on standard input, one a line (nearest rank)
percentile() {
	sort -n | awk -v p="$1" '{ v[NR] = $1 }
		END { i = int(NR * p / 100 + 0.999999); print v[i < 1 ? 1 : i] }'
}
