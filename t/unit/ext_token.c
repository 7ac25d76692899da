/* ext_token.c - signed tokens, taken apart again by hand. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/json.h"
#include "ext/token.h"

#define KEY "0123456789abcdef0123456789abcdef"

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 22)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

static const struct token_claims claims = {.purpose = "access",
	.user_id = "6f1c2f4e-0b8e-4b5a-9f53-0f1d2a3b4c5d",
	.email = "test@example.com",
	.name = "T\xc3\xa4st \"User\" \\ </script>",
	.sid = "s-1",
	.jti = "j-1",
	.iss = "https://localhost",
	.aud = "autostack",
	.iat = 1768000000,
	.exp = 1768000900};

static char **
segments(const char *token)
{
	size_t n;
	char **part = str_split(ctx.arena, token, '.', &n);

	ck_assert_uint_eq(n, 3);
	return part;
}

static const struct jsn *
body_of(const char *token)
{
	const char *s = segments(token)[1];
	char *json = arena_alloc(ctx.arena, strlen(s));
	const struct jsn *v = NULL;
	ptrdiff_t n = str_unb64url(json, s, strlen(s));

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(jsn_parse(&ctx, json, (size_t)n, &v), E_OK);
	return v;
}

START_TEST(test_claims)
{
	const char *t;
	const struct jsn *b;

	ck_assert_int_eq(token_sign(&ctx, KEY, &claims, &t), E_OK);
	b = body_of(t);
	ck_assert_uint_eq(jsn_len(b), 10);
	ck_assert_str_eq(jsn_str(jsn_get(b, "purpose")), claims.purpose);
	ck_assert_str_eq(jsn_str(jsn_get(b, "userId")), claims.user_id);
	ck_assert_str_eq(jsn_str(jsn_get(b, "email")), claims.email);
	ck_assert_str_eq(jsn_str(jsn_get(b, "name")), claims.name);
	ck_assert_str_eq(jsn_str(jsn_get(b, "sid")), claims.sid);
	ck_assert_str_eq(jsn_str(jsn_get(b, "jti")), claims.jti);
	ck_assert_str_eq(jsn_str(jsn_get(b, "iss")), claims.iss);
	ck_assert_str_eq(jsn_str(jsn_get(b, "aud")), claims.aud);
	ck_assert_int_eq(jsn_int(jsn_get(b, "iat")), claims.iat);
	ck_assert_int_eq(jsn_int(jsn_get(b, "exp")), claims.exp);
}
END_TEST

START_TEST(test_few)
{
	struct token_claims c = {.purpose = "ws", .iat = 1, .exp = 2};
	const char *t;

	ck_assert_int_eq(token_sign(&ctx, KEY, &c, &t), E_OK);
	ck_assert_uint_eq(jsn_len(body_of(t)), 3);
}
END_TEST

START_TEST(test_header)
{
	const char *t;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(token_sign(&ctx, KEY, &claims, &t), E_OK);
		ck_assert_str_eq(segments(t)[0], TOKEN_HEADER);
	}
}
END_TEST

START_TEST(test_signature)
{
	struct hmac_key *k = hmac_new(KEY, strlen(KEY));
	uint8_t mac[CRYPT_SHA256];
	char text[64];
	const char *t;

	ck_assert_int_eq(token_sign(&ctx, KEY, &claims, &t), E_OK);
	hmac_sign(k, t, (size_t)(strrchr(t, '.') - t), mac);
	(void)str_b64url(text, mac, sizeof(mac));
	ck_assert_str_eq(segments(t)[2], text);
	hmac_free(k);
	ck_assert_int_eq(token_sign(&ctx, KEY "x", &claims, &t), E_OK);
	ck_assert_str_ne(segments(t)[2], text);
}
END_TEST

START_TEST(test_bad_text)
{
	struct token_claims c = claims;
	const char *t = NULL;

	c.name = "\xff";
	ck_assert_int_eq(
		token_sign(&ctx, KEY, &c, &t), E_INTERNAL_SERVER_ERROR);
	ck_assert_ptr_null(t);
	ctx_clear(&ctx);
}
END_TEST

Suite *
suite_token(void)
{
	Suite *s = suite_create("token");

	tcase_add_checked_fixture(
		unit_case(s, "claims",
			(const TTest *const[]){
				test_claims, test_few, test_bad_text, NULL}),
		setup, teardown);
	tcase_add_checked_fixture(unit_case(s, "header and signature",
					  (const TTest *const[]){test_header,
						  test_signature, NULL}),
		setup, teardown);
	return s;
}
