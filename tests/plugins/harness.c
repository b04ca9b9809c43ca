/* SPDX-License-Identifier: MIT */
/*
 * harness.c - the host that a plugin sees is the first member of the harness,
 * so every call finds its way back. A collect is recorded as text at once:
 * that is what tests compare, and nothing of the plugin's is kept.
 */
#include "harness.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kymo/ext/events.h>

#include "harness_values.h"

enum { MAX_OPTIONS = 64, MAX_EXTENSIONS = 8, MAX_LABELS = 16 };

struct text {
	char *bytes;
	size_t len;
};

struct queued {
	struct kymo_event event;
	struct kymo_label labels[MAX_LABELS];
};

struct kymo_batch {
	struct harness *harness;
	const struct kymo_point *points;	/* of a write */
	size_t n_points;
};

struct harness {
	struct kymo_host host;
	const struct kymo_plugin *plugin;
	void *library;

	const char *texts[MAX_OPTIONS];		/* as set; owned */
	struct pool pool;			/* values of the running configuration */
	struct kymo_value *config;

	void *instance;
	bool started;
	struct kymo_batch *open;		/* inside collect */
	kymo_ms now;

	struct { const char *id; const void *table; } offers[MAX_EXTENSIONS];
	size_t n_offers;

	struct kymo_metric *declared;		/* deep copies */
	uint32_t n_declared;
	struct pool names;			/* what the copies and the queued events hold */

	struct queued **queue;
	uint32_t n_queue;

	struct text samples, rejected, logged;
	char *shown;				/* a copy of logged, which other threads add to */
	size_t n_samples;
	pthread_mutex_t lock;			/* log, reject, declare come from any thread */
};

static _Noreturn void misuse(const char *what, const char *name)
{
	fprintf(stderr, "harness: %s: %s\n", what, name);
	abort();
}

static struct harness *of(const struct kymo_host *host)
{
	return (struct harness *)(uintptr_t)host;
}

__attribute__((format(printf, 2, 3)))
static void text_add(struct text *text, const char *format, ...)
{
	va_list args;
	char *piece, *bytes;
	int len;

	va_start(args, format);
	len = vasprintf(&piece, format, args);
	va_end(args);
	if (len < 0 || !(bytes = realloc(text->bytes, text->len + (size_t)len + 1)))
		abort();
	memcpy(bytes + text->len, piece, (size_t)len + 1);
	text->bytes = bytes;
	text->len += (size_t)len;
	free(piece);
}

