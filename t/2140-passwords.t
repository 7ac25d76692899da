#!/bin/sh
# Which passwords are taken, and what becomes of them.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"

api_test() { # SETTING...: what `autostack-api -t` says of it
	as_conf "$@"
	out=$("$abs_top_builddir/autostack-api" -t -c "$AS_CONF" 2>&1)
}
signup() { # NAME PASSWORD
	api POST /api/auth/signup \
		"{\"name\":\"P\",\"email\":\"$1@example.com\",\"password\":\"$2\"}"
}
login() { # NAME PASSWORD
	api POST /api/auth/login "{\"email\":\"$1@example.com\",\"password\":\"$2\"}"
}
hash_of() { sql "SELECT password_hash FROM users WHERE email = '$1@example.com'"; }
refused() { # TEXT DESCRIPTION
	status 422 "$2"
	like "$(jget '.error.details.fields[0] | "\(.name): \(.message)"')" \
		"^password: .*$1" "$2, and is told why"
}

pg_start
api_test bcrypt_cost=9
is $? 1 "PW-6 a cost below 10 stops the start"
like "$out" bcrypt_cost "PW-6 and is named"
api_test "password_blocklist=$TMP/none"
is $? 1 "PW-5 a list that is not there stops the start"
like "$out" 'password_blocklist: .*/none: No such file.*john-data' \
	"PW-5 in a line that names the package"
api_test "password_blocklist=$TMP"
is $? 1 "PW-5 so does a folder in its place"
api_test password_blocklist=
is $? 0 "PW-5 no list is no fault" || diag "$out"
as_conf "password_blocklist=$TMP/none"
out=$("$abs_top_builddir/autostack" -c "$AS_CONF" --data "$abs_top_srcdir" doctor)
like "$out" 'password_blocklist: .*/none: No such file' "PW-5 the doctor finds it"
like "$out" 'apt-get install john-data' "PW-5 and its package"

api_case "the list:"
api_start
for word in password1 PassWord1 SUNSHINE1 1234567890; do
	signup list "$word"
	refused "most common" "PW-5 $word is refused"
done
# the whole of John's list, as far as its lines are long enough
grep -v '^#' /usr/share/john/password.lst | awk 'length >= 8' >"$TMP/words"
[ "$(grep -vc '^#' /usr/share/john/password.lst)" -ge 3000 ]
ok $? "PW-5 the list has more than 3000 passwords"
signup list "$(tail -n 1 "$TMP/words")"
refused "most common" "PW-5 its last line counts"
for word in "Autostack#1" list@example.com "xlist123"; do
	signup list "$word"
	status 422 "PW-5 $word is refused"
done
signup list "password1 and more"
status 201 "PW-5 a common word in a longer one is no fault"
api_stop

printf '# a comment\r\nHunter2Hunter2\r\n\n#hash#hash\nlast one here' >"$TMP/list"
as_conf "password_blocklist=$TMP/list" password_min=12
api_run
signup own hunter2hunter2
refused "most common" "PW-5 a list of one's own"
signup own "LAST one here"
refused "most common" "PW-5 its last line may lack an end"
signup hash "#hash#hash#"
refused "at least 12" "PW-1 11 characters are refused at a minimum of 12"
signup min "12 character"
status 201 "PW-1 12 are taken"
signup hash "# a comment "
status 201 "PW-5 a comment is no password"
chmod 0 "$TMP/list"
mv "$TMP/list" "$TMP/list.away"
signup away "correct horse battery"
status 500 "PW-5 a list that went away lets no password through"
is "$(sql "SELECT count(*) FROM users WHERE email = 'away@example.com'")" 0 \
	"PW-5 and no account"
unlike "$(cat "$API_BODY")" "list|tmp" "IN-5 nor tells where it was"
mv "$TMP/list.away" "$TMP/list"
chmod 600 "$TMP/list"
signup away "correct horse battery"
status 201 "and is there again without a restart"
admin() { # PASSWORD: how `autostack admin` takes it
	out=$(printf '%s\n' "$1" | "$abs_top_builddir/autostack" -c "$AS_CONF" \
		admin create root@example.com Root 2>&1)
}
admin hunter2hunter2
is $? 1 "PW-5 autostack admin refuses it as well" || diag "$out"
like "$out" 'most common' "PW-5 and says why"
admin "root1@ABC.de"
is $? 0 "a good one is taken" || diag "$out"
admin "12 charactE"
is $? 1 "PW-1 the minimum holds for autostack admin"
api_stop

api_case "bytes:"
as_conf
api_run
emoji=$(printf '\360\237\230\200%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18)
signup emoji "$emoji😀😀😀😀😀😀😀"
refused "72 bytes" "PW-3 25 emoji are too many bytes"
signup emoji "$emoji"
status 201 "PW-3 18 are 72 bytes"
login emoji "$emoji"
status 200 "PW-1 and open the account"
nfc=$(printf 'k\303\244sekuchen')
nfd=$(printf 'ka\314\210sekuchen')
signup nfc "$nfc"
status 201
login nfc "$nfd"
status 401 "PW-3 a password is stored as it was sent: NFD is not NFC"
login nfc "$nfc"
status 200 "PW-3 and the same spelling stays right"
login nfc 'abc\u0000def'
status 400 "PW-4 NUL at login"
signup same1 "the same password"
signup same2 "the same password"
isnt "$(hash_of same1)" "$(hash_of same2)" "PW-6 each hash has a salt of its own"

api_case "hashes:"
signup old "correct horse old"
api_stop
was=$(hash_of old)
as_conf bcrypt_cost=12 log_debug=yes
api_run
login old "wrong horse old"
if developer_only "LG-2 a comparison is as much work as one of the cost that is set"; then
	is "$(grep -o 'compared with [^"]*' "$AS_LOG.api" | tr '\n' ' ')" \
		"compared with the account's hash compared with a decoy compared with a decoy " \
		"LG-2 a hash of cost 10 and decoys of 10 and 11 are the work of 12"
fi
api_stop
as_conf bcrypt_cost=11
api_run
is "$(hash_of old)" "$was" "PW-7 a wrong password changes no hash"
login old "correct horse old"
status 200
now=$(hash_of old)
like "$now" '^\$2b\$11\$' "PW-7 a login stores a hash of the cost that is set"
login old "correct horse old"
status 200 "PW-7 which is as good"
is "$(hash_of old)" "$now" "PW-7 and stays"
api_stop
as_conf
api_run
login old "correct horse old"
status 200
is "$(hash_of old)" "$now" "PW-7 one of a higher cost stays as well"
rest=abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde
# What the API itself took for the last login, when the machine was not busy.
quick() {
	sql "UPDATE users SET failed_logins = 0 WHERE email = 'old@example.com'"
	login old "correct horse old"
	quick_ms=$(tail -n 1 "$AS_LOG.api" | gojq -r .ms)
	[ "$quick_ms" -lt 50 ]
}
for strange in '*0' '*1' '!' "\$2b\$15\$$rest" "\$2b\$31\$$rest" "\$2a\$04\$$rest"; do
	sql "UPDATE users SET password_hash = '$strange' WHERE email = 'old@example.com'"
	login old "$strange"
	status 401 "PW-7 the stored hash $strange opens nothing"
	wait_for 10 quick
	ok $? "PW-7 and is refused within 50 ms" || diag "$quick_ms ms"
done
done_testing
