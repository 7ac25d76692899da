/* mail.c - composes mails by mail.def and puts them into the outbox. */
#include "svc/mail.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "gen/stmt.h"
#include "svc/mime.h"
#include "svc/seal.h"

#include <time.h>

#define NAME_CHARS   64 /* a stranger's name must not carry a message */
#define DETAIL_CHARS 254
#define FACT_CHARS   500

#define BODY_STYLE                                                             \
	"margin:0;padding:24px;background:#f4f5f7;color:#1c1e21;"              \
	"font:16px/1.5 sans-serif"
#define BOX_STYLE                                                              \
	"max-width:560px;margin:0 auto;padding:24px;background:#ffffff;"       \
	"border-radius:8px"
#define BUTTON_STYLE                                                           \
	"display:inline-block;padding:10px 20px;border-radius:6px;"            \
	"background:#1d4ed8;color:#ffffff;text-decoration:none"

static const struct {
	const char *kind, *subject, *button, *text;
} kinds[] = {
#define MAIL(name, kind, subject, button, text) {kind, subject, button, text},
#include "svc/mail.def"
#undef MAIL
};

/* ---- what the texts speak of ---- */

const char *
mail_link(const struct ctx *ctx, const struct svc *svc, const char *path,
	const char *code)
{
	const char *base = *svc->cfg->frontend_url ? svc->cfg->frontend_url
						   : svc->cfg->app_url;

	return arena_printf(ctx->arena, "%s%s%s%s", base, path,
		code ? "#code=" : "", code ? code : "");
}

const char *
mail_span(struct arena *a, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
	size_t i = 0;

	while (seconds % units[i].seconds)
		i++;
	/* "24 hours" says more than "1 day" */
	if (i == 0 && seconds == 86400)
		i = 1;
	return arena_printf(a, "%d %s%s", (int)(seconds / units[i].seconds),
		units[i].name, seconds == units[i].seconds ? "" : "s");
}

const char *
mail_host(struct arena *a, const struct cfg *cfg)
{
	const char *p = strstr(cfg->app_url, "://");
	const char *host = p ? p + 3 : cfg->app_url;
	const char *name;

	if (*host == '[')
		return arena_printf(a, "[IPv6:%.*s]",
			(int)strcspn(host + 1, "]/"), host + 1);
	name = arena_strndup(a, host, strcspn(host, ":/?#"));
	return strspn(name, "0123456789.") == strlen(name)
		       ? arena_printf(a, "[%s]", name)
		       : name;
}

const char *
mail_sender(struct arena *a, const struct cfg *cfg)
{
	if (*cfg->mail_from)
		return cfg->mail_from;
	if (mime_is_address(cfg->smtp_user))
		return cfg->smtp_user;
	return arena_printf(a, "autostack@%s", mail_host(a, cfg));
}

/* An address literal has colons, which no address of a stranger may have. */
static bool
is_sender(const char *s)
{
	const char *literal = strstr(s, "@[IPv6:");

	if (literal && str_ends(s, "]"))
		return literal > s &&
		       strspn(literal + 7, "0123456789abcdefABCDEF:.") ==
			       strlen(literal + 7) - 1;
	return mime_is_address(s);
}

const char *
mail_settings_wrong(struct arena *a, const struct cfg *cfg)
{
	const char *from = mail_sender(a, cfg);

	if (!is_sender(from))
		return arena_printf(a,
			"mail_from: '%s' is no address like name@example.com",
			from);
	return NULL;
}

/* How long the code of a mail is good. */
static const char *
life(struct arena *a, const struct cfg *cfg, enum mail_kind kind)
{
	switch (kind) {
	case MAIL_RESET:
		return mail_span(a, cfg->reset_code_seconds);
	case MAIL_INVITE:
		return mail_span(a, cfg->invite_code_seconds);
	default:
		return mail_span(a, cfg->verify_code_seconds);
	}
}

/* ---- filling the texts ---- */

struct value {
	const char *name, *text;
};
#define VALUES 6

static const char *
cleaned(struct arena *a, const char *s, size_t max, bool address)
{
	const char *line = mime_line(a, s ? s : "unknown", max);

	return address && mime_is_address(line) ? line : mime_unlinked(a, line);
}

