/*
 * svc_oauth.c - where a sign-in may go on, and what is believed of what GitHub,
 * Google and their like say.
 */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/oauth_provider.h"

/* An RSA key's modulus and ID tokens under it, made with Node's crypto. */
#define MODULUS                                                                \
	"u-MisjeiawE2VjSVD62mff5xinrQIjj4m7mdDnQBbwma_LfWI6Vd-QqRpm"           \
	"Cl7EJrLqqyRtsTJVZMUhwkRfaCxLUzIJ5rwQk_DTWHBjNBdWWxhLxrhvu1"           \
	"piyKRHw2lsl288OBLNkz6kZOxSmdtvVMH7UzdGDQkfgYOIqc8reWtRwolg"           \
	"J-gnV95BB5k2esTFIIpvXM7ovrpKQhs_NSl-N8KDTcSuQMBN-PVSzp9NlR"           \
	"QYKIGqV_0NUrRliOozZacSbCluEgixbPQcJ2cLJ7yAB2_IHugi0GVuHohC"           \
	"Y7xSYiICdDs62c-wpHZBC8aI8sRWepSoWfBsWtme2koDBMPWFLuw"
#define GOOD                                                                   \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2"           \
	"FjY291bnRzLmdvb2dsZS5jb20iLCJhdWQiOiJjbGllbnQiLCJzdWIiOiIx"           \
	"MDc2OTE1MDM1MDAwNjE1MDcxNTExMzA4MjM2NyIsImV4cCI6MjAwMDAwMD"           \
	"AwMCwiaWF0IjoxOTAwMDAwMDAwLCJub25jZSI6Im4tMFM2In0.h9inUv9Q"           \
	"2iNKOacmUuANhfEbc3TBJa4CieeCQx1z3rukaYxHtM1x0JvfMqpMQ-WhlG"           \
	"D2iRbJb-BsPDgMU2tkx_HJd8xGzpG3ZL8aoHzWUyBqzSgnBNaHB99fu7Z5"           \
	"VtdIpOR-OvqmRuGutO3_DKZe9hP_qEg1mSZBW94ulX0VINXrr0lIpymwVq"           \
	"DfDJR6E9uvWhieD4u1qMM3W_QKNU1MVZJeOhtL_dmfTZCApli581zQcaDk"           \
	"lFsLxA0xUUDVY8IAiQzckifkvvwrB4x6bdKd_jc-86rWO83nVjBUYqQlNC"           \
	"jdM3dZSrCVpbtyzCcVbcjH_8xgET_gL396KkG0qExGFQ"
#define OLD_FORM                                                               \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJhY2NvdW50cy"           \
	"5nb29nbGUuY29tIiwiYXVkIjpbImNsaWVudCJdLCJzdWIiOiIxMDc2OTE1"           \
	"MDM1MDAwNjE1MDcxNTExMzA4MjM2NyIsImV4cCI6MjAwMDAwMDAwMCwiaW"           \
	"F0IjoxOTAwMDAwMDAwLCJub25jZSI6Im4tMFM2In0.goUU58BSoswB4kuY"           \
	"8M8iRn7CWvMQlBOWd8GejWX7Ba_hVAjcDYMpIOIot1EiTn7ugickgAiREx"           \
	"9VauEFJZ9xKBVwiv5ux_FZ_p3fscrLaJvhzLbTgOO728v2fss4dy0dxR_U"           \
	"WYDWr9O2Joe9FvKN2twmI4a66iqcJ101hnyzJWYDkkvd_sugzdtwKlvi5K"           \
	"nsPvxCVtBQpMqZbBZ-hA_E47r2f-3Kf63exqGca6gAD3R_VRunSBRTt5ON"           \
	"X-hnDvb7S_9zcLI6J90pORhGWjwLbyQqKS_oaQ5nJt97QmBKljItl4pKnh"           \
	"5zF9r8tEBvDh8gAxYwAZ4TnXt_lxy61ZrNZA"
