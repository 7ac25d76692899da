# sql: the named statements (sql/README.md) become gen/stmt.h and gen/stmt.c,
# which src/ext compiles. A new file of statements is a line here.
stmt_files = \
	sql/stmt/auth.sql \
	sql/stmt/code.sql \
	sql/stmt/account.sql \
	sql/stmt/api_key.sql \
	sql/stmt/audit.sql \
	sql/stmt/oauth.sql \
	sql/stmt/recovery.sql \
	sql/stmt/user.sql \
	sql/stmt/mail.sql \
	sql/stmt/channel.sql \
	sql/stmt/notification.sql \
	sql/stmt/project.sql \
	sql/stmt/deploy_hook.sql \
	sql/stmt/preview.sql \
	sql/stmt/github.sql \
	sql/stmt/webhook.sql \
	sql/stmt/release.sql \
	sql/stmt/archive.sql \
	sql/stmt/domain.sql \
	sql/stmt/deployment.sql \
	sql/stmt/analytics.sql \
	sql/stmt/upload.sql \
	sql/stmt/usage.sql \
	sql/stmt/health.sql \
	sql/stmt/job.sql \
	sql/stmt/stream.sql \
	sql/stmt/status.sql \
	sql/stmt/incident.sql \
	sql/stmt/admin.sql

EXTRA_DIST += $(stmt_files) sql/README.md src/tools/mkstmts.awk
BUILT_SOURCES += gen/stmt.h
CLEANFILES += gen/stmt.h gen/stmt.c

gen/stmt.c: gen/stmt.h
gen/stmt.h: $(stmt_files) src/base/err.def src/tools/mkstmts.awk
	$(AM_V_GEN)$(MKDIR_P) gen
	$(AM_V_at)stmts=; for f in $(stmt_files); do \
		if test -f $$f; then stmts="$$stmts $$f"; else stmts="$$stmts $(srcdir)/$$f"; fi; done; \
	$(AWK) -v header=gen/stmt.h.new -v source=gen/stmt.c.new \
		-f $(srcdir)/src/tools/mkstmts.awk $(srcdir)/src/base/err.def $$stmts
	$(AM_V_at)mv gen/stmt.c.new gen/stmt.c && mv gen/stmt.h.new gen/stmt.h
