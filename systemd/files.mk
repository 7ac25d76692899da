# systemd: units, users and folders of an installation; cron's line
systemd_units = \
	systemd/autostack-api.service \
	systemd/autostack-worker.service \
	systemd/autostack-ws.service
systemdunitdir = $(prefix)/lib/systemd/system
systemdunit_DATA = $(systemd_units)
EXTRA_DIST += $(systemd_units:=.in) systemd/autostack.cron.in \
	systemd/autostack.sysusers systemd/autostack.tmpfiles systemd/README.md
CLEANFILES += $(systemd_units) systemd/autostack.cron

$(systemd_units) systemd/autostack.cron: %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd
	$(AM_V_at)sed -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@autostackdir[@]|$(autostackdir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' $(srcdir)/$@.in >$@.new
	$(AM_V_at)mv $@.new $@

all_local += systemd/autostack.cron

# These lose their folder's name on the way, so automake cannot do it.
install-data-local: systemd/autostack.cron
	$(MKDIR_P) $(DESTDIR)$(prefix)/lib/sysusers.d \
		$(DESTDIR)$(prefix)/lib/tmpfiles.d $(DESTDIR)$(sysconfdir)/cron.d
	$(INSTALL_DATA) $(srcdir)/systemd/autostack.sysusers \
		$(DESTDIR)$(prefix)/lib/sysusers.d/autostack.conf
	$(INSTALL_DATA) $(srcdir)/systemd/autostack.tmpfiles \
		$(DESTDIR)$(prefix)/lib/tmpfiles.d/autostack.conf
	$(INSTALL_DATA) systemd/autostack.cron \
		$(DESTDIR)$(sysconfdir)/cron.d/autostack

uninstall-local:
	rm -f $(DESTDIR)$(prefix)/lib/sysusers.d/autostack.conf \
		$(DESTDIR)$(prefix)/lib/tmpfiles.d/autostack.conf \
		$(DESTDIR)$(sysconfdir)/cron.d/autostack
