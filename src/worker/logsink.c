/*
 * logsink.c - a deployment's log: bytes of a build become cleaned and masked
 * lines, written in batches that the lease fences. Used by all of a job. What
 * is stored is final: API and WebSocket show it as it is.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/logclean.h"

#include <stdarg.h>

#define LINE_MAX_BYTES (16 * 1024 - 16) /* with the time before it */
#define BATCH_LINES    4000
#define FLUSH_LINES    2000
#define FLUSH_MS       100
#define PENDING_LINES  20000
#define PENDING_BYTES  (4 * 1024 * 1024)
#define TAIL_MAX       (16 * 1024)
#define RETRY_MS       500

static const char *const level_text[] = {"info", "warning", "error"};

struct line {
	int64_t at_us;
	enum line_level level;
	const char *text;
};

struct logsink {
	struct arena *arena; /* of the lines that wait */
	struct line *lines;
	size_t n, cap, sent; /* sent: stored already */
	size_t waiting;      /* bytes */
	int64_t since;       /* when the oldest of them came, monotonic */
	int64_t retry_at;    /* the database was away: not before then */
	int64_t seq;         /* of the last stored line */
	int64_t bytes;       /* of all lines so far */
	bool over;
	struct logclean clean;
	struct buf cleaned, masked;
	struct buf part; /* a line that has no end yet */
	struct buf tail;
};

static void
sink_done(void *p)
{
	struct logsink *s = p;

	arena_free(s->arena);
	buf_done(&s->cleaned);
	buf_done(&s->masked);
	buf_done(&s->part);
	buf_done(&s->tail);
}

struct logsink *
logsink_new(struct job *j, int64_t seq, int64_t bytes)
{
	struct logsink *s = ARENA_NEW(j->ctx.arena, struct logsink);

	s->arena = arena_new(64 << 20, 256 << 20);
	s->seq = seq;
	s->clean.colours = true;
	s->bytes = bytes;
	/* a feed of 64 KiB, three bytes for each, after what was held back */
	buf_init(&s->cleaned, 1 << 20);
	buf_init(&s->masked, 8 << 20);
	buf_init(&s->part, 9 << 20);
	buf_init(&s->tail, 9 << 20);
	arena_hook(j->ctx.arena, sink_done, s);
	return s;
}

static void
add_raw(struct job *j, enum line_level level, const char *text, size_t n)
{
	struct logsink *s = j->log;
	int64_t sec = (clock_mono_ms() - j->started_ms) / 1000;
	const char *line = arena_printf(s->arena, "[%02lld:%02lld] %.*s",
		(long long)(sec / 60), (long long)(sec % 60), (int)n, text);

	if (s->n == s->cap) {
		size_t cap = MAX(2 * s->cap, (size_t)256);

		s->lines = arena_grow(s->arena, s->lines,
			s->cap * sizeof(*s->lines), cap * sizeof(*s->lines));
		s->cap = cap;
	}
	if (s->n == s->sent)
		s->since = clock_mono_ms();
	s->lines[s->n++] = (struct line){clock_now_us(), level, line};
	s->waiting += strlen(line) + 1;
	s->bytes += (int64_t)strlen(line) + 1;
}

/* The bytes of a line that are stored as one: not into a character, nor into a
 * colour. */
static size_t
cut(const char *p, size_t n)
{
	size_t k = str_utf8_cut(p, n, LINE_MAX_BYTES);

	if (k == n)
		return n;
	for (size_t i = k - STR_SGR_MAX; i < k; i++) {
		if (i + str_sgr_at(p + i, n - i) > k)
			return i;
	}
	return k;
}

/* One line of output, in pieces when it is too long. */
static void
add_output(struct job *j, const char *p, size_t n)
{
	struct logsink *s = j->log;

	do {
		size_t k = cut(p, n);

		if (s->over)
			return;
		if (s->bytes + (int64_t)k > j->w->cfg.build_log_max) {
			s->over = true;
			job_say(j, SAY_ERROR,
				"The log is cut here: it has more than %lld KB",
				(long long)(j->w->cfg.build_log_max / 1024));
			return;
		}
		add_raw(j, SAY_INFO, p, k);
		p += k;
		n -= k;
	} while (n);
}

/* Whole lines of s->part, and pieces of one that is too long already. */
static void
split(struct job *j, bool at_end)
{
	struct buf *b = &j->log->part;
	size_t from = 0;

	while (from < b->len) {
		const char *p = b->data + from;
		const char *nl = memchr(p, '\n', b->len - from);
		size_t n = nl ? (size_t)(nl - p) : b->len - from;

		if (!nl && !at_end) {
			if (n <= LINE_MAX_BYTES)
				break;
			n = cut(p, n);
		}
		add_output(j, p, n);
		from += n + (nl != NULL);
	}
	if (from)
		buf_consume(b, from);
}

/* What was masked goes on to the lines, and without colours to the tail. */
static void
take_masked(struct job *j, bool at_end)
{
	struct logsink *s = j->log;
	const char *p = buf_text(&s->masked);
	size_t n = s->masked.len;

	if (!s->over)
		buf_add(&s->part, p, n);
	while (n) {
		size_t text = str_sgr_find(p, n);
		size_t colour = str_sgr_at(p + text, n - text);

		buf_add(&s->tail, p, text);
		p += text + colour;
		n -= text + colour;
	}
	if (s->tail.len > TAIL_MAX)
		buf_consume(&s->tail, s->tail.len - TAIL_MAX);
	buf_reset(&s->masked);
	split(j, at_end);
}

