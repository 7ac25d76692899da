/* ws_frame.c - the codec of RFC 6455, byte by byte. */
#include "unit_ws.h"

#include "ws/frame.h"

/* A masked client's frame of a short payload. */
static size_t
put(char *dst, unsigned char b0, const char *payload, size_t n)
{
	static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};

	dst[0] = (char)b0;
	dst[1] = (char)(0x80 | n);
	memcpy(dst + 2, mask, 4);
	for (size_t i = 0; i < n; i++)
		dst[6 + i] = (char)(payload[i] ^ mask[i & 3]);
	return 6 + n;
}

/* The example of section 5.7. */
START_TEST(test_hello)
{
	char bytes[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
	enum frame_code code = CLOSE_NONE;
	struct frame f;

	for (size_t n = 0; n < 11; n++)
		ck_assert_int_eq(frame_parse(bytes, n, &f, &code), 0);
	ck_assert_int_eq(frame_parse(bytes, 11, &f, &code), 11);
	ck_assert_int_eq(f.op, FRAME_TEXT);
	ck_assert(f.fin);
	ck_assert_uint_eq(f.len, 5);
	ck_assert_mem_eq(f.payload, "Hello", 5);
}
END_TEST

START_TEST(test_refused)
{
	/* clang-format off */
	static const struct {
		const char *bytes;
		size_t n;
		enum frame_code code;
	} cases[] = {
		{"\x81\x05", 2, CLOSE_PROTOCOL},         /* not masked */
		{"\xc1\x80", 2, CLOSE_PROTOCOL},         /* RSV1 */
		{"\x83\x80", 2, CLOSE_PROTOCOL},         /* opcode 3 */
		{"\x09\x80", 2, CLOSE_PROTOCOL},         /* a part of a ping */
		{"\x89\xfe", 2, CLOSE_PROTOCOL},         /* ping over 125 */
		{"\x81\xfe\x00\x7d", 4, CLOSE_PROTOCOL}, /* not the shortest */
		{"\x81\xfe\x10\x01", 4, CLOSE_TOO_BIG},  /* 4097 */
		{"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", 10, CLOSE_PROTOCOL},
		{"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00", 10, CLOSE_TOO_BIG},
		{"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01", 10, CLOSE_PROTOCOL},
		{"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10, CLOSE_PROTOCOL},
	};
	/* clang-format on */

	for (size_t i = 0; i < NELEM(cases); i++) {
		enum frame_code code = CLOSE_NONE;
		char bytes[16];
		struct frame f;

		memcpy(bytes, cases[i].bytes, cases[i].n);
		ck_assert_int_eq(frame_parse(bytes, cases[i].n, &f, &code), -1);
		ck_assert_int_eq(code, cases[i].code);
	}
}
END_TEST

/* Each length at the borders of the three forms, back through the parser. */
START_TEST(test_put)
{
	static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536};
	static char payload[65536];

	for (size_t i = 0; i < NELEM(sizes); i++) {
		AUTO_BUF struct buf b = {.max = 1 << 20};
		size_t head = sizes[i] < 126 ? 2 : sizes[i] < 65536 ? 4 : 10;

		frame_put(&b, FRAME_TEXT, payload, sizes[i]);
		ck_assert_uint_eq(b.len, head + sizes[i]);
		ck_assert_int_eq((unsigned char)b.data[0], 0x81);
		ck_assert_int_eq(
			(unsigned char)b.data[1], head == 2   ? (int)sizes[i]
						  : head == 4 ? 126
							      : 127);
		if (head == 4)
			ck_assert_uint_eq(
				(size_t)(unsigned char)b.data[2] << 8 |
					(unsigned char)b.data[3],
				sizes[i]);
	}
}
END_TEST

START_TEST(test_put_close)
{
	AUTO_BUF struct buf b = {.max = 1024};
	char reason[200];

	frame_put_close(&b, 1008, "no");
	ck_assert_uint_eq(b.len, 6);
	ck_assert_mem_eq(b.data, "\x88\x04\x03\xf0no", 6);
	/* a reason is cut between characters: 123 bytes are 61 of these */
	buf_reset(&b);
	for (size_t i = 0; i < 198; i += 2)
		memcpy(reason + i, "\xc3\xa9", 2);
	reason[198] = '\0';
	frame_put_close(&b, 1000, reason);
	ck_assert_uint_eq(b.len, 2 + 2 + 122);
}
END_TEST

START_TEST(test_message)
{
	struct message m;
	enum frame_code code = CLOSE_NONE;
	struct frame f;
	char a[64], b[64];

	message_init(&m);
	ck_assert_int_gt(
		frame_parse(a, put(a, 0x01, "h\xc3", 2), &f, &code), 0);
	ck_assert(!message_add(&m, &f, &code));
	ck_assert_int_eq(code, CLOSE_NONE);
	ck_assert_int_gt(
		frame_parse(b, put(b, 0x80, "\xa9!", 2), &f, &code), 0);
	ck_assert(message_add(&m, &f, &code));
	ck_assert_str_eq(buf_text(&m.text), "h\xc3\xa9!");
	message_reset(&m);
	/* a continuation of nothing */
	ck_assert(!message_add(&m, &f, &code));
	ck_assert_int_eq(code, CLOSE_PROTOCOL);
	/* a cut character */
	ck_assert_int_gt(
		frame_parse(a, put(a, 0x81, "h\xc3", 2), &f, &code), 0);
	ck_assert(!message_add(&m, &f, &code));
	ck_assert_int_eq(code, CLOSE_PAYLOAD);
	message_done(&m);
}
END_TEST

Suite *
suite_frame(void)
{
	const TTest *const tests[] = {test_hello, test_refused, test_put,
		test_put_close, test_message, NULL};
	Suite *s = suite_create("frame");

	unit_case(s, "WS-5 frames", tests);
	return s;
}
