/*
 * userns.c - who the build is on the host: the slot's own uid out of the
 * caller's /etc/subuid, mapped by newuidmap(1), and which capabilities are left.
 * Called by run.c, disk.c and own.c. Nothing here runs what users wrote.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box.h"

/*
 * The first range of FILE that belongs to the user (by name or by number) and
 * has room for the slot. Format of a line: subuid(5).
 */
static bool
sub_id(struct box *b, const char *file, const char *user, uint32_t *ret_id)
{
	char line[512], *name, *start, *count, *save;
	int64_t uid, first, n;
	FILE *f = fopen(file, "re");
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		name = strtok_r(line, ":", &save);
		start = name ? strtok_r(NULL, ":", &save) : NULL;
		count = start ? strtok_r(NULL, ":", &save) : NULL;
		if (!count || !parse_number(start, 1, UINT32_MAX - 1, &first) ||
			!parse_number(count, 1, UINT32_MAX - first, &n))
			continue;
		if (strcmp(name, user) != 0 &&
			!(parse_number(name, 0, UINT32_MAX, &uid) &&
				uid == b->uid))
			continue;
		if (b->slot < n) {
			*ret_id = (uint32_t)(first + b->slot);
			found = true;
		}
	}
	fclose(f);
	return found;
}

void
ids_init(struct box *b)
{
	uid_t r, e, s;
	char number[16];
	const char *user;
	struct passwd *pw;

	/* SB-0: bwrap started by root leaves the host's sysctls writable */
	if (getresuid(&r, &e, &s) != 0 || r == 0 || e == 0 || s == 0)
		box_fail(b, "refuses to run as root; start it as the worker's "
			    "own unprivileged user");
	if (r != e || e != s)
		box_fail(b, "real, effective and saved uid differ");
	b->uid = e;
	b->gid = getegid();
	pw = getpwuid(e);
	(void)snprintf(number, sizeof(number), "%u", (unsigned)e);
	user = pw ? pw->pw_name : number;
	if (!sub_id(b, "/etc/subuid", user, &b->slot_uid) ||
		!sub_id(b, "/etc/subgid", user, &b->slot_gid))
		box_fail(b,
			"no subordinate ids for slot %ld of user %s (usermod "
			"--add-subuids 200000-265535 --add-subgids "
			"200000-265535 %s)",
			b->slot, user, user);
	if (b->slot_uid == b->uid || b->slot_gid == b->gid)
		box_fail(b, "the subordinate ids of %s contain its own id",
			user);
}

struct mapper {
	enum tool tool;
	uint32_t own, slot;
	pid_t pid;
	int err_fd;
};

static void
mapper_start(struct box *b, struct mapper *m, pid_t target, bool with_worker)
{
	char path[4096], nr[4][16], zero[] = "0", one[] = "1";
	char *argv[16];
	int p[2], n = 0;

	tool_path(b, m->tool, path, sizeof(path));
	(void)snprintf(nr[0], sizeof(nr[0]), "%d", (int)target);
	(void)snprintf(nr[1], sizeof(nr[1]), "%d", INNER_ID);
	(void)snprintf(nr[2], sizeof(nr[2]), "%u", m->slot);
	(void)snprintf(nr[3], sizeof(nr[3]), "%u", m->own);
	argv[n++] = path;
	argv[n++] = nr[0];
	if (with_worker) {
		argv[n++] = zero;
		argv[n++] = nr[3];
		argv[n++] = one;
	}
	argv[n++] = nr[1];
	argv[n++] = nr[2];
	argv[n++] = one;
	argv[n] = NULL;
	if (pipe2(p, O_CLOEXEC) != 0)
		box_fail(b, "pipe: %s", strerror(errno));
	m->pid = vfork();
	if (m->pid == 0) {
		(void)dup2(p[1], STDERR_FILENO);
		execve(path, argv, (char *[]){NULL});
		_exit(127);
	}
	close(p[1]);
	m->err_fd = p[0];
	if (m->pid < 0)
		box_fail(b, "fork: %s", strerror(errno));
}

static void
mapper_wait(struct box *b, struct mapper *m)
{
	char said[256];
	ssize_t n = read(m->err_fd, said, sizeof(said) - 1);
	int status;

	said[n > 0 ? n : 0] = '\0';
	close(m->err_fd);
	while (waitpid(m->pid, &status, 0) < 0)
		if (errno != EINTR)
			box_fail(b, "waitpid: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		box_fail(b,
			"%s could not map the slot's id: %s (it must be "
			"setuid root or have its file capability, and the "
			"service must not set NoNewPrivileges)",
			m->tool == TOOL_NEWUIDMAP ? "newuidmap" : "newgidmap",
			said[0] ? said : "it said nothing");
}

void
ids_map(struct box *b, pid_t pid, bool with_worker)
{
	struct mapper u = {TOOL_NEWUIDMAP, b->uid, b->slot_uid};
	struct mapper g = {TOOL_NEWGIDMAP, b->gid, b->slot_gid};

	mapper_start(b, &u, pid, with_worker);
	mapper_start(b, &g, pid, with_worker);
	mapper_wait(b, &u);
	mapper_wait(b, &g);
}

void
ids_become(struct box *b, int inner)
{
	gid_t gid = (gid_t)inner;
	uid_t uid = (uid_t)inner;

	/* newgidmap forbids setgroups(2) where the worker's own gid is mapped;
	 * there (own.c) the groups stay, and nothing hostile runs */
	if (inner != 0 && setgroups(0, NULL) != 0)
		box_fail(b, "setgroups: %s", strerror(errno));
	if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		box_fail(b, "cannot become the slot's user: %s",
			strerror(errno));
	/* Changing the uid made /proc/self root's; nothing in this process is
	 * secret to the slot's uid, and no build can see it. */
	(void)prctl(PR_SET_DUMPABLE, 1);
}

static void
caps_set(struct box *b, uint64_t mask)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {
		{(uint32_t)mask, (uint32_t)mask, (uint32_t)mask},
		{(uint32_t)(mask >> 32), (uint32_t)(mask >> 32),
			(uint32_t)(mask >> 32)},
	};

	if (syscall(SYS_capset, &h, d) != 0)
		box_fail(b, "capset: %s", strerror(errno));
}

void
caps_keep(struct box *b, uint64_t mask)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		box_fail(b, "clearing ambient capabilities: %s",
			strerror(errno));
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(mask >> cap & 1) && prctl(PR_CAPBSET_DROP, cap) != 0)
			box_fail(b, "dropping capability %d: %s", cap,
				strerror(errno));
	caps_set(b, mask);
	for (int cap = 0; mask && cap < 64; cap++)
		if ((mask >> cap & 1) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0,
				0) != 0)
			box_fail(b, "keeping capability %d: %s", cap,
				strerror(errno));
}
