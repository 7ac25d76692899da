# t: tests. t/README.md says how to run and to add one.

# A unit program is t/unit/unit_LAYER; `make check` runs all that lie there.
# A new layer adds its program with a block like unit_base's.
unit_common = t/unit/unit.c t/unit/unit.h

check_PROGRAMS += t/unit/unit_base
t_unit_unit_base_SOURCES = t/unit/unit_base.c \
	t/unit/base_arena.c t/unit/base_buf.c t/unit/base_cfg.c \
	t/unit/base_err.c t/unit/base_fd.c t/unit/base_jw.c \
	t/unit/base_limiter.c t/unit/base_log.c t/unit/base_meter.c \
	t/unit/base_origin.c \
	t/unit/base_place.c t/unit/base_run.c t/unit/base_str.c \
	t/unit/base_time.c $(unit_common)
t_unit_unit_base_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
t_unit_unit_base_LDADD = src/base/libbase.a $(CHECK_LIBS)

check_PROGRAMS += t/unit/unit_svc
t_unit_unit_svc_SOURCES = t/unit/unit_svc.c t/unit/unit_svc.h \
	t/unit/svc_access.c t/unit/svc_archive.c t/unit/svc_detect.c t/unit/svc_envlines.c t/unit/svc_gitcred.c t/unit/svc_giturl.c \
	t/unit/svc_pathfilter.c t/unit/svc_hook.c t/unit/svc_hookurl.c \
	t/unit/svc_mail.c t/unit/svc_mask.c t/unit/svc_oauth.c \
	t/unit/svc_password.c t/unit/svc_publish.c t/unit/svc_service.c t/unit/svc_siterules.c \
	t/unit/svc_usage.c \
	$(unit_common)
