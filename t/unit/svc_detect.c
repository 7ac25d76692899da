/* svc_detect.c - package managers, generators and outputs. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "svc/detect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ctx ctx;
static char dir[64];
static int src;

static void
setup(void)
{
	ctx = (struct ctx){.arena = arena_new(1 << 26, 1 << 28)};
	unit_tmp(dir);
	src = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(src, 0);
}

static void
teardown(void)
{
	(void)close(src);
	unit_tmp_done(dir);
	arena_free(ctx.arena);
}

static void
put(const char *name, const char *text)
{
	char path[512];
	char *slash;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	ck_assert(fd_mkdirs(path, 0755));
	unit_file(path, dir, name, text);
}

static struct detect_plan
plan(const char *install, const char *build, const char *output)
{
	struct detect_wish w = {install, build, output};
	struct detect_plan p = {0};

	ctx_clear(&ctx);
	ck_assert_msg(!detect_plan(&ctx, src, &w, &p), "%s", ctx.message);
	return p;
}

static const char *
output(const struct detect_plan *p)
{
	const char *found = NULL;

	ctx_clear(&ctx);
	return detect_output(&ctx, src, p, &found) ? NULL : found;
}

START_TEST(test_static)
{
	struct detect_plan p = plan(NULL, NULL, NULL);

	ck_assert(!p.install && !p.build && !p.is_node);
	ck_assert_str_eq(output(&p), ".");
	put("public/index.html", "x");
	ck_assert_str_eq(output(&p), "public");
	put("index.html", "x");
	ck_assert_str_eq(output(&p), ".");
	p = plan(NULL, NULL, "public");
	ck_assert_str_eq(output(&p), "public");
	p = plan(NULL, NULL, "missing");
	ck_assert_ptr_null(output(&p));
	unit_has(ctx.message, "'missing' does not exist");
	unit_has(ctx.message, "public");
	p = plan(NULL, NULL, "../../etc");
	ck_assert_ptr_null(output(&p));
	p = plan(NULL, "make", NULL);
	ck_assert_str_eq(p.build, "make");
	ck_assert_ptr_null(p.install);
}
END_TEST

START_TEST(test_managers)
{
	static const struct {
		const char *package, *file, *text, *install;
	} t[] = {
		{"", "x", "", "npm install"},
		{"", "package-lock.json", "{}", "npm ci"},
		{"", "npm-shrinkwrap.json", "{}", "npm ci"},
		{"", "yarn.lock", "# yarn lockfile v1\n",
			"npx --yes yarn@1.22.22 install --frozen-lockfile"},
		{"", "yarn.lock", "__metadata:\n  version: 6\n",
			"npx --yes @yarnpkg/cli-dist@4.5.3 install "
			"--immutable"},
		{",\"packageManager\":\"yarn@1.22.19\"", "yarn.lock", "",
			"npx --yes yarn@1.22.19 install --frozen-lockfile"},
		{",\"packageManager\":\"yarn@3.2.1+sha256.a\"", "yarn.lock", "",
			"npx --yes @yarnpkg/cli-dist@3.2.1 install "
			"--immutable"},
		{",\"packageManager\":\"yarn@1;id\"", "yarn.lock", "",
			"npx --yes yarn@1.22.22 install --frozen-lockfile"},
		{"", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "pnpm@9."},
		{"", "pnpm-lock.yaml", "lockfileVersion: '6.0'\n", "pnpm@8."},
		{"", "pnpm-lock.yaml", "lockfileVersion: 5.4\n", "pnpm@7."},
		{"", "pnpm-lock.yaml", "", "pnpm@9."},
		{",\"packageManager\":\"pnpm@8.1.0\"", "pnpm-lock.yaml", "",
			"pnpm@8.1.0"},
	};

	for (size_t i = 0; i < NELEM(t); i++) {
		struct detect_plan p;

		put("package.json", arena_printf(ctx.arena,
					    "{\"scripts\":{\"build\":\"x\"}%s}",
					    t[i].package));
		put(t[i].file, t[i].text);
		p = plan(NULL, NULL, NULL);
		ck_assert_str_eq(p.build, "npm run build");
		unit_has(p.install, t[i].install);
		ck_assert_int_eq(unlinkat(src, t[i].file, 0), 0);
	}
}
END_TEST

START_TEST(test_generators)
{
	struct detect_plan p;

	put("package.json", "{\"devDependencies\":{\"@11ty/eleventy\":\"3\"}}");
	p = plan(NULL, NULL, NULL);
	ck_assert_str_eq(p.build, "npx @11ty/eleventy");
	ck_assert_ptr_null(output(&p));
	unit_has(ctx.message, "no output directory was found");
	put("_site/a.html", "x");
	ck_assert_str_eq(output(&p), "_site");
	/* a framework wins over the bundler that it uses */
	put("package.json",
		"{\"dependencies\":{\"vite\":\"5\",\"astro\":\"4\"},"
		"\"scripts\":{\"build\":\"astro build\"}}");
	p = plan(NULL, NULL, NULL);
	ck_assert_str_eq(p.generator, "astro");
	put("dist/index.html", "x");
	ck_assert_str_eq(output(&p), "dist");
	/* unknown generator: the usual place with an index.html */
	put("package.json", "{\"scripts\":{\"build\":\"x\"}}");
	p = plan(NULL, NULL, NULL);
	ck_assert_str_eq(output(&p), "dist");
	/* said by the user; "" is none */
	p = plan("", "echo", NULL);
	ck_assert(!p.install && str_eq(p.build, "echo"));
	p = plan(NULL, "", NULL);
	ck_assert(!p.install && !p.build);
}
END_TEST

