/* unit_base.h - the suites of src/base, one a file. */
#ifndef AS_UNIT_BASE_H
#define AS_UNIT_BASE_H

#include "unit.h"

Suite *suite_arena(void);
Suite *suite_buf(void);
Suite *suite_cfg(void);
Suite *suite_err(void);
Suite *suite_fd(void);
Suite *suite_jw(void);
Suite *suite_limiter(void);
Suite *suite_meter(void);
Suite *suite_log(void);
Suite *suite_origin(void);
Suite *suite_place(void);
Suite *suite_run(void);
Suite *suite_str(void);
Suite *suite_time(void);

#endif