void
logsink_feed(struct job *j, const char *p, size_t n)
{
	struct logsink *s = j->log;

	logclean_feed(&s->clean, p, n, &s->cleaned);
	mask_feed(j->mask, buf_text(&s->cleaned), s->cleaned.len, &s->masked);
	buf_reset(&s->cleaned);
	take_masked(j, false);
}

void
logsink_end_output(struct job *j)
{
	struct logsink *s = j->log;

	logclean_end(&s->clean, &s->cleaned);
	mask_feed(j->mask, buf_text(&s->cleaned), s->cleaned.len, &s->masked);
	mask_end(j->mask, &s->masked);
	buf_reset(&s->cleaned);
	take_masked(j, true);
}

void
job_say(struct job *j, enum line_level level, const char *fmt, ...)
{
	struct arena *a = j->log->arena;
	struct logclean clean = {0};
	AUTO_BUF struct buf b = {0};
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	buf_init(&b, 1 << 20);
	logclean_feed(&clean, text, strlen(text), &b);
	logclean_end(&clean, &b);
	text = mask_text(a, j->mask, buf_text(&b));
	for (;;) {
		size_t n = strcspn(text, "\n");

		add_raw(j, level, text, str_utf8_cut(text, n, LINE_MAX_BYTES));
		if (!text[n])
			return;
		text += n + 1;
	}
}

bool
logsink_is_full(const struct job *j)
{
	const struct logsink *s = j->log;

	return s->n - s->sent >= PENDING_LINES || s->waiting >= PENDING_BYTES;
}

bool
logsink_is_over(const struct job *j)
{
	return j->log->over;
}

void
logsink_tail_start(struct job *j)
{
	buf_reset(&j->log->tail);
}

const char *
logsink_tail(const struct job *j)
{
	return buf_text(&j->log->tail);
}

int
logsink_wait_ms(const struct job *j)
{
	const struct logsink *s = j->log;
	int64_t due = s->since + FLUSH_MS;

	if (s->n == s->sent)
		return -1;
	if (s->n - s->sent >= FLUSH_LINES)
		due = 0;
	due = MAX(due, s->retry_at) - clock_mono_ms();
	return (int)MAX(due, (int64_t)0);
}

/* "{1,2,3}" */
static const char *
times(struct arena *a, const struct line *l, size_t n)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 22 * n + 3);
	for (size_t i = 0; i < n; i++) {
		buf_char(&b, i ? ',' : '{');
		buf_int(&b, l[i].at_us);
	}
	buf_char(&b, '}');
	return arena_strdup(a, buf_text(&b));
}

/* What lines take, as job_log counts it. */
static size_t
size_of(const struct line *l, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(l[i].text) + 1;
	return bytes;
}

/* Store *n lines. When the answer to the last attempt was lost, its lines may
 * be stored, while others have come since: nobody else writes under this lease,
 * so what is stored beyond seq is ours, and *n becomes that. */
static enum err
store(struct job *j, struct ctx *ctx, size_t *n)
{
	struct logsink *s = j->log;
	struct arena *a = ctx->arena;
	const struct line *l = s->lines + s->sent;
	const char **text = arena_array(a, *n, sizeof(*text));
	const char **level = arena_array(a, *n, sizeof(*level));
	int64_t stored;
	struct rows *r;
	enum err e;

	for (size_t i = 0; i < *n; i++) {
		text[i] = l[i].text;
		level[i] = level_text[l[i].level];
	}
	e = db_query(ctx, j->db, STMT_JOB_LOG,
		DB_IN(j->id, j->owner, j->attempt, str_from_i64(a, s->seq),
			times(a, l, *n), db_text_array(a, level, *n),
			db_text_array(a, text, *n),
			str_from_i64(a, (int64_t)size_of(l, *n))),
		&r);
	if (e || rows_n(r) == 1)
		return e;
	e = db_query(ctx, j->db, STMT_JOB_CHECK,
		DB_IN(j->id, j->owner, j->attempt), &r);
	if (e)
		return e;
	stored = rows_int(r, 0, rows_col(r, "log_seq")) - s->seq;
	if (stored < 1 || stored > (int64_t)*n)
		return E_LEASE_LOST;
	*n = (size_t)stored;
	return E_OK;
}

/* One batch; *ret_sent: the database took it. */
static enum err
flush_some(struct job *j, bool *ret_sent)
{
	struct logsink *s = j->log;
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	size_t n = MIN(s->n - s->sent, (size_t)BATCH_LINES);
	enum err e = store(j, &ctx, &n);

	*ret_sent = !e;
	if (!e) {
		s->waiting -= size_of(s->lines + s->sent, n);
		s->seq += (int64_t)n;
		s->sent += n;
	} else if (e == E_SERVICE_UNAVAILABLE) {
		s->retry_at = clock_mono_ms() + RETRY_MS;
		e = E_OK;
	} else {
		e = ctx_cause(&j->ctx, e, "log: %s",
			ctx.cause ? ctx.cause : "refused");
	}
	arena_free(ctx.arena);
	return e;
}

enum err
logsink_flush(struct job *j, bool now)
{
	struct logsink *s = j->log;
	bool sent = true;
	enum err e = E_OK;

	if (!now && logsink_wait_ms(j) != 0)
		return E_OK;
	while (!e && sent && s->n > s->sent)
		e = flush_some(j, &sent);
	if (s->n == s->sent && s->n) {
		arena_reset(s->arena);
		s->lines = NULL;
		s->n = s->cap = s->sent = s->waiting = 0;
	}
	return e;
}
