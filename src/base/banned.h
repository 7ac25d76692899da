/*
 * banned.h - calls that do not compile, each with what to use instead.
 * Headers of the C library that declare them are included first, so that only
 * their use is an error. (The idea is git's.)
 */
#ifndef AS_BANNED_H
#define AS_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(f) sorry_##f##_is_a_banned_function

#undef strcpy /* buf_str, arena_strdup */
#define strcpy(d, s) BANNED(strcpy)
#undef strcat /* buf_str */
#define strcat(d, s) BANNED(strcat)
#undef strncpy /* str_copy */
#define strncpy(d, s, n) BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) BANNED(strncat)
#undef sprintf /* buf_printf, arena_printf, snprintf */
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok /* str_split */
#define strtok(s, d) BANNED(strtok)
#undef gmtime /* gmtime_r */
#define gmtime(t) BANNED(gmtime)
#undef localtime /* localtime_r */
#define localtime(t) BANNED(localtime)
#undef ctime
#define ctime(t) BANNED(ctime)
#undef asctime
#define asctime(t) BANNED(asctime)
#undef atoi /* str_to_int */
#define atoi(s) BANNED(atoi)
#undef atol
#define atol(s) BANNED(atol)
#undef strtol
#define strtol(s, e, b) BANNED(strtol)
#undef system /* run_start with an argv */
#define system(c) BANNED(system)
#undef popen
#define popen(c, m) BANNED(popen)
#undef rand /* rand_bytes */
#define rand() BANNED(rand)
#undef srand
#define srand(s) BANNED(srand)
#undef alloca
#define alloca(n) BANNED(alloca)

#endif
