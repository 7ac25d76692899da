/* user.c - accounts as administrators see them. */
#include "handlers/all.h"

const struct route user_routes[] = {{0}};
