/* svc_publish.c - the copier against hostile trees, and the switch. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/rand.h"
#include "base/str.h"
#include "svc/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct ctx ctx;
static char dir[64];
static char sites[96];
static int out; /* the build's output */
static int warnings;
static struct publish pub;
static char id[37];

static void
warn(void *arg, const char *text)
{
	(void)arg; /* the count is a global of this test */
	ck_assert(!str_has_control(text));
	warnings++;
}

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 26, 1 << 28)};
	unit_tmp(dir);
	(void)snprintf(sites, sizeof(sites), "%s/sites", dir);
	ck_assert_int_eq(
		mkdir(arena_printf(ctx.arena, "%s/out", dir), 0755), 0);
	out = open(arena_printf(ctx.arena, "%s/out", dir),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(out, 0);
	rand_uuid(id);
	warnings = 0;
	pub = (struct publish){.sites = sites,
		.target = "production",
		.site = "demo",
		.id = id,
		.max_bytes = 1 << 20,
		.max_files = 100,
		.warn = warn};
}

static void
teardown(void)
{
	(void)close(out);
	unit_tmp_done(dir);
	arena_free(ctx.arena);
}

static void
put(const char *name, const char *text, unsigned mode)
{
	AUTO_FD int fd = -1;
	char *path = arena_printf(ctx.arena, "%s/out/%s", dir, name);
	char *slash = strrchr(path, '/');

	*slash = '\0';
	ck_assert(fd_mkdirs(path, 0755));
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert(fd_write_all(fd, text, strlen(text)));
	ck_assert_int_eq(fchmod(fd, mode), 0);
}

static enum err
copy(struct publish_stats *st)
{
	ctx_clear(&ctx);
	return publish_copy(&ctx, &pub, out, st);
}

static const char *
at(const char *rest)
{
	return arena_printf(ctx.arena, "%s/demo/%s", sites, rest);
}

static bool
released(const char *name, struct stat *st)
{
	return lstat(at(arena_printf(ctx.arena, "releases/%s/%s", id, name)),
		       st) == 0;
}

