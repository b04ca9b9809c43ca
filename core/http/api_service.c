/* SPDX-License-Identifier: MIT */
/* api_service.c - how the daemon itself is doing, and the work it can be asked to do at once. */
#include "http/body.h"
#include "http/render.h"
#include "http/route.h"

#include "conf/words.h"
#include "util/check.h"

#include <errno.h>

static const char *const none[] = { NULL };

static void put_host(struct json *json, const struct host_stats *host, const struct kymo_service_stats *stats)
{
	json_key(json, "host");
	json_object(json);
	json_put_unsigned(json, "collectors", host->collectors);
	json_put_unsigned(json, "sinks", host->sinks);
	json_put_unsigned(json, "collections", host->collections);
	json_put_unsigned(json, "errors", host->errors);
	json_put_unsigned(json, "missed", host->missed);
	json_put_unsigned(json, "samples", host->samples);
	json_key(json, "refused");
	json_object(json);
	json_put_unsigned(json, "limit", host->refused_limit);
	json_put_unsigned(json, "invalid", host->refused_invalid);
	json_put_unsigned(json, "owner", host->refused_owner);
	json_put_unsigned(json, "undeclared", host->refused_undeclared);
	json_put_unsigned(json, "type", host->refused_type);
	json_end(json);
	json_put_unsigned(json, "reloads", host->reloads);
	json_put_unsigned(json, "reload_failures", host->reload_failures);
	json_put_unsigned(json, "event_queue", stats->event_queue);
	json_put_unsigned(json, "sink_queue", stats->sink_queue);
	json_end(json);
}

static void put_events(struct json *json, struct kymo *kymo, const struct host_stats *host)
{
	struct event_socket_stats socket;

	json_key(json, "events");
	json_object(json);
	json_put_unsigned(json, "taken", host->events);
	json_put_unsigned(json, "unclaimed", host->events_unclaimed);
	json_put_unsigned(json, "dropped", host->events_dropped);
	json_key(json, "socket");
	if (service_event_socket_stats(kymo, &socket)) {
		json_object(json);
		json_put_unsigned(json, "datagrams", socket.datagrams);
		json_put_unsigned(json, "events", socket.events);
		json_put_unsigned(json, "malformed", socket.malformed);
		json_put_unsigned(json, "oversized", socket.oversized);
		json_end(json);
	} else {
		json_null(json);
	}
	json_end(json);
}

static void put_span(struct json *json, kymo_ms oldest, kymo_ms newest)
{
	bool empty = oldest > newest;

	render_put_time(json, "oldest", empty ? INT64_MIN : oldest);
	render_put_time(json, "newest", empty ? INT64_MIN : newest);
}

static void put_tier_sizes(struct json *json, const struct store_stats *store, enum kymo_tier tier)
{
	json_put_unsigned(json, "bytes", store->tier[tier].bytes);
	json_put_unsigned(json, "samples", store->tier[tier].samples);
	json_put_unsigned(json, "files", store->tier[tier].files);
}

static void put_store_parts(struct json *json, const struct store_stats *store)
{
	json_key(json, "head");
	json_object(json);
	json_put_unsigned(json, "samples", store->head_samples);
	json_put_unsigned(json, "bytes", store->head_bytes);
	json_put_unsigned(json, "spilled", store->head_spilled);
	json_end(json);
	json_key(json, "wal");
	json_object(json);
	json_put_unsigned(json, "bytes", store->wal_bytes);
	json_put_unsigned(json, "files", store->wal_files);
	json_end(json);
	json_key(json, "index");
	json_object(json);
	json_put_unsigned(json, "bytes", store->index_bytes);
	json_end(json);
	json_key(json, "tiers");
	json_array(json);
	for (int tier = 0; tier < TIERS; tier++) {
		json_object(json);
		json_put_text(json, "tier", tier_name(tier));
		put_tier_sizes(json, store, tier);
		put_span(json, store->tier[tier].oldest, store->tier[tier].newest);
		json_end(json);
	}
	json_end(json);
}

