#!/bin/sh
# A certificate of one's own for a custom domain: what is taken, what is
# refused with which field and why, and that the key never comes back.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start
api POST /api/projects '{"repository":"ada/site"}' as ada
D=/api/projects/$(jget .id)/domains
api POST "$D" '{"host":"www.example.com"}' as ada
id=$(jget .id)
C=$TMP/pki
mkdir -p "$C"
cd "$C" || exit 1

# make NAME [OPENSSL-ARG...]: NAME.key and NAME.pem, self-signed
make_pair() {
	mp_name=$1
	shift
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$mp_name.key" -out "$mp_name.pem" -days 9 -subj /CN=www.example.com \
		-addext subjectAltName=DNS:www.example.com "$@" 2>"$TMP/openssl.err" ||
		bail "openssl: $(cat "$TMP/openssl.err")"
}
# put CHAIN-FILE KEY-FILE [as USER]
put() {
	pu_body=$(gojq -n --rawfile c "$1" --rawfile k "$2" '{certificate: $c, privateKey: $k}')
	shift 2
	api PUT "$D/$id/certificate" "$pu_body" "$@"
}
# refused FIELD WORDS DESCRIPTION: the last put
refused() {
	status 422 "$3"
	is "$(jget '.error.details.fields[0].name')" "$1" "$3: $1"
	like "$(jget '.error.details.fields[0].message')" "$2" "$3: why"
}
make_pair good
api_case "taken:"
put good.pem good.key as ada
status 200
json .certificateSource = own
json .certificateNextTryAt = null "nothing is ordered for it"
is "$(jget .certificateExpiresAt | cut -c1-10)" "$(date -u -d '+9 days' +%F)" "it says when the certificate ends"
unlike "$(cat "$API_BODY" "$API_HEADERS")" 'BEGIN|PRIVATE' "the key does not come back"
sealed=$(sql "SELECT key_sealed FROM domains WHERE id = '$id'" | tr -d '\n')
unlike "$sealed" 'PRIVATE' "it is stored sealed"
is "$(printf %s "$sealed" | "$abs_top_builddir/t/helper/seal" -o "$TMP/secret" "domain:$id:key" | openssl pkey -pubout)" \
	"$(openssl pkey -in good.key -pubout)" "for its own row"
api GET "$D" as ada
unlike "$(cat "$API_BODY")" 'BEGIN|PRIVATE' "nor does the list hold it"
unlike "$(cat "$AS_LOG.api")" 'PRIVATE' "nor the log"
is "$(sql "SELECT details->>'domain' FROM audit_logs WHERE event = 'domain.certificate_set'")" "$id" \
	"LOG-1 domain.certificate_set is audited"

openssl ecparam -name prime256v1 -genkey -noout -out sec1.key
openssl req -x509 -key sec1.key -out sec1.pem -days 9 -subj /CN=x -addext subjectAltName=DNS:www.example.com
put sec1.pem sec1.key as ada
status 200 "a key in the old form"
like "$(sql "SELECT key_sealed FROM domains WHERE id = '$id'" | tr -d '\n' |
	"$abs_top_builddir/t/helper/seal" -o "$TMP/secret" "domain:$id:key")" 'BEGIN PRIVATE KEY' "is kept in the new one"
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -days 9 -subj /CN=x \
	-addext 'subjectAltName=DNS:*.example.com' 2>/dev/null
put rsa.pem rsa.key as ada
status 200 "RSA and a wildcard of the next level"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 9 -subj /CN=ca 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=x 2>/dev/null
echo subjectAltName=DNS:www.example.com >ext
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 9 -extfile ext -out leaf.pem 2>/dev/null
{ echo 'Bag Attributes'; cat leaf.pem; echo junk; cat ca.pem; cat leaf.key; } >bundle.pem
put bundle.pem leaf.key as ada
status 200 "a chain, among other things"
is "$(sql "SELECT certificate FROM domains WHERE id = '$id'")" "$(openssl x509 -in leaf.pem; openssl x509 -in ca.pem)" \
	"of which only the certificates are kept"
