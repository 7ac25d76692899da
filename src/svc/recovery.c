/*
 * recovery.c - see recovery.h. Used by handlers/recovery.c, by signup and by
 * the profile. Passwords are hashed before a transaction begins: that takes
 * long, and the rows of the account are locked inside.
 */
#include "svc/recovery.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "gen/stmt.h"
#include "svc/code.h"
#include "svc/hashslot.h"
#include "svc/mail.h"
#include "svc/password.h"

#include <time.h>

/* More than the work for an account that exists takes on a slow disk; about
 * what a login takes. */
#define FORGOT_MS 250

#define PATH_RESET  "/reset-password"
#define PATH_VERIFY "/verify-email"
#define PATH_FORGOT "/forgot-password"

#define WRONG_PRESENT "The current password is wrong"

/* ---- a new password ---- */

struct new_password {
	const char *user_id;
	const char *email;
	const char *hash;
	const char *ip;
	bool verified;    /* the address is confirmed, too */
	const char *keep; /* the session that goes on; NULL: none */
	const char *reason;
};

static enum err
tell_changed(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const char *ip)
{
	char now[21];
	struct mail m = {
		.kind = MAIL_PASSWORD_CHANGED,
		.user_id = rows_str(user, "id"),
		.to = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.link = mail_link(ctx, svc, PATH_FORGOT, NULL),
		.ip = ip,
	};

	clock_rfc3339(now, clock_now_s());
	m.detail =
		arena_printf(ctx->arena, "on %.10s at %.5s UTC", now, now + 11);
	return mail_queue(ctx, svc, &m);
}

/* Inside a transaction that holds the account's row, user. */
static enum err
set_password(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const struct new_password *n)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_RECOVERY_PASSWORD_SET,
		DB_IN(n->user_id, n->hash, n->email, n->verified ? "t" : "f"),
		&r);

	if (!e)
		e = db_query(ctx, svc->db, STMT_RECOVERY_CODES_VOID,
			DB_IN(n->user_id), NULL);
	if (!e && n->keep)
		e = db_query(ctx, svc->db, STMT_RECOVERY_REVOKE_OTHERS,
			DB_IN(n->user_id, n->keep, n->reason), NULL);
	else if (!e)
		e = db_query(ctx, svc->db, STMT_SESSION_REVOKE_ALL,
			DB_IN(n->user_id, n->reason), NULL);
	return e ? e : tell_changed(ctx, svc, user, n->ip);
}

/* ---- forgotten ---- */

static enum err
mail_reset(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const char *ip)
{
	struct mail m = {
		.kind = MAIL_RESET,
		.user_id = rows_str(user, "id"),
		.to = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.ip = ip,
	};

	return mail_code(ctx, svc, CODE_RESET, PATH_RESET, &m, NULL);
}

static enum err
forgot(struct ctx *ctx, const struct svc *svc, const char *email,
	const char *ip, const char **ret_user)
{
	struct rows *user;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_RECOVERY_BY_EMAIL, DB_IN(email),
			&user);
	if (!e && rows_n(user) > 0) {
		*ret_user = rows_str(user, "id");
		e = mail_reset(ctx, svc, user, ip);
	}
	return db_end(ctx, svc->db, e);
}

/* Until whole steps of time have passed since begin: even when the work took
 * longer than one, its length does not show. */
static void
wait_step(int64_t begin, int64_t step)
{
	int64_t until = (clock_mono_ms() - begin) / step * step + step + begin;

	for (;;) {
		int64_t left = until - clock_mono_ms();
		struct timespec t = {left / 1000, left % 1000 * 1000000};

		if (left <= 0)
			return;
		(void)nanosleep(&t, NULL); /* a signal only shortens it */
	}
}

enum err
recovery_forgot(struct ctx *ctx, const struct svc *svc, const char *email,
	const char *ip, const char **ret_user)
{
	/* whoever floods this waits in the same places as those who flood the
	 * login, and the other processes of the pool stay free */
	AUTO_FD int slot = -1;
	enum err e = hashslot_take(ctx, svc->cfg, &slot);
	int64_t begin = clock_mono_ms();

	if (e)
		return e;
	e = forgot(ctx, svc, email, ip, ret_user);
	wait_step(begin, FORGOT_MS);
	return e;
}

/* ---- reset ---- */

/* Uses the code and sets the password. The account is locked before the code:
 * everybody takes them in this order. */
