# browser.sh - the panel in a real browser: Debian's chromium, driven by
# playwright-core from npm. Sourced after stack.sh.
#
#   browser SCRIPT [ARG]...   runs t/browser/SCRIPT.mjs, which prints TAP itself,
#                 and ends the test with its outcome

# What the scripts import comes once for all tests, beside the build.
browser_packages() {
	br_dir=$abs_top_builddir/t/browser
	mkdir -p "$br_dir"
	(
		flock 9
		cmp -s "$abs_top_srcdir/t/browser/package-lock.json" "$br_dir/installed.json" || {
			cp "$abs_top_srcdir"/t/browser/package*.json "$abs_top_srcdir/t/browser/.npmrc" "$br_dir" &&
				(cd "$br_dir" && HOME=$TMP timeout 300 npm ci --ignore-scripts) >"$TMP/npm.log" 2>&1 &&
				cp "$br_dir/package-lock.json" "$br_dir/installed.json"
		}
	) 9>"$br_dir/lock" || bail "npm: $(tail -n 5 "$TMP/npm.log")"
}

browser() {
	browser_packages
	br_script=$1
	shift
	# imports are looked for beside the script: it runs where they are
	rm -rf "$TMP/browser"
	mkdir -p "$TMP/browser/t/browser" "$TMP/browser/web/src/app"
	cp "$abs_top_srcdir"/t/browser/*.mjs "$TMP/browser/t/browser"
	cp "$abs_top_srcdir/web/src/app/pages.tsx" "$TMP/browser/web/src/app"
	ln -s "$br_dir/node_modules" "$TMP/browser/t/browser/node_modules"
	tap_ended=1
	# where the locale is none, chromium finds no file whose name is not ASCII
	(cd "$TMP/browser/t/browser" && HOME=$TMP LC_ALL=C.UTF-8 NODE_EXTRA_CA_CERTS=$AUTOSTACK_CA \
		node "$br_script.mjs" "$@")
	exit $?
}
