/*
 * store.c - requests to S3-compatible storage. Used by the worker and by
 * `autostack doctor`. The bucket stands in the path, which every such storage
 * understands, and names need no certificate of their own.
 */
#include "svc/store.h"

#include "base/arena.h"
#include "base/cfg.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/httpc.h"

#define CODE_MAX   60    /* of the storage's error codes */
#define REQUEST_MS 30000 /* of one without a file */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789"

bool
store_is_on(const struct cfg *cfg)
{
	return *cfg->s3_bucket != '\0';
}

static const char *
endpoint(struct arena *a, const struct cfg *cfg)
{
	return *cfg->s3_endpoint
		       ? cfg->s3_endpoint
		       : arena_printf(a, "https://s3.%s.amazonaws.com",
				 cfg->s3_region);
}

/* All of it from these characters: it needs no encoding in a path or in what
 * is signed. */
static bool
is_plain(const char *s, const char *chars)
{
	return *s && s[strspn(s, chars)] == '\0';
}

const char *
store_settings_wrong(struct arena *a, const struct cfg *cfg)
{
	const char *url = endpoint(a, cfg);
	const char *host = strstr(url, "://");

	if (!store_is_on(cfg))
		return NULL;
	if (!is_plain(cfg->s3_bucket, NAME_CHARS "-.") ||
		strlen(cfg->s3_bucket) < 3 || strstr(cfg->s3_bucket, "..") ||
		cfg->s3_bucket[0] == '.')
		return "s3_bucket: must have 3 to 63 lower case letters, "
		       "digits, dots and hyphens";
	if (!is_plain(cfg->s3_region, NAME_CHARS "-_"))
		return "s3_region: must be lower case letters, digits and "
		       "hyphens";
	if (!httpc_url_ok(url) || !host || strpbrk(host + 3, "/?#"))
		return "s3_endpoint: must be https://HOST or https://HOST:PORT "
		       "(http for a loopback host only)";
	if (!*cfg->s3_access_key_id || !*cfg->s3_secret_access_key)
		return "s3_bucket: needs s3_access_key_id and "
		       "s3_secret_access_key";
	return NULL;
}

const char *
store_release_key(struct arena *a, const char *release)
{
	return arena_printf(a, "releases/%s.tar.gz", release);
}

/* ---- what the storage says ---- */

/* The code of an error document, as a plain word; "" when there is none. */
static const char *
error_code(struct arena *a, const struct httpc_answer *answer)
{
	const char *at = strstr(answer->body, "<Code>");
	size_t n;

	if (!at)
		return "";
	at += strlen("<Code>");
	n = strcspn(at, "<");
	return n > CODE_MAX ? "" : str_plain(a, at, n);
}

static const char *
advice(int status, const char *code)
{
	static const struct {
		const char *code;
		const char *text;
	} known[] = {
		{"SignatureDoesNotMatch",
			"s3_secret_access_key is not the key's secret"},
		{"InvalidAccessKeyId", "it does not know s3_access_key_id"},
		{"NoSuchBucket", "there is no such s3_bucket"},
		{"AccessDenied", "the key may not do this in s3_bucket"},
		{"RequestTimeTooSkewed", "this host's clock is wrong"},
		{"AuthorizationHeaderMalformed",
			"s3_region is not the bucket's"},
		{"PermanentRedirect",
			"the bucket is in another region or at another "
			"s3_endpoint"},
		{"NoSuchKey", "the object is not there"},
		{"EntityTooLarge", "it takes no file of this size"},
		{"QuotaExceeded", "its space is used up"},
		{"SlowDown", "it asks for fewer requests"},
	};

	for (size_t i = 0; i < NELEM(known); i++) {
		if (str_eq(known[i].code, code))
			return known[i].text;
	}
	if (status >= 300 && status < 400)
		return "it redirects: s3_endpoint or s3_region is not the "
		       "bucket's";
	if (status == 404)
		return "the object or s3_bucket is not there";
	if (status == 403)
		return "the key may not do this, or its secret is wrong";
	return "it refuses the request";
}

static enum err
refused(struct ctx *ctx, const struct httpc_answer *answer)
{
	const char *code = error_code(ctx->arena, answer);

	return ctx_cause(ctx, E_BAD_GATEWAY, "the storage answers %d%s%s: %s",
		answer->status, *code ? " " : "", code,
		advice(answer->status, code));
}

/* ---- requests ---- */

static enum err
ask(struct ctx *ctx, const struct store_job *j, const char *method,
	const char *sha256, const struct httpc_file *send,
	const struct httpc_file *take, struct httpc_answer *ret)
{
	const struct cfg *cfg = j->cfg;
	struct arena *a = ctx->arena;
	const struct httpc_sign sign = {cfg->s3_region, "s3",
		cfg->s3_access_key_id, cfg->s3_secret_access_key};
	const char *headers[] = {
		arena_printf(a, "x-amz-content-sha256: %s", sha256), NULL};
	const struct httpc_request rq = {
		.url = arena_printf(a, "%s/%s/%s", endpoint(a, cfg),
			cfg->s3_bucket, j->key),
		.method = method,
		.headers = headers,
		.timeout_ms = send || take ? cfg->s3_timeout : REQUEST_MS,
		.ca_file = cfg->s3_ca_file,
		.sign = &sign,
		.send = send,
		.take = take,
		.go_on = j->go_on,
		.arg = j->arg,
	};

	ASSERT(is_plain(j->key, NAME_CHARS "-./"));
	return httpc_ask(ctx, &rq, ret);
}

static const char *
no_body(struct arena *a)
{
	char *hex = arena_alloc(a, 65);

	crypt_sha256_hex("", hex);
	return hex;
}

enum err
store_put(struct ctx *ctx, const struct store_job *j, const char *sha256)
{
	const struct httpc_file file = {j->fd, j->size};
	struct httpc_answer answer;
	enum err e = ask(ctx, j, "PUT", sha256, &file, NULL, &answer);

	return e || answer.status == 200 ? e : refused(ctx, &answer);
}

enum err
store_get(struct ctx *ctx, const struct store_job *j, int64_t *ret_size)
{
	const struct httpc_file file = {j->fd, j->size};
	struct httpc_answer answer;
	enum err e =
		ask(ctx, j, NULL, no_body(ctx->arena), NULL, &file, &answer);

	if (e)
		return e;
	if (answer.status != 200)
		return refused(ctx, &answer);
	*ret_size = answer.taken;
	return E_OK;
}

enum err
store_remove(struct ctx *ctx, const struct store_job *j)
{
	struct httpc_answer answer;
	enum err e =
		ask(ctx, j, "DELETE", no_body(ctx->arena), NULL, NULL, &answer);

	if (e || answer.status == 200 || answer.status == 204)
		return e;
	if (answer.status == 404 &&
		str_eq(error_code(ctx->arena, &answer), "NoSuchKey"))
		return E_OK;
	return refused(ctx, &answer);
}
