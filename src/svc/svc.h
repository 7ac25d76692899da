/*
 * svc.h - what every service function works with: the settings, one database
 * connection, the keys of tokens. A program makes one at start.
 */
#ifndef AS_SVC_SVC_H
#define AS_SVC_SVC_H

#include "base/cfg.h"
#include "base/err.h"
#include "ext/db.h"

struct access_keys;

struct svc {
	const struct cfg *cfg;
	struct db *db;
	const struct access_keys *keys;
};

#endif
