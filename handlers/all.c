/* all.c - every table of routes, one line each. */
#include "handlers/all.h"

const struct route *const all_routes[] = {
	auth_routes,
	recovery_routes,
	oauth_routes,
	session_routes,
	account_routes,
	export_routes,
	user_routes,
	api_key_routes,
	audit_routes,
	channel_routes,
	project_routes,
	deploy_hook_routes,
	preview_routes,
	domain_routes,
	github_routes,
	webhook_routes,
	deployment_routes,
	health_routes,
	metrics_routes,
	dashboard_routes,
	analytics_routes,
	status_routes,
	incident_routes,
	NULL,
};
