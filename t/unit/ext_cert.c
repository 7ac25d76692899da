/* ext_cert.c - what is made here, and what is refused. Pairs of OpenSSL's own
 * making are judged by t/2341 and by the corpus of fuzz_cert. */
#include "unit_ext.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/run.h"
#include "base/str.h"
#include "ext/cert.h"

#define HOST "www.example.com"

static struct ctx ctx;
static char tmp[64];

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(8 << 20, 64 << 20)};
	unit_tmp(tmp);
}

static void
teardown(void)
{
	arena_free(ctx.arena);
	unit_tmp_done(tmp);
}

static const char *
path(const char *name)
{
	return arena_printf(ctx.arena, "%s/%s", tmp, name);
}

static const char *
text(const char *name)
{
	const char *s = fd_read_file(ctx.arena, path(name), 1 << 20, NULL);

	ck_assert_ptr_nonnull(s);
	return s;
}

/* The certificate for our own request, from an authority made on the spot. */
static const char *
signed_by_ca(const char *request)
{
	char in[512];
	pid_t pid;

	unit_file(in, tmp, "request", request);
	unit_file(in, tmp, "sign",
		"cd \"$1\" && openssl req -x509 -newkey ec -pkeyopt "
		"ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem "
		"-days 9 -subj /CN=ca && openssl x509 -req -in request -CA "
		"ca.pem -CAkey ca.key -copy_extensions copy -days 9 -out "
		"signed\n");
	pid = run_start((const char *const[]){"/bin/sh", in, tmp, NULL},
		(const char *const[]){"PATH=/usr/bin:/bin", NULL},
		(const int[]){-1, -1, -1}, 3);
	ck_assert_int_eq(run_wait(pid), 0);
	return text("signed");
}

START_TEST(test_request)
{
	const char *key;
	const char *request;
	const char *other;
	const char *part = NULL;
	const char *cert;
	struct cert_pair pair;
	int64_t now;

	ck_assert_int_eq(cert_request(&ctx, HOST, &key, &request), E_OK);
	unit_has(request, "BEGIN CERTIFICATE REQUEST");
	cert = signed_by_ca(request);
	now = (int64_t)time(NULL) + 60;
	ck_assert_int_eq(
		cert_judge(&ctx, cert, key, HOST, now, &pair, &part), E_OK);
	ck_assert_str_eq(pair.key, key);
	ck_assert_int_gt(pair.not_after, now);
	/* with its chain, and without what else lay in the file */
	ck_assert_int_eq(cert_judge(&ctx,
				 arena_printf(ctx.arena, "note\n%s%s", cert,
					 text("ca.pem")),
				 key, HOST, now, &pair, &part),
		E_OK);
	ck_assert(!strstr(pair.chain, "note"));
	ck_assert(strstr(strstr(pair.chain, "BEGIN") + 1, "BEGIN"));
	/* nobody else's name, key or time */
	ck_assert_int_eq(
		cert_judge(&ctx, cert, key, "example.com", now, &pair, &part),
		E_VALIDATION_ERROR);
	ck_assert_str_eq(part, "certificate");
	ctx_clear(&ctx);
	ck_assert_int_eq(cert_request(&ctx, HOST, &other, &request), E_OK);
	ck_assert_str_ne(other, key);
	ck_assert_int_eq(cert_judge(&ctx, cert, other, HOST, now, &pair, &part),
		E_VALIDATION_ERROR);
	ck_assert_str_eq(part, "privateKey");
	unit_has(ctx.message, "does not belong");
	ctx_clear(&ctx);
	ck_assert_int_eq(cert_judge(&ctx, cert, key, HOST, now + 86400 * 10,
				 &pair, &part),
		E_VALIDATION_ERROR);
	unit_has(ctx.message, "has expired");
	ctx_clear(&ctx);
	ck_assert_int_eq(
		cert_judge(&ctx, cert, key, HOST, now - 86400, &pair, &part),
		E_VALIDATION_ERROR);
	unit_has(ctx.message, "not valid yet");
}
END_TEST

START_TEST(test_account)
{
	const char *key;

	ck_assert_int_eq(cert_account_key(&ctx, &key), E_OK);
	unit_has(key, "BEGIN PRIVATE KEY");
}
END_TEST

START_TEST(test_nonsense)
{
	char *big = arena_alloc(ctx.arena, CERT_PEM_MAX + 2);
	struct cert_pair pair;
	const char *part = NULL;

	memset(big, 'A', CERT_PEM_MAX + 1);
	ck_assert_int_eq(cert_judge(&ctx, "", "", HOST, 0, &pair, &part),
		E_VALIDATION_ERROR);
	ck_assert_str_eq(part, "certificate");
	ctx_clear(&ctx);
	ck_assert_int_eq(cert_judge(&ctx, big, "", HOST, 0, &pair, &part),
		E_VALIDATION_ERROR);
	unit_has(ctx.message, "too long");
}
END_TEST

Suite *
suite_cert(void)
{
	Suite *s = suite_create("cert");

	tcase_add_checked_fixture(
		unit_case(s, "cert",
			(const TTest *const[]){test_request, test_account,
				test_nonsense, NULL}),
		setup, teardown);
	return s;
}
