/*
 * clone.c - the repository's commit into job/src (SECURITY.md GIT-1 to GIT-7).
 * Used by job.c. git runs in a sandbox of its own, with the host's network and
 * nothing else of the host, pinned to the one address that was checked.
 */
#include "worker/worker.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/str.h"
#include "stmt.h"
#include "svc/logclean.h"

#include <fcntl.h>
#include <unistd.h>

#define INFO_MAX    (64 * 1024)
#define MESSAGE_MAX 500
#define AUTHOR_MAX  200
#define CONFIG_MAX  24

/* Runs inside the sandbox; what varies are its arguments: URL, branch, wanted
 * commit or nothing. A server need not give a commit that no branch points to,
 * so the branch's history is the second try. Its stdin is what git proves itself
 * with: helper() opens it anew each time that git asks, so git's children find
 * it by descriptor only and it ends with them. What git log says goes to a file,
 * since what git fetch prints may be the server's words. */
static const char script[] =
	"set -e\n"
	"exec 9<&0 </dev/null\n"
	"git init -q --template= .\n"
	"if [ -z \"$3\" ]; then\n"
	"	git fetch -q --no-tags --depth 1 --no-recurse-submodules -- "
	"\"$1\" \"refs/heads/$2\"\n"
	"	git checkout -q --detach FETCH_HEAD --\n"
	"else\n"
	"	git fetch -q --no-tags --depth 1 --no-recurse-submodules -- "
	"\"$1\" \"$3\" ||\n"
	"		git fetch -q --no-tags --no-recurse-submodules -- "
	"\"$1\" \"refs/heads/$2\"\n"
	"	git checkout -q --detach \"$3\" --\n"
	"fi\n"
	"git log -1 --no-show-signature --format='%H%n%an%n%s' HEAD -- "
	">/build/commit\n";

struct config {
	struct arena *a;
	const char *env[2 * CONFIG_MAX + 16];
	size_t n;
	int pairs;
};

static void
set(struct config *c, const char *key, const char *value)
{
	ASSERT(c->pairs < CONFIG_MAX);
	c->env[c->n++] =
		arena_printf(c->a, "GIT_CONFIG_KEY_%d=%s", c->pairs, key);
	c->env[c->n++] =
		arena_printf(c->a, "GIT_CONFIG_VALUE_%d=%s", c->pairs, value);
	c->pairs++;
}

/* Settings by environment: as strong as -c, and for every git that git itself
 * starts. */
static void
make_env(struct config *c, const struct job *j, const struct giturl *u,
	const char *pin)
{
	static const char *const fixed[][2] = {
		{"core.hooksPath", "/dev/null"},
		{"core.fsmonitor", "false"},
		{"core.protectHFS", "true"},
		{"core.protectNTFS", "true"},
		{"core.symlinks", "true"}, /* inside the sandbox they do no
					    * harm, and packages need them */
		{"core.attributesFile", "/dev/null"},
		{"transfer.fsckObjects", "true"},
		{"fetch.fsckObjects", "true"},
		{"submodule.recurse", "false"},
		{"filter.lfs.required", "false"},
		{"safe.bareRepository", "explicit"},
		{"protocol.allow", "never"},
		{"http.followRedirects", "false"},
		{"http.lowSpeedLimit", "1000"},
		{"http.lowSpeedTime", "30"},
		{"credential.helper", ""},
		{"advice.detachedHead", "false"},
		{"gc.auto", "0"},
	};

	for (size_t i = 0; i < NELEM(fixed); i++)
		set(c, fixed[i][0], fixed[i][1]);
	set(c, arena_printf(c->a, "protocol.%s.allow", u->scheme), "always");
	if (*pin)
		set(c, "http.curloptResolve", pin);
	/* for this server only, whatever it answers */
	if (j->cred.token)
		set(c,
			arena_printf(
				c->a, "credential.%s.helper", j->cred.origin),
			"!f() { cat /proc/self/fd/9; }; f");
	if (*j->w->cfg.git_ca_file)
		set(c, "http.sslCAInfo", "/git-ca.pem");
	c->env[c->n++] = arena_printf(c->a, "GIT_CONFIG_COUNT=%d", c->pairs);
	c->env[c->n++] = arena_printf(c->a, "GIT_ALLOW_PROTOCOL=%s", u->scheme);
	c->env[c->n++] = "GIT_CONFIG_NOSYSTEM=1";
	c->env[c->n++] = "GIT_CONFIG_GLOBAL=/dev/null";
	c->env[c->n++] = "GIT_TERMINAL_PROMPT=0";
	c->env[c->n++] = "GIT_ATTR_NOSYSTEM=1";
	c->env[c->n++] = "HOME=/build/home";
	c->env[c->n++] = "LC_ALL=C";
	c->env[c->n] = NULL;
}

