/*
 * limiter.c - the counters are a hash table in a file that all processes map.
 * A window is one word, when it began and how many requests it has: whoever
 * counts swaps that word, and needs no lock. A key without a slot gets one
 * behind a lock on its set, which the kernel gives back when its holder is
 * killed. So no process waits for a dead one, and nothing is half there.
 */
#include "base/limiter.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC     0x31544d494c5341ULL /* "ASLIMT1" */
#define SET_SLOTS 16
#define SETS_AT   4096 /* where the sets begin in the file */
#define CHECK_MS  1000 /* how often the name of the file is looked up */

#ifndef SETS
#define SETS 4096 /* 65536 windows, 4 MiB in all */
#endif

#define SETS_SIZE ((size_t)SETS * SET_SLOTS * sizeof(struct slot))
#define FILE_SIZE (SETS_AT + SETS_SIZE)
#define KEY_WORDS (LIMITER_KEY / sizeof(uint64_t))
#define USED_BITS 24
#define USED_MAX  ((INT64_C(1) << USED_BITS) - 1)

struct header {
	uint64_t magic;
	uint64_t seed; /* nobody can choose keys that fall into one set */
};

struct key {
	uint64_t word[KEY_WORDS];
};

/* A slot that is taken by another key shows window 0 while its key is being
 * written. Whoever read the key before finds another window than it had. */
struct slot {
	struct key key;
	uint64_t window; /* see window_of(); 0: none */
	int64_t length;  /* of the window, ms; for who needs a slot */
	uint64_t rest;
};

struct limiter {
	const char *path;
	int fd; /* -1: to be opened */
	uint8_t *map;
	struct stat opened;
	int64_t checked; /* when the name still was that of this file */
	uint64_t seed;
	int64_t (*clock)(void);
};

static void
close_file(void *p)
{
	struct limiter *l = p;

	if (l->map)
		(void)munmap(l->map, FILE_SIZE); /* it is ours */
	if (l->fd >= 0)
		(void)close(l->fd); /* nothing is left to write */
	l->map = NULL;
	l->fd = -1;
}

struct limiter *
limiter_new(struct arena *a, const char *path)
{
	struct limiter *l = ARENA_NEW(a, struct limiter);

	l->path = path;
	l->fd = -1;
	l->clock = clock_mono_ms;
	arena_hook(a, close_file, l);
	return l;
}

/* ---- the file ---- */

