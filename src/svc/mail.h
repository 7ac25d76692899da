/*
 * mail.h - the outbox. The API queues a mail in the same transaction as what it
 * tells of; the worker sends it. A mail may hold a code: it waits sealed and its
 * text is gone when it is sent.
 */
#ifndef AS_SVC_MAIL_H
#define AS_SVC_MAIL_H

#include "base/buf.h"
#include "svc/code.h"
#include "svc/svc.h"

enum mail_kind {
#define MAIL(name, kind, subject, button, text) MAIL_##name,
#include "svc/mail.def"
#undef MAIL
	MAIL_KIND_MAX
};

/* A line of a mail that tells of something: "Branch: main". */
struct mail_fact {
	const char *label, *text;
	bool ours; /* an address of this host: mail programs may link it */
};

/* Texts that strangers chose (name, detail, facts) are cleaned and escaped
 * here. */
struct mail {
	enum mail_kind kind;
	const char *user_id; /* whose account it is about */
	const char *to;      /* an address that V_EMAIL let pass */
	const char *name;
	const char *link;   /* see mail_link() */
	const char *detail; /* as the kind's text wants it; may be NULL */
	const char *ip;     /* of who caused it; may be NULL */
	const struct mail_fact *facts;
	size_t nfacts;
};

/* Composes the message and puts it into the outbox. */
MUST enum err mail_queue(
	struct ctx *ctx, const struct svc *svc, const struct mail *m);

/* Makes a code for m's account and address (code_make()) and queues m with a
 * link that carries it to path. *ret_sent is false, and nothing happens, when
 * the account got too many of them lately; ret_sent may be NULL. */
MUST enum err mail_code(struct ctx *ctx, const struct svc *svc,
	enum code_purpose purpose, const char *path, struct mail *m,
	bool *ret_sent);

/* frontend_url (or app_url) + path + "#code=" + code: the code stands in the
 * fragment, which no server and no Referer sees (FP-8). code may be NULL. */
const char *mail_link(const struct ctx *ctx, const struct svc *svc,
	const char *path, const char *code);

/* A span of time as mails write it: "10 minutes", "3 days". */
const char *mail_span(struct arena *a, int64_t seconds);

/* Whom mails come from: mail_from; smtp_user when that is an address; else
 * autostack@ the host of app_url. */
const char *mail_sender(struct arena *a, const struct cfg *cfg);
/* How this host calls itself to mail servers and in Message-IDs: the host of
 * app_url, in brackets when it is an IP address. */
const char *mail_host(struct arena *a, const struct cfg *cfg);
/* NULL, or what is wrong with the settings: for the start of a program. */
const char *mail_settings_wrong(struct arena *a, const struct cfg *cfg);

#define MAIL_MESSAGE_MAX 65536

/* The whole message, in lines that end with CRLF. id: a UUID, its Message-ID;
 * now: its date. For mail_queue() and its tests. E_INTERNAL_SERVER_ERROR when
 * the recipient is no address or the text does not fit. */
MUST enum err mail_compose(struct ctx *ctx, const struct cfg *cfg,
	const struct mail *m, const char *id, int64_t now, struct buf *b);

#endif