static const char *text_get(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

static void text_clear(struct text *text)
{
	text->len = 0;
	if (text->bytes)
		text->bytes[0] = 0;
}

static char *keep(struct harness *h, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(pool_alloc(&h->names, size), text, size);
}

/* The shortest text that reads back as the same double. */
static const char *number(double value, char out[40])
{
	if (isnan(value))
		return "NaN";
	if (isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, 40, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			break;
	}
	return out;
}

/* The metrics: those of the table, then those declared. */

static const struct kymo_metric *metric_find(const struct harness *h, uint32_t id)
{
	const struct kymo_plugin *plugin = h->plugin;

	if (id < plugin->n_metrics)
		return (const void *)((const char *)plugin->metrics + (size_t)id * plugin->metric_size);
	return id - plugin->n_metrics < h->n_declared ? &h->declared[id - plugin->n_metrics] : NULL;
}

static bool same_labels(const char *const *a, const char *const *b)
{
	size_t i = 0;

	if (!a || !b)
		return (!a || !*a) && (!b || !*b);
	while (a[i] && b[i] && !strcmp(a[i], b[i]))
		i++;
	return !a[i] && !b[i];
}

static const char **keep_labels(struct harness *h, const char *const *labels)
{
	const char **copy;
	size_t n = 0;

	if (!labels)
		return NULL;
	while (labels[n])
		n++;
	copy = pool_alloc(&h->names, (n + 1) * sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = keep(h, labels[i]);
	return copy;
}

static void declare_new(struct harness *h, const struct kymo_metric *metric)
{
	struct kymo_metric *more = realloc(h->declared, (h->n_declared + 1) * sizeof *more);

	if (!more)
		abort();
	h->declared = more;
	more[h->n_declared++] = (struct kymo_metric){
		.name = keep(h, metric->name), .type = metric->type, .flags = metric->flags,
		.unit = keep(h, metric->unit ? metric->unit : ""),
		.help = keep(h, metric->help ? metric->help : ""),
		.labels = keep_labels(h, metric->labels),
	};
}

static int do_declare(const struct kymo_host *host, const struct kymo_metric *metric, uint32_t *id)
{
	struct harness *h = of(host);
	const struct kymo_metric *known;
	int r = 0;

	pthread_mutex_lock(&h->lock);
	for (*id = 0; (known = metric_find(h, *id)); ++*id)
		if (!strcmp(known->name, metric->name))
			break;
	if (!known)
		declare_new(h, metric);
	else if (known->type != metric->type || !same_labels(known->labels, metric->labels))
		r = -EEXIST;
	pthread_mutex_unlock(&h->lock);
	return r;
}

/* What a collect emits. */

static void add_escaped(struct text *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			text_add(out, "\\");
		if (*value == '\n')
			text_add(out, "\\n");
		else
			text_add(out, "%c", *value);
	}
}

static void add_labels(struct text *out, const struct kymo_metric *metric, const char *const values[])
{
	const char *before = "{";

	for (size_t i = 0; metric->labels && metric->labels[i]; i++) {
		if (!values)
			misuse("emit without labels", metric->name);
		if (!values[i] || !*values[i])
			continue;
		text_add(out, "%s%s=\"", before, metric->labels[i]);
		add_escaped(out, values[i]);
		text_add(out, "\"");
		before = ",";
	}
	if (*before == ',')
		text_add(out, "}");
}

static void add_sample(struct kymo_batch *batch, uint32_t id, const char *const labels[],
		       const char *value, kymo_ms at)
{
	struct harness *h = batch->harness;
	const struct kymo_metric *metric = metric_find(h, id);

	if (h->open != batch)
		misuse("emit outside collect", h->plugin->name);
	if (!metric)
		misuse("emit of an unknown metric", h->plugin->name);
	text_add(&h->samples, "%s", metric->name);
	add_labels(&h->samples, metric, labels);
	text_add(&h->samples, " %s", value);
	if (at)
		text_add(&h->samples, " @%lld", (long long)at);
	text_add(&h->samples, "\n");
	h->n_samples++;
}

static void do_emit(struct kymo_batch *batch, uint32_t id, const char *const labels[], double value, kymo_ms at)
{
	char text[40];

	add_sample(batch, id, labels, number(value, text), at);
}

static void do_emit_decimal(struct kymo_batch *batch, uint32_t id, const char *const labels[],
			    int64_t mantissa, int32_t exponent, kymo_ms at)
{
	char decimal[64], text[40];

	snprintf(decimal, sizeof decimal, "%llde%d", (long long)mantissa, exponent);
	add_sample(batch, id, labels, number(strtod(decimal, NULL), text), at);
}

static bool do_next(const struct kymo_batch *batch, uint64_t *cursor, struct kymo_point *point)
{
	size_t size = point->size;

	if (*cursor >= batch->n_points)
		return false;
	if (!size || size > sizeof *point)
		misuse("next with a point of a wrong size", batch->harness->plugin->name);
	memcpy(point, &batch->points[(*cursor)++], size);
	point->size = (uint32_t)size;
	return true;
}

/* The small services. */

static void do_log(const struct kymo_host *host, uint32_t level, const char *text)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	struct harness *h = of(host);

	if (level > KYMO_LOG_DEBUG)
		misuse("log with a wrong level", text);
	pthread_mutex_lock(&h->lock);
	text_add(&h->logged, "%s: %s\n", names[level], text);
	pthread_mutex_unlock(&h->lock);
}

