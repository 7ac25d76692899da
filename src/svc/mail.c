/* mail.c - composes mails by mail.def and puts them into the outbox. */
#include "svc/mail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/rand.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/seal.h"

#define MESSAGE_MAX 65536

static const struct {
	const char *kind, *subject, *text;
} kinds[] = {
#define MAIL(name, kind, subject, text) {kind, subject, text},
#include "svc/mail.def"
#undef MAIL
};

const char *
mail_link(const struct ctx *ctx, const struct svc *svc, const char *path,
	const char *code)
{
	const char *base = *svc->cfg->frontend_url ? svc->cfg->frontend_url
						   : svc->cfg->app_url;

	return arena_printf(ctx->arena, "%s%s%s%s", base, path,
		code ? "#code=" : "", code ? code : "");
}

static const char *
value_of(const struct mail *m, const char *name, size_t n)
{
	const struct {
		const char *name, *value;
	} values[] = {
		{"name", m->name},
		{"link", m->link},
		{"detail", m->detail},
		{"ip", m->ip},
		{"app", "Autostack"},
	};

	for (size_t i = 0; i < NELEM(values); i++) {
		if (strlen(values[i].name) == n &&
			strncmp(values[i].name, name, n) == 0)
			return values[i].value ? values[i].value : "?";
	}
	return "?";
}

static void
fill(struct buf *b, const struct mail *m, const char *template)
{
	const char *p = template;

	while (*p) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;

		if (end) {
			buf_str(b, value_of(m, p + 1, (size_t)(end - p - 1)));
			p = end + 1;
		} else {
			buf_add(b, p++, 1);
		}
	}
}

enum err
mail_queue(struct ctx *ctx, const struct svc *svc, const struct mail *m)
{
	AUTO_BUF struct buf b = {0};
	char id[37];
	const char *sealed;
	enum err e;

	rand_uuid(id);
	buf_init(&b, MESSAGE_MAX);
	buf_printf(&b, "To: %s\r\nSubject: ", m->to);
	fill(&b, m, kinds[m->kind].subject);
	buf_str(&b, "\r\n\r\n");
	fill(&b, m, kinds[m->kind].text);
	e = seal_close(ctx, svc->cfg, arena_printf(ctx->arena, "mail:%s", id),
		buf_text(&b), &sealed);
	return e ? e
		 : db_query(ctx, svc->db, STMT_MAIL_INSERT,
			   DB_IN(id, kinds[m->kind].kind, m->user_id, m->to,
				   sealed),
			   NULL);
}
