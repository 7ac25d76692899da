/* all.c - every table of routes, one line each. */
#include "handlers/all.h"

const struct route *const all_routes[] = {
	auth_routes,
	project_routes,
	deployment_routes,
	health_routes,
	NULL,
};
