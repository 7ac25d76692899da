/*
 * password.c - the rules of passwords, their hashes, and the count of wrong
 * ones. The block list is read from its file at each use: a few thousand lines
 * take some ten microseconds beside a hash that takes a hundred milliseconds,
 * and no process has to hold it.
 */
#include "svc/password.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/audit.h"
#include "svc/hashslot.h"
#include "svc/mail.h"
#include "svc/session.h"
#include "svc/wordlist.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the list ---- */

static int
list_open(const struct cfg *cfg)
{
	struct stat st;
	AUTO_FD int fd = open(cfg->password_blocklist,
		O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return TAKE_FD(fd);
}

bool
password_list_ready(
	struct arena *a, const struct cfg *cfg, const char **ret_error)
{
	AUTO_FD int fd = -1;

	if (!*cfg->password_blocklist)
		return true;
	fd = list_open(cfg);
	if (fd >= 0)
		return true;
	*ret_error = arena_printf(a,
		"password_blocklist: %s: %s (install Debian's package "
		"john-data, or name another list; empty: none)",
		cfg->password_blocklist, strerror(errno));
	return false;
}

static enum err
is_listed(
	struct ctx *ctx, const struct cfg *cfg, const char *password, bool *ret)
{
	struct wordlist w = {.word = password};
	char piece[8192];
	AUTO_FD int fd = -1;
	ssize_t n = 0;

	*ret = false;
	if (!*cfg->password_blocklist)
		return E_OK;
	fd = list_open(cfg);
	while (fd >= 0 && !w.found && (n = read(fd, piece, sizeof(piece))) > 0)
		wordlist_feed(&w, piece, (size_t)n);
	if (fd < 0 || n < 0)
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"password_blocklist: %s: %s", cfg->password_blocklist,
			strerror(errno));
	*ret = wordlist_end(&w);
	return E_OK;
}

/* ---- what may be a password ---- */

/* "Autostack2024!" and the like: the word in any case, with decoration. */
static bool
is_mostly(struct arena *a, const char *password, const char *word)
{
	const char *p = str_lower(a, password);
	const char *hit = strlen(word) >= 3 ? strstr(p, word) : NULL;

	return hit && strlen(p) - strlen(word) <= 6;
}

static const char *
too_close(struct arena *a, const char *email, const char *password)
{
	const char *local = arena_strndup(a, email, strcspn(email, "@"));

	if (str_eq_ci(password, email) || is_mostly(a, password, local))
		return "must not be your email address";
	if (is_mostly(a, password, "autostack"))
		return "must not be the product's name";
	return NULL;
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

enum err
password_judge(struct ctx *ctx, const struct cfg *cfg, const char *email,
	const char *password)
{
	const char *weak;
	bool listed;
	enum err e;

	if ((int64_t)characters(password) < cfg->password_min)
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"must have at least %" PRId64 " characters",
			cfg->password_min);
	if (strlen(password) > PASS_BYTES_MAX)
		return ctx_fail(ctx, E_VALIDATION_ERROR,
			"must have at most %d bytes", PASS_BYTES_MAX);
	weak = too_close(ctx->arena, email, password);
	if (weak)
		return ctx_fail(ctx, E_VALIDATION_ERROR, "%s", weak);
	e = is_listed(ctx, cfg, password, &listed);
	if (!e && listed)
		e = ctx_fail(ctx, E_VALIDATION_ERROR,
			"must not be one of the most common passwords");
	return e;
}

/* ---- hashes ---- */

enum err
password_hash(struct ctx *ctx, const struct cfg *cfg, const char *password,
	char ret[PASS_HASH_SIZE])
{
	AUTO_FD int slot = -1;
	enum err e = hashslot_take(ctx, cfg, &slot);

	return e ? e : pass_hash(ctx, password, (int)cfg->bcrypt_cost, ret);
}

enum err
password_make(struct ctx *ctx, const struct cfg *cfg, const char *email,
	const char *password, char ret[PASS_HASH_SIZE])
{
	enum err e = password_judge(ctx, cfg, email, password);

	return e ? e : password_hash(ctx, cfg, password, ret);
}

static bool
compare(struct ctx *ctx, const char *password, const char *hash, bool decoy)
{
#ifdef AS_DEVELOPER
	/* tests count these: one an attempt, whoever asks for whom */
	log_debug(ctx->id, "bcrypt: compared with %s",
		decoy ? "a decoy" : "the account's hash");
#else
	(void)ctx;
#endif
	return pass_verify(password, hash) && !decoy;
}

/* The same work for everybody: an unknown or locked account, or one without a
 * password, is compared with a decoy. A step of the cost doubles the work, so a
 * hash of cost 10 and decoys of 10 and 11 take as long as one of 12. */
