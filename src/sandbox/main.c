/*
 * main.c - autostack-sandbox: options and verbs. The worker starts it for every
 * step of a build, `autostack doctor` for the check. It must not know how a
 * sandbox is built. See autostack-sandbox(8).
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox/box.h"
#include "sandbox/sandbox.h"

#define KIB 1024LL
#define MIB (1024 * KIB)

static struct prog {
	struct box box;
	bool to_slot, to_given;
} prog;

static const char usage_text[] =
	"usage: autostack-sandbox run --slot N [OPTIONS] -- PROGRAM [ARG...]\n"
	"       autostack-sandbox own --slot N --to slot|worker DIR...\n"
	"       autostack-sandbox check [--slot N]\n"
	"options of run:\n"
	"  --net isolated|host|none   default isolated\n"
	"  --refuse CIDR              replaces the default list; repeatable\n"
	"  --bind SRC:DST, --ro-bind SRC:DST, --chdir DIR\n"
	"  --setenv NAME=VALUE, --env-fd N (NUL-separated NAME=VALUE), "
	"--stdin\n"
	"  --status-fd N, --control-fd N\n"
	"  --time MS, --memory BYTES, --pids N, --disk BYTES, --inodes N\n"
	"  --watch DIR                what --disk and --inodes measure\n"
	"  --tmp-size BYTES           of /tmp and of /dev/shm, default 256 "
	"MiB\n"
	"  --tools DIR                look there for bwrap and the others\n";

NORETURN static void PRINTF(1, 2) usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs(SANDBOX_PROGRAM ": ", stderr);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n%s", usage_text);
	exit(SANDBOX_EXIT_USAGE);
}

enum option_id {
	O_SLOT = 256,
	O_NET,
	O_REFUSE,
	O_BIND,
	O_RO_BIND,
	O_CHDIR_TO,
	O_SETENV,
	O_ENV_FD,
	O_STDIN,
	O_STATUS_FD,
	O_CONTROL_FD,
	O_TIME,
	O_MEMORY,
	O_PIDS,
	O_DISK,
	O_INODES,
	O_WATCH,
	O_TMP_SIZE,
	O_TOOLS,
	O_TO,
	O_HELP,
};

static const struct option options[] = {
	{"slot", required_argument, NULL, O_SLOT},
	{"net", required_argument, NULL, O_NET},
	{"refuse", required_argument, NULL, O_REFUSE},
	{"bind", required_argument, NULL, O_BIND},
	{"ro-bind", required_argument, NULL, O_RO_BIND},
	{"chdir", required_argument, NULL, O_CHDIR_TO},
	{"setenv", required_argument, NULL, O_SETENV},
	{"env-fd", required_argument, NULL, O_ENV_FD},
	{"stdin", no_argument, NULL, O_STDIN},
	{"status-fd", required_argument, NULL, O_STATUS_FD},
	{"control-fd", required_argument, NULL, O_CONTROL_FD},
	{"time", required_argument, NULL, O_TIME},
	{"memory", required_argument, NULL, O_MEMORY},
	{"pids", required_argument, NULL, O_PIDS},
	{"disk", required_argument, NULL, O_DISK},
	{"inodes", required_argument, NULL, O_INODES},
	{"watch", required_argument, NULL, O_WATCH},
	{"tmp-size", required_argument, NULL, O_TMP_SIZE},
	{"tools", required_argument, NULL, O_TOOLS},
	{"to", required_argument, NULL, O_TO},
	{"help", no_argument, NULL, O_HELP},
	{0},
};

static int64_t
number(const char *name, int64_t min, int64_t max)
{
	int64_t n;

	if (!parse_number(optarg, min, max, &n))
		usage("--%s %s: not a number from %lld to %lld", name, optarg,
			(long long)min, (long long)max);
	return n;
}

static int
descriptor(const char *name)
{
	int fd = (int)number(name, 3, 1023);

	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		usage("--%s %d: %s", name, fd, strerror(errno));
	return fd;
}

static void
add_bind(struct box *b, bool ro)
{
	char *colon = strrchr(optarg, ':');

	if (!colon || optarg[0] != '/' || colon[1] != '/' || !colon[2])
		usage("a bind is /SRC:/DST, not %s", optarg);
	if (b->binds == BIND_MAX)
		usage("more than %d binds", BIND_MAX);
	*colon = '\0';
	b->bind[b->binds++] = (struct bind){
		.src = optarg, .dst = colon + 1, .ro = ro, .fd = -1};
}

static void
add_text(const char **list, int *n, int max, const char *name)
{
	if (*n == max)
		usage("more than %d times --%s", max, name);
	list[(*n)++] = optarg;
}

static enum net_mode
net_mode(void)
{
	if (strcmp(optarg, "isolated") == 0)
		return NET_ISOLATED;
	if (strcmp(optarg, "host") == 0)
		return NET_HOST;
	if (strcmp(optarg, "none") == 0)
		return NET_NONE;
	usage("--net %s: not one of isolated, host, none", optarg);
}

static void
owner_option(struct prog *p)
{
	p->to_slot = strcmp(optarg, "slot") == 0;
	if (!p->to_slot && strcmp(optarg, "worker") != 0)
		usage("--to %s: not one of slot, worker", optarg);
	p->to_given = true;
}

static void
limit_option(struct limits *l, int o)
{
	switch (o) {
	case O_TIME:
		l->time_ms = number("time", 1, INT_MAX);
		break;
	case O_MEMORY:
		l->memory = number("memory", MIB, INT64_MAX / 4);
		break;
	case O_PIDS:
		l->pids = number("pids", 1, 1000000);
		break;
	case O_DISK:
		l->disk = number("disk", 1, INT64_MAX / 4);
		break;
	case O_INODES:
		l->inodes = number("inodes", 1, INT64_MAX / 4);
		break;
	case O_TMP_SIZE:
		l->tmp_size = number("tmp-size", 4 * KIB, INT64_MAX / 4);
		break;
	default:
		usage("try --help");
	}
}

static void
take_option(struct prog *p, int o)
{
	struct box *b = &p->box;

	switch (o) {
	case O_SLOT:
		b->slot = (long)number("slot", 0, 65535);
		break;
	case O_NET:
		b->net = net_mode();
		break;
	case O_REFUSE:
		add_text(b->refuse, &b->refuses, REFUSE_MAX, "refuse");
		break;
	case O_BIND:
	case O_RO_BIND:
		add_bind(b, o == O_RO_BIND);
		break;
	case O_CHDIR_TO:
		b->chdir = optarg;
		break;
	case O_SETENV:
		add_text(b->setenv, &b->setenvs, ENV_MAX, "setenv");
		break;
	case O_ENV_FD:
		b->env_fd = descriptor("env-fd");
		break;
	case O_STDIN:
		b->keep_stdin = true;
		break;
	case O_STATUS_FD:
		b->status_fd = descriptor("status-fd");
		break;
	case O_CONTROL_FD:
		b->control_fd = descriptor("control-fd");
		break;
	case O_WATCH:
		b->watch = optarg;
		break;
	case O_TOOLS:
		b->tools = optarg;
		break;
	case O_TO:
		owner_option(p);
		break;
	case O_HELP:
		fputs(usage_text, stdout);
		exit(0);
	default:
		limit_option(&b->lim, o);
	}
}

/* Nothing but 0, 1, 2 and the named descriptors is inherited further, and the
 * end of the starter is our end. (A starter that was dead before this prctl is
 * told by --control-fd only.) */
static void
settle(struct box *b)
{
	int keep[] = {b->env_fd, b->status_fd, b->control_fd};
	pid_t parent = getppid();

	close_all_but(keep, NELEM(keep));
	(void)signal(SIGCHLD, SIG_DFL);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			exit(SANDBOX_EXIT_USAGE);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		exit(SANDBOX_EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	struct box *b = &prog.box;
	const char *verb = argc > 1 ? argv[1] : "--help";
	int o;

	b->env_fd = b->status_fd = b->control_fd = b->watch_fd = -1;
	b->net = NET_ISOLATED;
	b->lim.tmp_size = 256 * MIB;
	if (argc > 1 && verb[0] != '-') {
		argv++;
		argc--;
	}
	while ((o = getopt_long(argc, argv, "+", options, NULL)) != -1)
		take_option(&prog, o);
	argv += optind;
	settle(b);
	if (strcmp(verb, "run") == 0 && argv[0]) {
		b->argv = argv;
		return box_run(b);
	}
	if (strcmp(verb, "own") == 0 && argv[0] && prog.to_given)
		return box_own(b, prog.to_slot, argv);
	if (strcmp(verb, "check") == 0 && !argv[0])
		return box_check(b);
	usage("what to do? run, own or check");
}
