/* gz.c - gzip by zlib, for the worker's precompressed files and archives. */
#include "ext/gz.h"

#include "base/arena.h"
#include "base/fd.h"

#include <errno.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK ((size_t)64 * 1024)
#define LEVEL 6
#define GZIP  (15 + 16) /* the largest window, in a gzip file */

/* As pread(2), again after a signal. */
static ssize_t
read_at(int fd, void *p, size_t n, off_t at)
{
	ssize_t r;

	do
		r = pread(fd, p, n, at);
	while (r < 0 && errno == EINTR);
	return r;
}

/* Write what deflate gives for the input at hand. */
static bool
pump(z_stream *z, int out, unsigned char *obuf, int flush, int64_t *total)
{
	do {
		size_t n;

		z->next_out = obuf;
		z->avail_out = CHUNK;
		if (deflate(z, flush) == Z_STREAM_ERROR)
			return false;
		n = CHUNK - z->avail_out;
		if (!fd_write_all(out, obuf, n))
			return false;
		*total += (int64_t)n;
	} while (z->avail_out == 0);
	return true;
}

bool
gz_copy(int in, int out, int64_t *ret_size)
{
	z_stream z = {0};
	unsigned char *buf = malloc(2 * CHUNK);
	int64_t total = 0;
	off_t at = 0;
	bool ok;
	ssize_t n;

	if (!buf || deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP, 8,
			    Z_DEFAULT_STRATEGY) != Z_OK)
		out_of_memory();
	do {
		n = read_at(in, buf, CHUNK, at);
		ok = n >= 0;
		if (!ok)
			break;
		at += n;
		z.next_in = buf;
		z.avail_in = (unsigned)n;
		ok = pump(&z, out, buf + CHUNK, n ? Z_NO_FLUSH : Z_FINISH,
			&total);
	} while (ok && n > 0);
	(void)deflateEnd(&z); /* says only that data was dropped */
	free(buf);
	if (ok)
		*ret_size = total;
	return ok;
}

/* ---- streams ---- */

struct gz {
	z_stream z;
	int fd;
	bool done;      /* a reader: the stream has ended */
	bool eof;       /* a reader: so has the file */
	int64_t total;  /* a writer: bytes in the file */
	uint8_t *block; /* CHUNK bytes of the file */
};

static void
end_writer(void *p)
{
	struct gz *g = p;

	(void)deflateEnd(&g->z); /* says only that data was dropped */
}

static void
end_reader(void *p)
{
	struct gz *g = p;

	(void)inflateEnd(&g->z); /* there is nothing to be done about it */
}

static struct gz *
stream(struct arena *a, int fd)
{
	struct gz *g = ARENA_NEW(a, struct gz);

	g->fd = fd;
	g->block = arena_alloc(a, CHUNK);
	return g;
}

struct gz *
gz_writer(struct arena *a, int out)
{
	struct gz *g = stream(a, out);

	if (deflateInit2(&g->z, LEVEL, Z_DEFLATED, GZIP, 8,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		out_of_memory();
	arena_hook(a, end_writer, g);
	return g;
}

bool
gz_write(struct gz *g, const void *p, size_t n)
{
	ASSERT(n <= UINT32_MAX);
	g->z.next_in = (z_const Bytef *)p;
	g->z.avail_in = (unsigned)n;
	return n == 0 || pump(&g->z, g->fd, g->block, Z_NO_FLUSH, &g->total);
}

bool
gz_end(struct gz *g)
{
	g->z.avail_in = 0;
	return pump(&g->z, g->fd, g->block, Z_FINISH, &g->total);
}

int64_t
gz_size(const struct gz *g)
{
	return g->total;
}

struct gz *
gz_reader(struct arena *a, int in)
{
	struct gz *g = stream(a, in);

	if (inflateInit2(&g->z, GZIP) != Z_OK)
		out_of_memory();
	arena_hook(a, end_reader, g);
	return g;
}

/* Have input at hand, if there is any left. */
static bool
refill(struct gz *g)
{
	ssize_t n;

	if (g->z.avail_in || g->eof)
		return true;
	do
		n = read(g->fd, g->block, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	g->eof = n == 0;
	g->z.next_in = g->block;
	g->z.avail_in = (unsigned)n;
	return true;
}

ssize_t
gz_read(struct gz *g, void *p, size_t n)
{
	ASSERT(n <= UINT32_MAX);
	g->z.next_out = p;
	g->z.avail_out = (unsigned)n;
	while (g->z.avail_out && !g->done) {
		int r;

		if (!refill(g))
			return -1;
		r = inflate(&g->z, Z_NO_FLUSH);
		g->done = r == Z_STREAM_END;
		/* Z_BUF_ERROR: it wants more, which comes unless the file is
		 * cut short */
		if (r != Z_OK && !g->done && (r != Z_BUF_ERROR || g->eof))
			return -1;
	}
	if (g->done && (!refill(g) || g->z.avail_in))
		return -1;
	return (ssize_t)(n - g->z.avail_out);
}
