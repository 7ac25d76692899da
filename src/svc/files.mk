# src/svc: rules that more than one program shares; uses src/ext and src/base
noinst_LIBRARIES += src/svc/libsvc.a
src_svc_libsvc_a_SOURCES = \
	src/svc/access.c src/svc/access.h \
	src/svc/apikey.c src/svc/apikey.h \
	src/svc/archive.c src/svc/archive.h \
	src/svc/archive_tar.h src/svc/archive_unpack.c \
	src/svc/audit.c src/svc/audit.h \
	src/svc/channel.c src/svc/channel.h \
	src/svc/code.c src/svc/code.h \
	src/svc/deploy.c src/svc/deploy.h src/svc/deploy_state.def \
	src/svc/deployhook.c src/svc/deployhook.h \
	src/svc/deploy_log.c src/svc/deploy_log.h \
	src/svc/detect.c src/svc/detect.h \
	src/svc/domain.c src/svc/domain.h \
	src/svc/egress.c src/svc/egress.h \
	src/svc/environ.c src/svc/environ.h \
	src/svc/envlines.c src/svc/envlines.h \
	src/svc/gitcred.c src/svc/gitcred.h \
	src/svc/github.c src/svc/github.h \
	src/svc/github_account.c \
	src/svc/github_call.c src/svc/github_call.h \
	src/svc/giturl.c src/svc/giturl.h \
	src/svc/hashslot.c src/svc/hashslot.h \
	src/svc/hook.c src/svc/hook.h \
	src/svc/hookurl.c src/svc/hookurl.h \
	src/svc/hostrule.c src/svc/hostrule.h \
	src/svc/logclean.c src/svc/logclean.h \
	src/svc/mask.c src/svc/mask.h \
	src/svc/mail.c src/svc/mail.def src/svc/mail.h \
	src/svc/mime.c src/svc/mime.h \
	src/svc/oauth.c src/svc/oauth.h \
	src/svc/oauth_account.c \
	src/svc/oauth_github.c src/svc/oauth_google.c \
	src/svc/oauth_provider.c src/svc/oauth_provider.h \
	src/svc/notify.c src/svc/notify.h \
	src/svc/password.c src/svc/password.h \
	src/svc/recovery.c src/svc/recovery.h \
	src/svc/pathfilter.c src/svc/pathfilter.h \
	src/svc/preview.c src/svc/preview.h \
	src/svc/project.c src/svc/project.h \
	src/svc/publish.c src/svc/publish.h \
	src/svc/publish_copy.c src/svc/publish_disk.h \
	src/svc/publish_rules.c src/svc/publish_rules.h \
	src/svc/seal.c src/svc/seal.h \
	src/svc/secret.c src/svc/secret.h \
	src/svc/service.c src/svc/service.def src/svc/service.h \
	src/svc/session.c src/svc/session.h \
	src/svc/siterules.c src/svc/siterules.h \
	src/svc/siterules_path.c src/svc/siterules_path.h \
	src/svc/snapshot.c src/svc/snapshot.h \
	src/svc/store.c src/svc/store.h \
	src/svc/svc.h \
	src/svc/upload.c src/svc/upload.h \
	src/svc/usage.c src/svc/usage.h \
	src/svc/user.c src/svc/user.h \
	src/svc/webhook.c src/svc/webhook.h \
	src/svc/wordlist.c src/svc/wordlist.h

check_PROGRAMS += t/helper/flip t/helper/page-reader
t_helper_flip_SOURCES = t/helper/flip.c
t_helper_flip_LDADD = src/svc/libsvc.a src/ext/libext.a src/base/libbase.a \
	$(EXT_LIBS)
t_helper_page_reader_SOURCES = t/helper/page-reader.c
t_helper_page_reader_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
t_helper_page_reader_LDADD = src/base/libbase.a $(CURL_LIBS)
