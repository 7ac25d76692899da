/*
 * publish.c - the copier and the switch. Used by the worker. Everything in the
 * source tree was made by strangers: names and kinds are judged, contents only
 * copied.
 */
#include "svc/publish.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/gz.h"
#include "svc/publish_rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MAX    64
#define WARNINGS_MAX 20
#define GZ_MIN       1024
#define GZ_MAX       (16 * 1024 * 1024)
/* so many files and directories are flushed by themselves, all at the end, so
 * that the file system can do it in one go; past it syncfs(2) is cheaper,
 * though it also flushes what the build has left */
#define KEPT_MAX 160
/* no copy takes as long */
#define LEFTOVER_SECONDS 86400
#define LABEL_MAX        63 /* of a host name, RFC 1035 2.3.4 */
#define OWN_DIGITS       12

struct copy {
	struct ctx *ctx;
	const struct publish *p;
	struct publish_stats st;
	int src; /* the top of the source, for judging symlinks */
	int dirs;
	int kept[KEPT_MAX]; /* open, to be flushed */
	int nkept;
	bool many;
};

static enum err
os_failed(struct ctx *ctx, const char *what)
{
	return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR, "publish: %s: %s", what,
		strerror(errno));
}

/* What cannot be removed now is met again by the next publish_tidy(). */
static void
drop_tree(int dir, const char *name)
{
	if (!fd_remove_tree(dir, name))
		log_debug(NULL, "publish: %s stays: %s", name, strerror(errno));
}

static void
skip(struct copy *c, const char *path, const char *why)
{
	c->st.skipped++;
	if (!c->p->warn || c->st.skipped > WARNINGS_MAX)
		return;
	if (c->st.skipped == WARNINGS_MAX)
		c->p->warn(c->p->arg, "More files were not published.");
	else
		c->p->warn(
			c->p->arg, arena_printf(c->ctx->arena,
					   "Not published: %s: %s", path, why));
}

static bool
is_compressible(const char *name)
{
	static const char *const ext[] = {".html", ".htm", ".css", ".js",
		".mjs", ".json", ".svg", ".xml", ".txt", ".wasm", ".map",
		".ico", ".webmanifest", ".csv", ".md", ".ttf", ".otf", ".eot",
		".rss", ".atom", ".geojson"};

	for (size_t i = 0; i < NELEM(ext); i++) {
		if (str_ends(name, ext[i]))
			return true;
	}
	return false;
}

/* Not symlinks alone: every way out of the tree, mounts included. */
static int
open_in(int dir, const char *path, int flags, bool follow)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV | (follow ? 0 : RESOLVE_NO_SYMLINKS),
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* A symlink is left out when it stays inside (or hangs), an error when it
 * leads out: then the user expects something that will never be there. */
static enum err
judge_symlink(struct copy *c, const char *path)
{
	AUTO_FD int fd = open_in(c->src, path, O_PATH, true);

	if (fd < 0 && errno == EXDEV)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output holds a symbolic link that leads out of "
			"it: %s",
			path);
	skip(c, path, "a symbolic link");
	return E_OK;
}

static enum err
copy_bytes(struct copy *c, int in, int out, int64_t size)
{
	char block[16 * 1024];
	int64_t done = 0;

	for (;;) {
		ssize_t n = copy_file_range(in, NULL, out, NULL,
			(size_t)MAX(size - done, (int64_t)1), 0);

		if (n < 0 && done == 0 &&
			(errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
				errno == EOPNOTSUPP))
			break;
		if (n < 0)
			return os_failed(c->ctx, "copy");
		if (n == 0)
			return E_OK;
		done += n;
		/* the build is dead: what grows nevertheless is cut */
		if (done >= size)
			return E_OK;
	}
	while (done < size) {
		ssize_t n = read(in, block, sizeof(block));

		if (n < 0)
			return os_failed(c->ctx, "read");
		if (n == 0)
			break;
		if (!fd_write_all(out, block, (size_t)n))
			return os_failed(c->ctx, "write");
		done += n;
	}
	return E_OK;
}

