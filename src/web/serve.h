/*
 * serve.h - answers one request from beginning to end. Called by the FastCGI
 * loop of src/api, the unit tests and the fuzz harness.
 */
#ifndef AS_WEB_SERVE_H
#define AS_WEB_SERVE_H

#include "web/request.h"

/* Parse, match, authenticate, bind, run the handler, reply, audit, log, reset
 * the arena. Always sends exactly one answer. */
void web_serve(struct web *web, const struct request_in *in);

#endif
