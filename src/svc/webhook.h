/*
 * webhook.h - deliveries of GitHub's webhooks: whether they are GitHub's
 * (WH-10), what they say, and what follows. Each project has a secret of its
 * own and an address that names the project, so that the signature is checked
 * before anything of the body is read, and a secret that leaks opens one
 * project.
 */
#ifndef AS_SVC_WEBHOOK_H
#define AS_SVC_WEBHOOK_H

#include "svc/preview.h"
#include "svc/svc.h"

/* The words of webhook_deliveries.verdict, ended by NULL. */
extern const char *const webhook_verdicts[];

/* A delivery as it came. Any text but body may be NULL. */
struct webhook_in {
	const char *project_id;
	const char *signature; /* X-Hub-Signature-256 */
	const char *event;     /* X-GitHub-Event */
	const char *delivery;  /* X-GitHub-Delivery */
	const char *type;      /* Content-Type */
	const char *body;
	size_t len;
};
struct webhook_outcome {
	const char *user_id; /* whose project it is; NULL: not known */
	const char *id;      /* of the kept delivery; may be NULL */
	const char *verdict; /* of webhook_verdicts, or "duplicate" */
	const char *reason;
	const char *deployment_id;
};
/* Judge a delivery, keep it, and deploy if it says so. One that came before is
 * judged again as webhook_again() does. E_WEBHOOK_SIGNATURE (also when there is no such project or it has no secret). Everything else
 * that is wrong with it is a verdict. */
MUST enum err webhook_take(struct ctx *ctx, const struct svc *svc,
	const struct webhook_in *in, struct webhook_outcome *ret);

/* Judge a kept delivery again, by the settings of today. E_DELIVERY_NOT_FOUND,
 * E_CONFLICT when too little of it is known, or when it would change nothing:
 * what has deployed or closed something is good no more. */
MUST enum err webhook_again(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *id);

/* Another secret; the old one is good no more. A webhook that is registered
 * gets it, too. E_PROJECT_NOT_FOUND. */
MUST enum err webhook_secret(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, const char **ret_secret);
/* Have the worker register a project's webhook at GitHub, or register it again.
 * asked: somebody wants to know why not, E_PROJECT_NOT_FOUND, E_NO_REPOSITORY,
 * E_GITHUB_NOT_CONNECTED, E_CONFLICT when the repository is elsewhere; else
 * that, or a connection that does not allow it, is fine. What comes of it is
 * STMT_WEBHOOK_GET's. */
MUST enum err webhook_register(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, bool asked);
/* The first row of STMT_WEBHOOK_GET for a project of one's own.
 * E_PROJECT_NOT_FOUND. */
MUST enum err webhook_get(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *project_id, struct rows **ret);
/* The words of project_webhooks.state and "none", ended by NULL. */
extern const char *const webhook_states[];

/* What a project's secret is sealed under. */
const char *webhook_row(struct arena *a, const char *project_id);
/* Where the deliveries of a project go. */
const char *webhook_url(
	struct arena *a, const struct cfg *cfg, const char *project_id);
/* What GitHub has to tell of, ended by NULL. */
extern const char *const webhook_events[];

/* Whether header is "sha256=" and the HMAC-SHA256 of the body in lower case,
 * in constant time. */
bool webhook_signed(
	const char *secret, const char *header, const void *body, size_t len);

struct jsn;

/* What a body says; for tests as well. Texts are NULL where it says nothing
 * that could be true. */
struct webhook_push {
	const char *repository; /* "owner/name" */
	const char *branch;     /* NULL: a tag, or no push */
	const char *commit;     /* NULL: the branch was deleted */
	const char *message;    /* of the commit */
	/* of each commit of a push: added, removed, modified; NULL: not known */
	const struct jsn *commits;
	/* of a pull request: "opened", "pushed", "closed"; NULL: nothing that
	 * a preview follows */
	const char *change;
	struct preview pull; /* number 0: no pull request that could be true */
};
void webhook_read(
	struct arena *a, const struct jsn *v, struct webhook_push *ret);
/* "[skip ci]" and its like in a commit's message. */
bool webhook_skips(const char *message);

#endif
