/* SPDX-License-Identifier: MIT */
#include "tier/head.h"
#include "util/check.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { M = 60000 };

static void add(struct tier_head *head, series_ref ref, kymo_ms end, double value, int32_t schema)
{
	struct record record = { .at = end };

	window_init(&record.window, end - M, end, schema);
	for (int i = 1; i <= 60; i++)
		assert_int_equal(window_add(&record.window, KIND_GAUGE, end - M + i * 1000, value + i % 3), 0);
	assert_int_equal(tier_head_add(head, ref, KIND_GAUGE, &record), 0);
	window_fini(&record.window);
}

static struct record_list read_back(const struct tier_head *head, series_ref ref, kymo_ms start, kymo_ms end)
{
	struct record_list list = { 0 };
	AUTO_BUF copy = { 0 };

	assert_int_equal(tier_head_copy(head, ref, &copy), 0);
	assert_int_equal(tier_head_records(&copy, start, end, &list), 0);
	return list;
}

static void records_come_back_in_order(void **state)
{
	struct tier_head head;
	struct record_list list;

	(void)state;
	tier_head_init(&head);
	for (int i = 1; i <= 100; i++)
		add(&head, 5, i * M, i, SKETCH_NONE);
	list = read_back(&head, 5, INT64_MIN, INT64_MAX);
	assert_int_equal(list.n, 100);
	for (uint32_t i = 0; i < list.n; i++) {
		assert_int_equal(list.record[i].at, (i + 1) * M);
		assert_true(list.record[i].window.min == i + 1);
	}
	record_list_fini(&list);
	list = read_back(&head, 5, 10 * M, 20 * M);
	assert_int_equal(list.n, 10);
	assert_int_equal(list.record[0].at, 11 * M);
	record_list_fini(&list);
	list = read_back(&head, 6, INT64_MIN, INT64_MAX);
	assert_int_equal(list.n, 0);
	assert_int_equal(head.oldest, M);
	assert_int_equal(head.newest, 100 * M);
	tier_head_fini(&head);
}

/* Whether the old one is a single record still or in a chunk already. */
static void a_later_record_takes_the_place(void **state)
{
	struct tier_head head;
	struct record_list list;

	(void)state;
	tier_head_init(&head);
	for (int round = 0; round < 3; round++)
		for (int i = 40; i >= 1; i -= 3)
			add(&head, 1, i * M, i + 1000 * round, 5);
	list = read_back(&head, 1, INT64_MIN, INT64_MAX);
	assert_int_equal(list.n, 14);
	for (uint32_t i = 0; i < list.n; i++) {
		assert_int_equal(list.record[i].at, (1 + 3 * i) * M);
		assert_true(list.record[i].window.min == 1 + 3 * i + 2000);
		assert_int_equal(sketch_count(&list.record[i].window.sketch), 60);
	}
	record_list_fini(&list);
	tier_head_fini(&head);
}

static void a_record_over_and_over_takes_no_more_memory(void **state)
{
	struct tier_head head;
	uint64_t bytes;

	(void)state;
	tier_head_init(&head);
	add(&head, 1, M, 1, 5);
	bytes = head.bytes;
	for (int i = 0; i < 1000; i++)
		add(&head, 1, M, i % 7, 5);
	assert_true(head.bytes < bytes + 200);
	tier_head_fini(&head);
}

/* What says the same a window later is counted, also behind a late one and before another value. */
static void a_run_takes_no_memory(void **state)
{
	struct tier_head head;
	struct record_list list;
	uint64_t bytes = 0;

	(void)state;
	tier_head_init(&head);
	for (int i = 1; i <= 3000; i++) {
		struct record record = { .at = i * (kymo_ms)M };

		window_init(&record.window, record.at - M, record.at, 5);
		for (int s = 1; s <= 60; s++)
			assert_int_equal(window_add(&record.window, KIND_GAUGE, record.at - M + s * 1000, i == 2500 ? 8 : 7), 0);
		if (i == 700)
			record.window.ended = true;
		assert_int_equal(tier_head_add(&head, 1, KIND_GAUGE, &record), 0);
		if (i == 700)
			add(&head, 1, 350 * (kymo_ms)M, 4, 5);
		window_fini(&record.window);
		if (i == 710)
			bytes = head.bytes;
	}
	assert_true(head.bytes <= bytes + 500);
	list = read_back(&head, 1, 100 * (kymo_ms)M, 2900 * (kymo_ms)M);
	assert_int_equal(list.n, 2800);
	for (uint32_t i = 0; i < list.n; i++) {
		const struct window *w = &list.record[i].window;
		uint32_t minute = i + 101;

		assert_int_equal(list.record[i].at, minute * (kymo_ms)M);
		assert_true(w->end == list.record[i].at && w->start == w->end - M && w->count == 60);
		assert_true(w->last_at == w->end && w->first_at == w->start + 1000 && w->ended == (minute == 700));
		assert_true(w->min == (minute == 350 ? 4 : minute == 2500 ? 8 : 7));
		assert_true(w->has_sketch == (minute == 350));
	}
	record_list_fini(&list);
	tier_head_fini(&head);
}

