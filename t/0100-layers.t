#!/bin/sh
# Layers look down only, and a foreign header has one place (src/tools).
. "$(dirname "$0")/lib/tap.sh"

tools=$abs_top_srcdir/src/tools
layers() {
	awk -f "$tools/csource.awk" -f "$tools/layers.awk" \
		"$tools/layers.rules" "$@"
}

# the check itself, on a small tree of sins
mkdir -p src/base src/ext src/svc src/web handlers src/ws src/odd
sin() { # FILE INCLUDE WANTED
	printf '/* #include "no/comment.h" */\n#include "base/base.h"\n%s\n' \
		"#include $2" >"$1"
	out=$(layers "$1" | tail -n 1)
	is "$out" "$1:3: $3" "refused: $1 with $2"
}
sin src/base/a.c '"ext/db.h"' 'base must not include "ext/db.h"'
sin src/ext/db.c '"ext/json.h"' 'ext must not include "ext/json.h"'
sin src/svc/a.c '"web/request.h"' 'svc must not include "web/request.h"'
sin src/web/a.h '"svc/build.h"' 'web must not include "svc/build.h"'
sin handlers/a.c '"ext/db.h"' 'handlers must not include "ext/db.h"'
sin src/ws/a.c '"worker/job.h"' 'ws must not include "worker/job.h"'
sin src/odd/a.c '"base/arena.h"' 'layers.rules does not know the folder odd'
sin src/svc/a.c '<jansson.h>' 'only src/ext/json.c may include <jansson.h>'
sin src/web/a.c '<openssl/evp.h>' \
	'only src/ext/crypt.c src/ext/cert.c may include <openssl/evp.h>'
sin src/web/a.c '<uv.h>' 'layers.rules does not know <uv.h>'
layers src/odd/a.c >/dev/null
is "$?" 1 "a refusal is an error"
printf '#include "ext/db.h"\n\n#include <libpq-fe.h>\n#include <sys/stat.h>\n' \
	>src/ext/db.c
try "allowed: its own header, its library, the C library" layers src/ext/db.c

cd "$abs_top_srcdir" || exit 1
found=$(find src handlers -name '*.[ch]' | sort)
isnt "$found" "" "there are sources"
# shellcheck disable=SC2086
try "every #include looks down" layers $found

done_testing
