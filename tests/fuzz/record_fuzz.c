/* SPDX-License-Identifier: MIT */
/* record_fuzz.c - any bytes as a chunk of records; what can be read is written and read again. */
#include "tier/record.h"
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
	free(records);
	return 0;
}
