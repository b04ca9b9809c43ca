/* SPDX-License-Identifier: MIT */
/*
 * api_admin.c - what changes the daemon: reload and its plan, instances that come
 * and go while it runs. Only for the control socket, or with `http: {admin: true}`.
 */
#include "http/form.h"
#include "http/route.h"

#include "util/check.h"

#include <errno.h>

static const char *const none[] = { NULL };

static void render_changes(struct buf *out, const struct host_changes *changes)
{
	struct json json = json_to(out);

	json_object(&json);
	json_key(&json, "changes");
	json_array(&json);
	for (uint32_t i = 0; i < changes->n; i++) {
		const struct host_change *change = &changes->items[i];

		json_object(&json);
		json_put_text(&json, "action", host_action_name(change->action));
		json_put_text(&json, "name", change->name);
		json_put_text(&json, "plugin", change->plugin);
		json_put_text(&json, "why", change->why);
		json_end(&json);
	}
	json_end(&json);
	json_end(&json);
}

int api_reload(const struct request *request, struct response *response, struct error *err)
{
	struct host_changes changes = { 0 };
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	r = service_reload(request->kymo, NULL, &changes, err);
	if (r == 0)
		render_changes(&response->body, &changes);
	host_changes_fini(&changes);
	return r;
}

static void render_deleted(struct buf *out, kymo_ms start, kymo_ms end, uint32_t series)
{
	struct json json = json_to(out);

	json_object(&json);
	json_put_unsigned(&json, "series", series);
	json_put_integer(&json, "start", start);
	json_put_integer(&json, "end", end);
	json_end(&json);
}

/* Has it what only a query has? */
static bool is_query(const struct form *form)
{
	struct form empty;

	form_init(&empty, form->now);
	return form->function != empty.function || form->step != empty.step || form->window != empty.window ||
	       form->points != empty.points || form->granularity != empty.granularity;
}

/* Nothing is deleted by what was left out: a series is named, and from when on is said. */
static int delete_form(const struct request *request, const struct form *form, struct response *response, struct error *err)
{
	kymo_ms start, end;
	uint32_t series;
	int r;

	if (is_query(form))
		return error_set(err, -EINVAL, "names, labels, filters, start, end and last are what a deletion has");
	if (!form->n_names && !form->n_filters)
		return error_set(err, -EINVAL, "names: a metric, or a filter of labels, is wanted; \"*\" is every metric");
	if (!form->has_start && !form->has_last)
		return error_set(err, -EINVAL, "start: from when on? 0 is from the very first");
	r = form_range(form, &start, &end, err);
	if (r == 0)
		r = service_delete(request->kymo, form->names, form->n_names, form->filters, form->n_filters, start, end, &series, err);
	if (r == 0)
		render_deleted(&response->body, start, end, series);
	return r;
}

int api_delete(const struct request *request, struct response *response, struct error *err)
{
	struct form form;
	AUTO_BODY *tree = NULL;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	tree = body_parse(&request->body, err);
	if (!tree)
		return err->code;
	form_init(&form, service_now(request->kymo));
	r = form_read_body(&form, tree, err);
	if (r == 0)
		r = delete_form(request, &form, response, err);
	form_fini(&form);
	return r;
}

static int take_file(void *data, const cJSON *value, struct error *err)
{
	const char **file = data;

	if (!cJSON_IsString(value))
		return body_wrong_type(value, "file", "a path", err);
	*file = value->valuestring;
	return 0;
}

static int plan_file(const struct request *request, const char *file, struct response *response, struct error *err)
{
	AUTO(settings) settings = host_settings(file, err);
	struct host_changes changes = { 0 };
	int r;

	if (!settings)
		return err->code;
	r = service_plan(request->kymo, settings, &changes, err);
	if (r == 0)
		render_changes(&response->body, &changes);
	host_changes_fini(&changes);
	return r;
}

int api_plan(const struct request *request, struct response *response, struct error *err)
{
	static const struct body_member members[] = { { "file", take_file } };
	const char *file = NULL;
	AUTO_BODY *tree = NULL;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	tree = body_parse(&request->body, err);
	if (!tree)
		return err->code;
	if ((r = body_members(tree, "the body", members, COUNT_OF(members), &file, err)) < 0)
		return r;
	if (!file || file[0] != '/')
		return error_set(err, -EINVAL, "file: the absolute path of a configuration file is wanted; the daemon reads it");
	return plan_file(request, file, response, err);
}

static int answer_done(struct response *response, unsigned status, const char *what, const char *name)
{
	struct json json = json_to(&response->body);

	response->status = status;
	json_object(&json);
	json_put_text(&json, what, name);
	json_end(&json);
	return 0;
}

/* What an entry under `plugins:` is called: its name, else that of its plugin. host_add has checked it. */
static void entry_name(const struct yaml_node *entry, char *name, size_t size)
{
	const struct yaml_node *given = yaml_find(entry, "name"), *plugin = yaml_find(entry, "plugin");
	const char *text = given ? given->text : plugin ? plugin->text : "";
	const char *base = !given && strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
	size_t n = strlen(base);

	if (!given && n > 3 && !strcmp(base + n - 3, ".so"))
		n -= 3;
	if (n >= size)
		n = size - 1;
	memcpy(name, base, n);
	name[n] = '\0';
}

int api_instance_add(const struct request *request, struct response *response, struct error *err)
{
	const char *text = (const char *)request->body.data;
	AUTO(yaml) entry = NULL;
	char name[128];
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	if (!request->body.len)
		return error_set(err, -EINVAL, "the request has no body; an entry as under plugins: is wanted, YAML or JSON "
				 "({\"plugin\": \"process\", \"name\": \"web\", \"with\": {...}})");
	entry = yaml_parse("request", text, request->body.len, err);
	if (!entry)
		return err->code;
	r = host_add(service_host(request->kymo), text, request->body.len, NULL, err);
	if (r < 0)
		return r;
	entry_name(entry->root, name, sizeof name);
	return answer_done(response, 201, "added", name);
}

static int on_instance(const struct request *request, struct response *response, const char *done,
		       int (*change)(struct host *host, const char *name, struct error *err), struct error *err)
{
	AUTO_FREE char *name = NULL;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	name = request_rest(request, err);
	if (!name)
		return err->code;
	r = change(service_host(request->kymo), name, err);
	return r < 0 ? r : answer_done(response, 200, done, name);
}

int api_instance_remove(const struct request *request, struct response *response, struct error *err)
{
	return on_instance(request, response, "removed", host_remove, err);
}

int api_instance_reset(const struct request *request, struct response *response, struct error *err)
{
	return on_instance(request, response, "reset", host_reset, err);
}
