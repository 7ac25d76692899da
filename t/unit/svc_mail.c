/* svc_mail.c - messages as they go out, taken apart again. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/mail.h"
#include "svc/mime.h"

#define ID   "01234567-89ab-4cde-8f01-23456789abcd"
#define LINK "https://panel.example/reset-password#code=abc_-9"

static struct ctx ctx;
static struct cfg cfg;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 24, 1 << 26)};
	cfg = (struct cfg){.app_url = "https://panel.example:8443",
		.frontend_url = "",
		.mail_from = "",
		.smtp_user = "",
		.reset_code_seconds = 600,
		.verify_code_seconds = 86400,
		.invite_code_seconds = 259200};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

static const struct mail plain = {.kind = MAIL_RESET,
	.to = "ada@example.com",
	.name = "Ada",
	.link = LINK,
	.ip = "192.0.2.7"};

static const char *
compose(const struct mail *m)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, MAIL_MESSAGE_MAX);
	ck_assert_int_eq(mail_compose(&ctx, &cfg, m, ID, 1795591762, &b), E_OK);
	return arena_strdup(ctx.arena, buf_text(&b));
}

static int
hex(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* A part of that type, decoded, lines ending with \n. */
static const char *
part(const char *message, const char *type)
{
	const char *head = strstr(
		message, arena_printf(ctx.arena, "Content-Type: %s;", type));
	const char *p = strstr(head, "\r\n\r\n") + 4;
	bool quoted = strstr(head, "quoted-printable") &&
		      strstr(head, "quoted-printable") < p;
	const char *end = strstr(p, "\r\n--=_");
	char *out = arena_alloc(ctx.arena, (size_t)(end - p) + 1);
	size_t n = 0;

	while (p < end) {
		if (quoted && strncmp(p, "=\r\n", 3) == 0) {
			p += 3;
		} else if (quoted && *p == '=') {
			out[n++] = (char)(hex(p[1]) << 4 | hex(p[2]));
			p += 3;
		} else {
			if (*p != '\r')
				out[n++] = *p;
			p++;
		}
	}
	return out;
}

/* How often needle is in s. */
static int
count(const char *s, const char *needle)
{
	int n = 0;

	for (; (s = strstr(s, needle)) != NULL; s += strlen(needle))
		n++;
	return n;
}

START_TEST(test_message)
{
	const char *m = compose(&plain);
	const char *head = arena_strndup(
		ctx.arena, m, (size_t)(strstr(m, "\r\n\r\n") - m));

	ck_assert_str_eq(head, "Date: Wed, 25 Nov 2026 07:29:22 +0000\r\n"
			       "From: Autostack <autostack@panel.example>\r\n"
			       "To: ada@example.com\r\n"
			       "Subject: Reset your password for Autostack\r\n"
			       "Message-ID: <" ID "@panel.example>\r\n"
			       "Auto-Submitted: auto-generated\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: multipart/alternative;\r\n"
			       " boundary=\"=_" ID "\"");
	ck_assert_str_eq(part(m, "text/plain"),
		"Hello Ada,\n\n"
		"somebody, hopefully you, asked for a new password of your "
		"account (from\nthe address 192.0.2.7):\n\n" LINK "\n\n"
		"The link works once, for 10 minutes. If it was not you, "
		"ignore this\nmail: nothing has changed.\n");
	unit_has(part(m, "text/html"), "<p>Hello Ada,</p>");
	unit_has(part(m, "text/html"), "href=\"" LINK "\">Choose a new");
	ck_assert_int_eq(count(part(m, "text/html"), "href="), 1);
	ck_assert(str_ends(m, "\r\n--=_" ID "--\r\n"));
	ck_assert_int_eq(count(m, "\n--=_" ID), 3);
}
END_TEST

START_TEST(test_all_kinds)
{
	for (int k = 0; k < MAIL_KIND_MAX; k++) {
		struct mail m = plain;
		const char *text;

		m.kind = (enum mail_kind)k;
		m.name = "\xc3\x9cmit \xf0\x9f\x90\x88";
		m.detail = k == MAIL_EMAIL_CHANGED ? "new.one@x.example"
						   : "GitHub";
		text = part(compose(&m), "text/plain");
		unit_has(text, "Hello \xc3\x9cmit \xf0\x9f\x90\x88,\n\n");
		unit_has(text, "\n\n" LINK);
		ck_assert_ptr_null(strchr(text, '{'));
		ck_assert_ptr_null(strchr(text, '?'));
		unit_has(part(compose(&m), "text/html"), "\xc3\x9cmit");
	}
}
END_TEST

