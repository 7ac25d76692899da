/* unit_web.h - the suites of src/web, one a file. */
#ifndef AS_UNIT_WEB_H
#define AS_UNIT_WEB_H

#include "unit.h"

Suite *suite_cookie(void);
Suite *suite_csv(void);
Suite *suite_field(void);
Suite *suite_route(void);
Suite *suite_serve(void);
Suite *suite_valid(void);

#endif
