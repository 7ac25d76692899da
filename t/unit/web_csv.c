/* web_csv.c - cells of CSV: quoting, and that none is a formula. */
#include "unit_web.h"

#include "base/buf.h"
#include "web/csv.h"

START_TEST(test_cells_IN_7)
{
	static const struct {
		const char *in;
		const char *out;
	} t[] = {{"", ""}, {"a", "a"}, {"a b", "a b"}, {"a,b", "\"a,b\""},
		{"a\"b", "\"a\"\"b\""}, {"a\nb", "\"a\nb\""},
		{"a\rb", "\"a\rb\""}, {" a", "\" a\""}, {"a ", "\"a \""},
		{"=1+1", "\"'=1+1\""}, {"+1", "\"'+1\""}, {"-1", "\"'-1\""},
		{"@a", "\"'@a\""}, {"\ta", "\"'\ta\""}, {"\ra", "\"'\ra\""},
		{"=\"x\"", "\"'=\"\"x\"\"\""}, {"a=b", "a=b"}, {"'a", "'a"}};

	for (size_t i = 0; i < NELEM(t); i++) {
		AUTO_BUF struct buf b = {0};

		buf_init(&b, 1000);
		csv_cell(&b, t[i].in, strlen(t[i].in), true);
		ck_assert_str_eq(buf_text(&b), t[i].out);
	}
}
END_TEST

START_TEST(test_row)
{
	AUTO_BUF struct buf b = {0};

	buf_init(&b, 1000);
	csv_cell(&b, "a", 1, true);
	csv_cell(&b, "", 0, false);
	csv_cell(&b, "c", 1, false);
	csv_end(&b);
	ck_assert_str_eq(buf_text(&b), "a,,c\r\n");
}
END_TEST

Suite *
suite_csv(void)
{
	const TTest *const tests[] = {test_cells_IN_7, test_row, NULL};
	Suite *s = suite_create("csv");

	(void)unit_case(s, "csv", tests);
	return s;
}
