/*
 * svc_access.c - access tokens: what is signed is accepted, and nothing else
 * is. The attacks of SECURITY.md 2.3 are tried over HTTP in t/2120-jwt.t;
 * here are the bytes.
 */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "svc/access.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define USER   "0b0a1b2c-0000-4000-8000-000000000001"
#define SID    "0b0a1b2c-0000-4000-8000-000000000002"
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

static struct ctx ctx;
static struct cfg cfg;
static struct access_keys *keys;

static struct access_keys *
make_keys(const char *secret, const char *previous)
{
	const char *error = NULL;
	struct access_keys *k;

	cfg = (struct cfg){.jwt_secret = secret,
		.jwt_secret_previous = previous,
		.app_url = "https://panel.example.com",
		.access_token_seconds = 900};
	k = access_keys_new(ctx.arena, &cfg, &error);
	ck_assert((k == NULL) == (error != NULL));
	return k;
}

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 24, 1 << 26)};
	keys = make_keys(SECRET, "");
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

static const char *
sign(const char *purpose)
{
	struct access_claims c = {.user_id = USER,
		.email = "a@example.com",
		.name = "A",
		.sid = SID};
	const char *token = NULL;

	ck_assert_int_eq(access_sign(&ctx, keys, purpose, &c, &token), E_OK);
	return token;
}

static bool
good(const char *token)
{
	struct access_claims c;

	ctx_clear(&ctx);
	return access_verify(&ctx, keys, token, ACCESS_PURPOSE, &c) == E_OK;
}

static const char *
encode(const void *p, size_t n)
{
	char *dst = arena_alloc(ctx.arena, 4 * ((n + 2) / 3) + 1);

	(void)str_b64url(dst, p, n);
	return dst;
}

/* A token with these claims and a right signature. */
static const char *
forge(const char *header, const char *claims)
{
	struct hmac_key *k = hmac_new(SECRET, strlen(SECRET));
	const char *body = arena_printf(
		ctx.arena, "%s.%s", header, encode(claims, strlen(claims)));
	uint8_t mac[CRYPT_SHA256];

	hmac_sign(k, body, strlen(body), mac);
	hmac_free(k);
	return arena_printf(ctx.arena, "%s.%s", body, encode(mac, sizeof(mac)));
}

static const char *
claims(const char *iat, const char *exp, const char *more)
{
	return arena_printf(ctx.arena,
		"{\"userId\":\"" USER "\",\"sid\":\"" SID "\",\"jti\":\"" SID
		"\",\"purpose\":\"access\",\"aud\":\"autostack-api\","
		"\"iss\":\"https://panel.example.com\",\"iat\":%s,\"exp\":%s"
		"%s}",
		iat, exp, more);
}

static const char *
at(int64_t offset)
{
	return str_from_i64(ctx.arena, clock_now_s() + offset);
}

START_TEST(test_round_trip)
{
	struct access_claims c;
	const char *token = sign(ACCESS_PURPOSE);

	ck_assert(str_starts(token, HEADER "."));
	ck_assert_int_eq(
		access_verify(&ctx, keys, token, ACCESS_PURPOSE, &c), E_OK);
	ck_assert_str_eq(c.user_id, USER);
	ck_assert_str_eq(c.sid, SID);
	ck_assert_str_eq(c.email, "a@example.com");
	ck_assert_int_eq(c.exp - c.iat, 900);
	ck_assert(good(forge(HEADER, claims(at(-1), at(9), ""))));
}
END_TEST

START_TEST(test_form)
{
	const char *token = sign(ACCESS_PURPOSE);
	char *copy;

	ck_assert(!good(""));
	ck_assert(!good("."));
	ck_assert(!good(".."));
	ck_assert(!good(HEADER ".."));
	ck_assert(!good(arena_printf(ctx.arena, "%s.", token)));
	ck_assert(!good(arena_printf(ctx.arena, "%s.x", token)));
	ck_assert(!good(arena_printf(ctx.arena, "%s=", token)));
	ck_assert(!good(arena_printf(ctx.arena, "%s\n", token)));
	ck_assert(!good(arena_printf(ctx.arena, " %s", token)));
	ck_assert(!good(arena_strndup(ctx.arena, token, strlen(token) - 1)));
	/* every other character in every place */
	for (size_t i = 0; i < strlen(token); i++) {
		copy = arena_strdup(ctx.arena, token);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		ck_assert_msg(!good(copy), "position %zu", i);
	}
}
END_TEST

/* The last character of 32 bytes holds 4 bits of them and 2 that must be 0:
 * 4 spellings decode alike, one is accepted. */
START_TEST(test_malleable)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_";
	const char *token = sign(ACCESS_PURPOSE);
	int accepted = 0;

	for (const char *p = alphabet; *p; p++) {
		char *copy = arena_strdup(ctx.arena, token);

		copy[strlen(copy) - 1] = *p;
		accepted += good(copy);
	}
	ck_assert_int_eq(accepted, 1);
}
END_TEST

