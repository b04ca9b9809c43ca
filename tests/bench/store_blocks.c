/* SPDX-License-Identifier: MIT */
/*
 * store_blocks.c - blocks: bytes a sample with everything that is in the file,
 * as flushed and as merged; one hour of one series, warm and cold; what all of a
 * block costs to read.
 *
 *	bench-store-blocks [CAPTURE]
 *
 * The capture is data.h's. For the reads it is repeated, with its clock going on,
 * until it is four hours, and merged to one block. CPU time of one thread; cold
 * reads are wall time, after the kernel has been asked to forget the file.
 */
#include "bench.h"
#include "data.h"
#include "block/state.h"
#include "store/raw.h"
#include "store/state.h"
#include "util/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOURS = 4, COLD = 41, LABELS = 32, HOUR = 3600000 };

/* ---- writing ---- */

/* name{a="b",c="d"} as the capture has it: no escapes but \" and \\, which stay as they are. */
static int parse_labels(char *text, struct buf *out)
{
	struct label items[LABELS] = { { LABEL_NAME, text, sizeof LABEL_NAME - 1, (uint32_t)strcspn(text, "{") } };
	char *at = text + items[0].value_len;
	uint32_t n = 1;

	while (*at && *at != '}' && n < LABELS) {
		struct label *label = &items[n++];
		char *end;

		label->name = ++at;
		label->name_len = (uint32_t)strcspn(at, "=");
		label->value = at += label->name_len + 2;
		for (end = at; *end && *end != '"'; end++)
			end += *end == '\\' && end[1];
		label->value_len = (uint32_t)(end - at);
		at = end + 1;
	}
	return labels_encode(items, n, out);
}

static void labels_of(const struct bench_data *data, uint32_t i, struct buf *out)
{
	char made_up[64], *text = data->labels ? strdup(data->labels[i]) : made_up;

	if (!data->labels)
		snprintf(made_up, sizeof made_up, "cpu_usage{host=\"h%u\",region=\"eu\"}", i);
	CHECK(text && parse_labels(text, out) == 0, "series=%u", i);
	if (data->labels)
		free(text);
}

/* Its clock goes on behind the end when it is repeated. */
static kymo_ms shift_of(const struct bench_data *data, uint32_t round)
{
	return round * (data->at[data->samples - 1] - data->at[0] + 1000);
}

static void write_series(struct block_writer *writer, const struct bench_data *data, uint32_t i, uint32_t rounds, kymo_ms *at)
{
	AUTO_BUF labels = { 0 };
	struct label name;
	AUTO(metric) metric = NULL;
	char text[256];

	labels_of(data, i, &labels);
	name = labels_metric((struct labels){ labels.data, (uint32_t)labels.len });
	snprintf(text, sizeof text, "%.*s", (int)name.value_len, name.value);
	metric = metric_create(&(struct kymo_metric){ .name = text, .type = KYMO_GAUGE });
	CHECK(block_add_series(writer, i + 1, (struct labels){ labels.data, (uint32_t)labels.len }, metric) == 0, "i=%u", i);
	for (uint32_t round = 0; round < rounds; round++) {
		for (uint32_t k = 0; k < data->samples; k++)
			at[k] = data->at[k] + shift_of(data, round);
		CHECK(block_add_samples(writer, at, bench_series(data, i), data->samples) == 0, "i=%u", i);
	}
}

static struct block *write_block(struct block_files *files, const char *path, const struct bench_data *data, uint32_t rounds,
				 enum values_effort effort)
{
	kymo_ms *at = malloc(data->samples * sizeof *at);
	struct block_writer *writer;
	struct block *block;
	struct error err = { 0 };

	CHECK(at && block_create(files, path, KYMO_RAW, SEQUENCE_STEP, effort, &writer, &err) == 0, "%s", error_text(&err));
	for (uint32_t i = 0; i < data->series; i++)
		write_series(writer, data, i, rounds, at);
	CHECK(block_finish(writer, &block, &err) == 0 && block, "%s", error_text(&err));
	free(at);
	return block;
}

/* ---- sizes ---- */

static void print_size(const char *path, const struct bench_data *data, enum values_effort effort, const char *how)
{
	struct block_files *files = block_files_create();
	int64_t begin = clock_thread_cpu_ns();
	struct block *block = write_block(files, path, data, 1, effort);
	double samples = (double)data->series * data->samples, ns = (double)(clock_thread_cpu_ns() - begin);
	const struct block_section *s = block->section;

	printf("%-28s %-8s %7.4f bytes/sample  (frames %.4f, times %.4f, table %.4f, names %.4f); written in %.1f ns/sample\n",
	       data->name, how, (double)block->bytes / samples, (double)(s[SECTION_TIMES].at - 32) / samples,
	       (double)s[SECTION_TIMES].size / samples, (double)(s[SECTION_TABLE].size + s[SECTION_DIRECTORY].size) / samples,
	       (double)s[SECTION_NAMES].size / samples, ns / samples);
	block_doom(block);
	block_unref(block);
	block_files_destroy(files);
}

/* ---- reads ---- */

struct reading {
	struct store *store;
	struct block *block;
	uint32_t series, next;
	kymo_ms first, last;
	uint64_t samples;
	struct block_files *files;
};

