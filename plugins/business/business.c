/* SPDX-License-Identifier: MIT */
/*
 * business.c - what an application says of its business: checks of gateways
 * (label violated: true or false), retrospectives, matches of patterns, and
 * active users (label user).
 */
#include <kymo/plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../series.h"
#include "users.h"

enum { CHECKS, VIOLATIONS, VIOLATION_RATE, RETROSPECTIVES, MATCHES, USERS_ACTIVE, N_METRICS };
enum { WINDOW, N_OPTIONS };

static const struct kymo_metric metrics[N_METRICS] = {
	[CHECKS]         = { "business.gateway.checks", KYMO_COUNTER, KYMO_FROM_ZERO, "checks",
			     "Checks that gateways made.", NULL },
	[VIOLATIONS]     = { "business.violations", KYMO_COUNTER, KYMO_FROM_ZERO, "checks",
			     "Checks that found a violation.", NULL },
	[VIOLATION_RATE] = { "business.violation.rate", KYMO_GAUGE, 0, "ratio",
			     "Share of all checks since the start that found a violation (0-1).", NULL },
	[RETROSPECTIVES] = { "business.retrospectives", KYMO_COUNTER, KYMO_FROM_ZERO, "retrospectives",
			     "Retrospectives held.", NULL },
	[MATCHES]        = { "business.patterns.matched", KYMO_COUNTER, KYMO_FROM_ZERO, "matches",
			     "Patterns matched.", NULL },
	[USERS_ACTIVE]   = { "business.users.active", KYMO_GAUGE, 0, "users",
			     "Distinct users of the window: exact to 100000, then estimated (standard error 0.8 %).",
			     NULL },
};

static const struct kymo_option options[N_OPTIONS] = {
	[WINDOW] = { .key = "window", .type = KYMO_DURATION, .preset = "5m", .min = 1000, .max = 31 * 86400000.0,
		     .help = "How long a user counts as active." },
};

struct counted {
	double checks, violations, retrospectives, matches;
};

struct business {
	const struct kymo_host *host;
	struct counted counted;
	struct users *users;
	bool told;
};

static void count_check(struct business *self, const struct kymo_event *event)
{
	self->counted.checks++;
	if (!strcmp(event_label(event, "violated"), "true"))
		self->counted.violations++;
}

static void count_user(struct business *self, const struct kymo_event *event, kymo_ms now)
{
	const char *user = event_label(event, "user");

	if (*user) {
		users_see(self->users, user, event->at, now);
		return;
	}
	if (!self->told)
		self->host->log(self->host, KYMO_LOG_WARN, "business.active_user without the label user is left out");
	self->told = true;
}

static void count_event(struct business *self, const struct kymo_event *event, kymo_ms now)
{
	if (!strcmp(event->name, "business.active_user"))
		count_user(self, event, now);
	else if (!strcmp(event->name, "business.gateway_check"))
		count_check(self, event);
	else if (!strcmp(event->name, "business.retrospective"))
		self->counted.retrospectives++;
	else if (!strcmp(event->name, "business.pattern_match"))
		self->counted.matches++;
}

static const char *const events[] = {
	"business.gateway_check", "business.retrospective", "business.pattern_match", "business.active_user", NULL
};

static void observe(void *instance, const struct kymo_event *const *list, uint32_t n)
{
	struct business *self = instance;
	kymo_ms now = self->host->now(self->host);

	for (uint32_t i = 0; i < n; i++)
		count_event(self, list[i], now);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct business *self = instance;
	const struct counted *counted = &self->counted;

	kymo_emit(self->host, batch, CHECKS, counted->checks);
	kymo_emit(self->host, batch, VIOLATIONS, counted->violations);
	if (counted->checks > 0)
		kymo_emit(self->host, batch, VIOLATION_RATE, counted->violations / counted->checks);
	kymo_emit(self->host, batch, RETROSPECTIVES, counted->retrospectives);
	kymo_emit(self->host, batch, MATCHES, counted->matches);
	kymo_emit(self->host, batch, USERS_ACTIVE, users_count(self->users, self->host->now(self->host)));
	return 0;
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct business *self = calloc(1, sizeof *self);
	int r;

	if (!self)
		return -ENOMEM;
	self->host = host;
	r = users_create(config[WINDOW].duration, host->now(host), &self->users);
	if (r < 0) {
		free(self);
		return r;
	}
	*instance = self;
	return 0;
}

static void destroy(void *instance)
{
	struct business *self = instance;

	if (!self)
		return;
	users_destroy(self->users);
	free(self);
}

static int reconfigure(void *instance, const struct kymo_value *config)
{
	struct business *self = instance;

	users_set_window(self->users, config[WINDOW].duration);
	return 0;
}

static void reset(void *instance)
{
	struct business *self = instance;

	self->counted = (struct counted){ 0 };
	users_clear(self->users, self->host->now(self->host));
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "business", .version = "1.0",
	.summary = "What applications report of their business: checks, retrospectives, matches, users.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
	.events = events,
	.create = create, .destroy = destroy, .collect = collect,
	.observe = observe, .reconfigure = reconfigure, .reset = reset,
};
