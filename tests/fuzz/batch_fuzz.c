/* SPDX-License-Identifier: MIT */
/* batch_fuzz.c - any sequence of emits: what was taken is read back as it was, everything else is counted. */
#include "driver.h"

#include "model/batch.h"

#include <stdlib.h>

enum { METRICS = 4, LABELS = 3, EMITS = 512 };

static const uint16_t n_labels[METRICS] = { 0, 1, 3, 0 };

struct emitted {
	uint32_t metric;
	char labels[LABELS][24];
	double value;
};

static void take_text(struct fuzz_input *in, char text[24])
{
	uint8_t n = fuzz_u8(in) % 23;

	fuzz_take(in, text, n);
	text[n] = 0;
}

static void check_entry(const struct batch_entry *entry, const struct emitted *expected)
{
	size_t at = sizeof(uint32_t);
	uint32_t len;

	if (entry->metric != expected->metric || memcmp(&entry->value, &expected->value, sizeof entry->value))
		abort();
	for (uint16_t l = 0; l < n_labels[expected->metric]; l++) {
		const char *value = batch_key_label(entry->key, entry->key_len, &at, &len);

		if (!value || len != strlen(expected->labels[l]) || memcmp(value, expected->labels[l], len))
			abort();
	}
	if (at != entry->key_len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input_of(data, size);
	struct emitted *all = calloc(EMITS, sizeof *all);
	struct batch_cursor cursor = { 0 };
	struct batch_entry entry;
	struct kymo_batch batch;
	uint32_t n = 0, i = 0;

	batch_init(&batch, 8 + fuzz_u8(&in) % 16, 64 + 16u * fuzz_u8(&in));
	batch_begin(&batch, 1000, n_labels, METRICS);
	while (n < EMITS && fuzz_left(&in)) {
		struct emitted *e = &all[n];
		const char *labels[LABELS] = { e->labels[0], e->labels[1], e->labels[2] };
		uint64_t refused = batch_refused(&batch);

		e->metric = fuzz_u8(&in) % (METRICS + 1);
		for (int l = 0; l < LABELS; l++)
			take_text(&in, e->labels[l]);
		e->value = fuzz_f64(&in);
		batch_emit(&batch, e->metric, labels, e->value, fuzz_u8(&in) & 1 ? 5 : 0);
		n += batch_refused(&batch) == refused;
	}
	for (; batch_next(&batch, &cursor, &entry); i++)
		check_entry(&entry, &all[i]);
	if (i != n)
		abort();
	batch_end(&batch);
	batch_fini(&batch);
	free(all);
	return 0;
}
