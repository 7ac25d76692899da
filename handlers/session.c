/* session.c - the devices on which one is signed in. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "web/reply.h"

struct session_list {
	struct page page;
};
struct session_key {
	const char *id;
};

/* clang-format off */
static const struct field session_list_in[] = {
	F_PAGE(struct session_list, page),
	F_END
};
static const struct field session_key_in[] = {
	F_UUID(struct session_key, id, "id", REQ, "Id of the session."),
	F_END
};

static const char *const method_values[] = {"password", "github", "google", NULL}; /* as sessions_method in sql/schema */

static const struct field session_item_out[] = {
	O_UUID("id",          REQ, "Id of the session."),
	O_STR("ip",           NUL, "Address from which it was begun."),
	O_STR("userAgent",    NUL, "Program that began it."),
	O_ENUM("method",      REQ, method_values, "How its user signed in."),
	O_BOOL("current",     REQ, "Whether this is the session that asks."),
	O_TIME("createdAt",   REQ, "When its user signed in."),
	O_TIME("lastUsedAt",  REQ, "When it was refreshed last; requests between two refreshes do not count."),
	O_TIME("expiresAt",   REQ, "When it ends for good, however often it is refreshed."),
	O_END
};
static const struct field session_list_out[] = {
	O_LIST("sessions", session_item_out, "The page's sessions, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_session_list, h_session_revoke;

const struct route session_routes[] = {
	{ .op = "sessionList", .verb = GET, .path = "/api/auth/sessions", .who = WHO_USER, .no_key = true,
	  .in = IN(session_list_in, struct session_list), .ok = 200, .out = session_list_out,
	  .fn = h_session_list, .doc = "Where one is signed in." },
	{ .op = "sessionRevoke", .verb = DELETE, .path = "/api/auth/sessions/{id}", .who = WHO_USER, .no_key = true,
	  .audit = EV_AUTH_SESSION_REVOKE, .in = IN(session_key_in, struct session_key), .ok = 204,
	  .errs = ERRS(E_SESSION_NOT_FOUND), .fn = h_session_revoke,
	  .doc = "End one of one's sessions, with its tokens and open WebSockets; one's own is a logout." },
	{ 0 }
};
/* clang-format on */

static enum err
h_session_list(struct req *rq, const void *v)
{
	const struct session_list *in = v;
	enum err e = rq_query(rq, STMT_SESSION_LIST, rq_user(rq),
		rq_session(rq), rq_int(rq, rq_cfg(rq)->session_idle_seconds),
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_session_revoke(struct req *rq, const void *v)
{
	const struct session_key *in = v;
	enum err e = rq_query(rq, STMT_SESSION_REVOKE, in->id, rq_user(rq),
		"revoked by its owner");

	if (!e && rows_n(rq_rows(rq)) == 0)
		e = E_SESSION_NOT_FOUND;
	return e ? e : reply_empty(rq);
}
