/* incident.h - the fields of incidents that everybody may see. */
#ifndef AS_HANDLERS_INCIDENT_H
#define AS_HANDLERS_INCIDENT_H

#include "web/field.h"

extern const struct field incident_public_out[];

#endif
