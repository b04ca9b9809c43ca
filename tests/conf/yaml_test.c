/* SPDX-License-Identifier: MIT */
/* yaml_test.c - texts to trees, with places; what is refused, and how it is said. */
#include "conf/yaml.h"
#include "util/buf.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* {key: text, other: ["quoted"]} */
static void dump(const struct yaml_node *node, struct buf *out)
{
	if (node->kind == YAML_SCALAR) {
		buf_printf(out, node->quoted ? "\"%s\"" : "%s", node->text);
		return;
	}
	buf_add_text(out, node->kind == YAML_MAPPING ? "{" : "[");
	for (size_t i = 0; i < node->n; i++) {
		if (i)
			buf_add_text(out, ", ");
		if (node->kind == YAML_MAPPING)
			buf_printf(out, "%s: ", node->keys[i]->text);
		dump(node->items[i], out);
	}
	buf_add_text(out, node->kind == YAML_MAPPING ? "}" : "]");
}

static const struct { const char *text, *result; } rows[] = {
	{ "", "{}" },
	{ "# nothing\n", "{}" },
	{ "~\n", "{}" },
	{ "---\na: 1\n...\n", "{a: 1}" },
	{ "\xef\xbb\xbf" "a: 1\n", "{a: 1}" },
	{ "a: 1\nb: [x, 'y', \"z\"]\nc: {d: e}\n", "{a: 1, b: [x, \"y\", \"z\"], c: {d: e}}" },
	{ "a:\n- 1\n- 2\n", "{a: [1, 2]}" },
	{ "a: |\n  one\n  two\n", "{a: \"one\ntwo\n\"}" },
	{ "a:\r\n  b: c\r\n", "{a: {b: c}}" },
	{ "a: \xc3\xa4\n", "{a: \xc3\xa4}" },
	{ "a: !!str 5\nb: !!int 5\nc: ! x\n", "{a: \"5\", b: 5, c: x}" },
	{ "a: !!map {b: c}\nd: !!seq [e]\n", "{a: {b: c}, d: [e]}" },

	/* anchors, aliases, merge keys */
	{ "a: &x 1\nb: *x\n", "{a: 1, b: 1}" },
	{ "a: &x {c: 1}\nb: [*x, *x]\n", "{a: {c: 1}, b: [{c: 1}, {c: 1}]}" },
	{ "a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}" },
	{ "a: &x {c: 1, d: 2}\nb: {d: 3, <<: *x}\n", "{a: {c: 1, d: 2}, b: {d: 3, c: 1}}" },
	{ "a: &x {c: 1}\nb: &y {c: 2, e: 3}\nf: {<<: [*x, *y]}\n",
	  "{a: {c: 1}, b: {c: 2, e: 3}, f: {c: 1, e: 3}}" },
	{ "a: {\"<<\": x}\n", "{a: {<<: x}}" },

	/* variables: YAML_ONE=1, YAML_EMPTY= */
	{ "a: ${YAML_ONE}\n", "{a: 1}" },
	{ "a: x${YAML_ONE}y${YAML_ONE}z\n", "{a: x1y1z}" },
	{ "a: {b: \"${YAML_ONE}\"}\n", "{a: {b: 1}}" },
	{ "a: \"x\"\n", "{a: \"x\"}" },
	{ "a: '${YAML_ONE}'\n", "{a: \"${YAML_ONE}\"}" },
	{ "a: ${YAML_NONE:-else}\n", "{a: else}" },
	{ "a: ${YAML_EMPTY:-else}\n", "{a: else}" },
	{ "a: \"${YAML_EMPTY}\"\n", "{a: \"\"}" },
	{ "a: \"${YAML_NONE:-}\"\n", "{a: \"\"}" },
	{ "a: ${YAML_ONE:-else}\n", "{a: 1}" },
	{ "a: $${YAML_ONE}\n", "{a: ${YAML_ONE}}" },
	{ "a: $5 $x $$\n", "{a: $5 $x $$}" },
	{ "a: ${YAML_DOLLAR}\n", "{a: ${YAML_ONE}}" },	/* what was put in is not looked at again */

	/* what is not YAML, or not ours */
	{ "a: [1\n", "t:2:1: did not find expected ',' or ']', while parsing a flow sequence at line 1" },
	{ "a: {b: ${YAML_ONE}}\n", "t:1:9: did not find expected ',' or '}', while parsing a flow mapping "
	  "(inside of {} and [] a variable stands in quotes: \"${YAML_ONE}\")" },
	{ "a:\n\tb: 1\n", "t:2:1: found character that cannot start any token, while scanning for the next token "
	  "(a tab: indent with spaces)" },
	{ "a: \"\xc3\xa4\xc3\xa4\" x\n", "t:1:11: did not find expected key, while parsing a block mapping" },
	{ "a: b: c\n", "t:1:5: mapping values are not allowed in this context" },
	{ "- a\n- b\n", "t:1:1: is a list (a file is a mapping: key: value)" },
	{ "text\n", "t:1:1: is text (a file is a mapping: key: value)" },
	{ "a: 1\n---\nb: 2\n", "t:2:1: a second document begins here (a file holds one)" },
	{ "a: \x01\n", "t:1:4: control characters are not allowed" },
	{ "\xc3\xa4\x61: 1\nb: \xff\n", "t:2:4: not UTF-8 text" },
	{ "a: \"b\\0c\"\n", "t:1:4: a text must not contain \\0" },
	{ "a: !!binary aGk=\n", "t:1:4: the tag tag:yaml.org,2002:binary is not supported" },
	{ "a: !mine x\n", "t:1:4: the tag !mine is not supported" },
	{ "[a]: 1\n", "t:1:1: a key must be text, not a list" },
	{ "a: 1\nb: 2\na: 3\n", "t:3:1: \"a\" stands twice (the first at t:1:1)" },
	{ "c: {a: 1, \xc3\xa4: 2, a: 3}\n", "t:1:18: \"a\" stands twice (the first at t:1:5)" },
	{ "a: *x\n", "t:1:4: *x: there is no anchor &x before it" },
	{ "a: &x [*x]\n", "t:1:8: *x stands inside of what it stands for" },
	{ "a: {<<: b}\n", "t:1:9: <<: merges mappings, not text" },
	{ "a: ${YAML_NONE}\n",
	  "t:1:4: ${YAML_NONE}: the environment variable is not set (${YAML_NONE:-text} gives a preset)" },
	{ "a: ${YAML_BAD}\n", "t:1:4: ${YAML_BAD}: its value is not UTF-8" },
	{ "a: ${1x}\n", "t:1:4: \"${1x}\" is not a variable (write ${NAME} or ${NAME:-text}; $${ is a plain ${)" },
	{ "a: x ${\n", "t:1:4: \"${\" is not a variable (write ${NAME} or ${NAME:-text}; $${ is a plain ${)" },
	{ "a: ${X:+y}\n", "t:1:4: \"${X:+y}\" is not a variable (write ${NAME} or ${NAME:-text}; $${ is a plain ${)" },
	{ "include: x.yaml\n", "t:1:10: include: works in files only, and this is none" },

	/* all of it at once */
	{ "a: ${YAML_NONE:-1}\na: ${YAML_NONE}\n[b]: *no\n",
	  "t:2:4: ${YAML_NONE}: the environment variable is not set (${YAML_NONE:-text} gives a preset)\n"
	  "t:2:1: \"a\" stands twice (the first at t:1:1)\n"
	  "t:3:6: *no: there is no anchor &no before it" },
};

