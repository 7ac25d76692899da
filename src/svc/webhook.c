/* webhook.c - from a signed body to a verdict. The verdicts are words for the
 * owner: a webhook that silently does nothing is the worst of all. */
#include "svc/webhook.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/crypt.h"
#include "ext/json.h"
#include "gen/stmt.h"
#include "svc/deploy.h"
#include "svc/github.h"
#include "svc/giturl.h"
#include "svc/pathfilter.h"
#include "svc/seal.h"
#include "svc/secret.h"

#define EVENT_MAX    64
#define DELIVERY_MAX 100
#define MESSAGE_MAX  500
#define TITLE_MAX    200
/* A body may have a value for each so many bytes of the largest one: GitHub's
 * pushes have more bytes a value. */
#define VALUE_BYTES 50
/* Bytes of file names that are compared with what a project watches. */
#define PATHS_MAX ((size_t)256 << 10)

const char *const webhook_verdicts[] = {"received", "deployed", "pong",
	"branch_not_tracked", "skipped", "auto_deploy_off", "wrong_repository",
	"queue_full", "not_handled", "malformed", "bad_signature", "failed",
	"paths_unchanged", "waits_for_approval", "preview_closed",
	"previews_off", "outdated", NULL};

const char *const webhook_events[] = {"push", "pull_request", NULL};

/* ---- the secret ---- */

const char *
webhook_row(struct arena *a, const char *project_id)
{
	return arena_printf(a, "project:%s:webhook", project_id);
}

/* A fresh one, sealed; ret_secret may be NULL. */
static enum err
make_secret(struct ctx *ctx, const struct svc *svc, const char *project_id,
	const char **ret_sealed, const char **ret_secret)
{
	struct secret s;
	enum err e;

	secret_make(&s);
	e = seal_close(ctx, svc->cfg, webhook_row(ctx->arena, project_id),
		s.text, ret_sealed);
	if (!e && ret_secret)
		*ret_secret = arena_strdup(ctx->arena, s.text);
	crypt_wipe(&s, sizeof(s));
	return e;
}

enum err
webhook_secret(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, const char **ret_secret)
{
	const char *secret, *sealed;
	enum err e = make_secret(ctx, svc, project_id, &sealed, &secret);

	if (!e)
		e = db_query(ctx, svc->db, STMT_WEBHOOK_SECRET_SET,
			DB_IN(project_id, user_id, sealed), NULL);
	if (!e)
		*ret_secret = secret;
	return e;
}

const char *
webhook_url(struct arena *a, const struct cfg *cfg, const char *project_id)
{
	return arena_printf(a, "%s/api/github/webhook?project=%s", cfg->app_url,
		project_id);
}

/* ---- where it is registered ---- */

const char *const webhook_states[] = {
	"none", "manual", "waiting", "registered", "failed", NULL};

static const char by_hand[] =
	"Make a secret (POST /api/projects/{id}/webhook-secret), then add a "
	"webhook in the settings of the repository at GitHub: this address, "
	"content type application/json, that secret, and the events pushes and "
	"pull requests.";

enum err
webhook_get(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, struct rows **ret)
{
	return db_query(ctx, svc->db, STMT_WEBHOOK_GET,
		DB_IN(project_id, user_id,
			webhook_url(ctx->arena, svc->cfg, project_id), by_hand),
		ret);
}

/* Why there is nothing to register. */
static enum err
not_here(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id)
{
	struct rows *r;
	enum err e = webhook_get(ctx, svc, user_id, project_id, &r);

	if (e)
		return e;
	if (rows_bool(r, 0, rows_col(r, "bare")))
		return E_NO_REPOSITORY;
	return rows_bool(r, 0, rows_col(r, "connected"))
		       ? ctx_fail(ctx, E_CONFLICT,
				 "The project's repository is not at the "
				 "GitHub of your connected account")
		       : E_GITHUB_NOT_CONNECTED;
}