static void put_work(struct json *json, const char *key, const struct store_work *work)
{
	json_key(json, key);
	json_object(json);
	json_put_unsigned(json, "times", work->times);
	json_put_integer(json, "last_ns", work->last_ns);
	json_put_integer(json, "total_ns", work->total_ns);
	json_end(json);
}

static void put_store(struct json *json, const struct store_stats *store)
{
	json_key(json, "store");
	json_object(json);
	json_put_unsigned(json, "series", store->series);
	json_put_unsigned(json, "metrics", store->metrics);
	json_put_unsigned(json, "series_created", store->series_created);
	json_put_unsigned(json, "series_expired", store->series_expired);
	json_put_unsigned(json, "appended", store->appended);
	json_put_unsigned(json, "repeated", store->repeated);
	json_put_unsigned(json, "late", store->late);
	json_key(json, "refused");
	json_object(json);
	json_put_unsigned(json, "late", store->refused[REFUSED_LATE]);
	json_put_unsigned(json, "conflict", store->refused[REFUSED_CONFLICT]);
	json_put_unsigned(json, "unknown", store->refused[REFUSED_UNKNOWN]);
	json_end(json);
	json_put_unsigned(json, "dropped", store->dropped);
	json_put_unsigned(json, "thinned", store->thinned);
	json_put_unsigned(json, "unlogged", store->unlogged);
	json_put_unsigned(json, "quarantined", store->quarantined);
	json_put_unsigned(json, "write_errors", store->write_errors);
	json_put_unsigned(json, "read_errors", store->read_errors);
	json_put_unsigned(json, "windows_closed", store->windows_closed);
	json_put_unsigned(json, "windows_recomputed", store->windows_recomputed);
	put_work(json, "flush", &store->flush);
	put_work(json, "merge", &store->merge);
	render_put_time(json, "last_flush", store->last_flush);
	render_put_time(json, "last_cleanup", store->last_cleanup);
	put_store_parts(json, store);
	json_end(json);
}

static void put_receiver(struct json *json, const char *key, const struct receiver_stats *stats)
{
	json_key(json, key);
	json_object(json);
	json_put_unsigned(json, "requests", stats->requests);
	json_put_unsigned(json, "requests_refused", stats->requests_refused);
	json_put_unsigned(json, "bytes", stats->bytes);
	json_put_unsigned(json, "unpacked", stats->unpacked);
	json_put_unsigned(json, "samples", stats->samples);
	json_put_unsigned(json, "stored", stats->stored);
	json_put_unsigned(json, "repeated", stats->repeated);
	json_key(json, "refused");
	json_object(json);
	json_put_unsigned(json, "late", stats->refused[REFUSED_LATE]);
	json_put_unsigned(json, "conflict", stats->refused[REFUSED_CONFLICT]);
	json_put_unsigned(json, "unknown", stats->refused[REFUSED_UNKNOWN]);
	json_put_unsigned(json, "labels", stats->malformed);
	json_put_unsigned(json, "limit", stats->over_limit);
	json_put_unsigned(json, "owner", stats->owned);
	json_end(json);
	json_put_unsigned(json, "exemplars", stats->exemplars);
	json_put_unsigned(json, "histograms", stats->histograms);
	json_put_unsigned(json, "left_out", stats->left_out);
	json_put_unsigned(json, "metadata", stats->metadata);
	json_put_unsigned(json, "metadata_refused", stats->metadata_refused);
	json_put_unsigned(json, "found", stats->found);
	json_put_unsigned(json, "looked_up", stats->looked_up);
	json_put_unsigned(json, "known", stats->known);
	json_put_unsigned(json, "known_bytes", stats->known_bytes);
	json_end(json);
}