static enum err
reset(struct ctx *ctx, const struct svc *svc, const char *code,
	enum code_purpose purpose, const struct new_password *n)
{
	struct code_for who;
	struct rows *user;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_RECOVERY_ACCOUNT,
			DB_IN(n->user_id), &user);
	if (!e)
		e = code_use(ctx, svc, purpose, code, &who);
	if (!e)
		e = set_password(ctx, svc, user, n);
	return db_end(ctx, svc->db, e);
}

enum err
recovery_reset(struct ctx *ctx, const struct svc *svc, const char *code,
	const char *password, const char *ip, const char **ret_user)
{
	char key[65];
	char hash[PASS_HASH_SIZE];
	struct new_password n = {.hash = hash, .ip = ip};
	struct rows *r;
	enum err e;

	crypt_sha256_hex(code, key);
	e = db_query(ctx, svc->db, STMT_RECOVERY_CODE, DB_IN(key), &r);
	if (e)
		return e;
	n.user_id = *ret_user = rows_str(r, "user_id");
	n.email = rows_str(r, "email");
	n.verified = str_eq(rows_str(r, "purpose"), "invite");
	n.reason = n.verified ? "invitation taken" : "password reset";
	e = password_make(ctx, svc->cfg, n.email, password, hash);
	return e ? e
		 : reset(ctx, svc, code, n.verified ? CODE_INVITE : CODE_RESET,
			   &n);
}

/* ---- change ---- */

/* The present password; a wrong one counts towards the lock. */
static enum err
check_present(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *password, const char *ip, struct password_proof *ret)
{
	const struct password_try try = {
		.user_id = user_id, .password = password, .ip = ip};
	struct password_proof proof = {0};
	struct rows *r;
	enum err e = db_query(
		ctx, svc->db, STMT_RECOVERY_PASSWORD_LESS, DB_IN(user_id), &r);

	if (!e && rows_bool(r, 0, rows_col(r, "without")))
		return ctx_fail(ctx, E_CONFLICT,
			"This account has no password; set one by \"forgot "
			"password\"");
	if (!e)
		e = password_prove(ctx, svc, &try, &proof);
	if (!e)
		e = password_proved(ctx, svc, &proof);
	if (e == E_INVALID_CREDENTIALS)
		return ctx_fail(ctx, e, WRONG_PRESENT);
	if (!e)
		*ret = proof;
	return e;
}

/* Locks the account of the proof. Whoever knew the password before a reset must
 * not undo that (FP-4). */
static enum err
hold_proved(struct ctx *ctx, const struct svc *svc,
	const struct password_proof *proof, struct rows **ret_user)
{
	enum err e = db_query(ctx, svc->db, STMT_RECOVERY_ACCOUNT_PROVED,
		DB_IN(proof->user_id, proof->next ? proof->next : proof->hash),
		ret_user);

	return e == E_INVALID_CREDENTIALS ? ctx_fail(ctx, e, WRONG_PRESENT) : e;
}

enum err
recovery_change(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *session_id, const char *current, const char *password,
	const char *ip)
{
	char hash[PASS_HASH_SIZE];
	struct new_password n = {
		.user_id = user_id,
		.hash = hash,
		.ip = ip,
		.keep = session_id,
		.reason = "password changed",
	};
	struct password_proof proof;
	struct rows *user;
	enum err e = check_present(ctx, svc, user_id, current, ip, &proof);

	if (e)
		return e;
	n.email = rows_str(proof.user, "email");
	e = password_make(ctx, svc->cfg, n.email, password, hash);
	if (!e)
		e = db_begin(ctx, svc->db);
	if (!e)
		e = hold_proved(ctx, svc, &proof, &user);
	if (!e)
		e = set_password(ctx, svc, user, &n);
	return db_end(ctx, svc->db, e);
}

/* ---- addresses ---- */

/* A code to the address that is to be confirmed. *ret_sent is false when
 * there were too many of them. */
static enum err
mail_verify(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	enum mail_kind kind, const char *email, bool *ret_sent)
{
	struct mail m = {
		.kind = kind,
		.user_id = rows_str(user, "id"),
		.to = email,
		.name = rows_str(user, "name"),
	};

	return mail_code(ctx, svc, CODE_VERIFY, PATH_VERIFY, &m, ret_sent);
}

enum err
recovery_welcome(
	struct ctx *ctx, const struct svc *svc, const struct rows *user)
{
	bool sent;

	return mail_verify(
		ctx, svc, user, MAIL_VERIFY, rows_str(user, "email"), &sent);
}

