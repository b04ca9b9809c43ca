/* SPDX-License-Identifier: MIT */
/* rules.c - see rules.h. */
#include "http/rules.h"

#include "http/prom_config.h"
#include "util/clock.h"

/* *copied: how many there are; fewer than n, or NULL: out of memory. */
static char **copy_texts(const char *const *texts, uint32_t n, uint32_t *copied)
{
	char **copy = calloc(n + 1, sizeof *copy);

	for (*copied = 0; copy && *copied < n; (*copied)++) {
		copy[*copied] = strdup(texts[*copied]);
		if (!copy[*copied])
			break;
	}
	return copy;
}

/* NULL: out of memory. */
static char *printed(const struct settings *settings, void (*print)(const struct settings *, struct buf *))
{
	struct buf text = { 0 };

	print(settings, &text);
	if (buf_text(&text))
		return (char *)text.data;
	buf_fini(&text);
	return NULL;
}

static bool is_whole(const struct rules *rules, const struct settings *settings)
{
	return rules->hosts && rules->n_hosts == settings->http.n_hosts && rules->origins &&
	       rules->n_origins == settings->http.n_origins && rules->yaml && rules->flags;
}

static void free_texts(char **texts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(texts[i]);
	free(texts);
}

struct rules *rules_create(const struct settings *settings)
{
	struct rules *rules = calloc(1, sizeof *rules);

	if (!rules)
		return NULL;
	rules->holders = 1;
	rules->admin = settings->http.admin;
	rules->connections = settings->http.connections;
	rules->body = settings->http.body;
	rules->in_flight = settings->http.in_flight;
	rules->write = settings->http.write;
	rules->concurrent = settings->query.concurrent;
	rules->queue = settings->query.queue;
	rules->timeout = settings->query.timeout;
	rules->memory = settings->query.memory;
	rules->points = settings->query.points;
	rules->hosts = copy_texts(settings->http.hosts, settings->http.n_hosts, &rules->n_hosts);
	rules->origins = copy_texts(settings->http.origins, settings->http.n_origins, &rules->n_origins);
	rules->yaml = printed(settings, prom_config_yaml);
	rules->flags = printed(settings, prom_config_flags);
	rules->loaded_at = clock_now(&clock_system);
	if (is_whole(rules, settings))
		return rules;
	rules_release(rules);
	return NULL;
}

struct rules *rules_hold(struct rules *rules)
{
	rules->holders++;
	return rules;
}

void rules_release(struct rules *rules)
{
	if (!rules || --rules->holders)
		return;
	free_texts(rules->hosts, rules->n_hosts);
	free_texts(rules->origins, rules->n_origins);
	free(rules->yaml);
	free(rules->flags);
	free(rules);
}
