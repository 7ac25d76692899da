#!/bin/sh
# Accounts in a real browser: signing up, mails and their links, passwords, API
# keys, deploy hooks, sessions, notifications, export, the end; and what managers
# and administrators do with the accounts of others.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"
. "$abs_top_srcdir/t/lib/smtp.sh"
. "$abs_top_srcdir/t/lib/hook.sh"
. "$abs_top_srcdir/t/lib/browser.sh"

smtp_tls hook IP:127.0.0.1
hook_up hook --cert "$TMP/tls/hook.pem" --key "$TMP/tls/hook.key"
chmod 711 "$TMP"
stack_start hook_private=127.0.0.1 "hook_ca_file=$TMP/tls/ca.pem" hook_attempts=1
stack_repo site
echo '<h1>one</h1>' | stack_file site index.html
stack_commit site first
svc sh -c 'printf "adminpass of root\n" | "$@"' sh "$AUTOSTACK_STATE/inst/usr/bin/autostack" -c "$AUTOSTACK_CONF" \
	admin create root@example.org Root admin >"$TMP/admin.out" 2>&1 || bail "no administrator: $(cat "$TMP/admin.out")"

browser account "$(stack_url site)" "https://127.0.0.1:$HOOK_PORT" "$TMP/hook"
