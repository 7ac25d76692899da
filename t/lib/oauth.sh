# oauth.sh - providers for tests of signing in: a GitHub-shaped server, and one
# of OpenID Connect, as Google is. Sourced after api.sh, or after stack.sh with
# AS_LOG set.
#
#   oauth_github_start   starts t/lib/githubd.pl; sets GITHUB (its directory)
#                        and GITHUB_URL
#   oauth_settings       prints the settings that go with it, for api_start
#   oauth_stack_start [SETTING]...   a whole stack (t/lib/stack.sh) with it
#   oidc_start           starts t/lib/oidc.mjs with oidc-provider from npm, at a
#                        version that Debian's nodejs runs; sets OIDC (its
#                        directory), OIDC_URL (the issuer) and OIDC_SECRET (the
#                        file with the client secret). Its input is descriptor 9
#
# Oauth.pm is the browser.

. "$abs_top_srcdir/t/lib/npm.sh"

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
oidc_start() {
	OIDC=$TMP/oidc
	export OIDC OIDC_URL
	mkdir "$OIDC"
	npm_packages oidc oidc-provider@8.8.1
	ln -s "$NPM_MODULES" "$OIDC/node_modules"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$OIDC/key.pem" \
		-out "$OIDC/cert.pem" -days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
	cp "$abs_top_srcdir/t/lib/oidc.mjs" "$OIDC"
	mkfifo "$OIDC/alive"
	(cd "$OIDC" && exec node oidc.mjs "$OIDC" <alive >"$AS_LOG.oidc" 2>&1) &
	defer "kill $! 2>/dev/null"
	exec 9>"$OIDC/alive"
	wait_for 60 test -s "$OIDC/port" ||
		bail "the provider does not start: $(tail "$AS_LOG.oidc")"
	OIDC_URL=https://127.0.0.1:$(cat "$OIDC/port")
	OIDC_SECRET=$TMP/google.secret
	(umask 077 && printf %s canary-google-secret >"$OIDC_SECRET")
}
