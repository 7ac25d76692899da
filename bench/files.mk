# what bench adds to the build
EXTRA_DIST += bench/README.md bench/lib.sh bench/report.lua bench/accounts \
	bench/accounts.lua bench/api \
	bench/chaos bench/deploy bench/insight bench/insight.lua \
	bench/logs bench/memory bench/moves bench/sites bench/status \
	bench/panel bench/panel.mjs bench/switch
