/* SPDX-License-Identifier: MIT */
/* wal_fuzz.c - any bytes as a segment of the WAL; what samples come out of it are encoded and come out the same. */
#include "wal/wal.h"
#include "util/check.h"

#include "driver.h"

static int compare(void *data, const struct wal_batch *back)
{
	const struct wal_batch *batch = data;

	CHECK(back->n == batch->n && back->n_distributions == batch->n_distributions, "n=%u", batch->n);
	for (uint32_t i = 0; i < batch->n; i++)
		CHECK(back->refs[i] == batch->refs[i] && !memcmp(&back->values[i], &batch->values[i], sizeof(double)), "i=%u", i);
	return 0;
}

static int write_again(void *data, const struct wal_batch *batch)
{
	struct wal_reading reading = { 0 };
	AUTO_BUF bytes = { 0 };

	(void)data;
	wal_put_samples(batch, &bytes);
	CHECK(wal_record_read(bytes.data, bytes.len, &reading, compare, (void *)(uintptr_t)batch) == 0, "n=%u", batch->n);
	wal_reading_fini(&reading);
	return 0;
}

/* A record without the frame around it too: few inputs have the right checksum. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wal_replayed replayed = { 0 };
	struct wal_reading reading = { 0 };
	size_t sound;

	CHECK(wal_replay_segment(data, size, 1, write_again, NULL, &replayed, &sound) != -1 && sound <= size, "size=%zu", size);
	wal_record_read(data, size, &reading, write_again, NULL);
	wal_record_read(data, size, &reading, write_again, NULL);	/* rows of the groups of the first time */
	wal_reading_fini(&reading);
	return 0;
}
