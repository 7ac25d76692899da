/*
 * log.c - one line an event, one write(2) a line. A line stays under the size
 * that a pipe takes in one piece, since several processes share stderr.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/jw.h"
#include "base/str.h"

#include <stdarg.h>
#include <unistd.h>

#define LINE_MAX_BYTES  4096 /* PIPE_BUF of Linux */
#define VALUE_MAX_BYTES 512
#define TAIL_BYTES      16 /* what marks and closes a line that was cut */

#define INFO             LOGP_INFO
#define WARNING          LOGP_WARNING
#define ERROR            LOGP_ERROR
#define LOG              NULL, NULL, false
#define AUDIT(did, do)   did, do, false
#define ROUTINE(did, do) did, do, true

static const struct event_info events[EV_MAX] = {
#define EVENT(name, wire, priority, kind, doc)                                 \
	[EV_##name] = {wire, priority, kind, doc},
#include "base/event.def"
};

const struct event_group event_groups[] = {
#define GROUP(prefix, text) {prefix, text},
#include "base/event.def"
	{NULL, NULL},
};

#undef INFO
#undef WARNING
#undef ERROR
#undef LOG
#undef AUDIT
#undef ROUTINE

/* Set once at start by log_open(), read only after that. */
static struct {
	const char *program;
	bool json;
	enum log_priority threshold;
} self = {"autostack", true, LOGP_INFO};

const struct event_info *
event_info(enum event ev)
{
	ASSERT(ev < EV_MAX);
	return &events[ev];
}

bool
log_is_format(const char *name)
{
	return str_eq(name, "json") || str_eq(name, "text");
}

void
log_open(const char *program, bool json, enum log_priority threshold)
{
	self.program = program;
	self.json = json;
	self.threshold = threshold;
}

static const char *
priority_name(enum log_priority p)
{
	switch (p) {
	case LOGP_ERROR:
		return "error";
	case LOGP_WARNING:
		return "warning";
	case LOGP_INFO:
		return "info";
	case LOGP_DEBUG:
		return "debug";
	}
	return "error";
}

static void
now_text(char dst[32])
{
	int64_t us = clock_now_us();
	char seconds[21];

	clock_rfc3339(seconds, us / 1000000);
	(void)snprintf(
		dst, 32, "%.19s.%03dZ", seconds, (int)(us % 1000000 / 1000));
}

/* Whether a text value needs no quotes. */
static bool
is_bare(const char *s, size_t n)
{
	static const char extra[] = "._:/@+-,%~";

	for (size_t i = 0; i < n; i++) {
		bool alnum = (s[i] >= '0' && s[i] <= '9') ||
			     (s[i] >= 'a' && s[i] <= 'z') ||
			     (s[i] >= 'A' && s[i] <= 'Z');

		if (!alnum && !strchr(extra, s[i]))
			return false;
	}
	return n > 0;
}

static void
add_quoted(struct buf *b, const char *s, size_t n)
{
	buf_char(b, '"');
	jw_escape(b, s, n);
	buf_char(b, '"');
}

/* One pair; in text the key is left out where it is NULL. */
static void
add_pair(struct buf *b, const char *key, const char *value)
{
	size_t len = strlen(value);
	size_t n = str_utf8_cut(value, len, VALUE_MAX_BYTES);

	if (self.json) {
		buf_char(b, b->len > 1 ? ',' : '{');
		add_quoted(b, key, strlen(key));
		buf_char(b, ':');
		add_quoted(b, value, n);
		return;
	}
	if (b->len)
		buf_char(b, ' ');
	if (key)
		buf_printf(b, "%s=", key);
	if (is_bare(value, n))
		buf_add(b, value, n);
	else
		add_quoted(b, value, n);
}

static void
add_head(struct buf *b, enum log_priority p, const char *event, const char *id)
{
	char now[32];

	now_text(now);
	if (self.json) {
		add_pair(b, "time", now);
		add_pair(b, "priority", priority_name(p));
		add_pair(b, "program", self.program);
		add_pair(b, "event", event);
		if (id)
			add_pair(b, "id", id);
		return;
	}
	buf_printf(b, "%s %-7s", now, priority_name(p));
	add_pair(b, NULL, self.program);
	add_pair(b, NULL, event);
	add_pair(b, NULL, id ? id : "-");
}

static void
send_line(struct buf *b, bool cut)
{
	b->max += TAIL_BYTES;
	if (cut)
		buf_str(b, self.json ? ",\"cut\":\"yes\"" : " cut=yes");
	buf_str(b, self.json ? "}\n" : "\n");
	/* nowhere to report it, and waiting for a full pipe is the kernel's */
	if (write(2, b->data, b->len) < 0)
		return;
}

void
log_event(enum event ev, const char *id, ...)
{
	const struct event_info *info = event_info(ev);
	AUTO_BUF struct buf b = {0};
	bool cut = false;
	const char *key;
	va_list ap;

	if (info->priority > self.threshold)
		return;
	buf_init(&b, LINE_MAX_BYTES - TAIL_BYTES);
	add_head(&b, info->priority, info->name, id);
	va_start(ap, id);
	while (!cut && (key = va_arg(ap, const char *)) != NULL) {
		const char *value = va_arg(ap, const char *);
		size_t before = b.len;

		if (!value)
			continue;
		add_pair(&b, key, value);
		cut = b.full;
		if (cut) {
			b.len = before;
			b.full = false;
		}
	}
	va_end(ap);
	send_line(&b, cut);
}

void
log_debug(const char *id, const char *fmt, ...)
{
	AUTO_BUF struct buf b = {0};
	char text[VALUE_MAX_BYTES + 1];
	va_list ap;

	if (self.threshold < LOGP_DEBUG)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	va_end(ap);
	buf_init(&b, LINE_MAX_BYTES - TAIL_BYTES);
	add_head(&b, LOGP_DEBUG, "debug", id);
	add_pair(&b, "text", text);
	send_line(&b, false);
}
