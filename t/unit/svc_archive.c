/* svc_archive.c - archives of releases there and back, and what is none. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/run.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/gz.h"
#include "svc/archive.h"
#include "svc/archive_tar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ctx ctx;
static char dir[64];
static struct archive_rules rules;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 26, 1 << 28)};
	unit_tmp(dir);
	rules = (struct archive_rules){
		.max_packed = 1 << 20, .max_bytes = 1 << 20, .max_files = 100};
}

static void
teardown(void)
{
	unit_tmp_done(dir);
	arena_free(ctx.arena);
}

static const char *
in_dir(const char *name)
{
	return arena_printf(ctx.arena, "%s/%s", dir, name);
}

static int
open_dir(const char *name)
{
	int fd;

	ck_assert(fd_mkdirs(in_dir(name), 0755));
	fd = open(in_dir(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static int
open_file(const char *name, int flags)
{
	int fd = open(in_dir(name), flags | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
put(const char *name, const char *text)
{
	char *path = arena_printf(ctx.arena, "%s/%s", dir, name);
	char *slash = strrchr(path, '/');
	AUTO_FD int fd = -1;

	*slash = '\0';
	ck_assert(fd_mkdirs(path, 0755));
	fd = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
	ck_assert(fd_write_all(fd, text, strlen(text)));
}

static enum err
pack(const char *from, const char *to)
{
	AUTO_FD int in = open_dir(from);
	AUTO_FD int out = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);

	ctx_clear(&ctx);
	return archive_pack(&ctx, in, out, &rules);
}

static enum err
unpack(const char *from, const char *to)
{
	AUTO_FD int in = open_file(from, O_RDONLY);
	AUTO_FD int out = open_dir(to);

	ctx_clear(&ctx);
	return archive_unpack(&ctx, in, out, &rules);
}

/* What a program says about files below dir: its exit code. */
static int
run(const char *program, const char *a, const char *b, const char *c)
{
	const char *const argv[] = {program, a, b, c, NULL};

	return run_wait(run_start(argv, NULL, (const int[]){-1, -1, -1}, 3));
}

static const char *
hash_of(const char *name)
{
	char *hex = arena_alloc(ctx.arena, 65);
	AUTO_FD int fd = open_file(name, O_RDONLY);

	ck_assert(crypt_sha256_fd(fd, hex));
	return hex;
}

/* A path of n bytes whose parts have 50. */
static const char *
long_path(size_t n, const char *under)
{
	char *path = arena_printf(ctx.arena, "%s/%0*d", under, (int)n, 0);

	for (size_t i = strlen(under) + 51; i < strlen(path) - 1; i += 51)
		path[i] = '/';
	return path;
}

static void
fill(const char *tree)
{
	static const size_t lengths[] = {99, 100, 101, 130, 1000, 2900};
	char *big = arena_alloc(ctx.arena, 200001);

	memset(big, 'b', 200000);
	put(arena_printf(ctx.arena, "%s/index.html", tree), "<h1>x</h1>\n");
	put(arena_printf(ctx.arena, "%s/empty.txt", tree), "");
	put(arena_printf(ctx.arena, "%s/a/z/deep.css", tree), "x");
	put(arena_printf(ctx.arena, "%s/a.html", tree), "after a/");
	put(arena_printf(ctx.arena, "%s/a b/\xc3\xa4.js", tree), "y");
	put(arena_printf(ctx.arena, "%s/.well-known/x", tree), "z");
	put(arena_printf(ctx.arena, "%s/big", tree), big);
	for (size_t i = 0; i < NELEM(lengths); i++)
		put(long_path(lengths[i],
			    arena_printf(ctx.arena, "%s/n%zu", tree, i)),
			"n");
	ck_assert(fd_mkdirs(
		in_dir(arena_printf(ctx.arena, "%s/void", tree)), 0755));
}

START_TEST(test_round_trip)
{
	fill("one");
	ck_assert_int_eq(pack("one", "one.tgz"), E_OK);
	ck_assert_int_eq(unpack("one.tgz", "back"), E_OK);
	ck_assert_int_eq(
		run("/usr/bin/diff", "-r", in_dir("one"), in_dir("back")), 0);
	/* the same tree, made another time and in another order */
	ck_assert_int_eq(pack("back", "two.tgz"), E_OK);
	ck_assert_str_eq(hash_of("one.tgz"), hash_of("two.tgz"));
	put("back/index.html", "changed");
	ck_assert_int_eq(pack("back", "two.tgz"), E_OK);
	ck_assert_str_ne(hash_of("one.tgz"), hash_of("two.tgz"));
}
END_TEST

