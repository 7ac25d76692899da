/* unit_svc.c - the unit tests of src/svc. */
#include "unit_svc.h"

int
main(void)
{
	static const suite_fn suites[] = {suite_access, suite_archive,
		suite_detect, suite_envlines, suite_gitcred, suite_giturl,
		suite_hook, suite_hookurl, suite_mail, suite_mask, suite_oauth,
		suite_password, suite_pathfilter, suite_publish, suite_service,
		suite_siterules, suite_usage, NULL};

	return unit_main("unit_svc", UNIT_TOGETHER, suites);
}
