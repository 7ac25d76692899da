/*
 * log.h - one line an event on stderr (journald or a file behind it), as JSON
 * or, for people, as columns (time, priority, program, event, id) and
 * key=value. Names come from event.def, never from prose. Values are escaped as
 * jw.h says and cut to 512 bytes, a line to 4096; callers never pass secrets,
 * tokens or bodies.
 */
#ifndef AS_LOG_H
#define AS_LOG_H

#include "base/base.h"

enum log_priority {
	LOGP_ERROR = 3,
	LOGP_WARNING = 4,
	LOGP_INFO = 6,
	LOGP_DEBUG = 7
};

enum event {
#define EVENT(name, wire, priority, kind, doc) EV_##name,
#include "base/event.def"
	EV_MAX
};

struct event_info {
	const char *name; /* "auth.login" */
	enum log_priority priority;
	const char *did;   /* of one that is audited: "signed in"; else NULL */
	const char *tried; /* "sign in"; NULL: did tells of refusals too */
	bool routine;      /* goes by itself */
	const char *doc;
};
const struct event_info *event_info(enum event ev);

/* Audited events that begin alike, ended by one without a prefix. */
struct event_group {
	const char *prefix; /* "auth." */
	const char *text;
};
extern const struct event_group event_groups[];

/* What --log-format and the setting take. */
bool log_is_format(const char *name);
/* Once at start. program is a string that outlives the process's use. */
void log_open(const char *program, bool json, enum log_priority threshold);
/* One line. id is the request or job id or NULL; then pairs of const char *
 * key, value (a NULL value is left out), ended by NULL:
 *   log_event(EV_JOB_CLAIMED, job->id, "slot", "2", NULL); */
void log_event(enum event ev, const char *id, ...) __attribute__((sentinel));
/* For people who debug; below info, free text. */
void log_debug(const char *id, const char *fmt, ...) PRINTF(2, 3);

#endif
