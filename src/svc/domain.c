/* domain.c - which names may be domains, and what their owners set. Who may is
 * SQL's. */
#include "svc/domain.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/cert.h"
#include "gen/stmt.h"
#include "svc/seal.h"
#include "svc/secret.h"

#define LABEL_MAX 63  /* RFC 1035 2.3.4 */
#define HOST_MAX  240 /* "_autostack." fits before it */
#define LOWER     "abcdefghijklmnopqrstuvwxyz"

const char *const domain_states[] = {
	"pending", "verified", "active", "failed", NULL};
const char *const domain_sources[] = {"acme", "own", NULL};

/* The host of a URL of the settings, in lower case. */
static const char *
url_host(struct arena *a, const char *url)
{
	const char *at = strstr(url, "://");

	at = at ? at + 3 : url;
	return str_lower(a, arena_strndup(a, at, strcspn(at, ":/")));
}

static bool
label_ok(const char *s)
{
	size_t n = strlen(s);

	return n >= 1 && n <= LABEL_MAX &&
	       strspn(s, LOWER "0123456789-") == n && s[0] != '-' &&
	       s[n - 1] != '-';
}

/* A last label that begins with a digit is an address's. */
static bool
host_ok(struct arena *a, const char *s)
{
	size_t n;
	char **label = str_split(a, s, '.', &n);

	if (strlen(s) > HOST_MAX || n < 2 || !strchr(LOWER, label[n - 1][0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!label_ok(label[i]))
			return false;
	}
	return true;
}

/* Sites' names are given out by publishing alone, and a page must never share
 * an origin with the panel (TL-2). */
static bool
is_ours(struct arena *a, const struct cfg *cfg, const char *host)
{
	const char *suffix = strstr(cfg->site_url, "%s.");

	suffix =
		suffix ? arena_printf(a, ".%s", url_host(a, suffix + 3)) : NULL;
	if (suffix && (str_ends(host, suffix) || str_eq(host, suffix + 1)))
		return true;
	return str_eq(host, url_host(a, cfg->app_url)) ||
	       str_eq(host, url_host(a, cfg->frontend_url));
}

const char *
domain_host_wrong(struct arena *a, const struct cfg *cfg, const char **host)
{
	const char *s = *host;
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] > '~')
			return "must be written in ASCII: other letters in "
			       "their xn-- form";
	}
	if (n > 1 && s[n - 1] == '.')
		n--;
	s = str_lower(a, arena_strndup(a, s, n));
	if (!host_ok(a, s))
		return "must be a host name like www.example.com";
	if (is_ours(a, cfg, s))
		return "is a name of this host's own";
	*host = s;
	return NULL;
}

enum err
domain_add(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char *host, const char **ret)
{
	const char *max =
		str_from_i64(ctx->arena, svc->cfg->domains_per_project);
	struct secret s;
	struct rows *r;
	enum err e;

	secret_make(&s);
	e = db_begin(ctx, svc->db);
	if (!e)
		e = db_query(ctx, svc->db, STMT_PROJECT_LOCK,
			DB_IN(project_id, user_id), NULL);
	if (!e)
		e = db_query(ctx, svc->db, STMT_DOMAIN_INSERT,
			DB_IN(project_id, user_id, host, s.text, max), &r);
	e = db_end(ctx, svc->db, e);
	if (!e)
		*ret = rows_str(r, "id");
	return e;
}

const char *
domain_seal_row(struct arena *a, const char *id)
{
	return arena_printf(a, "domain:%s:key", id);
}

enum err
domain_certificate_set(struct ctx *ctx, const struct svc *svc,
	const struct domain_key *key, const char *chain,
	const char *private_key, const char **ret_part)
{
	struct arena *a = ctx->arena;
	struct cert_pair pair;
	const char *sealed;
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_DOMAIN_BY_ID,
		DB_IN(key->id, key->project_id, key->user_id), &r);

	if (!e)
		e = cert_judge(ctx, chain, private_key, rows_str(r, "host"),
			clock_now_s(), &pair, ret_part);
	if (!e)
		e = seal_close(ctx, svc->cfg, domain_seal_row(a, key->id),
			pair.key, &sealed);
	if (!e)
		e = db_query(ctx, svc->db, STMT_DOMAIN_CERTIFICATE_OWN,
			DB_IN(key->id, key->project_id, key->user_id,
				pair.chain, sealed,
				str_from_i64(a, pair.not_after)),
			NULL);
	return e;
}
