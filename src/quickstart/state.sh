# shellcheck shell=bash disable=SC2034,SC2154,SC2015,SC2016 # shares variables with the other parts
# state.sh - the state directory: where it lies, whose it is, and the files in
# it that are made once (secrets, certificates, the database) or at each start
# (settings). Sourced by ./quickstart.

# Sets account and become. PostgreSQL refuses root and so does the sandbox;
# as root everything therefore runs as the packages' own service user.
choose_account() {
	account=$("$top/t/lib/service-user.sh" name) ||
		die "no account to run as"
	become=()
	# GnuTLS: see systemd/README.md
	clean_env=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		"LANG=C.UTF-8" "HOME=/nonexistent" "GNUTLS_NO_IMPLICIT_INIT=1")
	local name
	for name in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do
		[ -z "${!name:-}" ] || clean_env+=("$name=${!name}")
	done
	if [ "$(id -u)" = 0 ]; then
		become=(setpriv "--reuid=$account" "--regid=$(id -g "$account")"
			--init-groups --inh-caps=-all)
	fi
}

# An ordinary user needs subordinate ids for the build slots and a usable
# /dev/net/tun for their network; a plain Debian has both.
own_account_ready() {
	[ "$(id -u)" != 0 ] || return 0
	local file flag first
	for file in subuid subgid; do
		grep -q "^$account:" "/etc/$file" 2>/dev/null && continue
		flag=--add-${file}s
		first=$(awk -F: '$2 + $3 > m { m = $2 + $3 } END { print m > 100000 ? m : 100000 }' \
			"/etc/$file" 2>/dev/null || echo 100000)
		[ "$install" = yes ] ||
			die "--no-install, but $account has no range in /etc/$file"
		as_root usermod "$flag" "$first-$((first + 65535))" "$account" ||
			die "cannot give $account a range in /etc/$file"
	done
	if [ ! -w /dev/net/tun ]; then
		[ "$install" = yes ] ||
			die "--no-install, but /dev/net/tun is not open to $account"
		as_root sh -c '[ -e /dev/net/tun ] || { mkdir -p /dev/net &&
			mknod /dev/net/tun c 10 200; }; chmod 666 /dev/net/tun' ||
			die "cannot open /dev/net/tun to $account"
	fi
}

# Refuses a path before anything is made there.
judge_path() {
	case $state in
	*[!A-Za-z0-9_./+@%=-]*)
		die "the state cannot lie in '$state': nginx's and PostgreSQL's settings take no blanks or special characters; choose another one with --state"
		;;
	/?*) ;;
	*) die "$state cannot be a state directory" ;;
	esac
}

# Makes the state directory and sets state to its real path. What the account
# cannot reach (a clone below /root) lives in /var/lib/autostack instead, and
# the directory asked for becomes a symlink to it.
locate_state() {
	local parent link
	if [ -L "$state" ] || [ -d "$state" ]; then
		link=$state
		state=$(readlink -f "$link") || die "$link leads nowhere"
		judge_path
		mkdir -p "$state"
	else
		mkdir -p "$(dirname "$state")" || die "cannot make $(dirname "$state")"
		parent=$(readlink -f "$(dirname "$state")")
		state=${parent%/}/$(basename "$state")
		if as_user test -x "$parent"; then
			judge_path
			mkdir -p "$state" || die "cannot make $state"
		else
			local real
			real=/var/lib/autostack/quickstart-$(printf %s "$state" |
				sha256sum | cut -c1-12)
			mkdir -p "$real" && ln -sfn "$real" "$state" ||
				die "cannot make $real"
			say "$state is out of $account's reach: it becomes a link to $real"
			state=$real
		fi
	fi
	own_state
}

own_state() {
	# a directory with foreign things in it is not ours to take
	if [ ! -e "$state/.autostack-state" ]; then
		[ -z "$(ls -A "$state")" ] ||
			die "$state is not empty and not a quickstart state"
		[ "$(id -u)" != 0 ] || chown "$account:" "$state"
		chmod 755 "$state"
		as_user touch "$state/.autostack-state" ||
			die "$account cannot write to $state"
	fi
	as_user test -w "$state" || die "$account cannot write to $state"
	as_user sh -c 'cd "$1" && mkdir -p -m 755 log tmp sites builds git mail nginx acme &&
		mkdir -p -m 700 run secrets tls tmp/body && chmod 711 tls && mkdir -p tls/sites &&
		mkdir -p certs && chmod 2750 certs' sh "$state" ||
		die "cannot make the folders of $state"
	choose_run_dir
}

# Sockets need a short path (107 bytes in all, PostgreSQL adds 17).
choose_run_dir() {
	run=$state/run
	sockets=$run
	[ "${#run}" -le 80 ] && return
	sockets=${XDG_RUNTIME_DIR:-/tmp}
	[ "$(id -u)" = 0 ] && sockets=/tmp
	sockets=$sockets/autostack-$(printf %s "$state" | sha256sum | cut -c1-12)
	as_user mkdir -m 700 "$sockets" 2>/dev/null
	# somebody else may have been first in /tmp
	[ ! -L "$sockets" ] &&
		[ "$(stat -c %U:%a "$sockets")" = "$account:700" ] ||
		die "$sockets is not a private directory of $account"
}

