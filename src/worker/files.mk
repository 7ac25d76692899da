# src/worker: takes deployments from the queue, builds them in the sandbox and
# publishes them
autostack_PROGRAMS += autostack-worker
autostack_worker_SOURCES = \
	src/worker/worker.h \
	src/worker/main.c \
	src/worker/serve.c \
	src/worker/slot.c \
	src/worker/cache.c \
	src/worker/job.c \
	src/worker/room.c \
	src/worker/output.c \
	src/worker/lease.c \
	src/worker/logsink.c \
	src/worker/step.c \
	src/worker/clone.c \
	src/worker/unpack.c \
	src/worker/retire.c \
	src/worker/outbox.c src/worker/outbox.h \
	src/worker/outbox_mail.c \
	src/worker/outbox_hook.c \
	src/worker/outbox_github.c \
	src/worker/archiver.c src/worker/archiver.h \
	src/worker/archive_job.c \
	src/worker/domains.c src/worker/domains.h \
	src/worker/order.c \
	src/worker/served.c \
	src/worker/prober.c src/worker/prober.h \
	src/worker/prober_rows.c \
	src/worker/probe.c \
	src/worker/usage_row.c \
	src/worker/crash.c
autostack_worker_CPPFLAGS = $(AM_CPPFLAGS)
autostack_worker_LDADD = src/svc/libsvc.a src/ext/libext.a src/base/libbase.a \
	$(EXT_LIBS)

dist_man_MANS += man/autostack-worker.8

EXTRA_DIST += t/helper/smtpd t/helper/hookd
check_PROGRAMS += t/helper/seal
t_helper_seal_SOURCES = t/helper/seal.c
t_helper_seal_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS)

check_PROGRAMS += t/helper/publish
t_helper_publish_SOURCES = t/helper/publish.c
t_helper_publish_LDADD = src/svc/libsvc.a src/ext/libext.a src/base/libbase.a \
	$(EXT_LIBS)