/* The option that a value belongs to; that of the row for what is inside one. */
static const char *key_of(const struct harness *h, const struct kymo_value *value)
{
	const struct kymo_plugin *plugin = h->plugin;

	for (uint32_t o = 0; o < plugin->n_options; o++) {
		const struct kymo_option *option = &plugin->options[o];
		const struct kymo_value *own = &h->config[o];
		bool many = option->type == KYMO_STRINGS || option->type == KYMO_ROWS;

		if (value == own)
			return option->key;
		for (uint32_t i = 0; many && i < own->n; i++) {
			const struct kymo_value *item = &own->items[i];

			if (value == item || (option->type == KYMO_ROWS && value >= item->items &&
					      value < item->items + item->n))
				return option->key;
			for (uint32_t f = 0; option->type == KYMO_ROWS && f < item->n; f++)
				if (option->fields[f].type == KYMO_STRINGS && item->items[f].n && value >= item->items[f].items &&
				    value < item->items[f].items + item->items[f].n)
					return option->key;
		}
	}
	misuse("reject of a value that is not in the configuration", plugin->name);
}

static int do_reject(const struct kymo_host *host, const struct kymo_value *value, const char *text)
{
	struct harness *h = of(host);

	pthread_mutex_lock(&h->lock);
	text_add(&h->rejected, "%s: %s\n", key_of(h, value), text);
	pthread_mutex_unlock(&h->lock);
	return -EINVAL;
}

static kymo_ms do_now(const struct kymo_host *host)
{
	return harness_now(of(host));
}

static const void *do_extension(const struct kymo_host *host, const char *id)
{
	const struct harness *h = of(host);

	for (size_t i = 0; i < h->n_offers; i++)
		if (!strcmp(h->offers[i].id, id))
			return h->offers[i].table;
	return NULL;
}

/* Opening and closing. */

struct harness *harness_open(const struct kymo_plugin *plugin)
{
	struct harness *h = calloc(1, sizeof *h);

	if (!h)
		abort();
	if (plugin->abi != KYMO_ABI || plugin->size != sizeof *plugin ||
	    plugin->metric_size != sizeof(struct kymo_metric) ||
	    plugin->option_size != sizeof(struct kymo_option))
		misuse("no KYMO_PLUGIN_HEAD", plugin->name);
	if (plugin->n_options > MAX_OPTIONS)
		misuse("too many options", plugin->name);
	h->plugin = plugin;
	h->now = 1700000000000;
	pthread_mutex_init(&h->lock, NULL);
	h->host = (struct kymo_host){
		.abi = KYMO_ABI, .size = sizeof h->host,
		.emit = do_emit, .emit_decimal = do_emit_decimal, .next = do_next,
		.declare = do_declare, .log = do_log, .reject = do_reject,
		.now = do_now, .extension = do_extension,
	};
	return h;
}

struct harness *harness_load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct kymo_plugin *plugin = library ? dlsym(library, "kymo_plugin") : NULL;
	struct harness *h;

	if (!plugin)
		misuse("cannot load", dlerror());
	h = harness_open(plugin);
	h->library = library;
	return h;
}

void harness_close(struct harness *h)
{
	if (!h)
		return;
	harness_stop(h);
	if (h->instance && h->plugin->destroy)
		h->plugin->destroy(h->instance);
	for (size_t i = 0; i < MAX_OPTIONS; i++)
		free((void *)(uintptr_t)h->texts[i]);
	for (uint32_t i = 0; i < h->n_queue; i++)
		free(h->queue[i]);
	free(h->queue);
	free(h->declared);
	free(h->samples.bytes);
	free(h->rejected.bytes);
	free(h->logged.bytes);
	free(h->shown);
	pool_free(&h->pool);
	pool_free(&h->names);
	pthread_mutex_destroy(&h->lock);
	if (h->library)
		dlclose(h->library);
	free(h);
}

