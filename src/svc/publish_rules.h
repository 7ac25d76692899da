/* publish_rules.h - the rules of a release, between publish.c and siterules.c. */
#ifndef AS_SVC_PUBLISH_RULES_H
#define AS_SVC_PUBLISH_RULES_H

#include "svc/publish.h"
#include "svc/siterules.h"

/* Whether a name at the top of the output says what nginx does, and is no file
 * of the site. */
bool publish_rules_is_source(const char *path);
/* A file was published: what kind of site it makes of the whole. */
void publish_rules_note(struct publish_stats *st, const char *path);
/* Read _redirects and _headers of the output src and decide about SPA; st has
 * been told of all files. E_BUILD_FAILED with a sentence. */
MUST enum err publish_rules(struct ctx *ctx, const struct publish *p, int src,
	struct publish_stats *st, struct siterules *ret);

#endif
