/* SPDX-License-Identifier: MIT */
/* rules.c - see rules.h. */
#include "http/rules.h"

static int copy_hosts(struct rules *rules, const struct settings *settings)
{
	rules->hosts = calloc(settings->http.n_hosts + 1, sizeof *rules->hosts);
	if (!rules->hosts)
		return -1;
	for (; rules->n_hosts < settings->http.n_hosts; rules->n_hosts++) {
		rules->hosts[rules->n_hosts] = strdup(settings->http.hosts[rules->n_hosts]);
		if (!rules->hosts[rules->n_hosts])
			return -1;
	}
	return 0;
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
	if (copy_hosts(rules, settings) == 0)
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
	for (uint32_t i = 0; i < rules->n_hosts; i++)
		free(rules->hosts[i]);
	free(rules->hosts);
	free(rules);
}
