# shellcheck shell=bash disable=SC2034,SC2154,SC2015 # shares variables with the other parts
# sample.sh - the sample site: a git repository in the state, served over
# smart HTTP, deployed by the demo user through the real API. Sourced by
# ./quickstart.

sample_git() {
	as_user git -c user.name=Autostack -c user.email=sample@localhost \
		-c init.defaultBranch=main -c advice.detachedHead=false "$@"
}

make_sample_repository() {
	[ -d "$state/git/sample.git" ] && return
	local work=$state/tmp/sample
	as_user rm -rf "$work" "$state/git/sample.new"
	as_user mkdir -p "$work"
	tar -C "$top/src/quickstart/sample-site" -cf - . | as_user tar -C "$work" -xf - &&
		sample_git -C "$work" init -q &&
		sample_git -C "$work" add -A &&
		sample_git -C "$work" commit -q -m 'A small site made by Eleventy' &&
		sample_git clone -q --bare "$work" "$state/git/sample.new" &&
		sample_git -C "$state/git/sample.new" config http.receivepack true &&
		as_user mv "$state/git/sample.new" "$state/git/sample.git" ||
		die "cannot make the sample repository"
	as_user rm -rf "$work"
}

# api METHOD PATH [JSON]
api() {
	curl -sS -m 30 --noproxy '*' --cacert "$state/tls/ca.pem" -X "$1" \
		${token:+-H "Authorization: Bearer $token"} \
		${3:+-H 'Content-Type: application/json' --data-binary "$3"} \
		"https://localhost:$https_port/api$2"
}

sample_answers() {
	curl -fsS -m 10 --noproxy '*' --cacert "$state/tls/ca.pem" -o /dev/null \
		"$sample_url"
}

# Sets deployment once it is final. Asks once a second: a user may send 100
# requests a minute, and this one signs in to the panel next.
deployment_ended() { # ID
	sleep 1
	deployment=$(api GET "/deployments/$1")
	case $(jq -r .status <<<"$deployment") in
	success | failed | cancelled | superseded) ;;
	*) return 1 ;;
	esac
}

# Sets sample_url. False, with the reason, when the site does not come up.
deploy_sample() {
	local token='' answer id site
	make_sample_repository
	sample_url=https://sample.localhost:$https_port
	sample_answers 2>/dev/null && return
	say "Deploying the sample site ..."
	answer=$(api POST /auth/login \
		'{"email":"test@example.com","password":"testpass123"}')
	token=$(jq -r '.accessToken // empty' <<<"$answer")
	[ -n "$token" ] || { say "The demo login fails: $answer"; return 1; }
	answer=$(api POST /deployments "{
		\"repository\": \"https://localhost:$https_port/git/sample.git\",
		\"branch\": \"main\", \"buildCommand\": \"npm run build\",
		\"outputDir\": \"_site\"}")
	id=$(jq -r '.id // empty' <<<"$answer")
	[ -n "$id" ] || { say "The deployment is refused: $answer"; return 1; }
	wait_until 900 deployment_ended "$id"
	if [ "$(jq -r .status <<<"$deployment")" != success ]; then
		say "The sample site did not deploy: $(jq -r '.error // .status' <<<"$deployment")"
		api GET "/deployments/$id/logs?limit=100" |
			jq -r '.logs[-15:][].message' | sed 's/^/    /'
		return 1
	fi
	site=$(jq -r '.url // empty' <<<"$deployment")
	sample_url=${site:-$sample_url}
	wait_until 10 sample_answers || { say "$sample_url does not answer"; return 1; }
}
