/* base_origin.c - which origins are ours (CO-1). */
#include "unit_base.h"

#include "base/origin.h"

static const struct cfg cfg = {
	.app_url = "https://panel.example:8443/base",
	.frontend_url = "https://www.example",
	.allowed_origins =
		"https://a.example,https://B.example/ , ,http://[::1]",
};
static const struct cfg alone = {.app_url = "https://localhost",
	.frontend_url = "",
	.allowed_origins = ""};

START_TEST(test_good)
{
	static const char *const good[] = {"https://panel.example:8443",
		"https://www.example", "https://a.example", "https://b.example",
		"http://[::1]"};

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(origin_allowed(&cfg, good[i]), "%s", good[i]);
	ck_assert(origin_allowed(&alone, "https://localhost"));
}
END_TEST

START_TEST(test_bad)
{
	static const char *const bad[] = {"", "null", "https://", "://",
		"https://panel.example", "https://panel.example:84",
		"https://panel.example:84433", "http://panel.example:8443",
		"HTTPS://panel.example:8443", "https://Panel.example:8443",
		"https://panel.example:8443/",
		"https://panel.example:8443/base", "http://a.example",
		"https://a.example.evil", "https://evila.example",
		"https://a.example:443", "https://a.example,https://b.example",
		"https://a.example ", "https://x@a.example", "a.example",
		"https://a.exampl", "https://a.example\r\nX: y", "*"};

	for (size_t i = 0; i < NELEM(bad); i++) {
		ck_assert_msg(!origin_allowed(&cfg, bad[i]), "%s", bad[i]);
		ck_assert_msg(!origin_allowed(&alone, bad[i]), "%s", bad[i]);
	}
	ck_assert(!origin_allowed(&alone, "https://one.localhost"));
}
END_TEST

START_TEST(test_url)
{
	ck_assert(origin_of_url_allowed(&cfg, "https://a.example"));
	ck_assert(origin_of_url_allowed(&cfg, "https://a.example/x?y#z"));
	ck_assert(origin_of_url_allowed(&cfg, "https://a.example?y"));
	ck_assert(!origin_of_url_allowed(&cfg, "https://a.example.evil/"));
	ck_assert(!origin_of_url_allowed(&cfg, "https://a.example@evil/"));
	ck_assert(
		!origin_of_url_allowed(&cfg, "https://evil/https://a.example"));
	ck_assert(!origin_of_url_allowed(&cfg, "//a.example/"));
	ck_assert(!origin_of_url_allowed(&cfg, ""));
}
END_TEST

Suite *
suite_origin(void)
{
	const TTest *const tests[] = {test_good, test_bad, test_url, NULL};
	Suite *s = suite_create("origin");

	(void)unit_case(s, "CO-1 origins", tests);
	return s;
}