t_unit_unit_svc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
t_unit_unit_svc_LDADD = src/svc/libsvc.a src/ext/libext.a src/base/libbase.a \
	$(EXT_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/unit/unit_web
t_unit_unit_web_SOURCES = t/unit/unit_web.c t/unit/unit_web.h \
	t/unit/web_cookie.c t/unit/web_csv.c t/unit/web_field.c \
	t/unit/web_route.c t/unit/web_serve.c \
	t/unit/web_valid.c $(unit_common)
t_unit_unit_web_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
t_unit_unit_web_LDADD = handlers/libhandlers.a src/web/libweb.a \
	src/svc/libsvc.a src/ext/libext.a src/base/libbase.a \
	$(EXT_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/unit/unit_ws
t_unit_unit_ws_SOURCES = t/unit/unit_ws.c t/unit/unit_ws.h \
	t/unit/ws_frame.c t/unit/ws_shake.c $(unit_common)
t_unit_unit_ws_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
t_unit_unit_ws_LDADD = src/ws/libws.a src/ext/libext.a src/base/libbase.a \
	$(EXT_LIBS) $(CHECK_LIBS)

# Fuzz harnesses: libFuzzer programs with --enable-fuzz, else t/fuzz/main.c
# replays their corpora. A new one needs a block and t/fuzz/corpus/NAME.
fuzz_common = t/fuzz/fuzz.h
fuzz_base = src/base/libbase.a
if !FUZZ
fuzz_common += t/fuzz/main.c
endif
check_PROGRAMS += t/fuzz/fuzz_cfg t/fuzz/fuzz_jw t/fuzz/fuzz_str
t_fuzz_fuzz_cfg_SOURCES = t/fuzz/fuzz_cfg.c $(fuzz_common)
t_fuzz_fuzz_cfg_LDADD = $(fuzz_base)
t_fuzz_fuzz_cfg_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_jw_SOURCES = t/fuzz/fuzz_jw.c $(fuzz_common)
t_fuzz_fuzz_jw_LDADD = $(fuzz_base)
t_fuzz_fuzz_jw_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_str_SOURCES = t/fuzz/fuzz_str.c $(fuzz_common)
t_fuzz_fuzz_str_LDADD = $(fuzz_base)
t_fuzz_fuzz_str_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_ws = src/ws/libws.a src/ext/libext.a src/base/libbase.a $(EXT_LIBS)
check_PROGRAMS += t/fuzz/fuzz_wscommand t/fuzz/fuzz_wsframe t/fuzz/fuzz_wshead
t_fuzz_fuzz_wscommand_SOURCES = t/fuzz/fuzz_wscommand.c $(fuzz_common)
t_fuzz_fuzz_wscommand_LDADD = $(fuzz_ws)
t_fuzz_fuzz_wscommand_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_wsframe_SOURCES = t/fuzz/fuzz_wsframe.c $(fuzz_common)
t_fuzz_fuzz_wsframe_LDADD = $(fuzz_ws)
t_fuzz_fuzz_wsframe_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_wshead_SOURCES = t/fuzz/fuzz_wshead.c $(fuzz_common)
t_fuzz_fuzz_wshead_LDADD = $(fuzz_ws)
t_fuzz_fuzz_wshead_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
check_PROGRAMS += t/fuzz/fuzz_archive t/fuzz/fuzz_detect t/fuzz/fuzz_domain \
	t/fuzz/fuzz_envlines t/fuzz/fuzz_gitcred t/fuzz/fuzz_github \
	t/fuzz/fuzz_giturl t/fuzz/fuzz_hookurl t/fuzz/fuzz_mail \
	t/fuzz/fuzz_mask t/fuzz/fuzz_oauth t/fuzz/fuzz_pathfilter \
	t/fuzz/fuzz_siterules t/fuzz/fuzz_store t/fuzz/fuzz_webhook \
	t/fuzz/fuzz_wordlist
fuzz_svc = src/svc/libsvc.a src/ext/libext.a src/base/libbase.a $(EXT_LIBS)
t_fuzz_fuzz_archive_SOURCES = t/fuzz/fuzz_archive.c $(fuzz_common)
t_fuzz_fuzz_archive_LDADD = $(fuzz_svc)
t_fuzz_fuzz_archive_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_detect_SOURCES = t/fuzz/fuzz_detect.c $(fuzz_common)
t_fuzz_fuzz_detect_LDADD = $(fuzz_svc)
t_fuzz_fuzz_detect_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_domain_SOURCES = t/fuzz/fuzz_domain.c $(fuzz_common)
t_fuzz_fuzz_domain_LDADD = $(fuzz_svc)
t_fuzz_fuzz_domain_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_envlines_SOURCES = t/fuzz/fuzz_envlines.c $(fuzz_common)
t_fuzz_fuzz_envlines_LDADD = $(fuzz_svc)
t_fuzz_fuzz_envlines_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_gitcred_SOURCES = t/fuzz/fuzz_gitcred.c $(fuzz_common)
t_fuzz_fuzz_gitcred_LDADD = $(fuzz_svc)
t_fuzz_fuzz_gitcred_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_github_SOURCES = t/fuzz/fuzz_github.c $(fuzz_common)
t_fuzz_fuzz_github_LDADD = $(fuzz_svc)
t_fuzz_fuzz_github_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_giturl_SOURCES = t/fuzz/fuzz_giturl.c $(fuzz_common)
t_fuzz_fuzz_giturl_LDADD = $(fuzz_svc)
t_fuzz_fuzz_giturl_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_hookurl_SOURCES = t/fuzz/fuzz_hookurl.c $(fuzz_common)
t_fuzz_fuzz_hookurl_LDADD = $(fuzz_svc)
t_fuzz_fuzz_hookurl_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_mail_SOURCES = t/fuzz/fuzz_mail.c $(fuzz_common)
t_fuzz_fuzz_mail_LDADD = $(fuzz_svc)
t_fuzz_fuzz_mail_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_mask_SOURCES = t/fuzz/fuzz_mask.c $(fuzz_common)
t_fuzz_fuzz_mask_LDADD = $(fuzz_svc)
t_fuzz_fuzz_mask_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_oauth_SOURCES = t/fuzz/fuzz_oauth.c $(fuzz_common)
t_fuzz_fuzz_oauth_LDADD = $(fuzz_svc)
t_fuzz_fuzz_oauth_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_pathfilter_SOURCES = t/fuzz/fuzz_pathfilter.c $(fuzz_common)
t_fuzz_fuzz_pathfilter_LDADD = $(fuzz_svc)
t_fuzz_fuzz_pathfilter_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_siterules_SOURCES = t/fuzz/fuzz_siterules.c $(fuzz_common)
t_fuzz_fuzz_siterules_LDADD = $(fuzz_svc)
t_fuzz_fuzz_siterules_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_store_SOURCES = t/fuzz/fuzz_store.c $(fuzz_common)
t_fuzz_fuzz_store_LDADD = $(fuzz_svc)
t_fuzz_fuzz_store_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_webhook_SOURCES = t/fuzz/fuzz_webhook.c $(fuzz_common)
t_fuzz_fuzz_webhook_LDADD = $(fuzz_svc)
t_fuzz_fuzz_webhook_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_wordlist_SOURCES = t/fuzz/fuzz_wordlist.c $(fuzz_common)
t_fuzz_fuzz_wordlist_LDADD = $(fuzz_svc)
t_fuzz_fuzz_wordlist_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
check_PROGRAMS += t/fuzz/fuzz_clientconf
t_fuzz_fuzz_clientconf_SOURCES = t/fuzz/fuzz_clientconf.c \
	src/cli/settings.c src/cli/settings.h $(fuzz_common)
t_fuzz_fuzz_clientconf_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS)
t_fuzz_fuzz_clientconf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_web = handlers/libhandlers.a src/web/libweb.a src/svc/libsvc.a \
	src/ext/libext.a src/base/libbase.a $(EXT_LIBS)
check_PROGRAMS += t/fuzz/fuzz_cookie t/fuzz/fuzz_csv t/fuzz/fuzz_fields \
	t/fuzz/fuzz_request t/fuzz/fuzz_token
t_fuzz_fuzz_cookie_SOURCES = t/fuzz/fuzz_cookie.c $(fuzz_common)
t_fuzz_fuzz_cookie_LDADD = $(fuzz_web)
t_fuzz_fuzz_cookie_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_csv_SOURCES = t/fuzz/fuzz_csv.c $(fuzz_common)
t_fuzz_fuzz_csv_LDADD = $(fuzz_web)
t_fuzz_fuzz_csv_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_fields_SOURCES = t/fuzz/fuzz_fields.c $(fuzz_common)
t_fuzz_fuzz_fields_LDADD = $(fuzz_web)
t_fuzz_fuzz_fields_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_request_SOURCES = t/fuzz/fuzz_request.c $(fuzz_common)
t_fuzz_fuzz_request_LDADD = $(fuzz_web)
t_fuzz_fuzz_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_token_SOURCES = t/fuzz/fuzz_token.c $(fuzz_common)
t_fuzz_fuzz_token_LDADD = $(fuzz_web)
t_fuzz_fuzz_token_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
EXTRA_DIST += t/fuzz/main.c $(wildcard $(srcdir)/t/fuzz/corpus/*/*)

check_scripts += $(wildcard $(srcdir)/t/[0-9]*.t)
EXTRA_DIST += .clang-format $(check_scripts) t/run t/rules.yml t/README.md t/helper/history \
	$(wildcard $(srcdir)/t/unit/*.h) $(wildcard $(srcdir)/t/*.txt) \
	$(wildcard $(srcdir)/t/lib/*) $(wildcard $(srcdir)/t/expect/*) \
	t/browser/.npmrc $(wildcard $(srcdir)/t/browser/*.json) $(wildcard $(srcdir)/t/browser/*.mjs)

# what t/run remembers of failures
CLEANFILES += tests.state

# make check TESTS='t/2*.t' runs a part
check-local:
	@abs_top_srcdir='$(abs_top_srcdir)' \
	abs_top_builddir='$(abs_top_builddir)' CC='$(CC)' \
	TESTS='$(TESTS)' $(SHELL) $(srcdir)/t/run
