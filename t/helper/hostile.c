/*
 * hostile.c - what a build may try in order to hurt the host or to live on, for
 * t/3103-sandbox-limits.t and t/3104-sandbox-end.t. One word of the table below
 * as argument.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024UL * 1024)

static void
forever(void)
{
	for (;;)
		pause();
}

/* Touches N MiB for good, whatever the compiler thinks of it. */
static char *
take(size_t n)
{
	char *p = malloc(n * MIB);

	if (p)
		memset(p, 1, n * MIB);
	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}

static void
forks(void)
{
	for (;;)
		(void)fork();
}

static void *
spin(void *arg)
{
	for (;;)
		__asm__ volatile("" ::: "memory");
	return arg;
}

static void
threads(void)
{
	pthread_t t;

	for (int i = 0; i < 100; i++)
		if (pthread_create(&t, NULL, spin, NULL) != 0)
			break;
	spin(NULL);
}

/* One process that takes what it gets and stays when it gets no more. */
static void
memory(void)
{
	while (take(1))
		;
	forever();
}

/* 64 GiB at once: refused by the limit of a process */
static void
huge(void)
{
	char *p = malloc(64UL * 1024 * MIB);

	if (!p)
		exit(3);
	for (size_t i = 0; i < 64UL * 1024; i++)
		p[i * MIB] = 1;
}

/* Eight processes that each stay below the limit of a process. */
static void
family(void)
{
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			(void)take(50);
			forever();
		}
	forever();
}

/* 50 MiB that eight processes share by fork count once. */
static void
shared(void)
{
	(void)take(50);
	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			forever();
	sleep(1);
	kill(0, SIGKILL);
}

/* Memory that no limit of one process counts. */
static void
mapped(void)
{
	for (;;) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			forever();
		memset(p, 1, MIB);
	}
}

static void
big_file(void)
{
	static char buf[MIB];
	int fd = open("big", O_CREAT | O_WRONLY, 0600);

	memset(buf, 1, sizeof(buf));
	(void)signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 10240; i++)
		if (write(fd, buf, sizeof(buf)) != (ssize_t)sizeof(buf))
			exit(3);
}

/* each within the limit of a file */
static void
many_files(void)
{
	static char buf[MIB];
	char name[32];

	memset(buf, 1, sizeof(buf));
	for (int i = 0; i < 10240; i++) {
		int fd;

		(void)snprintf(name, sizeof(name), "file%d", i);
		fd = open(name, O_CREAT | O_WRONLY, 0600);
		for (int k = 0; k < 8; k++)
			if (write(fd, buf, sizeof(buf)) < 0)
				exit(3);
		close(fd);
	}
}

static void
empty_files(void)
{
	char name[32];

	for (int i = 0; i < 1000000; i++) {
		(void)snprintf(name, sizeof(name), "e%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
}

static void
sparse(void)
{
	int fd = open("sparse", O_CREAT | O_WRONLY, 0600);

	(void)signal(SIGXFSZ, SIG_IGN);
	exit(ftruncate(fd, (off_t)1 << 50) == 0 ? 0 : 3);
}

/* Ten thousand levels, closed to everybody at the end, and odd things in it. */
static void
deep(void)
{
	for (int i = 0; i < 10000; i++)
		if (mkdir("d", 0700) != 0 || chdir("d") != 0)
			exit(3);
	close(open("file", O_CREAT | O_WRONLY, 0));
	(void)mkfifo("fifo", 0);
	(void)symlink("/etc/passwd", "link");
	for (int i = 0; i < 100; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "hard%d", i);
		(void)link("file", name);
	}
	for (int i = 0; i < 10000; i++) {
		if (chdir("..") != 0 || chmod("d", 0) != 0)
			exit(3);
	}
}

/* Ignores what can be ignored, in a session of its own, twice forked. */
static void
stubborn(int stopped)
{
	for (int s = 1; s < 65; s++)
		if (s != SIGCHLD)
			(void)signal(s, SIG_IGN);
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			(void)setsid();
			if (fork() != 0)
				_exit(0);
			if (stopped)
				raise(SIGSTOP);
			forever();
		}
}

static void
daemons(void)
{
	stubborn(0);
	puts("ready");
	fflush(stdout);
	forever();
}

static void
stopped(void)
{
	stubborn(1);
	puts("ready");
	fflush(stdout);
	raise(SIGSTOP);
	forever();
}

/* Leaves its children behind and ends. */
static void
leaver(void)
{
	stubborn(0);
	puts("ready");
}

/* No pid lives long enough to be killed by number. */
static void
churn(void)
{
	puts("ready");
	fflush(stdout);
	if (fork() != 0)
		forever();
	for (;;) {
		pid_t p = fork();

		if (p > 0)
			_exit(0);
		if (p < 0)
			usleep(100);
		else
			(void)setsid();
	}
}

static const struct {
	const char *name;
	void (*fn)(void);
} table[] = {{"forks", forks}, {"threads", threads}, {"memory", memory},
	{"huge", huge}, {"family", family}, {"shared", shared},
	{"mapped", mapped}, {"big_file", big_file}, {"many_files", many_files},
	{"empty_files", empty_files}, {"sparse", sparse}, {"deep", deep},
	{"daemons", daemons}, {"stopped", stopped}, {"leaver", leaver},
	{"churn", churn}};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(table) / sizeof(table[0]);
		i++)
		if (strcmp(argv[1], table[i].name) == 0) {
			table[i].fn();
			return 0;
		}
	return 64;
}