int api_stats(const struct request *request, struct response *response, struct error *err)
{
	struct kymo *kymo = request->kymo;
	struct json json = json_to(&response->body);
	struct kymo_service_stats service;
	struct host_stats host;
	struct store_stats store;
	struct receiver_stats receiver;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	service_stats(kymo, &service);
	host_stats(service_host(kymo), &host);
	store_stats(service_store(kymo), &store);
	json_object(&json);
	json_put_text(&json, "version", KYMO_VERSION);
	json_put_integer(&json, "started_at", service_started_at(kymo));
	json_put_integer(&json, "uptime", service.uptime);
	put_host(&json, &host, &service);
	put_events(&json, kymo, &host);
	put_store(&json, &store);
	json_put_unsigned(&json, "requests", *service_requests(kymo));
	receiver_stats(service_receiver(kymo), &receiver);
	put_receiver(&json, "remote_write", &receiver);
	receiver_import_stats(service_receiver(kymo), &receiver);
	put_receiver(&json, "import", &receiver);
	json_end(&json);
	return 0;
}

static void put_counts(struct json *json, const struct instance_stats *stats)
{
	json_put_unsigned(json, "collections", stats->collections);
	json_put_unsigned(json, "errors", stats->errors);
	json_put_unsigned(json, "missed", stats->missed);
	json_put_unsigned(json, "samples", stats->samples);
	json_put_unsigned(json, "refused", stats->refused);
	json_put_unsigned(json, "series", stats->series);
	json_put_unsigned(json, "events", stats->events);
	json_put_unsigned(json, "events_dropped", stats->events_dropped);
	json_put_unsigned(json, "batches", stats->batches);
	json_put_unsigned(json, "batches_dropped", stats->batches_dropped);
	json_put_unsigned(json, "queue", stats->queue);
}

static int render_instance(void *data, const struct instance_stats *stats)
{
	struct json *json = data;

	json_object(json);
	json_put_text(json, "name", stats->name);
	json_put_text(json, "plugin", stats->plugin);
	json_put_text(json, "version", stats->version);
	json_put_text(json, "file", stats->file);
	json_put_text(json, "kind", stats->sink ? "sink" : "collector");
	json_put_bool(json, "added", stats->added);
	json_put_integer(json, "interval", stats->interval);
	put_counts(json, stats);
	json_put_integer(json, "last_ns", stats->last_ns);
	json_put_integer(json, "total_ns", stats->total_ns);
	json_put_integer(json, "cpu_ns", stats->cpu_ns);
	render_put_time(json, "started_at", stats->started_at);
	render_put_time(json, "last_at", stats->last_at);
	json_put_text(json, "last_error", stats->last_error[0] ? stats->last_error : NULL);
	render_put_time(json, "last_error_at", stats->last_error[0] ? stats->last_error_at : INT64_MIN);
	json_end(json);
	return 0;
}

int api_instances(const struct request *request, struct response *response, struct error *err)
{
	struct json json = json_to(&response->body);
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	json_object(&json);
	json_key(&json, "instances");
	json_array(&json);
	host_each_instance(service_host(request->kymo), render_instance, &json);
	json_end(&json);
	json_end(&json);
	return 0;
}

int api_tiers(const struct request *request, struct response *response, struct error *err)
{
	struct json json = json_to(&response->body);
	kymo_ms retention[TIERS];
	struct store_coverage coverage;
	struct store_stats store;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0)
		return r;
	service_retention(request->kymo, retention);
	store_coverage(service_store(request->kymo), &coverage);
	store_stats(service_store(request->kymo), &store);
	json_object(&json);
	json_key(&json, "tiers");
	json_array(&json);
	for (int tier = 0; tier < TIERS; tier++) {
		json_object(&json);
		json_put_text(&json, "tier", tier_name(tier));
		json_put_integer(&json, "width", tier_width(tier));
		render_put_time(&json, "retention", retention[tier] == FOREVER ? INT64_MIN : retention[tier]);
		put_span(&json, coverage.tier[tier].oldest, coverage.tier[tier].newest);
		put_tier_sizes(&json, &store, tier);
		json_end(&json);
	}
	json_end(&json);
	json_end(&json);
	return 0;
}

