# src/tools: checks that t/01xx tests run, and small generators
EXTRA_DIST += src/tools/csource.awk src/tools/layers.awk \
	src/tools/layers.rules src/tools/banned.awk src/tools/sqlonly.awk \
	src/tools/linkcheck

link-check: $(noinst_LIBRARIES)
	@LINK='$(CC) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS)' \
	LIBS='$(PQ_LIBS) $(JANSSON_LIBS) $(JWT_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS) $(XCRYPT_LIBS) $(FCGI_LIBS) $(ZLIB_LIBS) $(CURL_LIBS) $(LWS_LIBS) $(SECCOMP_LIBS) -lresolv' \
	$(SHELL) $(srcdir)/src/tools/linkcheck $(noinst_LIBRARIES)

# puts the tree's C into the form that t/0140-format.t wants
format:
	cd $(srcdir) && find src handlers t bench -name '*.[ch]' \
		-exec clang-format -i {} +
phony += link-check format
