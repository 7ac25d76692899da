# web: the browser's files, served by nginx from PREFIX/share/autostack/web
nobase_dist_autostackdata_DATA += web/index.html web/style.css
