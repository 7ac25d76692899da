/*
 * publish_disk.h - private to publish.c and publish_copy.c: a site's folder.
 */
#ifndef AS_SVC_PUBLISH_DISK_H
#define AS_SVC_PUBLISH_DISK_H

#include "base/base.h"
#include "base/err.h"

struct publish;

/* E_INTERNAL_SERVER_ERROR, with what was tried and errno as its cause. */
enum err publish_failed(struct ctx *ctx, const char *what);

/* The folder of the site's releases, made when it is not there and readable by
 * nginx whatever the umask is; -1 with errno. */
int publish_releases(struct ctx *ctx, const struct publish *p);

/* Remove what is called name in dir. What cannot be removed now is met again
 * by the next publish_tidy(). */
void publish_drop(int dir, const char *name);

#endif