/* Whoever has only the archive needs no Autostack. */
START_TEST(test_gnu_tar)
{
	const char *const argv[] = {"/usr/bin/tar", "-xzf", in_dir("one.tgz"),
		"-C", in_dir("tar"), NULL};
	struct stat st;

	fill("one");
	ck_assert_int_eq(pack("one", "one.tgz"), E_OK);
	ck_assert(fd_mkdirs(in_dir("tar"), 0755));
	ck_assert_int_eq(
		run_wait(run_start(argv,
			(const char *const[]){"PATH=/usr/bin:/bin", NULL},
			(const int[]){-1, -1, 2}, 3)),
		0);
	ck_assert_int_eq(
		run("/usr/bin/diff", "-r", in_dir("one"), in_dir("tar")), 0);
	ck_assert_int_eq(stat(in_dir("tar/a/z/deep.css"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
}
END_TEST

static int left;

static enum err
tick(void *arg UNUSED)
{
	return --left < 0 ? E_BUILD_CANCELLED : E_OK;
}

START_TEST(test_limits)
{
	fill("one");
	ck_assert_int_eq(pack("one", "one.tgz"), E_OK);
	rules.max_files = 3;
	ck_assert_int_eq(unpack("one.tgz", "back"), E_PAYLOAD_TOO_LARGE);
	rules.max_files = 100;
	rules.max_bytes = 100000; /* before big is written */
	ck_assert_int_eq(unpack("one.tgz", "more"), E_PAYLOAD_TOO_LARGE);
	ck_assert_int_ne(access(in_dir("more/big"), F_OK), 0);
	rules.max_packed = 300;
	ck_assert_int_eq(pack("one", "one.tgz"), E_PAYLOAD_TOO_LARGE);
	ck_assert_ptr_nonnull(strstr(ctx.cause, "larger than"));
	rules.max_packed = 1 << 20;
	rules.max_bytes = 1 << 20;
	rules.tick = tick;
	left = 5;
	ck_assert_int_eq(pack("one", "two.tgz"), E_BUILD_CANCELLED);
	left = 1000;
	ck_assert_int_eq(pack("one", "two.tgz"), E_OK);
	left = 5;
	ck_assert_int_eq(unpack("two.tgz", "again"), E_BUILD_CANCELLED);
}
END_TEST

/* What no release holds is not archived. */
START_TEST(test_odd_release)
{
	put("one/x", "x");
	ck_assert_int_eq(symlink("x", in_dir("one/link")), 0);
	ck_assert_int_eq(pack("one", "one.tgz"), E_INTERNAL_SERVER_ERROR);
	ck_assert_int_eq(unlink(in_dir("one/link")), 0);
	ck_assert_int_eq(mkfifo(in_dir("one/fifo"), 0600), 0);
	ck_assert_int_eq(pack("one", "one.tgz"), E_INTERNAL_SERVER_ERROR);
	ck_assert_int_eq(unlink(in_dir("one/fifo")), 0);
	ck_assert_int_eq(pack("one", "one.tgz"), E_OK);
}
END_TEST

/* ---- archives of others ---- */

static struct gz *gz;
static int gz_fd;

static void
begin(void)
{
	gz_fd = open_file("bad.tgz", O_WRONLY | O_CREAT | O_TRUNC);
	gz = gz_writer(ctx.arena, gz_fd);
}

static void
add(const void *p, size_t n)
{
	ck_assert(gz_write(gz, p, n));
}

static void
member(enum tar_type type, const char *name, const char *text)
{
	static const char zeros[TAR_BLOCK];
	char block[TAR_BLOCK];

	tar_header(block, type, name, (int64_t)strlen(text));
	add(block, sizeof(block));
	add(text, strlen(text));
	add(zeros, tar_padding((int64_t)strlen(text)));
}

static void
end(size_t blocks)
{
	static const char zeros[TAR_BLOCK];

	while (blocks--)
		add(zeros, sizeof(zeros));
}

/* Close it, and have it refused. */
static void
refused(const char *what)
{
	static int n;
	enum err e;

	ck_assert(gz_end(gz));
	(void)close(gz_fd);
	e = unpack("bad.tgz", arena_printf(ctx.arena, "bad.%d", n++));
	ck_assert_msg(e == E_BAD_REQUEST, "%s: %d", what, (int)e);
}

START_TEST(test_paths)
{
	static const char *const bad[] = {"../x", "/x", "..", ".", "./x",
		"a/../x", "a/./x", "a//x", "", "x\n", "x\x7f", "x\xff", "a/x",
		"\xed\xa0\x80", "x/"};

	for (size_t i = 0; i < NELEM(bad); i++) {
		begin();
		member(TAR_FILE, bad[i], "text");
		end(2);
		refused(bad[i]);
	}
	ck_assert_int_ne(access(in_dir("x"), F_OK), 0);
	for (size_t i = 0; i < NELEM(bad) - 1; i++) {
		begin();
		member(TAR_DIR, arena_printf(ctx.arena, "%s/", bad[i]), "");
		end(2);
		refused(bad[i]);
	}
	begin();
	member(TAR_DIR, "x", "");
	end(2);
	refused("a directory without a slash");
	begin();
	member(TAR_DIR, "x/", "text");
	end(2);
	refused("a directory with content");
}
END_TEST

START_TEST(test_order)
{
	static const char *const bad[][2] = {
		{"a", "a"}, {"b", "a"}, {"ab", "a"}, {"a", "a/b"}, {"B", "A"}};

	for (size_t i = 0; i < NELEM(bad); i++) {
		begin();
		member(TAR_FILE, bad[i][0], "1");
		member(TAR_FILE, bad[i][1], "2");
		end(2);
		refused(bad[i][1]);
	}
	begin();
	member(TAR_DIR, "a/", "");
	member(TAR_FILE, "a.b", "1");
	member(TAR_FILE, "a/b", "2");
	end(2);
	refused("a directory's file after others");
}
END_TEST

/* Any field that is not as we write it. */
START_TEST(test_headers)
{
	static const struct {
		int at;
		char c;
	} odd[] = {{156, '1'}, {156, '2'}, {156, '3'}, {156, '6'}, {156, 'S'},
		{156, 'g'}, {156, 'L'}, {156, 0}, {100 + 3, '4'},
		{108 + 6, '1'}, {136 + 10, '7'}, {157, 'x'}, {265, 'r'},
		{345, 'p'}, {124, '\x80'}, {99, 'x'}, {511, 'x'}};
	static const char zeros[TAR_BLOCK];
	char block[TAR_BLOCK];

	for (size_t i = 0; i < NELEM(odd); i++) {
		unsigned sum = 0;

		begin();
		tar_header(block, TAR_FILE, "name", 4);
		block[odd[i].at] = odd[i].c;
		memset(block + 148, ' ', 8);
		for (int j = 0; j < TAR_BLOCK; j++)
			sum += (unsigned char)block[j];
		(void)snprintf(block + 148, 7, "%06o", sum);
		block[155] = ' ';
		add(block, sizeof(block));
		add("text", 4);
		add(zeros, TAR_BLOCK - 4);
		end(2);
		refused(arena_printf(ctx.arena, "byte %d", odd[i].at));
	}
}
END_TEST

START_TEST(test_pax)
{
	static const char *const bad[] = {"12 path=../x\n", "9 size=0\n",
		"13 path=short\n", "", "20 linkpath=/etc/pa\n",
		"16 GNU.sparse=1\n"};
	const char *path = long_path(150, "n");
	char record[TAR_RECORD];

	for (size_t i = 0; i < NELEM(bad); i++) {
		begin();
		member(TAR_PAX, TAR_PAX_NAME, bad[i]);
		member(TAR_FILE, TAR_LONG, "text");
		end(2);
		refused(bad[i]);
	}
	(void)tar_record(record, path);
	begin();
	member(TAR_PAX, TAR_PAX_NAME, record);
	member(TAR_FILE, "other", "text");
	end(2);
	refused("another name behind a pax header");
	begin();
	member(TAR_PAX, TAR_PAX_NAME,
		arena_printf(ctx.arena, "%s%s", record, "9 uid=00\n"));
	member(TAR_FILE, TAR_LONG, "text");
	end(2);
	refused("a second record");
	(void)tar_record(record, long_path(150, ".."));
	begin();
	member(TAR_PAX, TAR_PAX_NAME, record);
	member(TAR_FILE, TAR_LONG, "text");
	end(2);
	refused("a long way up");
}
END_TEST

START_TEST(test_ends)
{
	begin();
	member(TAR_FILE, "x", "text");
	refused("no end");
	begin();
	member(TAR_FILE, "x", "text");
	end(1);
	refused("half an end");
	begin();
	member(TAR_FILE, "x", "text");
	end(3);
	refused("more than the end");
	begin();
	member(TAR_FILE, "x", "text");
	end(1);
	member(TAR_FILE, "y", "text");
	end(2);
	refused("a member in the end");
	begin();
	refused("nothing");
}
END_TEST

/* A directory that is not empty, as somebody else might arrange it. */
START_TEST(test_planted)
{
	fill("one");
	ck_assert_int_eq(pack("one", "one.tgz"), E_OK);
	ck_assert(fd_mkdirs(in_dir("back"), 0755));
	ck_assert(fd_mkdirs(in_dir("outside"), 0755));
	ck_assert_int_eq(symlink("../outside", in_dir("back/a")), 0);
	ck_assert_int_ne(unpack("one.tgz", "back"), E_OK);
	ck_assert_int_eq(rmdir(in_dir("outside")), 0);
}
END_TEST

Suite *
suite_archive(void)
{
	Suite *s = suite_create("archive");

	tcase_add_checked_fixture(
		unit_case(s, "archive",
			(const TTest *const[]){test_round_trip, test_gnu_tar,
				test_limits, test_odd_release, NULL}),
		setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "PUB-5 archives of others",
			(const TTest *const[]){test_paths, test_order,
				test_headers, test_pax, test_ends, test_planted,
				NULL}),
		setup, teardown);
	return s;
}
