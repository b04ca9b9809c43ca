/* SPDX-License-Identifier: MIT */
/*
 * form_body.c - the JSON of a plain query:
 *
 *	{"names": ["system.*"], "labels": {"host": "a"}, "filters": ["job=~x.*", {"label": "a", "op": "!=", "value": "b"}],
 *	 "last": "6h", "function": "avg", "step": "5m", ...}
 */
#include "http/form.h"

#include "plain/plain.h"
#include "util/check.h"

#include <errno.h>

static int take_names(void *data, const cJSON *value, struct error *err)
{
	struct form *form = data;
	const cJSON *item;
	int r = 0;

	if (cJSON_IsString(value))
		return form_add_name(form, value->valuestring, err);
	if (!cJSON_IsArray(value))
		return body_wrong_type(value, "names", "a list of texts", err);
	cJSON_ArrayForEach(item, value) {
		r = cJSON_IsString(item) ? form_add_name(form, item->valuestring, err) :
					   body_wrong_type(item, "names", "a list of texts", err);
		if (r < 0)
			break;
	}
	return r;
}

static int add_filter(struct form *form, const struct kymo_filter *filter, struct error *err)
{
	if (!filter->label[0])
		return error_set(err, -EINVAL, "the name of a label is empty");
	if (form->n_filters == FORM_FILTERS)
		return error_set(err, -EINVAL, "more than %d filters", FORM_FILTERS);
	form->filters[form->n_filters++] = *filter;
	return 0;
}

static int take_labels(void *data, const cJSON *value, struct error *err)
{
	const cJSON *item;
	int r = 0;

	if (!cJSON_IsObject(value))
		return body_wrong_type(value, "labels", "an object of texts", err);
	cJSON_ArrayForEach(item, value) {
		r = cJSON_IsString(item) ?
			    add_filter(data, &(struct kymo_filter){ item->string, item->valuestring, KYMO_EQUAL }, err) :
			    body_wrong_type(item, "labels", "an object of texts", err);
		if (r < 0)
			break;
	}
	return r;
}

static int take_text(const cJSON *value, const char *what, const char **text, struct error *err)
{
	if (!cJSON_IsString(value))
		return body_wrong_type(value, what, "a text", err);
	*text = value->valuestring;
	return 0;
}

static int take_filter_label(void *data, const cJSON *value, struct error *err)
{
	struct kymo_filter *filter = data;

	return take_text(value, "filters: label", &filter->label, err);
}

static int take_filter_op(void *data, const cJSON *value, struct error *err)
{
	struct kymo_filter *filter = data;
	const char *word = NULL;
	int r = take_text(value, "filters: op", &word, err);

	return r < 0 ? r : plain_parse_op(word, &filter->op, err);
}

static int take_filter_value(void *data, const cJSON *value, struct error *err)
{
	struct kymo_filter *filter = data;

	return take_text(value, "filters: value", &filter->value, err);
}

static int take_filter(struct form *form, const cJSON *item, struct error *err)
{
	static const struct body_member members[] = {
		{ "label", take_filter_label }, { "op", take_filter_op }, { "value", take_filter_value },
	};
	struct kymo_filter filter = { .op = KYMO_EQUAL };
	int r;

	if (cJSON_IsString(item))
		return form_add_filter_text(form, item->valuestring, err);
	r = body_members(item, "filters", members, COUNT_OF(members), &filter, err);
	if (r < 0)
		return r;
	if (!filter.label || !filter.value)
		return error_set(err, -EINVAL, "filters: a filter has label and value (and op, preset \"=\")");
	return add_filter(form, &filter, err);
}

static int take_filters(void *data, const cJSON *value, struct error *err)
{
	const cJSON *item;
	int r = 0;

	if (!cJSON_IsArray(value))
		return body_wrong_type(value, "filters", "a list", err);
	cJSON_ArrayForEach(item, value) {
		r = take_filter(data, item, err);
		if (r < 0)
			break;
	}
	return r;
}

/* What is a text or a number in JSON is the same text as a parameter. */
static int take_scalar(void *data, const cJSON *value, struct error *err)
{
	char text[NUMBER_TEXT];

	if (cJSON_IsString(value))
		return form_set(data, value->string, value->valuestring, err);
	if (cJSON_IsNumber(value))
		return form_set(data, value->string, number_format(value->valuedouble, text), err);
	return body_wrong_type(value, value->string, "a text or a number", err);
}

int form_read_body(struct form *form, const cJSON *tree, struct error *err)
{
	static const struct body_member members[] = {
		{ "names", take_names },     { "labels", take_labels }, { "filters", take_filters },
		{ "start", take_scalar },    { "end", take_scalar },	{ "last", take_scalar },
		{ "function", take_scalar }, { "step", take_scalar },	{ "window", take_scalar },
		{ "points", take_scalar },   { "granularity", take_scalar },
	};

	return body_members(tree, "the body", members, COUNT_OF(members), form, err);
}
