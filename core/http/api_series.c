/* SPDX-License-Identifier: MIT */
/* api_series.c - newest values, the list of metrics, and one metric summed up. */
#include "http/form.h"
#include "http/render.h"
#include "http/route.h"

#include "model/metric.h"
#include "query/answer.h"

#include <errno.h>

static const char *const none[] = { NULL };

int api_snapshot(const struct request *request, struct response *response, struct error *err)
{
	AUTO_ANSWER struct kymo_snapshot *snapshot = NULL;
	struct json json = json_to(&response->body);
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0 || (r = service_snapshot(request->kymo, &snapshot, err)) < 0)
		return r;
	json_object(&json);
	json_put_integer(&json, "at", snapshot->at);
	json_key(&json, "groups");
	json_object(&json);
	for (uint32_t g = 0; g < KYMO_GROUPS; g++) {
		json_key(&json, snapshot->group[g].name);
		json_array(&json);
		for (uint32_t i = 0; i < snapshot->group[g].n; i++)
			render_latest(&json, &snapshot->group[g].items[i]);
		json_end(&json);
	}
	json_end(&json);
	json_end(&json);
	return 0;
}

int api_latest(const struct request *request, struct response *response, struct error *err)
{
	static const char *const allowed[] = { "name", NULL };
	const char *names[REQUEST_PARAMETERS];
	AUTO_ANSWER struct kymo_latest_list *list = NULL;
	struct json json = json_to(&response->body);
	int r = request_check_parameters(request, allowed, allowed, err);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < request->n_parameters; i++)
		names[i] = request->parameters[i].value;
	r = service_latest(request->kymo, names, request->n_parameters, &list, err);
	if (r < 0)
		return r;
	json_object(&json);
	json_key(&json, "series");
	json_array(&json);
	for (uint32_t i = 0; i < list->n; i++)
		render_latest(&json, &list->items[i]);
	json_end(&json);
	json_end(&json);
	return 0;
}

static void render_metric(struct json *json, const struct kymo_metric_info *metric)
{
	json_object(json);
	json_put_text(json, "name", metric->name);
	json_put_text(json, "type", metric_type_name(metric->type));
	json_put_text(json, "unit", metric->unit);
	json_put_text(json, "help", metric->help);
	json_key(json, "labels");
	json_array(json);
	for (uint32_t i = 0; i < metric->n_labels; i++)
		json_text(json, metric->labels[i]);
	json_end(json);
	json_put_unsigned(json, "series", metric->n_series);
	render_put_time(json, "first_at", metric->first_at);
	render_put_time(json, "last_at", metric->last_at);
	json_end(json);
}

int api_metrics(const struct request *request, struct response *response, struct error *err)
{
	static const char *const allowed[] = { "name", NULL };
	AUTO_ANSWER struct kymo_metric_list *list = NULL;
	struct json json = json_to(&response->body);
	int r = request_check_parameters(request, allowed, NULL, err);

	if (r < 0 || (r = service_list(request->kymo, request_parameter(request, "name"), &list, err)) < 0)
		return r;
	json_object(&json);
	json_key(&json, "metrics");
	json_array(&json);
	for (uint32_t i = 0; i < list->n; i++)
		render_metric(&json, &list->items[i]);
	json_end(&json);
	json_end(&json);
	return 0;
}

static void render_summary(struct json *json, const struct kymo_summary *summary)
{
	json_object(json);
	render_put_series(json, summary->name, summary->labels, summary->n_labels);
	json_put_unsigned(json, "count", summary->count);
	render_put_value(json, "sum", summary->sum);
	render_put_value(json, "min", summary->min);
	render_put_value(json, "max", summary->max);
	render_put_value(json, "avg", summary->avg);
	render_put_value(json, "stddev", summary->stddev);
	render_put_value(json, "p50", summary->p50);
	render_put_value(json, "p95", summary->p95);
	render_put_value(json, "p99", summary->p99);
	json_put_bool(json, "estimated", summary->flags & KYMO_SUMMARY_ESTIMATED);
	render_put_time(json, "first_at", summary->first_at);
	render_put_time(json, "last_at", summary->last_at);
	json_end(json);
}

static void render_summaries(struct json *json, const struct kymo_summary_answer *answer)
{
	json_object(json);
	json_key(json, "all");
	render_summary(json, &answer->all);
	json_key(json, "series");
	json_array(json);
	for (uint32_t i = 0; i < answer->n_series; i++)
		render_summary(json, &answer->series[i]);
	json_end(json);
	render_put_parts(json, answer->parts, answer->n_parts);
	render_put_warnings(json, answer->warnings, answer->n_warnings);
	json_put_integer(json, "start", answer->start);
	json_put_integer(json, "end", answer->end);
	render_put_value(json, "error", answer->error);
	json_end(json);
}

static int answer_stats(const struct request *request, const char *name, struct form *form, struct response *response,
			struct error *err)
{
	static const char *const allowed[] = { "label", "start", "end", "last", NULL };
	AUTO_ANSWER struct kymo_summary_answer *answer = NULL;
	struct json json = json_to(&response->body);
	kymo_ms start, end;
	int r = form_read_parameters(form, request, allowed, err);

	if (r < 0 || (r = form_range(form, &start, &end, err)) < 0)
		return r;
	r = service_summary(request->kymo, name, form->filters, form->n_filters, start, end, &answer, err);
	if (r < 0)
		return r;
	render_summaries(&json, answer);
	return 0;
}

int api_metric_stats(const struct request *request, struct response *response, struct error *err)
{
	AUTO_FREE char *name = request_rest(request, err);
	struct form form;
	int r;

	if (!name)
		return err->code;
	form_init(&form, service_now(request->kymo));
	r = answer_stats(request, name, &form, response, err);
	form_fini(&form);
	return r;
}
