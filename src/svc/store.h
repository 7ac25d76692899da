/*
 * store.h - S3-compatible storage for archives of releases, as the settings s3_*
 * name it: put, get and remove one object. Every request is signed (Amazon's
 * Signature Version 4) over its path and the hash of its body. Redirects are
 * not followed, answers are bounded, and the storage is not trusted to give
 * back what it was given.
 */
#ifndef AS_SVC_STORE_H
#define AS_SVC_STORE_H

#include "base/base.h"
#include "base/err.h"

struct cfg;

/* The largest file that S3 takes in one request. */
#define STORE_FILE_MAX (5LL << 30)

/* One transfer. */
struct store_job {
	const struct cfg *cfg;
	const char *key; /* of the object: letters, digits, '-', '.' and '/' */
	int fd;          /* of the file, read or written from its offset on */
	int64_t size;    /* put: of the file; get: the most that is taken */
	/* asked about once a second: false ends it. May be NULL. */
	bool (*go_on)(void *arg);
	void *arg;
};

/* Whether releases are archived here: s3_bucket is set. */
bool store_is_on(const struct cfg *cfg);
/* NULL, or what is wrong with the settings: for the start of a program. */
const char *store_settings_wrong(struct arena *a, const struct cfg *cfg);

/* Each is E_OK, or E_BAD_GATEWAY with a cause that says what the administrator
 * can do about it; it names no key, secret or text of the storage's but its
 * error code. */

/* sha256: of the file, 64 hex digits; the storage refuses another content. */
MUST enum err store_put(
	struct ctx *ctx, const struct store_job *j, const char *sha256);
/* *ret_size: bytes written to the file. */
MUST enum err store_get(
	struct ctx *ctx, const struct store_job *j, int64_t *ret_size);
/* What is not there is removed already. fd and size are not used. */
MUST enum err store_remove(struct ctx *ctx, const struct store_job *j);

/* Where the archive of a release is. */
const char *store_release_key(struct arena *a, const char *release);

#endif
