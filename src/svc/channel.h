/*
 * channel.h - notification channels: addresses of a user's that are told of
 * deployments. Made and changed by the API; svc/hook.h sends to them.
 */
#ifndef AS_SVC_CHANNEL_H
#define AS_SVC_CHANNEL_H

#include "svc/svc.h"

struct channel_new {
	const char *name;
	const char *kind; /* webhook, slack or discord */
	const char *url;
	const char *project_id; /* NULL: all projects of the user */
	bool on_success, on_failure, state_change_only, enabled;
};

/* Judge an address and seal it for the channel of this id. E_VALIDATION_ERROR
 * with the reason. A NULL url is fine and stays NULL. */
MUST enum err channel_seal_url(struct ctx *ctx, const struct svc *svc,
	const char *id, const char *url, const char **ret_host,
	const char **ret_sealed);

/* *ret is the new row; *ret_secret what a webhook is signed with, to be shown
 * once, or NULL. E_PROJECT_NOT_FOUND, E_CHANNELS_FULL; E_VALIDATION_ERROR is
 * about the address. */
MUST enum err channel_create(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const struct channel_new *in, struct rows **ret,
	const char **ret_secret);

/* Another secret; what still waits is signed with it. E_CHANNEL_NOT_FOUND;
 * E_CONFLICT when the channel has none. */
MUST enum err channel_new_secret(struct ctx *ctx, const struct svc *svc,
	const char *user_id, const char *id, const char **ret_secret);

#endif
