# canary.sh - secrets that are planted in a whole stack and searched for
# afterwards. Sourced after stack.sh.
#
#   canary_start SETTING=VALUE...  the stack of stack.sh, with canaries as the
#              secrets of its settings and everything logged
#   canary NAME    sets the variable NAME to a word that is nowhere else
#   plant NAME VALUE   a secret that somebody else made (a token)
#   may NAME REGEX     files (below the state) in which it is meant to be
#   canary_search      searches files, database, arguments and answers for all;
#              a test each
#   keep           puts the last answer among the answers that are searched

CANARIES=$TMP/canaries
ANSWERS=$TMP/answers
: >"$CANARIES"
: >"$ANSWERS"

canary() {
	canary_word=cnry$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	plant "$1" "$canary_word"
	eval "$1=\$canary_word"
}
plant() {
	[ -n "$2" ] && [ "$2" != null ] || {
		ok 1 "there is a $1 to search for"
		return 1
	}
	printf '%s %s\n' "$1" "$2" >>"$CANARIES"
}
may() { printf '%s %s\n' "$1" "$2" >>"$TMP/may"; }
keep() { cat "$BODY" "$HEADERS" >>"$ANSWERS"; }

# A file that only the stack's account may read, with a new canary in it.
canary_file() { # NAME PATH
	canary "$1"
	# shellcheck disable=SC2016 # the inner shell expands
	printf %s "$canary_word" | svc sh -c 'umask 077; cat >"$1"' sh "$2"
}

canary_start() {
	: >"$TMP/may"
	stack_start "$@"
	for canary_name in smtp_pass github_client_secret google_client_secret jwt_secret_previous; do
		canary_file "$canary_name" "$STACK/trees/$canary_name"
		stack_sets="$stack_sets --set $canary_name=$STACK/trees/$canary_name"
	done
	plant jwt_secret "$(cat "$AUTOSTACK_STATE/secrets/jwt")"
	may jwt_secret '^secrets/jwt$'
	canary database_password
	may database_password '^autostack\.conf$'
	stack_sets="$stack_sets --set database_url=postgresql:///autostack?host=$(printf %s "$AUTOSTACK_DB" |
		sed 's/^host=\([^ ]*\).*/\1/; s,/,%2F,g')&password=$database_password --set log_debug=yes"
	# shellcheck disable=SC2086 # lists of words
	stack_quickstart --detach ${STACK_FLAGS---no-seed} $stack_sets \
		>>"$TMP/quickstart.out" 2>&1 ||
		bail "the stack does not start again: $(tail -n 5 "$TMP/quickstart.out")"
	. "$STACK/state/env"
}

# What of a secret may be seen by somebody who knows how to read: itself and its
# base64 (which has three forms, by what stands before it).
forms() {
	printf '%s\n' "$1"
	for canary_before in '' x xx; do
		printf '%s%s' "$canary_before" "$1" | base64 -w 0 |
			cut -c$((${#canary_before} * 2 + 1))- | sed 's/.\{4\}$//; s/=*$//'
		echo
	done | awk 'length > 12'
}

canary_search() {
	rm -rf "$TMP/search"
	mkdir "$TMP/search"
	ps -eww -o args= >"$TMP/search/arguments"
	cp "$ANSWERS" "$TMP/search/answers"
	"$PG_DUMP" -d "$AUTOSTACK_DB" >"$TMP/search/dump" 2>"$TMP/dump.err" ||
		bail "pg_dump: $(cat "$TMP/dump.err")"
	psql -XAtq "$AUTOSTACK_DB" -c 'SELECT a::text FROM audit_logs a' >"$TMP/search/audit"
	# all of them in one pass: "NAME FILE" is a hit
	while read -r canary_name canary_word; do
		forms "$canary_word" | sed "s/^/$canary_name /"
	done <"$CANARIES" >"$TMP/named-forms"
	cut -d' ' -f2- "$TMP/named-forms" >"$TMP/forms"
	{
		cd "$AUTOSTACK_STATE" && grep -raoF -f "$TMP/forms" . | sed 's,^\./,,'
		cd "$TMP/search" && grep -raoF -f "$TMP/forms" . | sed 's,^\./,searched ,'
	} 2>/dev/null | sort -u | awk -v forms="$TMP/named-forms" '
		BEGIN {
			while ((getline line <forms) > 0) {
				at = index(line, " ")
				name[substr(line, at + 1)] = substr(line, 1, at - 1)
			}
		}
		{
			at = match($0, /:[^:]*$/)
			print name[substr($0, at + 1)], substr($0, 1, at - 1)
		}' | sort -u >"$TMP/hits"
	cd "$TMP" || bail "no $TMP"
	while read -r canary_name canary_word; do
		canary_hits=$(sed -n "s/^$canary_name //p" "$TMP/hits")
		canary_allowed=$(sed -n "s/^$canary_name //p" "$TMP/may")
		if [ -n "$canary_allowed" ]; then
			printf '%s\n' "$canary_hits" | grep -Eq "$canary_allowed"
			ok $? "LOG-2 the search finds $canary_name where it has to be"
			canary_hits=$(printf '%s\n' "$canary_hits" | grep -Ev "$canary_allowed")
		fi
		is "$canary_hits" "" "LOG-2 $canary_name is nowhere it should not be"
	done <"$CANARIES"
}

for PG_DUMP in $(ls -d /usr/lib/postgresql/*/bin/pg_dump 2>/dev/null | sort -t/ -k5 -rn) pg_dump; do
	break
done