static void
set_values(struct arena *a, const struct cfg *cfg, const struct mail *m,
	struct value v[VALUES])
{
	bool address = m->kind == MAIL_EMAIL_CHANGED;

	v[0] = (struct value){"name", cleaned(a, m->name, NAME_CHARS, false)};
	v[1] = (struct value){
		"detail", cleaned(a, m->detail, DETAIL_CHARS, address)};
	v[2] = (struct value){
		"ip", mime_line(a, m->ip ? m->ip : "unknown", 64)};
	v[3] = (struct value){"link", m->link ? m->link : ""};
	v[4] = (struct value){"life", life(a, cfg, m->kind)};
	v[5] = (struct value){"app", "Autostack"};
}

/* The template's first n bytes; values are not looked into again. */
static const char *
filled(struct arena *a, const struct value v[VALUES], const char *p, size_t n)
{
	AUTO_BUF struct buf b = {0};
	const char *end = p + n;

	buf_init(&b, MAIL_MESSAGE_MAX);
	while (p < end) {
		size_t len = *p == '{' ? strcspn(p, "}") : 0;
		size_t i = 0;

		if (len == 0) {
			buf_char(&b, *p++);
			continue;
		}
		while (i < VALUES &&
			(strlen(v[i].name) != len - 1 ||
				strncmp(v[i].name, p + 1, len - 1)))
			i++;
		ASSERT(i < VALUES); /* mail.def names another one */
		buf_str(&b, v[i].text);
		p += len + 1;
	}
	return arena_strdup(a, buf_text(&b));
}

/* ---- the two forms of a text ---- */

static void
add_text(struct buf *b, const char *paragraph, const char *button UNUSED,
	const char *link)
{
	if (b->len > 0)
		buf_str(b, "\n\n");
	if (link)
		buf_str(b, link);
	else
		mime_wrap(b, paragraph);
}

static void
add_html(struct buf *b, const char *paragraph, const char *button,
	const char *link)
{
	if (!link) {
		buf_str(b, "<p>");
		mime_html(b, paragraph);
		buf_str(b, "</p>\n");
		return;
	}
	buf_str(b, "<p>\n<a style=\"" BUTTON_STYLE "\"\nhref=\"");
	mime_html(b, link);
	buf_str(b, "\">");
	mime_html(b, button);
	buf_str(b, "</a>\n</p>\n"
		   "<p style=\"font-size:13px;color:#5f6368\">"
		   "Or open this address:<br>\n<span>");
	mime_html(b, link);
	buf_str(b, "</span></p>\n");
}

static const char *
fact_text(struct arena *a, const struct mail_fact *f)
{
	const char *line = mime_line(a, f->text, FACT_CHARS);

	return f->ours ? line : mime_unlinked(a, line);
}

static void
add_facts_text(struct arena *a, struct buf *b, const struct mail *m)
{
	for (size_t i = 0; i < m->nfacts; i++) {
		buf_str(b, i > 0 ? "\n" : "\n\n");
		mime_wrap(b, arena_printf(a, "%s: %s", m->facts[i].label,
				     fact_text(a, &m->facts[i])));
	}
}

static void
add_facts_html(struct arena *a, struct buf *b, const struct mail *m)
{
	buf_str(b, "<p>\n");
	for (size_t i = 0; i < m->nfacts; i++) {
		buf_printf(b, "%s: <b>", m->facts[i].label);
		mime_html(b, fact_text(a, &m->facts[i]));
		buf_str(b, "</b><br>\n");
	}
	buf_str(b, "</p>\n");
}

/* One of the two forms. */
struct form {
	void (*paragraph)(struct buf *b, const char *paragraph,
		const char *button, const char *link);
	void (*facts)(struct arena *a, struct buf *b, const struct mail *m);
};
static const struct form form_text = {add_text, add_facts_text};
static const struct form form_html = {add_html, add_facts_html};

static void
paragraphs(struct arena *a, const struct mail *m, const struct value v[VALUES],
	struct buf *b, const struct form *form)
{
	const char *button = kinds[m->kind].button;
	const char *p = kinds[m->kind].text;

