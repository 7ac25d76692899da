# src/svc: rules that more than one program shares; uses src/ext and src/base
noinst_LIBRARIES += src/svc/libsvc.a
src_svc_libsvc_a_SOURCES = \
	src/svc/detect.c src/svc/detect.h \
	src/svc/egress.c src/svc/egress.h \
	src/svc/envlines.c src/svc/envlines.h \
	src/svc/giturl.c src/svc/giturl.h \
	src/svc/logclean.c src/svc/logclean.h \
	src/svc/mask.c src/svc/mask.h \
	src/svc/publish.c src/svc/publish.h
