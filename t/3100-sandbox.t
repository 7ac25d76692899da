#!/bin/sh
# What a build sees and may do inside autostack-sandbox: identity, files,
# environment, descriptors, sockets. System calls: 3101. Network: 3102.
. "$(dirname "$0")/lib/tap.sh"
. "$abs_top_srcdir/t/lib/sandbox.sh"
sandbox_start

# --- SB-0 ---
if [ "$(id -u)" = 0 ]; then
	out=$("$BOX" run --net none -- /bin/true 2>&1)
	is $? 70 "SB-0 started by root: exit code 70"
	like "$out" '^setup refuses to run as root' "SB-0 and says why"
	# only the effective uid is not root's (a sanitizer refuses first)
	out=$(perl -e '$> = getpwnam(shift); exec @ARGV' "$sandbox_name" \
		"$BOX" run --net none -- /bin/echo it ran 2>&1)
	isnt $? 0 "SB-0 a real uid of root is refused too"
	unlike "$out" 'it ran' "SB-0 and nothing is run"
else
	box --net none -- /bin/true
	is "$code" 0 "SB-0 runs for an ordinary user"
fi

box_sh --net none '
	writable() { find "$@" \( -type f -o -type d \) 2>/dev/null |
		while read -r f; do [ -w "$f" ] && echo "$f"; done; }
	find /proc/sys -type f | wc -l
	writable /proc/sys
	for f in /proc/sysrq-trigger /proc/kcore /proc/kmsg /proc/irq \
		/proc/bus /proc/fs /proc/timer_list /proc/kpagecount /sys; do
		[ -w $f ] && echo $f
		( echo x >$f ) 2>/dev/null && echo "wrote $f"
	done
	( echo core >/proc/sys/kernel/core_pattern ) 2>/dev/null && echo wrote
	ls -d /sys 2>/dev/null'
like "$out" '^[0-9]{3,}$' "SB-0 /proc/sys is there to be tested"
is "$(printf '%s\n' "$out" | wc -l)" 1 \
	"SB-0 no file of /proc/sys, sysrq-trigger or /sys is writable inside" ||
	diag "$out"

# --- SB-1 ---
box_sh --net none 'id; cat /proc/self/status /proc/1/status'
like "$out" '^uid=65534\(build\) gid=65534\(build\) groups=65534\(build\)$' \
	"SB-1 the identity is unprivileged, without groups"
for cap in CapInh CapPrm CapEff CapBnd CapAmb; do
	is "$(printf '%s\n' "$out" | sed -n "s/^$cap:	//p" | sort -u)" \
		0000000000000000 "SB-1 $cap is 0, of pid 1 as well"
done
is "$(printf '%s\n' "$out" | sed -n 's/^NoNewPrivs:	//p' | sort -u)" 1 \
	"SB-1 NoNewPrivs is 1"
is "$(printf '%s\n' "$out" | sed -n 's/^Seccomp:	//p' | sort -u)" 2 \
	"SB-1 Seccomp is 2"
uid=$(slot_uid)
box_bg --net none -- /bin/sleep 30
wait_for 10 sh -c "ps -eo uid=,args= | grep -q '^ *$uid .*[s]leep 30'"
ok $? "SB-1 on the host it is the slot's uid, not the worker's"
kill -TERM "$pid"
box_wait 10
box_sh --net none 'find / -xdev -perm /6000 -type f 2>/dev/null | head -1;
	su root -c id </dev/null; newgrp root; unshare -U true'
unlike "$out" 'uid=0' "SB-1 setuid programs are inert"

# --- SB-2 ---
box_sh --net none 'ls -d /proc/[0-9]* | wc -l; kill -9 -1; echo alive'
like "$out" '^[1-6]$' "SB-2 only one's own processes are in /proc"
like "$(printf '%s\n' "$out" | tail -1) $result" '^alive exit 0 ' \
	"SB-2 kill -9 -1 harms nobody else"
box_sh --net none "ls -d /proc/$$ /proc/$PPID 2>/dev/null; kill -0 $$ 2>/dev/null && echo it"
is "$out" "" "SB-2 processes of the host do not exist inside" ||
	diag "$(printf '%s\n' "$out")"

# --- SB-4 ---
mkdir "$TMP/other" && echo secret >"$TMP/other/canary"
box_sh --net none --bind "$WORK:/build" --chdir /build "
	for f in /etc/shadow /etc/autostack /home /root /var/lib /var/log /opt \
		/run/postgresql /run/dbus /run/systemd /var/run/docker.sock \
		/boot /srv /mnt /media $TMP $TMP/other/canary $abs_top_srcdir \
		/etc/ssh /etc/machine-id /etc/ssl/private; do
		[ -e \$f ] && echo \"SEES \$f\"
	done
	ls -A /run /etc/passwd
	for d in / /usr /usr/bin /etc /dev /proc /var /run /lib /bin /sbin; do
		( : >\$d/planted ) 2>/dev/null && echo \"WROTE \$d\"
		mkdir \$d/planted 2>/dev/null && echo \"MADE \$d\"
	done
	rm -f /etc/passwd 2>/dev/null && echo REMOVED
	cat /etc/shadow"