START_TEST(test_facts)
{
	static const struct mail_fact facts[] = {{"Branch", "main", false},
		{"Commit", "1a2b3c4 see https://evil.example/\r\n<b>", false},
		{"Site", "https://shop.example", true}};
	struct mail m = plain;
	const char *text, *html;

	m.kind = MAIL_DEPLOYMENT_FAILURE;
	m.detail = "shop";
	m.facts = facts;
	m.nfacts = NELEM(facts);
	text = part(compose(&m), "text/plain");
	html = part(compose(&m), "text/html");
	unit_has(text, "stays live.\n\nBranch: main\nCommit: 1a2b3c4 see "
		       "https evil example <b>\n"
		       "Site: https://shop.example\n\n" LINK);
	unit_has(html, "Branch: <b>main</b><br>\n");
	unit_has(html, "evil example &lt;b&gt;</b><br>\n");
	ck_assert_int_eq(count(html, "href="), 1);
}
END_TEST

START_TEST(test_hostile)
{
	static const char *const names[] = {
		"x\r\nBcc: victim@example.com",
		"x\r\n\r\n--=_" ID "\r\nContent-Type: text/html\r\n\r\n<b>",
		"<a href=\"https://evil.example/\">Click</a>",
		"https://evil.example/ www.evil.example evil.example:80/x",
		"\"><script>alert(1)</script>",
		"{link}{name}{detail}",
		"\u202eelpmaxe.live",
		"\xff\xfe\r\n.\r\n",
		"",
		"\xe3\x80\x80.\r\n\xe2\x80\xa8To: x@y.example",
	};
	const char *base = part(compose(&plain), "text/html");

	for (size_t i = 0; i < NELEM(names); i++) {
		struct mail m = plain;
		const char *msg, *html, *text;

		m.name = names[i];
		m.ip = names[i];
		msg = compose(&m);
		html = part(msg, "text/html");
		text = part(msg, "text/plain");
		ck_assert_ptr_null(strstr(msg, "\r\nBcc:"));
		ck_assert_int_eq(count(msg, "\r\nTo:"), 1);
		ck_assert_int_eq(count(msg, "\n--=_" ID), 3);
		ck_assert_int_eq(count(html, "<"), count(base, "<"));
		ck_assert_int_eq(
			count(html, "href="), count(names[i], "href=") ? 3 : 1);
		if (i != 3)
			continue;
		/* the ip is ours, so only the name is made harmless */
		unit_has(text, "Hello https evil example www evil example evil "
			       "example:80 x,\n");
	}
}
END_TEST

START_TEST(test_recipient)
{
	static const char *const bad[] = {"", "a", "@b", "a@", "a@b@c",
		"a@b,c@d", "A <a@b>", "a@b\r\nX: y", "a b@c", "a@b;c",
		"a\xc3\xa9@b", "\"a\"@b"};
	struct mail m = plain;

	for (size_t i = 0; i < NELEM(bad); i++) {
		AUTO_BUF struct buf b = {0};

		buf_init(&b, MAIL_MESSAGE_MAX);
		m.to = bad[i];
		ctx_clear(&ctx);
		ck_assert_int_eq(mail_compose(&ctx, &cfg, &m, ID, 0, &b),
			E_INTERNAL_SERVER_ERROR);
	}
}
END_TEST

START_TEST(test_lines)
{
	ck_assert_str_eq(
		mime_line(ctx.arena, "  a \t b\r\n\xc2\x85 c ", 99), "a b c");
	ck_assert_str_eq(mime_line(ctx.arena,
				 "a\xe2\x80\xae"
				 "b\xef\xbb\xbf",
				 9),
		"ab");
	ck_assert_str_eq(mime_line(ctx.arena,
				 "\xff"
				 "a\xc3",
				 9),
		"?a?");
	ck_assert_str_eq(mime_line(ctx.arena, "abcd", 4), "abcd");
	ck_assert_str_eq(mime_line(ctx.arena, "abcde", 4), "abcd\xe2\x80\xa6");
	ck_assert_str_eq(mime_line(ctx.arena, "abc   ", 3), "abc");
	ck_assert_str_eq(mime_line(ctx.arena, "", 3), "");
	ck_assert_str_eq(mime_unlinked(ctx.arena, "J. R. R. Tolkien"),
		"J. R. R. Tolkien");
	ck_assert_str_eq(
		mime_unlinked(ctx.arena, "ada@x.example"), "ada x example");
	ck_assert_str_eq(
		mime_unlinked(ctx.arena, "at 10:30, v1.2"), "at 10:30, v1.2");
	ck_assert_str_eq(
		mime_unlinked(ctx.arena, "//x.\xc3\xa9.fr"), "x \xc3\xa9 fr");
}
END_TEST

