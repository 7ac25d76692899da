#!/bin/sh
# Custom domains by the API: which names are taken, what is told of them, and
# that a verification is asked for and never done by a request. The worker's
# part is t/3600.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
api_start domains_per_project=3 app_url=https://panel.example.net \
	'site_url=https://%s.apps.example.org:8443'

api POST /api/projects '{"repository":"ada/site"}' as ada
p=$(jget .id)
D=/api/projects/$p/domains

api_case "add:"
api POST "$D" '{"host":"WWW.Example.COM."}' as ada
status 201
id=$(jget .id)
json .host = www.example.com "a name has one form"
json .state = pending
json .proofName = _autostack.www.example.com
like "$(jget .proofValue)" '^autostack=[A-Za-z0-9_-]{43}$' "TL-2 the proof cannot be guessed"
proof=$(jget .proofValue)
json '[.url, .verifiedAt, .lastCheckedAt, .certificateSource, .certificateExpiresAt, .certificateError, .certificateNextTryAt, .reason] | unique | tostring' = '[null]'
api POST "$D" '{"host":"www.example.com"}' as ada
status 409 "not twice"
json .error.code = DOMAIN_TAKEN
api POST "$D" '{"host":"xn--bcher-kva.example"}' as ada
status 201 "a name in its xn-- form"
api POST "$D" '{"host":"example.com"}' as ada
status 201 "an apex"
api POST "$D" '{"host":"four.example.com"}' as ada
status 409 "no more than domains_per_project"
json .error.code = DOMAINS_FULL
api GET "$D" as ada
json '[.domains[].host] | join(" ")' = "example.com www.example.com xn--bcher-kva.example"
api POST "$D" '{"host":"x.example.com"}' as bob
status 404 "not to somebody else's project"

api_case "refused:"
label=$(printf 'a%.0s' $(seq 64))
long=$(for i in 1 2 3 4; do printf 'a%.0s' $(seq 60); printf .; done)com
for host in localhost com . .. a..example.com .example.com -a.example.com a-.example.com \
	'*.example.com' 'a_b.example.com' 'a b.example.com' 'example.com/x' 'example.com:443' \
	'https://example.com' 192.0.2.1 '[2001:db8::1]' 1.2 'bücher.example' "$label.example.com" "$long" \
	'../../etc/passwd' 'a/../b.example.com' '%s.example.com' 'example.com\nx'; do
	api POST "$D" "{\"host\":\"$host\"}" as ada
	status 422 "'$host' is no host name"
	json '.error.details.fields[0].name' = host
done
for host in panel.example.net apps.example.org blog.apps.example.org a.b.apps.example.org PANEL.example.net; do
	api POST "$D" "{\"host\":\"$host\"}" as ada
	status 422 "TL-2 $host is the installation's own"
	like "$(jget '.error.details.fields[0].message')" "own" "and that is said"
done

api_case "verify:"
sql "UPDATE domains SET next_check_at = now() + interval '6 hours', last_checked_at = now() - interval '1 hour' WHERE id = '$id'"
api POST "$D/$id/verify" as ada
status 200
json .state = pending "a request looks nothing up"
is "$(sql "SELECT next_check_at <= now() FROM domains WHERE id = '$id'")" t "it is due at once"
sql "UPDATE domains SET next_check_at = now() + interval '6 hours', last_checked_at = now() WHERE id = '$id'"
api POST "$D/$id/verify" as ada
is "$(sql "SELECT next_check_at > now() + interval '5 seconds' FROM domains WHERE id = '$id'")" t \
	"but names are not looked up as often as somebody asks"
sql "UPDATE domains SET state = 'failed', next_check_at = NULL, missing_since = now() - interval '9 days' WHERE id = '$id'"
api POST "$D/$id/verify" as ada
json .state = pending "what has failed begins again"
is "$(sql "SELECT missing_since IS NULL FROM domains WHERE id = '$id'")" t "with a new grace"
sql "UPDATE domains SET state = 'verified', verified_at = now(), missing_since = now() - interval '3 days' WHERE id = '$id'"
api POST "$D/$id/verify" as ada
is "$(sql "SELECT missing_since < now() - interval '2 days' FROM domains WHERE id = '$id'")" t \
	"asking prolongs no grace"
api POST "$D/$id/verify" as bob
status 404

api_case "two projects:"
api POST /api/projects '{"repository":"bob/site"}' as bob
b=$(jget .id)
api POST "/api/projects/$b/domains" '{"host":"www.example.com"}' as bob
status 201 "anybody may ask for a name"
bob_id=$(jget .id)
json .state = pending "and has it only when it is proved"
ok "$([ "$(jget .proofValue)" != "$proof" ]; echo $?)" "TL-2 by a proof of their own"
like "$(sql "UPDATE domains SET state = 'verified', verified_at = now() WHERE id = '$bob_id'" 2>&1)" \
	domains_verified_host_key "TL-2 two projects cannot have one name"
api GET "$D/$bob_id" as ada
status 404 "a domain of another project is not there"
api GET "/api/projects/$b/domains/$bob_id" as ada
status 404

api_case "delete:"
api DELETE "$D/$id" as bob
status 404 "not by somebody else"
api DELETE "$D/$id" as ada
status 204
api GET "$D/$id" as ada
status 404
api DELETE "$D/$id" as ada
status 404
is "$(sql "SELECT count(*) FROM domains WHERE project_id = '$p'")" 2 "the others stay"
api DELETE "/api/projects/$p" as ada
status 204 "a project goes with its domains"
is "$(sql "SELECT count(*) FROM domains WHERE project_id = '$p'")" 0

api_case "grants:"
for role in autostack_api autostack_ws; do
	like "$(sql_as $role 'SELECT key_sealed FROM domains' 2>&1)" 'permission denied' "$role cannot read a domain's key"
done
like "$(sql_as autostack_api "UPDATE domains SET verified_at = now()" 2>&1)" 'permission denied' \
	"TL-2 the API cannot call a domain proved"
like "$(sql_as autostack_worker "UPDATE domains SET host = 'x.example'" 2>&1)" 'permission denied' \
	"the worker cannot rename one"
done_testing