#define OTHER_AZP                                                              \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2"           \
	"FjY291bnRzLmdvb2dsZS5jb20iLCJhdWQiOiJjbGllbnQiLCJzdWIiOiIx"           \
	"MDc2OTE1MDM1MDAwNjE1MDcxNTExMzA4MjM2NyIsImV4cCI6MjAwMDAwMD"           \
	"AwMCwiaWF0IjoxOTAwMDAwMDAwLCJub25jZSI6Im4tMFM2IiwiYXpwIjoi"           \
	"b3RoZXIifQ.kjpwwn_IIKHWRzGDXgE3qJjA4Anx5b0Qq35a1h2ww2TEhhP"           \
	"oOZlHmG1DWmMRPsY_RQr0zP-tdbjmx6fSwM3zSvbLh1LVQa8K52VummGOm"           \
	"gKHO0A3wYSbWRsDTpVNlVHsn57DHDPUmOeAZFq2LWBCZZU4gd5hoOhdvni"           \
	"NBw-WDQEwtQqvPBsrI6GgySLtTa8O3uj5SE4wbmItfSJ48v8vD40ZXzIqJ"           \
	"G9TLrC-lNoOGMCN6MOcM0efUgj6q_BkPCKMdcFrc6a0Yj35YCUvxqqSq8s"           \
	"NqWIR18b_0AvWVwfj1mAkbZ96xduYKclXpF9jmQk27V1XXq13OQBdKX23s"           \
	"0JX4g"
#define NO_SUB                                                                 \
	"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2"           \
	"FjY291bnRzLmdvb2dsZS5jb20iLCJhdWQiOiJjbGllbnQiLCJleHAiOjIw"           \
	"MDAwMDAwMDAsImlhdCI6MTkwMDAwMDAwMCwibm9uY2UiOiJuLTBTNiJ9.V"           \
	"RsGboYojZVLe0KTYjsMEPnuSE85wXPxzYQQrYy75UKWm0kpnoqQlOJQgpM"           \
	"132XxFCbdbx8bfPUJUDVRS5GSJulFK-NeZwM09VuVx2ioh7xJd84yZng6m"           \
	"cGTkmz38nkVz3JetVUHdEapVnbOOuOA509tFGHBWzq4FZr0FpEBZJLygT_"           \
	"ksPBSgwAN3fXWqICGzDlbyaOJAaVKOIAhdjuhdyd1PpFnQMhi2s769m7By"           \
	"0_sX0YCJyRMrwDfTBYcBR8lv0uqobk61OSPqLddiYSm2xo3MOWzt23Fz8n"           \
	"Ju7qu0WrwRMoPWWn0rnNa9igMKwVuA7KUqN5aue4MKezJ_wGdig"
#define NO_KID                                                                 \
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb"           \
	"2dsZS5jb20iLCJhdWQiOiJjbGllbnQiLCJzdWIiOiIxMDc2OTE1MDM1MDA"           \
	"wNjE1MDcxNTExMzA4MjM2NyIsImV4cCI6MjAwMDAwMDAwMCwiaWF0IjoxO"           \
	"TAwMDAwMDAwLCJub25jZSI6Im4tMFM2In0.pPUIOrG3s0_AlNGpQ4IPqhi"           \
	"hM5IG-UnmADOewztbObSoBUVoVz63XR7tLAzOo5LV-_gCerZE96vMyybtT"           \
	"CtOQrV-N3_IshFEhP0QiTqALpRT8w7vKGtJatGgnlLiuctO7zERiF_jbqe"           \
	"WdkoaNWk9onfxbvaXIq8gC0m29bL_wvWVhGQC4ZQTUcJ2W2dphLaDgxxqK"           \
	"HXP1LLqaxP4d3JOOGU0XglGV957KnyfAVzbePQpDfy8b3t1UOmpxmdH9Zz"           \
	"OvJyvlSHfCQuTQeR7XPOCodFYKyayoHhO3bajLP5_fIRAJKMAZSl0Bvbjg"           \
	"bEewQHUx-pnF-ubFB7Mu3egIQHAhg"

