/* SPDX-License-Identifier: MIT */
/*
 * harness_values.h - option values from text, for the harness. A small reader
 * of the flow style of YAML, just enough for what tests write.
 */
#ifndef HARNESS_VALUES_H
#define HARNESS_VALUES_H

#include <kymo/option.h>

/* All memory of one configuration; freed at once. */
struct pool {
	void **blocks;
	size_t n;
};

void *pool_alloc(struct pool *pool, size_t size);	/* zeroed; never NULL */
void pool_free(struct pool *pool);

/* `text` NULL: no value. Aborts with a line if the text does not fit the option. */
struct kymo_value harness_parse(struct pool *pool, const struct kymo_option *option, const char *text);

#endif
