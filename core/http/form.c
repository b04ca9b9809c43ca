/* SPDX-License-Identifier: MIT */
/* form.c - see form.h. The reading of a JSON body is form_body.c. */
#include "http/form.h"

#include "conf/words.h"
#include "plain/plain.h"
#include "util/check.h"
#include "util/duration.h"

#include <errno.h>
#include <math.h>

#define HOUR INT64_C(3600000)
#define SPAN_MOST (INT64_C(1) << 53)

void form_init(struct form *form, kymo_ms now)
{
	form->n_names = form->n_filters = form->n_labels = 0;
	form->now = now;
	form->has_start = form->has_end = form->has_last = false;
	form->start = form->end = form->last = form->step = form->window = 0;
	form->function = KYMO_VALUES;
	form->points = 0;
	form->granularity = KYMO_AUTO;
}

void form_fini(struct form *form)
{
	for (uint32_t i = 0; i < form->n_labels; i++)
		free(form->labels[i]);
	form->n_labels = 0;
}

int form_add_name(struct form *form, const char *name, struct error *err)
{
	if (!name[0])
		return error_set(err, -EINVAL, "a name is empty");
	if (form->n_names == FORM_NAMES)
		return error_set(err, -EINVAL, "more than %d names (a wildcard names many: \"system.*\")", FORM_NAMES);
	form->names[form->n_names++] = name;
	return 0;
}

/* The operator that comes first, and how much it is. */
static const char *find_op(const char *text, size_t *n, uint32_t *op)
{
	static const struct { const char *text; uint32_t op; } ops[] = {
		{ "=~", KYMO_REGEX }, { "!~", KYMO_NOT_REGEX }, { "!=", KYMO_NOT_EQUAL }, { " like ", KYMO_LIKE },
		{ "=", KYMO_EQUAL },
	};

	for (const char *at = text; *at; at++) {
		for (size_t i = 0; i < COUNT_OF(ops); i++) {
			if (strncmp(at, ops[i].text, strlen(ops[i].text)) != 0)
				continue;
			*n = strlen(ops[i].text);
			*op = ops[i].op;
			return at;
		}
	}
	return NULL;
}

int form_add_filter_text(struct form *form, const char *text, struct error *err)
{
	size_t n = 0;
	uint32_t op = KYMO_EQUAL;
	char room[SHOWN], *label;
	const char *at = find_op(text, &n, &op);

	if (!at || at == text)
		return error_set(err, -EINVAL, "\"%s\" is not a filter (write label=value, label!=value, label=~regex, "
				 "label!~regex or label like wild*)", shown(text, room));
	if (form->n_filters == FORM_FILTERS)
		return error_set(err, -EINVAL, "more than %d filters", FORM_FILTERS);
	label = strndup(text, (size_t)(at - text));
	if (!label)
		return error_set(err, -ENOMEM, "out of memory");
	form->labels[form->n_labels++] = label;
	form->filters[form->n_filters++] = (struct kymo_filter){ label, at + n, op };
	return 0;
}

static int set_start(struct form *form, const char *value, struct error *err)
{
	form->has_start = true;
	return request_time(value, form->now, "start", &form->start, err);
}

static int set_end(struct form *form, const char *value, struct error *err)
{
	form->has_end = true;
	return request_time(value, form->now, "end", &form->end, err);
}

/* "5m", or seconds. */
static int read_span(const char *key, const char *value, kymo_ms *span, struct error *err)
{
	char room[SHOWN], *end;
	double seconds = number_parse(value, &end);

	if (end != value && !*end && seconds > 0 && seconds * 1000 < (double)SPAN_MOST) {
		*span = (kymo_ms)llround(seconds * 1000);
		if (*span > 0)
			return 0;
	}
	if (duration_parse(value, span) == 0 && *span > 0 && *span < SPAN_MOST)
		return 0;
	return error_set(err, -EINVAL, "%s: \"%s\" is not a span of time (write 30s, 5m or 1h30m)", key, shown(value, room));
}

static int set_last(struct form *form, const char *value, struct error *err)
{
	form->has_last = true;
	return read_span("last", value, &form->last, err);
}

static int set_step(struct form *form, const char *value, struct error *err)
{
	return read_span("step", value, &form->step, err);
}

static int set_window(struct form *form, const char *value, struct error *err)
{
	return read_span("window", value, &form->window, err);
}

static int set_function(struct form *form, const char *value, struct error *err)
{
	return plain_parse_function(value, &form->function, err);
}

static int set_granularity(struct form *form, const char *value, struct error *err)
{
	return plain_parse_granularity(value, &form->granularity, err);
}

static int set_points(struct form *form, const char *value, struct error *err)
{
	char room[SHOWN], *end;
	double points = number_parse(value, &end);

	if (end == value || *end || !(points >= 1 && points < (double)UINT32_MAX) || points != floor(points))
		return error_set(err, -EINVAL, "points: \"%s\" is not a number of points (a whole number from 1 on)",
				 shown(value, room));
	form->points = (uint32_t)points;
	return 0;
}

int form_set(struct form *form, const char *key, const char *value, struct error *err)
{
	static const struct {
		const char *key;
		int (*set)(struct form *form, const char *value, struct error *err);
	} rows[] = {
		{ "start", set_start },	      { "end", set_end },	{ "last", set_last },
		{ "function", set_function }, { "step", set_step },	{ "window", set_window },
		{ "points", set_points },     { "granularity", set_granularity },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (!strcmp(rows[i].key, key))
			return rows[i].set(form, value, err);
	return -ENOENT;
}

static int read_parameter(struct form *form, const struct parameter *parameter, struct error *err)
{
	if (!strcmp(parameter->name, "name"))
		return form_add_name(form, parameter->value, err);
	if (!strcmp(parameter->name, "label"))
		return form_add_filter_text(form, parameter->value, err);
	return form_set(form, parameter->name, parameter->value, err);
}

int form_read_parameters(struct form *form, const struct request *request, const char *const *allowed, struct error *err)
{
	static const char *const all[] = { "name", "label", "start", "end", "last", "function", "step", "window", "points",
					   "granularity", NULL };
	static const char *const repeated[] = { "name", "label", NULL };
	int r = request_check_parameters(request, allowed ? allowed : all, repeated, err);

	for (uint32_t i = 0; r == 0 && i < request->n_parameters; i++)
		r = read_parameter(form, &request->parameters[i], err);
	return r;
}

int form_range(const struct form *form, kymo_ms *start, kymo_ms *end, struct error *err)
{
	*start = *end = 0;
	if (form->has_start && form->has_last)
		return error_set(err, -EINVAL, "start and last: only one of them can be given");
	if (!form->has_start && !form->has_end && !form->has_last)
		return 0;
	*end = form->has_end ? form->end : form->now;
	*start = form->has_start ? form->start : *end - (form->has_last ? form->last : HOUR);
	return 0;
}

int form_query(const struct form *form, struct kymo_query *query, struct error *err)
{
	*query = (struct kymo_query){
		.size = sizeof *query,
		.n_names = form->n_names,
		.names = form->names,
		.filters = form->filters,
		.n_filters = form->n_filters,
		.function = form->function,
		.step = form->step,
		.window = form->window,
		.points = form->points,
		.granularity = form->granularity,
	};
	if (!form->n_names)
		return error_set(err, -EINVAL, "no name is given (names: [\"system.*\"])");
	return form_range(form, &query->start, &query->end, err);
}
