/*
 * archive.c - writes archives of releases. Called by the worker. A release was
 * made by publish.c, so anything in it that publish.c does not make ends the
 * work. Knows no storage.
 */
#include "svc/archive.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/gz.h"
#include "svc/archive_tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

struct pack {
	struct ctx *ctx;
	const struct archive_rules *rules;
	struct gz *gz;
	char *chunk; /* CHUNK bytes */
};

/* ---- the format ---- */

/* n - 1 octal digits and a NUL. */
static void
octal(char *field, size_t n, int64_t v)
{
	for (field[--n] = '\0'; n > 0; v >>= 3)
		field[--n] = (char)('0' + (v & 7));
}

void
tar_header(
	char b[TAR_BLOCK], enum tar_type type, const char *name, int64_t size)
{
	unsigned sum = 0;

	ASSERT(strlen(name) <= TAR_NAME && size <= TAR_FILE_MAX);
	memset(b, 0, TAR_BLOCK);
	memcpy(b, name, strlen(name));
	octal(b + 100, 8, type == TAR_DIR ? 0755 : 0644);
	octal(b + 108, 8, 0); /* owner, group */
	octal(b + 116, 8, 0);
	octal(b + 124, 12, size);
	octal(b + 136, 12, 0); /* time */
	b[156] = (char)type;
	memcpy(b + 257,
		"ustar\0"
		"00",
		8);
	memset(b + 148, ' ', 8); /* the sum counts itself as blanks */
	for (int i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)b[i];
	octal(b + 148, 7, sum);
}

size_t
tar_record(char record[TAR_RECORD], const char *path)
{
	size_t rest = strlen(" path=\n") + strlen(path);
	size_t n = rest;
	size_t was;

	ASSERT(strlen(path) <= TAR_PATH_MAX);
	/* the length counts its own digits */
	do {
		was = n;
		n = rest + (size_t)snprintf(NULL, 0, "%zu", was);
	} while (n != was);
	(void)snprintf(record, TAR_RECORD, "%zu path=%s\n", n, path);
	return n;
}

/* ---- writing ---- */

static enum err
os_failed(struct pack *p, const char *what, const char *path)
{
	return ctx_cause(p->ctx, E_INTERNAL_SERVER_ERROR, "archive: %s: %s: %s",
		what, path, strerror(errno));
}

static enum err
add(struct pack *p, const void *data, size_t n)
{
	if (!gz_write(p->gz, data, n))
		return os_failed(p, "write", "the archive");
	if (gz_size(p->gz) > p->rules->max_packed)
		return ctx_cause(p->ctx, E_PAYLOAD_TOO_LARGE,
			"the archive is larger than %lld MB",
			(long long)(p->rules->max_packed >> 20));
	return p->rules->tick ? p->rules->tick(p->rules->arg) : E_OK;
}

static enum err
add_padding(struct pack *p, int64_t size)
{
	static const char zeros[TAR_BLOCK];

	return add(p, zeros, tar_padding(size));
}

static enum err
add_header(struct pack *p, enum tar_type type, const char *path, int64_t size)
{
	char block[TAR_BLOCK];
	char record[TAR_RECORD];
	enum err e = E_OK;

	if (strlen(path) > TAR_NAME) {
		size_t n = tar_record(record, path);

		tar_header(block, TAR_PAX, TAR_PAX_NAME, (int64_t)n);
		e = add(p, block, sizeof(block));
		if (!e)
			e = add(p, record, n);
		if (!e)
			e = add_padding(p, (int64_t)n);
		path = TAR_LONG;
	}
	tar_header(block, type, path, size);
	return e ? e : add(p, block, sizeof(block));
}

static enum err
add_file(struct pack *p, int dir, const char *name, const char *path)
{
	AUTO_FD int fd = openat(
		dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int64_t left;
	enum err e;

	if (fd < 0 || fstat(fd, &st) < 0)
		return os_failed(p, "open", path);
	if (st.st_size > TAR_FILE_MAX)
		return ctx_cause(p->ctx, E_PAYLOAD_TOO_LARGE,
			"a file of the release is too large for an archive");
	e = add_header(p, TAR_FILE, path, st.st_size);
	for (left = st.st_size; !e && left > 0;) {
		ssize_t n =
			read(fd, p->chunk, (size_t)MIN(left, (int64_t)CHUNK));

		if (n <= 0) {
			errno = n ? errno : ESTALE; /* it has shrunk */
			return os_failed(p, "read", path);
		}
		left -= n;
		e = add(p, p->chunk, (size_t)n);
	}
	return e ? e : add_padding(p, st.st_size);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory, in order. */
static enum err
list(struct pack *p, int dir, const char *path, const char ***ret,
	size_t *ret_n)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const char **names = NULL;
	struct dirent *x;
	size_t n = 0;

	if (!d) {
		auto_close(&fd);
		return os_failed(p, "read directory", path);
	}
	while ((x = readdir(d)) != NULL) {
		if (str_eq(x->d_name, ".") || str_eq(x->d_name, ".."))
			continue;
		if ((n & (n - 1)) == 0)
			names = arena_grow(p->ctx->arena, names,
				n * sizeof(*names),
				MAX(2 * n, (size_t)1) * sizeof(*names));
		names[n++] = arena_strdup(p->ctx->arena, x->d_name);
	}
	(void)closedir(d);
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	*ret_n = n;
	return E_OK;
}

static enum err add_dir(struct pack *p, int dir, const char *path, int depth);

static enum err
add_entry(
	struct pack *p, int dir, const char *name, const char *path, int depth)
{
	AUTO_FD int sub = -1;
	struct stat st;
	enum err e;

	if (strlen(path) >= TAR_PATH_MAX || depth > TAR_DEPTH_MAX)
		return ctx_cause(p->ctx, E_PAYLOAD_TOO_LARGE,
			"a path of the release is too long for an archive");
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return os_failed(p, "stat", path);
	if (S_ISREG(st.st_mode))
		return add_file(p, dir, name, path);
	errno = EINVAL;
	if (S_ISDIR(st.st_mode))
		sub = openat(dir, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return os_failed(p, "not of a release", path);
	e = add_header(p, TAR_DIR, arena_printf(p->ctx->arena, "%s/", path), 0);
	return e ? e : add_dir(p, sub, path, depth);
}

static enum err
add_dir(struct pack *p, int dir, const char *path, int depth)
{
	const char **names;
	size_t n;
	enum err e = list(p, dir, path, &names, &n);

	for (size_t i = 0; !e && i < n; i++)
		e = add_entry(p, dir, names[i],
			*path ? arena_printf(
					p->ctx->arena, "%s/%s", path, names[i])
			      : names[i],
			depth + 1);
	return e;
}

enum err
archive_pack(
	struct ctx *ctx, int dir, int out, const struct archive_rules *rules)
{
	static const char end[2 * TAR_BLOCK];
	struct pack p = {.ctx = ctx,
		.rules = rules,
		.gz = gz_writer(ctx->arena, out),
		.chunk = arena_alloc(ctx->arena, CHUNK)};
	enum err e = add_dir(&p, dir, "", 0);

	if (!e)
		e = add(&p, end, sizeof(end));
	if (!e && !gz_end(p.gz))
		e = os_failed(&p, "write", "the archive");
	if (!e)
		e = add(&p, "", 0); /* the end counts as well */
	return e;
}
