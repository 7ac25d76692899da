#!/bin/sh
# _redirects, _headers and single-page applications through the whole stack:
# from files of a repository to what a browser gets.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/stack.sh"

stack_start
stack_user ada
stack_repo shop
echo index | stack_file shop index.html
echo new | stack_file shop new.html
echo 'not here' | stack_file shop 404.html
echo 'body {}' | stack_file shop style.css
stack_file shop _redirects <<'END'
/old          /new
/blog/:id     /posts/:id     302
/docs/*       /new.html      200
END
stack_file shop _headers <<'END'
/*
  X-Frame-Options: DENY
/style.css
  Cache-Control: public, max-age=60
END
publish() { # MESSAGE STATUS DESCRIPTION: deploys what is in the work tree
	stack_commit shop "$1"
	stack_deploy shop '"outputDir":".","installCommand":"","buildCommand":""'
	is "$(stack_wait 60)" "$2" "$3"
}
asks() { # PATH: status, Location and the first line
	site shop "$1" --path-as-is
	echo "$STATUS $(field location) $(head -1 "$BODY")"
}
publish rules success "a site with rules is live"
answers() { site shop / && [ "$STATUS" = 200 ]; }
wait_for 20 answers || bail "it does not answer: $STATUS $(cat "$TMP/curl.err")"

is "$(asks / | cut -d' ' -f1,3)" "200 index" "its page"
is "$(field x-frame-options)" DENY "with a header of _headers"
like "$(asks /old)" "^301 /new " "a redirect"
like "$(asks '/blog/7?x=1')" "^302 /posts/7\?x=1 " "one with a name, and the request's query"
is "$(asks /docs/a/b)" "200  new" "a rewrite"
is "$(asks /nothing)" "404  not here" "what no rule names is the site's 404 page"
asks /style.css >/dev/null
is "$STATUS $(field cache-control)" "200 public, max-age=60" "a header that replaces nginx's"
for path in /_redirects /_headers /.rules; do
	is "$(asks $path | cut -d' ' -f1)" 404 "$path is not served"
done
first=$DEPLOYMENT
call GET "/api/deployments/$first"
project=$(jget .projectId)

echo '/old /index.html 302' | stack_file shop _redirects
publish changed success "other rules"
like "$(asks /old)" "^302 /index.html " "are live with the next deployment"
is "$(asks /docs/a | cut -d' ' -f1)" 404 "and the old ones are not"
echo '/a /b 999' | stack_file shop _redirects
publish broken failed "rules that make no sense fail their deployment"
call GET "/api/deployments/$DEPLOYMENT"
like "$(jget .error)" '_redirects line 1: ' "with file and line"
like "$(asks /old)" "^302 /index.html " "the live site stays"
call POST "/api/projects/$project/rollback" "{\"deploymentId\":\"$first\"}"
DEPLOYMENT=$(jget .id)
is "$(stack_wait 60)" success "a rollback"
is "$(asks /docs/a/b)" "200  new" "brings back the rules of then"

# ---- single-page applications ----
stack_git -C "$STACK/trees/shop" rm -q _redirects _headers new.html 404.html style.css
echo 'app' | stack_file shop index.html
echo 'x' | stack_file shop assets/app.js
publish app success "one page and a script"
is "$(asks /any/where)" "200  app" "are an application: its page answers for every path"
is "$(asks /assets/none.js | cut -d' ' -f1)" 404 "but for assets that are missing"
call PUT "/api/projects/$project" '{"spa":"off"}'
is "$STATUS $(jget .spa)" "200 off" "which a project may turn off"
publish plain success "from its next deployment on"
is "$(asks /any/where | cut -d' ' -f1)" 404 "nothing else answers then"
is "$(grep -c 'exited on signal' "$AUTOSTACK_STATE/log/nginx-error.log")" 0 "no process of nginx has died of it"
done_testing
