/*
 * gz.h - gzip by zlib: whole files for nginx's gzip_static, and streams that
 * are written or read piece by piece.
 */
#ifndef AS_EXT_GZ_H
#define AS_EXT_GZ_H

#include "base/base.h"

#include <sys/types.h>

/* Compress all of in (from offset 0) to out at level 6, no name or time in the
 * header (same input, same bytes). *ret_size is what was written. */
MUST bool gz_copy(int in, int out, int64_t *ret_size);

struct arena;
struct gz; /* a stream, released with its arena */

/* Write a stream as gz_copy() does: same input, same bytes. False, with errno:
 * out could not be written. */
struct gz *gz_writer(struct arena *a, int out);
MUST bool gz_write(struct gz *z, const void *p, size_t n);
/* Its end; nothing may be written afterwards. */
MUST bool gz_end(struct gz *z);
/* Bytes of the compressed file so far. */
int64_t gz_size(const struct gz *z);

/* Read a stream from in's offset on. */
struct gz *gz_reader(struct arena *a, int in);
/* n bytes; fewer at the end of the stream only. -1: it cannot be read, is no
 * gzip, damaged, cut short, or followed by something. */
MUST ssize_t gz_read(struct gz *z, void *p, size_t n);

#endif
