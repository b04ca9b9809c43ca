/* SPDX-License-Identifier: MIT */
/* fake_service.c - see fake_service.h. */
#include "fake_service.h"

#include "query/answer.h"
#include "util/check.h"
#include "util/thread.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static const struct kymo_label labels[] = { { "host", "a\"b" } };

static void note(struct kymo *kymo, const char *text)
{
	size_t n = strlen(kymo->asked);

	snprintf(kymo->asked + n, sizeof kymo->asked - n, "%s%s", n ? "," : "", text);
}

static int result(struct kymo *kymo, struct error *err)
{
	int r = kymo->fails;

	kymo->fails = 0;
	return r < 0 ? error_set(err, r, "%s", kymo->reason ? kymo->reason : "it fails") : 0;
}

static void note_filters(struct kymo *kymo, const struct kymo_filter *filters, uint32_t n)
{
	char text[256];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%s/%u/%s", filters[i].label, filters[i].op, filters[i].value);
		note(kymo, text);
	}
}

/* Of the notes of those that several threads ask at a time. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static void note_query(struct kymo *kymo, const struct kymo_query *query)
{
	LOCK(&guard);
	kymo->query = *query;
	kymo->asked[0] = '\0';
	for (uint32_t i = 0; i < query->n_names; i++)
		note(kymo, query->names[i]);
	note_filters(kymo, query->filters, query->n_filters);
}

int service_query(struct kymo *kymo, const struct kymo_query *query, struct kymo_answer **out, struct error *err)
{
	static const struct kymo_series_point points[] = { { FAKE_NOW - 1000, 1.5 }, { FAKE_NOW, 1.0 / 0.0 } };
	static const struct kymo_series series = { "a.b", 1, 2, labels, points };
	static const struct kymo_part part = { 1, 2, KYMO_1M, true, false, "gone" };
	static const char *const warnings[] = { "mind the gap" };
	const struct timespec nap = { kymo->slow / 1000, kymo->slow % 1000 * 1000000 };

	note_query(kymo, query);
	if (kymo->slow)
		nanosleep(&nap, NULL);
	kymo->held++;
	while (kymo->holds)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	kymo->held--;
	if (kymo->fails)
		return result(kymo, err);
	if (!(*out = answer_create(sizeof **out)))
		return error_set(err, -ENOMEM, "out of memory");
	**out = (struct kymo_answer){ .n_series = 1, .n_parts = 1, .n_warnings = 1, .series = &series, .parts = &part,
				      .warnings = warnings, .start = 1, .end = 2, .step = 3, .window = 4, .samples_read = 5,
				      .error = 0.0 / 0.0 };
	return 0;
}

static const struct kymo_latest item = { "a.b", 1, KYMO_GAUGE, labels, "bytes", FAKE_NOW, 7 };

int service_latest(struct kymo *kymo, const char *const *names, uint32_t n, struct kymo_latest_list **out, struct error *err)
{
	kymo->asked[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		note(kymo, names[i]);
	if (kymo->fails)
		return result(kymo, err);
	if (!(*out = answer_create(sizeof **out)))
		return error_set(err, -ENOMEM, "out of memory");
	(*out)->n = 1;
	(*out)->items = &item;
	return 0;
}

int service_summary(struct kymo *kymo, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		    kymo_ms start, kymo_ms end, struct kymo_summary_answer **out, struct error *err)
{
	static const struct kymo_summary series = { "a.b", 1, KYMO_SUMMARY_ESTIMATED, labels, 2, 3, 1, 2, 1.5, 0.5, 1, 2, 2, 10, 20 };

	kymo->asked[0] = '\0';
	note(kymo, name);
	note_filters(kymo, filters, n_filters);
	kymo->start = start;
	kymo->end = end;
	if (kymo->fails)
		return result(kymo, err);
	if (!(*out = answer_create(sizeof **out)))
		return error_set(err, -ENOMEM, "out of memory");
	(*out)->all = series;
	(*out)->all.n_labels = 0;
	(*out)->series = &series;
	(*out)->n_series = 1;
	return 0;
}

int service_list(struct kymo *kymo, const char *pattern, struct kymo_metric_list **out, struct error *err)
{
	static const char *const names[] = { "host" };
	static const struct kymo_metric_info info = { "a.b", "bytes", "Help.", KYMO_GAUGE, 3, 1, names, INT64_MIN, 20 };

	kymo->asked[0] = '\0';
	note(kymo, pattern ? pattern : "(all)");
	if (kymo->fails)
		return result(kymo, err);
	if (!(*out = answer_create(sizeof **out)))
		return error_set(err, -ENOMEM, "out of memory");
	(*out)->n = 1;
	(*out)->items = &info;
	return 0;
}

int service_snapshot(struct kymo *kymo, struct kymo_snapshot **out, struct error *err)
{
	static const char *const names[KYMO_GROUPS] = { "system", "process", "api", "websocket", "business", "data", "custom" };

	if (kymo->fails)
		return result(kymo, err);
	if (!(*out = answer_create(sizeof **out)))
		return error_set(err, -ENOMEM, "out of memory");
	(*out)->at = FAKE_NOW;
	for (int i = 0; i < KYMO_GROUPS; i++)
		(*out)->group[i].name = names[i];
	(*out)->group[KYMO_GROUP_CUSTOM].n = 1;
	(*out)->group[KYMO_GROUP_CUSTOM].items = &item;
	return 0;
}

void service_stats(struct kymo *kymo, struct kymo_service_stats *stats)
{
	(void)kymo;
	*stats = (struct kymo_service_stats){ .size = sizeof *stats, .uptime = 5, .event_queue = 6, .sink_queue = 7 };
}

int service_delete(struct kymo *kymo, const char *const *names, uint32_t n, const struct kymo_filter *filters,
		   uint32_t n_filters, kymo_ms start, kymo_ms end, uint32_t *series, struct error *err)
{
	(void)names, (void)filters, (void)start, (void)end;
	*series = n + n_filters;
	return kymo->fails ? result(kymo, err) : 0;
}

int service_remote_read(struct kymo *kymo, const struct service_read *read, struct buf *out, struct error *err)
{
	if (kymo->fails)
		return result(kymo, err);
	buf_add(out, read->body, read->n);
	return 0;
}

int service_maintain(struct kymo *kymo, unsigned what, struct store_maintained *done, struct error *err)
{
	kymo->maintain = what;
	if (kymo->fails)
		return result(kymo, err);
	*done = (struct store_maintained){ .closed_windows = 4, .took = 9 };
	return 0;
}

int service_reload(struct kymo *kymo, const char *file, struct host_changes *changes, struct error *err)
{
	(void)file;
	if (kymo->fails)
		return result(kymo, err);
	changes->items = calloc(1, sizeof *changes->items);
	if (!changes->items)
		return error_set(err, -ENOMEM, "out of memory");
	changes->n = 1;
	*changes->items = (struct host_change){ HOST_START, "web", "process", "new" };
	return 0;
}

int service_plan(struct kymo *kymo, const struct settings *settings, struct host_changes *changes, struct error *err)
{
	snprintf(kymo->asked, sizeof kymo->asked, "%s", settings->file);
	return service_reload(kymo, NULL, changes, err);
}

void host_changes_fini(struct host_changes *changes)
{
	free(changes->items);
}

const char *host_action_name(enum host_action action)
{
	return action == HOST_START ? "start" : "?";
}

struct store *service_store(struct kymo *kymo)
{
	return (struct store *)kymo;
}

struct host *service_host(struct kymo *kymo)
{
	return (struct host *)kymo;
}

kymo_ms service_now(const struct kymo *kymo)
{
	(void)kymo;
	return FAKE_NOW;
}

kymo_ms service_started_at(const struct kymo *kymo)
{
	(void)kymo;
	return FAKE_NOW - 60000;
}

void service_retention(struct kymo *kymo, kymo_ms retention[TIERS])
{
	(void)kymo;
	for (int i = 0; i < TIERS; i++)
		retention[i] = i == KYMO_1H ? FOREVER : 7200000;
}

_Atomic uint32_t *service_requests(struct kymo *kymo)
{
	return &kymo->requests;
}

bool service_event_socket_stats(struct kymo *kymo, struct event_socket_stats *stats)
{
	(void)kymo;
	*stats = (struct event_socket_stats){ .datagrams = 11 };
	return true;
}

void service_listen(struct kymo *kymo, const struct service_listener *listener)
{
	kymo->listener = listener ? *listener : (struct service_listener){ 0 };
	if (listener && listener->commit)
		listener->commit(listener->data);
}

struct settings *host_settings(const char *path, struct error *err)
{
	return settings_load(path, err);
}

int host_add(struct host *host, const char *yaml, size_t n, const struct kymo_plugin *compiled_in, struct error *err)
{
	struct kymo *kymo = (struct kymo *)host;

	(void)compiled_in;
	snprintf(kymo->asked, sizeof kymo->asked, "add %.*s", (int)n, yaml);
	return result(kymo, err);
}

int host_remove(struct host *host, const char *name, struct error *err)
{
	struct kymo *kymo = (struct kymo *)host;

	snprintf(kymo->asked, sizeof kymo->asked, "remove %s", name);
	return result(kymo, err);
}

int host_reset(struct host *host, const char *name, struct error *err)
{
	struct kymo *kymo = (struct kymo *)host;

	snprintf(kymo->asked, sizeof kymo->asked, "reset %s", name);
	return result(kymo, err);
}

void host_stats(struct host *host, struct host_stats *stats)
{
	*stats = ((struct kymo *)host)->host;
}

int host_each_instance(struct host *host, int (*each)(void *data, const struct instance_stats *stats), void *data)
{
	const struct instance_stats stats = { .name = "web", .plugin = "process", .version = "1.0", .file = "", .interval = 1000,
					      .last_at = INT64_MIN, .started_at = 5, .last_error = "", .missed = 2 };

	(void)host;
	return each(data, &stats);
}

uint32_t host_events(struct host *host, const struct kymo_event *const *events, uint32_t n)
{
	struct kymo *kymo = (struct kymo *)host;
	uint32_t taken = 0;
	LOCK(&guard);

	kymo->asked[0] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		note(kymo, events[i]->name);
		taken += strcmp(events[i]->name, "nobody") != 0;
	}
	return taken;
}

void store_stats(struct store *store, struct store_stats *stats)
{
	(void)store;
	*stats = (struct store_stats){ .series = 3, .tier[KYMO_RAW] = { .bytes = 10, .oldest = 1, .newest = 2 },
				       .tier[KYMO_1M] = { .oldest = 1, .newest = 0 }, .last_flush = INT64_MIN };
}

void store_coverage(struct store *store, struct store_coverage *coverage)
{
	(void)store;
	*coverage = (struct store_coverage){ .tier[KYMO_RAW] = { 1, 2, 3 }, .tier[KYMO_1M] = { 1, 0, 0 } };
}

int store_each_metric_size(struct store *store, int (*each)(void *data, const struct store_metric_size *size), void *data)
{
	static const struct metric small = { .name = (char *)"small" }, large = { .name = (char *)"large" };
	const struct store_metric_size sizes[] = { { &small, 1, { 1 }, { 2 } }, { &large, 3, { 10, 5 }, { 20, 2 } } };
	int r = 0;

	(void)store;
	for (uint32_t i = 0; i < 2 && r == 0; i++)
		r = each(data, &sizes[i]);
	return r;
}

int store_each_series(struct store *store, struct matcher *const *matchers, uint32_t n,
		      int (*each)(void *data, const struct series_view *view), void *data)
{
	struct kymo *kymo = (struct kymo *)store;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < kymo->n_series; i++)
		if (matchers_test(matchers, n, kymo->series[i].labels))
			r = each(data, &kymo->series[i]);
	return r;
}

int store_each_labels(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end,
		      int (*each)(void *data, series_ref ref, struct labels labels), void *data)
{
	struct kymo *kymo = (struct kymo *)store;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < kymo->n_series; i++)
		if (matchers_test(matchers, n, kymo->series[i].labels) && kymo->series[i].last_at >= start && kymo->series[i].first_at <= end)
			r = each(data, kymo->series[i].ref, kymo->series[i].labels);
	return r;
}

/* Of names that stand twice too: who asks is to leave them out. */
int store_each_label_name(struct store *store, int (*each)(void *data, const char *text, uint32_t n), void *data)
{
	struct kymo *kymo = (struct kymo *)store;
	struct label label;
	int r = 0;

	for (uint32_t i = 0; i < kymo->n_series; i++)
		for (uint32_t at = 0; r == 0 && labels_next(kymo->series[i].labels, &at, &label);)
			r = each(data, label.name, label.name_len);
	return r;
}

