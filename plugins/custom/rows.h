/* SPDX-License-Identifier: MIT */
/*
 * rows.h - the metrics that the configuration declares, checked and declared
 * to the host, each with the series that its events have brought.
 */
#ifndef CUSTOM_ROWS_H
#define CUSTOM_ROWS_H

#include "../series.h"

/* Labels of one metric. */
#define ROW_LABELS 32

/* The fields of a row, in the order of row_fields. */
enum { ROW_NAME, ROW_TYPE, ROW_UNIT, ROW_HELP, ROW_LABEL_NAMES, ROW_EVENT, N_ROW_FIELDS };
extern const struct kymo_option row_fields[N_ROW_FIELDS];

/* Strings are those of the configuration. */
struct row {
	const char *name, *event;
	uint32_t type;			/* enum kymo_metric_type */
	uint32_t id;			/* as declared */
	uint32_t n_labels;
	const char *labels[ROW_LABELS + 1];	/* names, NULL-ended */
	struct series_table series;
	bool told;
};

struct rows {
	uint32_t n;
	struct row *items;
	uint32_t *by_event;		/* numbers of items, sorted by event */
	const char **events;		/* each once, NULL-ended */
};

/*
 * Read and declare the rows of `value`. All that is wrong is rejected, each
 * thing at its place. -EINVAL; -ENOMEM; -EEXIST: a metric of that name has been
 * declared in another shape (*clash is its row). On failure *rows is empty.
 */
int rows_read(struct rows *rows, const struct kymo_host *host, const struct kymo_value *value, uint32_t *clash);
void rows_fini(struct rows *rows);

/* Rows of the same name, type and labels take over the series of the others. */
void rows_take_over(struct rows *rows, struct rows *from);

/* The first place in by_event that holds this event; rows->n: nobody takes it. */
uint32_t rows_find_event(const struct rows *rows, const char *event);

#endif
