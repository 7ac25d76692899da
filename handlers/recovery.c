/*
 * recovery.c - passwords changed and reset, addresses confirmed. The rules are
 * svc/recovery.c's.
 */
#include "handlers/all.h"

#include "svc/recovery.h"
#include "web/reply.h"
#include "web/valid.h"

struct forgot {
	const char *email;
};
struct reset {
	const char *token;
	const char *password;
};
struct change {
	const char *current_password;
	const char *new_password;
};
struct verify {
	const char *token;
};

/* clang-format off */
static const struct field forgot_in[] = {
	F_STR(struct forgot, email, "email", REQ, 3, 320, V_EMAIL, "Address of the account."),
	F_END
};
static const struct field reset_in[] = {
	F_STR(struct reset, token,    "token",    REQ, 1, 512, V_PASSWORD,     "The code of the mail; it works once."),
	F_STR(struct reset, password, "password", REQ, 1, 255, V_PASSWORD_NEW, "The new password: at least 8 characters, at most 72 bytes."),
	F_END
};
static const struct field change_in[] = {
	F_STR(struct change, current_password, "currentPassword", REQ, 1, 1024, V_PASSWORD,     "The present password."),
	F_STR(struct change, new_password,     "newPassword",     REQ, 1, 255,  V_PASSWORD_NEW, "The new one: at least 8 characters, at most 72 bytes."),
	F_END
};
static const struct field verify_in[] = {
	F_STR(struct verify, token, "token", REQ, 1, 512, V_PASSWORD, "The code of the mail; it works once."),
	F_END
};

static const struct field message_out[] = {
	O_STR("message", REQ, "What has happened, for the person."),
	O_END
};

static handler_fn h_password_forgot, h_password_reset, h_password_change, h_email_verify, h_email_resend;

const struct route recovery_routes[] = {
	{ .op = "passwordForgot", .verb = POST, .path = "/api/auth/forgot-password",
	  .who = WHO_PUBLIC, .rate = RATE_AUTH, .audit = EV_AUTH_RESET_REQUEST, .in = IN(forgot_in, struct forgot),
	  .ok = 200, .out = message_out, .errs = ERRS(E_SERVICE_UNAVAILABLE), .fn = h_password_forgot,
	  .doc = "Ask for a mail with a link that sets a new password. The answer does not tell whether there is such an account." },
	{ .op = "passwordReset", .verb = POST, .path = "/api/auth/reset-password", .aliases = ALIASES("/api/reset-password"),
	  .who = WHO_PUBLIC, .rate = RATE_AUTH, .audit = EV_AUTH_RESET, .in = IN(reset_in, struct reset),
	  .ok = 200, .out = message_out, .errs = ERRS(E_CODE_INVALID, E_SERVICE_UNAVAILABLE), .fn = h_password_reset,
	  .doc = "Set a new password by the code of a mail. All sessions end; sign in with it afterwards." },
	{ .op = "passwordChange", .verb = POST, .path = "/api/auth/change-password", .who = WHO_USER, .rate = RATE_AUTH,
	  .no_key = true, .audit = EV_AUTH_PASSWORD_CHANGE, .in = IN(change_in, struct change), .ok = 200, .out = message_out,
	  .errs = ERRS(E_INVALID_CREDENTIALS, E_CONFLICT, E_SERVICE_UNAVAILABLE), .fn = h_password_change,
	  .doc = "Change the password. All other sessions end." },
	{ .op = "emailVerify", .verb = POST, .path = "/api/auth/verify-email", .who = WHO_PUBLIC, .rate = RATE_AUTH,
	  .audit = EV_AUTH_VERIFY, .in = IN(verify_in, struct verify), .ok = 200, .out = message_out,
	  .errs = ERRS(E_CODE_INVALID, E_EMAIL_TAKEN), .fn = h_email_verify,
	  .doc = "Confirm an address by the code that was mailed to it." },
	{ .op = "emailVerifyResend", .verb = POST, .path = "/api/auth/resend-verification", .who = WHO_USER, .rate = RATE_AUTH,
	  .audit = EV_AUTH_VERIFY_REQUEST, .ok = 202, .out = message_out, .fn = h_email_resend,
	  .doc = "Mail the code that confirms the address once more. The answer is the same when there is nothing to confirm." },
	{ 0 }
};
/* clang-format on */

static enum err
reply_message(struct req *rq, const char *text)
{
	jw_kstr(reply_begin(rq), "message", text);
	return reply_end(rq);
}

static enum err
h_password_forgot(struct req *rq, const void *v)
{
	const struct forgot *in = v;
	const char *user = NULL;
	enum err e = recovery_forgot(
		rq_ctx(rq), rq_svc(rq), in->email, rq_ip(rq), &user);

	rq_audit_user(rq, user);
	return e ? e
		 : reply_message(rq,
			   "If there is an account with this address, a mail "
			   "with a link is on its way");
}

static enum err
h_password_reset(struct req *rq, const void *v)
{
	const struct reset *in = v;
	const char *user = NULL;
	enum err e = recovery_reset(rq_ctx(rq), rq_svc(rq), in->token,
		in->password, rq_ip(rq), &user);

	rq_audit_user(rq, user);
	return e ? rq_blame(rq, "password", e)
		 : reply_message(rq,
			   "The password is changed; sign in with the new one");
}

static enum err
h_password_change(struct req *rq, const void *v)
{
	const struct change *in = v;
	enum err e = recovery_change(rq_ctx(rq), rq_svc(rq), rq_user(rq),
		rq_session(rq), in->current_password, in->new_password,
		rq_ip(rq));

	return e ? rq_blame(rq, "newPassword", e)
		 : reply_message(rq,
			   "The password is changed; all other sessions have "
			   "ended");
}

static enum err
h_email_verify(struct req *rq, const void *v)
{
	const struct verify *in = v;
	const char *user = NULL;
	bool changed = false;
	enum err e = recovery_verify(
		rq_ctx(rq), rq_svc(rq), in->token, &user, &changed);

	rq_audit_user(rq, user);
	if (changed)
		rq_audit_event(rq, EV_AUTH_EMAIL_CHANGE);
	return e ? e : reply_message(rq, "The address is confirmed");
}

static enum err
h_email_resend(struct req *rq, const void *v UNUSED)
{
	enum err e = recovery_resend(rq_ctx(rq), rq_svc(rq), rq_user(rq));

	return e ? e
		 : reply_message(rq,
			   "If the address is not confirmed yet, a mail with a "
			   "link is on its way");
}