enum err
webhook_register(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *project_id, bool asked)
{
	const char *sealed;
	struct rows *r;
	enum err e = make_secret(ctx, svc, project_id, &sealed, NULL);

	if (!e)
		e = db_query(ctx, svc->db, STMT_WEBHOOK_REGISTER,
			DB_IN(project_id, user_id, sealed, asked ? "t" : "f"),
			&r);
	if (e || !asked || rows_n(r) > 0)
		return e;
	return not_here(ctx, svc, user_id, project_id);
}

bool
webhook_signed(
	const char *secret, const char *header, const void *body, size_t len)
{
	static const char prefix[] = "sha256=";
	uint8_t mac[CRYPT_SHA256];
	char want[2 * CRYPT_SHA256 + 1];
	struct hmac_key *key;

	if (!header || !str_starts(header, prefix) ||
		strlen(header) != sizeof(prefix) - 1 + sizeof(want) - 1)
		return false;
	key = hmac_new(secret, strlen(secret));
	hmac_sign(key, body, len, mac);
	hmac_free(key);
	str_hex(want, mac, sizeof(mac));
	return crypt_eq(want, header + sizeof(prefix) - 1, sizeof(want) - 1);
}

/* ---- what a body says ---- */

bool
webhook_skips(const char *message)
{
	static const char *const words[] = {
		"[skip ci]", "[ci skip]", "[skip autostack]"};

	for (size_t i = 0; message && i < NELEM(words); i++) {
		if (strstr(message, words[i]))
			return true;
	}
	return false;
}

static const char *
commit_of(struct arena *a, const struct jsn *v)
{
	const char *s = jsn_str(v);

	if (!s || strlen(s) != 40 || strspn(s, "0123456789abcdef") != 40 ||
		strspn(s, "0") == 40)
		return NULL;
	return arena_strdup(a, s);
}

/* The first line of the message, cut and cleaned. The words of [skip ci] are put
 * in front when that took them away: kept deliveries are judged by it. */
static const char *
message_of(struct arena *a, const struct jsn *v)
{
	const char *s = jsn_str(jsn_get(jsn_get(v, "head_commit"), "message"));
	const char *line;

	if (!s)
		return NULL;
	line = str_plain(a, s, str_utf8_cut(s, strcspn(s, "\n"), MESSAGE_MAX));
	return webhook_skips(s) && !webhook_skips(line)
		       ? arena_printf(a, "[skip ci] %s", line)
		       : line;
}

/* A title or a login, cleaned. */
static const char *
plain(struct arena *a, const struct jsn *v, const char *otherwise)
{
	const char *s = jsn_str(v);

	return s && *s ? str_plain(a, s, str_utf8_cut(s, strlen(s), TITLE_MAX))
		       : otherwise;
}

/* What of an event counts. A push that GitHub tells late is told with the
 * pull request as it is by then: the end of one that was closed meanwhile. */
static const char *
change_of(const struct jsn *v)
{
	const char *action = jsn_str(jsn_get(v, "action"));
	const char *state =
		jsn_str(jsn_get(jsn_get(v, "pull_request"), "state"));
	const char *change = !action                         ? NULL
			     : str_eq(action, "opened")      ? "opened"
			     : str_eq(action, "reopened")    ? "opened"
			     : str_eq(action, "synchronize") ? "pushed"
			     : str_eq(action, "closed")      ? "closed"
							     : NULL;

	return change && state && str_eq(state, "closed") ? "closed" : change;
}

static void
read_pull(struct arena *a, const struct jsn *v, struct webhook_push *ret)
{
	const struct jsn *pull = jsn_get(v, "pull_request");
	const struct jsn *head = jsn_get(pull, "head");
	const char *branch = jsn_str(jsn_get(head, "ref"));
	const char *from = jsn_str(jsn_get(jsn_get(head, "repo"), "full_name"));
	int64_t number = jsn_int(jsn_get(v, "number"));
	const char *commit = commit_of(a, jsn_get(head, "sha"));
	const char *time = jsn_str(jsn_get(pull, "updated_at"));
	int64_t told_at;

	if (number < 1 || number > INT32_MAX || !commit || !branch ||
		!giturl_ref_ok(branch) || !time ||
		!clock_from_rfc3339(time, &told_at))
		return;
	ret->pull = (struct preview){
		.number = number,
		.title = plain(a, jsn_get(pull, "title"), "(no title)"),
		.author = plain(
			a, jsn_get(jsn_get(pull, "user"), "login"), "(nobody)"),
		.branch = arena_strdup(a, branch),
		.commit = commit,
		/* of a repository that is gone, too */
		.fork = !from || !ret->repository ||
			!str_eq_ci(from, ret->repository),
		.told_at = told_at,
	};
}

