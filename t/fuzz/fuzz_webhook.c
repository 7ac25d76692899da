/* fuzz_webhook.c - bodies of webhooks, and headers that sign nothing. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/github.h"
#include "svc/giturl.h"
#include "svc/webhook.h"

#define LINE_MAX 600 /* of a message with its word in front */

static void
check_commit(const char *s)
{
	ASSERT(strlen(s) == 40 && strspn(s, "0123456789abcdef") == 40);
}

static void
check_line(const char *s)
{
	ASSERT(!str_has_control(s) && str_is_utf8(s, strlen(s)));
	ASSERT(strlen(s) <= LINE_MAX);
}

static void
check_pull(const struct webhook_push *p)
{
	const struct preview *pr = &p->pull;

	if (pr->number == 0)
		return;
	ASSERT(pr->number > 0 && pr->number <= INT32_MAX);
	check_line(pr->title);
	check_line(pr->author);
	check_commit(pr->commit);
	ASSERT(giturl_ref_ok(pr->branch));
	/* what cannot be told is a stranger's */
	ASSERT(pr->fork || p->repository);
}

static void
check(const struct webhook_push *p)
{
	if (p->repository)
		ASSERT(github_name_ok(p->repository));
	if (p->branch)
		ASSERT(giturl_ref_ok(p->branch));
	if (p->commit)
		check_commit(p->commit);
	if (p->message)
		check_line(p->message);
	ASSERT(!p->commits || jsn_type(p->commits) == JSN_ARRAY);
	check_pull(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	const struct jsn *v = NULL;
	struct webhook_push p;

	memcpy(s, data, size);
	ASSERT(!webhook_signed("secret", s, data, size));
	if (!jsn_parse(&ctx, s, size, &v)) {
		webhook_read(ctx.arena, v, &p);
		check(&p);
		/* what skips still does after it was cut and cleaned */
		if (webhook_skips(jsn_str(
			    jsn_get(jsn_get(v, "head_commit"), "message"))))
			ASSERT(webhook_skips(p.message));
	}
	arena_free(ctx.arena);
	return 0;
}
