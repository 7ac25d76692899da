/* env.h - the validator of environment variables, for those who take them. */
#ifndef AS_HANDLERS_ENV_H
#define AS_HANDLERS_ENV_H

#include "web/valid.h"

extern const struct validator valid_env_lines, valid_env_name, valid_env_value;
#define V_ENV_LINES (&valid_env_lines) /* KEY=VALUE lines; writeOnly */
#define V_ENV_NAME  (&valid_env_name)
#define V_ENV_VALUE (&valid_env_value) /* any text; writeOnly */

#endif
