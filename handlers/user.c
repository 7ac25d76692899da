/*
 * user.c - accounts, as managers read and administrators keep them. What a
 * user may do to the own account is account.c's, but for name and picture.
 */
#include "handlers/all.h"

#include "gen/stmt.h"
#include "handlers/account.h"
#include "svc/user.h"
#include "web/csv.h"
#include "web/reply.h"
#include "web/valid.h"

#define EXPORT_MAX 10000

struct user_filter {
	const char *search;
	const char *role;
	const char *status;
};
struct user_list {
	struct page page;
	struct user_filter filter;
};
struct user_export {
	struct user_filter filter;
	const char *format;
};
struct user_key {
	const char *id;
};
struct user_create {
	const char *name;
	const char *email;
	const char *role;
	const char *password;
};
struct user_update {
	const char *id;
	const char *name;
	const char *email;
	const char *role;
	bool active;
	const char *avatar_url;
};
struct user_delete {
	const char *id;
	bool hard;
};
struct user_bulk {
	const char *action;
	struct text_list ids;
	const char *role;
};

static const char *const status_values[] = {"active", "inactive", NULL};
static const char *const format_values[] = {"json", "csv", NULL};
static const char *const action_values[] = {
	"activate", "deactivate", "setRole", "delete", NULL};

/* clang-format off */
#define FILTER_FIELDS(s) \
	F_STR(s, filter.search,  "search", OPT, 0, 100, V_LINE, "Part of the name or address."), \
	F_ENUM(s, filter.role,   "role",   OPT, role_values,   "Only those with this role."), \
	F_ENUM(s, filter.status, "status", OPT, status_values, "Only those that are enabled, or disabled.")

static const struct field user_list_in[] = {
	F_PAGE(struct user_list, page),
	FILTER_FIELDS(struct user_list),
	F_END
};
static const struct field user_export_in[] = {
	FILTER_FIELDS(struct user_export),
	F_ENUM(struct user_export, format, "format", OPT, format_values, "json when absent."),
	F_END
};
static const struct field user_key_in[] = {
	F_UUID(struct user_key, id, "id", REQ, "Id of the account."),
	F_END
};
static const struct field user_create_in[] = {
	F_STR(struct user_create, name,     "name",     REQ, 1, 255, V_NAME,         "Full name."),
	F_STR(struct user_create, email,    "email",    REQ, 3, 320, V_EMAIL,        "Address; case does not matter."),
	F_ENUM(struct user_create, role,    "role",     OPT, role_values,            "What the account may do; user when absent."),
	F_STR(struct user_create, password, "password", OPT, 1, 255, V_PASSWORD_NEW, "Its first password; without one an invitation is mailed."),
	F_END
};
static const struct field user_update_in[] = {
	F_UUID(struct user_update, id,        "id",        REQ, "Id of the account."),
	F_STR(struct user_update, name,       "name",      OPT, 1,  255, V_NAME,      "Full name."),
	F_STR(struct user_update, email,      "email",     OPT, 3,  320, V_EMAIL,     "Address, which is not confirmed then. By administrators, for others."),
	F_ENUM(struct user_update, role,      "role",      OPT, role_values,          "What the account may do. By administrators."),
	F_BOOL(struct user_update, active,    "active",    OPT,                       "Whether it can sign in; false ends its sessions. By administrators."),
	F_STR(struct user_update, avatar_url, "avatarUrl", NUL, 9, 2048, V_HTTPS_URL, "Picture; null: none."),
	F_END
};
static const struct field user_delete_in[] = {
	F_UUID(struct user_delete, id,   "id",   REQ, "Id of the account."),
	F_BOOL(struct user_delete, hard, "hard", OPT, "Delete it with all that hangs on it, not only disable it."),
	F_END
};
static const struct field user_bulk_in[] = {
	F_ENUM(struct user_bulk, action, "action", REQ, action_values, "What to do. delete deletes, with all that hangs on the account."),
	F_UUIDS(struct user_bulk, ids,   "ids",    REQ, 1, 100,        "Ids of the accounts."),
	F_ENUM(struct user_bulk, role,   "role",   OPT, role_values,   "For setRole: the role that they get."),
	F_END
};

