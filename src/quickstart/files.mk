# src/quickstart: what ./quickstart is made of; nothing of it is installed
EXTRA_DIST += src/quickstart/certificate src/quickstart/common.sh \
	src/quickstart/packages.sh src/quickstart/run-nginx \
	src/quickstart/sample-site src/quickstart/sample.sh \
	src/quickstart/services.sh src/quickstart/state.sh \
	src/quickstart/watch-sites
