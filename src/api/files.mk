# src/api: autostack-api, the FastCGI program
autostack_PROGRAMS += autostack-api
autostack_api_SOURCES = src/api/main.c src/api/print.c src/api/print.h
autostack_api_LDADD = handlers/libhandlers.a src/web/libweb.a src/svc/libsvc.a \
	src/ext/libext.a src/base/libbase.a $(EXT_LIBS)

# after a change of the routes: the diff shows what clients will see
update-openapi: autostack-api
	./autostack-api -x openapi >$(srcdir)/t/expect/openapi.json
