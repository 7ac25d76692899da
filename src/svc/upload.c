/*
 * upload.c - an upload on its way into the database, a piece in memory at a
 * time. Called by the handler of the route. Does not look into the archive.
 */
#include "svc/upload.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"
#include "base/str.h"
#include "gen/stmt.h"

/* As text it is twice as long, three times for a moment. */
#define CHUNK ((size_t)256 << 10)

struct storing {
	const struct upload *up;
	char id[37];
	unsigned char piece[CHUNK];
	char hex[2 + 2 * CHUNK + 1];
	int64_t bytes;
};

static enum err
store_piece(struct ctx *ctx, const struct svc *svc, struct storing *s, int i,
	size_t n)
{
	struct ctx own = {.arena = arena_new(1 << 16, 1 << 22)};
	enum err e;

	memcpy(s->hex, "\\x", 2);
	str_hex(s->hex + 2, s->piece, n);
	e = db_query(&own, svc->db, STMT_UPLOAD_CHUNK_INSERT,
		DB_IN(s->id, str_from_i64(own.arena, i), s->hex), NULL);
	if (e)
		e = ctx_cause(ctx, e, "upload: %s",
			own.cause ? own.cause : err_info(e)->message);
	arena_free(own.arena);
	return e;
}

static enum err
store(struct ctx *ctx, const struct svc *svc, struct storing *s)
{
	size_t n = CHUNK;
	enum err e = E_OK;

	for (int i = 0; !e && n == CHUNK; i++) {
		e = s->up->read(s->up->arg, s->piece, CHUNK, &n);
		if (e)
			return e;
		/* RFC 1952 2.3.1; an empty body is none either */
		if (i == 0 &&
			(n < 2 || s->piece[0] != 0x1f || s->piece[1] != 0x8b))
			return ctx_fail(ctx, E_BAD_REQUEST,
				"The body is not a gzip file");
		s->bytes += (int64_t)n;
		if (n > 0)
			e = store_piece(ctx, svc, s, i, n);
	}
	return e;
}

/* The user's lock is taken last: it is held for no longer than that. */
static enum err
queue(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const struct storing *s)
{
	const struct upload *up = s->up;
	enum err e =
		db_query(ctx, svc->db, STMT_USER_LOCK, DB_IN(user_id), NULL);

	if (!e)
		e = db_query(ctx, svc->db, STMT_UPLOAD_SUPERSEDE,
			DB_IN(s->id, up->project_id, user_id), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_UPLOAD_INSERT,
			DB_IN(s->id, up->project_id, user_id,
				str_from_i64(
					ctx->arena, svc->cfg->queued_per_user),
				up->branch, up->commit,
				str_from_i64(ctx->arena, s->bytes)),
			NULL);
	return e;
}

enum err
upload_deploy(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const struct upload *up, const char **ret_id)
{
	struct storing *s = ARENA_NEW(ctx->arena, struct storing);
	enum err e = db_begin(ctx, svc->db);

	s->up = up;
	rand_uuid(s->id);
	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_FOR_DEPLOY,
			DB_IN(up->project_id, user_id), NULL);
	if (!e)
		e = store(ctx, svc, s);
	if (!e)
		e = queue(ctx, svc, user_id, s);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret_id = s->id;
	return e;
}
