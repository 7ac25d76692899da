/* print.h - `autostack-api -x TABLE`: the tables, for manuals and tests. */
#ifndef AS_API_PRINT_H
#define AS_API_PRINT_H

#include "base/base.h"

struct arena;

/* Print a table to stdout; false (and a line on stderr) when there is no such
 * table. */
bool print_table(struct arena *a, const char *name);

#endif
