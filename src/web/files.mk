# src/web: what HTTP means; knows no resource and no business rule
noinst_LIBRARIES += src/web/libweb.a
src_web_libweb_a_SOURCES = \
	src/web/auth.c src/web/auth.h \
	src/web/check.c src/web/check.h \
	src/web/cookie.c src/web/cookie.h \
	src/web/csrf.c src/web/csrf.h \
	src/web/csv.c src/web/csv.h \
	src/web/field.c src/web/field.h \
	src/web/openapi.c src/web/openapi.h \
	src/web/rate.c src/web/rate.h \
	src/web/reply.c src/web/reply.h \
	src/web/request.c src/web/request.h \
	src/web/route.c src/web/route.h \
	src/web/serve.c src/web/serve.h \
	src/web/stats.c src/web/stats.h \
	src/web/valid.c src/web/valid.h