int store_each_label_value(struct store *store, const char *name, int (*each)(void *data, const char *text, uint32_t n), void *data)
{
	struct kymo *kymo = (struct kymo *)store;
	struct label label;
	int r = 0;

	snprintf(kymo->asked, sizeof kymo->asked, "%s", name);
	for (uint32_t i = 0; r == 0 && i < kymo->n_series; i++)
		if (labels_find(kymo->series[i].labels, name, &label))
			r = each(data, label.value, label.value_len);
	return r;
}

int store_each_label(struct store *store, int (*each)(void *data, const struct label *label, uint32_t n_series), void *data)
{
	struct kymo *kymo = (struct kymo *)store;
	struct label label;
	int r = 0;

	for (uint32_t i = 0; i < kymo->n_series; i++)
		for (uint32_t at = 0; r == 0 && labels_next(kymo->series[i].labels, &at, &label);)
			r = each(data, &label, i + 1);
	return r;
}

/* Named as its series are. */
int store_delete(struct store *store, struct matcher *const *matchers, uint32_t n, kymo_ms start, kymo_ms end, uint32_t *series,
		 struct error *err)
{
	struct kymo *kymo = (struct kymo *)store;

	(void)matchers;
	kymo->start = start;
	kymo->end = end;
	kymo->n_deletions++;
	*series = n;
	return kymo->fails ? result(kymo, err) : 0;
}

