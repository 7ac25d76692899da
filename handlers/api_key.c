/* api_key.c - keys for programs. */
#include "handlers/all.h"

const struct route api_key_routes[] = {{0}};