/* A file or directory is complete: its mode, and its way to the disk. */
static bool
settle(struct copy *c, int *fd, unsigned mode)
{
	if (fchmod(*fd, mode) < 0)
		return false;
	/* begin now, wait in flush(); a hint, so its failure is none */
	(void)sync_file_range(*fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (c->nkept < KEPT_MAX)
		c->kept[c->nkept++] = TAKE_FD(*fd);
	else
		c->many = true;
	return true;
}

/* All that was settled is on disk when this is true. */
static bool
flush(struct copy *c, int releases)
{
	for (int i = 0; !c->many && i < c->nkept; i++) {
		if (fsync(c->kept[i]) < 0)
			return false;
	}
	return !c->many || syncfs(releases) == 0;
}

/* The .gz beside a file; it goes again when it saves nothing. */
static enum err
compress(struct copy *c, int in, int to, const char *name, int64_t size)
{
	const char *gz = arena_printf(c->ctx->arena, "%s.gz", name);
	int64_t small;
	AUTO_FD int out = openat(to, gz,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (out < 0)
		return errno == EEXIST || errno == ENAMETOOLONG
			       ? E_OK
			       : os_failed(c->ctx, "gz");
	if (!gz_copy(in, out, &small))
		return os_failed(c->ctx, "gz");
	if (small >= size - size / 20)
		return unlinkat(to, gz, 0) == 0 ? E_OK
						: os_failed(c->ctx, "gz");
	c->st.compressed++;
	return settle(c, &out, 0644) ? E_OK : os_failed(c->ctx, "gz");
}

static enum err
count_file(struct copy *c, const struct stat *st)
{
	const struct publish *p = c->p;

	if (++c->st.files > p->max_files)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output has more than %lld files",
			(long long)p->max_files);
	if (st->st_size > p->max_bytes - c->st.bytes)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output is larger than %lld MB",
			(long long)(p->max_bytes >> 20));
	c->st.bytes += st->st_size;
	return p->tick ? p->tick(p->arg) : E_OK;
}

static enum err
copy_file(struct copy *c, int from, int to, const char *name, const char *path)
{
	struct stat st;
	struct stat own;
	enum err e;
	/* O_NONBLOCK: a FIFO that took the file's place must not hold us */
	AUTO_FD int in = open_in(from, name, O_RDONLY | O_NONBLOCK, false);
	AUTO_FD int out = -1;

	if (in < 0 || fstat(in, &st) < 0)
		return os_failed(c->ctx, "open");
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_ISUID | S_ISGID))) {
		skip(c, path, S_ISREG(st.st_mode) ? "setuid" : "no file");
		return E_OK;
	}
	e = count_file(c, &st);
	if (e)
		return e;
	publish_rules_note(&c->st, path);
	/* a .gz of ours may stand in the place of one of theirs */
	if (str_ends(name, ".gz"))
		(void)unlinkat(to, name, 0); /* mostly there is none */
	out = openat(to, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return os_failed(c->ctx, "create");
	e = copy_bytes(c, in, out, st.st_size);
	if (!e && !settle(c, &out, 0644))
		e = os_failed(c->ctx, "settle");
	if (!e && st.st_size >= GZ_MIN && st.st_size <= GZ_MAX &&
		is_compressible(name) &&
		fstatat(from, arena_printf(c->ctx->arena, "%s.gz", name), &own,
			AT_SYMLINK_NOFOLLOW) < 0)
		e = compress(c, in, to, name, st.st_size);
	return e;
}

static enum err copy_dir(
	struct copy *c, int from, int to, const char *path, int depth);

static enum err
enter_dir(struct copy *c, int from, int to, const char *name, const char *path,
	int depth)
{
	AUTO_FD int in = open_in(from, name, O_RDONLY | O_DIRECTORY, false);
	AUTO_FD int out = -1;
	enum err e;

	if (in < 0)
		return os_failed(c->ctx, "open directory");
	if (depth >= DEPTH_MAX)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output has more than %d levels of directories",
			DEPTH_MAX);
	/* directories count as well: a million empty ones are no site */
	if (++c->dirs > c->p->max_files)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output has more than %lld directories",
			(long long)c->p->max_files);
	if (mkdirat(to, name, 0700) < 0)
		return os_failed(c->ctx, "mkdir");
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return os_failed(c->ctx, "open copy");
	e = copy_dir(c, in, out, path, depth + 1);
	if (!e && !settle(c, &out, 0755))
		e = os_failed(c->ctx, "settle directory");
	return e;
}

