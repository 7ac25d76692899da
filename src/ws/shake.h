/*
 * shake.h - the opening handshake: reads the request's head strictly and knows
 * which paths are streams. Every request is read here and nothing of it reaches
 * libwebsockets' HTTP parser, which has unpatched holes behind `Upgrade` (h2c,
 * use after free: SECURITY.md 3.3). Pure: bytes and values only.
 */
#ifndef AS_WS_SHAKE_H
#define AS_WS_SHAKE_H

#include "base/base.h"
#include "base/err.h"

struct buf;

#define SHAKE_HEAD_MAX    ((size_t)16 * 1024)
#define SHAKE_ACCEPT_SIZE 29 /* of Sec-WebSocket-Accept, with its NUL */

struct shake {
	bool status;         /* the status page's stream: no deployment */
	char deployment[37]; /* lower case */
	const char *query;   /* token of ?token=, decoded, or NULL */
	const char *bearer;  /* token of Authorization, or NULL */
	const char *origin;  /* or NULL */
	const char *key;     /* Sec-WebSocket-Key: 24 characters of base64 */
	const char *id;      /* X-Request-Id that nginx made, or NULL */
};

/* Length of the head with its empty line; 0 when it is not complete. */
size_t shake_length(const char *p, size_t n);
/* Read a complete head. Texts live on the arena of ctx. E_BAD_REQUEST,
 * E_METHOD_NOT_ALLOWED, E_NOT_FOUND, E_UPGRADE_REQUIRED. */
MUST enum err shake_read(
	struct ctx *ctx, const char *head, size_t n, struct shake *ret);
/* The deployment whose log a path streams: /api/deployments/ID/logs/stream,
 * /api/v1/..., /ws/logs/ID and the last below /api or /api/v1. */
MUST bool shake_path(const char *path, char ret_deployment[37]);
/* The status page's: /api/status/stream, /api/v1/status/stream. */
bool shake_path_is_status(const char *path);

/* The 101 answer. accept is Sec-WebSocket-Accept. */
void shake_put_accept(struct buf *out, const char *accept, const char *id);
/* The contract's JSON error, with the headers its status asks for. message
 * NULL: the error's own text. */
void shake_put_refusal(
	struct buf *out, enum err e, const char *message, const char *id);

#endif
