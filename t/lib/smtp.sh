# smtp.sh - certificates and mail servers of a test's own. Sourced after tap.sh.
#
#   smtp_tls NAME SUBJECTALTNAME   $TMP/tls/NAME.pem and NAME.key, signed by the
#                 authority $TMP/tls/ca.pem (made at the first call)
#   smtp_up NAME [OPTION]...       a server (t/helper/smtpd) on a loopback port;
#                 sets SMTP_PORT. Its folder is $TMP/NAME: what it does is told
#                 by the file mode, and what it saw is in log and N.eml.
#   smtp_down NAME
#   smtp_mode NAME TEXT            see t/helper/smtpd

smtp_tls() {
	mkdir -p "$TMP/tls"
	smtp_t=$TMP/tls/$1
	[ -s "$TMP/tls/ca.pem" ] ||
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
			-nodes -keyout "$TMP/tls/ca.key" -out "$TMP/tls/ca.pem" -days 2 \
			-subj "/CN=test authority" \
			-addext basicConstraints=critical,CA:TRUE \
			-addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null ||
		bail "openssl makes no authority"
	openssl req -x509 -CA "$TMP/tls/ca.pem" -CAkey "$TMP/tls/ca.key" \
		-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout "$smtp_t.key" -out "$smtp_t.pem" -days 2 -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:FALSE \
		-addext "subjectAltName=$2" 2>/dev/null ||
		bail "openssl makes no certificate"
	chmod -R a+rX "$TMP/tls"
}

smtp_up() {
	smtp_name=$1
	shift
	mkdir -p "$TMP/$smtp_name"
	[ -s "$TMP/$smtp_name/mode" ] || echo ok >"$TMP/$smtp_name/mode"
	rm -f "$TMP/$smtp_name/port.new"
	setpriv --pdeathsig TERM "$abs_top_srcdir/t/helper/smtpd" \
		"$TMP/$smtp_name" "$@" 2>>"$TMP/$smtp_name/stderr" &
	echo $! >"$TMP/$smtp_name/pid"
	defer "smtp_down $smtp_name"
	wait_for 20 test -s "$TMP/$smtp_name/port.new" ||
		bail "no mail server: $(tail -n 3 "$TMP/$smtp_name/stderr")"
	SMTP_PORT=$(cat "$TMP/$smtp_name/port.new")
}
smtp_down() {
	[ -s "$TMP/$1/pid" ] || return 0
	kill "$(cat "$TMP/$1/pid")" 2>/dev/null
	wait "$(cat "$TMP/$1/pid")" 2>/dev/null
	: >"$TMP/$1/pid"
}
smtp_mode() { echo "$2" >"$TMP/$1/mode.new" && mv "$TMP/$1/mode.new" "$TMP/$1/mode"; }