#define KEY                                                                    \
	"{\"kty\":\"RSA\",\"kid\":\"k1\",\"e\":\"AQAB\",\"n\":\"" MODULUS "\"" \
	"}"
#define KEYS "{\"keys\":[" KEY "]}"

static struct ctx ctx;
static struct oauth_identity id;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 26)};
	id = (struct oauth_identity){0};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

static const struct jsn *
json(const char *text)
{
	const struct jsn *v = NULL;

	ck_assert_msg(
		jsn_parse(&ctx, text, strlen(text), &v) == E_OK, "%s", text);
	return v;
}

START_TEST(test_next)
{
	static const char *const good[] = {"/", "/deployments",
		"/deployments?status=queued&page=2", "/a/b-c_d.e~f",
		"/x?t=1:2,3+4"};
	static const char *const bad[] = {"", "x", "//evil", "/\\evil",
		"\\\\evil", "/x//evil", "https:evil", "https://evil",
		"javascript:alert(1)", "@evil", "/@evil", "/%2fevil",
		"/%5cevil", "/\tevil", "/\nevil", "/x\r\nA: b", " /x", "/ x",
		"/x#y", "/x<y", "/x\"y", "/\xc3\xa4", "/;x", "/x|y", "/^"};

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_str_eq(oauth_next(ctx.arena, good[i]), good[i]);
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_str_eq(oauth_next(ctx.arena, bad[i]), "/");
	ck_assert_str_eq(oauth_next(ctx.arena, NULL), "/");
}
END_TEST

START_TEST(test_params)
{
	const struct oauth_param p[] = {{"a", "x y&z=\xc3\xa4"}, {"b", NULL},
		{"c", ""}, {"d", "-._~"}, {NULL, NULL}};

	ck_assert_str_eq(
		oauth_params(ctx.arena, p), "a=x%20y%26z%3D%C3%A4&c=&d=-._~");
}
END_TEST

START_TEST(test_token)
{
	static const char *const bad[] = {"null", "[]", "\"x\"", "{}",
		"{\"access_token\":\"x\"}", "{\"token_type\":\"bearer\"}",
		"{\"access_token\":\"\",\"token_type\":\"bearer\"}",
		"{\"access_token\":1,\"token_type\":\"bearer\"}",
		"{\"access_token\":\"x\",\"token_type\":\"mac\"}",
		"{\"access_token\":\"x y\",\"token_type\":\"bearer\"}",
		"{\"access_token\":\"x\\r\\ny\",\"token_type\":\"bearer\"}"};

	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(
			!oauth_take_token(json(bad[i]), &id), "%s", bad[i]);
	ck_assert(oauth_take_token(json("{\"access_token\":\"gho_Aa0-._~+/=\","
					"\"token_type\":\"Bearer\","
					"\"scope\":\"a,b\"}"),
		&id));
	ck_assert_str_eq(id.token, "gho_Aa0-._~+/=");
	ck_assert_str_eq(id.scopes, "a,b");
}
END_TEST

START_TEST(test_github_user)
{
	static const char *const bad[] = {"null", "[]", "{}", "{\"id\":\"1\"}",
		"{\"id\":0}", "{\"id\":-1}", "{\"id\":1.0}", "{\"id\":null}",
		"{\"id\":true}", "{\"id\":[1]}"};

	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!github_take_user(ctx.arena, json(bad[i]), &id),
			"%s", bad[i]);
	ck_assert(github_take_user(ctx.arena,
		json("{\"id\":583231,\"login\":\"octocat\",\"name\":\"  \","
		     "\"avatar_url\":\"http://x/y\"}"),
		&id));
	ck_assert_str_eq(id.subject, "583231");
	ck_assert_str_eq(id.name, "octocat");
	ck_assert_ptr_null(id.avatar);
	ck_assert(github_take_user(ctx.arena,
		json("{\"id\":9007199254740993,\"login\":7,\"name\":{},"
		     "\"avatar_url\":\"https://x/y?z\"}"),
		&id));
	ck_assert_str_eq(id.subject, "9007199254740993");
	ck_assert_str_eq(id.name, "GitHub");
	ck_assert_ptr_null(id.login);
	ck_assert_str_eq(id.avatar, "https://x/y?z");
}
END_TEST

