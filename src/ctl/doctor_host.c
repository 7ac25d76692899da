/*
 * doctor_host.c - checks of what the host brings along: programs, nginx, disk
 * and what the build sandbox is made of.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/place.h"
#include "base/str.h"
#include "ctl/doctor.h"

/* Fixes of 2026 for the rewrite, map and FastCGI code that we use. */
#define NGINX_MIN       "1.22.1-9+deb12u11"
#define FREE_BYTES_MIN  (2LL << 30)
#define FREE_INODES_MIN 100000
#define OUTPUT_MAX      (64 << 10)
#define FILE_MAX        (1 << 20)

static const char *const folders[] = {"/usr/bin", "/usr/sbin", "/bin", "/sbin",
	"/usr/local/bin", "/usr/local/sbin", NULL};

static const char *
find_program(struct doctor *d, const char *name)
{
	const char *path;
	size_t i;

	for (i = 0; folders[i]; i++) {
		path = arena_printf(d->c->arena, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

void
check_programs(struct doctor *d)
{
	static const struct {
		const char *name;
		const char *package;
	} row[] = {
		{"spawn-fcgi", "spawn-fcgi"},
		{"multiwatch", "multiwatch"},
		{"nginx", "nginx-light"},
		{"git", "git"},
		{"bwrap", "bubblewrap"},
		{"slirp4netns", "slirp4netns"},
		{"newuidmap", "uidmap"},
		{"ip", "iproute2"},
	};
	const char *packages = "";
	size_t i;

	for (i = 0; i < NELEM(row); i++)
		if (!find_program(d, row[i].name))
			packages = arena_printf(
				d->c->arena, "%s %s", packages, row[i].package);
	if (packages[0])
		doctor_say(d, LEVEL_BAD,
			arena_printf(
				d->c->arena, "apt-get install%s", packages),
			"missing packages:%s", packages);
	else
		doctor_say(d, LEVEL_OK, NULL, "all that we start is there");
}

/* What sites.conf runs for sites with rules of their own. */
static bool
has_nginx_js(void)
{
	static const char *const place[] = {"/usr/lib/nginx/modules",
		"/usr/lib64/nginx/modules", "/usr/share/nginx/modules",
		"/etc/nginx/modules"};
	char path[64];

	for (size_t i = 0; i < NELEM(place); i++) {
		(void)snprintf(path, sizeof(path), "%s/ngx_http_js_module.so",
			place[i]);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

void
check_nginx(struct doctor *d)
{
	const char *dpkg = find_program(d, "dpkg");
	const char *query = find_program(d, "dpkg-query");
	const char *version;
	AUTO_BUF struct buf none = {0};
	AUTO_BUF struct buf b = {0};

	if (!has_nginx_js())
		doctor_say(d, LEVEL_BAD, "apt-get install libnginx-mod-http-js",
			"the njs module is missing: sites.conf does not load");
	buf_init(&none, OUTPUT_MAX);
	buf_init(&b, OUTPUT_MAX);
	if (!dpkg || !query ||
		doctor_run(d,
			(const char *const[]){query, "-W", "-f", "${Version}",
				"nginx-common", NULL},
			&b) != 0) {
		doctor_say(d, LEVEL_WARN,
			"see that it has the security fixes of "
			"Debian's " NGINX_MIN,
			"not Debian's package: its fixes cannot be told");
		return;
	}
	version = arena_strdup(d->c->arena, buf_text(&b));
	if (doctor_run(d,
		    (const char *const[]){dpkg, "--compare-versions", version,
			    "ge", NGINX_MIN, NULL},
		    &none) != 0)
		doctor_say(d, LEVEL_BAD,
			"apt-get update && apt-get install --only-upgrade "
			"nginx-light nginx-common",
			"%s has known holes, " NGINX_MIN " or newer is needed",
			version);
	else
		doctor_say(d, LEVEL_OK, NULL, "%s", version);
}

void
check_disk(struct doctor *d)
{
	const char *dir;
	struct statvfs fs;
	long long room;

	if (!d->cfg) {
		doctor_say(d, LEVEL_SKIP, NULL, "no configuration");
		return;
	}
	dir = d->c->cfg.state_dir;
	if (statvfs(dir, &fs) != 0) {
		doctor_say(d, LEVEL_BAD,
			"systemd-tmpfiles --create autostack.conf, or make it "
			"and give it to the worker's user",
			"%s: %s", dir, strerror(errno));
		return;
	}
	room = (long long)fs.f_bavail * (long long)fs.f_frsize;
	if (room < FREE_BYTES_MIN || room < d->c->cfg.build_disk_max)
		doctor_say(d, LEVEL_BAD,
			"make room; lower build_cache_max, build_disk_max or "
			"keep_releases",
			"%s has %lld MB left, a build may need %lld MB", dir,
			room >> 20,
			MAX(FREE_BYTES_MIN,
				(long long)d->c->cfg.build_disk_max) >>
				20);
	else if (fs.f_files > 0 && fs.f_favail < FREE_INODES_MIN)
		doctor_say(d, LEVEL_BAD,
			"remove files; lower build_cache_max or keep_releases",
			"%s has %llu inodes left", dir,
			(unsigned long long)fs.f_favail);
	else
		doctor_say(d, LEVEL_OK, NULL, "%s has %lld MB left", dir,
			room >> 20);
}

/* The number in a file of /proc/sys, or `none` where there is no such file. */
static int64_t
kernel_number(struct doctor *d, const char *path, int64_t none)
{
	struct arena *a = d->c->arena;
	const char *text = fd_read_file(a, path, FILE_MAX, NULL);
	int64_t n;

	return text && str_to_i64(str_trim(a, text), 0, INT64_MAX, &n) ? n
								       : none;
}

void
check_userns(struct doctor *d)
{
	if (kernel_number(d, "/proc/sys/kernel/unprivileged_userns_clone", 1) ==
		0)
		doctor_say(d, LEVEL_BAD,
			"sysctl -w kernel.unprivileged_userns_clone=1, and in "
			"/etc/sysctl.d",
			"unprivileged user namespaces are switched off");
	else if (kernel_number(d, "/proc/sys/user/max_user_namespaces", 1) == 0)
		doctor_say(d, LEVEL_BAD,
			"sysctl -w user.max_user_namespaces=15000, and in "
			"/etc/sysctl.d",
			"no user namespace may be made");
	else if (kernel_number(d,
			 "/proc/sys/kernel/"
			 "apparmor_restrict_unprivileged_userns",
			 0) == 1)
		doctor_say(d, LEVEL_WARN,
			"give autostack-sandbox and bwrap an AppArmor profile "
			"with 'userns,' if the sandbox fails below",
			"AppArmor restricts unprivileged user namespaces");
	else
		doctor_say(d, LEVEL_OK, NULL,
			"unprivileged user namespaces are allowed");
}

void
check_tun(struct doctor *d)
{
	struct stat st;

	if (stat("/dev/net/tun", &st) != 0)
		doctor_say(d, LEVEL_BAD,
			"modprobe tun, and in "
			"/etc/modules-load.d",
			"/dev/net/tun: %s", strerror(errno));
	else if ((st.st_mode & 0006) != 0006)
		doctor_say(d, LEVEL_BAD, "chmod 666 /dev/net/tun",
			"/dev/net/tun has mode %04o: builds would have no "
			"network",
			(unsigned)st.st_mode & 07777);
	else
		doctor_say(d, LEVEL_OK, NULL, "/dev/net/tun is open to all");
}

/* How many ids the file (/etc/subuid) gives to the user. */
static int64_t
sub_ids(struct doctor *d, const char *path, const char *user)
{
	struct arena *a = d->c->arena;
	const char *text = fd_read_file(a, path, FILE_MAX, NULL);
	const char *prefix = arena_printf(a, "%s:", user);
	int64_t most = 0;
	int64_t n;
	char **lines;
	char **part;
	size_t parts;
	size_t i;

	if (!text)
		return 0;
	lines = str_split(a, text, '\n', NULL);
	for (i = 0; lines[i]; i++) {
		if (!str_starts(lines[i], prefix))
			continue;
		part = str_split(a, lines[i], ':', &parts);
		if (parts == 3 && str_to_i64(part[2], 1, UINT32_MAX, &n))
			most = MAX(most, n);
	}
	return most;
}

void
check_subuid(struct doctor *d)
{
	const struct passwd *pw = doctor_worker();
	const struct cfg *cfg = &d->c->cfg;
	/* slots are counted from slot_base on */
	int64_t need = d->cfg ? cfg->slot_base + cfg->build_slots : 1;

	if (!pw) {
		doctor_say(d, LEVEL_BAD, "systemd-sysusers autostack.conf",
			"there is no account to build from");
		return;
	}
	if (sub_ids(d, "/etc/subuid", pw->pw_name) < need ||
		sub_ids(d, "/etc/subgid", pw->pw_name) < need)
		doctor_say(d, LEVEL_BAD,
			arena_printf(d->c->arena,
				"usermod --add-subuids 200000-265535 "
				"--add-subgids 200000-265535 %s",
				pw->pw_name),
			"%s has no range of %d subordinate ids, as slot_base "
			"and build_slots need",
			pw->pw_name, (int)need);
	else
		doctor_say(d, LEVEL_OK, NULL,
			"%s has the %d ids that build slots need", pw->pw_name,
			(int)need);
}

/* `autostack-sandbox check` builds each kind of sandbox once. It refuses root,
 * so root asks as the account that builds start from. */
void
check_sandbox(struct doctor *d)
{
	struct arena *a = d->c->arena;
	const struct passwd *pw = doctor_worker();
	const char *box = place_program(a, "autostack-sandbox");
	const char *setpriv = find_program(d, "setpriv");
	AUTO_BUF struct buf b = {0};
	char **lines;
	size_t i;
	int code;

	buf_init(&b, OUTPUT_MAX);
	if (!pw || (getuid() == 0 && !setpriv)) {
		doctor_say(d, LEVEL_SKIP, NULL, "no account to build from");
		return;
	}
	if (getuid() == 0)
		/* its group may have any name: setpriv wants a number then */
		code = doctor_run(d,
			(const char *const[]){setpriv,
				arena_printf(a, "--reuid=%u", pw->pw_uid),
				arena_printf(a, "--regid=%u", pw->pw_gid),
				"--clear-groups", "--inh-caps=-all", "--", box,
				"check", NULL},
			&b);
	else
		code = doctor_run(
			d, (const char *const[]){box, "check", NULL}, &b);
	if (code < 0) {
		doctor_say(d, LEVEL_BAD, "install Autostack again", "%s: %s",
			box, strerror(errno));
		return;
	}
	lines = str_split(a, buf_text(&b), '\n', NULL);
	for (i = 0; lines[i]; i++)
		if (code != 0 && lines[i][0] && !str_starts(lines[i], "ok"))
			doctor_say(d, LEVEL_BAD,
				"mend what is named above and in this line; "
				"builds fail until then",
				"%s", lines[i]);
	if (code == 0)
		doctor_say(d, LEVEL_OK, NULL, "works as %s", pw->pw_name);
}