void
webhook_read(struct arena *a, const struct jsn *v, struct webhook_push *ret)
{
	static const char heads[] = "refs/heads/";
	const char *name =
		jsn_str(jsn_get(jsn_get(v, "repository"), "full_name"));
	const char *ref = jsn_str(jsn_get(v, "ref"));

	*ret = (struct webhook_push){0};
	if (name && github_name_ok(name))
		ret->repository = arena_strdup(a, name);
	if (ref && str_starts(ref, heads) &&
		giturl_ref_ok(ref + sizeof(heads) - 1))
		ret->branch = arena_strdup(a, ref + sizeof(heads) - 1);
	if (!jsn_bool(jsn_get(v, "deleted")))
		ret->commit = commit_of(a, jsn_get(v, "after"));
	ret->message = message_of(a, v);
	if (jsn_type(jsn_get(v, "commits")) == JSN_ARRAY)
		ret->commits = jsn_get(v, "commits");
	ret->change = change_of(v);
	read_pull(a, v, ret);
}

/* ---- the verdict ---- */

struct verdict {
	const char *word, *reason, *deployment_id;
};

static void
say(struct verdict *v, const char *word, const char *reason)
{
	v->word = word;
	v->reason = reason;
}

static void
say_deployed(struct ctx *ctx, struct verdict *v)
{
	say(v, "deployed",
		arena_printf(ctx->arena, "Deployed as %s", v->deployment_id));
}

static void
say_refusal(struct verdict *v, enum err e)
{
	say(v,
		e == E_DEPLOY_PAUSED      ? "auto_deploy_off"
		: e == E_QUEUE_FULL       ? "queue_full"
		: e == E_PREVIEW_WAITS    ? "waits_for_approval"
		: e == E_PREVIEWS_OFF     ? "previews_off"
		: e == E_PREVIEW_OUTDATED ? "outdated"
					  : "failed",
		err_info(e)->message);
}

/* By the path alone: the secret is this project's, and the host is where it
 * was registered. */
static bool
same_repository(struct ctx *ctx, const char *url, const char *full_name)
{
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;
	char *s;

	if (!path)
		return false;
	s = arena_strdup(ctx->arena, path + 1);
	if (str_ends(s, ".git"))
		s[strlen(s) - 4] = '\0';
	return str_eq_ci(s, full_name);
}

/* left: bytes of paths that are still looked at. A pattern can be written so
 * that each of them costs as many steps as it has letters. */
static bool
any_watched(const char *patterns, const struct jsn *paths, size_t *left)
{
	for (size_t i = 0; i < jsn_len(paths); i++) {
		const char *path = jsn_str(jsn_at(paths, i));
		size_t n = path ? strlen(path) : 0;

		if (n > *left)
			return true;
		*left -= n;
		if (path && pathfilter_watches(patterns, path))
			return true;
	}
	return false;
}

/* Whether a push touches what the project watches. What does not say which
 * files it touches (a new branch, a kept delivery), or says too many, may
 * touch all. */
static bool
is_watched(const char *patterns, const struct jsn *commits)
{
	static const char *const kinds[] = {"added", "removed", "modified"};
	size_t left = PATHS_MAX;

	if (!patterns || !commits || jsn_len(commits) == 0)
		return true;
	for (size_t i = 0; i < jsn_len(commits); i++) {
		for (size_t k = 0; k < NELEM(kinds); k++) {
			const struct jsn *paths =
				jsn_get(jsn_at(commits, i), kinds[k]);

			if (jsn_type(paths) == JSN_ARRAY &&
				any_watched(patterns, paths, &left))
				return true;
		}
	}
	return false;
}

/* Nothing that the project watches was pushed. It is built all the same when
 * that of the push before has never become live: it is part of this one. */
