/*
 * archive_tar.h - between archive.c, which writes archives, and
 * archive_unpack.c: how a member of the tar file looks (POSIX ustar; pax for
 * long names).
 */
#ifndef AS_SVC_ARCHIVE_TAR_H
#define AS_SVC_ARCHIVE_TAR_H

#include "base/base.h"

#define TAR_BLOCK     512
#define TAR_NAME      100 /* of a member without a pax header */
#define TAR_PATH_MAX  4000
#define TAR_RECORD    4096 /* of a pax header: room for the longest path */
#define TAR_FILE_MAX  ((1LL << 33) - 1) /* eleven octal digits */
#define TAR_DEPTH_MAX 64

enum tar_type { TAR_FILE = '0', TAR_DIR = '5', TAR_PAX = 'x' };

/* Fill the header of a member; name has at most TAR_NAME bytes. There is one
 * header for a name, type and size, so a reader can make it again and
 * compare. */
void tar_header(char block[TAR_BLOCK], enum tar_type type, const char *name,
	int64_t size);
/* The pax record that carries a long path; returns its length. */
size_t tar_record(char record[TAR_RECORD], const char *path);
/* What such a member and its pax header are called in their headers. */
#define TAR_LONG     "long-name"
#define TAR_PAX_NAME "pax-header"

/* Bytes that fill a member's content up to whole blocks. */
static inline size_t
tar_padding(int64_t size)
{
	return (size_t)(-(uint64_t)size % TAR_BLOCK);
}

#endif
