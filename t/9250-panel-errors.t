#!/bin/sh
# Every error answer of the API, brought about for real where a press can do
# that: said in words at the right place, with a way on, and nothing typed lost.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

stack_start lock_after=3 lock_seconds=15m request_body_max=8192 rate_per_minute=600 deploys_per_hour=20 queued_per_user=1 \
	auth_rate_per_minute=30 api_keys_per_user=1 notification_channels_per_user=1 deploy_hooks_per_project=1 domains_per_project=2
for name in ada bob hasty slow; do stack_user $name; done
for name in root second; do
	svc sh -c 'printf "correct horse %s\n" "$1" | "$2" -c "$3" admin create "$1@example.org" "$1" admin' sh $name \
		"$AUTOSTACK_STATE/inst/usr/bin/autostack" "$AUTOSTACK_CONF" >"$TMP/admin.out" 2>&1 ||
		bail "no administrator: $(cat "$TMP/admin.out")"
done
stack_repo site
echo '<h1>one</h1>' | stack_file site index.html
stack_commit site first

browser errors "$(stack_url site)"
