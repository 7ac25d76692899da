# src/ws: autostack-ws, the streams. The pure parts are a library of their
# own, for the unit tests and the fuzz harness.
noinst_LIBRARIES += src/ws/libws.a
src_ws_libws_a_SOURCES = \
	src/ws/command.c src/ws/command.h \
	src/ws/frame.c src/ws/frame.h \
	src/ws/shake.c src/ws/shake.h

autostack_PROGRAMS += autostack-ws
autostack_ws_SOURCES = \
	src/ws/board.c src/ws/board.h \
	src/ws/conn.c src/ws/conn.h \
	src/ws/feed.c src/ws/feed.h \
	src/ws/gate.c src/ws/gate.h \
	src/ws/hub.c src/ws/hub.h \
	src/ws/loop.c src/ws/loop.h \
	src/ws/main.c \
	src/ws/server.h
autostack_ws_CPPFLAGS = $(AM_CPPFLAGS) $(LWS_CFLAGS)
autostack_ws_LDADD = src/ws/libws.a src/svc/libsvc.a src/ext/libext.a \
	src/base/libbase.a $(EXT_LIBS) $(LWS_LIBS)

EXTRA_DIST += t/helper/ws-client

check_PROGRAMS += t/helper/ws-viewers
t_helper_ws_viewers_SOURCES = t/helper/ws-viewers.c
t_helper_ws_viewers_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS)
t_helper_ws_viewers_LDADD = src/base/libbase.a $(SSL_LIBS) $(CRYPTO_LIBS)
