/*
 * base.h - included first by every file: the attributes, checks and cleanup
 * helpers that the whole tree uses, and the calls that nobody may use.
 */
#ifndef AS_BASE_H
#define AS_BASE_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST         __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NORETURN     __attribute__((noreturn))
#define UNUSED       __attribute__((unused))
#define NELEM(a)     (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)    ((a) < (b) ? (a) : (b))
#define MAX(a, b)    ((a) > (b) ? (a) : (b))

/* ASSERT means "programmer error": it stays on, logs, and aborts the process,
 * which its supervisor replaces. Never used on input. */
NORETURN void assert_failed(const char *expr, const char *file, int line);
#define ASSERT(e) ((e) ? (void)0 : assert_failed(#e, __FILE__, __LINE__))

/* malloc said no: says so on stderr and aborts. For arena.c and buf.c. */
NORETURN void out_of_memory(void);

/* Scoped ownership: AUTO_FD int fd = open(...); return TAKE_FD(fd); */
void auto_close(int *fd);
#define AUTO_FD __attribute__((cleanup(auto_close)))
static inline int
take_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}
#define TAKE_FD(fd) take_fd(&(fd))

#include "base/banned.h"

#endif
