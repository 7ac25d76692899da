/* audit.c - who did what. */
#include "handlers/all.h"

const struct route audit_routes[] = {{0}};
