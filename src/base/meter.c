/*
 * meter.c - the file is made by whoever comes first, and by making it twice
 * nothing is lost.
 */
#include "base/meter.h"

#include "base/arena.h"
#include "base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_MS 1000 /* between two attempts to open the file */

struct meter {
	const char *path;
	size_t words;
	uint64_t *map; /* NULL: not open */
	int64_t tried;
};

static size_t
size_of(const struct meter *m)
{
	return m->words * sizeof(uint64_t);
}

/* FNV-1a: nobody attacks a layout. */
static uint64_t
hash(const char *text, size_t words)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ words;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3ULL;
	return h;
}

static void
unmap(void *p)
{
	struct meter *m = p;

	if (m->map)
		(void)munmap(m->map, size_of(m)); /* it is ours */
	m->map = NULL;
}

struct meter *
meter_new(struct arena *a, const char *dir, const char *name,
	const char *layout, size_t words)
{
	struct meter *m = ARENA_NEW(a, struct meter);

	m->path = arena_printf(
		a, "%s/%s.%016" PRIx64, dir, name, hash(layout, words));
	m->words = words;
	m->tried = -RETRY_MS;
	arena_hook(a, unmap, m);
	return m;
}

struct meter *
meter_of(struct arena *a, const char *run_dir, const char *program)
{
	static const char layout[] =
#define METER(name, kind, metric, labels, doc) #name "\n"
#include "base/meter.def"
#undef METER
		;

	return meter_new(a, run_dir, arena_printf(a, "meters.%s", program),
		layout, METER_MAX);
}

static uint64_t *
map_fd(const struct meter *m, int fd, int protection)
{
	void *map = mmap(NULL, size_of(m), protection, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

static bool
is_whole(const struct meter *m, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == (off_t)size_of(m);
}

/* All of it is really there: a page that the disk has no room for would end
 * the process. Others may read it whatever the umask is: nothing in it is
 * secret. */
static uint64_t *
open_to_count(const struct meter *m)
{
	AUTO_FD int fd = open(m->path,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);

	if (fd < 0 || posix_fallocate(fd, 0, (off_t)size_of(m)) != 0 ||
		fchmod(fd, 0644) < 0 || !is_whole(m, fd))
		return NULL;
	return map_fd(m, fd, PROT_READ | PROT_WRITE);
}

static uint64_t *
words_of(struct meter *m)
{
	int64_t now;

	if (m->map)
		return m->map;
	now = clock_mono_ms();
	if (now - m->tried < RETRY_MS)
		return NULL;
	m->tried = now;
	m->map = open_to_count(m);
	return m->map;
}

void
meter_add(struct meter *m, size_t word, uint64_t n)
{
	uint64_t *w = words_of(m);

	ASSERT(word < m->words);
	if (w)
		(void)__atomic_fetch_add(&w[word], n, __ATOMIC_RELAXED);
}

void
meter_set(struct meter *m, size_t word, uint64_t value)
{
	uint64_t *w = words_of(m);

	ASSERT(word < m->words);
	if (w)
		__atomic_store_n(&w[word], value, __ATOMIC_RELAXED);
}

void
meter_read(const struct meter *m, uint64_t *ret)
{
	AUTO_FD int fd =
		open(m->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint64_t *map =
		fd >= 0 && is_whole(m, fd) ? map_fd(m, fd, PROT_READ) : NULL;

	for (size_t i = 0; i < m->words; i++)
		ret[i] = map ? __atomic_load_n(&map[i], __ATOMIC_RELAXED) : 0;
	if (map)
		(void)munmap(map, size_of(m)); /* it is ours */
}
