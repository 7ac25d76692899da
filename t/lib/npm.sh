# npm.sh - what tests take from npm: each set of packages once, beside the
# build, whoever asks first. Sourced after tap.sh.
#
#   npm_packages NAME PACKAGE@VERSION...   sets NPM_MODULES, their node_modules,
#                 for a link beside the script that imports them
#   npm_locked FOLDER   the same for a folder of the tree that has a
#                 package-lock.json (t/browser)

npm_packages() {
	npm_name=$1
	shift
	npm_once "$npm_name" "$*" npm_install "$@"
}
npm_locked() {
	npm_once "${1##*/}" "$(cat "$abs_top_srcdir/$1/package-lock.json")" npm_ci "$1"
}
npm_install() {
	timeout 400 npm install --no-save --no-audit --no-fund --ignore-scripts --prefix . "$@"
}
npm_ci() {
	cp "$abs_top_srcdir/$1"/package*.json "$abs_top_srcdir/$1/.npmrc" . &&
		timeout 400 npm ci --ignore-scripts
}
# Unless WHAT lies there already, the command runs there, with nobody beside it.
npm_once() { # NAME WHAT COMMAND...
	npm_dir=$abs_top_builddir/t/npm/$1
	npm_what=$2
	shift 2
	mkdir -p "$npm_dir"
	(
		flock 9
		cd "$npm_dir" || exit
		[ "$npm_what" != "$(cat installed 2>/dev/null)" ] || exit 0
		rm -rf node_modules installed
		export HOME="$TMP" npm_config_update_notifier=false
		"$@" >"$TMP/npm.log" 2>&1 && printf '%s\n' "$npm_what" >installed
	) 9>"$npm_dir/lock" || bail "npm: $(tail -n 5 "$TMP/npm.log")"
	NPM_MODULES=$npm_dir/node_modules
}
