/* unit_base.c - the unit tests of src/base. */
#include "unit_base.h"

int
main(void)
{
	static const suite_fn suites[] = {suite_arena, suite_buf, suite_cfg,
		suite_err, suite_fd, suite_jw, suite_limiter, suite_log,
		suite_meter, suite_origin, suite_place, suite_run, suite_str,
		suite_time, NULL};

	return unit_main("unit_base", UNIT_APART, suites);
}
