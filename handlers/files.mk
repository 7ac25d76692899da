# handlers: one resource a file; a new one is a line here and one in all.c
noinst_LIBRARIES += handlers/libhandlers.a
handlers_libhandlers_a_SOURCES = \
	handlers/all.c handlers/all.h \
	handlers/account.c handlers/account.h \
	handlers/analytics.c \
	handlers/api_key.c \
	handlers/audit.c \
	handlers/auth.c \
	handlers/channel.c handlers/channel.h \
	handlers/grant.c handlers/grant.h \
	handlers/oauth.c handlers/oauth.h \
	handlers/recovery.c \
	handlers/session.c \
	handlers/status.c \
	handlers/user.c \
	handlers/dashboard.c \
	handlers/deploy_hook.c \
	handlers/domain.c \
	handlers/deployment.c handlers/deployment.h \
	handlers/env.c handlers/env.h \
	handlers/export.c \
	handlers/github.c \
	handlers/incident.c handlers/incident.h \
	handlers/preview.c \
	handlers/health.c \
	handlers/metrics.c \
	handlers/project.c \
	handlers/webhook.c
EXTRA_DIST += handlers/README.md
