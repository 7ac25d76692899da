/* ext_dns.c - answers as they come over the wire, and servers that do not
 * answer. t/3600 asks a real one. */
#include "unit_ext.h"

#include "base/arena.h"
#include "ext/dns.h"

static struct ctx ctx;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(8 << 20, 64 << 20)};
}

static void
teardown(void)
{
	arena_free(ctx.arena);
}

/* A header for so many answers and one question for the name "x". */
#define HEAD(n) "\0\7\x81\x80\0\1\0" n "\0\0\0\0\1x\0\0\20\0\1"
#define TXT(n)  "\xc0\x0c\0\20\0\1\0\0\0\1\0" n

START_TEST(test_texts)
{
	static const char one[] = HEAD("\1") TXT("\10") "\3abc\3def";
	static const char evil[] =
		HEAD("\2") TXT("\4") "\3\33[\xff" TXT("\2") "\377x";
	struct dns_texts t;

	ck_assert(dns_read_texts(
		&ctx, (const uint8_t *)one, sizeof(one) - 1, &t));
	ck_assert_uint_eq(t.n, 1);
	ck_assert_str_eq(t.text[0], "abcdef");
	ck_assert(dns_read_texts(
		&ctx, (const uint8_t *)evil, sizeof(evil) - 1, &t));
	ck_assert_uint_eq(t.n, 2);
	ck_assert_str_eq(t.text[0], "?[?");
	ck_assert_str_eq(t.text[1], "x"); /* a length that leads out */
	for (size_t n = 0; n < sizeof(one) - 1; n++)
		ck_assert(!dns_read_texts(&ctx, (const uint8_t *)one, n, &t));
}
END_TEST

START_TEST(test_addresses)
{
	static const char two[] = HEAD("\3") "\xc0\x0c\0\1\0\1\0\0\0\1\0\4"
					     "\177\0\0\1"
					     "\xc0\x0c\0\34\0\1\0\0\0\1\0\20"
					     "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0"
					     "\0\1" TXT("\2") "\1x";
	struct dns_addresses d = {.n = 0};

	ck_assert(
		dns_read_addresses((const uint8_t *)two, sizeof(two) - 1, &d));
	ck_assert_uint_eq(d.n, 2);
	ck_assert_str_eq(d.text[0], "127.0.0.1");
	ck_assert_str_eq(d.text[1], "2001:db8::1");
}
END_TEST

START_TEST(test_servers)
{
	struct dns_texts t;

	ck_assert_ptr_null(dns_server_wrong(""));
	ck_assert_ptr_null(dns_server_wrong("192.0.2.1"));
	ck_assert_ptr_null(dns_server_wrong("192.0.2.1:5353"));
	ck_assert_ptr_nonnull(dns_server_wrong("ns.example.com"));
	ck_assert_ptr_nonnull(dns_server_wrong("192.0.2.1:0"));
	ck_assert_ptr_nonnull(dns_server_wrong("192.0.2.1:x"));
	ck_assert_ptr_nonnull(dns_server_wrong("::1"));
	ck_assert_ptr_nonnull(dns_server_wrong("192.0.2.1192.0.2.1192.0.2.1"));
	/* port 1 of loopback refuses at once */
	ck_assert_int_eq(
		dns_texts(&ctx, "127.0.0.1:1", "x.test", &t), DNS_NO_ANSWER);
	ck_assert_int_eq(
		dns_texts(&ctx, "nonsense", "x.test", &t), DNS_NO_ANSWER);
}
END_TEST

Suite *
suite_dns(void)
{
	Suite *s = suite_create("dns");

	tcase_add_checked_fixture(
		unit_case(s, "dns",
			(const TTest *const[]){test_texts, test_addresses,
				test_servers, NULL}),
		setup, teardown);
	return s;
}