static int set_variables(void **state)
{
	(void)state;
	setenv("YAML_ONE", "1", 1);
	setenv("YAML_EMPTY", "", 1);
	setenv("YAML_DOLLAR", "${YAML_ONE}", 1);
	setenv("YAML_BAD", "\xff", 1);
	return unsetenv("YAML_NONE");
}

static void reads_or_says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error err = { 0 };
		AUTO_BUF out = { 0 };
		AUTO(yaml) yaml = yaml_parse("t", rows[i].text, strlen(rows[i].text), &err);

		if (yaml)
			dump(yaml->root, &out);
		else
			buf_add_text(&out, error_text(&err));
		if (strcmp(buf_text(&out), rows[i].result) != 0)
			fail_msg("%s\ngot  %s\nwant %s", rows[i].text, buf_text(&out), rows[i].result);
		error_clear(&err);
	}
}

static void assert_place(const struct yaml_node *node, unsigned line, unsigned column)
{
	assert_string_equal(node->at.file, "t");
	assert_int_equal(node->at.line, line);
	assert_int_equal(node->at.column, column);
}

static void nodes_know_their_places_in_bytes(void **state)
{
	static const char text[] = "\xef\xbb\xbf" "a: \xc3\xa4\nb: {\xf0\x9f\x98\x80: c,\n  d: e}\r\nf:\n  - g\n";
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("t", text, sizeof text - 1, &err);
	const struct yaml_node *b;

	(void)state;
	assert_non_null(yaml);
	assert_place(yaml->root, 1, 1);
	assert_place(yaml_find(yaml->root, "a"), 1, 4);
	b = yaml_find(yaml->root, "b");
	assert_place(b, 2, 4);
	assert_place(b->items[0], 2, 11);
	assert_place(b->keys[1], 3, 3);
	assert_place(yaml_find(yaml->root, "f")->items[0], 5, 5);
	assert_null(yaml_find(yaml->root, "g"));
	assert_null(yaml_find(b->items[0], "g"));
}

