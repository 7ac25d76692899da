/* account.c - one's own profile, preferences, data and the end of the account. */
#include "handlers/all.h"

const struct route account_routes[] = {{0}};
