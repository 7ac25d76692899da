# src/ctl: the `autostack` command, and the files that it applies to a database
bin_PROGRAMS += autostack
autostack_SOURCES = \
	src/ctl/admin.c \
	src/ctl/ask.c src/ctl/ask.h \
	src/ctl/certificates.c \
	src/ctl/cleanup.c \
	src/ctl/config.c \
	src/ctl/ctl.h \
	src/ctl/doctor.c src/ctl/doctor.h \
	src/ctl/doctor_domains.c \
	src/ctl/doctor_host.c \
	src/ctl/doctor_service.c \
	src/ctl/doctor_store.c \
	src/ctl/main.c \
	src/ctl/migrate.c \
	src/ctl/openapi.c \
	src/ctl/restore.c \
	src/ctl/seed.c
include src/cli/files.mk
autostack_LDADD = src/web/libweb.a src/svc/libsvc.a src/ext/libext.a src/base/libbase.a $(EXT_LIBS)

nobase_dist_autostackdata_DATA += \
	sql/grants.sql \
	sql/schema/0001-accounts.sql \
	sql/schema/0002-deployments.sql \
	sql/schema/0003-ws-tickets.sql \
	sql/schema/0004-retired-projects.sql \
	sql/schema/0005-accounts-whole.sql \
	sql/schema/0006-audit-rows.sql \
	sql/schema/0007-releases.sql \
	sql/schema/0008-previews.sql \
	sql/schema/0009-notifications.sql \
	sql/schema/0010-uploads.sql \
	sql/schema/0011-log-rows.sql \
	sql/schema/0012-site-rules.sql \
	sql/schema/0013-archives.sql \
	sql/schema/0014-domains.sql \
	sql/schema/0015-github.sql \
	sql/schema/0016-github-calls.sql \
	sql/schema/0017-status.sql \
	sql/schema/0018-host-usage.sql \
	sql/schema/0019-github-waits.sql \
	sql/schema/0020-figures.sql \
	sql/schema/0021-remembered-sessions.sql \
	sql/schema/0022-github-closed.sql \
	sql/schema/0023-days.sql \
	sql/schema/0024-prebuilt.sql \
	sql/schema/0025-webhook-order.sql \
	sql/schema/0026-snapshot-spa.sql \
	sql/schema/0027-domain-sooner.sql \
	sql/schema/0028-deployment-facts.sql \
	sql/schema/0029-cancelled-meanwhile.sql \
	sql/schema/0030-given-up-releases.sql \
	sql/schema/0031-uploaded.sql \
	sql/seed.sql \
	sql/version.sql

# thousands of starts in a run of the tests; no sanitizer in it, which would take
# three quarters of each
check_PROGRAMS += t/helper/fcgi-request
t_helper_fcgi_request_SOURCES = t/helper/fcgi-request.c \
	src/ctl/ask.c src/ctl/ask.h $(src_base_libbase_a_SOURCES)
t_helper_fcgi_request_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS)
t_helper_fcgi_request_LDFLAGS =
