#!/bin/sh
# Every bad end: the deployment is failed with an error that names the cause,
# and the site that was live stays live.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init build_slots=2 build_timeout=10000 clone_timeout=15000 \
	build_log_max=200K build_disk_max=60M build_inodes_max=3000 \
	build_memory_max=150M build_pids_max=64 max_build_size=1 max_output_files=50
mkdir -p "$TMP/site/dist" "$TMP/site/sub"
echo ok >"$TMP/site/index.html"
echo built >"$TMP/site/dist/index.html"
echo '{"name":"x"' >"$TMP/site/sub/package.json"
repo site
worker_up

# a site that is live, whose later deployments fail
builds "$GIT/site.git" live
is "$status" success "a site is live" || diag "$error $(the_log "$id")"
base=${GIT%/git}
closed=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')

# All of them wait at once; each is a project of its own, so that slots work
# in parallel. "live" is the project whose site must not change.
n=0
bad() { # DESCRIPTION ERROR-REGEX REPOSITORY [COLUMN=VALUE]...
	n=$((n + 1))
	printf '%s\n' "$1" >"$TMP/bad.$n.text"
	printf '%s\n' "$2" >"$TMP/bad.$n.regex"
	bad_repo=$3
	shift 3
	project "bad$n" "$bad_repo" "$@"
	deploy "bad$n"
	echo "$id" >"$TMP/bad.$n.id"
}
S=$GIT/site.git
bad "unknown branch" "^the branch 'nope' does not exist in $S" "$S" branch=nope
bad "unknown repository" "^there is no repository at $GIT/none.git" "$GIT/none.git"
bad "private repository" '^the repository .* asked for credentials: it is private or does not exist$' "$base/private/x.git"
bad "unreachable server" '^the server of .* cannot be reached$' "http://127.0.0.1:$closed/x.git"
bad "GIT-4 a redirect is not followed" '^the server of .* redirects to another address' "$base/moved/site.git"
bad "GIT-4 a redirect elsewhere is not followed" '^the server of .* redirects' "$base/away/site.git"
bad "no TLS on the port" '^the server of .* (has a certificate that is not trusted|cannot be reached)' "$(echo "$S" | sed 's/^http/https/')"
bad "SB-9 a server that says nothing" '^the clone took longer than 15 s' "$base/slow/x.git"
bad "unknown host" '^The host .* does not resolve' 'https://no-such-host.invalid/a/b'
bad "WH-3 loopback by another name" 'not allowed' 'https://127.1/a/b'
bad "GIT-1 an address that git would run" 'not allowed' 'ext::sh -c id'
bad "GIT-2 a branch that is no branch name" 'branch name is not allowed' "$S" 'branch=$(id)'
bad "missing root directory" "^the root directory 'nope' does not exist in the repository" "$S" root_dir=nope
bad "a root directory outside" "^the root directory '../..' does not exist" "$S" root_dir=../..
bad "missing output directory" "^the output directory 'out' does not exist after the build; there is: .*dist" "$S" build_command=true output_dir=out
bad "no output found" '^no output directory was found after the build' "$S" 'build_command=rm -rf dist index.html'
bad "an empty output" 'holds no file to publish' "$S" 'build_command=mkdir empty' output_dir=empty
bad "a failing build command" '^the build command failed with exit code 3$' "$S" 'build_command=echo broken; exit 3'
bad "a failing install command" '^the install command failed with exit code 127$' "$S" install_command=no-such-command build_command=true
bad "broken package.json" '^package.json is not a JSON object' "$S" root_dir=sub
bad "SB-9 build over its time" '^the build command took longer than 10 s' "$S" 'build_command=trap "" TERM; sleep 60'
bad "SB-9 a stopped build over its time" 'took longer than 10 s' "$S" 'build_command=kill -STOP $$; sleep 60'
bad "SB-7 build over its memory" '^the build command needed more memory than 150 MB' "$S" \
	'build_command=for i in 1 2 3; do perl -e '\''$x = "x" x 7e7; sleep 20'\'' & done; wait'