unlike "$out" 'SEES' "SB-4 nothing of the host's private files exists inside"
like "$out" '/etc/shadow: No such file' "SB-4 /etc/shadow is unreadable inside"
unlike "$out" 'WROTE|MADE|REMOVED' "SB-4 the root is read-only"
as_worker "$BOX" own --slot "$SLOT" --to slot "$WORK"
box_sh --net none --bind "$WORK:/build" --chdir /build \
	'echo 1 >/build/a && echo 2 >/tmp/b && echo 3 >/dev/shm/c && cat a /tmp/b /dev/shm/c'
is "$out" "1
2
3" "SB-4 /build, /tmp and /dev/shm can be written"
mkdir "$TMP/ro" && echo 1 >"$TMP/ro/a" && chmod -R a+rwX "$TMP/ro"
box_sh --net none --ro-bind "$TMP/ro:/lib-ro" 'cat /lib-ro/a; echo 2 >/lib-ro/a'
like "$out" 'Read-only file system' "SB-4 a read-only bind is read-only"
box_sh --net none 'cut -d" " -f5 /proc/self/mountinfo | sort -u'
unlike "$out" 'oldroot|newroot' "SB-4 no mount of the host is left"
# nobody but the worker can reach this directory on the host
mkdir -m 700 "$WORK.private" "$WORK.private/w"
[ "$(id -u)" != 0 ] || chown -R "$sandbox_name:" "$WORK.private"
box_sh --net none --ro-bind "$WORK.private/w:/build" 'ls -d /build'
is "$out" /build "SB-4 a bind works below a directory of the worker alone"

# --- SB-5 ---
printf 'SECRET=hush\0MULTI=a\nb c\0' >"$TMP/env"
PANEL_SECRET=panel DATABASE_URL=panel box --net none --env-fd 4 \
	--setenv GREETING='a=b "c"' -- /usr/bin/env -0 4<"$TMP/env"
is "$(tr '\0\n' '\n|' <"$TMP/out" | sed 's/=.*//' | sort | tr '\n' ' ')" \
	"GREETING LANG MULTI NODE_EXTRA_CA_CERTS PATH PWD SECRET SSL_CERT_FILE TMPDIR USER " \
	"SB-5 the environment is the allow-list and what was handed over"
is "$(tr '\0\n' '\n|' <"$TMP/out" | sed -n 's/^MULTI=//p')" 'a|b c' \
	"SB-5 a value may span lines"
box_bg --net none --env-fd 4 -- /bin/sleep 30 4<"$TMP/env"
wait_for 10 sh -c "ps -eo uid=,args= | grep -q '^ *$uid .*[s]leep 30'"
unlike "$(ps -eo args=)" 'hush' "SB-5 no value shows in a process list"
unlike "$(ps -eo args= | grep '[b]wrap')" "$WORK" "SB-5 nor a host path"
kill -TERM "$pid"
box_wait 10
exec 7<"$TMP/env" 8>"$TMP/leak"
box_sh --net none 'ls -l /proc/self/fd /proc/1/fd; cat /proc/1/environ'
exec 7<&- 8>&-
unlike "$out" 'leak|env$|memfd|socket' "SB-5 no descriptor is inherited"
like "$out" ' 0 -> /dev/null' "SB-5 stdin is /dev/null"
is "$(printf '%s\n' "$out" | grep -c -e ' -> ')" 8 \
	"SB-5 only 0-2 and what ls and pid 1 use themselves" || diag "$out"

# --- SB-6 ---
box_sh --net none 'find / -type s 2>/dev/null; cat /proc/net/unix | tail -n +2'
is "$out" "" "SB-6 no unix socket is in reach"

# --- protocol ---
box_sh --net none 'echo out; echo err >&2; exit 3'
is "$out" "out
err" "stdout and stderr go to one pipe, in order"
like "$result" '^exit 3 peak_memory=[0-9]+ peak_pids=[0-9]+ peak_disk=[0-9]+ peak_inodes=[0-9]+ wall_ms=[0-9]+ limits=userns,pidns,net:none,seccomp,rlimits,nice,no-cgroup$' \
	"the result line"
is "$(wc -l <"$TMP/result")" 1 "one line only"
is "$code" 1 "exit code 1 for a command that failed"
box --net none -- /bin/true
is "$code $(echo "$result" | cut -d' ' -f1-2)" "0 exit 0" "exit code 0 for exit 0"
box_sh --net none 'kill -SEGV $$'
like "$result" '^exit 139 ' "a signal inside is 128 + its number"
box --net none -- /no/such/program
like "$result" '^setup bwrap could not .*start the command' \
	"a program that is not there"
out=$(as_worker "$BOX" run --slot x -- /bin/true 2>&1)
is $? 64 "a bad option is exit code 64"
out=$(as_worker "$BOX" check --slot "$SLOT")
is $? 0 "check finds everything in place" || diag "$out"
is "$(printf '%s\n' "$out" | grep -c '^ok ')" 3 "check builds three kinds"
done_testing