START_TEST(test_hostile)
{
	struct detect_wish w = {NULL, NULL, NULL};
	struct detect_plan p;
	char *big = arena_alloc(ctx.arena, (1 << 20) + 2);
	char path[512];

	memset(big, ' ', (1 << 20) + 1);
	put("package.json", big);
	ck_assert_int_eq(detect_plan(&ctx, src, &w, &p), E_BUILD_FAILED);
	unit_has(ctx.message, "1 MiB");
	ctx_clear(&ctx);
	for (int i = 0; i < 100000; i++)
		big[i] = '[';
	big[100000] = '\0';
	put("package.json", big);
	ck_assert_int_eq(detect_plan(&ctx, src, &w, &p), E_BUILD_FAILED);
	unit_has(ctx.message, "not a JSON object");
	ctx_clear(&ctx);
	put("package.json", "[1]");
	ck_assert_int_eq(detect_plan(&ctx, src, &w, &p), E_BUILD_FAILED);
	ctx_clear(&ctx);
	ck_assert_int_eq(unlinkat(src, "package.json", 0), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", src, "package.json"), 0);
	ck_assert_int_eq(detect_plan(&ctx, src, &w, &p), E_BUILD_FAILED);
	ctx_clear(&ctx);
	ck_assert_int_eq(unlinkat(src, "package.json", 0), 0);
	(void)snprintf(path, sizeof(path), "%s/package.json", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(detect_plan(&ctx, src, &w, &p), E_BUILD_FAILED);
	ctx_clear(&ctx);
	ck_assert_int_eq(unlinkat(src, "package.json", 0), 0);
	/* an output that is a symlink is no directory */
	ck_assert_int_eq(symlinkat("/etc", src, "dist"), 0);
	p = plan(NULL, "x", "dist");
	ck_assert_ptr_null(output(&p));
}
END_TEST

Suite *
suite_detect(void)
{
	const TTest *const tests[] = {
		test_static, test_managers, test_generators, NULL};
	const TTest *const hostile[] = {test_hostile, NULL};
	Suite *s = suite_create("detect");

	tcase_add_checked_fixture(
		unit_case(s, "detect", tests), setup, teardown);
	tcase_add_checked_fixture(
		unit_case(s, "SB-12 a hostile package.json", hostile), setup,
		teardown);
	return s;
}