bad "SB-7 build over its processes" '^the build command started more than 64 processes' "$S" \
	'build_command=(for i in $(seq 200); do sleep 20 & done); sleep 5; exit 1'
bad "SB-8 build over its disk" '^the build command filled more than 60 MB of disk' "$S" \
	'build_command=for i in 1 2 3 4 5 6 7 8; do head -c 10000000 /dev/zero >f$i; done; sleep 2'
bad "SB-8 one file over the disk" '^the build command wrote a file larger than 60 MB' "$S" \
	'build_command=exec truncate -s 1P sparse'
bad "SB-8 build over its files" '^the build command made more than 3000 files' "$S" \
	'build_command=seq 5000 | xargs touch; sleep 2'
bad "SB-10 build over its log" '^the build printed more than 200 KB of log' "$S" 'build_command=yes | head -c 3000000; sleep 30'
bad "PUB-1 a symlink to outside" '^the output holds a symbolic link that leads out of it: leak' "$S" \
	'build_command=ln -s /etc/passwd dist/leak' output_dir=dist
bad "PUB-1 a symlink upwards" 'symbolic link that leads out of it: a/b' "$S" \
	'build_command=mkdir dist/a; ln -s ../../.. dist/a/b' output_dir=dist
bad "PUB-1 the output itself is a symlink" "^the output directory 'lnk' does not exist" "$S" \
	'build_command=ln -s /etc lnk' output_dir=lnk
bad "output over its size" '^the output is larger than 1 MB' "$S" \
	'build_command=head -c 2000000 /dev/zero >dist/big' output_dir=dist
bad "output with too many files" '^the output has more than 50 files' "$S" \
	'build_command=cd dist; seq 60 | xargs touch' output_dir=dist

i=0
while [ $i -lt $n ]; do
	i=$((i + 1))
	read -r id <"$TMP/bad.$i.id"
	read -r text <"$TMP/bad.$i.text"
	read -r regex <"$TMP/bad.$i.regex"
	status=$(final "$id" 60)
	is "$status" failed "$text: failed" || diag "$(the_log "$id")"
	like "$(field "$id" error)" "$regex" "$text: the error says so" ||
		diag "$(the_log "$id")"
	[ ! -e "$STATE/sites/bad$i/current" ] || is live none "$text: nothing is live"
done
read -r id <"$TMP/bad.18.id"
like "$(the_log "$id")" '^\[[0-9:]*\] broken$' "the output of a failing command is in the log"
like "$(sql "SELECT level || message FROM deployment_logs WHERE deployment_id = '$id' ORDER BY seq DESC LIMIT 1")" \
	'^error\[[0-9:]*\] Deployment failed: the build command failed' "its last line is the error"

like "$(the_log "$id")" '\] limits: [a-z]' "SB-7 the log of a failed build says which limits were in force"

# the site that was live
was=$(readlink "$STATE/sites/live/current")
sql "UPDATE projects SET build_command = 'exit 1' WHERE name = 'live'"
deploy live
is "$(final "$id")" failed "a later deployment of the live site fails"
is "$(deployed live index.html) $(readlink "$STATE/sites/live/current")" "ok $was" \
	"SB-9 the site that was live stays live"
isnt "$(sql "SELECT live_deployment_id FROM projects WHERE name = 'live'")" "$id" \
	"and the project says so"
is "$(find "$STATE/sites" -name '*.tmp')" "" "no half-written release is left"
unlike "$(cat "$GITROOT/requests")" 'moved/.*upload-pack.*POST' "GIT-4 nothing was asked of the other address"
try "SB-2 no process is left" wait_for 5 no_slot_tasks
worker_down
unlike "$(cat "$WORKER_LOG")" 'AddressSanitizer|runtime error|"assert"|job.failed' \
	"no failure was one of ours" || diag "$(grep -v claimed "$WORKER_LOG")"
done_testing