static const struct field user_item_out[] = {
	USER_FIELDS,
	O_BOOL("active",      REQ, "Whether it can sign in."),
	O_TIME("lastLoginAt", NUL, "Last sign-in."),
	O_END
};
static const struct field user_list_out[] = {
	O_LIST("users", user_item_out, "The page's accounts, newest first."),
	O_OBJECT("pagination", pagination_out, "Where this page is."),
	O_END
};
static const struct field user_export_out[] = {
	O_LIST("users", user_item_out, "Accounts, newest first; at most 10,000."),
	O_BOOL("complete", REQ, "Whether these are all; else filter."),
	O_END
};
static const struct field bulk_result_out[] = {
	O_UUID("id",     REQ, "Id of the account."),
	O_BOOL("ok",     REQ, "Whether it was done."),
	O_STR("code",    NUL, "Why not, for programs."),
	O_STR("message", NUL, "Why not, for people."),
	O_END
};
static const struct field user_bulk_out[] = {
	O_LIST("results", bulk_result_out, "One for each id, in their order."),
	O_END
};

static handler_fn h_user_list, h_user_create, h_user_bulk, h_user_export, h_user_get, h_user_update, h_user_delete;

const struct route user_routes[] = {
	{ .op = "userList", .verb = GET, .path = "/api/users", .who = WHO_MANAGER,
	  .in = IN(user_list_in, struct user_list), .ok = 200, .out = user_list_out, .fn = h_user_list,
	  .doc = "Accounts, newest first." },
	{ .op = "userCreate", .verb = POST, .path = "/api/users", .who = WHO_ADMIN, .audit = EV_USER_CREATE,
	  .in = IN(user_create_in, struct user_create), .ok = 201, .out = user_item_out,
	  .errs = ERRS(E_EMAIL_TAKEN, E_SERVICE_UNAVAILABLE), .fn = h_user_create,
	  .doc = "Make an account: with a password, or by an invitation that is mailed." },
	{ .op = "userBulk", .verb = POST, .path = "/api/users/bulk", .who = WHO_ADMIN, .audit = EV_USER_BULK,
	  .in = IN(user_bulk_in, struct user_bulk), .ok = 200, .out = user_bulk_out, .fn = h_user_bulk,
	  .doc = "Do the same to many accounts, each on its own: what fails for one is done for the others." },
	{ .op = "userExport", .verb = GET, .path = "/api/users/export", .who = WHO_ADMIN, .audit = EV_USER_EXPORT,
	  .in = IN(user_export_in, struct user_export), .ok = 200, .out = user_export_out, .out_type = "text/csv",
	  .fn = h_user_export,
	  .doc = "All accounts as a file. X-Export-Complete tells whether its 10,000 rows were enough." },
	{ .op = "userGet", .verb = GET, .path = "/api/users/{id}", .who = WHO_SELF_OR_MANAGER,
	  .in = IN(user_key_in, struct user_key), .ok = 200, .out = user_item_out,
	  .errs = ERRS(E_USER_NOT_FOUND), .fn = h_user_get, .doc = "An account." },
	{ .op = "userUpdate", .verb = PUT, .path = "/api/users/{id}", .who = WHO_SELF_OR_ADMIN, .audit = EV_USER_UPDATE,
	  .in = IN(user_update_in, struct user_update), .ok = 200, .out = user_item_out,
	  .errs = ERRS(E_USER_NOT_FOUND, E_EMAIL_TAKEN, E_LAST_ADMIN), .fn = h_user_update,
	  .doc = "Change an account; what is left out stays. Of one's own: name and picture." },
	{ .op = "userDelete", .verb = DELETE, .path = "/api/users/{id}", .who = WHO_ADMIN, .audit = EV_USER_DEACTIVATE,
	  .in = IN(user_delete_in, struct user_delete), .ok = 204,
	  .errs = ERRS(E_USER_NOT_FOUND, E_LAST_ADMIN), .fn = h_user_delete,
	  .doc = "Disable an account and end its sessions; or delete it." },
	{ 0 }
};
/* clang-format on */

/* ---- reading ---- */

static const char *
active_of(const struct user_filter *f)
{
	return f->status ? rq_bool(str_eq(f->status, "active")) : NULL;
}