enum why {
	WHY_UNKNOWN,
	BRANCH,
	COMMIT,
	PRIVATE,
	GONE,
	TLS,
	REDIRECT,
	DOWN,
	OBJECT,
	BIG
};

/* git's words, by what they mean. Only the sentence comes from them: that it
 * failed is known by the exit code. The first hit wins. */
static enum why
classify(const char *text)
{
	static const struct {
		const char *words;
		enum why why;
	} t[] = {
		{"died of signal 25", BIG},
		{"couldn't find remote ref", BRANCH},
		{"not our ref", COMMIT},
		{"reference is not a tree", COMMIT},
		{"unadvertised object", COMMIT},
		{"could not read Username", PRIVATE},
		{"could not read Password", PRIVATE},
		{"Authentication failed", PRIVATE},
		{"returned error: 401", PRIVATE},
		{"returned error: 403", PRIVATE},
		{"repository '", GONE},
		{"returned error: 404", GONE},
		{"certificate", TLS},
		{"SSL", TLS},
		{"gnutls", TLS},
		{"returned error: 30", REDIRECT},
		{"redirect", REDIRECT},
		{"Could not resolve", DOWN},
		{"Failed to connect", DOWN},
		{"Couldn't connect", DOWN},
		{"Connection refused", DOWN},
		{"timed out", DOWN},
		{"Operation too slow", DOWN},
		{"unable to access", DOWN},
		{"fsck", OBJECT},
		{"invalid path", OBJECT},
		{"error: object", OBJECT},
	};

	for (size_t i = 0; i < NELEM(t); i++) {
		if (strstr(text, t[i].words))
			return t[i].why;
	}
	return WHY_UNKNOWN;
}

static const char *
sentence(struct job *j, const struct giturl *u)
{
	struct arena *a = j->ctx.arena;
	const char *commit = j->commit_wanted ? j->commit_wanted : "HEAD";

	switch (classify(logsink_tail(j))) {
	case BRANCH:
		return arena_printf(a, "the branch '%s' does not exist in %s",
			j->branch, u->url);
	case COMMIT:
		return arena_printf(a, "the commit %s does not exist in %s",
			commit, u->url);
	case PRIVATE:
		if (j->cred.token)
			return arena_printf(a,
				"the repository %s does not exist, or %s may "
				"not read it",
				u->url, j->cred.what);
		return arena_printf(a,
			"the repository %s asked for credentials: it is "
			"private or does not exist",
			u->url);
	case GONE:
		return arena_printf(a, "there is no repository at %s", u->url);
	case TLS:
		return arena_printf(a,
			"the server of %s has a certificate that is not "
			"trusted, or does not speak TLS",
			u->url);
	case REDIRECT:
		return arena_printf(a,
			"the server of %s redirects to another address, which "
			"is not followed: use that address",
			u->url);
	case DOWN:
		return arena_printf(
			a, "the server of %s cannot be reached", u->url);
	case BIG:
		return arena_printf(a,
			"the clone wrote a file larger than %lld MB "
			"(build_disk_max)",
			(long long)(j->w->cfg.build_disk_max >> 20));
	case OBJECT:
		return arena_printf(a,
			"the repository %s holds objects that git refuses",
			u->url);
	case WHY_UNKNOWN:
		break;
	}
	return arena_printf(
		a, "git could not fetch %s; the log has its words", u->url);
}

/* One line of strangers' text, harmless and short. */
static const char *
clean(struct job *j, const char *text, size_t max)
{
	struct arena *a = j->ctx.arena;
	struct logclean c = {0};
	AUTO_BUF struct buf b = {0};
	const char *s;

	buf_init(&b, 1 << 20);
	logclean_feed(&c, text, strlen(text), &b);
	logclean_end(&c, &b);
	s = mask_text(a, j->mask, buf_text(&b));
	return arena_strndup(a, s, str_utf8_cut(s, strcspn(s, "\n"), max));
}

