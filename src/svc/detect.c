/*
 * detect.c - package managers and generators by the files that they leave.
 * Used by the worker. Runs nothing and trusts nothing in the files.
 */
#include "svc/detect.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKAGE_JSON_MAX (1024 * 1024)
#define LOCKFILE_HEAD    (64 * 1024 * 1024)
#define LISTED_MAX       20

/* A generator is known by its package. Order matters: the first hit wins, so
 * frameworks stand before the bundlers that they are made of. */
struct generator {
	const char *package;
	const char *build;     /* when package.json has no build script */
	const char *output[3]; /* where it writes, most usual first */
};

/* clang-format off */
static const struct generator generators[] = {
	{ "astro",                "npx astro build",             { "dist" } },
	{ "@11ty/eleventy",       "npx @11ty/eleventy",          { "_site" } },
	{ "@docusaurus/core",     "npx docusaurus build",        { "build" } },
	{ "vitepress",            "npx vitepress build",         { ".vitepress/dist", "docs/.vitepress/dist" } },
	{ "vuepress",             "npx vuepress build",          { ".vuepress/dist", "docs/.vuepress/dist" } },
	{ "hexo",                 "npx hexo generate",           { "public" } },
	{ "gatsby",               "npx gatsby build",            { "public" } },
	{ "next",                 "npx next build",              { "out" } },
	{ "nuxt",                 "npx nuxt generate",           { ".output/public", "dist" } },
	{ "gridsome",             "npx gridsome build",          { "dist" } },
	{ "react-scripts",        "npx react-scripts build",     { "build" } },
	{ "@vue/cli-service",     "npx vue-cli-service build",   { "dist" } },
	{ "@sveltejs/kit",        "npx vite build",              { "build" } },
	{ "preact-cli",           "npx preact build",            { "build" } },
	{ "metalsmith",           "npx metalsmith",              { "build" } },
	{ "vite",                 "npx vite build",              { "dist" } },
	{ "parcel",               "npx parcel build index.html", { "dist" } },
	{ NULL, NULL, { NULL } },
};
/* clang-format on */

/* Where other builds put their result. */
static const char *const usual[] = {"dist", "build", "out", "_site", "public",
	".output/public", ".vitepress/dist", "docs/.vitepress/dist", "www",
	"site", NULL};