static void
judge_unwatched(struct ctx *ctx, const struct svc *svc,
	const struct rows *project, const struct webhook_push *p,
	struct verdict *v)
{
	struct ctx own = {.arena = ctx->arena};
	struct rows *r;
	enum err e = db_query(&own, svc->db, STMT_WEBHOOK_PUSH_UNDONE,
		DB_IN(rows_str(project, "project_id"), p->branch), &r);

	if (e)
		say_refusal(v, e);
	else if (rows_n(r) == 0 || !rows_bool(r, 0, rows_col(r, "undone")))
		say(v, "paths_unchanged",
			"It touches none of the files that the project "
			"watches");
}

/* Refusals that are the project's, before anything is queued. */
static bool
refused(struct ctx *ctx, const struct svc *svc, const struct rows *project,
	const struct webhook_push *p, struct verdict *v)
{
	struct arena *a = ctx->arena;
	const char *url = rows_str(project, "repository");
	const char *branch = rows_str(project, "branch");

	if (!p->repository || !same_repository(ctx, url, p->repository))
		say(v, "wrong_repository",
			arena_printf(a,
				"It is about %s, but the project builds %s",
				p->repository ? p->repository : "no repository",
				url ? url : "none"));
	else if (!p->branch)
		say(v, "not_handled",
			"Something else than a branch was pushed");
	else if (!p->commit)
		say(v, "not_handled",
			arena_printf(
				a, "The branch %s was deleted", p->branch));
	else if (!str_eq(p->branch, branch))
		say(v, "branch_not_tracked",
			arena_printf(a,
				"The branch %s was pushed; the project builds "
				"%s",
				p->branch, branch));
	else if (webhook_skips(p->message))
		say(v, "skipped", "The commit's message says to skip it");
	else if (!is_watched(rows_str(project, "watch_paths"), p->commits))
		judge_unwatched(ctx, svc, project, p, v);
	return v->word != NULL;
}

static void
deploy_push(struct ctx *ctx, const struct svc *svc, const struct rows *project,
	const struct webhook_push *p, struct verdict *v)
{
	const struct deploy_settings s = {
		.branch = p->branch, .commit = p->commit};
	struct ctx own = {.arena = ctx->arena};
	enum err e = deploy_automatic(&own, svc, rows_str(project, "user_id"),
		rows_str(project, "project_id"), &s, &v->deployment_id);

	if (e)
		say_refusal(v, e);
	else
		say_deployed(ctx, v);
}

/* A pull request's preview follows it. */
static void
judge_pull(struct ctx *ctx, const struct svc *svc, const struct rows *project,
	const struct webhook_push *p, struct verdict *v)
{
	const char *id = rows_str(project, "project_id");
	struct ctx own = {.arena = ctx->arena};
	enum err e;

	if (!p->repository ||
		!same_repository(
			ctx, rows_str(project, "repository"), p->repository))
		say(v, "wrong_repository",
			"It is about another repository than the project's");
	else if (p->pull.number == 0)
		say(v, "not_handled",
			"What it says of the pull request cannot be used; send "
			"it again from GitHub");
	else if (!p->change)
		say(v, "not_handled", "It changes nothing that is built");
	else if (str_eq(p->change, "closed")) {
		e = preview_end(&own, svc, id, &p->pull);
		if (e)
			say_refusal(v, e);
		else
			say(v, "preview_closed", "Its preview is removed");
	} else {
		e = preview_deploy(&own, svc, rows_str(project, "user_id"), id,
			&p->pull, str_eq(p->change, "opened"),
			&v->deployment_id);
		if (e)
			say_refusal(v, e);
		else
			say_deployed(ctx, v);
	}
}

static struct verdict
judge(struct ctx *ctx, const struct svc *svc, const struct rows *project,
	const char *event, const struct webhook_push *p)
{
	struct verdict v = {0};

	if (str_eq(event, "ping"))
		say(&v, "pong", "The webhook is set up");
	else if (str_eq(event, "pull_request"))
		judge_pull(ctx, svc, project, p, &v);
	else if (!str_eq(event, "push"))
		say(&v, "not_handled",
			arena_printf(ctx->arena,
				"Events of the kind '%s' are not handled",
				event));
	else if (!refused(ctx, svc, project, p, &v))
		deploy_push(ctx, svc, project, p, &v);
	return v;
}

