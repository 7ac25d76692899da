/*
 * archive.h - a release as one file, for keeping it elsewhere: a tar file in
 * gzip. The same release makes the same bytes, and nothing but what
 * archive_pack() writes is unpacked (PUB-5): regular files and directories with
 * the modes of releases, no owners and no times, each directory before what is
 * in it, names in order. GNU tar reads it as well.
 */
#ifndef AS_SVC_ARCHIVE_H
#define AS_SVC_ARCHIVE_H

#include "base/base.h"
#include "base/err.h"

struct archive_rules {
	int64_t max_packed; /* bytes of the archive, when one is made */
	int64_t max_bytes, max_files; /* of what is unpacked, in all */
	/* asked between pieces: not E_OK ends it with that. May be NULL. */
	enum err (*tick)(void *arg);
	void *arg;
};

/* Write the tree below dir to out. E_PAYLOAD_TOO_LARGE: over max_packed, or a
 * file of 8 GiB and more. E_INTERNAL_SERVER_ERROR with a cause: it cannot be
 * read or written, or holds what no release holds. */
MUST enum err archive_pack(
	struct ctx *ctx, int dir, int out, const struct archive_rules *rules);

/* Make the files in the empty directory dir, from in's offset on. The files'
 * number and sizes are counted before they are written.
 * E_PAYLOAD_TOO_LARGE: over the rules. E_BAD_REQUEST with a cause: it is no
 * archive of ours; what was unpacked so far is there.
 * E_INTERNAL_SERVER_ERROR with a cause: a file cannot be written. */
MUST enum err archive_unpack(
	struct ctx *ctx, int in, int dir, const struct archive_rules *rules);

#endif
