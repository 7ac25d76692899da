#!/bin/sh
# Signing in with Google in a real browser: the button, the provider's own pages,
# the way back, no said there, an account that is linked and unlinked. Google is
# oidc-provider from npm.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
AS_LOG=$TMP/log
. "$abs_top_srcdir/t/lib/oauth.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

oidc_start
chmod 711 "$TMP" "$OIDC"
[ "$(id -u)" != 0 ] ||
	chown "$("$abs_top_srcdir/t/lib/service-user.sh" name)" "$OIDC_SECRET"
stack_start "google_issuer=$OIDC_URL" google_client_id=test-google "google_client_secret=$OIDC_SECRET" \
	"oauth_ca_file=$OIDC/cert.pem" oauth_timeout=15s
stack_user ada

browser google
