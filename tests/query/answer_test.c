/* SPDX-License-Identifier: MIT */
#include "query/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static void holds_what_was_put_in(void **state)
{
	AUTO_ANSWER struct kymo_answer *answer = answer_create(sizeof *answer);
	char *texts[2000];

	(void)state;
	assert_int_equal(answer->n_series, 0);
	assert_null(answer->memory);
	for (int i = 0; i < 2000; i++) {
		char text[16];
		int n = snprintf(text, sizeof text, "text %d", i);

		texts[i] = answer_text(answer, text, (size_t)n);
		assert_int_equal((uintptr_t)texts[i] % 16, 0);
	}
	for (int i = 0; i < 2000; i++) {
		char text[16];

		snprintf(text, sizeof text, "text %d", i);
		assert_string_equal(texts[i], text);
	}
}

static void takes_large_pieces_among_small_ones(void **state)
{
	AUTO_ANSWER struct kymo_answer *answer = answer_create(sizeof *answer);
	uint8_t *large[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_non_null(answer_text(answer, "x", 1));
		large[i] = answer_alloc(answer, 3u << 20);
		memset(large[i], i, 3u << 20);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(large[i][(3u << 20) - 1], i);
	assert_non_null(answer_alloc(answer, 0));
	assert_non_null(answer_copy(answer, NULL, 0));
	assert_null(answer_alloc(answer, SIZE_MAX));
	answer_free(NULL);
}

static void splits_the_name_from_the_labels(void **state)
{
	AUTO_ANSWER struct kymo_answer *answer = answer_create(sizeof *answer);
	struct label items[] = { { "b", "2", 1, 1 }, { "__name__", "m.x", 8, 3 }, { "a", "1", 1, 1 } };
	const struct kymo_label *labels;
	AUTO_BUF bytes = { 0 };
	const char *name;
	uint32_t n;

	(void)state;
	assert_int_equal(labels_encode(items, 3, &bytes), 0);
	assert_int_equal(answer_labels(answer, (struct labels){ bytes.data, (uint32_t)bytes.len }, &name, &labels, &n), 0);
	buf_fini(&bytes);
	assert_string_equal(name, "m.x");
	assert_int_equal(n, 2);
	assert_string_equal(labels[0].name, "a");
	assert_string_equal(labels[1].value, "2");
	assert_int_equal(answer_labels(answer, (struct labels){ 0 }, &name, &labels, &n), 0);
	assert_string_equal(name, "");
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_was_put_in),
		cmocka_unit_test(takes_large_pieces_among_small_ones),
		cmocka_unit_test(splits_the_name_from_the_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