enum err
recovery_resend(struct ctx *ctx, const struct svc *svc, const char *user_id)
{
	struct rows *user;
	const char *pending;
	bool sent;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_RECOVERY_ACCOUNT,
			DB_IN(user_id), &user);
	if (e)
		return db_end(ctx, svc->db, e);
	pending = rows_str(user, "pending_email");
	if (pending)
		e = mail_verify(
			ctx, svc, user, MAIL_EMAIL_CHANGE, pending, &sent);
	else if (!rows_bool(user, 0, rows_col(user, "email_verified")))
		e = mail_verify(ctx, svc, user, MAIL_VERIFY,
			rows_str(user, "email"), &sent);
	return db_end(ctx, svc->db, e);
}

/* Inside a transaction that holds the account's row. */
static enum err
confirm(struct ctx *ctx, const struct svc *svc, const struct code_for *who,
	bool *ret_changed)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_RECOVERY_VERIFIED,
		DB_IN(who->user_id, who->email), &r);

	*ret_changed = !e && rows_n(r) == 0;
	if (!*ret_changed)
		return e;
	e = db_query(ctx, svc->db, STMT_RECOVERY_EMAIL_SET,
		DB_IN(who->user_id, who->email), &r);
	/* codes that went to the old address end with it (FP-2) */
	return e ? e
		 : db_query(ctx, svc->db, STMT_RECOVERY_CODES_VOID,
			   DB_IN(who->user_id), NULL);
}

enum err
recovery_verify(struct ctx *ctx, const struct svc *svc, const char *code,
	const char **ret_user, bool *ret_changed)
{
	char key[65];
	struct code_for who;
	struct rows *r;
	enum err e;

	crypt_sha256_hex(code, key);
	e = db_query(ctx, svc->db, STMT_RECOVERY_VERIFY_CODE, DB_IN(key), &r);
	if (e)
		return e;
	*ret_user = rows_str(r, "user_id");
	e = db_begin(ctx, svc->db);
	if (!e)
		e = db_query(ctx, svc->db, STMT_RECOVERY_ACCOUNT,
			DB_IN(*ret_user), &r);
	if (!e)
		e = code_use(ctx, svc, CODE_VERIFY, code, &who);
	if (!e)
		e = confirm(ctx, svc, &who, ret_changed);
	return db_end(ctx, svc->db, e);
}

static enum err
tell_changing(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const char *new_email, const char *ip)
{
	const struct mail m = {
		.kind = MAIL_EMAIL_CHANGED,
		.user_id = rows_str(user, "id"),
		.to = rows_str(user, "email"),
		.name = rows_str(user, "name"),
		.link = mail_link(ctx, svc, PATH_FORGOT, NULL),
		.detail = new_email,
		.ip = ip,
	};

	return mail_queue(ctx, svc, &m);
}

static enum err
too_many_mails(struct ctx *ctx, const struct svc *svc, const char *user_id)
{
	enum err e = code_wait(ctx, svc, CODE_VERIFY, user_id);

	return e ? e
		 : ctx_fail(ctx, E_RATE_LIMIT_EXCEEDED,
			   "There were too many mails to confirm an address; "
			   "try again later");
}

/* Inside a transaction that holds the account's row, user. */
static enum err
want_email(struct ctx *ctx, const struct svc *svc, const struct rows *user,
	const char *new_email, const char *ip)
{
	const char *id = rows_str(user, "id");
	bool back = str_eq(new_email, rows_str(user, "email"));
	bool sent = true;
	enum err e = db_query(ctx, svc->db, STMT_RECOVERY_EMAIL_PENDING,
		DB_IN(id, back ? NULL : new_email), NULL);

	if (e)
		return e;
	if (back)
		return code_void(ctx, svc, CODE_VERIFY, id);
	e = mail_verify(ctx, svc, user, MAIL_EMAIL_CHANGE, new_email, &sent);
	if (!e && !sent)
		return too_many_mails(ctx, svc, id);
	return e ? e : tell_changing(ctx, svc, user, new_email, ip);
}

enum err
email_change_request(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *new_email, const char *password,
	const char *ip)
{
	struct password_proof proof;
	struct rows *user;
	enum err e = check_present(ctx, svc, user_id, password, ip, &proof);

	if (!e)
		e = db_begin(ctx, svc->db);
	if (e)
		return e;
	e = hold_proved(ctx, svc, &proof, &user);
	if (!e)
		e = want_email(ctx, svc, user, new_email, ip);
	return db_end(ctx, svc->db, e);
}