START_TEST(test_header)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"typ\":\"JWT\"}",
		"{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"HS256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
		"{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
		"{\"alg\":[\"HS256\"],\"typ\":\"JWT\"}",
		"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"../x\"}"};
	const char *body = claims(at(-1), at(9), "");

	for (size_t i = 0; i < NELEM(headers); i++)
		ck_assert(!good(
			forge(encode(headers[i], strlen(headers[i])), body)));
}
END_TEST

START_TEST(test_times)
{
	static const char *const absurd[] = {"\"1\"", "1.5", "true", "null",
		"-1", "0", "[]", "9223372036854775808", "1e309"};

	ck_assert(!good(forge(HEADER, claims(at(-9), at(0), ""))));
	ck_assert_str_eq(ctx.message, "The access token has expired");
	ck_assert(!good(forge(HEADER, claims(at(90), at(900), ""))));
	ck_assert(good(forge(HEADER, claims(at(30), at(900), ""))));
	ck_assert(!good(forge(HEADER, claims(at(30), at(20), ""))));
	for (size_t i = 0; i < NELEM(absurd); i++) {
		ck_assert(!good(forge(HEADER, claims(at(-1), absurd[i], ""))));
		ck_assert(!good(forge(HEADER, claims(absurd[i], at(9), ""))));
	}
	ck_assert(!good(forge(HEADER,
		claims(at(-1), at(9),
			arena_printf(ctx.arena, ",\"nbf\":%s", at(90))))));
	ck_assert(good(forge(HEADER,
		claims(at(-1), at(9),
			arena_printf(ctx.arena, ",\"nbf\":%s", at(-9))))));
	ck_assert(!good(
		forge(HEADER, claims(at(-1), at(9), ",\"exp\":99999999999"))));
}
END_TEST

START_TEST(test_claims)
{
	static const char *const names[] = {
		"userId", "sid", "jti", "purpose", "aud", "iss", "iat", "exp"};

	ck_assert(!good(sign("ws")));
	ck_assert(!good(sign("reset")));
	ck_assert(!good(forge(HEADER, "[]")));
	ck_assert(!good(forge(HEADER, "{}")));
	ck_assert(!good(forge(HEADER, "x")));
	/* each of them missing, then of another form */
	for (size_t i = 0; i < NELEM(names); i++) {
		char *c = arena_strdup(ctx.arena, claims(at(-1), at(9), ""));
		char *key =
			strstr(c, arena_printf(ctx.arena, "\"%s\"", names[i]));
		char *value = strchr(key, ':') + 1;

		key[1] = '_';
		ck_assert_msg(!good(forge(HEADER, c)), "%s", names[i]);
		key[1] = names[i][0];
		ck_assert(good(forge(HEADER, c)));
		value[1] = value[1] == 'x' ? 'y' : 'x';
		ck_assert_msg(!good(forge(HEADER, c)), "%s", names[i]);
	}
}
END_TEST

START_TEST(test_size)
{
	char *huge = arena_alloc(ctx.arena, 70000);
	char *claim = arena_alloc(ctx.arena, 5000);

	memset(huge, 'A', 69999);
	ck_assert(!good(huge));
	memcpy(huge, HEADER ".", strlen(HEADER) + 1);
	ck_assert(!good(huge));
	memset(claim, 'x', 4999);
	ck_assert(!good(forge(HEADER,
		claims(at(-1), at(9),
			arena_printf(ctx.arena, ",\"x\":\"%s\"", claim)))));
}
END_TEST

START_TEST(test_secrets)
{
	const char *token;

	ck_assert_ptr_null(make_keys("", ""));
	ck_assert_ptr_null(make_keys("0123456789abcdef0123456789abcde", ""));
	keys = make_keys("fedcba9876543210fedcba9876543210", SECRET);
	/* the previous secret verifies ... */
	ck_assert(good(forge(HEADER, claims(at(-1), at(9), ""))));
	/* ... and never signs */
	token = sign(ACCESS_PURPOSE);
	keys = make_keys(SECRET, "");
	ck_assert(!good(token));
	ck_assert(!good(forge(encode("", 0), "")));
}
END_TEST

Suite *
suite_access(void)
{
	static const struct {
		const char *name;
		const TTest *const *test;
	} cases[] = {
		{"a token signed here is accepted", &test_round_trip},
		{"JW-1 JW-9 other forms and sizes are refused", &test_size},
		{"JW-1 JW-4 nothing but the exact bytes is accepted",
			&test_form},
		{"JW-4 one spelling of the signature is accepted",
			&test_malleable},
		{"JW-1 JW-3 another header is refused", &test_header},
		{"JW-5 times", &test_times},
		{"JW-6 claims missing or wrong", &test_claims},
		{"JW-8 secrets", &test_secrets},
	};
	Suite *s = suite_create("access");

	for (size_t i = 0; i < NELEM(cases); i++) {
		const TTest *const tests[] = {*cases[i].test, NULL};

		tcase_add_checked_fixture(
			unit_case(s, cases[i].name, tests), setup, teardown);
	}
	return s;
}