static bool
has_file(int dir, const char *path)
{
	struct stat st;
	AUTO_FD int fd = fd_open_beneath(dir, path, O_PATH, 0);

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
has_dir(int dir, const char *path)
{
	AUTO_FD int fd = fd_open_beneath(dir, path, O_PATH | O_DIRECTORY, 0);

	return fd >= 0;
}

static bool
has_index(struct ctx *ctx, int dir, const char *path)
{
	return has_file(dir, arena_printf(ctx->arena, "%s/index.html", path));
}

/* The value after "key" in the first lines of a lockfile, quotes dropped. */
static const char *
lock_value(struct ctx *ctx, int src, const char *file, const char *key)
{
	const char *text =
		fd_read_beneath(ctx->arena, src, file, LOCKFILE_HEAD, NULL);
	const char *at = text ? strstr(text, key) : NULL;

	if (!at)
		return NULL;
	at += strlen(key);
	at += strspn(at, ": '\"");
	return arena_strndup(ctx->arena, at, strspn(at, "0123456789."));
}

/* The version in packageManager ("pnpm@9.1.0+sha512..."), when it is for this
 * manager and nothing but digits and dots, since it becomes part of a
 * command. */
static const char *
wanted_version(struct ctx *ctx, const struct jsn *package, const char *manager)
{
	const char *s = jsn_str(jsn_get(package, "packageManager"));
	size_t n = strlen(manager);
	size_t len;

	if (!s || strncmp(s, manager, n) != 0 || s[n] != '@')
		return NULL;
	s += n + 1;
	len = strspn(s, "0123456789.");
	if (!len || len > 20 || (s[len] && s[len] != '+'))
		return NULL;
	return arena_strndup(ctx->arena, s, len);
}

/* The last pnpm of each lockfile generation; all run on Node 18. */
static const char *
pnpm_install(struct ctx *ctx, int src, const struct jsn *package)
{
	const char *version = wanted_version(ctx, package, "pnpm");
	const char *lock;

	if (!version) {
		lock = lock_value(
			ctx, src, "pnpm-lock.yaml", "lockfileVersion");
		version = !lock                    ? "9.15.9"
			  : str_starts(lock, "5.") ? "7.33.7"
			  : str_starts(lock, "6.") ? "8.15.9"
						   : "9.15.9";
	}
	return arena_printf(ctx->arena,
		"npx --yes pnpm@%s install --frozen-lockfile "
		"--store-dir /cache/pnpm",
		version);
}

/* yarn.lock of yarn 2 and later has a __metadata block. */
static const char *
yarn_install(struct ctx *ctx, int src, const struct jsn *package)
{
	const char *version = wanted_version(ctx, package, "yarn");
	bool berry = version ? !str_starts(version, "1.")
			     : lock_value(ctx, src, "yarn.lock",
				       "__metadata:") != NULL;

	if (berry)
		return arena_printf(ctx->arena,
			"npx --yes @yarnpkg/cli-dist@%s install --immutable",
			version ? version : "4.5.3");
	return arena_printf(ctx->arena,
		"npx --yes yarn@%s install --frozen-lockfile",
		version ? version : "1.22.22");
}

static const char *
find_install(struct ctx *ctx, int src, const struct jsn *package)
{
	if (has_file(src, "npm-shrinkwrap.json") ||
		has_file(src, "package-lock.json"))
		return "npm ci";
	if (has_file(src, "pnpm-lock.yaml"))
		return pnpm_install(ctx, src, package);
	if (has_file(src, "yarn.lock"))
		return yarn_install(ctx, src, package);
	return "npm install";
}

static const struct generator *
find_generator(const struct jsn *package)
{
	const struct jsn *a = jsn_get(package, "dependencies");
	const struct jsn *b = jsn_get(package, "devDependencies");

	for (const struct generator *g = generators; g->package; g++) {
		if (jsn_get(a, g->package) || jsn_get(b, g->package))
			return g;
	}
	return NULL;
}

/* *ret stays NULL when there is none. */
static enum err
read_package(struct ctx *ctx, int src, const struct jsn **ret)
{
	size_t n;
	const char *text = fd_read_beneath(
		ctx->arena, src, "package.json", PACKAGE_JSON_MAX, &n);
	struct ctx quiet = {.arena = ctx->arena};

	if (!text && errno == ENOENT)
		return E_OK;
	if (!text && errno == EFBIG)
		return ctx_fail(
			ctx, E_BUILD_FAILED, "package.json is over 1 MiB");
	if (!text)
		return ctx_fail(ctx, E_BUILD_FAILED,
			"package.json is not a regular file that can be read");
	if (jsn_parse(&quiet, text, n, ret) || jsn_type(*ret) != JSN_OBJECT)
		return ctx_fail(ctx, E_BUILD_FAILED,
			"package.json is not a JSON object");
	return E_OK;
}

/* What was said, NULL for "none". */
static const char *
said(const char *wish)
{
	return *wish ? wish : NULL;
}

enum err
detect_plan(struct ctx *ctx, int src, const struct detect_wish *wish,
	struct detect_plan *ret)
{
	struct detect_plan plan = {0};
	const struct jsn *package = NULL;
	const struct generator *g;
	enum err e = read_package(ctx, src, &package);

	if (e)
		return e;
	g = find_generator(package);
	plan.is_node = package != NULL;
	plan.generator = g ? g->package : NULL;
	if (wish->build)
		plan.build = said(wish->build);
	else if (jsn_str(jsn_get(jsn_get(package, "scripts"), "build")))
		plan.build = "npm run build";
	else if (g)
		plan.build = g->build;
	if (wish->install)
		plan.install = said(wish->install);
	else if (package && plan.build)
		plan.install = find_install(ctx, src, package);
	if (wish->output && *wish->output)
		plan.output = wish->output;
	*ret = plan;
	return E_OK;
}

/* The names of the directories in src, for an error's text. */
static const char *
list_dirs(struct ctx *ctx, int src)
{
	AUTO_BUF struct buf b = {0};
	int fd = openat(src, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *x;
	int n = 0;

	if (!d) {
		auto_close(&fd);
		return "nothing that can be read";
	}
	buf_init(&b, 4096);
	while ((x = readdir(d)) != NULL && n < LISTED_MAX) {
		if (x->d_type != DT_DIR || x->d_name[0] == '.' ||
			str_eq(x->d_name, "node_modules") ||
			str_has_control(x->d_name))
			continue;
		buf_printf(&b, "%s%.100s", n++ ? ", " : "", x->d_name);
	}
	(void)closedir(d);
	return n ? arena_strdup(ctx->arena, buf_text(&b)) : "no directories";
}

static const struct generator *
generator_by_name(const char *package)
{
	for (const struct generator *g = generators; g->package && package;
		g++) {
		if (str_eq(g->package, package))
			return g;
	}
	return NULL;
}

/* The first of the list that is a directory, with an index.html if asked. */
static const char *
first_of(struct ctx *ctx, int src, const char *const *list, bool index)
{
	for (; *list; list++) {
		if (has_dir(src, *list) &&
			(!index || has_index(ctx, src, *list)))
			return *list;
	}
	return NULL;
}

enum err
detect_output(struct ctx *ctx, int src, const struct detect_plan *plan,
	const char **ret)
{
	const struct generator *g = generator_by_name(plan->generator);
	const char *found = NULL;

	if (plan->output) {
		if (!has_dir(src, plan->output))
			return ctx_fail(ctx, E_BUILD_FAILED,
				"the output directory '%s' does not exist "
				"after the build; there is: %s",
				plan->output, list_dirs(ctx, src));
		*ret = plan->output;
		return E_OK;
	}
	if (plan->build && g)
		found = first_of(ctx, src, g->output, false);
	if (!found && !plan->build && has_file(src, "index.html"))
		found = ".";
	if (!found)
		found = first_of(ctx, src, usual, true);
	if (!found && !plan->build)
		found = ".";
	if (!found && has_file(src, "index.html"))
		found = ".";
	if (!found)
		return ctx_fail(ctx, E_BUILD_FAILED,
			"no output directory was found after the build (looked "
			"for dist, build, out, _site, public with an "
			"index.html); there is: %s; set the output directory",
			list_dirs(ctx, src));
	*ret = found;
	return E_OK;
}
