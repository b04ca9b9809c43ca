/* SPDX-License-Identifier: MIT */
/*
 * labels_property.c - what went in comes out, in every order of the input; and
 * bytes that labels_sound takes are those that labels_encode makes of them.
 */
#include "model/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

enum { CASES = 2000, LABELS = 20, LENGTH = 200, DAMAGES = 20000 };

static uint64_t seed = 1;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % n);
}

/* Now and then over 127 bytes, so that lengths take two. */
static uint32_t random_text(char *text, uint32_t least)
{
	uint32_t n = least + random_below(random_below(8) ? 4 : LENGTH - 4);

	for (uint32_t i = 0; i < n; i++)
		text[i] = (char)('a' + random_below(3));
	return n;
}

static uint32_t random_labels(struct label *items, char text[][2][LENGTH])
{
	uint32_t n = random_below(LABELS + 1);

	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct label){ text[i][0], text[i][1], random_text(text[i][0], 1), random_text(text[i][1], 0) };
	return n;
}

static void shuffle(struct label *items, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = random_below(i);
		struct label item = items[other];

		items[other] = items[i - 1];
		items[i - 1] = item;
	}
}

static bool has_twice(const struct label *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++)
			if (items[i].name_len == items[j].name_len && !memcmp(items[i].name, items[j].name, items[i].name_len))
				return true;
	return false;
}

static void all_are_found(const struct label *items, uint32_t n, struct labels labels)
{
	uint32_t filled = 0;

	for (uint32_t i = 0; i < n; i++) {
		char name[LENGTH + 1] = "";
		struct label found;

		memcpy(name, items[i].name, items[i].name_len);
		assert_int_equal(labels_find(labels, name, &found), items[i].value_len > 0);
		assert_int_equal(found.value_len, items[i].value_len);
		assert_memory_equal(found.value, items[i].value, found.value_len);
		filled += items[i].value_len > 0;
	}
	assert_int_equal(labels_count(labels), filled);
}

static void order_of_input_does_not_matter(void **state)
{
	static char text[LABELS][2][LENGTH];

	(void)state;
	for (int c = 0; c < CASES; c++) {
		struct label items[LABELS];
		uint32_t n = random_labels(items, text);
		AUTO_BUF a = { 0 }, b = { 0 };
		int r = labels_encode(items, n, &a);

		assert_int_equal(r, has_twice(items, n) ? -EEXIST : 0);
		shuffle(items, n);
		assert_int_equal(labels_encode(items, n, &b), r);
		if (r < 0)
			continue;
		struct labels labels = { a.data, (uint32_t)a.len };

		assert_true(labels_equal(labels, (struct labels){ b.data, (uint32_t)b.len }));
		assert_true(labels_sound(labels));
		all_are_found(items, n, labels);
	}
}

/* Encode again what a walk gives; sound bytes come out as they were. */
static bool is_canonical(struct labels labels)
{
	struct label items[LABELS_MOST + 1];
	AUTO_BUF again = { 0 };
	uint32_t at = 0, n = 0;

	while (labels_next(labels, &at, &items[n]))
		n++;
	return labels_encode(items, n, &again) == 0 &&
	       labels_equal(labels, (struct labels){ again.data, (uint32_t)again.len });
}

static void sound_means_canonical(void **state)
{
	static char text[LABELS][2][LENGTH];
	uint32_t sound = 0;

	(void)state;
	for (int c = 0; c < DAMAGES; c++) {
		struct label items[LABELS];
		uint32_t n = random_labels(items, text) % 4;
		AUTO_BUF bytes = { 0 };

		if (labels_encode(items, n, &bytes) < 0 || !bytes.len)
			continue;
		bytes.data[random_below((uint32_t)bytes.len)] ^= (uint8_t)(1u << random_below(8));
		struct labels labels = { bytes.data, (uint32_t)bytes.len };

		if (!labels_sound(labels))
			continue;
		sound++;
		assert_true(is_canonical(labels));
	}
	assert_true(sound > 100);	/* the case was seen at all */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_input_does_not_matter),
		cmocka_unit_test(sound_means_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
