/*
 * archive_unpack.c - reads archives that archive.c has written, and nothing
 * else: each header is made again from what it says and has to be the same
 * bytes, and paths have to come in the order of a walk. Links, devices, owners,
 * sparse files, other pax records, duplicates and ways out of the directory are
 * thus no cases of their own: they are not in the format. A general tar program
 * would have to be confined instead, with much more to trust.
 */
#include "svc/archive.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "ext/gz.h"
#include "svc/archive_tar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK    65536
#define NAME_LEN 255 /* NAME_MAX of every file system that matters */

struct unpack {
	struct ctx *ctx;
	const struct archive_rules *rules;
	struct gz *gz;
	int dir;
	int64_t bytes, entries, files;
	char last[TAR_PATH_MAX + 1]; /* path of the member before */
	char parent[TAR_PATH_MAX + 1];
	char chunk[CHUNK];
};

struct member {
	enum tar_type type;
	int64_t size;
	char path[TAR_PATH_MAX + 1]; /* without the slash of a directory */
};

static enum err
refuse(struct unpack *u, const char *why)
{
	return ctx_cause(
		u->ctx, E_BAD_REQUEST, "not an archive of ours: %s", why);
}

static enum err
os_failed(struct unpack *u, const char *what)
{
	return ctx_cause(u->ctx, E_INTERNAL_SERVER_ERROR, "unpack: %s: %s",
		what, strerror(errno));
}

static enum err
tick(struct unpack *u)
{
	return u->rules->tick ? u->rules->tick(u->rules->arg) : E_OK;
}

/* All of n bytes. */
static enum err
need(struct unpack *u, char *p, size_t n)
{
	return gz_read(u->gz, p, n) == (ssize_t)n
		       ? E_OK
		       : refuse(u, "it is damaged or cut short");
}

static enum err
skip_padding(struct unpack *u, int64_t size)
{
	char padding[TAR_BLOCK];
	size_t n = tar_padding(size);
	enum err e = need(u, padding, n);

	for (size_t i = 0; !e && i < n; i++) {
		if (padding[i])
			e = refuse(u, "something stands between its files");
	}
	return e;
}

/* ---- members ---- */

static int64_t
octal(const char *field, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		v = v * 8 + (field[i] - '0');
	return v;
}

/* Whether this is the header that we would write for it. */
static bool
is_header(const char b[TAR_BLOCK], enum tar_type type, const char *name,
	int64_t size)
{
	char ours[TAR_BLOCK];

	tar_header(ours, type, name, size);
	return memcmp(b, ours, TAR_BLOCK) == 0;
}

/* Read the record of a pax header into the path. */
static enum err
read_record(struct unpack *u, const char b[TAR_BLOCK], char path[])
{
	char record[TAR_RECORD];
	char ours[TAR_RECORD];
	int64_t size = octal(b + 124, 11);
	const char *text;
	size_t length;
	size_t n;
	enum err e;

	if (size >= TAR_RECORD || !is_header(b, TAR_PAX, TAR_PAX_NAME, size))
		return refuse(u, "a pax header is not ours");
	n = (size_t)size;
	e = need(u, record, n);
	if (e)
		return e;
	record[n] = '\0';
	text = strstr(record, " path=");
	text = text ? text + strlen(" path=") : "";
	length = strlen(text);
	if (length < TAR_NAME + 2 || length > TAR_PATH_MAX + 1)
		return refuse(u, "a path has an odd length");
	memcpy(path, text, length - 1); /* without the newline */
	path[length - 1] = '\0';
	if (tar_record(ours, path) != n || memcmp(record, ours, n) != 0)
		return refuse(u, "a pax record is not ours");
	return skip_padding(u, size);
}

/* The bytes between slashes: not empty, no way up, nothing that publish.c
 * would not take. */
static bool
is_path(const char *path)
{
	int depth = 0;

	if (!str_is_utf8(path, strlen(path)) || str_has_control(path))
		return false;
	for (const char *c = path;; c++) {
		size_t n = strcspn(c, "/");

		if (n == 0 || n > NAME_LEN || ++depth > TAR_DEPTH_MAX ||
			(c[0] == '.' && (n == 1 || (n == 2 && c[1] == '.'))))
			return false;
		c += n;
		if (!*c)
			return true;
	}
}

/* Order of a walk: a directory's content comes right after it, so a slash
 * sorts before everything. */
static bool
is_after(const char *path, const char *last)
{
	while (*path && *path == *last) {
		path++;
		last++;
	}
	if (!*path || !*last || *path == '/' || *last == '/')
		return *path && (*path != '/' || !*last);
	return (unsigned char)*path > (unsigned char)*last;
}

