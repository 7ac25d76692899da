/* unit_ext.h - the suites of src/ext, one a file (db.c: t/helper/dbtest.c). */
#ifndef AS_UNIT_EXT_H
#define AS_UNIT_EXT_H

#include "unit.h"

Suite *suite_cert(void);
Suite *suite_crypt(void);
Suite *suite_dns(void);
Suite *suite_fcgi(void);
Suite *suite_gz(void);
Suite *suite_httpc(void);
Suite *suite_json(void);
Suite *suite_pass(void);
Suite *suite_token(void);

#endif
