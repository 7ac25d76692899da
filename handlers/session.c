/* session.c - where one is signed in. */
#include "handlers/all.h"

const struct route session_routes[] = {{0}};
