#!/bin/sh
# sqlmap against the parameters that reach SQL: filters of a list, an id in a
# path, and strings of a JSON body.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start
stack_user ada
stack_repo site
echo one | stack_file site index.html
stack_commit site first
stack_deploy site '"outputDir":".","installCommand":"","buildCommand":""'
is "$(stack_wait 60)" success "there is a deployment to look for"

# A route that is open on purpose: sqlmap must be able to find something here,
# or its silence elsewhere would mean nothing.
port=$(new_port)
cat >hole.pl <<'EOF'
use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ARGV[0]", Listen => 20, ReuseAddr => 1) or die;
while (my $c = $s->accept) {
	my $line = <$c>;
	while (<$c>) { last if /^\r?$/ }
	my ($id) = $line =~ /[?&]id=([^& ]*)/;
	$id =~ s/\+/ /g;
	$id =~ s/%(..)/chr hex $1/ge;
	open my $p, '-|', 'psql', '-AtX', $ENV{AUTOSTACK_DB}, '-c', "SELECT 'found' FROM users WHERE email LIKE '$id'";
	my $found = join '', <$p>;
	print $c "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n<$found>";
}
EOF
export AUTOSTACK_DB
setpriv --pdeathsig TERM perl hole.pl "$port" 2>/dev/null &
hole=$!
defer 'kill $hole'

map() { # NAME ARG...: prints what sqlmap found, as a line each
	map_name=$1
	shift
	env HOME="$TMP" timeout 170 sqlmap --batch --flush-session --disable-coloring \
		--dbms=PostgreSQL --technique=BEUSQ --time-sec=2 --threads=4 --ignore-code=401,404,422 \
		--output-dir="$TMP/$map_name" "$@" >"$map_name.log" 2>&1
	map_status=$?
	[ $map_status -eq 0 ] || diag "sqlmap ended with $map_status: $(tail -n 3 "$map_name.log")"
	# an end without a verdict is no verdict
	grep -E '^Parameter: |is vulnerable|appears to be .* injectable' "$map_name.log" ||
		grep -q 'tested parameters do not appear to be injectable' "$map_name.log" ||
		tail -n 3 "$map_name.log"
}
isnt "$(map hole -u "http://127.0.0.1:$port/?id=ada@example.org" -p id --level 1)" "" \
	"sqlmap finds a hole where there is one"
for one in "search|$AUTOSTACK_URL/api/deployments?search=site&limit=10|search" \
	"path|$AUTOSTACK_URL/api/deployments/$DEPLOYMENT*|"; do
	name=${one%%|*}
	rest=${one#*|}
	is "$(map "$name" -u "${rest%%|*}" ${rest#*|:+-p} ${rest#*|} --level 3 --risk 2 \
		-H "Authorization: Bearer $TOKEN")" "" "IN-3 sqlmap level 3 finds nothing in $name"
done
is "$(map login -u "$AUTOSTACK_URL/api/auth/login" --level 3 --risk 2 \
	-H 'Content-Type: application/json' -p email \
	--data '{"email":"ada@example.org","password":"wrong password"}')" "" \
	"IN-3 sqlmap level 3 finds nothing in login"
done_testing
