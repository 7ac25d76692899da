#!/bin/sh
# The environment of a build: it arrives, its values show nowhere, and nothing
# of the platform's own is in it.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/worker.sh"
worker_init
mkdir -p "$TMP/site"
echo x >"$TMP/site/index.html"
cat >"$TMP/site/show.sh" <<'END'
echo "plain $TOKEN end"
# in two writes, far enough apart that they are two reads
printf 'cut %s' "$(printf %s "$TOKEN" | head -c 9)"
sleep 0.3
printf '%s end\n' "$(printf %s "$TOKEN" | tail -c +10)"
printf 'base64 %s\n' "$(printf %s "$TOKEN" | base64 -w 0)"
printf 'basic %s\n' "$(printf %s "user:$TOKEN" | base64 -w 0)"
perl -e 'my $t = $ENV{TOKEN}; $t =~ s/([^A-Za-z0-9_.-])/sprintf("%%%02X", ord $1)/ge; print "url $t\n"'
perl -e 'my $t = $ENV{QUOTED}; $t =~ s/(["\\])/\\$1/g; print "json \"$t\"\n"'
printf 'coloured \033[31m%s\033[0m\n' "$TOKEN"
printf 'inside %s\033[0m\033[K%s\n' "$(printf %s "$TOKEN" | head -c 5)" "$(printf %s "$TOKEN" | tail -c +6)"
printf 'grepped '
printf '%s\n' "$TOKEN" | grep --color=always 'S3cr3t'
printf 'rainbow '
printf %s "$TOKEN" | base64 -w 0 | sed "s/./$(printf '\033')[38;5;9m&/g"
printf '\033[m\n'
echo "$PEM" | tail -n 1
echo "short $SHORT end"
i=0
while [ $i -lt 300 ]; do printf '%s,%s;' "$TOKEN" "$TOKEN"; i=$((i + 1)); done
echo
env | sort >env.txt
env -0 | cut -z -d= -f1 | tr '\0' '\n' | sort -u | tr '\n' ' '
echo
ls /proc/self/fd | tr '\n' ' '
echo
# an unterminated end
printf 'last %s' "$TOKEN"
sleep "${WAIT:-0}"
END
repo site
worker_up
TOKEN='canary/S3cr3t+Value=42'
env="TOKEN=$TOKEN
QUOTED='quo\"te\\d-canary'
PEM=\"-----BEGIN-----\\ncanary-line-two-of-pem\"
SHORT=abcde
WAIT=3
"
project env "$GIT/site.git" 'build_command=sh show.sh' output_dir=.
deploy env "env=$env"
try "the build runs" wait_for 30 is_running '^sleep.3.$'
ps -eww -o args= >"$TMP/ps"
as_service sh -c 'for p in /proc/[0-9]*; do tr "\0" "\n" <$p/environ; done' \
	>"$TMP/environs" 2>/dev/null
is "$(final "$id")" success "a build with an environment" ||
	diag "$(field "$id" error) $(the_log "$id")"
log=$(the_log "$id")

# whole values: tests beside this one have canaries of their own
is "$(grep -cF -e "$TOKEN" -e 'd-canary' -e 'canary-line-two-of-pem' "$TMP/ps")" 0 "GIT-5 SB-5 no value in any argument list"
is "$(grep -c canary "$TMP/environs")" 0 \
	"SB-5 no value in the environment of any process of the worker's account"
mask='\*\*\*'
esc=$(printf '\033')
like "$log" "\] plain $mask end\$" "LOG-2 a value"
like "$log" "\] cut $mask end\$" "LOG-2 PEER-5 a value in two writes"
like "$log" "\] base64 $mask=*\$" "LOG-2 its base64"
like "$log" "\] basic dXNlcj[^ ]{0,3}${mask}[^ ]{0,4}\$" "LOG-2 base64 of more than it"
like "$log" "\] url $mask\$" "LOG-2 its URL-encoded form"
like "$log" "\] json \"$mask\"\$" "LOG-2 its JSON-escaped form"
like "$log" "\] coloured $esc\[31m$mask$esc\[0m\$" "LOG-2 with colours around"
like "$log" "\] inside $mask$esc\[0m\$" "LOG-2 with terminal sequences in it"
like "$log" "\] grepped $mask$esc\[01;31m$esc\[m\$" "LOG-2 with a part of it highlighted"
like "$log" "\] rainbow $esc\[38;5;9m$mask($esc\[38;5;9m=?)+$esc\[m\$" "LOG-2 its base64 in colours"
like "$log" "\] $mask\$" "LOG-2 a line of a value of several lines"
like "$log" '\] short abcde end$' "LOG-2 values under 6 characters are not masked"
like "$log" "\] last $mask\$" "LOG-2 at the end without a newline"
like "$log" "\] ($mask,$mask;){300}\$" "LOG-2 over many chunks"
unlike "$(printf '%s\n' "$log" | sed "s/$esc\[[0-9;]*m//g")" 'canary|S3cr3t|Value=42' "LOG-2 nothing of it is left in the log"
unlike "$(sql "SELECT row_to_json(d) FROM deployments d")" 'canary' \
	"LOG-2 nor in the row"
unlike "$(cat "$WORKER_LOG")" 'canary' "LOG-2 nor in the worker's own log"

# what the build was given
names=$(printf '%s\n' "$log" | sed -n 's/^\[[0-9:]*\] \(CI .*\)$/\1/p')
is "$names" 'CI COREPACK_ENABLE_DOWNLOAD_PROMPT HOME LANG NODE_EXTRA_CA_CERTS PATH PEM PWD QUOTED SHORT SSL_CERT_FILE TMPDIR TOKEN USER WAIT YARN_CACHE_FOLDER npm_config_cache npm_config_update_notifier ' \
	"SB-5 the environment is the list and the user's own"
like "$log" '\] 0 1 2 3 $' "SB-5 no descriptor but the three (and ls's own)"
vars=$(deployed env env.txt)
like "$vars" '^TOKEN=canary/S3cr3t\+Value=42$' "the value itself is right inside"
like "$vars" '^QUOTED=quo"te\\d-canary$' "quotes and backslashes too"
like "$vars" '^canary-line-two-of-pem$' "and a newline"
unlike "$vars" "$(cat "$TMP/secret" | cut -c1-20 | sed 's/[+]/./g')|dbname|PGURL" \
	"SB-5 none of the platform's secrets"

# an environment that was sealed for another deployment is none
sql "UPDATE projects SET build_command = NULL WHERE name = 'env'"
other=$id
deploy env "env_sealed=$(field "$other" env_sealed)"
is "$(final "$id")" failed "a sealed environment of another deployment is refused"
worker_down
done_testing
