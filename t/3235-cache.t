#!/bin/sh
# The build caches of all projects together: what was used longest ago goes when
# they take more than build_cache_max, or when the disk is full.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_cache_max=2560K
mkdir -p "$TMP/site"
repo site
for name in a b c; do
	project $name "$GIT/site.git" output_dir=dist 'build_command=mkdir dist; echo x >dist/index.html
		[ -e /cache/fill ] || head -c 1M /dev/urandom >/cache/fill'
	eval "$name=$project"
done
# the slot is cleared after the deployment has ended
is_back() { eval "[ -e \"$STATE/builds/cache/\$$1/size\" ]"; }
built() { # NAME: build it, and say what cache it had
	deploy "$1"
	[ "$(final "$id")" = success ] || bail "$1: $(field "$id" error)"
	wait_for 30 is_back "$1" || bail "$1: its cache does not come back"
	the_log "$id" | grep 'Build cache'
}
caches() { # prints the names of the projects that have one
	for name in a b c; do
		eval "[ ! -e \"$STATE/builds/cache/\$$name/c/fill\" ]" || printf %s $name
	done
}
have() { [ "$(caches)" = "$1" ]; }
removed() { grep -c "cache.removed.*$1" "$WORKER_LOG"; }
is_gone() { [ ! -e "$STATE/builds/old-cache" ]; }
worker_up

like "$(built a)" 'empty' "a project's first build has no cache"
like "$(built b)" 'empty' "nor has another's"
like "$(built a)" 'that of the last build' "the next one has"
size=$(cat "$STATE/builds/cache/$a/size")
[ "$size" -ge 1048576 ] && [ "$size" -lt 1200000 ]
ok $? "what it takes is noted beside it" || diag "$size"
is "$(caches)" ab "both fit"
like "$(built c)" 'empty' "a third one does not"
try "what was used longest ago makes room" wait_for 20 have ac
is "$(removed "$b")" 1 "the log says so once"
try "nothing of it is left" wait_for 10 is_gone
like "$(built a)" 'that of the last build' "what stays is used by the next build"
like "$(built b)" 'empty' "what went is begun anew"
try "in the place of another" wait_for 20 have ab
is "$(removed "$a")" 0 "which is never the one in use"

if developer_only "a cache whose project is being built"; then
	# a's was used longest ago, and a build has not come to it yet
	touch "$CRASH/claimed.pause"
	deploy a
	first=$id
	wait_for 20 test -e "$CRASH/claimed.paused" || bail "no pause"
	like "$(built c)" 'empty' "while a project waits for its build, another has one"
	try "its cache is not taken from it" wait_for 20 have ac
	rm "$CRASH/claimed.paused"
	is "$(final "$first")" success "its build goes on"
	try "and it comes back" wait_for 30 is_back a
	like "$(the_log "$first")" 'Build cache: that of the last build' "with its cache"

	# a worker that dies while it removes one
	touch "$CRASH/cache-out.job"
	like "$(built b)" 'empty' "the worker dies over a removal"
	dead() { [ ! -e "$CRASH/cache-out.job" ]; }
	wait_for 20 dead || bail "nobody died"
	is "$(caches)" ab "nobody finds half a cache then"
	try "the rest of it goes all the same" wait_for 20 is_gone
	is "$(caches)" ab "and no other does"
fi

worker_again build_disk_free=100
try "PEER-4 a full disk takes all of them" wait_for 20 have ""
try "nothing is left" wait_for 10 is_gone
is "$(ls "$STATE/builds/cache")" "" "not even a size"
worker_down
done_testing
