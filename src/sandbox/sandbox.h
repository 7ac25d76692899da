/*
 * sandbox.h - what autostack-sandbox promises to whoever starts it: verbs, exit
 * codes and the one result line on --status-fd. The worker includes this file;
 * the manual autostack-sandbox(8) says the same in prose. No code belongs here.
 *
 * The result line is written when every process of the build is dead, and
 * never twice:
 *
 *	RESULT [ARGUMENT] [KEY=VALUE ...]\n
 *
 *	exit N      the command ended by itself with status N (128+signal when
 *	            a signal killed it inside)
 *	signal N    the sandbox's own first process was killed by signal N from
 *	            outside (the kernel's memory killer, an administrator)
 *	limit NAME  a limit ended it: time memory pids disk inodes
 *	cancelled   SIGTERM, SIGINT or SIGHUP arrived, or --control-fd was closed
 *	setup TEXT  nothing was run; TEXT (rest of the line) names the missing
 *	            part and what mends it
 *	late TEXT   nothing was run either, but nothing is missing: the kernel or
 *	            a helper did not answer in time, so another try may do
 *	error TEXT  it ran, and a part of the sandbox itself failed (the network
 *	            helper died ...); everything was killed
 *
 * exit, signal, limit and cancelled are followed by peak_memory=BYTES
 * peak_pids=N peak_disk=BYTES peak_inodes=N wall_ms=N limits=LIST, LIST being
 * what was really in force, separated by commas. A reader ignores keys that it
 * does not know. The line is shorter than SANDBOX_LINE_MAX.
 */
#ifndef AS_SANDBOX_SANDBOX_H
#define AS_SANDBOX_SANDBOX_H

#define SANDBOX_PROGRAM "autostack-sandbox"

enum sandbox_exit {
	SANDBOX_EXIT_OK = 0,     /* the result line is "exit 0" */
	SANDBOX_EXIT_ENDED = 1,  /* any other end of something that ran */
	SANDBOX_EXIT_USAGE = 64, /* the caller's mistake; nothing ran */
	SANDBOX_EXIT_SETUP = 70, /* "setup ..." or "late ..."; nothing ran */
};

#define SANDBOX_LINE_MAX 1024

/* first words of the result line */
#define SANDBOX_RESULT_EXIT      "exit"
#define SANDBOX_RESULT_SIGNAL    "signal"
#define SANDBOX_RESULT_LIMIT     "limit"
#define SANDBOX_RESULT_CANCELLED "cancelled"
#define SANDBOX_RESULT_SETUP     "setup"
#define SANDBOX_RESULT_LATE      "late"
#define SANDBOX_RESULT_ERROR     "error"

/* second word of a "limit" line */
#define SANDBOX_LIMIT_TIME   "time"
#define SANDBOX_LIMIT_MEMORY "memory"
#define SANDBOX_LIMIT_PIDS   "pids"
#define SANDBOX_LIMIT_DISK   "disk"
#define SANDBOX_LIMIT_INODES "inodes"

#endif