static const char *
address(const char *text)
{
	id.email = NULL;
	ck_assert(github_take_emails(ctx.arena, json(text), &id));
	return id.email ? id.email : "none";
}

START_TEST(test_github_emails)
{
	ck_assert(!github_take_emails(ctx.arena, json("{}"), &id));
	ck_assert(!github_take_emails(ctx.arena, json("null"), &id));
	ck_assert_str_eq(address("[]"), "none");
	ck_assert_str_eq(address("[1,null,\"x\",{},[]]"), "none");
	ck_assert_str_eq(
		address("[{\"email\":\"a@b.c\",\"primary\":true}]"), "none");
	ck_assert_str_eq(address("[{\"email\":\"a@b.c\",\"primary\":true,"
				 "\"verified\":false}]"),
		"none");
	ck_assert_str_eq(address("[{\"email\":\"a@b.c\",\"primary\":1,"
				 "\"verified\":\"true\"}]"),
		"none");
	ck_assert_str_eq(address("[{\"email\":\"a@b.c\\n\",\"primary\":true,"
				 "\"verified\":true}]"),
		"none");
	ck_assert_str_eq(address("[{\"email\":\"x@b.c\",\"primary\":false,"
				 "\"verified\":true},{\"email\":\"A@B.c\","
				 "\"primary\":true,\"verified\":true}]"),
		"a@b.c");
}
END_TEST

static bool
discovery(const char *issuer, const char *token, const char *keys)
{
	struct google_endpoints at;

	return google_take_discovery(
		json(arena_printf(ctx.arena,
			"{\"issuer\":\"%s\",\"token_endpoint\":\"%s\","
			"\"jwks_uri\":\"%s\",\"userinfo_endpoint\":"
			"\"https://i/u\",\"authorization_endpoint\":"
			"\"https://i/a\"}",
			issuer, token, keys)),
		"https://i", &at);
}

START_TEST(test_discovery)
{
	ck_assert(discovery("https://i", "https://i/t", "https://j/k"));
	ck_assert(discovery("https://i", "http://127.0.0.1:8/t", "https://k/"));
	ck_assert(!discovery("https://j", "https://i/t", "https://j/k"));
	ck_assert(!discovery("https://i/", "https://i/t", "https://j/k"));
	ck_assert(!discovery("https://i", "http://i/t", "https://j/k"));
	ck_assert(!discovery("https://i", "https://i/t", "file:///etc/passwd"));
	ck_assert(!discovery("https://i", "https://u:p@i/t", "https://j/k"));
	ck_assert(!discovery("https://i", "", "https://j/k"));
	ck_assert(!google_take_discovery(
		json("[]"), "https://i", &(struct google_endpoints){0}));
}
END_TEST

static const char *
subject_at(const char *token, const char *keys, const char *nonce, int64_t now)
{
	const struct google_wanted w = {
		"https://accounts.google.com", "client", nonce, now};
	const char *sub = google_id_token(&ctx, token, json(keys), &w);

	return sub ? sub : "none";
}

static const char *
subject(const char *token, const char *keys)
{
	return subject_at(token, keys, "n-0S6", 1900000000);
}

