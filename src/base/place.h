/*
 * place.h - where installed files lie, seen from the running program. A tree
 * that was moved after the build (quickstart's, one of make install DESTDIR)
 * finds its own files and not those of another installation.
 */
#ifndef AS_PLACE_H
#define AS_PLACE_H

#include "base/base.h"

struct arena;

/* Absolute path of one of our programs: beside the running one, else in its
 * PREFIX/lib/autostack, else where configure put it. Never NULL; whether
 * it can be executed is for the caller to find out. */
const char *place_program(struct arena *a, const char *name);
/* The same for a file or folder of PREFIX/share/autostack, "sql/schema". */
const char *place_data(struct arena *a, const char *path);

#endif
