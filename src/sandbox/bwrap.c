/*
 * bwrap.c - the inside of the sandbox: which files a build sees and how bwrap is
 * told so. run.c calls it. It must not know about limits or the network rules.
 *
 * All arguments travel in a memfd (bwrap --args), so that neither the
 * environment nor a host path ever shows in a process list.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/box.h"

/* C puts the bound trees here, in its own mount namespace, before bwrap binds
 * them: the slot's uid could not reach them by their host path when a parent
 * directory is the worker's alone (a 0700 home). /sys exists everywhere, and
 * neither bwrap nor a build needs what it hides there. */
#define STAGE "/sys"

static const char *const base_args[] = {"--unshare-all", "--unshare-user",
	"--disable-userns", "--cap-drop", "ALL", "--new-session",
	"--die-with-parent", "--clearenv", "--uid", "65534", "--gid", "65534",
	"--hostname", "build", "--ro-bind", "/usr", "/usr"};

/* from the host's /etc, where present; never the whole of it */
static const char *const etc_try[] = {"/etc/alternatives", "/etc/ld.so.cache",
	"/etc/mime.types", "/etc/npmrc", "/etc/protocols", "/etc/services",
	"/etc/ssl/certs", "/etc/ssl/openssl.cnf"};

static const char *const proc_args[] = {"--proc", "/proc", "--ro-bind",
	"/proc/sys", "/proc/sys", "--dev", "/dev", "--dir", "/run", "--dir",
	"/var", "--symlink", "/tmp", "/var/tmp"};

static const char *const close_args[] = {
	"--remount-ro", "/dev", "--remount-ro", "/"};

#define CA_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

/* Defaults, before the caller's own, which win. */
static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
	"LANG=C.UTF-8", "USER=build", "TMPDIR=/tmp",
	"NODE_EXTRA_CA_CERTS=" CA_BUNDLE, "SSL_CERT_FILE=" CA_BUNDLE};

static int
text_memfd(struct box *b, const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
		lseek(fd, 0, SEEK_SET) != 0)
		box_fail(b, "memfd: %s", strerror(errno));
	return fd;
}

static void
arg(FILE *f, const char *s)
{
	fwrite(s, 1, strlen(s) + 1, f);
}

static void
args(FILE *f, const char *const *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		arg(f, s[i]);
}

static void
arg_number(FILE *f, const char *name, int64_t n)
{
	char s[24];

	(void)snprintf(s, sizeof(s), "%lld", (long long)n);
	arg(f, name);
	arg(f, s);
}

/* A file with a text of ours. */
static void
arg_file(struct box *b, FILE *f, const char *path, const char *text)
{
	ASSERT(b->files < (int)NELEM(b->file_fd));
	b->file_fd[b->files] = text_memfd(b, text);
	arg(f, "--perms");
	arg(f, "0444");
	arg_number(f, "--file", b->file_fd[b->files++]);
	arg(f, path);
}

/* /bin and the like: a symlink on Debian, a directory on older systems. */
static void
arg_top(FILE *f, const char *path)
{
	char to[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof(to) - 1);

	if (n > 0) {
		to[n] = '\0';
		arg(f, "--symlink");
		arg(f, to);
		arg(f, path);
	} else if (access(path, F_OK) == 0) {
		arg(f, "--ro-bind");
		arg(f, path);
		arg(f, path);
	}
}

static void
args_etc(struct box *b, FILE *f)
{
	arg_file(b, f, "/etc/passwd",
		"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n"
		"build:x:65534:65534:build:/build:/bin/sh\n");
	arg_file(b, f, "/etc/group", "root:x:0:\nbuild:x:65534:\n");
	arg_file(b, f, "/etc/hosts", "127.0.0.1 localhost build\n");
	arg_file(b, f, "/etc/nsswitch.conf",
		"passwd: files\ngroup: files\nhosts: files dns\n");
	if (b->net == NET_ISOLATED)
		arg_file(b, f, "/etc/resolv.conf", "nameserver 10.0.2.3\n");
	for (size_t i = 0; i < NELEM(etc_try); i++) {
		if (access(etc_try[i], R_OK) != 0)
			continue;
		arg(f, "--ro-bind");
		arg(f, etc_try[i]);
		arg(f, etc_try[i]);
	}
	if (b->net == NET_HOST) {
		arg(f, "--ro-bind");
		arg(f, "/etc/resolv.conf");
		arg(f, "/etc/resolv.conf");
	}
}

static void
args_tmpfs(struct box *b, FILE *f, const char *path)
{
	arg(f, "--perms");
	arg(f, "1777");
	arg_number(f, "--size", b->lim.tmp_size);
	arg(f, "--tmpfs");
	arg(f, path);
}

static void
args_binds(struct box *b, FILE *f)
{
	char stage[32];

	for (int i = 0; i < b->binds; i++) {
		(void)snprintf(stage, sizeof(stage), STAGE "/%d", i);
		arg(f, b->bind[i].ro ? "--ro-bind" : "--bind");
		arg(f, stage);
		arg(f, b->bind[i].dst);
	}
}

static void
arg_env(struct box *b, FILE *f, const char *nv)
{
	const char *eq = strchr(nv, '=');
	size_t n = eq ? (size_t)(eq - nv) : 0;

	if (n == 0 || strspn(nv, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				 "pqrstuvwxyz0123456789_") != n)
		box_fail(b, "the environment has a bad variable name");
	arg(f, "--setenv");
	fwrite(nv, 1, n, f);
	fputc('\0', f);
	arg(f, eq + 1);
}

