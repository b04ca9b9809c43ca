/* SPDX-License-Identifier: MIT */
/* index_fuzz.c - any bytes as frames of the index's log, sealed as they should be: what they say is taken or refused. */
#include "codec/frame.h"
#include "index/state.h"
#include "util/check.h"

#include "driver.h"

static void check(struct index *index)
{
	struct refs refs = { 0 };
	AUTO_BUF names = { 0 };
	struct labels labels;

	CHECK(index_select_by_metric(index, NULL, 0, &refs) == 0, "n=%u", refs.n);
	for (uint32_t i = 0; i < refs.n; i++) {
		const struct series *series = index_series(index, refs.ref[i]);

		CHECK(series && index_labels(index, series, &names, &labels) == 0, "ref=%u", refs.ref[i]);
		CHECK(labels_sound(labels) && index_find(index, labels) == refs.ref[i], "ref=%u", refs.ref[i]);
	}
	refs_fini(&refs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index *index = index_create();
	struct fuzz_input in = fuzz_input_of(data, size);

	CHECK(index, "size=%zu", size);
	while (fuzz_left(&in) >= 3) {
		uint8_t type = fuzz_u8(&in);
		size_t n = fuzz_u8(&in) | (size_t)fuzz_u8(&in) << 8;
		struct frame frame = { type, in.at, n < fuzz_left(&in) ? n : fuzz_left(&in) };

		index_replay_frame(index, &frame);
		in.at += frame.size;
	}
	check(index);
	index_close(index);
	return 0;
}
