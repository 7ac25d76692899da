/* ext_crypt.c - digests and MACs by published vectors; sealed texts that were
 * altered or moved do not open. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/crypt.h"

#include <fcntl.h>
#include <unistd.h>

#define SECRET "a secret of at least thirty-two bytes"
#define AAD    "project:6f1c2f4e-0b8e-4b5a-9f53-0f1d2a3b4c5d:env"
/* "KEY=value\n" under SECRET and AAD with the nonce 000102..0b, made with
 * Python: hmac for the HKDF, cryptography for the AES-256-GCM. */
#define FIXED "v1.AAECAwQFBgcICQoLRY0LqCFZ9NwQUxvg4rbLnNJGd_vAs5UK79U"

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 20, 1 << 26)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

START_TEST(test_sha256)
{
	char hex[65];

	crypt_sha256_hex("", hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
			      "a495991b7852b855");
	crypt_sha256_hex("abc", hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
			      "b410ff61f20015ad");
}
END_TEST

START_TEST(test_sha256_fd)
{
	char tmp[64], path[512], hex[65], want[65];
	char *text = arena_alloc(ctx.arena, 100001);
	AUTO_FD int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int fd = -1;

	for (int i = 0; i < 100000; i++)
		text[i] = (char)('a' + i % 26);
	crypt_sha256_hex(text, want);
	unit_tmp(tmp);
	unit_file(path, tmp, "x", text);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
	ck_assert(crypt_sha256_fd(fd, hex));
	ck_assert_str_eq(hex, want);
	ck_assert(!crypt_sha256_fd(dir, hex));
	unit_tmp_done(tmp);
}
END_TEST

/* RFC 4231; the second time from the same key. */
START_TEST(test_hmac)
{
	static const struct {
		const char *key, *text, *mac;
	} rfc[] = {
		{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		 "\x0b\x0b\x0b\x0b\x0b",
			"Hi There",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e937"
			"6c2e32cff7"},
		{"Jefe", "what do ya want for nothing?",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58"
			"b964ec3843"},
	};
	uint8_t mac[CRYPT_SHA256];
	char hex[65];

	for (size_t i = 0; i < NELEM(rfc); i++) {
		struct hmac_key *k = hmac_new(rfc[i].key, strlen(rfc[i].key));

		for (int j = 0; j < 2; j++) {
			hmac_sign(k, rfc[i].text, strlen(rfc[i].text), mac);
			str_hex(hex, mac, sizeof(mac));
			ck_assert_str_eq(hex, rfc[i].mac);
		}
		hmac_free(k);
	}
	hmac_free(NULL);
}
END_TEST

START_TEST(test_eq)
{
	char text[] = "abc";

	ck_assert(crypt_eq("abc", "abc", 3));
	ck_assert(!crypt_eq("abc", "abd", 3));
	ck_assert(!crypt_eq("abc", "bbc", 3));
	ck_assert(crypt_eq("a", "b", 0));
	crypt_wipe(text, 3);
	ck_assert_mem_eq(text, "\0\0\0", 3);
}
END_TEST

static const char *
sealed(const char *plain)
{
	const char *s = NULL;

	ck_assert_int_eq(crypt_seal(&ctx, SECRET, AAD, plain, &s), E_OK);
	return s;
}

static void
closed(const char *secret, const char *aad, const char *text)
{
	const char *plain = NULL;
	enum err e = crypt_open(&ctx, secret, aad, text, &plain);

	ck_assert_msg(
		e == E_INTERNAL_SERVER_ERROR && !plain, "%s opened", text);
	ck_assert_ptr_nonnull(ctx.cause);
	ck_assert_ptr_null(ctx.message);
	ctx_clear(&ctx);
}

START_TEST(test_seal)
{
	static const char *const plain[] = {"", "K=V", "A=1\nB=ä \"x\"\n"};
	const char *got;

	for (size_t i = 0; i < NELEM(plain); i++) {
		const char *s = sealed(plain[i]);

		ck_assert(str_starts(s, "v1."));
		/* nonce, text, tag: nothing more, and not the text itself */
		ck_assert_uint_eq(strlen(s) - 3,
			(4 * (12 + strlen(plain[i]) + 16) + 2) / 3);
		ck_assert_int_eq(crypt_open(&ctx, SECRET, AAD, s, &got), E_OK);
		ck_assert_str_eq(got, plain[i]);
		ck_assert_str_ne(s, sealed(plain[i]));
	}
}
END_TEST