int store_each_metric(struct store *store, int (*each)(void *data, const struct metric *metric, uint32_t n_series,
						       kymo_ms first_at, kymo_ms last_at), void *data)
{
	const struct kymo *kymo = (struct kymo *)store;
	char name[256], before[256] = "";
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < kymo->n_series; i++) {
		struct label label = labels_metric(kymo->series[i].labels);
		struct metric metric = *kymo->series[i].metric;

		snprintf(name, sizeof name, "%.*s", (int)label.value_len, label.value);
		metric.name = name;
		if (strcmp(name, before) != 0)
			r = each(data, &metric, 1, INT64_MIN, INT64_MIN);
		strcpy(before, name);
	}
	return r;
}

bool host_owns(struct host *host, series_ref ref)
{
	return ref != ((struct kymo *)host)->foreign || !ref;
}

/* ---- PromQL ---- */

struct promql_run {
	struct kymo *kymo;
	uint32_t next;
	kymo_ms *at;
	double *values;
	bool (*is_cancelled)(void *data);
	void *cancel_data;
};

struct promql *service_promql(struct kymo *kymo)
{
	return (struct promql *)kymo;
}

static void note_promql(struct kymo *kymo, const struct promql_request *request)
{
	LOCK(&guard);
	kymo->promql = *request;
	snprintf(kymo->asked, sizeof kymo->asked, "%.*s", (int)request->n, request->query);
	kymo->promql.query = NULL;
}

