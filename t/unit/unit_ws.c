/* unit_ws.c - the unit tests of src/ws: its pure parts. */
#include "unit_ws.h"

int
main(void)
{
	static const suite_fn suites[] = {suite_frame, suite_shake, NULL};

	return unit_main("unit_ws", UNIT_TOGETHER, suites);
}
