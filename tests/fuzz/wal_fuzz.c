/* SPDX-License-Identifier: MIT */
/* wal_fuzz.c - any bytes as a segment of the WAL; what comes out of it is encoded and comes out the same. */
#include "store/wal.h"
#include "util/check.h"

#include "driver.h"

static void write_again(const struct wal_batch *batch)
{
	struct wal_scratch scratch = { 0 };
	struct wal_batch back;
	AUTO_BUF bytes = { 0 };

	wal_record_encode(batch, &bytes);
	CHECK(wal_record_decode(bytes.data, bytes.len, &scratch, &back) == 0, "n=%u", batch->n);
	CHECK(back.n == batch->n && back.n_distributions == batch->n_distributions, "n=%u", batch->n);
	for (uint32_t i = 0; i < batch->n; i++)
		CHECK(back.refs[i] == batch->refs[i] && !memcmp(&back.values[i], &batch->values[i], sizeof(double)), "i=%u", i);
	wal_scratch_fini(&scratch);
}

static int each(void *data, const struct wal_batch *batch)
{
	(void)data;
	write_again(batch);
	return 0;
}

/* A record without the frame around it too: few inputs have the right checksum. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wal_replayed replayed = { 0 };
	struct wal_scratch scratch = { 0 };
	struct wal_batch batch;
	size_t sound;

	CHECK(wal_replay_segment(data, size, 1, each, NULL, &replayed, &sound) != -1 && sound <= size, "size=%zu", size);
	if (wal_record_decode(data, size, &scratch, &batch) == 0)
		write_again(&batch);
	wal_scratch_fini(&scratch);
	return 0;
}
