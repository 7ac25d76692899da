/*
 * served.c - what nginx serves domains with: a link and a file each. It compares
 * all of them with the database, so that whatever was lost, deleted or restored
 * is right again after a round. nginx never waits for it.
 */
#include "worker/domains.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ext/cert.h"
#include "stmt.h"
#include "svc/domain.h"
#include "svc/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM  ".pem"
#define HALF ".new" /* a file or link that is being made */

struct served {
	struct domains *d;
	int sites, certs; /* the folders */
	const char **host;
	size_t n;
	bool failed; /* something cannot be written or removed; errno was */
};

/* One row of the list. */
struct entry {
	const char *id, *host, *site;
	int64_t version; /* microseconds since 1970 */
	bool told;       /* its state says that it is served */
};

static void
stays(struct served *s, const char *what)
{
	log_event(EV_DOMAIN_STAYS, NULL, "host", what, "cause", strerror(errno),
		NULL);
	s->failed = true;
}

/* ---- certificates ---- */

/* A file that is complete, or none: written beside, flushed, renamed. Its group
 * is the folder's, nginx's; the time of its last change is its version. */
static bool
write_pem(const struct served *s, const struct entry *t,
	const struct cert_pair *p)
{
	struct arena *a = s->d->ctx.arena;
	const char *half = arena_printf(a, "%s" HALF, t->host);
	const struct timespec at[2] = {{.tv_nsec = UTIME_OMIT},
		{.tv_sec = t->version / 1000000,
			.tv_nsec = t->version % 1000000 * 1000}};
	AUTO_FD int fd = -1;

	if (unlinkat(s->certs, half, 0) != 0 && errno != ENOENT)
		return false;
	fd = openat(s->certs, half,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0 && fd_write_all(fd, p->chain, strlen(p->chain)) &&
	       fd_write_all(fd, p->key, strlen(p->key)) &&
	       fchmod(fd, 0640) == 0 && futimens(fd, at) == 0 &&
	       fsync(fd) == 0 &&
	       renameat(s->certs, half, s->certs,
		       arena_printf(a, "%s" PEM, t->host)) == 0 &&
	       fsync(s->certs) == 0;
}

/* What is stored, judged once more: an old file is only replaced by a pair
 * that a TLS context has loaded. *ret_why: it cannot be used. */
static enum err
read_pair(struct served *s, const struct entry *t, struct cert_pair *ret,
	const char **ret_why)
{
	struct domains *d = s->d;
	struct ctx probe = {.arena = d->ctx.arena};
	const char *key;
	const char *part;
	struct rows *r;
	enum err e =
		db_query(&d->ctx, d->db, STMT_DOMAIN_PAIR, DB_IN(t->id), &r);

	*ret_why = NULL;
	if (e)
		return e;
	if (rows_n(r) == 0)
		*ret_why = ""; /* gone since */
	else if (seal_open(&probe, &d->w->cfg,
			 domain_seal_row(d->ctx.arena, t->id),
			 rows_str(r, "key_sealed"), &key))
		*ret_why = "Its key was sealed under another jwt_secret.";
	else if (cert_judge(&probe, rows_str(r, "certificate"), key, t->host,
			 clock_now_s(), ret, &part))
		*ret_why = arena_printf(
			d->ctx.arena, "The certificate %s.", probe.message);
	return E_OK;
}

/* *ret_there: there is a certificate, this one or an older. */
static enum err
place_pem(struct served *s, const struct entry *t, bool *ret_there)
{
	struct domains *d = s->d;
	const char *name = arena_printf(d->ctx.arena, "%s" PEM, t->host);
	struct cert_pair pair;
	const char *why;
	struct stat st;
	enum err e;

	*ret_there = fstatat(s->certs, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (*ret_there && st.st_mtim.tv_sec * INT64_C(1000000) +
					  st.st_mtim.tv_nsec / 1000 ==
				  t->version)
		return E_OK;
	e = read_pair(s, t, &pair, &why);
	if (e)
		return e;
	if (why)
		return *why ? db_query(&d->ctx, d->db, STMT_DOMAIN_PAIR_REFUSED,
				      DB_IN(t->id, why), NULL)
			    : E_OK;
	if (write_pem(s, t, &pair))
		*ret_there = true;
	else
		stays(s, t->host);
	return E_OK;
}

/* ---- links ---- */

static bool
leads_to(const struct served *s, const struct entry *t)
{
	char to[NAME_MAX + 1];
	ssize_t n = readlinkat(s->sites, t->host, to, sizeof(to) - 1);

	if (n < 0)
		return false;
	to[n] = '\0';
	return str_eq(to, t->site);
}

static bool
place_link(const struct served *s, const struct entry *t)
{
	const char *half = arena_printf(s->d->ctx.arena, ".%s" HALF, t->host);

	if (leads_to(s, t))
		return true;
	if (unlinkat(s->sites, half, 0) != 0 && errno != ENOENT)
		return false;
	return symlinkat(t->site, s->sites, half) == 0 &&
	       renameat(s->sites, half, s->sites, t->host) == 0 &&
	       fsync(s->sites) == 0;
}

/* First the certificate: what a link makes reachable has to have one. */
static enum err
place(struct served *s, const struct entry *t)
{
	struct domains *d = s->d;
	bool there = false;
	enum err e = place_pem(s, t, &there);

	if (e || !there)
		return e;
	if (!place_link(s, t)) {
		stays(s, t->host);
		return E_OK;
	}
	if (t->told)
		return E_OK;
	e = db_query(&d->ctx, d->db, STMT_DOMAIN_SERVED, DB_IN(t->id), NULL);
	if (!e)
		log_event(EV_DOMAIN_STATE, t->id, "host", t->host, "state",
			"active", NULL);
	return e;
}

/* ---- what is not served any more ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_served(const struct served *s, const char *host)
{
	return s->n > 0 &&
	       bsearch(&host, s->host, s->n, sizeof(*s->host), by_name);
}

/* Whether a name of the folder is a domain's that is not served. Sites have no
 * dots in their names, and nothing else of ours ends in .pem there. */
static bool
is_left(const struct served *s, int dir, const struct dirent *e)
{
	const char *host = e->d_name;
	size_t n = strlen(host);

	if (dir == s->sites)
		return e->d_type == DT_LNK && host[0] != '.' &&
		       strchr(host, '.') && !is_served(s, host);
	if (!str_ends(host, PEM))
		return false;
	return !is_served(
		s, arena_strndup(s->d->ctx.arena, host, n - strlen(PEM)));
}

static void
prune(struct served *s, int fd)
{
	DIR *dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 3));
	const struct dirent *e;

	if (!dir) {
		stays(s, "*");
		return;
	}
	rewinddir(dir);
	while ((e = readdir(dir)) != NULL) {
		if (is_left(s, fd, e) && unlinkat(fd, e->d_name, 0) != 0)
			stays(s, e->d_name);
	}
	(void)closedir(dir);
}