static enum err
h_user_list(struct req *rq, const void *v)
{
	const struct user_list *in = v;
	enum err e = rq_query(rq, STMT_USER_LIST, in->filter.search,
		in->filter.role, active_of(&in->filter),
		rq_limit(rq, &in->page), rq_offset(rq, &in->page));

	return e ? e : reply_list(rq, &in->page);
}

static enum err
h_user_export(struct req *rq, const void *v)
{
	const struct user_export *in = v;
	enum err e = rq_query(rq, STMT_USER_EXPORT, in->filter.search,
		in->filter.role, active_of(&in->filter),
		rq_int(rq, EXPORT_MAX + 1));
	const struct rows *r;
	bool complete;
	struct jw *w;
	size_t n;

	if (e)
		return e;
	r = rq_rows(rq);
	n = MIN(rows_n(r), (size_t)EXPORT_MAX);
	complete = rows_n(r) == n;
	rq_audit_note(rq, "rows", rq_int(rq, (int64_t)n));
	e = reply_header(rq, "X-Export-Complete", rq_bool(complete));
	if (e)
		return e;
	if (in->format && str_eq(in->format, "csv"))
		return reply_csv(rq, r, n, user_item_out, "users.csv");
	w = reply_begin(rq);
	reply_array(rq, "users", r, n, user_item_out);
	jw_kbool(w, "complete", complete);
	return reply_end(rq);
}

static enum err
h_user_get(struct req *rq, const void *v)
{
	const struct user_key *in = v;
	enum err e = rq_query(rq, STMT_USER_BY_ID, in->id);

	return e ? e : reply_row(rq, user_item_out);
}

/* ---- writing ---- */

static enum err
h_user_create(struct req *rq, const void *v)
{
	const struct user_create *in = v;
	struct user_new u = {
		.name = in->name,
		.email = in->email,
		.role = in->role ? in->role : "user",
		.password = in->password,
		.by = rq->who.name,
		.ip = rq_ip(rq),
	};
	enum err e;

	rq_audit_note(rq, "role", u.role);
	rq_audit_note(rq, "by", u.password ? "password" : "invitation");
	e = user_create(rq_ctx(rq), rq_svc(rq), &u, &rq->rows);
	if (e)
		return rq_blame(rq, "password", e);
	rq_audit_target(rq, rows_str(rq_rows(rq), "id"));
	return reply_row(rq, user_item_out);
}

/* What an administrator's change is called, by what it changed. */
static enum event
event_of(const struct rows *r)
{
	bool active = rows_bool(r, 0, rows_col(r, "active"));

	if (!str_eq(rows_str(r, "role"), rows_str(r, "old_role")))
		return EV_USER_ROLE;
	if (active != rows_bool(r, 0, rows_col(r, "old_active")))
		return active ? EV_USER_ACTIVATE : EV_USER_DEACTIVATE;
	return EV_USER_UPDATE;
}

/* Fields that are not everybody's: E_FORBIDDEN where one came. */
static enum err
may_change(struct req *rq, const struct user_update *in)
{
	bool self = str_eq(in->id, rq_user(rq));

	if (rq->who.role < WHO_ADMIN && (in->role || rq_given(rq, "active")))
		return ctx_fail(rq_ctx(rq), E_FORBIDDEN,
			"Only an administrator can change this");
	if (self && in->email)
		return ctx_fail(rq_ctx(rq), E_FORBIDDEN,
			"Change your own address in your profile: it takes "
			"the password");
	return E_OK;
}

static enum err
h_user_update(struct req *rq, const void *v)
{
	const struct user_update *in = v;
	struct user_change to = {
		.name = in->name,
		.email = in->email,
		.role = in->role,
		.active = rq_given_bool(rq, "active", in->active),
		.set_avatar = rq_given(rq, "avatarUrl"),
		.avatar_url = in->avatar_url,
		.by = rq->who.name,
		.ip = rq_ip(rq),
	};
	enum err e = may_change(rq, in);

	if (in->role)
		rq_audit_event(rq, EV_USER_ROLE);
	else if (to.active)
		rq_audit_event(
			rq, in->active ? EV_USER_ACTIVATE : EV_USER_DEACTIVATE);
	else if (str_eq(in->id, rq_user(rq)))
		rq_audit_event(rq, EV_PROFILE_UPDATE);
	rq_audit_given(rq);
	if (!e)
		e = user_change(rq_ctx(rq), rq_svc(rq), in->id, &to, &rq->rows);
	if (e)
		return e;
	if (!str_eq(in->id, rq_user(rq)))
		rq_audit_event(rq, event_of(rq_rows(rq)));
	if (in->role) {
		rq_audit_note(rq, "from", rows_str(rq_rows(rq), "old_role"));
		rq_audit_note(rq, "to", in->role);
	}
	return reply_row(rq, user_item_out);
}

