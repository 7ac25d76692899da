/*
 * notify.h - what notifications say. The rows are made by the database, in the
 * transaction that ends a deployment; the worker's outbox sends them.
 */
#ifndef AS_SVC_NOTIFY_H
#define AS_SVC_NOTIFY_H

#include "svc/svc.h"

/* The mail of the first row of STMT_NOTIFICATION_MAIL_NEXT, into the outbox.
 * Within the caller's transaction. */
MUST enum err notify_mail(
	struct ctx *ctx, const struct svc *svc, const struct rows *r);

#endif