/* ---- limits ---- */

static void assert_refused(struct buf *text, const char *why)
{
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("t", (const char *)text->data, text->len, &err);

	assert_null(yaml);
	if (strcmp(error_text(&err), why) != 0)
		fail_msg("got  %s\nwant %s", error_text(&err), why);
	error_clear(&err);
}

static void assert_read(struct buf *text)
{
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("t", (const char *)text->data, text->len, &err);

	if (!yaml)
		fail_msg("%s", error_text(&err));
}

static void a_bomb_does_not_go_off(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	buf_add_text(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			buf_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		buf_add_text(&text, "]\n");
	}
	assert_refused(&text, "t:5:45: more than 100000 nodes, what aliases lead to included");
}

static void depth_has_a_limit(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	buf_add_text(&text, "a: ");
	for (int i = 0; i < 30; i++)
		buf_add_text(&text, "[");
	buf_add_text(&text, "x");
	for (int i = 0; i < 30; i++)
		buf_add_text(&text, "]");
	assert_read(&text);
	text.len -= 61;
	for (int i = 0; i < 100000; i++)
		buf_add_text(&text, "[");
	assert_refused(&text, "t:1:35: nested deeper than 32 levels");
}

static void depth_counts_through_aliases(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	buf_add_text(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 40; i++)
		buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_refused(&text, "t:31:12: nested deeper than 32 levels");
}

static void sizes_have_limits(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	buf_add_text(&text, "a: \"");
	while (text.len < 1024 * 1024 - 1)
		buf_add_text(&text, "x");
	buf_add_text(&text, "\"");
	assert_read(&text);
	text.len--;
	buf_add_text(&text, "x\"");
	assert_refused(&text, "t: larger than 1 MiB");

	buf_clear(&text);
	buf_add_text(&text, "a: [x");
	for (int i = 0; i < 100000; i++)
		buf_add_text(&text, ",x");
	buf_add_text(&text, "]");
	assert_refused(&text, "t:1:199999: more than 100000 nodes, what aliases lead to included");

	buf_clear(&text);
	for (int i = 0; i < 1001; i++)
		buf_printf(&text, "a%d: &a%d x\n", i, i);
	assert_refused(&text, "t:1001:8: more than 1000 anchors");
}

static void variables_count_as_text(void **state)
{
	AUTO_BUF text = { 0 };
	char value[60001];

	(void)state;
	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	setenv("YAML_LONG", value, 1);
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "k%d: ${YAML_LONG}\n", i);
	assert_non_null(buf_text(&text));
	{
		struct error err = { 0 };
		AUTO(yaml) yaml = yaml_parse("t", (const char *)text.data, text.len, &err);

		assert_null(yaml);
		assert_non_null(strstr(error_text(&err), "the text is too long (4 MiB in all)"));
		error_clear(&err);
	}
	unsetenv("YAML_LONG");
}

static void a_large_mapping_is_read_in_a_moment(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	for (int i = 0; i < 40000; i++)
		buf_printf(&text, "key%d: %d\n", i, i);
	assert_read(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_or_says_what_is_wrong, set_variables),
		cmocka_unit_test(nodes_know_their_places_in_bytes),
		cmocka_unit_test(a_bomb_does_not_go_off),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(depth_counts_through_aliases),
		cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(variables_count_as_text),
		cmocka_unit_test(a_large_mapping_is_read_in_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
