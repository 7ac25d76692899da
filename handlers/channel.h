/* channel.h - a notification channel as answers hold it. */
#ifndef AS_HANDLERS_CHANNEL_H
#define AS_HANDLERS_CHANNEL_H

#include "web/field.h"

extern const struct field channel_out[];

#endif
