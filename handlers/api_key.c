/* api_key.c - keys for programs: a user's own, made, listed and revoked. */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "svc/apikey.h"
#include "web/reply.h"
#include "web/valid.h"

struct api_key_list {
	struct page page;
};
struct api_key_new {
	const char *name;
	const char *expires_at;
};
struct api_key_id {
	const char *id;
};

/* clang-format off */
static const struct field api_key_list_in[] = {
	F_PAGE(struct api_key_list, page),
	F_END
};
static const struct field api_key_new_in[] = {
	F_STR(struct api_key_new, name,       "name",      REQ,  1, 100, V_NAME, "What the key is for."),
	F_STR(struct api_key_new, expires_at, "expiresAt", NUL, 10,  40, V_TIME, "When it stops to work; null: never."),
	F_END
};
static const struct field api_key_id_in[] = {
	F_UUID(struct api_key_id, id, "id", REQ, "Id of the key."),
	F_END
};

#define API_KEY_FIELDS \
	O_UUID("id",          REQ, "Id of the key."), \
	O_STR("name",         REQ, "What it is for."), \
	O_STR("prefix",       REQ, "Its first characters, to know it again by."), \
	O_TIME("createdAt",   REQ, "When it was made."), \
	O_TIME("expiresAt",   NUL, "When it stops to work; null: never."), \
	O_TIME("lastUsedAt",  NUL, "When it was used last, to the minute."), \
	O_STR("lastUsedIp",   NUL, "From which address.")

static const struct field api_key_item_out[] = {
	API_KEY_FIELDS,
	O_END
};
static const struct field api_key_made_out[] = {
	API_KEY_FIELDS,
	O_STR("key", REQ, "The key, for the header X-API-Key. It is never shown again."),
	O_END
};
static const struct field api_key_list_out[] = {
	O_LIST("apiKeys", api_key_item_out, "The page's keys, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};

static handler_fn h_api_key_list, h_api_key_create, h_api_key_revoke;

const struct route api_key_routes[] = {
	{ .op = "apiKeyList", .verb = GET, .path = "/api/api-keys", .who = WHO_USER,
	  .in = IN(api_key_list_in, struct api_key_list), .ok = 200, .out = api_key_list_out,
	  .fn = h_api_key_list, .doc = "One's API keys, newest first; revoked ones are gone." },
	{ .op = "apiKeyCreate", .verb = POST, .path = "/api/api-keys", .who = WHO_USER, .no_key = true,
	  .audit = EV_API_KEY_CREATE, .in = IN(api_key_new_in, struct api_key_new), .ok = 201, .out = api_key_made_out,
	  .errs = ERRS(E_API_KEYS_FULL), .fn = h_api_key_create,
	  .doc = "Make an API key. It does what its user may do, is shown once, and its user is told by mail." },
	{ .op = "apiKeyRevoke", .verb = DELETE, .path = "/api/api-keys/{id}", .who = WHO_USER, .no_key = true,
	  .audit = EV_API_KEY_REVOKE, .in = IN(api_key_id_in, struct api_key_id), .ok = 204,
	  .errs = ERRS(E_API_KEY_NOT_FOUND), .fn = h_api_key_revoke, .doc = "End an API key at once." },
	{ 0 }
};
/* clang-format on */

static enum err
h_api_key_list(struct req *rq, const void *v)
{
	const struct api_key_list *in = v;
	enum err e = rq_query(rq, STMT_API_KEY_LIST, rq_user(rq),
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_api_key_create(struct req *rq, const void *v)
{
	const struct api_key_new *in = v;
	struct rows *row;
	const char *key;
	struct jw *w;
	enum err e = apikey_create(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		in->name, in->expires_at, rq_ip(rq), &row, &key);

	if (e)
		return rq_blame(rq, "expiresAt", e);
	rq_audit_target(rq, rows_str(row, "id"));
	w = reply_begin(rq);
	reply_fields(rq, row, 0, api_key_item_out);
	jw_kstr(w, "key", key);
	return reply_end(rq);
}

static enum err
h_api_key_revoke(struct req *rq, const void *v)
{
	const struct api_key_id *in = v;
	enum err e = rq_query(rq, STMT_API_KEY_REVOKE, in->id, rq_user(rq));

	return e ? e : reply_empty(rq);
}
