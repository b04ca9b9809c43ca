/* SPDX-License-Identifier: MIT */
/* library.c - <kymo/kymo.h>: the calls of the service in the form that C programs see. */
#include "service/state.h"

#include <errno.h>
#include <stdio.h>

/* Hand a reason over: as much of it as fits. Gives the code. */
static int give(struct kymo_error *to, int r, struct error *from)
{
	if (to && r < 0) {
		to->code = r;
		snprintf(to->text, sizeof to->text, "%s", from->count ? error_text(from) : error_name(r));
	}
	error_clear(from);
	return r;
}

struct log_bridge {
	void (*log)(void *data, uint32_t level, const char *topic, const char *text);
	void *data;
};

static void forward_log(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	const struct log_bridge *bridge = data;

	bridge->log(bridge->data, (uint32_t)level, log_topic_name(topic), text);
}

/* For the process: the writer stays until another service brings its own. */
static void bridge_log(const struct kymo_config *config)
{
	static struct log_bridge bridge;

	if (!KYMO_HAS(config, log_data) || !config->log)
		return;
	bridge = (struct log_bridge){ config->log, config->log_data };
	log_set_writer(forward_log, &bridge);
}

static struct settings *read_settings(const struct kymo_config *config, struct error *err)
{
	const char *text = config->yaml ? config->yaml : "";

	if (config->file)
		return host_settings(config->file, err);
	return settings_parse("configuration", text, strlen(text), err);
}

int kymo_open(const struct kymo_config *config, struct kymo **out, struct kymo_error *error)
{
	struct error err = { 0 };
	struct settings *settings;

	*out = NULL;
	bridge_log(config);
	settings = read_settings(config, &err);
	if (!settings)
		return give(error, err.code, &err);
	return give(error, service_open(settings, config->file, &(struct service_options){ 0 }, out, &err), &err);
}

void kymo_close(struct kymo *kymo)
{
	service_close(kymo);
}

int kymo_reload(struct kymo *kymo, const char *file, struct kymo_error *error)
{
	struct error err = { 0 };

	return give(error, service_reload(kymo, file, NULL, &err), &err);
}

int kymo_query(struct kymo *kymo, const struct kymo_query *query, struct kymo_answer **out, struct kymo_error *error)
{
	struct error err = { 0 };

	*out = NULL;
	return give(error, service_query(kymo, query, out, &err), &err);
}

int kymo_latest(struct kymo *kymo, const char *const *names, uint32_t n, struct kymo_latest_list **out,
		struct kymo_error *error)
{
	struct error err = { 0 };

	*out = NULL;
	return give(error, service_latest(kymo, names, n, out, &err), &err);
}

int kymo_summary(struct kymo *kymo, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		 kymo_ms start, kymo_ms end, struct kymo_summary_answer **out, struct kymo_error *error)
{
	struct error err = { 0 };

	*out = NULL;
	return give(error, service_summary(kymo, name, filters, n_filters, start, end, out, &err), &err);
}

int kymo_list(struct kymo *kymo, const char *pattern, struct kymo_metric_list **out, struct kymo_error *error)
{
	struct error err = { 0 };

	*out = NULL;
	return give(error, service_list(kymo, pattern, out, &err), &err);
}

int kymo_snapshot(struct kymo *kymo, struct kymo_snapshot **out, struct kymo_error *error)
{
	struct error err = { 0 };

	*out = NULL;
	return give(error, service_snapshot(kymo, out, &err), &err);
}

/* Fill what the caller's struct has room for. */
static int copy_sized(void *to, uint32_t size, const void *from, uint32_t most)
{
	if (size < sizeof size)
		return -EINVAL;
	memcpy(to, from, size < most ? size : most);
	memcpy(to, &size, sizeof size);		/* the caller's, it is the first member */
	return 0;
}

int kymo_stats(struct kymo *kymo, struct kymo_service_stats *stats)
{
	struct kymo_service_stats now;

	service_stats(kymo, &now);
	return copy_sized(stats, stats->size, &now, sizeof now);
}

int kymo_maintain(struct kymo *kymo, uint32_t what, struct kymo_maintained *done, struct kymo_error *error)
{
	struct store_maintained did = { 0 };
	struct error err = { 0 };
	unsigned bits = (what & KYMO_FLUSH_HEAD ? MAINTAIN_FLUSH : 0) | (what & KYMO_CLOSE_WINDOWS ? MAINTAIN_CLOSE : 0) |
			(what & KYMO_MERGE ? MAINTAIN_MERGE : 0) | (what & KYMO_EXPIRE ? MAINTAIN_EXPIRE : 0);
	int r = service_maintain(kymo, bits, &did, &err);
	struct kymo_maintained now = {
		.blocks_written = did.blocks_written, .blocks_merged = did.blocks_merged,
		.blocks_expired = did.blocks_expired, .series_expired = did.series_expired,
		.flushed_samples = did.flushed_samples, .closed_windows = did.closed_windows,
		.recomputed_windows = did.recomputed_windows, .bytes_written = did.bytes_written,
		.bytes_freed = did.bytes_freed, .took = did.took,
	};

	if (r == 0 && done)
		r = copy_sized(done, done->size, &now, sizeof now);
	return give(error, r, &err);
}

int kymo_add(struct kymo *kymo, const char *yaml, const struct kymo_plugin *compiled_in, struct kymo_error *error)
{
	struct error err = { 0 };

	return give(error, host_add(kymo->host, yaml, strlen(yaml), compiled_in, &err), &err);
}

int kymo_remove(struct kymo *kymo, const char *name, struct kymo_error *error)
{
	struct error err = { 0 };

	return give(error, host_remove(kymo->host, name, &err), &err);
}

int kymo_reset(struct kymo *kymo, const char *name, struct kymo_error *error)
{
	struct error err = { 0 };

	return give(error, host_reset(kymo->host, name, &err), &err);
}

int kymo_record(struct kymo *kymo, const struct kymo_event *const *events, uint32_t n)
{
	return (int)host_events(kymo->host, events, n);
}

void kymo_free(void *answer)
{
	answer_free(answer);
}
