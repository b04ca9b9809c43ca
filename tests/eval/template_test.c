/* SPDX-License-Identifier: MIT */
#include "eval/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const struct {
	const char *regex, *template, *text, *result;	/* NULL: no match */
} rows[] = {
	{ "source-value-(.*)", "destination-value-$1", "source-value-10", "destination-value-10" },
	{ "value-(.*)", "$1", "source-value-10", NULL },
	{ "(.*)-(.*)", "$2${1}x$1x", "a-b", "bax" },
	{ "(a)|(b)", "[$1][$2][$3]", "b", "[][b][]" },
	{ "(?P<host>[^:]+):(?P<port>.*)", "$port.${host}.$2.${none}.$none", "h:80", "80.h.80.." },
	{ "(.*)", "$$1 100$ $ ${ ${} ${1 $-", "x", "$1 100$ $ ${ ${} ${1 $-" },
	{ "(.*)", "$01$0", "x", "x" },
	{ "(.*)", "", "x", "" },
	{ "", "empty", "", "empty" },
	{ "a|ab", "$0", "ab", "ab" },
	{ "(a|ab)(c|bcd)?", "$1,$2", "abcd", "a,bcd" },
	{ "(.)(.*)", "$2", "äb\nc", "b\nc" },
	{ "x((?:a+)b)", "$1", "xaab", "aab" },
};

static void expands_like_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = { 0 };
		AUTO(regex) regex = regex_create_capturing(rows[i].regex, &err);
		struct template template;
		AUTO_BUF out = { 0 };
		int r;

		assert_non_null(regex);
		assert_int_equal(template_parse(&template, rows[i].template, regex), 0);
		r = template_expand(&template, regex, rows[i].text, strlen(rows[i].text), &out);
		if (r != (rows[i].result != NULL) || (r && strcmp(buf_text(&out), rows[i].result) != 0))
			fail_msg("row %zu: %d \"%s\"", i, r, r ? buf_text(&out) : "");
		template_fini(&template);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_like_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
