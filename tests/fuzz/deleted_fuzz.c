/* SPDX-License-Identifier: MIT */
/* deleted_fuzz.c - any bytes as frames of the list of what is deleted, sealed as they should be. */
#include "store/deleted.h"
#include "codec/frame.h"
#include "util/check.h"

#include "driver.h"

static void make_file(const uint8_t *data, size_t size, struct buf *out)
{
	struct fuzz_input in = fuzz_input_of(data, size);

	frame_file_header(out, "KYMO-DEL", 1);
	while (fuzz_left(&in) >= 2) {
		size_t n = fuzz_u8(&in), begin = frame_begin(out, 1);

		n = n < fuzz_left(&in) ? n : fuzz_left(&in);
		buf_add(out, in.at, n);
		in.at += n;
		CHECK(frame_end(out, begin, 0) == 0, "n=%zu", n);
	}
}

static void check(const struct deleted *deleted)
{
	for (uint32_t i = 0; i < deleted_count(deleted); i++) {
		const struct deletion *deletion = deleted_at(deleted, i);

		CHECK(deletion->n && deletion->start < deletion->end, "n=%u", deletion->n);
		for (uint32_t k = 0; k < deletion->n; k++) {
			CHECK(deletion_has(deletion, deletion->refs[k]), "ref=%u", deletion->refs[k]);
			for (int tier = 0; tier < TIERS; tier++) {
				kymo_ms first = deletion->start, last = deletion->end;

				if (deleted_narrow(deleted, (enum kymo_tier)tier, 0, deletion->refs[k], &first, &last))
					CHECK(first <= last, "ref=%u", deletion->refs[k]);
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct deleted *deleted = NULL;
	struct buf file = { 0 };

	if (deleted_decode(data, size, &deleted) == 0)
		deleted_release(deleted);
	deleted = NULL;
	make_file(data, size, &file);
	if (deleted_decode(file.data, file.len, &deleted) == 0)
		check(deleted);
	deleted_release(deleted);
	buf_fini(&file);
	return 0;
}