wipe_state() {
	[ -e "$state/.autostack-state" ] || return 0
	say "Wiping $state"
	# files of build slots belong to subordinate ids of the account
	remove_builds
	find "$state" -mindepth 1 -maxdepth 1 -exec rm -rf {} + ||
		die "cannot wipe $state"
	[ "$sockets" = "$run" ] || rm -rf "$sockets"
}

remove_builds() {
	[ "$(id -u)" != 0 ] || return 0
	rm -rf "$state/builds" 2>/dev/null && return
	# a user namespace in which the subordinate ids are ours
	unshare --map-auto --map-root-user rm -rf "$state/builds" 2>/dev/null ||
		as_root rm -rf "$state/builds"
}

make_secrets() {
	[ -s "$state/secrets/jwt" ] && return
	openssl rand -hex 32 | write_file 400 "$state/secrets/jwt" ||
		die "cannot write secrets"
}

make_certificates() {
	as_user "$state/inst/tools/certificate" "$state/tls" "$state/sites" \
		>/dev/null || die "cannot make certificates in $state/tls"
}

# Settings of this run: ours, overridden by --set. Refuses what the programs
# refuse.
write_settings() {
	local -A value=(
		[database_url]="host=$sockets dbname=autostack"
		[jwt_secret]="$state/secrets/jwt"
		[app_url]="https://localhost:$https_port"
		[site_url]="https://%s.localhost:$https_port"
		[state_dir]="$state"
		[run_dir]="$sockets"
		[worker_name]=quickstart
		# states side by side build as different users
		[slot_base]=$((https_port % 900 * 64))
		[git_private]="localhost,127.0.0.1,::1"
		[git_schemes]="https,http"
		[git_ca_file]="$state/tls/git-ca.pem"
		[probe_ca_file]="$state/tls/ca.pem"
		[acme_check_url]="http://127.0.0.1:$http_port"
	)
	local pair name
	for pair in "${settings[@]}"; do
		value[${pair%%=*}]=${pair#*=}
	done
	{
		echo "# Written by quickstart at each start; use --set NAME=VALUE."
		for name in "${!value[@]}"; do
			printf '%s = %s\n' "$name" "${value[$name]}"
		done | LC_ALL=C sort
	} | write_file 644 "$conf"
	in_force=$(as_user "$ctl" -c "$conf" config 2>&1) ||
		die "the settings are refused: $in_force"
}

# setting NAME: its value in force, defaults included
setting() { sed -n "s/^$1 = //p" <<<"$in_force"; }

# with_ports FUNCTION...: with the right to bind ports below 1024, which root
# has and the account has not
with_ports() {
	local become=("${become[@]}")
	if [ "$(id -u)" = 0 ] && { [ "$https_port" -lt 1024 ] || [ "$http_port" -lt 1024 ]; }; then
		become=("${become[@]/#--inh-caps=*/--inh-caps=-all,+net_bind_service}"
			--ambient-caps=+net_bind_service)
	fi
	"$@"
}

render_nginx() {
	local bind6='[::1]:' origins
	[ -e /proc/net/if_inet6 ] && ip -6 addr show dev lo | grep -q '::1/' ||
		bind6=no
	origins="$(setting frontend_url) $(setting allowed_origins | tr ',' ' ')"
	as_user "$libexec/autostack-api" -c "$conf" -x routes |
		as_user "$share/nginx/render" -q "$state/nginx" \
			HTTPS_PORT="$https_port" HTTP_PORT="$http_port" \
			BIND4=127.0.0.1: BIND6="$bind6" \
			PANEL_NAMES="localhost 127.0.0.1 [::1]" \
			PANEL_ORIGIN="https://localhost:$https_port" \
			RUN_DIR="$sockets" STATE_DIR="$state" LOG_DIR="$state/log" \
			CACHE_DIR="$state/tmp/cache" \
			WEB_DIR="$share/web" \
			PANEL_CERT="$state/tls/server.pem" PANEL_KEY="$state/tls/server.key" \
			SITE_CERT="$state/tls/sites/\$ssl_server_name.pem" SITE_KEY="$state/tls/server.key" \
			BODY_MAX="$(setting request_body_max)" \
			UPLOAD_MAX="$(setting upload_max)" \
			AUTH_RATE="$(setting auth_rate_per_minute)" \
			VIEWERS="$(setting ws_status_per_address)" \
			ORIGINS="$origins" ||
		die "cannot write nginx's configuration"
	with_ports logged nginx-test /usr/sbin/nginx -q -t -c "$state/nginx/nginx.conf" || {
		cat "$state/log/nginx-test.log" >&2
		die "nginx refuses its configuration"
	}
}

# For shells: `. DIR/env`
write_env() {
	{
		printf 'export AUTOSTACK_URL=%q\n' "https://localhost:$https_port"
		printf 'export AUTOSTACK_CA=%q\n' "$state/tls/ca.pem"
		printf 'export AUTOSTACK_DB=%q\n' "host=$sockets user=autostack_owner dbname=autostack"
		printf 'export AUTOSTACK_STATE=%q\n' "$state"
		printf 'export AUTOSTACK_CONF=%q\n' "$conf"
		printf 'export AUTOSTACK_SITES=%q\n' "https://%s.localhost:$https_port"
		printf 'export AUTOSTACK_MAIL=%q\n' "$state/mail"
	} | write_file 644 "$state/env"
}
