/*
 * mail.h - the outbox. The API queues a mail in the same transaction as what it
 * tells of; the worker sends it. A mail may hold a code: it waits sealed and its
 * text is gone when it is sent.
 */
#ifndef AS_SVC_MAIL_H
#define AS_SVC_MAIL_H

#include "svc/svc.h"

enum mail_kind {
#define MAIL(name, kind, subject, text) MAIL_##name,
#include "svc/mail.def"
#undef MAIL
	MAIL_KIND_MAX
};

/* Texts that strangers chose (name, detail) are cleaned and escaped here. */
struct mail {
	enum mail_kind kind;
	const char *user_id; /* whose account it is about */
	const char *to;      /* an address that V_EMAIL let pass */
	const char *name;
	const char *link;   /* see mail_link() */
	const char *detail; /* as the kind's text wants it; may be NULL */
	const char *ip;     /* of who caused it; may be NULL */
};

/* Composes the message and puts it into the outbox. */
MUST enum err mail_queue(
	struct ctx *ctx, const struct svc *svc, const struct mail *m);

/* frontend_url (or app_url) + path + "#code=" + code: the code stands in the
 * fragment, which no server and no Referer sees (FP-8). code may be NULL. */
const char *mail_link(const struct ctx *ctx, const struct svc *svc,
	const char *path, const char *code);

#endif
