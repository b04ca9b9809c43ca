/* SPDX-License-Identifier: MIT */
/*
 * append_times.c - a batch whose samples have times of their own is put time after
 * time, so that what was sampled together comes together, whatever the order in the
 * batch: remote-write sends series after series, each with a few times.
 *
 * There are few different times, usually: each gets a number, and samples are
 * counted out to their number's place.
 */
#include "store/append_rows.h"

#include <errno.h>
#include <stdlib.h>

struct time {
	kymo_ms at;
	uint32_t n, begin;		/* samples; their place among the sorted */
};

struct sorting {
	uint32_t n_times, room;		/* room: of the table, a power of two */
	struct time *time;
	uint32_t *table;		/* number + 1 of a time by its hash; 0: free */
	uint32_t *number;		/* of each sample */
	series_ref *refs;
	double *values;
};

/* All the memory there may be need of: as many times as samples. */
static int sorting_init(struct sorting *sorting, struct buf *memory, uint32_t n)
{
	uint32_t room = 16;
	size_t size;
	uint8_t *at;

	while (room < n * 2)
		room *= 2;
	size = n * (sizeof *sorting->values + sizeof *sorting->time + sizeof *sorting->number + sizeof *sorting->refs) +
	       room * sizeof *sorting->table;
	buf_clear(memory);
	at = buf_reserve(memory, size);
	if (!at)
		return -ENOMEM;
	*sorting = (struct sorting){ .room = room };
	sorting->values = (double *)(void *)at;
	sorting->time = (struct time *)(void *)(sorting->values + n);
	sorting->number = (uint32_t *)(void *)(sorting->time + n);
	sorting->refs = sorting->number + n;
	sorting->table = sorting->refs + n;
	memset(sorting->table, 0, room * sizeof *sorting->table);
	return 0;
}

static uint32_t number_of(struct sorting *sorting, kymo_ms at)
{
	uint32_t place = (uint32_t)(((uint64_t)at * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (sorting->room - 1);

	while (sorting->table[place] && sorting->time[sorting->table[place] - 1].at != at)
		place = (place + 1) & (sorting->room - 1);
	if (!sorting->table[place]) {
		sorting->time[sorting->n_times++] = (struct time){ .at = at };
		sorting->table[place] = sorting->n_times;
	}
	return sorting->table[place] - 1;
}

static void number_all(struct sorting *sorting, const struct store_batch *batch)
{
	for (uint32_t i = 0; i < batch->n; i++) {
		bool again = i && batch->times[i] == batch->times[i - 1];

		sorting->number[i] = again ? sorting->number[i - 1] : number_of(sorting, batch->times[i]);
		sorting->time[sorting->number[i]].n++;
	}
}

static void sort_samples(struct sorting *sorting, const struct store_batch *batch)
{
	uint32_t begin = 0;

	for (uint32_t i = 0; i < sorting->n_times; i++) {
		sorting->time[i].begin = begin;
		begin += sorting->time[i].n;
	}
	for (uint32_t i = 0; i < batch->n; i++) {
		uint32_t to = sorting->time[sorting->number[i]].begin++;

		sorting->refs[to] = batch->refs[i];
		sorting->values[to] = batch->values[i];
	}
}

static int by_time(const void *x, const void *y)
{
	const struct time *a = x, *b = y;

	return (a->at > b->at) - (a->at < b->at);
}

int append_times(struct appending *a, const struct store_batch *batch)
{
	struct sorting sorting;
	int r = sorting_init(&sorting, &a->scratch->sort, batch->n);

	if (r < 0)
		return r;
	number_all(&sorting, batch);
	sort_samples(&sorting, batch);
	qsort(sorting.time, sorting.n_times, sizeof *sorting.time, by_time);
	for (uint32_t i = 0; i < sorting.n_times && r == 0; i++) {
		const struct time *time = &sorting.time[i];
		uint32_t begin = time->begin - time->n;

		r = append_run(a, &(struct run){ time->at, time->n, sorting.refs + begin, sorting.values + begin });
	}
	return r;
}
