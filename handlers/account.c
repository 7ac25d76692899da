/*
 * account.c - one's own profile and preferences, and the end of the account.
 * What is taken out of it is export.c's.
 */
#include "handlers/all.h"

#include "base/clock.h"
#include "gen/stmt.h"
#include "handlers/account.h"
#include "svc/github.h"
#include "svc/recovery.h"
#include "svc/user.h"
#include "web/reply.h"
#include "web/valid.h"

struct profile_change {
	const char *name;
	const char *avatar_url;
	const char *email;
	const char *password;
};
struct preferences {
	const char *theme;
	bool email_notifications;
	bool deployment_success_notifications;
	bool deployment_failure_notifications;
	bool deployment_state_change_only;
};
struct account_delete {
	const char *password;
};

static const char *const theme_values[] = {
	"light", "dark", "system", NULL}; /* as users_theme in sql/schema */

/* clang-format off */
static const struct field profile_change_in[] = {
	F_STR(struct profile_change, name,       "name",      OPT, 1,  255, V_NAME,      "Full name."),
	F_STR(struct profile_change, avatar_url, "avatarUrl", NUL, 9, 2048, V_HTTPS_URL, "Picture; null: none."),
	F_STR(struct profile_change, email,      "email",     OPT, 3,  320, V_EMAIL,     "Another address; it has to be confirmed there first."),
	F_STR(struct profile_change, password,   "password",  OPT, 1, 1024, V_PASSWORD,  "Present password; needed for another address."),
	F_END
};
static const struct field preferences_in[] = {
	F_ENUM(struct preferences, theme, "theme", OPT, theme_values, "Colours of the panel; system: as the device."),
	F_BOOL(struct preferences, email_notifications, "emailNotifications", OPT, "Mails on deployments at all; what concerns the account's security is always sent."),
	F_BOOL(struct preferences, deployment_success_notifications, "deploymentSuccessNotifications", OPT, "Mails on deployments that succeed."),
	F_BOOL(struct preferences, deployment_failure_notifications, "deploymentFailureNotifications", OPT, "Mails on deployments that fail."),
	F_BOOL(struct preferences, deployment_state_change_only, "deploymentStateChangeOnly", OPT, "Of these only the first failure after a success and the first success after a failure."),
	F_END
};
static const struct field account_delete_in[] = {
	F_STR(struct account_delete, password, "password", OPT, 1, 1024, V_PASSWORD, "Password of the account, if it has one."),
	F_END
};

static const struct field profile_out[] = {
	PROFILE_FIELDS,
	O_END
};
const struct field preferences_out[] = {
	O_ENUM("theme",                          REQ, theme_values, "Colours of the panel."),
	O_BOOL("emailNotifications",             REQ, "Mails on deployments at all."),
	O_BOOL("deploymentSuccessNotifications", REQ, "Mails on deployments that succeed."),
	O_BOOL("deploymentFailureNotifications", REQ, "Mails on deployments that fail."),
	O_BOOL("deploymentStateChangeOnly",      REQ, "Of these only the first failure after a success and the first success after a failure."),
	O_END
};

static handler_fn h_profile_get, h_profile_update, h_preferences_get, h_preferences_update, h_account_delete;

const struct route account_routes[] = {
	{ .op = "profileGet", .verb = GET, .path = "/api/user/profile", .aliases = ALIASES("/api/users/profile"),
	  .who = WHO_USER, .ok = 200, .out = profile_out, .fn = h_profile_get, .doc = "One's own account." },
	{ .op = "profileUpdate", .verb = PUT, .path = "/api/user/profile",
	  .aliases = ALIASES("/api/users/profile", "/api/auth/me"), .who = WHO_USER, .audit = EV_PROFILE_UPDATE,
	  .in = IN(profile_change_in, struct profile_change), .ok = 200, .out = profile_out,
	  .errs = ERRS(E_INVALID_CREDENTIALS, E_CONFLICT, E_SERVICE_UNAVAILABLE), .fn = h_profile_update,
	  .doc = "Change one's name, picture or address; what is left out stays. Another address is pendingEmail until it is "
		 "confirmed by a link that is mailed there." },
	{ .op = "preferencesGet", .verb = GET, .path = "/api/user/preferences", .who = WHO_USER,
	  .ok = 200, .out = preferences_out, .fn = h_preferences_get, .doc = "One's preferences." },
	{ .op = "preferencesUpdate", .verb = PUT, .path = "/api/user/preferences", .who = WHO_USER,
	  .audit = EV_PREFERENCES_UPDATE, .in = IN(preferences_in, struct preferences), .ok = 200, .out = preferences_out,
	  .fn = h_preferences_update, .doc = "Change preferences; what is left out stays." },
	{ .op = "accountDelete", .verb = DELETE, .path = "/api/user/account", .who = WHO_USER, .body = true, .no_key = true,
	  .audit = EV_ACCOUNT_DELETE, .in = IN(account_delete_in, struct account_delete), .ok = 204,
	  .errs = ERRS(E_INVALID_CREDENTIALS, E_SIGN_IN_AGAIN, E_LAST_ADMIN, E_SERVICE_UNAVAILABLE),
	  .fn = h_account_delete,
	  .doc = "Delete the account with all that hangs on it: sessions, keys, projects, their sites. An account without a "
		 "password proves itself by a sign-in that is not older than recent_login_seconds." },
	{ 0 }
};
/* clang-format on */

