/*
 * publish.c - the names of releases: where they lie, under what links nginx
 * finds them, which one is live, and how they go again. publish_copy.c makes
 * them. Used by the worker.
 */
#include "svc/publish.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "svc/publish_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* no copy takes as long */
#define LEFTOVER_SECONDS 86400
#define LABEL_MAX        63 /* of a host name, RFC 1035 2.3.4 */
#define OWN_DIGITS       12

enum err
publish_failed(struct ctx *ctx, const char *what)
{
	return ctx_cause(ctx, E_INTERNAL_SERVER_ERROR, "publish: %s: %s", what,
		strerror(errno));
}

void
publish_drop(int dir, const char *name)
{
	if (!fd_remove_tree(dir, name))
		log_debug(NULL, "publish: %s stays: %s", name, strerror(errno));
}

static const char *
site_path(struct ctx *ctx, const struct publish *p, const char *rest)
{
	return arena_printf(ctx->arena, "%s/%s/%s", p->sites, p->site, rest);
}

int
publish_releases(struct ctx *ctx, const struct publish *p)
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
	AUTO_FD int fd UNUSED = publish_releases(ctx, p);
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
		return publish_failed(ctx, "name");
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
				       : publish_failed(ctx, "release");
	dir = open_name(ctx, p, name);
	if (dir < 0)
		return publish_failed(ctx, "site");
	if (!go_live(a, dir, target_link(a, p)))
		return publish_failed(ctx, "switch");
	return fsync(dir) == 0 ? E_OK : publish_failed(ctx, "sync site");
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
		publish_drop(dir, arena_printf(ctx->arena, ".%s.tmp", p->id));
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
			publish_drop(dirfd(dir), d->d_name);
	}
	if (dir)
		(void)closedir(dir);
}
