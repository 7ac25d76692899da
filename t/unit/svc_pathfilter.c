/* svc_pathfilter.c - which files of a push are watched. */
#include "unit_svc.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "svc/pathfilter.h"

START_TEST(test_watches)
{
	static const struct {
		const char *patterns, *path;
		bool want;
	} t[] = {
		{NULL, "x", true},
		{"", "x", true},
		{"\n# all\n", "x", true},
		{"site/", "site/index.md", true},
		{"site/", "site/deep/index.md", true},
		{"site/", "site", false},
		{"site/", "sites/x", false},
		{"site", "site", true},
		{"site", "site/x", false},
		{"*.md", "a/b.md", true},
		{"*.md", "a/b.mdx", false},
		{"a/*/c", "a/b/b/c", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"**/x", "a/x", true},
		{"site/\r\n  docs/  \r\n", "docs/x", true},
		{"site/\ndocs/", "other/x", false},
		{"!docs/", "docs/x", false},
		{"!docs/", "site/x", true},
		{"site/\n!site/*.md\nsite/index.md", "site/a.md", false},
		{"site/\n!site/*.md\nsite/index.md", "site/index.md", true},
		{"site/\n!site/*.md\nsite/index.md", "site/a.js", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b", "xxaxxbxx", false},
		{"*", "", true},
	};

	for (size_t i = 0; i < NELEM(t); i++)
		ck_assert_msg(pathfilter_watches(t[i].patterns, t[i].path) ==
				      t[i].want,
			"%s: %s", t[i].patterns, t[i].path);
}
END_TEST

START_TEST(test_wrong)
{
	struct arena *a = arena_new(1 << 20, 1 << 24);
	char many[3 * PATHFILTER_LINES + 4] = "";
	char longest[PATHFILTER_LINE_MAX + 2];

	ck_assert_ptr_null(pathfilter_wrong(a, "a/\n# c\n!b/*.x\n"));
	unit_has(pathfilter_wrong(a, "/a"), "not begin with");
	unit_has(pathfilter_wrong(a, "!"), "1 to 255");
	unit_has(pathfilter_wrong(a, "a\x01"), "control");
	for (size_t i = 0; i < PATHFILTER_LINES; i++)
		memcpy(many + 2 * i, "a\n", 3);
	ck_assert_ptr_null(pathfilter_wrong(a, many));
	memcpy(many + (size_t)2 * PATHFILTER_LINES, "a\n", 3);
	unit_has(pathfilter_wrong(a, many), "at most 50");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	unit_has(pathfilter_wrong(a, longest), "1 to 255");
	longest[sizeof(longest) - 2] = '\0';
	ck_assert_ptr_null(pathfilter_wrong(a, longest));
	arena_free(a);
}
END_TEST

/* fnmatch(3) would take years for this. */
START_TEST(test_stars)
{
	char pattern[PATHFILTER_LINE_MAX + 1];
	char path[4001];
	int64_t began = clock_mono_ms();

	for (size_t i = 0; i < PATHFILTER_LINE_MAX; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[PATHFILTER_LINE_MAX - 1] = 'b';
	pattern[PATHFILTER_LINE_MAX] = '\0';
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert(!pathfilter_watches(pattern, path));
	ck_assert_int_lt(clock_mono_ms() - began, 1000);
}
END_TEST

Suite *
suite_pathfilter(void)
{
	const TTest *const all[] = {test_watches, test_wrong, test_stars, NULL};
	Suite *s = suite_create("pathfilter");

	(void)unit_case(s, "paths of a push", all);
	return s;
}
