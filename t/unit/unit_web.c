/* unit_web.c - the unit tests of src/web. */
#include "unit_web.h"

int
main(void)
{
	static const suite_fn suites[] = {suite_cookie, suite_csv, suite_field,
		suite_route, suite_serve, suite_valid, NULL};

	return unit_main("unit_web", UNIT_TOGETHER, suites);
}