static const char *
header(const char *text)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 4096);
	mime_header(&b, "Subject", text);
	return arena_strdup(ctx.arena, buf_text(&b));
}

START_TEST(test_header)
{
	char longer[200];

	ck_assert_str_eq(header("Hello"), "Subject: Hello\r\n");
	ck_assert_str_eq(header("\xc3\xa9"), "Subject: =?UTF-8?B?w6k=?=\r\n");
	ck_assert_str_eq(header("a=?b"), "Subject: =?UTF-8?B?YT0/Yg==?=\r\n");
	ck_assert_str_eq(
		header("abc\xc3\xbf"), "Subject: =?UTF-8?B?YWJjw78=?=\r\n");
	(void)memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(count(header(longer), "\r\n =?UTF-8?B?"), 4);
	/* no character is torn */
	for (int i = 0; i < 90; i += 2)
		memcpy(longer + i, "\xc3\xa9", 2);
	longer[90] = '\0';
	ck_assert_int_eq(count(header(longer), "=?UTF-8?B?w6nD"), 2);
	ck_assert_int_eq(count(header(longer), "w6k=?="), 3);
}
END_TEST

START_TEST(test_body)
{
	AUTO_BUF struct buf b = {0};
	const char *p;
	char line[1100];

	buf_init(&b, 1 << 16);
	mime_body(&b, "text/plain", "a\n.b\n");
	ck_assert(str_ends(buf_text(&b), "7bit\r\n\r\na\r\n.b\r\n"));
	buf_reset(&b);
	mime_body(&b, "text/plain", "1=2 \xc3\xa9 \nend");
	ck_assert(str_ends(buf_text(&b), "\r\n\r\n1=3D2 =C3=A9=20\r\nend\r\n"));
	buf_reset(&b);
	(void)memset(line, 'y', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	mime_body(&b, "text/plain", line);
	for (p = buf_text(&b); *p; p += strcspn(p, "\n") + 1)
		ck_assert_uint_le(strcspn(p, "\r"), 76);
}
END_TEST

START_TEST(test_settings)
{
	struct arena *a = ctx.arena;

	ck_assert_str_eq(mail_host(a, &cfg), "panel.example");
	ck_assert_ptr_null(mail_settings_wrong(a, &cfg));
	cfg.app_url = "https://[2001:db8::1]:8443";
	ck_assert_str_eq(mail_sender(a, &cfg), "autostack@[IPv6:2001:db8::1]");
	ck_assert_ptr_null(mail_settings_wrong(a, &cfg));
	cfg.app_url = "https://192.0.2.1/";
	ck_assert_str_eq(mail_sender(a, &cfg), "autostack@[192.0.2.1]");
	ck_assert_ptr_null(mail_settings_wrong(a, &cfg));
	cfg.smtp_user = "robot";
	ck_assert_str_eq(mail_sender(a, &cfg), "autostack@[192.0.2.1]");
	cfg.smtp_user = "robot@example.com";
	ck_assert_str_eq(mail_sender(a, &cfg), "robot@example.com");
	cfg.mail_from = "from@example.com";
	ck_assert_str_eq(mail_sender(a, &cfg), "from@example.com");
	cfg.mail_from = "Panel <from@example.com>";
	unit_has(mail_settings_wrong(a, &cfg), "mail_from");
	ck_assert_str_eq(mail_span(a, 600), "10 minutes");
	ck_assert_str_eq(mail_span(a, 60), "1 minute");
	ck_assert_str_eq(mail_span(a, 90), "90 seconds");
	ck_assert_str_eq(mail_span(a, 86400), "24 hours");
	ck_assert_str_eq(mail_span(a, 259200), "3 days");
}
END_TEST

Suite *
suite_mail(void)
{
	Suite *s = suite_create("mail");
	TCase *t;
	const TTest *const tests[] = {test_message, test_all_kinds, test_lines,
		test_header, test_body, test_settings, NULL};
	const TTest *const hostile[] = {
		test_hostile, test_facts, test_recipient, NULL};

	t = unit_case(s, "a message", tests);
	tcase_add_checked_fixture(t, setup, teardown);
	t = unit_case(s, "FP-6 LOG-3 strangers' texts in a message", hostile);
	tcase_add_checked_fixture(t, setup, teardown);
	return s;
}
