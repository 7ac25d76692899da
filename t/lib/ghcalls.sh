# ghcalls.sh - what a worker tells GitHub (t/lib/githubd.pl). Sourced after
# worker.sh and oauth.sh.
#
#   gh_repo OWNER/NAME JSON-MEMBERS   a repository there
#   gh_connect            ada's account is connected; sets $gh_token
#   gh_deploy [PROJECT]   a deployment of a new commit ($sha) that is queued and
#                         that no builder takes; sets $d. $target: its target
#   gh_moves STATUS       of $d
#   gh_ends STATUS STATE WORDS   one that ends so, and what GitHub hears
#   gh_settled ID         waits until none of its calls waits
#   gh_calls ID           "EVENT STATUS ATTEMPTS" of each, in order
#   gh_row ID COLUMNS     of its newest call
#   gh_said               all statuses that GitHub has taken, a line each
#   gh_asked WORD         requests whose path has the word
#   gh_count              how many statuses were asked for
#   gh_odd [HOW]          GitHub does so with all statuses of ada/shop; nothing:
#                         as it should
#   gh_answer STATUS BODY [HEADERS]   or answers so
#   gh_due                what waits is due now
#   gh_put_off ID N       whether its newest call waits after N attempts
#   gh_quiet              all deployments end, and nothing waits

ADA=00000000-0000-4000-8000-00000000000a
BOB=00000000-0000-4000-8000-00000000000b

gh_repo() {
	mkdir -p "$GITHUB/repos"
	echo "{$2}" >"$GITHUB/repos/$(echo "$1" | tr / ,).json"
}
gh_connect() {
	gh_token=gho_$(tr -dc A-Za-z0-9 </dev/urandom | head -c 36)
	: >"$GITHUB/token.$gh_token"
	sql "INSERT INTO users (id, name, email) VALUES ('$BOB', 'bob', 'bob@example.com') ON CONFLICT DO NOTHING;
		DELETE FROM github_connections;
		INSERT INTO github_connections (user_id, github_id, login, token_sealed, scopes, base_url) VALUES ('$ADA', '42', 'ada',
			'$(printf %s "$gh_token" | "$abs_top_builddir/t/helper/seal" "$TMP/secret" "github:$ADA:token")',
			'admin:repo_hook,repo', '$GITHUB_URL')"
}

# A commit that nobody asks for: the worker must not take it before the test
# says so, which a cancel that was asked for sees to.
gh_n=0
gh_deploy() {
	gh_n=$((gh_n + 1))
	sha=$(printf 'b%039d' $gh_n)
	d=$(cat /proc/sys/kernel/random/uuid)
	sql "INSERT INTO deployments (id, project_id, user_id, repository, branch, target, commit_wanted, cancel_requested_at)
		SELECT '$d', id, user_id, repository, 'main', '${target:-production}', '$sha', now() FROM projects WHERE name = '${1:-shop}'" ||
		bail "no deployment"
}
gh_moves() {
	case $1 in
	building) gh_set="attempt = 1, lease_owner = 'x', lease_until = now() + interval '1 h', started_at = now() - interval '75 s'" ;;
	deploying) gh_set="deploying_at = now()" ;;
	*) gh_set="completed_at = coalesce(started_at, now() - interval '75 s') + interval '75 s', lease_owner = NULL, lease_until = NULL, error = 'canary'" ;;
	esac
	sql "UPDATE deployments SET status = '$1', $gh_set WHERE id = '$d'" || bail "$1"
}
gh_ends() {
	gh_deploy shop
	[ "$1" != failed ] || gh_moves building
	gh_moves "$1"
	gh_settled "$d"
	is "$(gh_said | tail -n 1 | gojq -c '[.sha, .state, .description]')" "[\"$sha\",\"$2\",\"$3\"]" "PEER-15 $1 is $2"
}

gh_none_waits() { [ "$(sql "SELECT count(*) FROM github_calls WHERE deployment_id = '$1' AND status = 'waiting'")" = 0 ]; }
gh_settled() { wait_for 30 gh_none_waits "$1" || { diag "$(gh_calls "$1")"; return 1; }; }
gh_calls() {
	sql "SELECT string_agg(concat_ws(' ', event, status, attempts), '|' ORDER BY seq) FROM github_calls WHERE deployment_id = '$1'"
}
gh_row() { sql "SELECT $2 FROM github_calls WHERE deployment_id = '$1' ORDER BY seq DESC LIMIT 1"; }
gh_leased() { [ "$(sql "SELECT count(*) FROM github_calls WHERE deployment_id = '$1' AND lease_until > now()")" = 1 ]; }
gh_dropped() { [ "$(sql "SELECT count(*) FROM github_calls WHERE deployment_id = '$1' AND status = 'dropped'")" -gt 0 ]; }
gh_put_off() { [ "$(gh_row "$1" "error IS NOT NULL AND attempts = $2 AND lease_until IS NULL")" = t ]; }
gh_said() { cat "$GITHUB/statuses/ada,shop"; }
gh_asked() { gojq -c "select(.path | contains(\"/$1\"))" "$GITHUB/requests"; }
gh_count() { grep -c '"path":"[^"]*/statuses/' "$GITHUB/requests" || true; }
gh_odd() {
	: >"$GITHUB/odd.new"
	gh_i=$gh_n
	while [ -n "${1:-}" ] && [ $gh_i -le $((gh_n + 1)) ]; do
		printf '/repos/ada/shop/statuses/b%039d %s\n' $gh_i "$1" >>"$GITHUB/odd.new"
		gh_i=$((gh_i + 1))
	done
	mv "$GITHUB/odd.new" "$GITHUB/odd"
}
gh_answer() {
	{
		printf 'HTTP/1.1 %s\r\n' "$1"
		[ -z "${3:-}" ] || echo "$3" | sed 's/$/\r/'
		printf 'Connection: close\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' "${#2}" "$2"
	} >"$GITHUB/odd.http"
	gh_odd odd.http
}
gh_due() {
	sql "UPDATE github_calls SET next_at = now() - interval '1 s', lease_until = NULL WHERE status = 'waiting';
		NOTIFY autostack, 'hook:x'"
}
gh_quiet() {
	sql "UPDATE deployments SET status = 'cancelled', completed_at = now(), lease_owner = NULL, lease_until = NULL
			WHERE status IN ('queued', 'building', 'deploying');
		UPDATE github_calls SET status = 'dropped', ended_at = now(), lease_until = NULL WHERE status = 'waiting'"
}
