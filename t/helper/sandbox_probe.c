/*
 * sandbox_probe.c - tries what a build must not do (SB-1) and prints
 * "NAME ALLOWED" or "NAME DENIED" for each. t/3101-sandbox-probe.t runs it
 * inside the sandbox and, to see that it can tell the difference, outside.
 * DENIED means EPERM, ENOSYS, EACCES or death by SIGSYS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef long (*probe_fn)(void);

/* Each returns what the system call returned; errno says why it failed. */
static long
p_unshare_user(void)
{
	return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long
p_unshare_mount(void)
{
	return syscall(SYS_unshare, CLONE_NEWNS);
}

static long
clone_with(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long
p_clone(void)
{
	return clone_with(0);
}

static long
p_clone_user(void)
{
	return clone_with(CLONE_NEWUSER);
}

static long
p_clone_net(void)
{
	return clone_with(CLONE_NEWNET);
}

static long
p_clone3(void)
{
	struct clone_args a = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long
p_setns(void)
{
	return syscall(SYS_setns, -1, 0);
}

static long
p_mount(void)
{
	return syscall(SYS_mount, "x", "/nowhere", "tmpfs", 0, 0);
}

static long
p_umount(void)
{
	return syscall(SYS_umount2, "/nowhere", 0);
}

static long
p_pivot_root(void)
{
	return syscall(SYS_pivot_root, "/nowhere", "/nowhere");
}

static long
p_open_tree(void)
{
	return syscall(SYS_open_tree, -1, "/nowhere", 0);
}

static long
p_fsopen(void)
{
	return syscall(SYS_fsopen, "nowhere", 0);
}

static long
p_ptrace(void)
{
	return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static long
p_process_vm_readv(void)
{
	char c = 'x', d;
	struct iovec from = {&c, 1}, to = {&d, 1};

	return syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0);
}

static long
p_process_vm_writev(void)
{
	char c = 'x', d;
	struct iovec from = {&c, 1}, to = {&d, 1};

	return syscall(SYS_process_vm_writev, getpid(), &from, 1, &to, 1, 0);
}

static long
p_pidfd_getfd(void)
{
	return syscall(SYS_pidfd_getfd, -1, 0, 0);
}

static long
p_bpf(void)
{
	return syscall(SYS_bpf, 9999, 0, 0);
}

static long
p_keyctl(void)
{
	return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}

static long
p_add_key(void)
{
	return syscall(SYS_add_key, "user", "probe", "x", 1, -2);
}

static long
p_request_key(void)
{
	return syscall(SYS_request_key, "user", "probe", 0, 0);
}

static long
p_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */);
}

static long
p_perf_event_open(void)
{
	return syscall(SYS_perf_event_open, 0, 0, -1, -1, 0);
}

static long
p_io_uring_setup(void)
{
	return syscall(SYS_io_uring_setup, 0, 0);
}

static long
p_memfd_create(void)
{
	return syscall(SYS_memfd_create, "probe", 0);
}

static long
p_shmget(void)
{
	return syscall(SYS_shmget, 0 /* IPC_PRIVATE */, 4096, 0600);
}

static long
p_kexec_load(void)
{
	return syscall(SYS_kexec_load, 0, 0, 0, 0);
}

static long
p_init_module(void)
{
	return syscall(SYS_init_module, 0, 0, 0);
}

static long
p_reboot(void)
{
	return syscall(SYS_reboot, 0, 0, 0, 0);
}

static long
p_swapon(void)
{
	return syscall(SYS_swapon, "/nowhere", 0);
}

static long
p_quotactl(void)
{
	return syscall(SYS_quotactl, -1, 0, 0, 0);
}

static long
p_acct(void)
{
	return syscall(SYS_acct, "/nowhere");
}

static long
p_name_to_handle_at(void)
{
	return syscall(SYS_name_to_handle_at, -1, "", 0, 0, 0);
}

static long
p_open_by_handle_at(void)
{
	return syscall(SYS_open_by_handle_at, -1, 0, 0);
}

static long
p_personality_linux(void)
{
	return syscall(SYS_personality, 0);
}

static long
p_personality_query(void)
{
	return syscall(SYS_personality, 0xffffffffUL);
}

static long
p_personality_no_randomize(void)
{
	return syscall(SYS_personality, 0x0040000UL);
}

static long
p_personality_high_bits(void)
{
	return syscall(SYS_personality, 0xff00000000040000UL);
}

static long
p_personality_all_but_one(void)
{
	return syscall(SYS_personality, 0xfffffffeUL);
}

/* On /dev/null these are ENOTTY when they are let through. */
static long
ioctl_on_null(unsigned long request)
{
	int fd = open("/dev/null", O_RDWR);

	return syscall(SYS_ioctl, fd, request, "x");
}

static long
p_ioctl_tiocsti(void)
{
	return ioctl_on_null(TIOCSTI);
}

static long
p_ioctl_tiocsti_high_bits(void)
{
	return ioctl_on_null(0x100000000UL | TIOCSTI);
}

static long
p_ioctl_tioclinux(void)
{
	return ioctl_on_null(0x541c);
}

static long
p_ioctl_tioclinux_high_bits(void)
{
	return ioctl_on_null(0xf00000000UL | 0x541c);
}

static long
p_ioctl_winsize(void)
{
	return ioctl_on_null(TIOCGWINSZ);
}

static long
socket_of(unsigned long family, int type, int protocol)
{
	return syscall(SYS_socket, family, type, protocol);
}

static long
p_socket_inet(void)
{
	return socket_of(AF_INET, SOCK_STREAM, 0);
}

static long
p_socket_unix(void)
{
	return socket_of(AF_UNIX, SOCK_STREAM, 0);
}

static long
p_socket_netlink_route(void)
{
	return socket_of(AF_NETLINK, SOCK_RAW, 0);
}

static long
p_socket_netlink_netfilter(void)
{
	return socket_of(AF_NETLINK, SOCK_RAW, 12);
}

static long
p_socket_packet(void)
{
	return socket_of(AF_PACKET, SOCK_DGRAM, 0);
}

static long
p_socket_raw(void)
{
	return socket_of(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static long
p_socket_vsock(void)
{
	return socket_of(AF_VSOCK, SOCK_STREAM, 0);
}

static long
p_socket_alg(void)
{
	return socket_of(AF_ALG, SOCK_SEQPACKET, 0);
}

static long
p_socket_packet_high_bits(void)
{
	return socket_of(0x100000000UL | AF_PACKET, SOCK_DGRAM, 0);
}

static long
p_socket_bluetooth(void)
{
	return socket_of(AF_BLUETOOTH, SOCK_RAW, 1);
}

static long
p_bind_to_device(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
}

static long
p_unicast_if(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint32_t i = htonl(1);

	return setsockopt(fd, IPPROTO_IP, 50 /* IP_UNICAST_IF */, &i, 4);
}

static long
p_chroot(void)
{
	return syscall(SYS_chroot, "/nowhere");
}

static long
p_setuid_root(void)
{
	long r = setuid(0);

	if (r < 0) /* inside there is no such id: EINVAL */
		errno = EPERM;
	return r;
}

#ifdef __x86_64__
static long
p_x32_getpid(void)
{
	return syscall(0x40000000 | SYS_getpid);
}

static long
p_i386_getpid(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	if (r < 0) {
		errno = (int)-r;
		return -1;
	}
	return r;
}
#endif

#define P(name)                                                                \
	{                                                                      \
#name, p_##name                                                \
	}
static const struct {
	const char *name;
	probe_fn fn;
} probes[] = {
	/* what programs need */
	P(clone),
	P(personality_linux),
	P(personality_query),
	P(ioctl_winsize),
	P(socket_inet),
	P(socket_unix),
	P(socket_netlink_route),
	/* what they do not */
	P(unshare_user),
	P(unshare_mount),
	P(clone_user),
	P(clone_net),
	P(clone3),
	P(setns),
	P(mount),
	P(umount),
	P(pivot_root),
	P(open_tree),
	P(fsopen),
	P(ptrace),
	P(process_vm_readv),
	P(process_vm_writev),
	P(pidfd_getfd),
	P(bpf),
	P(keyctl),
	P(add_key),
	P(request_key),
	P(userfaultfd),
	P(perf_event_open),
	P(io_uring_setup),
	P(memfd_create),
	P(shmget),
	P(kexec_load),
	P(init_module),
	P(reboot),
	P(swapon),
	P(quotactl),
	P(acct),
	P(name_to_handle_at),
	P(open_by_handle_at),
	P(personality_no_randomize),
	P(personality_high_bits),
	P(personality_all_but_one),
	P(ioctl_tiocsti),
	P(ioctl_tiocsti_high_bits),
	P(ioctl_tioclinux),
	P(ioctl_tioclinux_high_bits),
	P(socket_netlink_netfilter),
	P(socket_packet),
	P(socket_packet_high_bits),
	P(socket_raw),
	P(socket_vsock),
	P(socket_alg),
	P(socket_bluetooth),
	P(bind_to_device),
	P(unicast_if),
	P(chroot),
	P(setuid_root),
#ifdef __x86_64__
	P(x32_getpid),
	P(i386_getpid),
#endif
};

/* In a child, because some answers are a signal. */
static int
denied(probe_fn fn, int i386)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		long r = fn();

		_exit(r < 0 &&
			(errno == EPERM || errno == ENOSYS || errno == EACCES));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	/* a kernel without 32-bit calls answers int 0x80 by a SIGSEGV */
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ||
		       (i386 && WTERMSIG(status) == SIGSEGV);
	return WEXITSTATUS(status);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		int d = denied(
			probes[i].fn, strncmp(probes[i].name, "i386_", 5) == 0);

		printf("%s %s\n", probes[i].name,
			d < 0 ? "UNKNOWN"
			: d   ? "DENIED"
			      : "ALLOWED");
	}
	return 0;
}
