# crash.sh - for tests that kill parts of a deployment at every step. Sourced
# after worker.sh.
#
#   STEPS_TO_LIVE  the places in src/worker that crash_point() names, in order,
#                  up to the switch
#   STEPS_LIVE     those behind it
#   crash_init     a site with a build command that is live, and a reader that
#                  looks at it all the time ($TMP/reader.bad: what it saw)
#   crash_deploy STEP.WHAT...   changes the repository and deploys; each of these
#                  happens when the deployment comes there for the first time
#   crash_good TEXT ATTEMPTS    the deployment ended once and for all, as a
#                  success, in so many attempts
#   crash_over     the reader's verdict

STEPS_TO_LIVE='claimed clone cloned install build built deploying copied switched'
STEPS_LIVE='ending succeeded ended'

crash_init() {
	mkdir -p "$TMP/site"
	crash_n=0
	echo 0 >"$TMP/site/a.html"
	repo site
	project site "$GIT/site.git" install_command=true output_dir=dist \
		'build_command=mkdir dist; cp a.html dist/index.html; cp a.html dist/b.html'
	deploy site
	is "$(final "$id")" success "a site is live" || diag "$(the_log "$id")"
	# two files of one release always agree, and there always is one
	perl -e '
		my ($dir, $seen) = @ARGV;
		my $good = 0;
		my %new;
		sub slurp {
			open(my $f, "<", shift) or return "gone";
			my $text = <$f>;
			return $text // "";
		}
		while (1) {
			my $to = readlink("$dir/current") // "none";
			my ($x, $y) = map { slurp("$dir/$to/$_.html") } qw(index b);
			print "$to: $x $y\n" if $x ne $y || $x !~ /^\d+\n$/;
			if (!$new{$x}++) { open(my $f, ">>", $seen); print $f $x }
			select(undef, undef, undef, 0.002);
		}' "$STATE/sites/site" "$TMP/reader.seen" >"$TMP/reader.bad" &
	crash_reader=$!
	defer "kill $crash_reader 2>/dev/null"
}

crash_deploy() {
	crash_n=$((crash_n + 1))
	echo $crash_n >"$TMP/site/a.html"
	repo site
	for crash_at; do
		touch "$CRASH/$crash_at"
		chmod 666 "$CRASH/$crash_at"
	done
	deploy site
}

crash_good() {
	is "$(final "$id" 120)" success "SB-13 $1: ends as a success" ||
		diag "$(field "$id" 'error, attempt') $(the_log "$id") $(tail -n 20 "$WORKER_LOG")"
	is "$(deployed site index.html)" $crash_n "SB-13 $1: its content is live"
	is "$(field "$id" "concat_ws(' ', lease_owner IS NULL, completed_at IS NOT NULL, attempt,
		log_seq = (SELECT count(*) FROM deployment_logs l WHERE l.deployment_id = deployments.id),
		log_seq = (SELECT max(seq) FROM deployment_logs l WHERE l.deployment_id = deployments.id),
		(SELECT live_deployment_id FROM projects WHERE name = 'site') = id)")" \
		"t t $2 t t t" "SB-13 $1: the row and the log are whole, of attempt $2"
	try "SB-13 $1: nothing of it is left" wait_for 10 crash_clean ||
		diag "$(ls -R "$STATE/builds"; slot_tasks; find "$STATE/sites" -name '*.tmp')"
}
crash_clean() {
	no_slot_tasks && [ ! -d "$STATE/builds/slot-0" ] &&
		[ -z "$(find "$STATE/sites" -name '*.tmp')" ]
}

crash_over() {
	kill $crash_reader
	is "$(tail -n 1 "$TMP/reader.seen")" $crash_n "the reader has seen the releases"
	is "$(head -n 5 "$TMP/reader.bad")" "" "SB-13 no half-published site was ever seen"
	is "$(sql "SELECT count(*) FROM deployments WHERE status NOT IN ('success')")" 0 \
		"SB-13 no deployment is lost or stuck"
	worker_down
	unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed' \
		"the worker's log is clean" || diag "$(grep -v claimed "$WORKER_LOG" | tail)"
}
