/* SPDX-License-Identifier: MIT */
/* record_fuzz.c - any bytes as a chunk of records; what can be read is written and read again, and as columns it is the same. */
#include "tier/record.h"
#include "tier/record_view.h"
#include "model/sample.h"
#include "util/check.h"

#include "driver.h"

#include <stdlib.h>

static void write_again(const struct record *records, uint32_t n)
{
	AUTO_BUF bytes = { 0 };
	struct record *back = calloc(n, sizeof *back);

	CHECK(back, "n=%u", n);
	CHECK(records_encode(records, n, KIND_GAUGE, &bytes) == 0, "n=%u", n);
	CHECK(records_decode(bytes.data, bytes.len, KIND_GAUGE, back, n) == 0, "n=%u", n);
	records_fini(back, n);
	free(back);
}

static void same(double a, const double *b, uint32_t i)
{
	CHECK(value_bits(a) == value_bits(b[i]), "i=%u: %.17g is not %.17g", i, b[i], a);
}

static void read_as_columns(const uint8_t *data, size_t size, const struct record *records, uint32_t n, unsigned wants, bool good)
{
	struct record_view v = { 0 };

	if (record_view_read(&v, data, size, n, wants) == 0 && good)
		for (uint32_t i = 0; i < n; i++) {
			const struct window *w = &records[i].window;

			CHECK(v.at[i] == records[i].at && v.count[i] == w->count && v.flags[i] == w->ended, "i=%u", i);
			if (v.last)
				same(w->last, v.last, i);
			if (v.sum)
				same(window_sum(w), v.sum, i);
			if (v.max)
				same(w->max, v.max, i);
		}
	else
		CHECK(!good, "n=%u", n);
	record_view_fini(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t n = records_count(data, size);
	struct record *records;

	if (n < 0)
		return 0;
	records = calloc((size_t)n, sizeof *records);
	CHECK(records, "n=%lld", (long long)n);
	if (records_decode(data, size, KIND_GAUGE, records, (uint32_t)n) == 0)
		write_again(records, (uint32_t)n);
	records_fini(records, (uint32_t)n);
	bool good = records_decode_plain(data, size, records, (uint32_t)n) == 0;

	read_as_columns(data, size, records, (uint32_t)n, RECORD_LAST | RECORD_SUM | RECORD_MAX | RECORD_TIMES, good);
	read_as_columns(data, size, records, (uint32_t)n, RECORD_MAX, good);
	records_fini(records, (uint32_t)n);
	free(records);
	return 0;
}