static const struct { const char *word; unsigned bit; } works[] = {
	{ "flush", MAINTAIN_FLUSH }, { "close", MAINTAIN_CLOSE }, { "merge", MAINTAIN_MERGE }, { "expire", MAINTAIN_EXPIRE },
};

static const char *work_at(const void *words, size_t i)
{
	(void)words;
	return i < COUNT_OF(works) ? works[i].word : NULL;
}

static int add_work(unsigned *what, const cJSON *item, struct error *err)
{
	char allowed[64], room[SHOWN];

	if (!cJSON_IsString(item))
		return body_wrong_type(item, "do", "a list of texts", err);
	for (size_t i = 0; i < COUNT_OF(works); i++) {
		if (!strcmp(works[i].word, item->valuestring)) {
			*what |= works[i].bit;
			return 0;
		}
	}
	list_words(allowed, sizeof allowed, " and ", work_at, NULL);
	return error_set(err, -EINVAL, "do: there is no \"%s\"; allowed are %s", shown(item->valuestring, room), allowed);
}

static int take_do(void *data, const cJSON *value, struct error *err)
{
	const cJSON *item;
	int r = 0;

	if (!cJSON_IsArray(value))
		return body_wrong_type(value, "do", "a list of texts", err);
	cJSON_ArrayForEach(item, value) {
		r = add_work(data, item, err);
		if (r < 0)
			break;
	}
	return r;
}

/* No body, or a body without "do": everything. */
static int read_work(const struct request *request, unsigned *what, struct error *err)
{
	static const struct body_member members[] = { { "do", take_do } };
	AUTO_BODY *tree = NULL;

	if (!request->body.len)
		return 0;
	tree = body_parse(&request->body, err);
	if (!tree)
		return err->code;
	return body_members(tree, "the body", members, COUNT_OF(members), what, err);
}

static void render_maintained(struct json *json, const struct store_maintained *done)
{
	json_object(json);
	json_put_unsigned(json, "flushed_samples", done->flushed_samples);
	json_put_unsigned(json, "closed_windows", done->closed_windows);
	json_put_unsigned(json, "recomputed_windows", done->recomputed_windows);
	json_put_unsigned(json, "blocks_written", done->blocks_written);
	json_put_unsigned(json, "blocks_merged", done->blocks_merged);
	json_put_unsigned(json, "blocks_expired", done->blocks_expired);
	json_put_unsigned(json, "series_expired", done->series_expired);
	json_put_unsigned(json, "wal_removed", done->wal_removed);
	json_put_unsigned(json, "bytes_written", done->bytes_written);
	json_put_unsigned(json, "bytes_freed", done->bytes_freed);
	json_put_integer(json, "took", done->took);
	json_end(json);
}

int api_maintain(const struct request *request, struct response *response, struct error *err)
{
	struct json json = json_to(&response->body);
	struct store_maintained done = { 0 };
	unsigned what = 0;
	int r = request_check_parameters(request, none, NULL, err);

	if (r < 0 || (r = read_work(request, &what, err)) < 0)
		return r;
	r = service_maintain(request->kymo, what, &done, err);
	if (r == 0)
		render_maintained(&json, &done);
	return r;
}

static int answer_status(struct response *response, const char *status)
{
	struct json json = json_to(&response->body);

	json_object(&json);
	json_put_text(&json, "status", status);
	json_end(&json);
	return 0;
}

int api_healthy(const struct request *request, struct response *response, struct error *err)
{
	(void)request;
	(void)err;
	return answer_status(response, "healthy");
}

/* Ready: something has been collected, or there is nothing that collects. */
int api_ready(const struct request *request, struct response *response, struct error *err)
{
	struct host_stats host;

	host_stats(service_host(request->kymo), &host);
	if (host.collectors && !host.collections && !host.errors)
		return error_set(err, -EAGAIN, "nothing has been collected yet");
	return answer_status(response, "ready");
}
