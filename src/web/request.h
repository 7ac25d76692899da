/*
 * request.h - one request from its parsing to its answer. Handlers get it as
 * `rq`; what they use of it are the rq_ functions here and those of reply.h.
 */
#ifndef AS_WEB_REQUEST_H
#define AS_WEB_REQUEST_H

#include "base/base.h"
#include "base/buf.h"
#include "base/cfg.h"
#include "base/err.h"
#include "base/jw.h"
#include "base/str.h"
#include "ext/db.h"
#include "web/field.h"
#include "web/route.h"

struct svc; /* what service functions work with; opaque here */
struct csrf_keys;
struct limiter;
struct stats;

/* A request as the FastCGI loop hands it over. Any text may be NULL. */
struct request_in {
	const char *method;
	const char *uri; /* path and query, still escaped */
	const char *content_type;
	const char *content_length;
	const char *authorization;
	const char *api_key; /* X-API-Key */
	const char *cookie;
	const char *csrf_token; /* X-CSRF-Token */
	const char *client;     /* X-Client */
	const char *origin;
	const char *referer;
	const char *sec_fetch_site;
	const char *cors_method; /* Access-Control-Request-Method */
	const char *accept;
	const char *user_agent;
	const char *remote_addr;
	const char *hub_signature;   /* X-Hub-Signature-256 */
	const char *github_event;    /* X-GitHub-Event */
	const char *github_delivery; /* X-GitHub-Delivery */
	/* up to n bytes of the body: count, 0 at the end, -1 when broken */
	ptrdiff_t (*read)(void *arg, void *p, size_t n);
	/* take a part of the answer (CGI headers first); false: nobody reads */
	bool (*write)(void *arg, const void *p, size_t n);
	void *arg; /* of both */
};

/* What vouches for a caller. */
enum credential { CRED_NONE, CRED_TOKEN, CRED_KEY, CRED_COOKIE };

/* Who is asking, from the credential and the row behind it. */
struct principal {
	enum credential by;
	const char *user_id;    /* NULL: nobody */
	const char *session_id; /* NULL: an API key, which has none */
	const char *name;
	const char *email;
	enum who role; /* WHO_USER ... once the row was read */
};

/* What an audited request leaves behind. */
struct audit_fact {
	enum event event;
	const char *user_id;
	const char *target;
	bool success;
	const char *code;    /* the error's code, NULL on success */
	const char *details; /* more: a JSON object, or NULL */
	const char *ip;
	const char *user_agent;
};

/* What web does not know itself and the program hands over. */
struct web_hooks {
	/* Judge an access token, without the database: whose it is. */
	enum err (*token)(struct ctx *ctx, struct svc *svc, const char *token,
		struct principal *ret);
	/* db_send the statement that reads the session of such a token (column
	 * "role"; no row: E_UNAUTHORIZED). On failure nothing was sent. */
	enum err (*session)(
		struct ctx *ctx, struct svc *svc, const struct principal *who);
	/* Look an API key up; ip may be NULL. */
	enum err (*key)(struct ctx *ctx, struct svc *svc, const char *key,
		const char *ip, struct principal *ret);
	/* Look up the session of the refresh token that a browser's cookie
	 * holds. */
	enum err (*cookie)(struct ctx *ctx, struct svc *svc, const char *token,
		struct principal *ret);
	void (*audit)(struct ctx *ctx, struct svc *svc,
		const struct audit_fact *fact);
};

/* One a process. */
struct web {
	const struct cfg *cfg;
	struct db *db;
	struct svc *svc;
	struct web_hooks hooks;
	struct arena *arena; /* of the request; reset after each */
	const struct router *router;
	const char *version;
	const struct csrf_keys *csrf;
	struct limiter *limiter; /* NULL: nothing is limited */
	bool limiter_down;       /* and that was logged */
	struct stats *stats;     /* NULL: nothing is counted */
};

/* What a request found in its window, for the answer's headers. */
struct rate_seen {
	const char *policy; /* NULL: it was not counted */
	int64_t quota;
	int64_t window; /* seconds */
	int64_t left;
	int64_t seconds; /* until the window ends */
	bool over;
};

#define QUERY_PARAMS_MAX 32
#define AUDIT_NOTES_MAX  8

struct named_text {
	const char *name;
	const char *value;
};

