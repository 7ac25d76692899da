/*
 * unit.h - what the unit programs share. A file of tests exports one suite; a
 * program's main lists its suites and calls unit_main(). A test that covers a
 * requirement of SECURITY.md names it in the name of its case:
 *   tcase_create("IN-3 ...").
 */
#ifndef AS_UNIT_H
#define AS_UNIT_H

#include "base/base.h"

#include <check.h>

typedef Suite *(*suite_fn)(void);

/* Whether each test has a process of its own, which a test that dies on purpose
 * wants. With sanitizers such a process takes a tenth of a second, and most
 * tests nothing. The environment's CK_FORK=yes or no goes before. */
enum unit_cases {
	UNIT_APART,
	UNIT_TOGETHER,
};

/* Run the suites (ended by NULL), print TAP on stdout and Check's summary on
 * stderr. Returns main's exit status. */
int unit_main(
	const char *program, enum unit_cases cases, const suite_fn suites[]);

/* A case with its tests (ended by NULL) in a suite of its own name. */
TCase *unit_case(Suite *s, const char *name, const TTest *const tests[]);

/* A fresh directory that the caller removes with unit_tmp_done(). */
void unit_tmp(char dst[64]);
void unit_tmp_done(const char *dir);
/* dir/name with this text; dies on failure. path of at least 512 bytes. */
void unit_file(
	char path[512], const char *dir, const char *name, const char *text);
/* Assert that haystack holds needle, and show both when not. */
void unit_has(const char *haystack, const char *needle);

#endif
