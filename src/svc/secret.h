/*
 * secret.h - random texts that only their holder keeps: refresh tokens,
 * tickets, one-time codes, API keys. The database has their SHA-256, which
 * does not authenticate (SE-3, FP-2, KEY-1).
 */
#ifndef AS_SVC_SECRET_H
#define AS_SVC_SECRET_H

#include "base/base.h"

#define SECRET_BYTES 32 /* 256 bits */
#define SECRET_TEXT  (4 * ((SECRET_BYTES + 2) / 3) + 1)

struct secret {
	char text[SECRET_TEXT]; /* base64url */
	char hash[65];          /* of text, in hex */
};

void secret_make(struct secret *s);

#endif