static void series_are_apart(void **state)
{
	struct tier_head head;
	AUTO_BUF refs = { 0 };

	(void)state;
	tier_head_init(&head);
	for (series_ref ref = 50; ref >= 1; ref--)
		add(&head, ref, M, ref, SKETCH_NONE);
	for (series_ref ref = 1; ref <= 50; ref += 2)
		tier_head_forget(&head, ref);
	tier_head_forget(&head, 99);
	add(&head, 3, M, 1, SKETCH_NONE);
	assert_true(tier_head_has(&head, 2) && tier_head_has(&head, 3) && !tier_head_has(&head, 1));
	assert_int_equal(head.n, 50);
	assert_int_equal(tier_head_refs(&head, &refs), 0);
	assert_int_equal(refs.len, 26 * sizeof(series_ref));
	assert_int_equal(((series_ref *)(void *)refs.data)[0], 2);
	assert_int_equal(((series_ref *)(void *)refs.data)[1], 3);
	assert_int_equal(((series_ref *)(void *)refs.data)[25], 50);
	tier_head_clear(&head);
	assert_true(head.bytes == 0 && !tier_head_has(&head, 2) && head.oldest > head.newest);
	tier_head_fini(&head);
}

/* The budget of the daemon: 150 series, a record a minute for two hours, about 1 MB. */
static void memory_stays_small(void **state)
{
	struct tier_head head;

	(void)state;
	tier_head_init(&head);
	for (int i = 1; i <= 120; i++)
		for (series_ref ref = 1; ref <= 150; ref++) {
			struct record record = { .at = i * (kymo_ms)M };
			double base = ref % 3 ? 50 : 0;

			window_init(&record.window, (i - 1) * (kymo_ms)M, i * (kymo_ms)M, ref % 3 ? 5 : SKETCH_NONE);
			for (int s = 1; s <= 60; s++)
				assert_int_equal(window_add(&record.window, KIND_GAUGE, (i - 1) * (kymo_ms)M + s * 1000,
					base + rint(800 * sin(i * 60 + s * ref)) / 100), 0);
			assert_int_equal(tier_head_add(&head, ref, KIND_GAUGE, &record), 0);
			window_fini(&record.window);
		}
	print_message("%.1f bytes a record\n", (double)head.bytes / (150 * 120));
	assert_true(head.bytes < 1300000);
	tier_head_fini(&head);
}

/* ---- many at once ---- */

enum { MODEL_WINDOWS = 400, MODEL_MANY = 240 };

static void fill(struct record *record, int at, double value)
{
	*record = (struct record){ .at = (kymo_ms)at * M };
	window_init(&record->window, record->at - M, record->at, SKETCH_NONE);
	assert_int_equal(window_add(&record->window, KIND_GAUGE, record->at - 1000, value), 0);
}

static void add_run(struct tier_head *head, double *model, int from, int n, double value)
{
	struct record records[MODEL_MANY];

	for (int i = 0; i < n; i++) {
		fill(&records[i], from + i, value + i);
		model[from + i] = value + i;
	}
	assert_int_equal(n == 1 ? tier_head_add(head, 9, KIND_GAUGE, records) :
				  tier_head_add_many(head, 9, KIND_GAUGE, records, (uint32_t)n), 0);
	for (int i = 0; i < n; i++)
		window_fini(&records[i].window);
}

static void check_model(const struct tier_head *head, const double *model)
{
	struct record_list list = read_back(head, 9, INT64_MIN, INT64_MAX);
	uint32_t k = 0;

	for (int i = 0; i < MODEL_WINDOWS; i++) {
		if (isnan(model[i]))
			continue;
		assert_true(k < list.n);
		assert_int_equal(list.record[k].at, (kymo_ms)i * M);
		assert_true(list.record[k].window.last == model[i]);
		k++;
	}
	assert_int_equal(k, list.n);
	record_list_fini(&list);
}

/* Whatever came one by one and in which order: of each time there is what came last. */
static void many_are_as_if_they_came_one_by_one(void **state)
{
	(void)state;
	srand(4);
	for (int life = 0; life < 60; life++) {
		double model[MODEL_WINDOWS];
		struct tier_head head;

		tier_head_init(&head);
		for (int i = 0; i < MODEL_WINDOWS; i++)
			model[i] = NAN;
		for (int deed = 0; deed < 40; deed++) {
			int n = rand() % 3 ? 1 : 1 + rand() % MODEL_MANY;

			add_run(&head, model, rand() % (MODEL_WINDOWS - n), n, life * 1000 + deed);
			if (deed % 8 == 7)
				check_model(&head, model);
		}
		tier_head_fini(&head);
	}
}

static int count_chunk(void *data, const struct tier_chunk *chunk)
{
	uint32_t *n = data;

	assert_int_equal(records_count(chunk->data, chunk->size), chunk->n);
	*n += chunk->n;
	return 0;
}

static void large_chunks_are_given_as_they_are(void **state)
{
	double model[MODEL_WINDOWS] = { 0 };
	struct tier_head head;
	AUTO_BUF copy = { 0 };
	uint32_t n = 0;

	(void)state;
	tier_head_init(&head);
	add_run(&head, model, 1, 150, 1);
	add_run(&head, model, 151, 130, 7);
	assert_int_equal(tier_head_copy(&head, 9, &copy), 0);
	assert_true(tier_head_is_chunks(&copy, 280 * M));
	assert_false(tier_head_is_chunks(&copy, 279 * M));	/* not closed yet */
	assert_int_equal(tier_head_chunks(&copy, count_chunk, &n), 0);
	assert_int_equal(n, 280);
	add_run(&head, model, 300, 1, 5);
	buf_clear(&copy);
	assert_int_equal(tier_head_copy(&head, 9, &copy), 0);
	assert_false(tier_head_is_chunks(&copy, 400 * M));
	tier_head_fini(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_in_order),
		cmocka_unit_test(a_later_record_takes_the_place),
		cmocka_unit_test(a_record_over_and_over_takes_no_more_memory),
		cmocka_unit_test(a_run_takes_no_memory),
		cmocka_unit_test(series_are_apart),
		cmocka_unit_test(memory_stays_small),
		cmocka_unit_test(many_are_as_if_they_came_one_by_one),
		cmocka_unit_test(large_chunks_are_given_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
