/* SPDX-License-Identifier: MIT */
/*
 * series.c - an array of series in the order they came, so that each collect
 * emits in the same order as the last, and an open-addressed table of their
 * numbers. Series are never removed one by one.
 */
#include "series.h"

#include <stdlib.h>
#include <string.h>

enum { OBSERVED_KEPT = 1024 };	/* a buffer up to this stays allocated */

void series_init(struct series_table *table, uint32_t n_labels)
{
	*table = (struct series_table){ .n_labels = n_labels };
}

void series_clear(struct series_table *table)
{
	for (uint32_t i = 0; i < table->n; i++) {
		free(table->items[i].labels);
		free(table->items[i].observed);
	}
	free(table->items);
	free(table->slots);
	series_init(table, table->n_labels);
}

void series_fini(struct series_table *table)
{
	series_clear(table);
}

/* FNV-1a (Fowler, Noll, Vo) over the values and the NUL behind each; then mixed, for the low bits. */
static uint64_t hash_labels(const char *const labels[], uint32_t n)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (uint32_t i = 0; i < n; i++) {
		const char *c = labels[i];

		do
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
		while (*c++);
	}
	return hash ^ hash >> 32;
}

static bool same_labels(const struct series *series, const char *const labels[], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(series->labels[i], labels[i]) != 0)
			return false;
	return true;
}

/* One allocation: the pointers, then what they point to. NULL also without labels. */
static const char **copy_labels(const char *const labels[], uint32_t n)
{
	size_t size = n * sizeof *labels;
	const char **copy;
	char *text;

	for (uint32_t i = 0; i < n; i++) {
		size_t length = strnlen(labels[i], SERIES_VALUE_MAX + 1);

		if (length > SERIES_VALUE_MAX)
			return NULL;
		size += length + 1;
	}
	copy = n ? malloc(size) : NULL;
	if (!copy)
		return NULL;
	text = (char *)(copy + n);
	for (uint32_t i = 0; i < n; i++) {
		copy[i] = text;
		text = stpcpy(text, labels[i]) + 1;
	}
	return copy;
}

static void place(struct series_table *table, uint32_t item)
{
	uint32_t mask = table->n_slots - 1, at = (uint32_t)table->items[item].hash & mask;

	while (table->slots[at])
		at = (at + 1) & mask;
	table->slots[at] = item + 1;
}

/* Room for one series more; at most half of the slots are taken. */
static bool grow(struct series_table *table)
{
	uint32_t room = table->room ? table->room * 2 : 8;
	struct series *items;
	uint32_t *slots;

	if (table->n < table->room)
		return true;
	items = realloc(table->items, room * sizeof *items);
	if (!items)
		return false;
	table->items = items;
	slots = calloc(room * 2, sizeof *slots);
	if (!slots)
		return false;
	free(table->slots);
	table->slots = slots;
	table->n_slots = room * 2;
	table->room = room;
	for (uint32_t i = 0; i < table->n; i++)
		place(table, i);
	return true;
}

static struct series *find(const struct series_table *table, uint64_t hash, const char *const labels[])
{
	uint32_t mask = table->n_slots - 1;

	if (!table->n_slots)
		return NULL;
	for (uint32_t at = (uint32_t)hash & mask; table->slots[at]; at = (at + 1) & mask) {
		struct series *series = &table->items[table->slots[at] - 1];

		if (series->hash == hash && same_labels(series, labels, table->n_labels))
			return series;
	}
	return NULL;
}

struct series *series_get(struct series_table *table, const char *const labels[], uint32_t limit)
{
	uint64_t hash = hash_labels(labels, table->n_labels);
	struct series *series = find(table, hash, labels);
	const char **copy;

	if (series)
		return series;
	if (table->n >= limit || !grow(table))
		return NULL;
	copy = copy_labels(labels, table->n_labels);
	if (!copy && table->n_labels)
		return NULL;
	series = &table->items[table->n];
	*series = (struct series){ .hash = hash, .labels = copy };
	place(table, table->n++);
	return series;
}

bool series_observe(struct series *series, double value)
{
	if (series->n == series->room) {
		uint32_t room = series->room ? series->room * 2 : 16;
		double *observed = realloc(series->observed, room * sizeof *observed);

		if (!observed)
			return false;
		series->observed = observed;
		series->room = room;
	}
	series->observed[series->n++] = value;
	return true;
}

static void forget_observed(struct series *series)
{
	if (series->room > OBSERVED_KEPT && series->n < series->room / 4) {
		free(series->observed);
		series->observed = NULL;
		series->room = 0;
	}
	series->n = 0;
}

void series_emit_observed(struct series_table *table, const struct kymo_host *host, struct kymo_batch *batch,
			  uint32_t metric)
{
	for (uint32_t i = 0; i < table->n; i++) {
		struct series *series = &table->items[i];

		for (uint32_t o = 0; o < series->n; o++)
			host->emit(batch, metric, series->labels, series->observed[o], 0);
		forget_observed(series);
	}
}

const char *event_label(const struct kymo_event *event, const char *name)
{
	for (uint32_t i = 0; i < event->n_labels; i++)
		if (!strcmp(event->labels[i].name, name))
			return event->labels[i].value;
	return "";
}
