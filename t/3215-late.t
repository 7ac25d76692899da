#!/bin/sh
# A sandbox that was not ready in time ran nothing: the step is begun again, and
# the deployment does not fail for it, unless that happens every time.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_slots=1
mkdir -p "$TMP/site"
echo ok >"$TMP/site/index.html"
repo site

# In front of the real one: as many of its runs are late as $TMP/late has lines.
mv "$TMP/bin/autostack-sandbox" "$TMP/bin/real-sandbox"
cat >"$TMP/bin/autostack-sandbox" <<END
#!/usr/bin/perl
if (\$ARGV[0] eq 'run' && -s '$TMP/late') {
	open(my \$f, '+<', '$TMP/late') or die;
	my @left = <\$f>;
	shift @left;
	seek(\$f, 0, 0);
	truncate(\$f, 0);
	print \$f @left;
	open(my \$status, '>&=', 4) or die;
	print \$status "late the sandbox was not ready in 20 s: slirp4netns did not answer for 19000 ms\\n";
	exit 70;
}
exec '$TMP/bin/real-sandbox', @ARGV or die;
END
chmod 755 "$TMP/bin/autostack-sandbox"
late() { # N
	seq "$1" >"$TMP/late"
	chmod 666 "$TMP/late"
}
worker_up

late 2
builds "$GIT/site.git" once install_command=true
is "$status" success "late twice, then ready: the deployment succeeds" || diag "$error $(the_log "$id")"
is "$(the_log "$id" | grep -c 'Trying again: .*slirp4netns did not answer')" 2 "its log says what was tried again"
is "$(deployed once index.html)" ok "and the site is there"

late 100
builds "$GIT/site.git" never
is "$status" failed "late every time: failed"
like "$error" '^the build sandbox cannot be set up, so nothing was run: .*not ready in 20 s: slirp4netns' "with the part that was late"
is "$(the_log "$id" | grep -c 'Trying again')" 2 "after three tries"
worker_down
done_testing
