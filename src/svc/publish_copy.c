/*
 * publish_copy.c - from a build's output to a release on disk. Everything in
 * the source tree was made by strangers: names and kinds are judged, contents
 * only copied.
 */
#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/gz.h"
#include "svc/publish.h"
#include "svc/publish_disk.h"
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
/* what nginx is told, at the top of a release */
#define RULES       ".rules"
#define RULES_FIRST ".rules-first"

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
			return publish_failed(c->ctx, "copy");
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
			return publish_failed(c->ctx, "read");
		if (n == 0)
			break;
		if (!fd_write_all(out, block, (size_t)n))
			return publish_failed(c->ctx, "write");
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
			       : publish_failed(c->ctx, "gz");
	if (!gz_copy(in, out, &small))
		return publish_failed(c->ctx, "gz");
	if (small >= size - size / 20)
		return unlinkat(to, gz, 0) == 0 ? E_OK
						: publish_failed(c->ctx, "gz");
	c->st.compressed++;
	return settle(c, &out, 0644) ? E_OK : publish_failed(c->ctx, "gz");
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
		return publish_failed(c->ctx, "open");
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
		return publish_failed(c->ctx, "create");
	e = copy_bytes(c, in, out, st.st_size);
	if (!e && !settle(c, &out, 0644))
		e = publish_failed(c->ctx, "settle");
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
		return publish_failed(c->ctx, "open directory");
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
		return publish_failed(c->ctx, "mkdir");
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return publish_failed(c->ctx, "open copy");
	e = copy_dir(c, in, out, path, depth + 1);
	if (!e && !settle(c, &out, 0755))
		e = publish_failed(c->ctx, "settle directory");
	return e;
}

/* Left out without a word. top: at the top of the output. */
static bool
is_hidden(const struct copy *c, const char *name, const char *path)
{
	if (c->p->is_release &&
		(str_eq(path, RULES) || str_eq(path, RULES_FIRST)))
		return false;
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
		return publish_failed(c->ctx, "stat");
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
		return publish_failed(c->ctx, "read directory");
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

/* A file of our own, under a name that the copier makes for nobody. */
static enum err
put_hidden(struct copy *c, int to, const char *name, const struct buf *b)
{
	AUTO_FD int out = openat(to, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (out < 0 || !fd_write_all(out, buf_text(b), b->len) ||
		!settle(c, &out, 0644))
		return publish_failed(c->ctx, name);
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
	e = put_hidden(c, to, RULES, &b);
	buf_reset(&b);
	if (!e && siterules_come_first(&rules))
		e = put_hidden(c, to, RULES_FIRST, &b);
	return e;
}

/* Copy into the temporary directory that lies in releases. */
static enum err
fill(struct copy *c, int releases, const char *tmp)
{
	AUTO_FD int to = -1;
	enum err e;

	if (!fd_remove_tree(releases, tmp) || mkdirat(releases, tmp, 0700) < 0)
		return publish_failed(c->ctx, "mkdir");
	to = openat(
		releases, tmp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return publish_failed(c->ctx, "open release");
	e = copy_dir(c, c->src, to, "", 0);
	if (e)
		return e;
	if (c->st.files == 0)
		return ctx_fail(c->ctx, E_BUILD_FAILED,
			"the output directory holds no file to publish");
	e = c->p->is_release ? E_OK : put_rules(c, to);
	if (e)
		return e;
	if (!settle(c, &to, 0755) || !flush(c, releases))
		return publish_failed(c->ctx, "flush release");
	return E_OK;
}

enum err
publish_copy(struct ctx *ctx, const struct publish *p, int src,
	struct publish_stats *ret)
{
	struct copy c = {.ctx = ctx, .p = p, .src = src};
	const char *tmp = arena_printf(ctx->arena, ".%s.tmp", p->id);
	AUTO_FD int releases = publish_releases(ctx, p);
	enum err e;

	if (releases < 0)
		return publish_failed(ctx, "releases");
	e = fill(&c, releases, tmp);
	while (c.nkept)
		(void)close(c.kept[--c.nkept]);
	/* what an earlier attempt left is complete, but not this build */
	if (!e && !publish_is_live(ctx, p) && !fd_remove_tree(releases, p->id))
		e = publish_failed(ctx, "remove old attempt");
	if (!e && renameat(releases, tmp, releases, p->id) < 0)
		e = publish_failed(ctx, "rename");
	if (!e && fsync(releases) < 0)
		e = publish_failed(ctx, "sync");
	if (e) {
		publish_drop(releases, tmp);
		return e;
	}
	*ret = c.st;
	return E_OK;
}
