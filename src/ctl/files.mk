# src/ctl: the `autostack` command; the files that it applies to a database
nobase_dist_autostackdata_DATA += \
	sql/grants.sql \
	sql/schema/0001-accounts.sql \
	sql/schema/0002-deployments.sql
EXTRA_DIST += t/lib/pg.sh t/lib/with-pg.sh
