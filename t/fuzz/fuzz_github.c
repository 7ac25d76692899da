/* fuzz_github.c - entries of lists that GitHub answers with. The first byte
 * chooses: r a repository, b a branch. */
#include "fuzz.h"

#include "base/arena.h"
#include "base/str.h"
#include "ext/json.h"
#include "svc/github.h"
#include "svc/giturl.h"

static void
check_text(const char *s, size_t max)
{
	ASSERT(!str_has_control(s) && strlen(s) <= max);
	ASSERT(str_is_utf8(s, strlen(s)));
}

static void
take_repo(struct arena *a, const struct jsn *v)
{
	struct github_repo r;
	int64_t id;

	if (!github_take_repo(a, v, &r))
		return;
	ASSERT(str_to_i64(r.id, 1, INT64_MAX, &id));
	ASSERT(github_name_ok(r.full_name) && !strstr(r.full_name, "/../"));
	ASSERT(giturl_ref_ok(r.default_branch));
	check_text(r.description, 350);
	check_text(r.language, 100);
}

static void
take_branch(struct arena *a, const struct jsn *v)
{
	struct github_branch b;

	if (!github_take_branch(a, v, &b))
		return;
	ASSERT(giturl_ref_ok(b.name));
	ASSERT(strlen(b.commit) == 40 &&
		strspn(b.commit, "0123456789abcdef") == 40);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = {.arena = arena_new(64 << 20, 256 << 20)};
	char *s = arena_alloc(ctx.arena, size + 1);
	const struct jsn *v = NULL;

	memcpy(s, data, size);
	if (size > 0 && jsn_parse(&ctx, s + 1, size - 1, &v) == E_OK) {
		if (*s == 'r')
			take_repo(ctx.arena, v);
		else
			take_branch(ctx.arena, v);
	}
	arena_free(ctx.arena);
	return 0;
}