/* The next member; *ret_end when it was the end of the archive. */
static enum err
next(struct unpack *u, struct member *m, bool *ret_end)
{
	static const char zeros[TAR_BLOCK];
	char b[TAR_BLOCK];
	enum err e = need(u, b, sizeof(b));
	bool is_long;

	if (e)
		return e;
	*ret_end = memcmp(b, zeros, sizeof(b)) == 0;
	if (*ret_end)
		return E_OK;
	memcpy(m->path, b, TAR_NAME);
	m->path[TAR_NAME] = '\0';
	is_long = b[156] == TAR_PAX;
	if (is_long)
		e = read_record(u, b, m->path);
	if (!e && is_long)
		e = need(u, b, sizeof(b));
	if (e)
		return e;
	m->type = b[156] == TAR_DIR ? TAR_DIR : TAR_FILE;
	m->size = octal(b + 124, 11);
	if (!is_header(b, m->type, is_long ? TAR_LONG : m->path, m->size) ||
		(m->type == TAR_DIR && m->size))
		return refuse(u, "a header is not ours");
	if ((m->type == TAR_DIR) != str_ends(m->path, "/"))
		return refuse(u, "a path is not of its kind");
	if (m->type == TAR_DIR)
		m->path[strlen(m->path) - 1] = '\0';
	return E_OK;
}

/* ---- files ---- */

/* Counted before anything of it is written. */
static enum err
count(struct unpack *u, const struct member *m)
{
	u->files += m->type == TAR_FILE;
	/* directories are bounded as well: a million empty ones are no site */
	if (++u->entries > 2 * u->rules->max_files ||
		u->files > u->rules->max_files)
		return ctx_cause(u->ctx, E_PAYLOAD_TOO_LARGE,
			"the archive holds more than %lld files",
			(long long)u->rules->max_files);
	if (m->size > u->rules->max_bytes - u->bytes)
		return ctx_cause(u->ctx, E_PAYLOAD_TOO_LARGE,
			"the archive holds more than %lld MB",
			(long long)(u->rules->max_bytes >> 20));
	u->bytes += m->size;
	return tick(u);
}

static enum err
write_file(struct unpack *u, const struct member *m, int out)
{
	int64_t left = m->size;
	enum err e = E_OK;

	while (!e && left > 0) {
		size_t n = (size_t)MIN(left, (int64_t)CHUNK);

		e = need(u, u->chunk, n);
		if (!e && !fd_write_all(out, u->chunk, n))
			e = os_failed(u, "write");
		if (!e)
			e = tick(u);
		left -= (int64_t)n;
	}
	return e ? e : skip_padding(u, m->size);
}

/* The directory that a path lies in was made by the archive, or is the top. */
static int
open_parent(struct unpack *u, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	memcpy(u->parent, path, n);
	u->parent[n] = '\0';
	*ret_name = slash ? slash + 1 : path;
	return fd_open_beneath(
		u->dir, slash ? u->parent : ".", O_RDONLY | O_DIRECTORY, 0);
}

static enum err
make(struct unpack *u, const struct member *m)
{
	const char *name;
	AUTO_FD int parent = open_parent(u, m->path, &name);
	AUTO_FD int out = -1;

	if (parent < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? refuse(u, "a path has no directory")
			       : os_failed(u, "open directory");
	if (m->type == TAR_DIR)
		return mkdirat(parent, name, 0700) == 0 ? E_OK
							: os_failed(u, "mkdir");
	out = openat(parent, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return out < 0 ? os_failed(u, "create") : write_file(u, m, out);
}

/* The second block of zeros, and nothing after it. */
static enum err
finish(struct unpack *u)
{
	char b[TAR_BLOCK];
	enum err e = need(u, b, sizeof(b));

	for (size_t i = 0; !e && i < sizeof(b); i++) {
		if (b[i])
			e = refuse(u, "it has no end");
	}
	if (!e && gz_read(u->gz, b, 1) != 0)
		e = refuse(u, "something follows its end");
	return e;
}

enum err
archive_unpack(
	struct ctx *ctx, int in, int dir, const struct archive_rules *rules)
{
	struct unpack *u = ARENA_NEW(ctx->arena, struct unpack);
	struct member *m = ARENA_NEW(ctx->arena, struct member);
	bool end = false;
	enum err e;

	u->ctx = ctx;
	u->rules = rules;
	u->dir = dir;
	u->gz = gz_reader(ctx->arena, in);
	while (!(e = next(u, m, &end)) && !end) {
		if (!is_path(m->path) || !is_after(m->path, u->last))
			return refuse(u, "a path is out of place");
		e = count(u, m);
		if (!e)
			e = make(u, m);
		if (e)
			return e;
		(void)str_copy(u->last, sizeof(u->last), m->path);
	}
	return e ? e : finish(u);
}
