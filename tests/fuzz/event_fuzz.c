/* SPDX-License-Identifier: MIT */
/* event_fuzz.c - any text as events, in both forms: what comes out keeps the promises of event.h. */
#include "driver.h"

#include "host/event.h"
#include "util/utf8.h"

#include <math.h>
#include <stdlib.h>

static void check(const struct events *events)
{
	for (uint32_t i = 0; i < events->n; i++) {
		const struct kymo_event *event = events->items[i];

		if (!*event->name || !utf8_valid(event->name, strlen(event->name)) || !isfinite(event->value) ||
		    event->at < 0 || event->n_labels > 64)
			abort();
		for (uint32_t l = 0; l < event->n_labels; l++)
			if (!*event->labels[l].name || !utf8_valid(event->labels[l].value, strlen(event->labels[l].value)))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct events events = { 0 };
	struct error err = { 0 };
	uint32_t bad;

	if (events_parse(&events, (const char *)data, size, 1000, &err) == 0)
		check(&events);
	else if (events.n || !err.count)
		abort();
	error_clear(&err);
	if (events_parse_lines(&events, (const char *)data, size, 1000, &bad, &err) == 0)
		check(&events);
	if ((bad > 0) != (err.count > 0))
		abort();
	error_clear(&err);
	events_fini(&events);
	return 0;
}