START_TEST(test_seal_large)
{
	size_t n = 1 << 20;
	char *big = arena_alloc(ctx.arena, n + 1);
	const char *got;

	memset(big, 'x', n);
	ck_assert_int_eq(
		crypt_open(&ctx, SECRET, AAD, sealed(big), &got), E_OK);
	ck_assert_str_eq(got, big);
}
END_TEST

START_TEST(test_altered)
{
	const char *s = sealed("KEY=value");
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) { /* each character, another one */
		char *t = arena_strdup(ctx.arena, s);

		t[i] = t[i] == 'A' ? 'B' : 'A';
		closed(SECRET, AAD, t);
	}
	for (size_t i = 0; i < n; i++) /* each shorter one */
		closed(SECRET, AAD, arena_strndup(ctx.arena, s, i));
	closed(SECRET, AAD, arena_printf(ctx.arena, "%sA", s));
	closed(SECRET, AAD, arena_printf(ctx.arena, "%s=", s));
	closed(SECRET, AAD, arena_printf(ctx.arena, "v2.%s", s + 3));
	closed(SECRET, AAD, "KEY=value");
}
END_TEST

START_TEST(test_moved)
{
	const char *s = sealed("KEY=value");

	closed(SECRET, "project:6f1c2f4e-0b8e-4b5a-9f53-0f1d2a3b4c5e:env", s);
	closed(SECRET, "deployment:6f1c2f4e-0b8e-4b5a-9f53-0f1d2a3b4c5d:env",
		s);
	closed(SECRET, "", s);
	closed("another secret of thirty-two bytes...", AAD, s);
	closed("", AAD, s);
}
END_TEST

/* The sealing key is not the secret: what HKDF-SHA256 makes of it is fixed,
 * or no text would open after an upgrade. Sealed by another implementation. */
START_TEST(test_fixed)
{
	const char *got = NULL;

	ck_assert_int_eq(crypt_open(&ctx, SECRET, AAD, FIXED, &got), E_OK);
	ck_assert_str_eq(got, "KEY=value\n");
}
END_TEST

static void
add_case(Suite *s, const char *name, const TTest *const tests[])
{
	tcase_add_checked_fixture(unit_case(s, name, tests), setup, teardown);
}

#define RFC7515_N                                                              \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx"           \
	"HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"           \
	"D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSH"           \
	"SXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"           \
	"MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8"           \
	"NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RFC7515_SIG                                                            \
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj"           \
	"5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"           \
	"cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPv"           \
	"kSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"           \
	"OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6Lb"           \
	"gGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
#define RFC7515_TEXT                                                           \
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4M"           \
	"TkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static size_t
unbase(uint8_t *dst, const char *s)
{
	ptrdiff_t n = str_unb64url(dst, s, strlen(s));

	ck_assert_int_gt(n, 0);
	return (size_t)n;
}

/* RFC 7515, appendix A.2 */
START_TEST(test_rs256)
{
	static const uint8_t e[] = {1, 0, 1};
	static const char text[] = RFC7515_TEXT;
	uint8_t n[300];
	uint8_t sig[300];
	size_t nsig = unbase(sig, RFC7515_SIG);
	struct rsa_key k = {n, e, unbase(n, RFC7515_N), sizeof(e)};

	ck_assert(crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, nsig));
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 2, sig, nsig));
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, nsig - 1));
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, 0));
	sig[17] ^= 1;
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, nsig));
	sig[17] ^= 1;
	n[200] ^= 1;
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, nsig));
	n[200] ^= 1;
	k.n_len = 128; /* a short key signs nothing */
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, nsig));
	k.n_len = 256;
	k.e_len = 0;
	ck_assert(!crypt_rs256_ok(&k, text, sizeof(text) - 1, sig, nsig));
}
END_TEST

Suite *
suite_crypt(void)
{
	Suite *s = suite_create("crypt");

	add_case(s, "digests",
		(const TTest *const[]){
			test_sha256, test_sha256_fd, test_hmac, test_eq, NULL});
	add_case(
		s, "OA-5 signatures", (const TTest *const[]){test_rs256, NULL});
	add_case(s, "sealing",
		(const TTest *const[]){
			test_seal, test_seal_large, test_fixed, NULL});
	add_case(s, "sealed text, altered or moved",
		(const TTest *const[]){test_altered, test_moved, NULL});
	return s;
}
