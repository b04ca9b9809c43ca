/* SPDX-License-Identifier: MIT */
/* batch_test.c - where memory is missing a sample is refused alone and counted; the others stay whole. */
#include "fault/fault.h"
#include "model/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EMITS = 300 };

static const uint16_t n_labels[] = { 0, 2 };

/* Every third with labels; the last ones with times of their own. */
static void emit_all(struct kymo_batch *batch)
{
	char text[40];

	for (int i = 0; i < EMITS; i++) {
		snprintf(text, sizeof text, "value of %d", i);
		batch_emit(batch, i % 3 ? 0 : 1, (const char *const[]){ text, "b" }, i, i > 200 ? 1000 + i : 0);
	}
}

/* What is there came in order and as it was. */
static uint32_t check_all(const struct kymo_batch *batch)
{
	struct batch_cursor cursor = { 0 };
	struct batch_entry entry;
	uint32_t n = 0;
	double last = -1;

	for (; batch_next(batch, &cursor, &entry); n++) {
		int i = (int)entry.value;
		size_t at = sizeof(uint32_t);
		uint32_t len;
		char text[40];

		assert_true(entry.value > last);
		last = entry.value;
		assert_int_equal(entry.metric, i % 3 ? 0 : 1);
		assert_int_equal(entry.at, i > 200 ? 1000 + i : 7);
		if (i % 3)
			continue;
		snprintf(text, sizeof text, "value of %d", i);
		assert_memory_equal(batch_key_label(entry.key, entry.key_len, &at, &len), text, strlen(text));
	}
	assert_int_equal(cursor.at, batch->keys_len);
	return n;
}

static void refuses_alone(void (*set)(unsigned, unsigned, int), unsigned n, bool *done)
{
	struct kymo_batch batch;
	uint32_t kept;

	batch_init(&batch, 100, BATCH_BYTES);
	set(FAULT_MEMORY, n, ENOMEM);
	batch_begin(&batch, 7, n_labels, 2);
	emit_all(&batch);
	*done = !fault_off();
	kept = check_all(&batch);
	assert_int_equal(kept + batch_refused(&batch), EMITS);
	assert_int_equal(batch.refused[BATCH_LIMIT], batch_refused(&batch));
	if (!*done)
		assert_string_equal(batch.reason, "out of memory");
	else
		assert_int_equal(kept, EMITS);
	/* The next collect is none the worse for it. */
	batch_begin(&batch, 7, n_labels, 2);
	emit_all(&batch);
	assert_int_equal(check_all(&batch), EMITS);
	batch_end(&batch);
	batch_fini(&batch);
}

static void refuses_a_sample_without_memory(void **state)
{
	bool done = false;

	(void)state;
	for (unsigned n = 1; !done; n++)
		refuses_alone(fault_at, n, &done);
}

static void refuses_all_that_come_after(void **state)
{
	bool done = false;

	(void)state;
	for (unsigned n = 1; !done; n++)
		refuses_alone(fault_from, n, &done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_sample_without_memory), cmocka_unit_test(refuses_all_that_come_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