/* Left out without a word. top: at the top of the output. */
static bool
is_hidden(const struct copy *c, const char *name, const char *path)
{
	if (name[0] == '.')
		return !str_eq(path, ".well-known");
	if (str_eq(path, ".well-known/acme-challenge"))
		return true;
	if (publish_rules_is_source(path))
		return true;
	return c->p->skip_node_modules && str_eq(path, "node_modules");
}

static enum err
copy_entry(struct copy *c, int from, int to, const char *name,
	const char *parent, int depth)
{
	const char *path =
		*parent ? arena_printf(c->ctx->arena, "%s/%s", parent, name)
			: name;
	struct stat st;

	if (is_hidden(c, name, path))
		return E_OK;
	if (!str_is_utf8(name, strlen(name)) || str_has_control(name)) {
		skip(c, *parent ? parent : ".",
			"a name with control characters");
		return E_OK;
	}
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return os_failed(c->ctx, "stat");
	if (S_ISLNK(st.st_mode))
		return judge_symlink(c, path);
	if (S_ISDIR(st.st_mode))
		return enter_dir(c, from, to, name, path, depth);
	if (S_ISREG(st.st_mode))
		return copy_file(c, from, to, name, path);
	skip(c, path, "neither a file nor a directory");
	return E_OK;
}

static enum err
copy_dir(struct copy *c, int from, int to, const char *path, int depth)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	enum err e = E_OK;

	if (!dir) {
		auto_close(&fd);
		return os_failed(c->ctx, "read directory");
	}
	while (!e && (d = readdir(dir)) != NULL) {
		if (str_eq(d->d_name, ".") || str_eq(d->d_name, ".."))
			continue;
		e = copy_entry(c, from, to,
			arena_strdup(c->ctx->arena, d->d_name), path, depth);
	}
	(void)closedir(dir);
	return e;
}

static const char *
site_path(struct ctx *ctx, const struct publish *p, const char *rest)
{
	return arena_printf(ctx->arena, "%s/%s/%s", p->sites, p->site, rest);
}

/* The site's own directories, readable by nginx whatever the umask is. */
static int
open_releases(struct ctx *ctx, const struct publish *p)
{
	const char *path = site_path(ctx, p, "releases");
	int fd;

	if (!fd_mkdirs(path, 0755) || chmod(site_path(ctx, p, "."), 0755) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && fchmod(fd, 0755) < 0)
		auto_close(&fd);
	return fd;
}

void
publish_announce(struct ctx *ctx, const struct publish *p)
{
	AUTO_FD int fd UNUSED = open_releases(ctx, p);
}

