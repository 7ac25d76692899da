/* all.h - the list of all route tables. For src/api and tests. */
#ifndef AS_HANDLERS_ALL_H
#define AS_HANDLERS_ALL_H

#include "web/route.h"

extern const struct route auth_routes[], recovery_routes[], oauth_routes[],
	session_routes[], account_routes[], export_routes[], user_routes[],
	api_key_routes[], audit_routes[], channel_routes[], project_routes[],
	deploy_hook_routes[], domain_routes[], preview_routes[],
	github_routes[], webhook_routes[], deployment_routes[], health_routes[],
	metrics_routes[], dashboard_routes[], analytics_routes[],
	status_routes[], incident_routes[];

/* Ended by NULL. */
extern const struct route *const all_routes[];

#endif
