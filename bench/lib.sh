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
	[ -z "$stack" ] || "$top/quickstart" --stop --state "$stack" >/dev/null
	[ -z "$stack" ] || rm -rf "$(readlink -f "$stack")" "$stack"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# bench_stack FLAG...: starts it and reads its env; ends with the script.
bench_stack() {
	stack=$work/state
	"$top/quickstart" --detach --state "$stack" --https-port "${PORT:-18443}" \
		--http-port $((${PORT:-18443} - 1)) \
		--set auth_rate_per_minute=60000 --set rate_per_minute=10000000 \
		--set deploys_per_hour=100000 "$@" >"$work/quickstart.log" 2>&1 || {
		tail -n 5 "$work/quickstart.log" >&2
		die "quickstart failed"
	}
	# shellcheck source=/dev/null
	. "$stack/env"
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

# percentile P: of the numbers on standard input, one a line (nearest rank)
percentile() {
	sort -n | awk -v p="$1" '{ v[NR] = $1 }
		END { i = int(NR * p / 100 + 0.999999); print v[i < 1 ? 1 : i] }'
}