int promql_open(struct promql *engine, const struct promql_request *request, struct promql_run **out, bool *is_execution, struct error *err)
{
	struct kymo *kymo = (struct kymo *)engine;
	struct promql_run *run;
	uint32_t n = kymo->n_points ? kymo->n_points : 1;

	note_promql(kymo, request);
	*is_execution = kymo->is_execution;
	if (kymo->fails)
		return result(kymo, err);
	*is_execution = true;
	run = calloc(1, sizeof *run);
	if (run) {
		*run = (struct promql_run){ kymo, 0, calloc(n, sizeof *run->at), calloc(n, sizeof *run->values), request->is_cancelled,
					    request->cancel_data };
		kymo->n_runs++;
	}
	if (!run || !run->at || !run->values) {
		promql_close(run);
		return error_set(err, -ENOMEM, "out of memory");
	}
	for (uint32_t i = 0; i < n; i++) {
		run->at[i] = FAKE_NOW + i * 250;
		run->values[i] = i + 0.5;
	}
	*out = run;
	return 0;
}

enum value_type promql_type(const struct promql_run *run)
{
	return run->kymo->type;
}

const char *promql_text(const struct promql_run *run)
{
	(void)run;
	return "a\"text";
}

int promql_next(struct promql_run *run, struct promql_series *out, struct error *err)
{
	static const uint8_t bytes[] = "\x08__name__\x02up\x03job\x03" "a\"b";
	struct kymo *kymo = run->kymo;

	if (run->is_cancelled(run->cancel_data))
		return error_set(err, -ECANCELED, "nobody waits");
	if (kymo->fails_then && run->next == kymo->fails_after)
		return error_set(err, kymo->fails_then, "%s", kymo->reason);
	if (run->next == kymo->n_answer)
		return 0;
	run->next++;
	kymo->n_given++;
	*out = (struct promql_series){ { bytes, sizeof bytes - 1 }, kymo->n_points ? kymo->n_points : 1, run->at, run->values };
	return 1;
}