static bool
is_commit(const char *s)
{
	return strlen(s) == 40 && s[strspn(s, "0123456789abcdef")] == '\0';
}

static enum err
record_commit(struct job *j, int job_dir)
{
	struct arena *a = j->ctx.arena;
	const char *text =
		fd_read_beneath(a, job_dir, "commit", INFO_MAX, NULL);
	const char *author;
	const char *subject;
	char **line;
	size_t n;

	line = text ? str_split(a, text, '\n', &n) : NULL;
	if (!line || n < 3 || !is_commit(line[0]))
		return ctx_fail(&j->ctx, E_BUILD_FAILED,
			"git did not say which commit it fetched");
	author = clean(j, line[1], AUTHOR_MAX);
	subject = clean(j, line[2], MESSAGE_MAX);
	job_say(j, SAY_INFO, "Commit %.12s by %s: %s", line[0], author,
		subject);
	return lease_write(j, STMT_JOB_COMMIT,
		DB_IN(j->id, j->owner, j->attempt, line[0], subject, author),
		NULL);
}

/* What git's credential protocol wants of a helper. */
static const char *
credential_text(struct job *j)
{
	return j->cred.token ? arena_printf(j->ctx.arena,
				       "username=%s\npassword=%s\n",
				       j->cred.user, j->cred.token)
			     : NULL;
}

enum err
clone_credential(struct job *j)
{
	struct ctx own = {.arena = j->ctx.arena};
	struct gitcred_row row;
	struct giturl u;
	struct rows *r;
	enum err e = lease_write(j, STMT_JOB_CREDENTIALS,
		DB_IN(j->id, j->owner, j->attempt), &r);

	/* an address that is refused is clone_run()'s to tell */
	if (e || giturl_parse(&own, &j->w->cfg, j->repository, &u))
		return e;
	row = (struct gitcred_row){
		.project_id = rows_str(r, "project_id"),
		.user_id = rows_str(r, "user_id"),
		.deploy_sealed = rows_str(r, "deploy_token_sealed"),
		.deploy_origin = rows_str(r, "deploy_token_origin"),
		.github_sealed = rows_str(r, "github_sealed"),
	};
	return gitcred_pick(&j->ctx, &j->w->cfg, &row, &u, &j->cred);
}

static enum err
fetch(struct job *j, const struct giturl *u, const char *pin)
{
	struct config c = {.a = j->ctx.arena};
	const char *const args[] = {u->url, j->branch,
		j->commit_wanted ? j->commit_wanted : "", NULL};
	struct step s = {.shell = script,
		.args = args,
		.host_net = true,
		.chdir = "/build/src",
		.setenv = c.env,
		.input = credential_text(j),
		.time_ms = j->w->cfg.clone_timeout};
	struct step_result r;
	enum err e;

	make_env(&c, j, u, pin);
	logsink_tail_start(j);
	e = step_run(j, &s, &r);
	if (e)
		return e;
	if (r.end != STEP_EXIT || r.code == STEP_CODE_XFSZ)
		return step_failed(j, &s, &r, "the clone");
	if (r.code)
		return ctx_fail(&j->ctx, E_BUILD_FAILED, "%s", sentence(j, u));
	return E_OK;
}

enum err
clone_run(struct job *j)
{
	struct giturl u;
	const char *pin;
	AUTO_FD int dir = open(arena_printf(j->ctx.arena, "%s/job", j->dir),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = giturl_parse(&j->ctx, &j->w->cfg, j->repository, &u);

	if (!e && (dir < 0 || !giturl_ref_ok(j->branch)))
		e = ctx_fail(&j->ctx, E_BUILD_FAILED,
			"the branch name is not allowed");
	if (!e)
		e = giturl_resolve(&j->ctx, &u, &pin);
	if (e)
		return e;
	job_say(j, SAY_INFO, "Cloning repository %s (%s)...", u.url,
		j->commit_wanted ? j->commit_wanted : j->branch);
	if (j->cred.token)
		job_say(j, SAY_INFO, "If it asks: by %s", j->cred.what);
	e = fetch(j, &u, pin);
	return e ? e : record_commit(j, dir);
}