/* ---- all of it ---- */

static enum err
serve_list(struct served *s, const struct rows *r)
{
	enum err e = E_OK;

	s->n = rows_n(r);
	s->host = arena_array(s->d->ctx.arena, s->n + 1, sizeof(*s->host));
	for (size_t i = 0; i < s->n; i++)
		s->host[i] = rows_text(r, i, rows_col(r, "host"));
	qsort(s->host, s->n, sizeof(*s->host), by_name);
	/* first what has to go: a name may have gone over to another */
	prune(s, s->sites);
	prune(s, s->certs);
	for (size_t i = 0; !e && i < s->n; i++) {
		const struct entry t = {
			.id = rows_text(r, i, rows_col(r, "id")),
			.host = rows_text(r, i, rows_col(r, "host")),
			.site = rows_text(r, i, rows_col(r, "site")),
			.version = rows_int(r, i, rows_col(r, "version")),
			.told = str_eq(rows_text(r, i, rows_col(r, "state")),
				"active"),
		};

		e = place(s, &t);
	}
	return e;
}

enum err
served_all(struct domains *d)
{
	struct arena *a = d->ctx.arena;
	const char *path = arena_printf(a, "%s/certs", d->w->cfg.state_dir);
	AUTO_FD int sites =
		open(d->w->sites, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int certs = -1;
	struct served s = {.d = d};
	struct rows *r;
	enum err e;

	if (fd_mkdirs(path, 0750))
		certs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sites < 0 || certs < 0) {
		stays(&s, "*");
		return E_OK;
	}
	s.sites = sites;
	s.certs = certs;
	e = db_query(&d->ctx, d->db, STMT_DOMAIN_SERVED_LIST, DB_IN0, &r);
	return e ? e : serve_list(&s, r);
}