void promql_report(struct promql_run *run, struct promql_report *report)
{
	static const char *const notes[] = { "note 1", "note 2" };
	static const struct promql_span spans[] = {
		{ FAKE_NOW - 60000, FAKE_NOW, KYMO_RAW, false, false }, { 0, 3600000, KYMO_1H, true, false }, { 3600000, 7200000, KYMO_RAW, false, true },
	};

	*report = (struct promql_report){ .warnings = notes, .infos = notes, .n_warnings = run->kymo->n_notes, .n_infos = run->kymo->n_notes,
					  .spans = spans, .n_spans = run->kymo->n_notes ? COUNT_OF(spans) : 0, .quarantined = 3, .error = 0.011, .samples = 7 };
}

void promql_explain(struct promql_run *run, struct buf *json)
{
	(void)run;
	buf_add_text(json, "{\"explained\":true}");
}

void promql_close(struct promql_run *run)
{
	if (!run)
		return;
	run->kymo->n_runs--;
	free(run->at);
	free(run->values);
	free(run);
}

struct receiver *service_receiver(struct kymo *kymo)
{
	return (struct receiver *)kymo;
}

int receiver_write(struct receiver *receiver, const uint8_t *body, size_t n, struct error *err)
{
	struct kymo *kymo = (struct kymo *)receiver;

	while (kymo->holds)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	LOCK(&guard);
	snprintf(kymo->asked, sizeof kymo->asked, "%.*s", (int)n, (const char *)body);
	return result(kymo, err);
}

int receiver_import(struct receiver *receiver, const struct text_import *how, const uint8_t *body, size_t n, struct error *err)
{
	struct kymo *kymo = (struct kymo *)receiver;
	LOCK(&guard);
	int at = snprintf(kymo->asked, sizeof kymo->asked, "%d %d %lld", how->format, how->packing, (long long)how->at);

	for (uint32_t i = 0; i < how->n_extra; i++)
		at += snprintf(kymo->asked + at, sizeof kymo->asked - (size_t)at, " %.*s=%s", (int)how->extra[i].name_len,
			       how->extra[i].name, how->extra[i].value);
	snprintf(kymo->asked + at, sizeof kymo->asked - (size_t)at, " %.*s", (int)n, (const char *)body);
	return result(kymo, err);
}

void receiver_import_stats(struct receiver *receiver, struct receiver_stats *stats)
{
	(void)receiver;
	*stats = (struct receiver_stats){ .requests = 5 };
}

void receiver_stats(struct receiver *receiver, struct receiver_stats *stats)
{
	(void)receiver;
	*stats = (struct receiver_stats){ .requests = 4 };
}

/* "a=1&b=2", without decoding. */
static void add_parameters(struct request *request, char *text)
{
	char *save = NULL;

	for (char *word = strtok_r(text, "&", &save); word; word = strtok_r(NULL, "&", &save)) {
		char *equals = strchr(word, '=');

		if (equals)
			*equals = '\0';
		request->parameters[request->n_parameters++] = (struct parameter){ word, equals ? equals + 1 : "" };
	}
}

/* What would be sent piece by piece, as a whole; one that breaks off is a body that failed. */
static void gather(struct response *response)
{
	struct buf piece = { 0 };
	int r = 0;

	while (response->stream.next && (r = response->stream.next(response->stream.data, &piece)) == 0 && piece.len) {
		buf_add(&response->body, piece.data, piece.len);
		buf_clear(&piece);
	}
	if (r < 0)
		response->body.failed = true;
	buf_fini(&piece);
	response_drop_stream(response);
}

struct response fake_request(struct kymo *kymo, const char *method, const char *path, const char *parameters, const char *body,
			     bool trusted)
{
	struct request request = { .kymo = kymo, .method = method, .path = path, .trusted = trusted,
				   .content_type = kymo->content_type, .content_encoding = kymo->content_encoding,
				   .write_version = kymo->write_version, .write = !kymo->write_off, .client = -1 };
	struct response response = { .status = 200, .prometheus = route_is_prometheus(path) };
	const struct route *route;
	char copy[4096];

	snprintf(copy, sizeof copy, "%s", parameters ? parameters : "");
	add_parameters(&request, copy);
	if (body)
		buf_add_text(&request.body, body);
	if ((route = route_find(&request, &response)))
		route_run(route, &request, &response);
	buf_fini(&request.body);
	gather(&response);
	buf_text(&response.body);
	return response;
}
