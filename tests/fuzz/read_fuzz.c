/* SPDX-License-Identifier: MIT */
/* read_fuzz.c - any bytes as a remote read request: what is taken has matchers that can be asked. */
#include "remote/read_request.h"
#include "remote/unpack.h"
#include "util/check.h"

#include "driver.h"

static void read_body(const uint8_t *data, size_t size)
{
	struct read_request request = { 0 };

	if (read_request_read(&request, data, size, NULL) == 0) {
		CHECK(request.n <= READ_QUERIES_MOST, "n=%u", request.n);
		for (uint32_t i = 0; i < request.n; i++) {
			const struct read_query *query = &request.queries[i];

			CHECK(query->n && query->n <= READ_MATCHERS_MOST, "n=%u", query->n);
			matchers_test(query->matchers, query->n, (struct labels){ NULL, 0 });
		}
	}
	read_request_fini(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF body = { 0 }, packed = { 0 };

	read_body(data, size);
	if (unpack_snappy(data, size, 1 << 20, &body, NULL) == 0)
		read_body(body.data, body.len);
	CHECK(pack_snappy(data, size, &packed) == 0, "size=%zu", size);
	CHECK(unpack_snappy(packed.data, packed.len, size, &body, NULL) == 0 && body.len == size && (!size || !memcmp(body.data, data, size)),
	      "size=%zu", size);
	return 0;
}
