/*
 * fuzz_mail.c - any text as name, detail and recipient of each kind of mail: the
 * message has the headers, parts and HTML tags that its kind has, whoever
 * chose them. The texts are separated by bytes 0xff, the first byte is the
 * kind.
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/str.h"
#include "svc/mail.h"

#define ID "01234567-89ab-4cde-8f01-23456789abcd"

static const struct cfg cfg = {.app_url = "https://panel.example",
	.frontend_url = "",
	.mail_from = "",
	.smtp_user = "",
	.reset_code_seconds = 600,
	.verify_code_seconds = 600,
	.invite_code_seconds = 600};

static size_t
count(const char *s, const char *needle)
{
	size_t n = 0;

	for (; (s = strstr(s, needle)) != NULL; s += strlen(needle))
		n++;
	return n;
}

/* Lines end with CRLF, are not too long and plain ASCII; headers are known. */
static void
check_lines(const char *s)
{
	bool head = true;

	while (*s) {
		size_t n = strcspn(s, "\r");

		ASSERT(n <= 998 && s[n + 1] == '\n');
		for (size_t i = 0; i < n; i++)
			ASSERT(s[i] >= 0x20 && s[i] <= 0x7e);
		if (n == 0)
			head = false;
		if (head)
			ASSERT(str_starts(s, "Date: ") ||
				str_starts(s, "From: ") ||
				str_starts(s, "To: ") ||
				str_starts(s, "Subject: ") ||
				str_starts(s, "Message-ID: ") ||
				str_starts(s, "Auto-Submitted: ") ||
				str_starts(s, "MIME-Version: ") ||
				str_starts(s, "Content-Type: ") ||
				str_starts(s, " boundary=") ||
				str_starts(s, " =?UTF-8?B?"));
		s += n + 2;
	}
}

static bool
compose(struct ctx *ctx, const struct mail *m, const char **ret)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, MAIL_MESSAGE_MAX);
	if (mail_compose(ctx, &cfg, m, ID, 0, &b))
		return false;
	*ret = arena_strdup(ctx->arena, buf_text(&b));
	return true;
}

static const char *
html_of(const char *message)
{
	return strstr(message, "\r\nContent-Type: text/html");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	const char *text[3] = {"", "", ""};
	struct mail m = {.to = "a@b.example",
		.name = "n",
		.detail = "d",
		.link = "https://panel.example/x#code=y"};
	struct mail_fact fact = {.label = "Branch", .text = "b"};
	const char *message, *base;

	memcpy(s, data, size);
	for (size_t i = 0; size > 0 && i < 3; i++) {
		char *end = memchr(s + 1, 0xff, strlen(s + 1));

		text[i] = s + 1;
		if (!end)
			break;
		*end = '\0';
		s = end;
	}
	m.facts = &fact;
	m.nfacts = 1;
	m.kind = size > 0 ? data[0] % MAIL_KIND_MAX : 0;
	ASSERT(compose(&ctx, &m, &base));
	m.name = text[0];
	m.detail = text[1];
	fact.text = text[1];
	if (*text[2])
		m.to = text[2];
	if (compose(&ctx, &m, &message)) {
		check_lines(message);
		ASSERT(count(message, "\r\n--=_" ID) == 3);
		ASSERT(count(message, "\r\nTo: ") == 1);
		ASSERT(count(html_of(message), "<") ==
			count(html_of(base), "<"));
		ASSERT(count(message, "href=") <= 1 ||
			strstr(text[0], "href") || strstr(text[1], "href"));
		ASSERT(count(message, "://") == count(base, "://"));
	} else {
		ASSERT(*text[2]);
	}
	arena_free(ctx.arena);
	return 0;
}
