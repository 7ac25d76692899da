# The panel. npm's tools bundle it into web/dist; a release archive brings that
# along, so that who builds from one needs no npm. nginx serves it from
# PREFIX/share/autostack/web.
panel_sources = web/package.json web/package-lock.json web/.npmrc web/tsconfig.json web/build.mjs web/README.md \
	$(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/web/src/*.* $(srcdir)/web/src/*/*.* $(srcdir)/web/src/*/*/*.*))
EXTRA_DIST += $(panel_sources) $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/web/test/*.*))

if PANEL
if PANEL_SHIPPED
panel_dist = $(srcdir)/web/dist
else
panel_dist = $(builddir)/web/dist

# A copy in the build folder: npm writes beside what it works on.
web/dist/index.html: $(panel_sources)
	$(AM_V_GEN)rm -rf web/panel/src && $(MKDIR_P) web/panel && \
		cp -R $(srcdir)/web/package.json $(srcdir)/web/package-lock.json $(srcdir)/web/.npmrc $(srcdir)/web/build.mjs \
			$(srcdir)/web/tsconfig.json $(srcdir)/web/src web/panel && \
		chmod -R u+w web/panel && cd web/panel && \
		{ cmp -s package-lock.json node_modules/installed.json || \
			{ $(NPM) ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && \
				cp package-lock.json node_modules/installed.json; }; } && \
		node build.mjs ../dist
all_local += web/dist/index.html
clean-local: panel-clean
panel-clean:
	rm -rf web/dist web/panel
phony += panel-clean
endif

install-data-hook: panel-install
uninstall-hook: panel-uninstall
panel-install:
	$(MKDIR_P) "$(DESTDIR)$(autostackdatadir)/web"
	rm -rf "$(DESTDIR)$(autostackdatadir)/web/"*
	cp -R $(panel_dist)/. "$(DESTDIR)$(autostackdatadir)/web"
	chmod -R u=rwX,go=rX "$(DESTDIR)$(autostackdatadir)/web"
panel-uninstall:
	rm -rf "$(DESTDIR)$(autostackdatadir)/web"
dist-hook: panel-dist
panel-dist: all-local
	$(MKDIR_P) "$(distdir)/web/dist"
	cp -R $(panel_dist)/. "$(distdir)/web/dist"
phony += panel-install panel-uninstall panel-dist
endif
