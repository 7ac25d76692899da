/*
 * usage.c - parses what the kernel counts. The forms are those of proc(5): words
 * between blanks, so each line is split and nothing is scanned.
 */
#include "svc/usage.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

#include <sys/statvfs.h>
#include <unistd.h>

#define PROC_MAX 1048576
#define WORDS    24

/* The words of a line, at most WORDS of them. */
static size_t
split_words(struct arena *a, const char *line, const char *ret[WORDS])
{
	size_t n = 0;

	while (n < WORDS) {
		size_t len;

		line += strspn(line, " \t");
		len = strcspn(line, " \t\n");
		if (len == 0)
			break;
		ret[n++] = arena_strndup(a, line, len);
		line += len;
	}
	return n;
}

static int64_t
number(const char *word)
{
	int64_t n;

	return str_to_i64(word, 0, INT64_MAX, &n) ? n : 0;
}

/* cpu user nice system idle iowait irq softirq steal guest guest_nice, where the
 * guests' time is in user's and nice's already. */
void
usage_read_stat(struct usage_sample *s, struct arena *a, const char *text)
{
	const char *word[WORDS];
	size_t n = split_words(a, text, word);
	int64_t idle = 0;

	s->ticks = 0;
	s->busy = 0;
	if (n < 5 || !str_eq(word[0], "cpu"))
		return;
	for (size_t i = 1; i < MIN(n, (size_t)9); i++) {
		s->ticks += number(word[i]);
		if (i == 4 || i == 5)
			idle += number(word[i]);
	}
	s->busy = s->ticks - idle;
}

void
usage_read_meminfo(struct usage_sample *s, struct arena *a, const char *text)
{
	s->memory = 0;
	s->memory_free = 0;
	for (const char *line = text; line && *line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *word[WORDS];

		if (!str_starts(line, "MemTotal:") &&
			!str_starts(line, "MemAvailable:"))
			continue;
		if (split_words(a, line, word) < 2)
			continue;
		if (line[3] == 'T')
			s->memory = number(word[1]);
		else
			s->memory_free = number(word[1]);
	}
}

/* "eth0: received packets ... sent packets ...", where a number may follow the
 * colon without a blank. */
static bool
read_link(struct arena *a, const char *line, struct usage_link *l)
{
	const char *colon = strchr(line, ':');
	const char *end = strchr(line, '\n');
	const char *word[WORDS];

	if (!colon || (end && colon > end))
		return false;
	line += strspn(line, " ");
	if (!str_copy(l->name, sizeof(l->name),
		    arena_strndup(a, line, (size_t)(colon - line))))
		return false;
	if (str_eq(l->name, "lo") || split_words(a, colon + 1, word) < 9)
		return false;
	l->received = number(word[0]);
	l->sent = number(word[8]);
	l->mbit = 0;
	return true;
}

void
usage_read_dev(struct usage_sample *s, struct arena *a, const char *text)
{
	s->nlinks = 0;
	for (const char *line = text;
		line && *line && s->nlinks < NELEM(s->link);
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (read_link(a, line, &s->link[s->nlinks]))
			s->nlinks++;
	}
}

/* Links with a device behind them; those that only lead to them (bridges,
 * tunnels, containers' pairs) would count the same bytes again. A host that has
 * none is a container itself: then all count. */
static void
keep_devices(struct usage_sample *s)
{
	char path[64];
	size_t n = 0;

	for (size_t i = 0; i < s->nlinks; i++) {
		(void)snprintf(path, sizeof(path), "/sys/class/net/%s/device",
			s->link[i].name);
		if (access(path, F_OK) == 0)
			s->link[n++] = s->link[i];
	}
	if (n > 0)
		s->nlinks = n;
}

/* The kernel says -1, or refuses, where it does not know. */
static void
read_speed(struct arena *a, struct usage_link *l)
{
	char path[64];
	const char *word[WORDS];
	char *text;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/speed", l->name);
	text = fd_read_file(a, path, PROC_MAX, NULL);
	if (text && split_words(a, text, word) == 1)
		l->mbit = number(word[0]);
}

void
usage_take_storage(const char *dir, struct usage_sample *ret)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) != 0)
		return;
	/* as df(1) has it: what is kept for root is not there */
	ret->storage_free = (int64_t)fs.f_bavail;
	ret->storage = (int64_t)(fs.f_blocks - fs.f_bfree) + ret->storage_free;
}

void
usage_take(struct arena *a, const char *dir, struct usage_sample *ret)
{
	char *text;

	*ret = (struct usage_sample){.at_ms = clock_mono_ms()};
	text = fd_read_file(a, "/proc/stat", PROC_MAX, NULL);
	if (text)
		usage_read_stat(ret, a, text);
	text = fd_read_file(a, "/proc/meminfo", PROC_MAX, NULL);
	if (text)
		usage_read_meminfo(ret, a, text);
	text = fd_read_file(a, "/proc/net/dev", PROC_MAX, NULL);
	if (text)
		usage_read_dev(ret, a, text);
	keep_devices(ret);
	for (size_t i = 0; i < ret->nlinks; i++)
		read_speed(a, &ret->link[i]);
	usage_take_storage(dir, ret);
}

/* part of whole in percent, rounded. */
static int
percent(int64_t part, int64_t whole)
{
	int64_t p;

	if (whole <= 0)
		return USAGE_UNKNOWN;
	p = (int64_t)(100.0 * (double)part / (double)whole + 0.5);
	return (int)MIN(MAX(p, (int64_t)0), (int64_t)100);
}

static const struct usage_link *
link_of(const struct usage_sample *s, const char *name)
{
	for (size_t i = 0; i < s->nlinks; i++) {
		if (str_eq(s->link[i].name, name))
			return &s->link[i];
	}
	return NULL;
}

static int
network(const struct usage_sample *first, const struct usage_sample *second,
	int64_t mbit)
{
	int64_t ms = second->at_ms - first->at_ms;
	int most = USAGE_UNKNOWN;

	for (size_t i = 0; i < second->nlinks; i++) {
		const struct usage_link *l = &second->link[i];
		const struct usage_link *was = link_of(first, l->name);
		int64_t speed = l->mbit > 0 ? l->mbit : mbit;
		int64_t bytes;

		if (!was || speed <= 0 || ms <= 0)
			continue;
		/* made anew: nothing is known of what was before */
		if (l->received < was->received || l->sent < was->sent)
			continue;
		bytes = MAX(l->received - was->received, l->sent - was->sent);
		/* Mbit/s are 125 bytes a millisecond */
		most = MAX(most, percent(bytes, speed * 125 * ms));
	}
	return most;
}

void
usage_between(const struct usage_sample *first,
	const struct usage_sample *second, int64_t mbit, struct usage *ret)
{
	*ret = (struct usage){
		.cpu = USAGE_UNKNOWN,
		.memory = percent(
			second->memory - second->memory_free, second->memory),
		.storage = percent(second->storage - second->storage_free,
			second->storage),
		.network = USAGE_UNKNOWN,
	};
	if (!first->at_ms)
		return;
	ret->cpu = percent(
		second->busy - first->busy, second->ticks - first->ticks);
	ret->network = network(first, second, mbit);
}
