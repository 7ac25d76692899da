/* oauth.c - signing in at GitHub or Google. */
#include "handlers/all.h"

const struct route oauth_routes[] = {{0}};