START_TEST(test_kinds)
{
	struct publish_stats st;
	struct stat s;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	AUTO_FD int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	put("index.html", "<p>hello", 0600);
	put("a/b/c.css", "p{}", 0777);
	put("suid", "x", 04755);
	put(".env", "SECRET=1", 0644);
	put(".git/config", "x", 0644);
	put(".well-known/security.txt", "x", 0644);
	put(".well-known/acme-challenge/tok", "x", 0644);
	put("x/.htpasswd", "x", 0644);
	put("x/bad\nname", "x", 0644);
	put("x/bad\xff", "x", 0644);
	put("x/quo\"te'.txt", "x", 0644);
	put("app.js.gz", "theirs", 0644);
	ck_assert_int_eq(mkfifoat(out, "fifo", 0644), 0);
	ck_assert_int_eq(symlinkat("index.html", out, "inside"), 0);
	ck_assert_int_eq(symlinkat("a", out, "inside-dir"), 0);
	ck_assert_int_eq(symlinkat("nowhere", out, "dangling"), 0);
	ck_assert_int_eq(symlinkat("loop", out, "loop"), 0);
	ck_assert_int_eq(linkat(out, "index.html", out, "hard.html", 0), 0);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s/out/sock", dir);
	ck_assert_int_eq(
		bind(sock, (const struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_msg(copy(&st) == E_OK, "%s", ctx.message);
	ck_assert(released("index.html", &s) && S_ISREG(s.st_mode));
	ck_assert_uint_eq(s.st_mode & 07777, 0644);
	ck_assert_uint_eq(s.st_nlink, 1);
	ck_assert(released("a/b", &s) && S_ISDIR(s.st_mode));
	ck_assert_uint_eq(s.st_mode & 07777, 0755);
	ck_assert(released("a/b/c.css", &s));
	ck_assert_uint_eq(s.st_mode & 07777, 0644);
	ck_assert(released("hard.html", &s) && s.st_nlink == 1);
	ck_assert(released(".well-known/security.txt", &s));
	ck_assert(released("x/quo\"te'.txt", &s));
	ck_assert(released("app.js.gz", &s) && s.st_size == 6);
	ck_assert(!released(".well-known/acme-challenge", &s));
	ck_assert(!released(".env", &s) && !released(".git", &s));
	ck_assert(!released("x/.htpasswd", &s) && !released("suid", &s));
	ck_assert(!released("x/bad\nname", &s) && !released("x/bad\xff", &s));
	ck_assert(!released("fifo", &s) && !released("sock", &s));
	ck_assert(!released("inside", &s) && !released("inside-dir", &s));
	ck_assert(!released("dangling", &s) && !released("loop", &s));
	ck_assert_int_eq(st.files, 6);
	ck_assert_int_eq(st.skipped, 9);
	ck_assert_int_eq(warnings, 9);
}
END_TEST

START_TEST(test_symlinks_out)
{
	static const char *const to[] = {"/etc/passwd", "..", "../x",
		"a/../../x", "/", "chain", "../out/index.html", "deep/up"};
	struct publish_stats st;

	put("index.html", "x", 0644);
	put("deep/file", "x", 0644);
	ck_assert_int_eq(symlinkat("../..", out, "deep/up"), 0);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	unit_has(ctx.message, "leads out of it: deep/up");
	ck_assert_int_eq(unlinkat(out, "deep/up", 0), 0);
	ck_assert_int_eq(mkdirat(out, "a", 0755), 0);
	for (size_t i = 0; i < NELEM(to); i++) {
		if (i == 5)
			ck_assert_int_eq(symlinkat("/etc", out, "chain"), 0);
		ck_assert_int_eq(symlinkat(to[i], out, "link"), 0);
		if (i == 7) /* gone by now: it only hangs */
			ck_assert_int_eq(unlinkat(out, "chain", 0), 0);
		ck_assert_msg((copy(&st) == E_OK) == (i == 7), "%s", to[i]);
		ck_assert_int_eq(unlinkat(out, "link", 0), 0);
	}
	/* nothing half-written stays behind */
	pub.id = "00000000-0000-4000-8000-000000000000";
	ck_assert_int_eq(symlinkat("/etc", out, "link"), 0);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	ck_assert_int_ne(
		access(at("releases/.00000000-0000-4000-8000-000000000000.tmp"),
			F_OK),
		0);
}
END_TEST

START_TEST(test_limits)
{
	struct publish_stats st;
	AUTO_FD int big =
		openat(out, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	ck_assert_int_ge(big, 0);
	ck_assert_int_eq(copy(&st), E_OK); /* an empty file is a file */
	ck_assert_int_eq(unlinkat(out, "big", 0), 0);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	unit_has(ctx.message, "no file to publish");
	/* sparse: refused by its size, before a byte is written */
	put("huge", "x", 0644);
	ck_assert_int_eq(truncate(arena_printf(ctx.arena, "%s/out/huge", dir),
				 (off_t)1 << 40),
		0);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	unit_has(ctx.message, "larger than 1 MB");
	ck_assert_int_eq(unlinkat(out, "huge", 0), 0);
	for (int i = 0; i < 100; i++)
		put(arena_printf(ctx.arena, "f%d", i), "x", 0644);
	ck_assert_int_eq(copy(&st), E_OK);
	put("one-more", "x", 0644);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	unit_has(ctx.message, "more than 100 files");
	ck_assert_int_eq(unlinkat(out, "one-more", 0), 0);
	for (int i = 0; i < 101; i++)
		ck_assert_int_eq(
			mkdirat(out, arena_printf(ctx.arena, "d%d", i), 0755),
			0);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	unit_has(ctx.message, "directories");
}
END_TEST

START_TEST(test_deep)
{
	struct publish_stats st;
	int at_fd = dup(out);

	put("index.html", "x", 0644);
	for (int i = 0; i < 70; i++) {
		int next;

		ck_assert_int_eq(mkdirat(at_fd, "d", 0755), 0);
		next = openat(at_fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		(void)close(at_fd);
		at_fd = next;
	}
	(void)close(at_fd);
	ck_assert_int_eq(copy(&st), E_BUILD_FAILED);
	unit_has(ctx.message, "levels");
}
END_TEST

START_TEST(test_gzip)
{
	struct publish_stats st;
	struct stat s;
	char *text = arena_alloc(ctx.arena, 5001);
	char *noise = arena_alloc(ctx.arena, 5001);

	memset(text, 'x', 5000);
	rand_bytes(noise, 5000);
	for (int i = 0; i < 5000; i++)
		noise[i] = noise[i] ? noise[i] : 1; /* no NUL */
	put("a.html", text, 0644);
	put("a.css", "small", 0644);
	put("a.png", text, 0644);
	put("noise.txt", noise, 0644);
	put("own.js", text, 0644);
	put("own.js.gz", "mine", 0644);
	ck_assert_int_eq(copy(&st), E_OK);
	ck_assert(released("a.html.gz", &s) && s.st_size < 200);
	ck_assert_uint_eq(s.st_mode & 07777, 0644);
	ck_assert(!released("a.css.gz", &s) && !released("a.png.gz", &s));
	ck_assert(!released("noise.txt.gz", &s));
	ck_assert(released("own.js.gz", &s) && s.st_size == 4);
	ck_assert_int_eq(st.compressed, 1);
}
END_TEST

static const char *
link_of(const char *name)
{
	char to[256];
	ssize_t n = readlink(at(name), to, sizeof(to) - 1);

	ck_assert_int_gt(n, 0);
	to[n] = '\0';
	return arena_printf(ctx.arena, "%s", to + strlen("releases/"));
}

START_TEST(test_switch)
{
	static const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct publish_stats st;
	const char *ids[5];

	for (int i = 0; i < 5; i++) {
		ids[i] = arena_printf(
			ctx.arena, "00000000-0000-4000-8000-%012d", i);
		pub.id = ids[i];
		put("index.html", ids[i], 0644);
		ck_assert_int_eq(copy(&st), E_OK);
		ck_assert(!publish_is_live(&ctx, &pub));
		ck_assert_int_eq(publish_switch(&ctx, &pub), E_OK);
		ck_assert(publish_is_live(&ctx, &pub));
		ck_assert_str_eq(link_of("current"), ids[i]);
		/* a second time: nothing changes */
		ck_assert_int_eq(publish_switch(&ctx, &pub), E_OK);
		if (i)
			ck_assert_str_eq(link_of("previous"), ids[i - 1]);
	}
	pub.id = ids[1];
	ck_assert(publish_remove(&ctx, &pub));
	ck_assert(publish_remove(&ctx, &pub)); /* what is gone is gone */
	ck_assert_int_eq(
		access(at(arena_printf(ctx.arena, "releases/%s", ids[1])),
			F_OK),
		-1);
	ck_assert_int_eq(publish_switch(&ctx, &pub), E_BUILD_FAILED);
	ctx_clear(&ctx);
	/* back to an older one: it and the newest both stay */
	pub.id = ids[3];
	ck_assert_int_eq(publish_switch(&ctx, &pub), E_OK);
	ck_assert_int_eq(mkdir(at("releases/.left.tmp"), 0755), 0);
	ck_assert_int_eq(mkdir(at("releases/.next.tmp"), 0755), 0);
	ck_assert_int_eq(
		utimensat(AT_FDCWD, at("releases/.left.tmp"), old, 0), 0);
	publish_tidy(&ctx, &pub);
	ck_assert_int_ne(access(at("releases/.left.tmp"), F_OK), 0);
	/* the next deployment's copy is not touched */
	ck_assert_int_eq(access(at("releases/.next.tmp"), F_OK), 0);
	ck_assert_str_eq(link_of("current"), ids[3]);
	ck_assert_str_eq(link_of("previous"), ids[4]);
	ck_assert_int_eq(access(at("current/index.html"), F_OK), 0);
	ck_assert_int_eq(access(at("previous/index.html"), F_OK), 0);
	/* what is live, or was before that, is not removed */
	for (int i = 3; i < 5; i++) {
		pub.id = ids[i];
		ck_assert(!publish_remove(&ctx, &pub));
		ck_assert_int_eq(errno, EBUSY);
	}
	/* nothing is made for a site that is not there */
	pub.site = "gone";
	publish_tidy(&ctx, &pub);
	ck_assert_int_ne(
		access(arena_printf(ctx.arena, "%s/gone", sites), F_OK), 0);
}
END_TEST

/* A release answers under a name of its own until it goes, or its site does. */
START_TEST(test_name)
{
	struct publish_stats st;
	const char *own;

	pub.id = "01234567-89ab-4000-8000-000000000000";
	put("index.html", "own", 0644);
	ck_assert_int_eq(copy(&st), E_OK);
	own = arena_printf(
		ctx.arena, "%s/%s", sites, publish_own_name(ctx.arena, &pub));
	unit_has(own, "/0123456789ab--");
	ck_assert_int_eq(publish_name(&ctx, &pub), E_OK);
	ck_assert_int_eq(publish_name(&ctx, &pub), E_OK);
	ck_assert_int_eq(
		access(arena_printf(ctx.arena, "%s/current/index.html", own),
			F_OK),
		0);
	ck_assert(publish_remove(&ctx, &pub));
	ck_assert_int_ne(access(own, F_OK), 0);
	ck_assert_int_eq(copy(&st), E_OK);
	ck_assert_int_eq(publish_name(&ctx, &pub), E_OK);
	ck_assert_int_eq(publish_switch(&ctx, &pub), E_OK);
	ck_assert(publish_remove_site(ctx.arena, sites, pub.site));
	ck_assert_int_ne(access(own, F_OK), 0);
	ck_assert_int_ne(access(at("."), F_OK), 0);
	ck_assert(publish_remove_site(ctx.arena, sites, pub.site));
	/* a label of a host name has 63 characters */
	pub.site = "a23456789012345678901234567890123456789012345678x";
	ck_assert_int_eq(strlen(publish_own_name(ctx.arena, &pub)), 63);
	pub.site = "a23456789012345678901234567890123456789012345678xy";
	ck_assert_ptr_null(publish_own_name(ctx.arena, &pub));
	ck_assert_int_eq(publish_name(&ctx, &pub), E_OK);
}
END_TEST

Suite *
suite_publish(void)
{
	const TTest *const kinds[] = {test_kinds, test_symlinks_out, NULL};
	const TTest *const limits[] = {test_limits, test_deep, NULL};
	const TTest *const rest[] = {test_gzip, NULL};
	const TTest *const atomic[] = {test_switch, test_name, NULL};
	Suite *s = suite_create("publish");

	tcase_add_checked_fixture(
		unit_case(s, "PUB-1 PUB-3 PUB-6 kinds of files", kinds), setup,
		teardown);
	tcase_add_checked_fixture(
		unit_case(s, "SB-8 caps on the output", limits), setup,
		teardown);
	tcase_add_checked_fixture(
		unit_case(s, "precompressed files", rest), setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "PUB-4 the switch", atomic), setup, teardown);
	return s;
}
