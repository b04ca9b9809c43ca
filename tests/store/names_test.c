/* SPDX-License-Identifier: MIT */
/* names_test.c - what series are called, over memory, blocks, deletions and restarts. */
#include "folder.h"

static int make(void **state)
{
	static struct folder folder;

	folder_make(&folder);
	folder_open(&folder);
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

static int add_text(void *data, const char *text, uint32_t n)
{
	buf_add(data, text, n);
	buf_add_u8(data, ' ');
	return 0;
}

static int add_labels(void *data, series_ref ref, struct labels labels)
{
	(void)ref;
	labels_print(labels, data);
	buf_add_u8(data, ' ');
	return 0;
}

static void expect_values(struct store *store, const char *name, const char *wanted)
{
	AUTO_BUF text = { 0 };

	assert_int_equal(store_each_label_value(store, name, add_text, &text), 0);
	assert_string_equal(buf_text(&text), wanted);
}

static void expect_labels(struct store *store, const char *metric, kymo_ms start, kymo_ms end, const char *wanted)
{
	AUTO(matcher) matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, metric, NULL);
	AUTO_BUF text = { 0 };

	assert_int_equal(store_each_labels(store, &matcher, 1, start, end, add_labels, &text), 0);
	assert_string_equal(buf_text(&text), wanted);
}

static void expect_all(struct store *store)
{
	AUTO_BUF text = { 0 };

	assert_int_equal(store_each_label_name(store, add_text, &text), 0);
	assert_non_null(strstr(buf_text(&text), "__name__ "));
	assert_non_null(strstr(buf_text(&text), "label "));
	assert_int_equal(strlen(buf_text(&text)), sizeof "__name__ label " - 1);
	expect_values(store, LABEL_NAME, "a b ");
	expect_values(store, "label", "x y z ");
	expect_values(store, "nonesuch", "");
	expect_labels(store, "a", INT64_MIN, INT64_MAX, "a{label=\"y\"} a{label=\"x\"} ");
	expect_labels(store, "a", T0 + 10001, INT64_MAX, "a{label=\"x\"} ");
	expect_labels(store, "a", INT64_MIN, T0 + 9999, "a{label=\"y\"} ");
	expect_labels(store, "a", T0 + 10000, T0 + 10000, "a{label=\"y\"} ");
	expect_labels(store, "b", INT64_MIN, INT64_MAX, "b{label=\"z\"} ");
}

static void names_values_and_series(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", "y");
	uint32_t n;

	must_put(f->store, a, T0, 1);
	must_put(f->store, a, T0 + 10000, 2);
	must_put(f->store, series_of(f->store, "a", "x"), T0 + 20000, 3);
	must_put(f->store, series_of(f->store, "b", "z"), T0, 4);
	expect_all(f->store);
	flush(f->store);
	expect_all(f->store);
	folder_reopen(f);
	expect_all(f->store);
	{
		AUTO(matcher) matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, "b", NULL);

		assert_int_equal(store_delete(f->store, &matcher, 1, 0, INT64_MAX, &n, NULL), 0);
	}
	expect_values(f->store, LABEL_NAME, "a ");
	expect_values(f->store, "label", "x y ");
	expect_labels(f->store, "b", INT64_MIN, INT64_MAX, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_values_and_series, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