static enum err
h_profile_get(struct req *rq, const void *v UNUSED)
{
	enum err e = rq_query(rq, STMT_PROFILE, rq_user(rq));

	return e ? e : reply_row(rq, profile_out);
}

static enum err
change_email(struct req *rq, const struct profile_change *in)
{
	enum err e = in->password ? E_OK
				  : ctx_fail(rq_ctx(rq), E_VALIDATION_ERROR,
					    "is required for another address");

	rq_audit_event(rq, EV_AUTH_EMAIL_CHANGE);
	if (!e)
		e = email_change_request(rq_ctx(rq), rq_svc(rq), rq_user(rq),
			in->email, in->password, rq_ip(rq));
	return rq_blame(rq, "password", e);
}

static enum err
h_profile_update(struct req *rq, const void *v)
{
	const struct profile_change *in = v;
	enum err e = E_OK;

	rq_audit_given(rq);
	if (in->email)
		e = change_email(rq, in);
	if (!e)
		e = rq_query(rq, STMT_PROFILE_UPDATE, rq_user(rq), in->name,
			rq_bool(rq_given(rq, "avatarUrl")), in->avatar_url);
	return e ? e : h_profile_get(rq, NULL);
}

static enum err
h_preferences_get(struct req *rq, const void *v UNUSED)
{
	enum err e = rq_query(rq, STMT_PREFERENCES, rq_user(rq));

	return e ? e : reply_row(rq, preferences_out);
}

static enum err
h_preferences_update(struct req *rq, const void *v)
{
	const struct preferences *in = v;
	enum err e =
		rq_query(rq, STMT_PREFERENCES_UPDATE, rq_user(rq), in->theme,
			rq_given_bool(rq, "emailNotifications",
				in->email_notifications),
			rq_given_bool(rq, "deploymentSuccessNotifications",
				in->deployment_success_notifications),
			rq_given_bool(rq, "deploymentFailureNotifications",
				in->deployment_failure_notifications),
			rq_given_bool(rq, "deploymentStateChangeOnly",
				in->deployment_state_change_only));

	rq_audit_given(rq);
	return e ? e : reply_row(rq, preferences_out);
}

/* ---- the end ---- */

/* The account is gone; GitHub may be away. */
static void
leave_github(
	struct req *rq, const struct github_leave *l, struct account_end *of)
{
	struct github_left left = {.kept = rows_n(l->hooks)};

	if (l->n == 0)
		return;
	if (!of->asked)
		of->deadline = clock_mono_ms() + rq_cfg(rq)->oauth_timeout;
	of->asked = true;
	if (!of->failed && clock_mono_ms() <= of->deadline)
		left = github_leave_end(rq_ctx(rq), rq_svc(rq), l);
	of->failed = !left.revoked;
	of->hooks += left.hooks;
	of->kept += left.kept;
}

enum err
account_end(struct req *rq, const char *id, struct account_end *of)
{
	struct github_leave l;
	enum err e = github_leave_begin(rq_ctx(rq), rq_svc(rq), id, &l);

	if (!e)
		e = user_delete(rq_ctx(rq), rq_svc(rq), id);
	if (!e)
		leave_github(rq, &l, of);
	return e;
}

void
account_end_note(struct req *rq, const struct account_end *of)
{
	if (!of->asked)
		return;
	rq_audit_note(rq, "revoked", of->failed ? "no" : "yes");
	if (of->hooks + of->kept > 0)
		rq_audit_note(rq, "hooks", rq_int(rq, (int64_t)of->hooks));
	if (of->kept > 0)
		rq_audit_note(rq, "hooksKept", rq_int(rq, (int64_t)of->kept));
}

static enum err
h_account_delete(struct req *rq, const void *v)
{
	const struct account_delete *in = v;
	struct account_end of = {0};
	enum err e = user_confirm(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		rq_session(rq), in->password);

	rq_audit_target(rq, rq_user(rq));
	if (e)
		return rq_blame(rq, "password", e);
	e = account_end(rq, rq_user(rq), &of);
	account_end_note(rq, &of);
	return e ? e : reply_empty(rq);
}
