# src/ext: one foreign library a file; EXT_LIBS are all of them, of which a
# program loads those that it uses
noinst_LIBRARIES += src/ext/libext.a
src_ext_libext_a_SOURCES = \
	src/ext/cert.c src/ext/cert.h \
	src/ext/crypt.c src/ext/crypt.h \
	src/ext/db.c src/ext/db.h \
	src/ext/dns.c src/ext/dns.h \
	src/ext/fcgi.c src/ext/fcgi.h \
	src/ext/gz.c src/ext/gz.h \
	src/ext/httpc.c src/ext/httpc.h \
	src/ext/json.c src/ext/json.h \
	src/ext/pass.c src/ext/pass.h \
	src/ext/token.c src/ext/token.h \
	src/ext/smtpc.c src/ext/smtpc.h
nodist_src_ext_libext_a_SOURCES = gen/stmt.c
src_ext_libext_a_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS) $(JANSSON_CFLAGS) \
	$(JWT_CFLAGS) $(SSL_CFLAGS) $(CRYPTO_CFLAGS) $(XCRYPT_CFLAGS) $(ZLIB_CFLAGS) \
	$(CURL_CFLAGS)
EXT_LIBS = $(PQ_LIBS) $(JANSSON_LIBS) $(JWT_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) \
	$(XCRYPT_LIBS) $(ZLIB_LIBS) $(CURL_LIBS) $(FCGI_LIBS) -lresolv

# the tests of this layer; unit_common is t/files.mk's
check_PROGRAMS += t/helper/stmtcheck
t_helper_stmtcheck_SOURCES = t/helper/stmtcheck.c
t_helper_stmtcheck_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS)
t_helper_stmtcheck_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS)

check_PROGRAMS += t/helper/dbtest t/helper/dbping
t_helper_dbtest_SOURCES = t/helper/dbtest.c $(unit_common)
t_helper_dbtest_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
t_helper_dbtest_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS) \
	$(CHECK_LIBS)
t_helper_dbping_SOURCES = t/helper/dbping.c
t_helper_dbping_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS)

check_PROGRAMS += t/helper/smtp-send
t_helper_smtp_send_SOURCES = t/helper/smtp-send.c
t_helper_smtp_send_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS)

check_PROGRAMS += t/unit/unit_ext
t_unit_unit_ext_SOURCES = t/unit/unit_ext.c t/unit/unit_ext.h \
	t/unit/ext_cert.c t/unit/ext_crypt.c t/unit/ext_dns.c t/unit/ext_fcgi.c t/unit/ext_gz.c \
	t/unit/ext_httpc.c \
	t/unit/ext_json.c t/unit/ext_pass.c t/unit/ext_token.c $(unit_common)
t_unit_unit_ext_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
t_unit_unit_ext_LDADD = src/ext/libext.a src/base/libbase.a $(EXT_LIBS) \
	$(CHECK_LIBS)

check_PROGRAMS += t/fuzz/fuzz_json
t_fuzz_fuzz_json_SOURCES = t/fuzz/fuzz_json.c $(fuzz_common)
t_fuzz_fuzz_json_LDADD = src/ext/libext.a src/base/libbase.a $(JANSSON_LIBS)
t_fuzz_fuzz_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

check_PROGRAMS += t/fuzz/fuzz_cert t/fuzz/fuzz_dns
t_fuzz_fuzz_cert_SOURCES = t/fuzz/fuzz_cert.c $(fuzz_common)
t_fuzz_fuzz_cert_LDADD = src/ext/libext.a src/base/libbase.a $(SSL_LIBS) \
	$(CRYPTO_LIBS)
t_fuzz_fuzz_cert_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
t_fuzz_fuzz_dns_SOURCES = t/fuzz/fuzz_dns.c $(fuzz_common)
t_fuzz_fuzz_dns_LDADD = src/ext/libext.a src/base/libbase.a -lresolv
t_fuzz_fuzz_dns_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
