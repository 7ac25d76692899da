#!/bin/sh
# `autostack deploy` from a directory to a live site, with a real worker behind
# the API: what is packed, what is told, and going back.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/api.sh"
. "$abs_top_srcdir/t/lib/nginx.sh"
nginx_start
AS_RUN=$NG/run
api_start app_url="https://localhost:$HTTPS" upload_max=3M slot_base=$((2000 + $$ % 28000 * 2)) max_build_size=2
chmod 666 "$AS_RUN/api.sock"
api_user ada
api POST /api/api-keys '{"name":"ci"}' as ada
AUTOSTACK_API_KEY=$(jget .key)
AUTOSTACK_URL=https://localhost:$HTTPS
AUTOSTACK_CA=$NG/cert
export AUTOSTACK_URL AUTOSTACK_API_KEY AUTOSTACK_CA
for name in site site2; do
	api POST /api/projects "{\"name\":\"$name\",\"repository\":\"https://git.example/ada/$name.git\"}" as ada
	status 201
done
run() {
	"$abs_top_builddir/autostack" "$@" >out 2>err
	code=$?
	out=$(cat out)
	err=$(cat err)
}

mkdir -p dist/deep/er dist/.well-known/x dist/.git dist/empty "dist/-x" elsewhere
echo first >dist/index.html
echo x >dist/deep/er/page.html
echo x >dist/.well-known/security.txt
echo secret >dist/.env
echo secret >dist/.git/config
echo secret >dist/.well-known/x/.hidden
echo secret >elsewhere/secret
echo x >"dist/-x/--checkpoint-action=exec=sh"
echo x >"dist/a new
line"
ln -s ../elsewhere/secret dist/link
ln -s ../elsewhere dist/folder
mkfifo dist/pipe
chmod 600 dist/index.html

# ---- what leaves the machine: no worker runs yet ----

run deploy dist --project site --branch release --commit 0123456789abcdef0123456789abcdef01234567
is "$code" 0 "a directory is uploaded" || diag "$err"
id=${out%% *}
is "$(sql "SELECT branch || ' ' || trigger || ' ' || left(commit_hash, 7) FROM deployments WHERE id = '$id'")" \
	"release api 0123456" "with what it was built from"
pg_psql postgres "$PG_DB" -qAt -c "SELECT encode(data, 'hex') FROM upload_chunks WHERE deployment_id = '$id' ORDER BY n" |
	perl -ne 'chomp; print pack "H*", $_' >sent.tar.gz
is "$(tar -tzf sent.tar.gz | LC_ALL=C sort | tr '\n' ' ')" \
	'./-x/--checkpoint-action=exec=sh ./.well-known/security.txt ./a new\nline ./deep/er/page.html ./index.html ' \
	"files only, none that is hidden or elsewhere"
is "$(tar -xOzf sent.tar.gz | grep -c secret)" 0 "and no secret"
is "$(tar -tvzf sent.tar.gz | awk '{ print $1, $2 }' | sort -u)" "-rw-r--r-- 0/0" "nobody's name, and plain modes"
like "$err" 'not uploaded: ./link is no regular file' "what was left out is told"
is "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'autostack.??????' -newer dist/index.html 2>/dev/null)" "" "no file is left"

for bad in no-such empty out; do
	mkdir -p empty/.git
	run deploy $bad --project site
	is "$code" 2 "not a directory to publish: $bad"
done
run deploy dist --project nobody
is "$code" 4 "a project that is not there"
head -c 4000000 /dev/urandom >dist/large
run deploy dist --project site
is "$code" 4 "what is larger than upload_max"
like "$err" PAYLOAD_TOO_LARGE "is refused"
rm dist/large

# ---- to the live site ----

sql "UPDATE deployments SET status = 'cancelled', completed_at = now()"
worker_start
live() { cat "$AS_STATE/sites/site/current/$1"; }
run deploy dist --project site --wait
is "$code" 0 "--wait: 0 when it is live" || diag "$out$err"
first=$(head -1 out | cut -d' ' -f1)
like "$out" 'Unpacking the upload' "with the log"
like "$(tail -1 out)" "^$first site success https://site.localhost" "and the address at the end"
is "$(live index.html)" first "the site is there"
is "$(live '-x/--checkpoint-action=exec=sh')" x "whatever its files are called"
echo second >dist/index.html
run deploy dist --project site --wait --json
is "$code/$(echo "$out" | gojq -r '.status + .trigger')" 0/successapi "--json: the deployment alone"
is "$(live index.html)" second "the next one replaces it"
run rollback site --wait
is "$code" 0 "rollback" || diag "$out$err"
is "$(live index.html)" first "is live again"
run rollback site "$first" --wait
is "$code" 4 "what is live cannot be gone back to"
like "$err" RELEASE_LIVE "and it says so"
run redeploy "$first" --wait
is "$code" 4 "an upload cannot be deployed again"
like "$err" UPLOAD_GONE "and it says so"
head -c 2900000 /dev/zero >dist/zeros
run deploy dist --project site2 --wait
is "$code" 1 "--wait: 1 when it fails"
like "$(tail -1 out)" 'failed: the upload unpacks to more than 2 MB|failed: the output is larger' "with the reason"
run deploy --git https://git.invalid/x/y.git --wait
is "$code" 1 "a repository that cannot be reached: 1"
like "$(tail -1 out)" ' failed: ' "and why"
done_testing
