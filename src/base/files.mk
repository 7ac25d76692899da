# src/base: the lowest layer; needs nothing but the C library
noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/banned.h \
	src/base/base.c src/base/base.h \
	src/base/buf.c src/base/buf.h \
	src/base/cfg.c src/base/cfg.def src/base/cfg.h \
	src/base/clock.c src/base/clock.h \
	src/base/err.c src/base/err.def src/base/err.h \
	src/base/event.def \
	src/base/fd.c src/base/fd.h \
	src/base/jw.c src/base/jw.h \
	src/base/limiter.c src/base/limiter.h \
	src/base/log.c src/base/log.h \
	src/base/meter.c src/base/meter.def src/base/meter.h \
	src/base/origin.c src/base/origin.h \
	src/base/options.c src/base/options.h \
	src/base/place.c src/base/place.h \
	src/base/rand.c src/base/rand.h \
	src/base/run.c src/base/run.h \
	src/base/str.c src/base/str.h