/* A file of our own, under a name that the copier makes for nobody. */
static enum err
put_hidden(struct copy *c, int to, const char *name, const struct buf *b)
{
	AUTO_FD int out = openat(to, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (out < 0 || !fd_write_all(out, buf_text(b), b->len) ||
		!settle(c, &out, 0644))
		return os_failed(c->ctx, name);
	return E_OK;
}

static enum err
put_rules(struct copy *c, int to)
{
	struct siterules rules;
	AUTO_BUF struct buf b = {0};
	enum err e = publish_rules(c->ctx, c->p, c->src, &c->st, &rules);

	if (e || siterules_is_empty(&rules))
		return e;
	buf_init(&b, SITERULES_OUT_MAX);
	siterules_write(&rules, &b);
	e = put_hidden(c, to, ".rules", &b);
	buf_reset(&b);
	if (!e && siterules_come_first(&rules))
		e = put_hidden(c, to, ".rules-first", &b);
	return e;
}

/* Copy into the temporary directory that lies in releases. */
static enum err
fill(struct copy *c, int releases, const char *tmp)
{
	AUTO_FD int to = -1;
	enum err e;

	if (!fd_remove_tree(releases, tmp) || mkdirat(releases, tmp, 0700) < 0)
		return os_failed(c->ctx, "mkdir");
	to = openat(
		releases, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return os_failed(c->ctx, "open release");
	e = copy_dir(c, c->src, to, "", 0);
	if (e)
		return e;
	if (c->st.files == 0)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output directory holds no file to publish");
	e = put_rules(c, to);
	if (e)
		return e;
	if (!settle(c, &to, 0755) || !flush(c, releases))
		return os_failed(c->ctx, "flush release");
	return E_OK;
}

enum err
publish_copy(struct ctx *ctx, const struct publish *p, int src,
	struct publish_stats *ret)
{
	struct copy c = {.ctx = ctx, .p = p, .src = src};
	const char *tmp = arena_printf(ctx->arena, ".%s.tmp", p->id);
	AUTO_FD int releases = open_releases(ctx, p);
	enum err e;

	if (releases < 0)
		return os_failed(ctx, "releases");
	e = fill(&c, releases, tmp);
	while (c.nkept)
		(void)close(c.kept[--c.nkept]);
	/* what an earlier attempt left is complete, but not this build */
	if (!e && !publish_is_live(ctx, p) && !fd_remove_tree(releases, p->id))
		e = os_failed(ctx, "remove old attempt");
	if (!e && renameat(releases, tmp, releases, p->id) < 0)
		e = os_failed(ctx, "rename");
	if (!e && fsync(releases) < 0)
		e = os_failed(ctx, "sync");
	if (e) {
		drop_tree(releases, tmp);
		return e;
	}
	*ret = c.st;
	return E_OK;
}

/* What the link names, NULL when it is not there. */
static const char *
read_link(struct arena *a, int dir, const char *name)
{
	char to[256];
	ssize_t n = readlinkat(dir, name, to, sizeof(to));

	return n <= 0 || (size_t)n == sizeof(to)
		       ? NULL
		       : arena_strndup(a, to, (size_t)n);
}

static bool
point(struct arena *a, int dir, const char *name, const char *target)
{
	const char *tmp = arena_printf(a, ".%s.tmp", name);

	if (unlinkat(dir, tmp, 0) < 0 && errno != ENOENT)
		return false;
	return symlinkat(target, dir, tmp) == 0 &&
	       renameat(dir, tmp, dir, name) == 0;
}

static const char *
name_with(struct arena *a, const struct publish *p, const char *label)
{
	const char *name = arena_printf(a, "%s--%s", label, p->site);

	return strlen(name) > LABEL_MAX ? NULL : name;
}

const char *
publish_own_name(struct arena *a, const struct publish *p)
{
	char digits[OWN_DIGITS + 1];
	size_t n = 0;

	for (const char *c = p->id; *c && n < OWN_DIGITS; c++) {
		if (*c != '-')
			digits[n++] = *c;
	}
	digits[n] = '\0';
	return name_with(a, p, digits);
}

static bool
is_production(const struct publish *p)
{
	return str_eq(p->target, "production");
}

const char *
publish_target_name(struct arena *a, const struct publish *p)
{
	return is_production(p) ? p->site : name_with(a, p, p->target);
}

/* The folder of the target's links. */
static const char *
target_path(struct ctx *ctx, const struct publish *p)
{
	const char *name = publish_target_name(ctx->arena, p);

	return name ? arena_printf(ctx->arena, "%s/%s", p->sites, name) : NULL;
}

/* What its links name: the release, seen from there. */
static const char *
target_link(struct arena *a, const struct publish *p)
{
	return is_production(p)
		       ? arena_printf(a, "releases/%s", p->id)
		       : arena_printf(a, "../%s/releases/%s", p->site, p->id);
}

/* The folder of a name beside the site's own, made when it is not there. */
static int
open_name(struct ctx *ctx, const struct publish *p, const char *name)
{
	const char *path = arena_printf(ctx->arena, "%s/%s", p->sites, name);

	if (!fd_mkdirs(path, 0755) || chmod(path, 0755) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

enum err
publish_name(struct ctx *ctx, const struct publish *p)
{
	struct arena *a = ctx->arena;
	const char *name = publish_own_name(a, p);
	AUTO_FD int dir = name ? open_name(ctx, p, name) : -1;

	if (!name)
		return E_OK;
	if (dir < 0 ||
		!point(a, dir, "current",
			arena_printf(a, "../%s/releases/%s", p->site, p->id)))
		return os_failed(ctx, "name");
	return E_OK;
}

/* Back to the one before, both links trade places in one step: in two, both
 * would name one release for a moment, and the hashed files of the other would
 * be gone for a page that was loaded just before. */
static bool
go_live(struct arena *a, int dir, const char *target)
{
	const char *was = read_link(a, dir, "current");

	if (str_eq(was, target))
		return true;
	if (was && str_eq(read_link(a, dir, "previous"), target) &&
		renameat2(dir, "current", dir, "previous", RENAME_EXCHANGE) ==
			0)
		return true; /* else the file system cannot do it */
	return (!was || point(a, dir, "previous", was)) &&
	       point(a, dir, "current", target);
}

enum err
publish_switch(struct ctx *ctx, const struct publish *p)
{
	struct arena *a = ctx->arena;
	const char *name = publish_target_name(a, p);
	AUTO_FD int dir = -1;

	if (!name)
		return ctx_fail(ctx, E_BUILD_FAILED,
			"the site's name is too long for a preview's address");
	if (access(site_path(ctx, p, arena_printf(a, "releases/%s", p->id)),
		    X_OK) < 0)
		return errno == ENOENT ? ctx_fail(ctx, E_BUILD_FAILED,
						 "its release is not there "
						 "any more")
				       : os_failed(ctx, "release");
	dir = open_name(ctx, p, name);
	if (dir < 0)
		return os_failed(ctx, "site");
	if (!go_live(a, dir, target_link(a, p)))
		return os_failed(ctx, "switch");
	return fsync(dir) == 0 ? E_OK : os_failed(ctx, "sync site");
}

/* Whether a link of the target names the release. */
static bool
names_it(struct ctx *ctx, const struct publish *p, const char *link)
{
	const char *path = target_path(ctx, p);
	AUTO_FD int dir =
		path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return dir >= 0 && str_eq(read_link(ctx->arena, dir, link),
				   target_link(ctx->arena, p));
}

bool
publish_is_live(struct ctx *ctx, const struct publish *p)
{
	return names_it(ctx, p, "current");
}

bool
publish_is_named(struct ctx *ctx, const struct publish *p)
{
	return names_it(ctx, p, "current") || names_it(ctx, p, "previous");
}

void
publish_discard(struct ctx *ctx, const struct publish *p)
{
	AUTO_FD int dir = open(site_path(ctx, p, "releases"),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0)
		drop_tree(dir, arena_printf(ctx->arena, ".%s.tmp", p->id));
}

/* Remove NAME of the directory PATH; a directory that is not there is fine. */
static bool
remove_from(const char *path, const char *name)
{
	AUTO_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT;
	return fd_remove_tree(dir, name);
}

bool
publish_remove(struct ctx *ctx, const struct publish *p)
{
	const char *name = publish_own_name(ctx->arena, p);

	if (publish_is_named(ctx, p)) {
		errno = EBUSY;
		return false;
	}
	return (!name || remove_from(p->sites, name)) &&
	       remove_from(site_path(ctx, p, "releases"), p->id);
}

bool
publish_remove_preview(struct ctx *ctx, const struct publish *p)
{
	const char *name = publish_target_name(ctx->arena, p);

	ASSERT(!is_production(p));
	return !name || remove_from(p->sites, name);
}

bool
publish_remove_site(struct arena *a, const char *sites, const char *site)
{
	const char *tail = arena_printf(a, "--%s", site);
	const char *live = arena_printf(a, "%s/%s/current", sites, site);
	AUTO_FD int fd = open(sites, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = NULL;
	struct dirent *d;
	bool good = true;

	if (fd < 0)
		return errno == ENOENT;
	/* at once for nginx, however long the rest takes */
	if (unlink(live) != 0 && errno != ENOENT)
		return false;
	dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	if (!dir)
		return false;
	while (good && (d = readdir(dir)) != NULL) {
		/* a name with dots is a domain's link */
		if (str_ends(d->d_name, tail) && !strchr(d->d_name, '.'))
			good = fd_remove_tree(fd, d->d_name);
	}
	(void)closedir(dir);
	return good && fd_remove_tree(fd, site);
}

/* Half-written, and nobody writes it any more. A young one may be the next
 * deployment's: that can begin before this one has cleared up. */
static bool
is_leftover(int releases, const char *name)
{
	struct stat st;

	return str_ends(name, ".tmp") &&
	       fstatat(releases, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtim.tv_sec < clock_now_us() / 1000000 - LEFTOVER_SECONDS;
}

void
publish_tidy(struct ctx *ctx, const struct publish *p)
{
	DIR *dir = opendir(site_path(ctx, p, "releases"));
	struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL) {
		if (is_leftover(dirfd(dir), d->d_name))
			drop_tree(dirfd(dir), d->d_name);
	}
	if (dir)
		(void)closedir(dir);
}