static bool
lock(int fd, off_t at, short type)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = at,
		.l_len = 1,
	};

	while (fcntl(fd, F_OFD_SETLKW, &range) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

/* All of it is really there: a page that the disk has no room for would end
 * the process. */
static bool
reserve(int fd)
{
	int e = posix_fallocate(fd, 0, (off_t)FILE_SIZE);

	errno = e;
	return e == 0;
}

/* The first process writes the header, the others find it. */
static void
read_header(struct limiter *l)
{
	struct header *h = (struct header *)l->map;

	if (h->magic != MAGIC) {
		rand_bytes(&h->seed, sizeof(h->seed));
		h->magic = MAGIC;
	}
	l->seed = h->seed;
}

static bool
map_file(struct limiter *l, int fd)
{
	void *map;

	if (!reserve(fd))
		return false;
	map = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	l->map = map;
	read_header(l);
	return true;
}

static bool
open_file(struct limiter *l)
{
	AUTO_FD int fd = open(l->path,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	bool ok;

	if (fd < 0 || fstat(fd, &l->opened) < 0)
		return false;
	if (!S_ISREG(l->opened.st_mode)) {
		errno = EINVAL;
		return false;
	}
	if (!lock(fd, 0, F_WRLCK))
		return false;
	ok = map_file(l, fd);
	if (!lock(fd, 0, F_UNLCK) || !ok)
		return false;
	l->fd = TAKE_FD(fd);
	return true;
}

/* All processes count in the file that has the name now: one that was removed
 * or cut off is left by all of them, within a second. */
static bool
ensure(struct limiter *l)
{
	int64_t now = l->clock();
	struct stat st;

	if (l->fd >= 0 && now >= l->checked && now - l->checked < CHECK_MS)
		return true;
	l->checked = now;
	if (l->fd >= 0 && stat(l->path, &st) == 0 &&
		st.st_ino == l->opened.st_ino &&
		st.st_dev == l->opened.st_dev && st.st_size >= (off_t)FILE_SIZE)
		return true;
	close_file(l);
	return open_file(l);
}

/* ---- windows ---- */

static uint64_t
window_of(int64_t begins, int64_t used)
{
	return (uint64_t)begins << USED_BITS | (uint64_t)used;
}

static int64_t
begins(uint64_t window)
{
	return (int64_t)(window >> USED_BITS);
}

static int64_t
used(uint64_t window)
{
	return (int64_t)(window & USED_MAX);
}

/* One from before the last boot begins in the future. */
static bool
live(uint64_t window, int64_t now, int64_t window_ms)
{
	return window && begins(window) <= now &&
	       now - begins(window) < window_ms;
}

static uint64_t
load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static bool
swap(uint64_t *p, uint64_t was, uint64_t is)
{
	return __atomic_compare_exchange_n(
		p, &was, is, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool
same_key(const struct slot *s, const struct key *key)
{
	for (size_t i = 0; i < KEY_WORDS; i++)
		if (load(&s->key.word[i]) != key->word[i])
			return false;
	return true;
}

static void
tell(uint64_t window, int64_t now, int64_t quota, int64_t window_ms,
	struct limit *ret)
{
	ret->left = MAX(quota - used(window), 0);
	ret->seconds = (begins(window) + window_ms - now + 999) / 1000;
}

/* Count in a slot, as long as it is the key's. The clock is read after the
 * window, so that no window of this boot seems to begin in the future. */
static bool
count(struct limiter *l, struct slot *s, const struct key *key, int64_t quota,
	int64_t window_ms, struct limit *ret)
{
	for (;;) {
		uint64_t was = load(&s->window);
		int64_t now = l->clock();
		bool going = live(was, now, window_ms);
		uint64_t is = going ? was + 1 : window_of(now, 1);

		if (!was || !same_key(s, key))
			return false;
		ret->over = going && used(was) >= quota;
		if (ret->over)
			is = was;
		if (!swap(&s->window, was, is))
			continue;
		tell(is, now, quota, window_ms, ret);
		return true;
	}
}

static bool
count_in_set(struct limiter *l, struct slot *set, const struct key *key,
	int64_t quota, int64_t window_ms, struct limit *ret)
{
	for (int i = 0; i < SET_SLOTS; i++)
		if (same_key(&set[i], key) &&
			count(l, &set[i], key, quota, window_ms, ret))
			return true;
	return false;
}

/* The slot that a new key takes: one whose window has ended, else the one that
 * began first. */
static struct slot *
spare(struct slot *set, int64_t now, uint64_t *ret_window)
{
	struct slot *take = NULL;

	for (int i = 0; i < SET_SLOTS; i++) {
		uint64_t w = load(&set[i].window);
		bool ended = !live(w, now, set[i].length);

		if (!take || ended || w < *ret_window) {
			take = &set[i];
			*ret_window = w;
		}
		if (ended)
			break;
	}
	return take;
}

/* The set is locked. Its windows go on being counted. */
static void
take(struct limiter *l, struct slot *set, const struct key *key, int64_t quota,
	int64_t window_ms, struct limit *ret)
{
	int64_t now = l->clock();
	uint64_t window = window_of(now, 1);
	uint64_t was;
	struct slot *s;

	do
		s = spare(set, now, &was);
	while (!swap(&s->window, was, 0));
	for (size_t i = 0; i < KEY_WORDS; i++)
		__atomic_store_n(
			&s->key.word[i], key->word[i], __ATOMIC_SEQ_CST);
	s->length = window_ms;
	__atomic_store_n(&s->window, window, __ATOMIC_SEQ_CST);
	ret->over = false;
	tell(window, now, quota, window_ms, ret);
}

/* ---- a hit ---- */

static uint64_t
mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	return h ^ (h >> 33);
}

/* Seeded, and mixed after every word: whoever owns many addresses does not
 * know which of them share a set. */
static size_t
set_of(const struct limiter *l, const struct key *key)
{
	uint64_t h = l->seed;

	for (size_t i = 0; i < KEY_WORDS; i++)
		h = mix(h ^ key->word[i]) + l->seed;
	return SETS_AT + (size_t)(h % SETS) * SET_SLOTS * sizeof(struct slot);
}

bool
limiter_hit(struct limiter *l, const char *key, int64_t quota,
	int64_t window_ms, struct limit *ret)
{
	struct key k = {0};
	struct slot *set;
	struct limit limit;
	size_t at;

	ASSERT(quota > 0 && quota < USED_MAX);
	ASSERT(str_copy((char *)k.word, sizeof(k.word), key));
	if (!ensure(l))
		return false;
	at = set_of(l, &k);
	set = (struct slot *)(l->map + at);
	if (!count_in_set(l, set, &k, quota, window_ms, &limit)) {
		if (!lock(l->fd, (off_t)at, F_WRLCK))
			return false;
		/* somebody else may have been quicker */
		if (!count_in_set(l, set, &k, quota, window_ms, &limit))
			take(l, set, &k, quota, window_ms, &limit);
		if (!lock(l->fd, (off_t)at, F_UNLCK))
			close_file(l); /* which gives it back as well */
	}
	*ret = limit;
	return true;
}

/* ---- keys ---- */

void
limiter_address(char dst[LIMITER_KEY], char kind, const char *ip)
{
	struct in6_addr a;
	char net[INET6_ADDRSTRLEN];

	if (ip && inet_pton(AF_INET6, ip, &a) == 1) {
		if (IN6_IS_ADDR_V4MAPPED(&a)) {
			ip = inet_ntop(
				AF_INET, &a.s6_addr[12], net, sizeof(net));
		} else {
			memset(&a.s6_addr[8], 0, 8);
			ip = inet_ntop(AF_INET6, &a, net, sizeof(net));
		}
	}
	(void)snprintf(dst, LIMITER_KEY, "%c:%s", kind, ip ? ip : "?");
}

void
limiter_user(char dst[LIMITER_KEY], char kind, const char *user_id)
{
	(void)snprintf(dst, LIMITER_KEY, "%c:%s", kind, user_id);
}
