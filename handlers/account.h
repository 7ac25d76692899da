/* account.h - parts of one's own account that several answers hold. */
#ifndef AS_HANDLERS_ACCOUNT_H
#define AS_HANDLERS_ACCOUNT_H

#include "web/field.h"

extern const struct field preferences_out[];

#endif
