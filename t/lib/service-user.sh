#!/bin/sh
# service-user.sh - the unprivileged account that builds are started from when
# everything else runs as root (CI, a container): SB-0 forbids root.
#
#	service-user.sh		as root: makes what is missing and prints the
#				account's name; otherwise prints one's own name
#	service-user.sh first-id
#				prints the first of its subordinate ids; fails when it
#				has none
#	service-user.sh run PROGRAM ARG...
#				becomes that account and executes PROGRAM
#	service-user.sh words
#				prints what `run` puts before PROGRAM, for who has many:
#				nothing when one is that account
#
# The account is the packages' own, "autostack", with a range of subordinate
# ids for the build slots. Quickstart and the tests share this file.
set -eu

user=autostack
ids=200000-265535

ensure() {
	if ! getent passwd $user >/dev/null; then
		useradd --system --user-group --no-create-home \
			--home-dir /nonexistent --shell /usr/sbin/nologin $user
	fi
	for f in uid gid; do
		if ! grep -q "^$user:" /etc/sub$f 2>/dev/null; then
			touch /etc/sub$f
			usermod --add-sub${f}s $ids $user
		fi
	done
	# Debian's udev makes it 0666; without udev it may be root's alone
	if [ -c /dev/net/tun ] &&
		[ "$(stat -c %a /dev/net/tun)" != 666 ]; then
		chmod 666 /dev/net/tun
	fi
}

me=$(id -u)
words=
if [ "$me" = 0 ]; then
	words="setpriv --reuid=$user --regid=$user --clear-groups --inh-caps=-all --"
	# several tests start at once: one of them makes the account
	exec 9>/run/autostack-service-user.lock
	flock 9
	ensure
	exec 9>&-
fi
[ "$me" = 0 ] || user=$(id -un)
case ${1:-name} in
name)
	echo "$user"
	;;
first-id)
	awk -F: -v user="$user" '$1 == user { print $2; found = 1; exit }
		END { exit !found }' /etc/subuid
	;;
run)
	shift
	# shellcheck disable=SC2086 # words
	exec $words "$@"
	;;
words)
	echo "$words"
	;;
*)
	echo "usage: service-user.sh [first-id | run PROGRAM ARG... | words]" >&2
	exit 64
	;;
esac
