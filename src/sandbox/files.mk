# src/sandbox: runs one step of a build where it can do no harm; libc and
# libseccomp only
autostack_PROGRAMS += autostack-sandbox
autostack_sandbox_SOURCES = \
	src/sandbox/sandbox.h \
	src/sandbox/box.h \
	src/sandbox/main.c \
	src/sandbox/run.c \
	src/sandbox/userns.c \
	src/sandbox/net.c \
	src/sandbox/seccomp.c \
	src/sandbox/bwrap.c \
	src/sandbox/monitor.c \
	src/sandbox/memory.c \
	src/sandbox/disk.c \
	src/sandbox/walk.c \
	src/sandbox/own.c \
	src/sandbox/check.c \
	src/sandbox/report.c
autostack_sandbox_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
autostack_sandbox_LDADD = $(SECCOMP_LIBS)

# tries what the filter refuses; no sanitizer in it, which would use some of it
check_PROGRAMS += t/helper/sandbox_probe
t_helper_sandbox_probe_SOURCES = t/helper/sandbox_probe.c
t_helper_sandbox_probe_CFLAGS = $(WARN_CFLAGS)
t_helper_sandbox_probe_LDFLAGS =

dist_man_MANS += man/autostack-sandbox.8

check_PROGRAMS += t/helper/sandbox_net
t_helper_sandbox_net_SOURCES = t/helper/sandbox_net.c
t_helper_sandbox_net_CFLAGS = $(WARN_CFLAGS)
t_helper_sandbox_net_LDFLAGS =
EXTRA_DIST += t/helper/trap.pl

check_PROGRAMS += t/helper/hostile
t_helper_hostile_SOURCES = t/helper/hostile.c
t_helper_hostile_CFLAGS = $(WARN_CFLAGS) -pthread
t_helper_hostile_LDFLAGS = -pthread