START_TEST(test_id_token)
{
	static const char sub[] = "10769150350006150715113082367";

	ck_assert_str_eq(subject(GOOD, KEYS), sub);
	ck_assert_str_eq(subject(OLD_FORM, KEYS), sub);
	ck_assert_str_eq(subject(NO_KID, KEYS), sub);
	ck_assert_str_eq(subject(OTHER_AZP, KEYS), "none");
	ck_assert_str_eq(subject(NO_SUB, KEYS), "none");
	ck_assert_str_eq(subject_at(GOOD, KEYS, "other", 1900000000), "none");
	ck_assert_str_eq(subject_at(GOOD, KEYS, "n-0S6", 2000000059), sub);
	ck_assert_str_eq(subject_at(GOOD, KEYS, "n-0S6", 2000000060), "none");
	/* keys */
	ck_assert_str_eq(subject(GOOD, "{}"), "none");
	ck_assert_str_eq(subject(GOOD, "[]"), "none");
	ck_assert_str_eq(subject(GOOD, "{\"keys\":[1,null,{}]}"), "none");
	ck_assert_str_eq(subject(GOOD, "{\"keys\":[" KEY "," KEY "]}"), sub);
	ck_assert_str_eq(
		subject(NO_KID, "{\"keys\":[" KEY "," KEY "]}"), "none");
	ck_assert_str_eq(
		subject(GOOD, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k2\","
			      "\"e\":\"AQAB\",\"n\":\"" MODULUS "\"}]}"),
		"none");
	ck_assert_str_eq(
		subject(GOOD, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\","
			      "\"e\":\"AQAB\",\"n\":\"AQAB\"}]}"),
		"none");
}
END_TEST

START_TEST(test_id_token_bent)
{
	static const char *const odd[] = {"", ".", "..", "...", "a.b.c",
		"eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30.AA"};
	size_t n = strlen(GOOD);

	for (size_t i = 0; i < NELEM(odd); i++)
		ck_assert_str_eq(subject(odd[i], KEYS), "none");
	for (size_t i = 0; i < n; i += 7) {
		char *t = arena_strdup(ctx.arena, GOOD);

		t[i] = t[i] == 'A' ? 'B' : 'A';
		ck_assert_str_eq(subject(t, KEYS), "none");
		ck_assert_str_eq(
			subject(arena_strndup(ctx.arena, GOOD, i), KEYS),
			"none");
	}
	ck_assert_str_eq(subject(GOOD ".x", KEYS), "none");
	ck_assert_str_eq(subject(GOOD "=", KEYS), "none");
}
END_TEST

START_TEST(test_userinfo)
{
	ck_assert(!google_take_userinfo(
		ctx.arena, json("{\"sub\":\"b\"}"), "a", &id));
	ck_assert(!google_take_userinfo(ctx.arena, json("{}"), "a", &id));
	ck_assert(!google_take_userinfo(
		ctx.arena, json("{\"sub\":[\"a\"]}"), "a", &id));
	ck_assert(google_take_userinfo(ctx.arena,
		json("{\"sub\":\"a\",\"email\":\"X@y.z\","
		     "\"email_verified\":\"true\"}"),
		"a", &id));
	ck_assert_ptr_null(id.email);
	ck_assert_str_eq(id.name, "X");
	ck_assert(google_take_userinfo(ctx.arena,
		json("{\"sub\":\"a\",\"email\":\"X@y.z\",\"name\":\"N\","
		     "\"email_verified\":true}"),
		"a", &id));
	ck_assert_str_eq(id.email, "x@y.z");
	ck_assert_str_eq(id.name, "N");
}
END_TEST

Suite *
suite_oauth(void)
{
	Suite *s = suite_create("oauth");
	TCase *c = tcase_create("OA-3 IN-9 what providers and browsers say");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_next);
	tcase_add_test(c, test_params);
	tcase_add_test(c, test_token);
	tcase_add_test(c, test_github_user);
	tcase_add_test(c, test_github_emails);
	tcase_add_test(c, test_userinfo);
	suite_add_tcase(s, c);
	c = tcase_create("OA-5 ID tokens and discovery");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_discovery);
	tcase_add_test(c, test_id_token);
	tcase_add_test(c, test_id_token_bent);
	suite_add_tcase(s, c);
	return s;
}
