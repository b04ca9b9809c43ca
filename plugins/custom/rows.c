/* SPDX-License-Identifier: MIT */
/* rows.c - see rows.h. */
#include "rows.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = { "gauge", "counter", "histogram", "untyped", NULL };
static const uint32_t types[] = { KYMO_GAUGE, KYMO_COUNTER, KYMO_HISTOGRAM, KYMO_UNTYPED };

const struct kymo_option row_fields[N_ROW_FIELDS] = {
	[ROW_NAME]        = { .key = "name", .type = KYMO_STRING, .flags = KYMO_REQUIRED,
			      .help = "The metric's name." },
	[ROW_TYPE]        = { .key = "type", .type = KYMO_STRING, .preset = "gauge", .choices = type_names,
			      .help = "A counter adds values, a gauge and an untyped metric keep the last one, "
				      "a histogram makes distributions of them." },
	[ROW_UNIT]        = { .key = "unit", .type = KYMO_STRING, .preset = "", .help = "The unit of its values." },
	[ROW_HELP]        = { .key = "help", .type = KYMO_STRING, .preset = "", .help = "What it tells, in a sentence." },
	[ROW_LABEL_NAMES] = { .key = "labels", .type = KYMO_STRINGS,
			      .help = "Labels, filled from those of the event by name." },
	[ROW_EVENT]       = { .key = "event", .type = KYMO_STRING,
			      .help = "The name of the events that feed it; preset: the metric's name." },
};

static uint32_t type_of(const char *name)
{
	uint32_t i = 0;

	while (type_names[i + 1] && strcmp(type_names[i], name) != 0)
		i++;
	return types[i];
}

/* ---- What may stand in a row ---- */

__attribute__((format(printf, 3, 4)))
static int reject(const struct kymo_host *host, const struct kymo_value *value, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return host->reject(host, value, text);
}

static int check_name(const struct kymo_host *host, const struct kymo_value *value)
{
	return *value->string ? 0 : reject(host, value, "a metric needs a name");
}

static int check_event(const struct kymo_host *host, const struct kymo_value *value)
{
	if (!(value->flags & KYMO_GIVEN))
		return 0;
	if (!*value->string)
		return reject(host, value, "an event has a name");
	if (strpbrk(value->string, "*?\\"))
		return reject(host, value, "the name of one event, no pattern: * ? and \\ cannot stand in it");
	return 0;
}

static bool label_before(const struct kymo_value *labels, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(labels->items[i].string, labels->items[n].string))
			return true;
	return false;
}

static int check_label(const struct kymo_host *host, const struct kymo_value *labels, uint32_t n, uint32_t type)
{
	const struct kymo_value *label = &labels->items[n];

	if (!*label->string)
		return reject(host, label, "a label needs a name");
	if (!strncmp(label->string, "__", 2))
		return reject(host, label, "\"%.64s\": names that begin with __ are kymo's own", label->string);
	if (type == KYMO_HISTOGRAM && !strcmp(label->string, "le"))
		return reject(host, label, "\"le\" is the label of a histogram's buckets");
	if (label_before(labels, n))
		return reject(host, label, "\"%.64s\" is here twice", label->string);
	return 0;
}

static int check_labels(const struct kymo_host *host, const struct kymo_value *labels, uint32_t type)
{
	int result = 0;

	if (labels->n > ROW_LABELS)
		return reject(host, labels, "%u labels, at most %u are possible", (unsigned)labels->n,
			      (unsigned)ROW_LABELS);
	for (uint32_t i = 0; i < labels->n; i++)
		if (check_label(host, labels, i, type) < 0)
			result = -EINVAL;
	return result;
}

static int row_check(const struct kymo_host *host, const struct kymo_value *fields)
{
	int name = check_name(host, &fields[ROW_NAME]);
	int event = check_event(host, &fields[ROW_EVENT]);
	int labels = check_labels(host, &fields[ROW_LABEL_NAMES], type_of(fields[ROW_TYPE].string));

	return name < 0 || event < 0 || labels < 0 ? -EINVAL : 0;
}

/* ---- From a row of the configuration to ours ---- */

static void row_read(struct row *row, const struct kymo_value *fields)
{
	const struct kymo_value *labels = &fields[ROW_LABEL_NAMES];
	const char *event = fields[ROW_EVENT].string;

	row->name = fields[ROW_NAME].string;
	row->event = event && *event ? event : row->name;
	row->type = type_of(fields[ROW_TYPE].string);
	row->n_labels = labels->n;
	for (uint32_t i = 0; i < labels->n; i++)
		row->labels[i] = labels->items[i].string;
	series_init(&row->series, row->n_labels);
}

static int row_declare(struct row *row, const struct kymo_host *host, const struct kymo_value *fields)
{
	const struct kymo_metric metric = {
		.name = row->name, .type = row->type, .flags = row->type == KYMO_COUNTER ? KYMO_FROM_ZERO : 0,
		.unit = fields[ROW_UNIT].string, .help = fields[ROW_HELP].string,
		.labels = row->n_labels ? row->labels : NULL,
	};
	int r = host->declare(host, &metric, &row->id);

	if (r < 0 && r != -ENOMEM && r != -EEXIST)
		return reject(host, &fields[ROW_NAME], "\"%.64s\" cannot be a metric: %s", row->name, strerror(-r));
	return r;
}

