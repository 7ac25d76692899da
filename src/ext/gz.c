/* gz.c - gzip by zlib, for the worker's precompressed files. */
#include "ext/gz.h"

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
