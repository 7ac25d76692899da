/*
 * seccomp.c - the system calls that a build has no business with (SB-1). run.c
 * hands the compiled filter to bwrap, which loads it last. The only file that
 * knows libseccomp.
 *
 * A deny list on top of: no capability, no new privileges, no user namespace.
 * Its aim is less kernel surface and the few calls that are dangerous without
 * any privilege. Calls whose callers try something else when they are missing
 * get ENOSYS, the others EPERM.
 */
#include "base/base.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/personality.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/box.h"

#define LOW32 0xffffffffULL

static const char *const refused[] = {
	/* namespaces and mounts */
	"unshare", "setns", "mount", "umount", "umount2", "pivot_root",
	"chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
	"open_tree", "mount_setattr",
	/* other processes */
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
	"pidfd_getfd", "kcmp",
	/* kernel machinery with a history */
	"bpf", "keyctl", "add_key", "request_key", "userfaultfd",
	"perf_event_open", "lookup_dcookie", "fanotify_init", "nfsservctl",
	"vm86", "vm86old", "modify_ldt",
	/* handles that name a file outside */
	"open_by_handle_at", "name_to_handle_at",
	/* the machine */
	"kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "reboot", "swapon", "swapoff", "quotactl",
	"quotactl_fd", "acct", "syslog", "vhangup", "iopl", "ioperm",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
	"sethostname", "setdomainname", "_sysctl", "sysfs", "ustat", "uselib"};

static const char *const absent[] = {
	"clone3", /* its flags lie in memory, where no filter can look */
	"io_uring_setup", "io_uring_enter", "io_uring_register",
	/* memory that no process maps cannot be measured (monitor.c) */
	"memfd_create", "memfd_secret", "shmget"};

static void
must(struct box *b, int r, const char *what)
{
	/* -EDOM: this machine has no such call */
	if (r < 0 && r != -EDOM)
		box_fail(b, "seccomp filter: %s: %s", what, strerror(-r));
}

static void
refuse_names(struct box *b, scmp_filter_ctx ctx, const char *const *name,
	size_t n, int err)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(name[i]);

		/* an older libseccomp need not know a newer kernel's call */
		if (nr == __NR_SCMP_ERROR || nr < 0)
			continue;
		must(b,
			seccomp_rule_add(
				ctx, SCMP_ACT_ERRNO((uint32_t)err), nr, 0),
			name[i]);
	}
}

/* EPERM when the bits MASK of argument ARG equal VALUE. */
static void
refuse_bits(struct box *b, scmp_filter_ctx ctx, int nr, unsigned arg,
	uint64_t mask, uint64_t value)
{
	must(b,
		seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 1,
			SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, value)),
		"masked rule");
}

static void
refuse_namespaces(struct box *b, scmp_filter_ctx ctx)
{
	static const uint64_t flags[] = {CLONE_NEWUSER, CLONE_NEWNS,
		CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
		CLONE_NEWCGROUP};

	for (size_t i = 0; i < NELEM(flags); i++)
		refuse_bits(b, ctx, SCMP_SYS(clone), 0, flags[i], flags[i]);
}

/*
 * personality(2): the known execution domains and the query 0xffffffff stay;
 * every flag but UNAME26 goes, address space randomisation above all. A rule
 * may look at an argument once, so "a bit is set, and it is not the query" is
 * said bit by bit.
 */
static void
refuse_personality(struct box *b, scmp_filter_ctx ctx)
{
	const uint64_t top = 1ULL << 31, fine = UNAME26 | PER_LINUX32;
	int nr = SCMP_SYS(personality);

	for (unsigned i = 0; i < 31; i++) {
		uint64_t bit = 1ULL << i;

		if (!(bit & fine))
			refuse_bits(b, ctx, nr, 0, top | bit, bit);
		refuse_bits(b, ctx, nr, 0, top | bit, top);
	}
}

/* AF_UNIX, AF_INET, AF_INET6 and routing netlink (getaddrinfo) are left; on the
 * host's network no AF_UNIX, whose abstract names are not files (SB-6). */
static void
refuse_sockets(struct box *b, scmp_filter_ctx ctx)
{
	static const int calls[] = {SCMP_SYS(socket), SCMP_SYS(socketpair)};

	for (size_t c = 0; c < NELEM(calls); c++) {
		for (int af = 3; af < AF_NETLINK; af++)
			if (af != AF_INET6)
				refuse_bits(b, ctx, calls[c], 0, LOW32,
					(uint64_t)af);
		must(b,
			seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[c],
				1, SCMP_A0_64(SCMP_CMP_GT, AF_NETLINK)),
			"address families");
		must(b,
			seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[c],
				2,
				SCMP_A0_64(
					SCMP_CMP_MASKED_EQ, LOW32, AF_NETLINK),
				SCMP_A2_64(SCMP_CMP_NE, 0)),
			"netlink");
	}
	if (b->net == NET_HOST)
		refuse_bits(b, ctx, SCMP_SYS(socket), 0, LOW32, AF_UNIX);
}

/* Options that choose an interface by hand: see "no ARP" in net.c. */
static void
refuse_interfaces(struct box *b, scmp_filter_ctx ctx)
{
	static const struct {
		int level, option;
	} row[] = {
		{SOL_SOCKET, SO_BINDTODEVICE},
		{SOL_SOCKET, 62 /* SO_BINDTOIFINDEX */},
		{0 /* SOL_IP */, 50 /* IP_UNICAST_IF */},
	};

	for (size_t i = 0; i < NELEM(row); i++)
		must(b,
			seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM),
				SCMP_SYS(setsockopt), 2,
				SCMP_A1_64(SCMP_CMP_MASKED_EQ, LOW32,
					(uint64_t)row[i].level),
				SCMP_A2_64(SCMP_CMP_MASKED_EQ, LOW32,
					(uint64_t)row[i].option)),
			"setsockopt");
}

int
seccomp_memfd(struct box *b)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int fd = memfd_create("seccomp", MFD_CLOEXEC);

	if (!ctx || fd < 0)
		box_fail(b, "seccomp filter: %s", strerror(errno));
	/* 32-bit and x32 calls have numbers of their own: none is let in */
	must(b,
		seccomp_attr_set(
			ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
		"foreign architectures");
	/* a binary tree: a few comparisons a call instead of all */
	must(b, seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), "tree");
	refuse_names(b, ctx, refused, NELEM(refused), EPERM);
	refuse_names(b, ctx, absent, NELEM(absent), ENOSYS);
	refuse_namespaces(b, ctx);
	refuse_personality(b, ctx);
	refuse_sockets(b, ctx);
	refuse_interfaces(b, ctx);
	/* the low half only: the kernel does not look at the high one
	 * (CVE-2019-10063) */
	refuse_bits(b, ctx, SCMP_SYS(ioctl), 1, LOW32, TIOCSTI);
	refuse_bits(b, ctx, SCMP_SYS(ioctl), 1, LOW32, 0x541c /* TIOCLINUX */);
	must(b, seccomp_export_bpf(ctx, fd), "export");
	seccomp_release(ctx);
	if (lseek(fd, 0, SEEK_SET) != 0)
		box_fail(b, "seccomp filter: %s", strerror(errno));
	return fd;
}