/* NUL-separated NAME=VALUE from the caller; the buffer is wiped by exit. */
static void
args_env_fd(struct box *b, FILE *f)
{
	static char buf[256 * 1024];
	size_t used = 0;
	ssize_t n = 1;

	if (b->env_fd < 0)
		return;
	while (n > 0 && used < sizeof(buf) - 1) {
		n = read(b->env_fd, buf + used, sizeof(buf) - 1 - used);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			used += (size_t)n;
	}
	if (n < 0)
		box_fail(b, "--env-fd: %s", strerror(errno));
	if (n > 0)
		box_fail(b, "the environment exceeds %zu KiB",
			sizeof(buf) / 1024);
	for (char *s = buf; s < buf + used; s += strlen(s) + 1)
		if (*s)
			arg_env(b, f, s);
	explicit_bzero(buf, sizeof(buf));
	close(b->env_fd);
	b->env_fd = -1;
}

void
bwrap_prepare(struct box *b)
{
	int copy;
	FILE *f;

	b->args_fd = memfd_create("args", MFD_CLOEXEC);
	copy = fcntl(b->args_fd, F_DUPFD_CLOEXEC, 3);
	f = copy < 0 ? NULL : fdopen(copy, "w");
	if (!f)
		box_fail(b, "memfd: %s", strerror(errno));
	args(f, base_args, NELEM(base_args));
	if (b->net != NET_NONE)
		arg(f, "--share-net"); /* C's own namespace, not the host's */
	arg_top(f, "/bin");
	arg_top(f, "/sbin");
	arg_top(f, "/lib");
	arg_top(f, "/lib32");
	arg_top(f, "/lib64");
	args_etc(b, f);
	args(f, proc_args, NELEM(proc_args));
	args_tmpfs(b, f, "/dev/shm");
	args_tmpfs(b, f, "/tmp");
	args_binds(b, f);
	args(f, close_args, NELEM(close_args));
	if (b->chdir) {
		arg(f, "--chdir");
		arg(f, b->chdir);
	}
	for (size_t i = 0; i < NELEM(env); i++)
		arg_env(b, f, env[i]);
	for (int i = 0; i < b->setenvs; i++)
		arg_env(b, f, b->setenv[i]);
	args_env_fd(b, f);
	arg_number(f, "--seccomp", b->seccomp_fd);
	arg_number(f, "--json-status-fd", b->json_fd);
	if (fclose(f) != 0 || lseek(b->args_fd, 0, SEEK_SET) != 0)
		box_fail(b, "memfd: %s", strerror(errno));
}

void
bwrap_open_binds(struct box *b)
{
	for (int i = 0; i < b->binds; i++) {
		struct bind *d = &b->bind[i];
		struct stat st;

		d->fd = open_tree(AT_FDCWD, d->src,
			OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (d->fd < 0 || fstat(d->fd, &st) != 0)
			box_fail(b, "cannot bind %s: %s", d->src,
				strerror(errno));
		d->is_dir = S_ISDIR(st.st_mode);
	}
}

void
bwrap_stage_binds(struct box *b)
{
	char opts[64], at[32];
	int fd, r;

	(void)snprintf(opts, sizeof(opts), "size=64k,mode=700,uid=%d,gid=%d",
		INNER_ID, INNER_ID);
	if (mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, opts) != 0)
		box_fail(b, "mounting the stage: %s", strerror(errno));
	for (int i = 0; i < b->binds; i++) {
		const struct bind *d = &b->bind[i];

		(void)snprintf(at, sizeof(at), STAGE "/%d", i);
		if (d->is_dir) {
			r = mkdir(at, 0700);
		} else {
			fd = open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
			r = fd < 0 ? -1 : close(fd);
		}
		if (r != 0 || move_mount(d->fd, "", AT_FDCWD, at,
				      MOVE_MOUNT_F_EMPTY_PATH) != 0)
			box_fail(b, "cannot bind %s: %s", d->src,
				strerror(errno));
		close(d->fd);
	}
}

static void
keep_over_exec(int fd)
{
	(void)fcntl(fd, F_SETFD, 0);
}

void
bwrap_exec(struct box *b)
{
	static char *argv[1024];
	char path[PATH_MAX], number[16];
	int n = 0;

	tool_path(b, TOOL_BWRAP, path, sizeof(path));
	(void)snprintf(number, sizeof(number), "%d", b->args_fd);
	argv[n++] = (char *)"bwrap";
	argv[n++] = (char *)"--args";
	argv[n++] = number;
	argv[n++] = (char *)"--";
	for (char **a = b->argv; *a; a++) {
		if (n == (int)NELEM(argv) - 1)
			box_fail(b, "too many arguments");
		argv[n++] = *a;
	}
	argv[n] = NULL;
	keep_over_exec(b->args_fd);
	keep_over_exec(b->seccomp_fd);
	keep_over_exec(b->json_fd);
	for (int i = 0; i < b->files; i++)
		keep_over_exec(b->file_fd[i]);
	execve(path, argv, (char *[]){NULL});
	box_fail(b, "cannot start %s: %s", path, strerror(errno));
}
