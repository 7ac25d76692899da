# web: the browser's files, served by nginx from PREFIX/share/autostack/web
nobase_dist_autostackdata_DATA += web/index.html web/style.css \
	web/account.js \
	web/accept-invitation/index.html \
	web/forgot-password/index.html \
	web/oauth/index.html \
	web/reset-password/index.html \
	web/verify-email/index.html
