/* unit_svc.h - the suites of src/svc, one a file. */
#ifndef AS_UNIT_SVC_H
#define AS_UNIT_SVC_H

#include "unit.h"

Suite *suite_access(void);
Suite *suite_archive(void);
Suite *suite_detect(void);
Suite *suite_envlines(void);
Suite *suite_gitcred(void);
Suite *suite_giturl(void);
Suite *suite_hook(void);
Suite *suite_hookurl(void);
Suite *suite_mail(void);
Suite *suite_mask(void);
Suite *suite_oauth(void);
Suite *suite_password(void);
Suite *suite_pathfilter(void);
Suite *suite_publish(void);
Suite *suite_service(void);
Suite *suite_siterules(void);
Suite *suite_usage(void);

#endif
