/* unit.c - running Check suites as TAP, and small helpers of their tests. */
#include "unit.h"

#include "base/fd.h"

#include <fcntl.h>

int
unit_main(const char *program, enum unit_cases cases, const suite_fn suites[])
{
	SRunner *runner = srunner_create(NULL);
	int failed;
	int run;

	for (size_t i = 0; suites[i]; i++)
		srunner_add_suite(runner, suites[i]());
	srunner_set_tap(runner, "-");
	if (cases == UNIT_TOGETHER && !getenv("CK_FORK"))
		srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	run = srunner_ntests_run(runner);
	fprintf(stderr, "%s: %d%%: Checks: %d, Failures: %d\n", program,
		run ? 100 * (run - failed) / run : 0, run, failed);
	srunner_free(runner);
	return failed || !run;
}

TCase *
unit_case(Suite *s, const char *name, const TTest *const tests[])
{
	TCase *c = tcase_create(name);

	tcase_set_timeout(c, 60); /* sanitizers, and a busy machine */
	for (size_t i = 0; tests[i]; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(s, c);
	return c;
}

void
unit_tmp(char dst[64])
{
	(void)snprintf(dst, 64, "/tmp/autostack-unit.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dst));
}

void
unit_tmp_done(const char *dir)
{
	ck_assert(fd_remove_tree(AT_FDCWD, dir));
}

void
unit_file(char path[512], const char *dir, const char *name, const char *text)
{
	(void)snprintf(path, 512, "%s/%s", dir, name);
	ck_assert(fd_replace_file(path, text, strlen(text), 0600));
}

void
unit_has(const char *haystack, const char *needle)
{
	ck_assert_msg(strstr(haystack, needle) != NULL,
		"\"%s\" does not hold \"%s\"", haystack, needle);
}