/* The own account takes the password to delete (DELETE /api/user/account). */
static enum err
delete_other(struct req *rq, const char *id, struct account_end *of)
{
	if (str_eq(id, rq_user(rq)))
		return ctx_fail(rq_ctx(rq), E_FORBIDDEN,
			"Delete your own account in your profile: it takes "
			"the password");
	return account_end(rq, id, of);
}

static enum err
h_user_delete(struct req *rq, const void *v)
{
	const struct user_delete *in = v;
	struct user_change to = {.active = "false"};
	struct account_end of = {0};
	struct rows *r;
	enum err e;

	if (in->hard) {
		rq_audit_event(rq, EV_USER_DELETE);
		e = delete_other(rq, in->id, &of);
		account_end_note(rq, &of);
	} else {
		e = user_change(rq_ctx(rq), rq_svc(rq), in->id, &to, &r);
	}
	return e ? e : reply_empty(rq);
}

/* ---- many at once ---- */

static enum event
bulk_event(const char *action)
{
	if (str_eq(action, "delete"))
		return EV_USER_DELETE;
	if (str_eq(action, "setRole"))
		return EV_USER_ROLE;
	return str_eq(action, "activate") ? EV_USER_ACTIVATE
					  : EV_USER_DEACTIVATE;
}

static enum err
bulk_one(struct req *rq, const struct user_bulk *in, const char *id,
	struct account_end *of)
{
	struct user_change to = {0};
	struct rows *r;

	if (str_eq(in->action, "delete"))
		return delete_other(rq, id, of);
	if (str_eq(in->action, "setRole"))
		to.role = in->role;
	else
		to.active = rq_bool(str_eq(in->action, "activate"));
	return user_change(rq_ctx(rq), rq_svc(rq), id, &to, &r);
}

static void
write_result(struct req *rq, struct jw *w, const char *id, enum err e)
{
	const char *message = rq->ctx.err == e ? rq->ctx.message : NULL;

	jw_object(w);
	jw_kstr(w, "id", id);
	jw_kbool(w, "ok", !e);
	jw_kstr(w, "code", e ? err_info(e)->code : NULL);
	jw_kstr(w, "message",
		!e        ? NULL
		: message ? message
			  : err_info(e)->message);
	jw_object_end(w);
}

static enum err
h_user_bulk(struct req *rq, const void *v)
{
	const struct user_bulk *in = v;
	struct jw *w = reply_begin(rq);
	struct account_end of = {0};
	int64_t failed = 0;

	rq_audit_note(rq, "action", in->action);
	if (str_eq(in->action, "setRole") != (in->role != NULL))
		return rq_blame(rq, "role",
			ctx_fail(rq_ctx(rq), E_VALIDATION_ERROR,
				in->role ? "is for setRole only"
					 : "is required for setRole"));
	jw_key(w, "results");
	jw_array(w);
	for (size_t i = 0; i < in->ids.n; i++) {
		enum err e = bulk_one(rq, in, in->ids.id[i], &of);

		if (err_info(e)->status >= 500)
			return e; /* nothing will go better for the rest */
		write_result(rq, w, in->ids.id[i], e);
		failed += e != E_OK;
		rq_audit_also(rq, bulk_event(in->action), in->ids.id[i], e);
	}
	jw_array_end(w);
	rq_audit_note(rq, "accounts", rq_int(rq, (int64_t)in->ids.n));
	rq_audit_note(rq, "failed", rq_int(rq, failed));
	account_end_note(rq, &of);
	return reply_end(rq);
}