static uint32_t option_find(const struct harness *h, const char *key)
{
	for (uint32_t o = 0; o < h->plugin->n_options; o++)
		if (!strcmp(h->plugin->options[o].key, key))
			return o;
	misuse("no such option", key);
}

void harness_unset(struct harness *h, const char *key)
{
	uint32_t o = option_find(h, key);

	free((void *)(uintptr_t)h->texts[o]);
	h->texts[o] = NULL;
}

void harness_set(struct harness *h, const char *key, const char *text)
{
	harness_unset(h, key);
	h->texts[option_find(h, key)] = strdup(text);
}

void harness_set_now(struct harness *h, kymo_ms now)
{
	__atomic_store_n(&h->now, now, __ATOMIC_SEQ_CST);
}

kymo_ms harness_now(const struct harness *h)
{
	return __atomic_load_n(&h->now, __ATOMIC_SEQ_CST);
}

void harness_offer(struct harness *h, const char *id, const void *table)
{
	if (h->n_offers == MAX_EXTENSIONS)
		misuse("too many extensions", id);
	h->offers[h->n_offers].id = id;
	h->offers[h->n_offers++].table = table;
}

/* The life of an instance. */

static int configure(struct harness *h, struct pool *pool, struct kymo_value **config)
{
	*config = pool_alloc(pool, h->plugin->n_options * sizeof **config);
	for (uint32_t o = 0; o < h->plugin->n_options; o++) {
		const struct kymo_option *option = &h->plugin->options[o];

		if (!h->texts[o] && (option->flags & KYMO_REQUIRED)) {
			text_add(&h->rejected, "%s: is missing\n", option->key);
			return -EINVAL;
		}
		(*config)[o] = harness_parse(pool, option, h->texts[o] ? h->texts[o] : option->preset);
		if (!h->texts[o])
			(*config)[o].flags = 0;
	}
	return 0;
}

int harness_create(struct harness *h)
{
	int r;

	if (h->instance)
		misuse("create of a running instance", h->plugin->name);
	pool_free(&h->pool);
	if ((r = configure(h, &h->pool, &h->config)) < 0)
		return r;
	r = h->plugin->create ? h->plugin->create(&h->host, h->config, &h->instance) : 0;
	if (r < 0)
		h->instance = NULL;
	return r;
}

int harness_start(struct harness *h)
{
	int r = h->plugin->start ? h->plugin->start(h->instance) : 0;

	h->started = r == 0;
	return r;
}

int harness_run(struct harness *h)
{
	int r = harness_create(h);

	return r < 0 ? r : harness_start(h);
}

int harness_reconfigure(struct harness *h)
{
	struct pool pool = { 0 }, old = h->pool;
	struct kymo_value *config, *old_config = h->config;
	int r = configure(h, &pool, &config);

	if (!h->plugin->reconfigure)
		misuse("no reconfigure", h->plugin->name);
	h->config = config;	/* for what reconfigure rejects */
	if (r == 0)
		r = h->plugin->reconfigure(h->instance, config);
	if (r < 0) {
		h->config = old_config;
		pool_free(&pool);
		return r;
	}
	h->pool = pool;
	pool_free(&old);
	return 0;
}

void harness_reset(struct harness *h)
{
	if (h->plugin->reset)
		h->plugin->reset(h->instance);
}

void harness_stop(struct harness *h)
{
	if (h->started && h->plugin->stop)
		h->plugin->stop(h->instance);
	h->started = false;
}

int harness_collect(struct harness *h)
{
	struct kymo_batch batch = { .harness = h };
	int r;

	harness_observe(h);
	text_clear(&h->samples);
	h->n_samples = 0;
	h->open = &batch;
	r = h->plugin->collect(h->instance, &batch);
	h->open = NULL;
	return r;
}

int harness_write(struct harness *h, const struct kymo_point *points, size_t n)
{
	struct kymo_batch batch = { .harness = h, .points = points, .n_points = n };

	return h->plugin->write(h->instance, &batch);
}

int harness_flush(struct harness *h)
{
	return h->plugin->flush ? h->plugin->flush(h->instance) : 0;
}

