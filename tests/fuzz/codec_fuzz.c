/* SPDX-License-Identifier: MIT */
/*
 * codec_fuzz.c - any bytes as columns of values and of times, of a length that the
 * first two say; and as doubles that are written and read again.
 */
#include "codec/times.h"
#include "codec/values.h"
#include "util/check.h"

#include "driver.h"

static void write_again(const double *v, uint32_t n, enum values_effort effort)
{
	static double back[VALUES_MOST];
	AUTO_BUF out = { 0 };

	CHECK(values_encode(v, n, effort, NULL, &out) == 0, "n=%u", n);
	CHECK(values_decode(out.data, out.len, back, n) == 0, "n=%u", n);
	CHECK(memcmp(v, back, n * sizeof *v) == 0, "n=%u", n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static double v[VALUES_MOST];
	static kymo_ms at[TIMES_MOST];
	struct values_fold fold;
	uint32_t n, doubles = (uint32_t)(size / sizeof *v);

	if (size < 2)
		return 0;
	n = (data[0] | (uint32_t)data[1] << 8) % VALUES_MOST + 1;
	if (values_decode(data + 2, size - 2, v, n) == 0) {
		CHECK(values_fold(data + 2, size - 2, n, &fold) == 0, "n=%u", n);
		write_again(v, n, VALUES_SEAL);
		write_again(v, n, VALUES_COMPACT);
	}
	times_decode(data + 2, size - 2, at, n);
	if (doubles > 0 && doubles <= VALUES_MOST) {
		memcpy(v, data, doubles * sizeof *v);
		write_again(v, doubles, VALUES_COMPACT);
	}
	return 0;
}
