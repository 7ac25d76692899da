#!/bin/sh
# Each forbidden system call, tried from a small C program inside the sandbox;
# the same program outside shows that it can tell the difference.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/sandbox.sh"
sandbox_start

mkdir "$TMP/p"
cp "$abs_top_builddir/t/helper/sandbox_probe" "$TMP/p/" &&
	chmod -R a+rX "$TMP/p" || bail "sandbox_probe is not built"
expect=$abs_top_srcdir/t/expect/sandbox-probe.txt
[ "$(uname -m)" = x86_64 ] || {
	grep -v -e x32 -e i386 "$expect" >"$TMP/expect"
	expect=$TMP/expect
}

box --net none --ro-bind "$TMP/p:/p" -- /p/sandbox_probe
while read -r name want; do
	is "$(printf '%s\n' "$out" | sed -n "s/^$name //p")" "$want" \
		"SB-1 $name is $want"
done <"$expect"
is "$(printf '%s\n' "$out" | wc -l)" "$(wc -l <"$expect")" \
	"SB-1 every probe is in the golden list"

# on the host's network a build may not reach abstract names either
box --net host --ro-bind "$TMP/p:/p" -- /p/sandbox_probe
like "$out" '^socket_unix DENIED$' "SB-6 no AF_UNIX on the host's network"
like "$out" '^socket_inet ALLOWED$' "AF_INET on the host's network"

# Outside and unprivileged these go through. If they did not, the tests above
# would say nothing.
outside=$(as_worker "$TMP/p/sandbox_probe")
for name in clone3 ptrace process_vm_readv keyctl add_key memfd_create shmget \
	personality_no_randomize ioctl_tiocsti ioctl_tioclinux_high_bits \
	name_to_handle_at bind_to_device; do
	like "$outside" "^$name ALLOWED$" "the probe sees $name outside"
done
done_testing