/* Events. */

static bool pattern_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return !strncmp(pattern, name, len - 1);
	return !strcmp(pattern, name);
}

static bool takes(const struct harness *h, const char *name)
{
	const struct kymo_plugin *plugin = h->plugin;
	const struct kymo_events *events = plugin->extension ? plugin->extension(KYMO_EVENTS_1) : NULL;
	const char *const *pattern = events ? events->patterns(h->instance) : plugin->events;

	while (pattern && *pattern && !pattern_matches(*pattern, name))
		pattern++;
	return pattern && *pattern;
}

bool harness_event(struct harness *h, const char *name, double value, ...)
{
	struct queued *queued, **queue;
	const char *label;
	va_list args;

	if (!takes(h, name))
		return false;
	queued = calloc(1, sizeof *queued);
	queue = realloc(h->queue, (h->n_queue + 1) * sizeof *queue);
	if (!queued || !queue)
		abort();
	queued->event = (struct kymo_event){
		.size = sizeof queued->event, .at = harness_now(h), .name = keep(h, name),
		.value = value, .labels = queued->labels,
	};
	va_start(args, value);
	while ((label = va_arg(args, const char *))) {
		if (queued->event.n_labels == MAX_LABELS)
			misuse("too many labels", name);
		queued->labels[queued->event.n_labels++] = (struct kymo_label){
			keep(h, label), keep(h, va_arg(args, const char *)) };
	}
	va_end(args);
	h->queue = queue;
	h->queue[h->n_queue++] = queued;
	return true;
}

void harness_observe(struct harness *h)
{
	const struct kymo_event **events;

	if (!h->n_queue)
		return;
	events = calloc(h->n_queue, sizeof *events);
	if (!events)
		abort();
	for (uint32_t i = 0; i < h->n_queue; i++)
		events[i] = &h->queue[i]->event;
	h->plugin->observe(h->instance, events, h->n_queue);
	for (uint32_t i = 0; i < h->n_queue; i++)
		free(h->queue[i]);
	free(events);
	h->n_queue = 0;
}

/* What came of it. */

const char *harness_text(const struct harness *h)
{
	return text_get(&h->samples);
}

size_t harness_count(const struct harness *h)
{
	return h->n_samples;
}

double harness_value(const struct harness *h, const char *series)
{
	size_t len = strlen(series);
	double value = NAN;

	for (const char *line = harness_text(h); *line; line = strchr(line, '\n') + 1)
		if (!strncmp(line, series, len) && line[len] == ' ')
			value = strtod(line + len, NULL);
	return value;
}

static char *file_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (file && getdelim(&text, &size, 0, file) < 0 && text)
		text[0] = 0;
	if (file)
		fclose(file);
	return text;
}

static bool file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	bool ok = file && fputs(text, file) >= 0;

	if (file && fclose(file) != 0)
		ok = false;
	return ok;
}

bool harness_golden(const struct harness *h, const char *path)
{
	const char *mode = getenv("KYMO_GOLDEN");
	char *wanted;
	bool same;

	if (mode && !strcmp(mode, "write"))
		return file_write(path, harness_text(h));
	wanted = file_text(path);
	same = wanted && !strcmp(wanted, harness_text(h));
	if (!same)
		fprintf(stderr, "%s holds\n%sbut the plugin gave\n%s", path,
			wanted ? wanted : "(no such file)\n", harness_text(h));
	free(wanted);
	return same;
}

const char *harness_rejected(const struct harness *h)
{
	return text_get(&h->rejected);
}

const char *harness_logged(struct harness *h)
{
	free(h->shown);
	pthread_mutex_lock(&h->lock);
	h->shown = strdup(text_get(&h->logged));
	pthread_mutex_unlock(&h->lock);
	return h->shown ? h->shown : "";
}

struct kymo_host *harness_host(struct harness *h)
{
	return &h->host;
}

void *harness_instance(const struct harness *h)
{
	return h->instance;
}