set_at=$(sql "SELECT certificate_set_at FROM domains WHERE id = '$id'")

api_case "refused:"
put good.pem rsa.key as ada
refused privateKey 'does not belong' "another certificate's key"
cat ca.pem leaf.pem >wrong_way
put wrong_way leaf.key as ada
refused certificate 'not for this domain|in order' "a chain the wrong way round"
cat leaf.pem good.pem >foreign
put foreign leaf.key as ada
refused certificate 'in order' "a chain that does not belong"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout n.key -out n.pem -days 9 -subj /CN=www.example.com \
	-addext subjectAltName=DNS:other.example.com 2>/dev/null
put n.pem n.key as ada
refused certificate 'not for this domain' "other names; a common name does not count"
make_pair old
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -extfile ext -not_before 20200101000000Z -not_after 20200201000000Z -out expired.pem 2>/dev/null ||
	openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -extfile ext -days -1 -out expired.pem 2>"$TMP/openssl.err"
put expired.pem leaf.key as ada
refused certificate 'has expired|no valid dates' "one that has expired"
openssl req -x509 -newkey rsa:1024 -nodes -keyout s.key -out s.pem -days 9 -subj /CN=x -addext subjectAltName=DNS:www.example.com 2>/dev/null
put s.pem s.key as ada
refused privateKey '2048' "a short RSA key"
openssl req -x509 -newkey rsa:2048 -sha1 -nodes -keyout w.key -out w.pem -days 9 -subj /CN=x -addext subjectAltName=DNS:www.example.com 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout w.key -out w.csr -subj /CN=x 2>/dev/null
openssl x509 -req -sha1 -in w.csr -CA ca.pem -CAkey ca.key -days 9 -extfile ext -out w.pem 2>/dev/null
put w.pem w.key as ada
refused certificate 'weak' "TL-1 a signature of SHA-1"
openssl pkey -in good.key -aes256 -passout pass:x -out enc.key
put good.pem enc.key as ada
refused privateKey 'password' "a key with a password"
make_pair client -addext extendedKeyUsage=clientAuth
put client.pem client.key as ada
refused certificate 'for a server' "a certificate for clients"
openssl genpkey -algorithm ed25519 -out ed.key
openssl req -x509 -key ed.key -out ed.pem -days 9 -subj /CN=x -addext subjectAltName=DNS:www.example.com
put ed.pem ed.key as ada
refused privateKey 'RSA' "a key that browsers cannot use"
for i in 1 2 3 4 5 6 7 8 9; do cat leaf.pem; done >nine
put nine leaf.key as ada
refused certificate 'too many' "nine certificates"
head -c 300 good.pem >cut_short
put cut_short good.key as ada
refused certificate 'PEM' "a certificate that is cut"
{ cat good.pem; printf -- '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n'; } >broken_tail
put broken_tail good.key as ada
refused certificate 'PEM' "something broken behind a good one"
echo x >x
put x good.key as ada
refused certificate 'PEM' "no PEM at all"
put good.pem good.pem as ada
refused privateKey 'private key' "two certificates"
api PUT "$D/$id/certificate" '{}' as ada
status 422
is "$(jget '[.error.details.fields[].name] | sort | join(" ")')" "certificate privateKey" "both are needed"
head -c 70000 /dev/zero | tr '\0' A >huge
put huge good.key as ada
status 422 "IN-3 70 kB"
is "$(sql "SELECT certificate_set_at FROM domains WHERE id = '$id'")" "$set_at" "what was there stays after all that"
put good.pem good.key as bob
status 404 "not for somebody else's domain"

api_case "back:"
sql "UPDATE domains SET state = 'verified', verified_at = now() WHERE id = '$id'"
api DELETE "$D/$id/certificate" as bob
status 404
api DELETE "$D/$id/certificate" as ada
status 204
api GET "$D/$id" as ada
json .certificateSource = acme
json '.certificateNextTryAt != null' = true "one is ordered now"
json '.certificateExpiresAt != null' = true "and one's own is served until then"
done_testing
