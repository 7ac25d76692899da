/*
 * upload.h - asking for a deployment of what was built elsewhere. The bytes go
 * into the database in pieces, since the worker that publishes them may be on
 * another host; they are removed when the deployment has ended.
 */
#ifndef AS_SVC_UPLOAD_H
#define AS_SVC_UPLOAD_H

#include "svc/svc.h"

struct upload {
	const char *project_id;
	const char *branch; /* that it was built from; NULL: the project's */
	const char *commit; /* likewise; NULL: it is not known */
	/* n bytes of the tar.gz, or fewer at its end */
	enum err (*read)(void *arg, void *p, size_t n, size_t *ret_n);
	void *arg;
};

/* Store it and queue its deployment: all of that, or nothing. Uploads of the
 * project that still wait are superseded. What is in the archive is the
 * worker's affair, as long as it begins like gzip. E_PROJECT_NOT_FOUND before
 * anything is read, E_BAD_REQUEST: no gzip; E_QUEUE_FULL, or what read says. */
MUST enum err upload_deploy(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const struct upload *up, const char **ret_id);

#endif