	while (*p) {
		const char *end = strstr(p, "\n\n");
		size_t n = end ? (size_t)(end - p) : strlen(p);
		bool link = n == 6 && strncmp(p, "{link}", 6) == 0;

		if (n == 7 && strncmp(p, "{facts}", 7) == 0)
			form->facts(a, b, m);
		else
			form->paragraph(b, filled(a, v, p, n),
				filled(a, v, button, strlen(button)),
				link ? m->link : NULL);
		p += n + (end ? 2 : 0);
	}
}

static void
parts(struct arena *a, const struct mail *m, const struct value v[VALUES],
	const char *subject, const char *boundary, struct buf *b)
{
	AUTO_BUF struct buf text = {0};
	AUTO_BUF struct buf html = {0};

	buf_init(&text, MAIL_MESSAGE_MAX);
	buf_init(&html, MAIL_MESSAGE_MAX);
	paragraphs(a, m, v, &text, &form_text);
	buf_str(&html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		       "<meta charset=\"utf-8\">\n<title>");
	mime_html(&html, subject);
	buf_str(&html, "</title>\n</head>\n<body style=\"" BODY_STYLE
		       "\">\n<div style=\"" BOX_STYLE "\">\n");
	paragraphs(a, m, v, &html, &form_html);
	buf_str(&html, "</div>\n</body>\n</html>");
	buf_printf(b, "--%s\r\n", boundary);
	mime_body(b, "text/plain", buf_text(&text));
	buf_printf(b, "\r\n--%s\r\n", boundary);
	mime_body(b, "text/html", buf_text(&html));
	buf_printf(b, "\r\n--%s--\r\n", boundary);
}

/* ---- the message ---- */

static void
add_date(struct buf *b, int64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;
	char text[64];

	ASSERT(gmtime_r(&t, &tm));
	/* the locale is C: no program of ours sets another */
	ASSERT(strftime(
		text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm));
	buf_printf(b, "Date: %s\r\n", text);
}

enum err
mail_compose(struct ctx *ctx, const struct cfg *cfg, const struct mail *m,
	const char *id, int64_t now, struct buf *b)
{
	struct arena *a = ctx->arena;
	struct value v[VALUES];
	const char *subject;
	const char *boundary = arena_printf(a, "=_%s", id);

	if (!mime_is_address(m->to))
		return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
			"the recipient of a mail is no address");
	set_values(a, cfg, m, v);
	subject = kinds[m->kind].subject;
	subject = filled(a, v, subject, strlen(subject));
	add_date(b, now);
	buf_printf(b, "From: Autostack <%s>\r\nTo: %s\r\n", mail_sender(a, cfg),
		m->to);
	mime_header(b, "Subject", subject);
	buf_printf(b,
		"Message-ID: <%s@%s>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative;\r\n"
		" boundary=\"%s\"\r\n\r\n",
		id, mail_host(a, cfg), boundary);
	parts(a, m, v, subject, boundary, b);
	return b->full ? ctx_cause(ctx, E_INTERNAL_SERVER_ERROR,
				 "a mail is too large")
		       : E_OK;
}

enum err
mail_queue(struct ctx *ctx, const struct svc *svc, const struct mail *m)
{
	AUTO_BUF struct buf b = {0};
	char id[37];
	const char *sealed;
	enum err e;

	rand_uuid(id);
	buf_init(&b, MAIL_MESSAGE_MAX);
	e = mail_compose(ctx, svc->cfg, m, id, clock_now_s(), &b);
	if (!e)
		e = seal_close(ctx, svc->cfg,
			arena_printf(ctx->arena, "mail:%s", id), buf_text(&b),
			&sealed);
	return e ? e
		 : db_query(ctx, svc->db, STMT_MAIL_INSERT,
			   DB_IN(id, kinds[m->kind].kind, m->user_id, m->to,
				   sealed),
			   NULL);
}

enum err
mail_code(struct ctx *ctx, const struct svc *svc, enum code_purpose purpose,
	const char *path, struct mail *m, bool *ret_sent)
{
	const struct code_for who = {.user_id = m->user_id, .email = m->to};
	const char *code = NULL;
	enum err e = code_make(ctx, svc, purpose, &who, &code);

	if (!e && code) {
		m->link = mail_link(ctx, svc, path, code);
		e = mail_queue(ctx, svc, m);
	}
	if (!e && ret_sent)
		*ret_sent = code != NULL;
	return e;
}
