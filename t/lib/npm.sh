# npm.sh - what tests take from npm: each set of packages once, beside the
# build, whoever asks first. Sourced after tap.sh.
#
#   npm_packages NAME PACKAGE@VERSION...   sets NPM_MODULES, their node_modules,
#                 for a link beside the script that imports them
#   npm_locked FOLDER   the same for a folder of the tree that has a
#                 package-lock.json (t/browser)

npm_packages() {
	npm_dir=$abs_top_builddir/t/npm/$1
	shift
	npm_once "$*" npm install --no-save --no-audit --no-fund --ignore-scripts "$@"
}
npm_locked() {
	npm_dir=$abs_top_builddir/t/npm/${1##*/}
	mkdir -p "$npm_dir"
	cp "$abs_top_srcdir/$1"/package*.json "$abs_top_srcdir/$1/.npmrc" "$npm_dir"
	npm_once "$(cat "$npm_dir/package-lock.json")" npm ci --ignore-scripts
}
npm_once() { # WHAT COMMAND...: unless WHAT is what lies there
	npm_what=$1
	shift
	mkdir -p "$npm_dir"
	(
		flock 9
		cd "$npm_dir" || exit
		[ "$npm_what" = "$(cat installed 2>/dev/null)" ] || {
			rm -rf node_modules installed
			HOME=$TMP npm_config_update_notifier=false timeout 400 "$@" >"$TMP/npm.log" 2>&1 &&
				printf '%s\n' "$npm_what" >installed
		}
	) 9>"$npm_dir/lock" || bail "npm: $(tail -n 5 "$TMP/npm.log")"
	NPM_MODULES=$npm_dir/node_modules
}
