# oauth.sh - a GitHub-shaped server for tests of signing in. Sourced after
# api.sh, or after stack.sh with AS_LOG set.
#
#   oauth_github_start   starts t/lib/githubd.pl; sets GITHUB (its directory)
#                        and GITHUB_URL
#   oauth_settings       prints the settings that go with it, for api_start
#   oauth_stack_start [SETTING]...   a whole stack (t/lib/stack.sh) with it
#
# Oauth.pm is the browser.

GITHUB=$TMP/github
export GITHUB GITHUB_URL

oauth_github_start() {
	mkdir -p "$GITHUB"
	perl "$abs_top_srcdir/t/lib/githubd.pl" "$GITHUB" "$TMP/github.port" \
		2>"$AS_LOG.github" &
	defer "kill $! 2>/dev/null"
	wait_for 20 test -s "$TMP/github.port" || bail "githubd.pl does not start"
	GITHUB_URL=http://127.0.0.1:$(cat "$TMP/github.port")
	(umask 077 && printf %s 'canary-github-secret' >"$TMP/github.secret")
	printf '%s' '{"client_id":"Iv1.test","client_secret":"canary-github-secret",
		"redirect_uri":"https://localhost/api/auth/github/callback"}' \
		>"$GITHUB/app.json"
}
oauth_settings() {
	printf '%s\n' "github_url=$GITHUB_URL" "github_api_url=$GITHUB_URL" \
		github_client_id=Iv1.test "github_client_secret=$TMP/github.secret"
}
oauth_stack_start() {
	oauth_github_start
	chmod 711 "$TMP"
	[ "$(id -u)" != 0 ] ||
		chown "$("$abs_top_srcdir/t/lib/service-user.sh" name)" "$TMP/github.secret"
	# shellcheck disable=SC2046 # a list of settings
	stack_start $(oauth_settings) git_schemes=https,http \
		git_private=localhost,127.0.0.1 "$@"
	gojq -c ".redirect_uri = \"$AUTOSTACK_URL/api/auth/github/callback\"" \
		"$GITHUB/app.json" >"$GITHUB/app.new"
	mv "$GITHUB/app.new" "$GITHUB/app.json"
	mkdir -p "$GITHUB/repos" "$GITHUB/lists"
}
