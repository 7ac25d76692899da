/* svc_gitcred.c - which server a credential is shown to. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "svc/gitcred.h"
#include "svc/seal.h"

#define ID "01234567-89ab-4cde-8f01-23456789abcd"

static const struct cfg cfg = {.git_hosts = "*",
	.git_private = "localhost,127.0.0.1:8080,127.0.0.2",
	.git_schemes = "https,http",
	.git_ports = "443,8443",
	.github_url = "https://github.com",
	.jwt_secret = "0123456789abcdef0123456789abcdef0123456789a"};
static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 24, 1 << 26)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

/* What is shown to the server of an address by a project whose deploy token is
 * for that of another, as "user token"; "" for nothing. */
static const char *
shown(const char *at, const char *of)
{
	struct gitcred_row row = {.project_id = ID, .user_id = ID};
	struct gitcred got;
	struct giturl u;

	ck_assert(!gitcred_seal(&ctx, &cfg, ID, of, "bot:secret",
		&row.deploy_sealed, &row.deploy_origin));
	ck_assert(!seal_close(&ctx, &cfg, "github:" ID ":token", "gho_x",
		&row.github_sealed));
	ck_assert(!giturl_parse(&ctx, &cfg, at, &u));
	ck_assert(!gitcred_pick(&ctx, &cfg, &row, &u, &got));
	return got.token ? arena_printf(ctx.arena, "%s %s", got.user, got.token)
			 : "";
}

static const char *
own(const char *at)
{
	return shown(at, at);
}

START_TEST(test_server)
{
	const char *site = "https://git.example/a/b";

	ck_assert_str_eq(own(site), "bot secret");
	ck_assert_str_eq(shown("https://git.example/c/d", site), "bot secret");
	ck_assert_str_eq(shown("https://git.example:8443/a/b", site), "");
	ck_assert_str_eq(shown("http://git.example/a/b", site), "");
	ck_assert_str_eq(shown("https://other.example/a/b", site), "");
	ck_assert_str_eq(
		shown("https://github.com/a/b", site), "x-access-token gho_x");
	ck_assert_str_eq(shown("https://github.com:8443/a/b", site), "");
}
END_TEST

/* Nothing secret travels in clear over a wire, whatever the host is called. */
START_TEST(test_clear)
{
	ck_assert_str_eq(own("http://localhost/a/b"), "bot secret");
	ck_assert_str_eq(own("http://127.0.0.1:8080/a/b"), "bot secret");
	ck_assert_str_eq(own("http://127.0.0.2/a/b"), "bot secret");
	ck_assert_str_eq(own("http://git.example/a/b"), "");
	ck_assert_str_eq(own("http://127.git.example/a/b"), "");
	ck_assert_str_eq(own("http://127.0.0.1.git.example/a/b"), "");
	ck_assert_str_eq(own("http://localhost.git.example/a/b"), "");
	ck_assert_str_eq(own("https://127.git.example/a/b"), "bot secret");
}
END_TEST

Suite *
suite_gitcred(void)
{
	const TTest *const pick[] = {test_server, test_clear, NULL};
	Suite *s = suite_create("gitcred");

	tcase_add_checked_fixture(
		unit_case(s, "GIT-5 who is shown a token", pick), setup,
		teardown);
	return s;
}