struct req {
	struct ctx ctx;
	struct web *web;
	const struct request_in *in;
	enum verb verb;
	bool head;
	bool options;
	char *path; /* still escaped */
	struct match match;
	const struct route *route;
	struct text_value texts[PATH_PARAMS_MAX + QUERY_PARAMS_MAX];
	size_t ntexts;
	struct binding binding;
	const char *raw; /* the body of a route that says .raw_max */
	size_t raw_len;
	const char *ip;     /* a valid address or NULL */
	const char *cookie; /* a browser's refresh token or NULL */
	struct rate_seen rate;
	struct principal who;
	int64_t body_read;    /* by rq_body() */
	bool session_pending; /* sent, not yet received */
	struct rows *rows;    /* of the last rq_query */
	/* the audit row */
	enum event audit;
	const char *audit_target;
	const char *audit_user;
	struct named_text notes[AUDIT_NOTES_MAX];
	size_t nnotes;
	/* the answer */
	struct buf body;
	struct jw jw;
	int status;
	const char *content_type;
	const char *location; /* a redirect: no body */
	struct buf headers;   /* more lines, each with its end */
	bool sent;
};

/* ---- for handlers ---- */

static inline struct ctx *
rq_ctx(struct req *rq)
{
	return &rq->ctx;
}
/* The caller's user id. */
const char *rq_user(const struct req *rq);
/* The caller's session. An API key has none: routes that need it set no_key. */
const char *rq_session(const struct req *rq);
/* Whether this is the panel in a browser (X-Client: web), which keeps its
 * refresh token in a cookie. */
bool rq_is_browser(const struct req *rq);
/* What service functions take. */
struct svc *rq_svc(struct req *rq);
const struct cfg *rq_cfg(const struct req *rq);
/* Whether a field came at all (with a value or null). */
bool rq_given(const struct req *rq, const char *name);
/* Numbers and switches as parameters of a statement. */
const char *rq_int(struct req *rq, int64_t v);
const char *rq_bool(bool v);
/* A switch that may be left out: NULL then. */
const char *rq_given_bool(const struct req *rq, const char *name, bool v);
/* LIMIT and OFFSET of a page. */
#define rq_limit(rq, p)  rq_int((rq), (p)->limit)
#define rq_offset(rq, p) rq_int((rq), ((p)->page - 1) * (p)->limit)

/* Run a named statement: rq_query(rq, STMT_X, first, second). Its rows are
 * what reply_row() and reply_list() write; rq_rows() gives them. The first one
 * of a GET shares its round trip with the reading of the session. */
#define rq_query(rq, stmt, ...)                                                \
	rq_query_in((rq), (stmt),                                              \
		((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}),      \
		NELEM(((const char *const[]){                                  \
			__VA_ARGS__ __VA_OPT__(, ) NULL})) -                   \
			1)
MUST enum err rq_query_in(
	struct req *rq, unsigned stmt, const char *const in[], size_t n);
const struct rows *rq_rows(const struct req *rq);
/* The time for a statement that counts back from it. */
const char *rq_now(struct req *rq);
/* Make a service's refusal (a text in rq_ctx) a bad field of this name. */
MUST enum err rq_blame(struct req *rq, const char *field, enum err e);
/* What the audit row is about, when it is not the path's {id}. */
void rq_audit_target(struct req *rq, const char *id);
/* Who did it, when the caller did not come signed in (login). */
void rq_audit_user(struct req *rq, const char *user_id);
/* Another event than the route's. */
void rq_audit_event(struct req *rq, enum event ev);
/* A word more for the row's details, as {"role": "admin"}. Never a secret,
 * never who somebody is: rows outlive accounts. */
void rq_audit_note(struct req *rq, const char *name, const char *value);
/* Notes the names of the fields that came in the body or query. */
void rq_audit_given(struct req *rq);
/* A row more, at once: one of the many things that this request does. */
void rq_audit_also(
	struct req *rq, enum event ev, const char *target, enum err e);
/* Nothing to audit, this time. */
void rq_audit_nothing(struct req *rq);
/* The client's address (valid text or NULL) and User-Agent (at most 512
 * bytes, without anything that steers a terminal, or NULL). */
const char *rq_ip(const struct req *rq);
const char *rq_user_agent(struct req *rq);
/* The value of a cookie; NULL when there is none, or more than one. */
const char *rq_cookie(struct req *rq, const char *name);
/* The next piece of the body of a route with .in_type: n bytes, or fewer at its
 * end. E_UNSUPPORTED_MEDIA_TYPE; E_BAD_REQUEST: it ended early; E_PAYLOAD_TOO_LARGE: it has more than max
 * bytes, or announces that. */
MUST enum err rq_body(
	struct req *rq, int64_t max, void *p, size_t n, size_t *ret_n);
/* Whether the client asks for this media type by name. */
bool rq_accepts(const struct req *rq, const char *type);

/* ---- for serve.c ---- */

/* Fill the request from in: method, path, query. */
MUST enum err request_parse(struct req *rq);
/* Read and parse the body as far as the route takes one, then bind all fields
 * into dst. */
MUST enum err request_bind(struct req *rq, void *dst);

#endif
