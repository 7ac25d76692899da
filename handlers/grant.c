/* grant.c - the answer to a sign-in, by whatever way. */
#include "handlers/grant.h"

#include "web/auth.h"
#include "web/csrf.h"
#include "web/reply.h"

const char *const role_values[] = {"user", "manager", "admin", NULL};

/* clang-format off */
const struct field user_out[] = {
	USER_FIELDS,
	O_END
};
const struct field grant_out[] = {
	O_OBJECT("user",       user_out, "The account."),
	O_STR("accessToken",   REQ, "For the header Authorization: Bearer."),
	O_STR("refreshToken",  OPT, "Gives the next access token, once. Not for a browser (X-Client: web), which has it in its cookie."),
	O_STR("csrfToken",     OPT, "For a browser alone: X-CSRF-Token of requests that its cookie authenticates."),
	O_STR("tokenType",     REQ, "Always Bearer."),
	O_INT("expiresIn",     REQ, "Life of the access token in seconds."),
	O_END
};
/* clang-format on */

struct session_client
grant_client(struct req *rq)
{
	return (struct session_client){
		.ip = rq_ip(rq), .user_agent = rq_user_agent(rq)};
}

enum err
reply_grant(struct req *rq, const struct session_grant *g)
{
	struct jw *w = reply_begin(rq);

	rq_audit_user(rq, g->user_id);
	rq_audit_target(rq, g->session_id);
	jw_key(w, "user");
	jw_object(w);
	reply_fields(rq, g->user, 0, user_out);
	jw_object_end(w);
	jw_kstr(w, "accessToken", g->access_token);
	if (rq_is_browser(rq)) {
		reply_cookie(rq, AUTH_COOKIE, g->refresh_token,
			g->forget ? COOKIE_UNTIL_CLOSED : g->session_seconds,
			"Strict");
		jw_kstr(w, "csrfToken", csrf_make(rq, g->session_id));
	} else {
		jw_kstr(w, "refreshToken", g->refresh_token);
	}
	jw_kstr(w, "tokenType", "Bearer");
	jw_kint(w, "expiresIn", g->expires_in);
	return reply_end(rq);
}