/* ---- All rows ---- */

struct order {
	const char *key;
	uint32_t item;
};

static int order_compare(const void *a, const void *b)
{
	const struct order *one = a, *other = b;
	int order = strcmp(one->key, other->key);

	return order ? order : (one->item > other->item) - (one->item < other->item);
}

static const char *row_name(const struct row *row)
{
	return row->name;
}

static const char *row_event(const struct row *row)
{
	return row->event;
}

/* NULL: out of memory. */
static struct order *sorted(const struct rows *rows, const char *(*key)(const struct row *))
{
	struct order *order = calloc(rows->n ? rows->n : 1, sizeof *order);

	if (!order)
		return NULL;
	for (uint32_t i = 0; i < rows->n; i++)
		order[i] = (struct order){ key(&rows->items[i]), i };
	qsort(order, rows->n, sizeof *order, order_compare);
	return order;
}

static int reject_doubles(const struct rows *rows, const struct kymo_host *host, const struct kymo_value *value)
{
	struct order *order = sorted(rows, row_name);
	int result = order ? 0 : -ENOMEM;

	for (uint32_t i = 1; order && i < rows->n; i++)
		if (*order[i].key && !strcmp(order[i].key, order[i - 1].key))
			result = reject(host, &value->items[order[i].item].items[ROW_NAME],
					"\"%.64s\" is declared twice", order[i].key);
	free(order);
	return result;
}

static int index_events(struct rows *rows)
{
	struct order *order = sorted(rows, row_event);
	uint32_t events = 0;

	rows->by_event = calloc(rows->n ? rows->n : 1, sizeof *rows->by_event);
	rows->events = calloc((size_t)rows->n + 1, sizeof *rows->events);
	for (uint32_t i = 0; order && rows->by_event && rows->events && i < rows->n; i++) {
		rows->by_event[i] = order[i].item;
		if (!i || strcmp(order[i].key, order[i - 1].key) != 0)
			rows->events[events++] = order[i].key;
	}
	free(order);
	return order && rows->by_event && rows->events ? 0 : -ENOMEM;
}

static int check_all(const struct kymo_host *host, const struct kymo_value *value)
{
	int result = 0;

	for (uint32_t i = 0; i < value->n; i++)
		if (row_check(host, value->items[i].items) < 0)
			result = -EINVAL;
	return result;
}

static int declare_all(struct rows *rows, const struct kymo_host *host, const struct kymo_value *value,
		       uint32_t *clash)
{
	int result = 0;

	for (uint32_t i = 0; i < rows->n; i++) {
		int r = row_declare(&rows->items[i], host, value->items[i].items);

		if (r == -EEXIST)
			*clash = i;
		if (r < 0 && r != -EINVAL)
			return r;
		if (r < 0)
			result = r;
	}
	return result;
}

static int read_all(struct rows *rows, const struct kymo_host *host, const struct kymo_value *value)
{
	rows->items = calloc(value->n ? value->n : 1, sizeof *rows->items);
	if (!rows->items)
		return -ENOMEM;
	rows->n = value->n;
	for (uint32_t i = 0; i < value->n; i++)
		row_read(&rows->items[i], value->items[i].items);
	return reject_doubles(rows, host, value);
}

int rows_read(struct rows *rows, const struct kymo_host *host, const struct kymo_value *value, uint32_t *clash)
{
	int bad, r;

	*rows = (struct rows){ 0 };
	bad = check_all(host, value);
	if (bad < 0)		/* too many labels would not fit */
		return bad;
	r = read_all(rows, host, value);
	if (r == 0)
		r = declare_all(rows, host, value, clash);
	if (r == 0)
		r = index_events(rows);
	if (r < 0)
		rows_fini(rows);
	return r;
}

void rows_fini(struct rows *rows)
{
	for (uint32_t i = 0; i < rows->n; i++)
		series_fini(&rows->items[i].series);
	free(rows->items);
	free(rows->by_event);
	free(rows->events);
	*rows = (struct rows){ 0 };
}

static bool same_shape(const struct row *a, const struct row *b)
{
	if (strcmp(a->name, b->name) != 0 || a->type != b->type || a->n_labels != b->n_labels)
		return false;
	for (uint32_t i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i], b->labels[i]) != 0)
			return false;
	return true;
}

static void take_over(struct row *row, struct row *from)
{
	series_fini(&row->series);
	row->series = from->series;
	series_init(&from->series, from->n_labels);
}

/* Every pair is looked at: this happens at a reload, with some ten rows. */
void rows_take_over(struct rows *rows, struct rows *from)
{
	for (uint32_t i = 0; i < rows->n; i++)
		for (uint32_t old = 0; old < from->n; old++)
			if (same_shape(&rows->items[i], &from->items[old]))
				take_over(&rows->items[i], &from->items[old]);
}

uint32_t rows_find_event(const struct rows *rows, const char *event)
{
	uint32_t low = 0, high = rows->n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (strcmp(rows->items[rows->by_event[middle]].event, event) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < rows->n && !strcmp(rows->items[rows->by_event[low]].event, event) ? low : rows->n;
}