static void read_hour(void *context)
{
	struct reading *reading = context;
	uint32_t ref = 1 + reading->next++ % reading->series;
	kymo_ms end = reading->first + HOUR + (kymo_ms)(reading->next % 7) * (reading->last - reading->first - HOUR) / 7;
	AUTO(raw_reader) reader = NULL;
	struct piece piece;

	CHECK(raw_open(reading->store, NULL, ref, end - HOUR, end, &reader) == 0, "ref=%u", ref);
	while (raw_next(reader, &piece) > 0)
		reading->samples += piece.n;
}

static void read_one_hour(void *context)
{
	struct reading *reading = context;

	reading->next = 77;
	read_hour(reading);
}

static void read_chunks(struct reading *reading, bool fold)
{
	static kymo_ms own[VALUES_MOST];
	static double values[VALUES_MOST];
	struct block_chunks chunks = { 0 };
	struct block_input input = { 0 };

	for (uint32_t i = 0; i < reading->series; i++) {
		struct block_times times = { 0 };
		struct block_fold folded;
		uint64_t until;

		chunks.n = 0;
		CHECK(block_find(reading->block, i + 1, INT64_MIN, INT64_MAX, &chunks, NULL) == 1, "i=%u", i);
		until = block_read_until(chunks.chunk, chunks.n);
		for (uint32_t k = 0; k < chunks.n; k++) {
			int r = fold ? block_read_fold(reading->block, &chunks.chunk[k], until, &input, &folded) :
				       block_read_samples(reading->block, &chunks.chunk[k], until, &input, own, &times, values);

			CHECK(r == 0, "i=%u k=%u", i, k);
			block_times_end(&times);
		}
	}
	block_chunks_fini(&chunks);
	block_input_fini(&input);
}

static void decode_all(void *context)
{
	read_chunks(context, false);
}

static void fold_all(void *context)
{
	read_chunks(context, true);
}

static struct store *open_store(const char *path)
{
	struct store_options options = store_options_preset(path);
	struct error err = { 0 };
	struct store *store;

	options.manual = true;
	for (int tier = 0; tier < TIERS; tier++)
		options.retention[tier] = FOREVER;
	CHECK(store_open(&options, &store, &err) == 0, "%s", error_text(&err));
	return store;
}

static void forget_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0, "%s", path);
	close(fd);
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Each time with nothing in memory but what an open store has. */
static void cold(const char *path, struct reading *reading)
{
	double us[COLD];
	uint64_t reads = 0, most = 0;

	for (int i = 0; i < COLD; i++) {
		uint64_t before;
		int64_t begin;

		reading->store = open_store(path);
		forget_file(block_path(reading->block));
		before = block_files_reads(reading->store->files);
		reading->next = (uint32_t)i * 37;
		begin = clock_mono_ns();
		read_hour(reading);
		us[i] = (double)(clock_mono_ns() - begin) / 1e3;
		before = block_files_reads(reading->store->files) - before;
		reads += before;
		most = before > most ? before : most;
		store_close(reading->store);
	}
	qsort(us, COLD, sizeof *us, by_number);
	printf("one hour of one series, cold  %8.1f us p50, %.1f us p90; reads: %.2f, at most %llu\n", us[COLD / 2], us[COLD * 9 / 10],
	       (double)reads / COLD, (unsigned long long)most);
}

static void reads(const char *path, const struct bench_data *data)
{
	uint32_t rounds = HOURS * HOUR / (uint32_t)shift_of(data, 1) + 1;
	struct reading reading = { .series = data->series, .files = block_files_create(), .first = data->at[0] - 1,
				   .last = data->at[data->samples - 1] + shift_of(data, rounds - 1) };
	double samples = (double)data->series * data->samples * rounds, ns;

	reading.block = write_block(reading.files, path, data, rounds, VALUES_COMPACT);
	printf("%u series, %.1f hours in a block of %.2f MB\n", data->series, (double)(reading.last - reading.first) / HOUR,
	       (double)block_bytes(reading.block) / 1e6);
	reading.store = open_store(path);
	ns = bench_cpu_ns(read_one_hour, &reading);
	printf("one hour of one series, warm  %8.2f us\n", ns / 1e3);
	reading.samples = reading.next = 0;
	ns = bench_cpu_ns(read_hour, &reading);
	printf("the same, of any series       %8.2f us, %.0f samples\n", ns / 1e3, (double)reading.samples / reading.next);
	store_close(reading.store);
	cold(path, &reading);
	ns = bench_cpu_ns(decode_all, &reading);
	printf("all of the block, decoded     %8.2f G samples/s, with reading, checking and unpacking\n", samples / ns);
	ns = bench_cpu_ns(fold_all, &reading);
	printf("all of the block, folded      %8.2f G samples/s\n", samples / ns);
	block_unref(reading.block);
	block_files_destroy(reading.files);
}

int main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	struct bench_data real, walks;
	char path[200];

	snprintf(path, sizeof path, "%s/kymo-bench-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(path), "%s", path);
	bench_walks(&walks, "TSBS, 2 decimals at 10 s", 200, 4000, 2);
	print_size(path, &walks, VALUES_SEAL, "flushed");
	print_size(path, &walks, VALUES_COMPACT, "merged");
	bench_data_fini(&walks);
	if (bench_real(&real, argc > 1 ? argv[1] : NULL)) {
		print_size(path, &real, VALUES_SEAL, "flushed");
		print_size(path, &real, VALUES_COMPACT, "merged");
		reads(path, &real);
		bench_data_fini(&real);
	}
	bench_remove(path);
	return 0;
}
