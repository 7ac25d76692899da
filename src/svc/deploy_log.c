/* deploy_log.c - reads a log in pages, each on an arena of its own. */
#include "svc/deploy_log.h"

#include "base/arena.h"
#include "base/str.h"
#include "gen/stmt.h"

#define PAGE_ROWS 500
#define PAGE_MAX  ((size_t)PAGE_ROWS * (16384 + 16))

/* One page into b; *ret_seq is its last line's, *ret_more whether to go on. */
static enum err
read_page(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id, int64_t *seq, struct buf *b, bool *ret_more)
{
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_DEPLOYMENT_LOG_PAGE,
		DB_IN(id, user_id, str_from_i64(ctx->arena, *seq),
			str_from_i64(ctx->arena, PAGE_ROWS),
			str_from_i64(ctx->arena, (int64_t)PAGE_MAX)),
		&r);
	int cseq, cmessage;

	if (e)
		return e;
	if (rows_n(r) == 0)
		return E_DEPLOYMENT_NOT_FOUND;
	cseq = rows_col(r, "seq");
	cmessage = rows_col(r, "message");
	for (size_t i = 0; i < rows_n(r); i++) {
		if (!rows_text(r, i, cseq))
			break; /* the row that says that there is no line */
		buf_add(b, rows_text(r, i, cmessage), rows_len(r, i, cmessage));
		buf_char(b, '\n');
		*seq = rows_int(r, i, cseq);
	}
	*ret_more = rows_n(r) == PAGE_ROWS;
	return E_OK;
}

enum err
deploy_log_text(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id, int64_t after, deploy_log_fn *fn, void *arg)
{
	struct ctx page = {0};
	AUTO_BUF struct buf b = {0};
	bool more = true;
	enum err e = E_OK;

	buf_init(&b, PAGE_MAX);
	page.arena = arena_new(1 << 20, 1 << 26);
	while (!e && more) {
		buf_reset(&b);
		e = read_page(&page, svc, user_id, id, &after, &b, &more);
		if (!e)
			e = fn(arg, &b);
		if (e && page.cause)
			(void)ctx_cause(ctx, e, "%s", page.cause);
		arena_reset(page.arena);
	}
	arena_free(page.arena);
	return e;
}
