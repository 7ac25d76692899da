/* unit_ext.c - the unit tests of src/ext. */
#include "unit_ext.h"

int
main(void)
{
	static const suite_fn suites[] = {suite_cert, suite_crypt, suite_dns,
		suite_fcgi, suite_gz, suite_httpc, suite_json, suite_pass,
		suite_token, NULL};

	return unit_main("unit_ext", UNIT_APART, suites);
}
