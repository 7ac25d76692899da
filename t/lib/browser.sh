# browser.sh - the panel in a real browser: Debian's chromium, driven by
# playwright-core from npm. Sourced after stack.sh.
#
#   browser SCRIPT [ARG]...   runs t/browser/SCRIPT.mjs, which prints TAP itself,
#                 and ends the test with its outcome

. "$abs_top_srcdir/t/lib/npm.sh"

browser() {
	npm_locked t/browser
	br_script=$1
	shift
	# imports are looked for beside the script: it runs where they are
	rm -rf "$TMP/browser"
	mkdir -p "$TMP/browser/t/browser" "$TMP/browser/web/src/app"
	cp "$abs_top_srcdir"/t/browser/*.mjs "$TMP/browser/t/browser"
	cp "$abs_top_srcdir/web/src/app/pages.tsx" "$TMP/browser/web/src/app"
	ln -s "$NPM_MODULES" "$TMP/browser/t/browser/node_modules"
	tap_ended=1
	# where the locale is none, chromium finds no file whose name is not ASCII
	(cd "$TMP/browser/t/browser" && HOME=$TMP LC_ALL=C.UTF-8 NODE_EXTRA_CA_CERTS=$AUTOSTACK_CA \
		node "$br_script.mjs" "$@")
	exit $?
}
