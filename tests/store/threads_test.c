/* SPDX-License-Identifier: MIT */
/*
 * threads_test.c - writers, readers, new series, flushes and cleanups at once: a
 * reader never misses a sample that was stored before it began, and sees none
 * twice. Most of its worth is in a build with the thread sanitizer.
 */
#include "folder.h"

enum { WRITERS = 2, ROUNDS = 2000, SERIES = 12, AHEAD = 100 /* rounds that a flush gives writers leave for */ };

static struct folder folder;

struct writer {
	series_ref refs[SERIES];
	_Atomic uint32_t done;		/* rounds that are stored */
};
static struct writer writers[WRITERS];
static atomic_bool over;
static atomic_uint leave = AHEAD;

/* cmocka's own assertions are for the main thread. */
#define MUST(condition) CHECK_IT(condition, __LINE__)
#define CHECK_IT(condition, line) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s\n", line, #condition); \
			abort(); \
		} \
	} while (0)

static void *write_all(void *data)
{
	struct writer *writer = data;
	double values[SERIES];
	struct store_batch batch = { .n = SERIES, .refs = writer->refs, .values = values };
	struct store_appended done;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		while (round >= atomic_load(&leave))
			usleep(200);
		batch.at = T0 + round * 1000;
		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = i ? round % (7 * i) : 1;
		MUST(store_append(folder.store, &batch, &done) == 0 && done.stored == SERIES);
		atomic_store(&writer->done, round + 1);
	}
	return NULL;
}

static uint32_t read_one(series_ref ref)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	uint32_t n = 0;

	MUST(raw_open(folder.store, NULL, ref, 0, INT64_MAX, &reader) == 0);
	while (raw_next(reader, &piece) > 0)
		for (uint32_t i = 0; i < piece.n; i++)
			MUST(piece.at[i] == T0 + 1000 * (kymo_ms)n++);
	return n;
}

static int see(void *data, const struct series_view *view)
{
	*(uint32_t *)data += view->labels.size > 0 && view->metric->name[0];
	return 0;
}

static void *read_all(void *data)
{
	struct store_coverage coverage;
	struct store_stats stats;

	(void)data;
	while (!atomic_load(&over))
		for (int w = 0; w < WRITERS; w++) {
			uint32_t before = atomic_load(&writers[w].done), seen = 0;

			MUST(read_one(writers[w].refs[before % SERIES]) >= before);
			MUST(store_each_series(folder.store, NULL, 0, see, &seen) == 0 && seen >= WRITERS * SERIES);
			store_coverage(folder.store, &coverage);
			store_stats(folder.store, &stats);
		}
	return NULL;
}

static void *add_series(void *data)
{
	char text[32];

	(void)data;
	for (int i = 0; i < 500; i++) {
		struct label items[] = { { LABEL_NAME, text, sizeof LABEL_NAME - 1, 0 } };
		struct kymo_metric metric = { .name = text, .type = KYMO_GAUGE };
		AUTO_BUF bytes = { 0 };
		series_ref ref;

		items[0].value_len = (uint32_t)snprintf(text, sizeof text, "new%d", i % 250);
		MUST(store_metric(folder.store, &metric, NULL) == 0);
		MUST(labels_encode(items, 1, &bytes) == 0);
		MUST(store_series(folder.store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref) == 0);
		put(folder.store, ref, T0 + i, i, NULL);
	}
	return NULL;
}

static void nothing_is_missed_or_seen_twice(void **state)
{
	pthread_t write[WRITERS], read[2], add;

	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	folder_open(&folder);
	for (int w = 0; w < WRITERS; w++)
		for (uint32_t i = 0; i < SERIES; i++) {
			char name[] = { (char)('a' + w), (char)('A' + i), 0 };

			writers[w].refs[i] = series_of(folder.store, name, "x");
		}
	for (int w = 0; w < WRITERS; w++)
		assert_int_equal(thread_start(&write[w], "writer", write_all, &writers[w]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(thread_start(&read[i], "reader", read_all, NULL), 0);
	assert_int_equal(thread_start(&add, "adder", add_series, NULL), 0);
	/* Two cleanups take out a series that never had a sample: each has one before the first. */
	atomic_fetch_add(&leave, AHEAD);
	while (writers[0].done < 1 || writers[1].done < 1)
		usleep(200);
	while (writers[0].done < ROUNDS || writers[1].done < ROUNDS) {
		folder.clock.now = T0 + 1000 * (kymo_ms)writers[0].done;
		atomic_fetch_add(&leave, AHEAD);
		assert_int_equal(store_maintain(folder.store, 0, NULL, NULL), 0);
	}
	for (int w = 0; w < WRITERS; w++)
		pthread_join(write[w], NULL);
	pthread_join(add, NULL);
	over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(read[i], NULL);
	folder_reopen(&folder);
	for (int w = 0; w < WRITERS; w++)
		for (uint32_t i = 0; i < SERIES; i++)
			assert_int_equal(read_one(writers[w].refs[i]), ROUNDS);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_missed_or_seen_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
