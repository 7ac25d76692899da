#!/bin/sh
# autostack-api as a program: options, configuration, signals.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
pg_start
as_conf
prog=$abs_top_builddir/autostack-api

"$prog" -c "$AS_CONF" -t 2>err
is $? 0 "-t with a good configuration" || diag "$(cat err)"
like "$("$prog" -V)" '^autostack-api [0-9]+\.[0-9]+' "-V"
"$prog" -Z 2>err
is $? 2 "an unknown option"

# refused CONF-LINE... : it must not start, and say which setting it is.
refused() {
	refused_name=$1
	refused_what=$2
	shift 2
	as_conf "$@"
	"$prog" -c "$AS_CONF" -t 2>err
	is $? 1 "$refused_what: -t fails"
	timeout 10 "$prog" -c "$AS_CONF" 2>err </dev/null
	is $? 1 "$refused_what: it does not start"
	like "$(cat err)" "$refused_name" "$refused_what: the log names the setting"
}
printf '%s' 0123456789abcdef0123456789abcde >short
: >empty
chmod 600 short empty
refused jwt_secret "JW-8 no secret" jwt_secret=
refused jwt_secret "JW-8 an empty secret" "jwt_secret=$TMP/empty"
refused jwt_secret "JW-8 a secret of 31 bytes" "jwt_secret=$TMP/short"
refused jwt_secret "JW-8 a secret that is not there" "jwt_secret=$TMP/none"
refused bcrypt_cost "PW-6 a bcrypt cost below 10" bcrypt_cost=9
refused nonsense "an unknown setting" nonsense=1

# The present request is finished, then the process leaves in good order.
as_conf api_processes=1
for signal in TERM USR1; do
	as_run one "$(command -v spawn-fcgi)" -n -s "$AS_RUN/api.sock" -- \
		"$prog" -c "$AS_CONF"
	pid=$as_pid
	wait_for 10 api_answers || bail "it does not start: $(cat "$AS_LOG.one")"
	api GET /health
	status 200 "$signal: it serves"
	kill -INT "$pid"
	api GET /health
	status 200 "$signal: SIGINT is the supervisor's affair"
	kill -$signal "$pid"
	wait "$pid"
	is $? 0 "SIG$signal ends it in good order"
	rm -f "$AS_RUN/api.sock"
done
like "$(cat "$AS_LOG.one")" '"event":"stop"' "the log says so"
is "$(grep -c '"event":"start"' "$AS_LOG.one")" 2 "and that it started"

# Told again while it leaves, it leaves all the same.
as_run one "$(command -v spawn-fcgi)" -n -s "$AS_RUN/api.sock" -- "$prog" -c "$AS_CONF"
pid=$as_pid
wait_for 10 api_answers || bail "it does not start: $(cat "$AS_LOG.one")"
perl -e '
	my $until = time + 10;
	while (time < $until) {
		kill TERM => $ARGV[0];
		select undef, undef, undef, 0.001;
		open my $stat, "<", "/proc/$ARGV[0]/stat" or exit 0;
		exit 0 if <$stat> =~ /\) Z/;
	}
	exit 1' "$pid"
is $? 0 "a thousand signals a second do not keep it" || kill -KILL "$pid"
wait "$pid"
is $? 0 "and it ends in good order"
done_testing
