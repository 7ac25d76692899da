# man: mdoc pages. autostack.conf(5) and the sample file are printed by the
# program itself, so that they cannot differ from src/base/cfg.def.
dist_man_MANS += \
	man/autostack.8 \
	man/autostack-api.8 \
	man/autostack-webhook.7 \
	man/autostack-ws.8
nodist_man_MANS = man/autostack.1 man/autostack.conf.5
autostackdata_DATA = autostack.conf.sample
EXTRA_DIST += man/autostack.1.in man/autostack.conf.5.in
CLEANFILES += man/autostack.1 man/autostack.conf.5 autostack.conf.sample

man/autostack.conf.5: man/autostack.conf.5.in autostack
	$(AM_V_GEN)$(MKDIR_P) man
	$(AM_V_at)./autostack config --man >$@.settings
	$(AM_V_at)$(AWK) -v settings=$@.settings \
		'$$0 == "@SETTINGS@" { while ((getline line <settings) > 0) print line; next } { print }' \
		$(srcdir)/man/autostack.conf.5.in >$@.new
	$(AM_V_at)rm $@.settings && mv $@.new $@

# the exit statuses, by src/cli/exit.def
man/autostack.1: man/autostack.1.in autostack
	$(AM_V_GEN)$(MKDIR_P) man
	$(AM_V_at)./autostack help exit-man >$@.exits
	$(AM_V_at)$(AWK) -v exits=$@.exits \
		'$$0 == "@EXITS@" { while ((getline line <exits) > 0) print line; next } { print }' \
		$(srcdir)/man/autostack.1.in >$@.new
	$(AM_V_at)rm $@.exits && mv $@.new $@

autostack.conf.sample: autostack
	$(AM_V_GEN)./autostack config --sample >$@.new && mv $@.new $@
