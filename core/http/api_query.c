/* SPDX-License-Identifier: MIT */
/* api_query.c - GET and POST /kymo/v1/query: a plain query and its answer. */
#include "http/form.h"
#include "http/render.h"
#include "http/route.h"

#include "query/answer.h"

static void render_points(struct json *json, const struct kymo_series *series)
{
	json_key(json, "points");
	json_array(json);
	for (uint32_t i = 0; i < series->n_points; i++) {
		json_array(json);
		json_integer(json, series->points[i].at);
		render_value(json, series->points[i].value);
		json_end(json);
	}
	json_end(json);
}

static void render_answer(struct json *json, const struct kymo_answer *answer)
{
	json_object(json);
	json_key(json, "series");
	json_array(json);
	for (uint32_t i = 0; i < answer->n_series; i++) {
		const struct kymo_series *series = &answer->series[i];

		json_object(json);
		render_put_series(json, series->name, series->labels, series->n_labels);
		render_points(json, series);
		json_end(json);
	}
	json_end(json);
	render_put_parts(json, answer->parts, answer->n_parts);
	render_put_warnings(json, answer->warnings, answer->n_warnings);
	json_put_integer(json, "start", answer->start);
	json_put_integer(json, "end", answer->end);
	json_put_integer(json, "step", answer->step);
	json_put_integer(json, "window", answer->window);
	json_put_unsigned(json, "samples_read", answer->samples_read);
	render_put_value(json, "error", answer->error);
	json_end(json);
}

static int answer_form(const struct request *request, const struct form *form, struct response *response, struct error *err)
{
	struct kymo_query query;
	AUTO_ANSWER struct kymo_answer *answer = NULL;
	struct json json = json_to(&response->body);
	int r = form_query(form, &query, err);

	if (r < 0 || (r = service_query(request->kymo, &query, &answer, err)) < 0)
		return r;
	render_answer(&json, answer);
	return 0;
}

static int answer_parameters(const struct request *request, struct form *form, struct response *response, struct error *err)
{
	int r = form_read_parameters(form, request, NULL, err);

	return r < 0 ? r : answer_form(request, form, response, err);
}

static int answer_body(const struct request *request, struct form *form, struct response *response, struct error *err)
{
	static const char *const none[] = { NULL };
	int r = request_check_parameters(request, none, NULL, err);
	AUTO_BODY *tree = NULL;

	if (r < 0)
		return r;
	tree = body_parse(&request->body, err);
	if (!tree)
		return err->code;
	r = form_read_body(form, tree, err);
	return r < 0 ? r : answer_form(request, form, response, err);
}

int api_query(const struct request *request, struct response *response, struct error *err)
{
	struct form form;
	int r;

	form_init(&form, service_now(request->kymo));
	r = strcmp(request->method, "POST") != 0 ? answer_parameters(request, &form, response, err) :
						   answer_body(request, &form, response, err);
	form_fini(&form);
	return r;
}