static bool
matches(struct ctx *ctx, const struct svc *svc, const char *password,
	const char *hash)
{
	int cost = (int)svc->cfg->bcrypt_cost;

	if (!hash)
		return compare(ctx, password, pass_decoy(cost), true);
	if (compare(ctx, password, hash, false))
		return true;
	for (int c = pass_cost(hash); c && c < cost; c++)
		(void)compare(ctx, password, pass_decoy(c), true);
	return false;
}

/* ---- whether one opens an account ---- */

static void
let_go(void *fd)
{
	auto_close(fd);
	*(int *)fd = -1;
}

/* What was right keeps its slot until it is forgiven: the right passwords of
 * many devices at once cannot lock an account, since only as many are counted
 * and not yet forgiven as there are slots. */
static void
keep_slot(struct arena *a, struct password_proof *p, int fd)
{
	p->slot = ARENA_NEW(a, int);
	*p->slot = fd;
	arena_hook(a, let_go, p->slot);
}

/* The count and the comparison are one step under the slot. */
static enum err
count_and_compare(struct ctx *ctx, const struct svc *svc,
	const struct password_try *try, struct password_proof *p,
	bool *ret_last)
{
	const struct cfg *cfg = svc->cfg;
	char next[PASS_HASH_SIZE];
	AUTO_FD int slot = -1;
	struct rows *r;
	enum err e = hashslot_take(ctx, cfg, &slot);

	if (!e)
		e = db_query(ctx, svc->db, STMT_PASSWORD_COUNT,
			DB_IN(try->email, try->user_id,
				str_from_i64(ctx->arena, cfg->lock_after),
				str_from_i64(ctx->arena, cfg->lock_seconds)),
			&r);
	if (e)
		return e;
	if (rows_n(r) > 0) {
		p->user = r;
		p->user_id = rows_str(r, "id");
		p->hash = rows_str(r, "hash");
		*ret_last = rows_bool(r, 0, rows_col(r, "last"));
	}
	if (!matches(ctx, svc, try->password, p->hash))
		return E_INVALID_CREDENTIALS;
	if (pass_cost(p->hash) < (int)cfg->bcrypt_cost) {
		e = pass_hash(ctx, try->password, (int)cfg->bcrypt_cost, next);
		p->next = e ? NULL : arena_strdup(ctx->arena, next);
	}
	if (!e)
		keep_slot(ctx->arena, p, TAKE_FD(slot));
	return e;
}

/* The last wrong password that was let. Nobody is told when a right one came
 * in between. */
static enum err
tell_locked(struct ctx *ctx, const struct svc *svc,
	const struct password_try *try, const struct password_proof *p)
{
	const struct audit_row row = {
		.event = EV_AUTH_LOCKED,
		.user_id = p->user_id,
		.target = p->user_id,
		.success = true,
		.ip = try->ip,
		.user_agent = try->user_agent,
	};
	const struct mail m = {
		.kind = MAIL_LOCKED,
		.user_id = p->user_id,
		.to = rows_str(p->user, "email"),
		.name = rows_str(p->user, "name"),
		.link = mail_link(ctx, svc, "/forgot-password", NULL),
		.detail = mail_span(ctx->arena, svc->cfg->lock_seconds),
		.ip = try->ip,
	};

	audit_write(ctx, svc, &row);
	return mail_queue(ctx, svc, &m);
}

static enum err
lock(struct ctx *ctx, const struct svc *svc, const struct password_try *try,
	const struct password_proof *p)
{
	struct rows *r;
	enum err e = db_begin(ctx, svc->db);

	if (!e)
		e = db_query(ctx, svc->db, STMT_PASSWORD_LOCK,
			DB_IN(p->user_id,
				str_from_i64(ctx->arena, svc->cfg->lock_after),
				str_from_i64(
					ctx->arena, svc->cfg->lock_seconds)),
			&r);
	if (!e && rows_n(r) > 0)
		e = tell_locked(ctx, svc, try, p);
	return db_end(ctx, svc->db, e);
}

enum err
password_prove(struct ctx *ctx, const struct svc *svc,
	const struct password_try *try, struct password_proof *ret)
{
	struct password_proof p = {0};
	bool last = false;
	enum err e = count_and_compare(ctx, svc, try, &p, &last);

	ret->user_id = p.user_id;
	if (e == E_INVALID_CREDENTIALS && last) {
		enum err locked = lock(ctx, svc, try, &p);

		return locked ? locked : e;
	}
	if (!e)
		*ret = p;
	return e;
}

enum err
password_proved(struct ctx *ctx, const struct svc *svc,
	const struct password_proof *proof)
{
	enum err e = db_query(ctx, svc->db, STMT_PASSWORD_PROVED,
		DB_IN(proof->user_id, proof->hash, proof->next), NULL);

	/* whoever counts next waits for this row, if it is not yet committed */
	let_go(proof->slot);
	return e;
}
