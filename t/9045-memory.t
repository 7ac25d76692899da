#!/bin/sh
# What Autostack itself takes of the machine's memory, as a package has it:
# built without sanitizers, all of it running, after it has worked.
. "$(dirname "$0")/lib/tap.sh"

# ./run-tests has it run in a build without sanitizers
if [ -n "$AS_DEVELOPER" ]; then
	abs_top_builddir=$TMP/build
	mkdir "$abs_top_builddir"
	(cd "$abs_top_builddir" && "$abs_top_srcdir/configure" --prefix=/usr \
		--sysconfdir=/etc --localstatedir=/var) >configure.out 2>&1 ||
		bail "configure: $(tail -n 5 configure.out)"
	make -s -C "$abs_top_builddir" -j"$(nproc)" >make.out 2>&1 ||
		bail "make: $(tail -n 5 make.out)"
	chmod 755 "$TMP"
fi
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start api_processes=4
stack_user ada
stack_repo site
echo page | stack_file site index.html
stack_commit site first
stack_deploy site '"outputDir":"."'
is "$(stack_wait 60)" success "it has deployed a site"
for i in $(seq 100); do
	call GET "/api/deployments?limit=50"
done
is "$STATUS" 200 "and answered requests"

# processes_of SERVICE...: of the whole session that quickstart has started
processes_of() {
	for service; do
		read -r pid _ <"$AUTOSTACK_STATE/run/$service.pid"
		ps -s "$pid" -o pid=
	done
}
for p in $(processes_of api ws worker); do
	awk -v n="$(cat "/proc/$p/comm")" '/^Pss:/ { print n, $2 }' "/proc/$p/smaps_rollup"
done >pss
for program in autostack-api autostack-ws autostack-worke; do
	isnt "$(grep -c "^$program" pss)" 0 "$program is counted"
done
pss=$(awk '{ s += $2 } END { print int(s / 1024) }' pss)
[ "$pss" -gt 0 ] && [ "$pss" -le 40 ]
ok $? "PEER-12 API, WebSockets and worker take $pss MiB, of 40, with what supervises them" ||
	diag "$(cat pss)"
# a third of a MiB in each that nobody asked for
initializes=
for p in $(processes_of api ws worker); do
	tr '\0' '\n' <"/proc/$p/environ" | grep -qx GNUTLS_NO_IMPLICIT_INIT=1 ||
		initializes="$initializes $(cat "/proc/$p/comm")"
done
is "$initializes" "" "PEER-12 none of them has GnuTLS initialize itself"
done_testing
