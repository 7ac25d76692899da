# nginx: templates and their renderer, in PREFIX/share/autostack/nginx
nobase_dist_autostackdata_DATA += nginx/README.md \
	nginx/autostack.conf.in nginx/domains.conf.in nginx/error-headers.conf.in nginx/error-pages.conf nginx/errors.conf.in \
	nginx/fastcgi.conf nginx/limit-key.conf nginx/panel-headers.conf \
	nginx/server.conf.in nginx/site-hashed.conf.in nginx/site-headers.conf \
	nginx/site-rules.conf.in nginx/site-rules.js nginx/sites.conf.in \
	nginx/status-headers.conf nginx/status-page.js \
	nginx/websocket.conf \
	nginx/quickstart/nginx.conf.in nginx/quickstart/panel-extra-git.conf.in
nobase_dist_autostackdata_SCRIPTS += nginx/render
