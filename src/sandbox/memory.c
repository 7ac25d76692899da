/*
 * memory.c - what the processes of one pid namespace use, read from a /proc of
 * that namespace. monitor.c calls it ten times a second; nothing here decides.
 */
#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sandbox/box.h"

/* Reads a small file of /proc; false when the process is gone. */
static bool
slurp(int dir, const char *pid, const char *file, char *buf, size_t size)
{
	char path[64];
	size_t used = 0;
	ssize_t n = 1;
	int fd;

	(void)snprintf(
		path, sizeof(path), "%s%s%s", pid, *pid ? "/" : "", file);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (n > 0 && used < size - 1) {
		n = read(fd, buf + used, size - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	buf[used] = '\0';
	return used > 0;
}

/* The number behind "\nNAME:", 0 when there is none. */
static int64_t
field(const char *text, const char *name)
{
	const char *s = strstr(text, name);

	return s ? strtoll(s + strlen(name), NULL, 10) : 0;
}

static void
add(struct usage *u, int dir, const char *pid, bool exact)
{
	char buf[8192];
	int64_t kb;

	if (!slurp(dir, pid, "status", buf, sizeof(buf)))
		return;
	u->tasks += field(buf, "\nThreads:");
	kb = field(buf, "\nRssAnon:") + field(buf, "\nRssShmem:") +
	     field(buf, "\nVmSwap:");
	if (exact && kb && slurp(dir, pid, "smaps_rollup", buf, sizeof(buf)))
		kb = field(buf, "\nPss_Anon:") + field(buf, "\nPss_Shmem:") +
		     field(buf, "\nSwapPss:");
	u->memory += kb * 1024;
}

struct usage
usage_sample(int proc_fd, bool exact)
{
	_Alignas(struct dirent64) char buf[32768];
	struct usage u = {0};
	long n;

	if (lseek(proc_fd, 0, SEEK_SET) != 0)
		return u;
	while ((n = read_dir(proc_fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent64 *d = (void *)(buf + at);

			if (d->d_name[0] >= '0' && d->d_name[0] <= '9')
				add(&u, proc_fd, d->d_name, exact);
			at += d->d_reclen;
		}
	return u;
}

/* Memory that no process maps (files in a tmpfs, a mapping given up after use)
 * escapes the samples; the host's own reserve does not. */
bool
usage_host_exhausted(void)
{
	char buf[4096];
	int64_t total, avail;

	if (!slurp(AT_FDCWD, "", "/proc/meminfo", buf, sizeof(buf)))
		return false;
	total = field(buf, "MemTotal:");
	avail = field(buf, "\nMemAvailable:");
	return avail < MIN(total / 16, 256 * 1024);
}
