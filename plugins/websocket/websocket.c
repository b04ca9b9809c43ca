/* SPDX-License-Identifier: MIT */
/*
 * websocket.c - the WebSocket traffic of an application, from its events
 * "websocket.connect", "websocket.disconnect" and "websocket.message" (value:
 * bytes; label direction: sent or received).
 */
#include <kymo/plugin.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../series.h"

enum { CONNECTIONS, ACTIVE, SENT, RECEIVED, BYTES_SENT, BYTES_RECEIVED, AVG_SIZE, N_METRICS };

static const struct kymo_metric metrics[N_METRICS] = {
	[CONNECTIONS]    = { "websocket.connections.total", KYMO_COUNTER, KYMO_FROM_ZERO, "connections",
			     "Connections opened.", NULL },
	[ACTIVE]         = { "websocket.connections.active", KYMO_GAUGE, 0, "connections",
			     "Connections that are open, of those opened since the start.", NULL },
	[SENT]           = { "websocket.messages.sent", KYMO_COUNTER, KYMO_FROM_ZERO, "messages",
			     "Messages sent.", NULL },
	[RECEIVED]       = { "websocket.messages.received", KYMO_COUNTER, KYMO_FROM_ZERO, "messages",
			     "Messages received.", NULL },
	[BYTES_SENT]     = { "websocket.bytes.sent", KYMO_COUNTER, KYMO_FROM_ZERO, "bytes",
			     "Bytes of the messages sent.", NULL },
	[BYTES_RECEIVED] = { "websocket.bytes.received", KYMO_COUNTER, KYMO_FROM_ZERO, "bytes",
			     "Bytes of the messages received.", NULL },
	[AVG_SIZE]       = { "websocket.message.avg_size", KYMO_GAUGE, 0, "bytes",
			     "Mean size of all messages since the start, in both directions.", NULL },
};

static const char *const events[] = {
	"websocket.connect", "websocket.disconnect", "websocket.message", NULL
};

struct traffic {
	double messages, bytes;
};

struct counted {
	double connections, active;
	struct traffic sent, received;
};

struct websocket {
	const struct kymo_host *host;
	struct counted counted;
	bool told;
};

static void refuse(struct websocket *self, const char *text)
{
	if (!self->told)
		self->host->log(self->host, KYMO_LOG_WARN, text);
	self->told = true;
}

static void count_message(struct websocket *self, const struct kymo_event *event)
{
	const char *direction = event_label(event, "direction");
	struct traffic *traffic = !strcmp(direction, "sent") ? &self->counted.sent
				: !strcmp(direction, "received") ? &self->counted.received : NULL;

	if (!traffic || !isfinite(event->value) || event->value < 0) {
		refuse(self, "a message that is neither \"sent\" nor \"received\", or of less than no bytes, is left out");
		return;
	}
	traffic->messages++;
	traffic->bytes += event->value;
}

/* A disconnect whose connect came before the start must not make the gauge negative. */
static void count_event(struct websocket *self, const struct kymo_event *event)
{
	struct counted *counted = &self->counted;

	if (!strcmp(event->name, "websocket.message")) {
		count_message(self, event);
	} else if (!strcmp(event->name, "websocket.connect")) {
		counted->connections++;
		counted->active++;
	} else if (!strcmp(event->name, "websocket.disconnect") && counted->active > 0) {
		counted->active--;
	}
}

static void observe(void *instance, const struct kymo_event *const *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		count_event(instance, list[i]);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct websocket *self = instance;
	const struct counted *counted = &self->counted;
	double messages = counted->sent.messages + counted->received.messages;

	kymo_emit(self->host, batch, CONNECTIONS, counted->connections);
	kymo_emit(self->host, batch, ACTIVE, counted->active);
	kymo_emit(self->host, batch, SENT, counted->sent.messages);
	kymo_emit(self->host, batch, RECEIVED, counted->received.messages);
	kymo_emit(self->host, batch, BYTES_SENT, counted->sent.bytes);
	kymo_emit(self->host, batch, BYTES_RECEIVED, counted->received.bytes);
	if (messages > 0)
		kymo_emit(self->host, batch, AVG_SIZE, (counted->sent.bytes + counted->received.bytes) / messages);
	return 0;
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct websocket *self = calloc(1, sizeof *self);

	(void)config;
	if (!self)
		return -ENOMEM;
	self->host = host;
	*instance = self;
	return 0;
}

/* There are no options. */
static int reconfigure(void *instance, const struct kymo_value *config)
{
	(void)instance;
	(void)config;
	return 0;
}

/* What is open stays open: that is a state, no count. */
static void reset(void *instance)
{
	struct websocket *self = instance;

	self->counted = (struct counted){ .active = self->counted.active };
}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	.name = "websocket", .version = "1.0", .summary = "WebSocket traffic that applications report.",
	KYMO_METRICS(metrics),
	.events = events,
	.create = create, .destroy = free, .collect = collect,
	.observe = observe, .reconfigure = reconfigure, .reset = reset,
};