static enum err
record(struct ctx *ctx, const struct svc *svc, const char *id,
	const struct verdict *v)
{
	return db_query(ctx, svc->db, STMT_WEBHOOK_JUDGED,
		DB_IN(id, v->word, v->reason, v->deployment_id), NULL);
}

/* ---- a delivery ---- */

/* A word for the table: nothing that the sender's headers could not be. */
static const char *
word(struct arena *a, const char *s, size_t max, const char *otherwise)
{
	if (!s || !*s || strlen(s) > max ||
		strspn(s,
			"abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(s))
		return otherwise;
	return arena_strdup(a, s);
}

/* A body that cannot be read has a verdict of its own. */
static struct verdict
read_body(struct ctx *ctx, const struct svc *svc, const struct webhook_in *in,
	struct webhook_push *p)
{
	size_t max = (size_t)svc->cfg->webhook_body_max / VALUE_BYTES;
	struct ctx own = {.arena = ctx->arena};
	const struct jsn *v = NULL;
	struct verdict bad = {0};
	enum err e;

	if (!in->type || !str_starts(in->type, "application/json"))
		say(&bad, "malformed",
			"Set the webhook's content type to application/json");
	else if ((e = jsn_parse_max(&own, in->body, in->len, max, &v)) ==
		 E_PAYLOAD_TOO_LARGE)
		say(&bad, "malformed", "The body has too many values");
	else if (e || jsn_type(v) != JSN_OBJECT)
		say(&bad, "malformed", "The body is not a JSON object");
	else
		webhook_read(ctx->arena, v, p);
	return bad;
}

static enum err
check_signature(struct ctx *ctx, const struct svc *svc,
	const struct webhook_in *in, struct rows **ret)
{
	const char *secret;
	enum err e;

	if (!in->project_id)
		return E_WEBHOOK_SIGNATURE;
	e = db_query(
		ctx, svc->db, STMT_WEBHOOK_FIND, DB_IN(in->project_id), ret);
	if (!e)
		e = seal_open(ctx, svc->cfg,
			webhook_row(ctx->arena, rows_str(*ret, "project_id")),
			rows_str(*ret, "secret_sealed"), &secret);
	if (e)
		return e;
	if (webhook_signed(secret, in->signature, in->body, in->len))
		return E_OK;
	e = db_query(ctx, svc->db, STMT_WEBHOOK_REFUSED,
		DB_IN(in->project_id,
			in->signature
				? "The signature was made with another secret"
				: "It came without X-Hub-Signature-256: give "
				  "the webhook the project's secret"),
		NULL);
	return e ? e : E_WEBHOOK_SIGNATURE;
}

/* What is kept of a body, as the database takes it. */
struct kept {
	char hash[2 * CRYPT_SHA256 + 1];
	const char *branch, *commit, *number, *fork, *told_at;
};

static void
kept_of(struct arena *a, const struct webhook_in *in,
	const struct webhook_push *p, struct kept *k)
{
	const struct preview *pr = &p->pull;
	uint8_t md[CRYPT_SHA256];

	*k = (struct kept){
		.branch = p->branch ? p->branch : pr->branch,
		.commit = p->commit ? p->commit : pr->commit,
	};
	crypt_sha256(in->body, in->len, md);
	str_hex(k->hash, md, sizeof(md));
	if (pr->number == 0)
		return;
	k->number = str_from_i64(a, pr->number);
	k->fork = pr->fork ? "t" : "f";
	k->told_at = str_from_i64(a, pr->told_at);
}

/* Its id, and whether it is to be judged: it is new, or came before and led to
 * nothing. No id: the one before is being kept right now, or is kept no
 * more. */
static enum err
keep(struct ctx *ctx, const struct svc *svc, const struct rows *project,
	const struct webhook_in *in, const char *event,
	const struct webhook_push *p, const char **ret_id, bool *ret_fresh)
{
	const char *id = word(ctx->arena, in->delivery, DELIVERY_MAX, NULL);
	const struct preview *pr = &p->pull;
	struct rows *r;
	struct kept k;
	enum err e;

	kept_of(ctx->arena, in, p, &k);
	e = db_query(ctx, svc->db, STMT_WEBHOOK_RECEIVE,
		DB_IN(rows_str(project, "project_id"), id ? id : k.hash, k.hash,
			event, p->repository, k.branch, k.commit, p->message,
			p->change, k.number, pr->title, pr->author, k.fork,
			k.told_at),
		&r);
	if (e || rows_n(r) == 0)
		return e;
	*ret_id = rows_str(r, "id");
	*ret_fresh = rows_bool(r, 0, rows_col(r, "fresh"));
	if (*ret_fresh)
		return E_OK;
	e = db_query(ctx, svc->db, STMT_WEBHOOK_CLAIM,
		DB_IN(*ret_id, k.hash, event, p->repository, k.branch, k.commit,
			p->message, p->change, k.number, pr->title, pr->author,
			k.fork, k.told_at),
		NULL);
	*ret_fresh = !e;
	return e == E_CONFLICT ? E_OK : e;
}

enum err
webhook_take(struct ctx *ctx, const struct svc *svc,
	const struct webhook_in *in, struct webhook_outcome *ret)
{
	const char *event = word(ctx->arena, in->event, EVENT_MAX, "unknown");
	struct webhook_push p = {0};
	bool fresh = false;
	struct rows *project;
	struct verdict v;
	enum err e = check_signature(ctx, svc, in, &project);

	*ret = (struct webhook_outcome){0};
	if (e)
		return e;
	ret->user_id = rows_str(project, "user_id");
	v = read_body(ctx, svc, in, &p);
	e = keep(ctx, svc, project, in, event, &p, &ret->id, &fresh);
	if (e)
		return e;
	ret->verdict = "duplicate";
	ret->reason = "It came before, and changes nothing now";
	if (!fresh)
		return E_OK;
	if (!v.word)
		v = judge(ctx, svc, project, event, &p);
	ret->verdict = v.word;
	ret->reason = v.reason;
	ret->deployment_id = v.deployment_id;
	return record(ctx, svc, ret->id, &v);
}

/* As webhook_read() did. */
static void
read_kept(const struct rows *r, struct webhook_push *ret)
{
	*ret = (struct webhook_push){
		.repository = rows_str(r, "pushed_repository"),
		.branch = rows_str(r, "pushed_branch"),
		.commit = rows_str(r, "commit_hash"),
		.message = rows_str(r, "commit_message"),
		.change = rows_str(r, "change"),
	};
	if (!rows_str(r, "pull_number"))
		return;
	ret->pull = (struct preview){
		.number = rows_int(r, 0, rows_col(r, "pull_number")),
		.title = rows_str(r, "pull_title"),
		.author = rows_str(r, "pull_author"),
		.branch = ret->branch,
		.commit = ret->commit,
		.fork = rows_bool(r, 0, rows_col(r, "pull_fork")),
		.told_at = rows_int(r, 0, rows_col(r, "told_at")),
	};
}

enum err
webhook_again(struct ctx *ctx, const struct svc *svc, const char *user_id,
	const char *id)
{
	struct webhook_push p;
	struct verdict v;
	struct rows *r;
	enum err e = db_query(ctx, svc->db, STMT_WEBHOOK_DELIVERY_AGAIN,
		DB_IN(id, user_id), &r);

	if (e)
		return e;
	if (!rows_bool(r, 0, rows_col(r, "known")))
		return ctx_fail(ctx, E_CONFLICT,
			"Nothing of this delivery is known that could be "
			"judged again; send it again from GitHub");
	e = db_query(ctx, svc->db, STMT_WEBHOOK_CLAIM,
		DB_IN(id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
			NULL, NULL, NULL),
		NULL);
	if (e == E_CONFLICT)
		return ctx_fail(ctx, E_CONFLICT,
			"Judging this delivery again would change nothing, or "
			"is being done");
	if (e)
		return e;
	read_kept(r, &p);
	v = judge(ctx, svc, r, rows_str(r, "event"), &p);
	return record(ctx, svc, id, &v);
}
