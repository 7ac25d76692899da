/* unit_ws.h - the suites of unit_ws. */
#ifndef AS_UNIT_WS_H
#define AS_UNIT_WS_H

#include "unit.h"

Suite *suite_frame(void);
Suite *suite_shake(void);

#endif
