/* SPDX-License-Identifier: MIT */
/*
 * write_fuzz.c - any bytes as the body of a remote write request: as a snappy
 * block, and as what is in one. Series that have valid labels have canonical ones.
 */
#include "remote/resolve.h"
#include "remote/unpack.h"
#include "util/check.h"

#include "driver.h"

static const struct label_limits limits = { 64, 256, 4096 };

static void look_at_labels(const struct wire_series *series)
{
	struct label items[LABELS_MOST + 1];
	AUTO_BUF bytes = { 0 };
	uint32_t n;

	if (labels_of_wire(series->labels, series->size, &limits, items, &n, NULL) < 0)
		return;
	CHECK(labels_encode(items, n, &bytes) == 0, "n=%u", n);
	CHECK(labels_sound((struct labels){ bytes.data, (uint32_t)bytes.len }), "n=%u", n);
}

static int each_metadata(void *data, const uint8_t *message, size_t n)
{
	uint64_t *sum = data;

	for (size_t i = 0; i < n; i++)
		*sum += message[i];
	return 0;
}

static void read_body(const uint8_t *data, size_t size)
{
	static struct ref_cache *cache;
	struct write_request request = { 0 };
	uint64_t sum = 0, samples = 0;

	if (!cache)
		cache = ref_cache_create();
	if (write_request_read(&request, cache, data, size, NULL) == 0) {
		for (uint32_t i = 0; i < request.n_series; i++) {
			CHECK(request.series[i].first == samples && request.series[i].n, "i=%u", i);
			samples += request.series[i].n;
			look_at_labels(&request.series[i]);
		}
		CHECK(samples == request.n, "n=%u", request.n);
		write_request_each_metadata(&request, each_metadata, &sum);
	}
	write_request_fini(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF body = { 0 };

	read_body(data, size);
	if (unpack_snappy(data, size, 1 << 20, &body, NULL) == 0)
		read_body(body.data, body.len);
	return 0;
}
