# s3.sh - storage for archives (s3d.pl). Sourced after tap.sh.
#
#   s3_up                start it; sets $S3 (URL) and $S3_ROOT
#   s3_settings          prints the settings that use it
#   s3_mode [WORDS]      what it does wrong from now on; nothing: nothing
#   s3_objects           prints the names of its objects
#   s3_log [PATTERN]     prints its requests, or those that match

S3_ROOT=$TMP/s3
s3_up() {
	mkdir -p "$S3_ROOT"
	: >"$S3_ROOT/log"
	"$abs_top_srcdir/t/lib/s3d.pl" "$S3_ROOT" "$TMP/s3.port" 2>>"$TMP/s3.err" &
	s3_pid=$!
	defer "kill $s3_pid 2>/dev/null"
	wait_for 10 test -s "$TMP/s3.port" || bail "no storage: $(cat "$TMP/s3.err")"
	S3=http://127.0.0.1:$(cat "$TMP/s3.port")
	(umask 077 && printf 'test-secret/+=\n' >"$TMP/s3.secret")
}
s3_settings() {
	printf '%s\n' "s3_endpoint=$S3" s3_bucket=bucket s3_access_key_id=test-key \
		"s3_secret_access_key=$TMP/s3.secret"
}
s3_mode() { printf '%s\n' "$*" >"$S3_ROOT/mode.new" && mv "$S3_ROOT/mode.new" "$S3_ROOT/mode"; }
s3_objects() { (cd "$S3_ROOT/bucket" && ls); }
s3_log() { grep -E -e "${1:-.}" "$S3_ROOT/log"; }
