/* SPDX-License-Identifier: MIT */
/*
 * record.c - `kymo record`: one event, over the events socket as a C program would
 * send it (kymo/event.h), or with --url over HTTP.
 */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/target.h"

#include "util/clock.h"
#include "util/json.h"

#include <errno.h>
#include <kymo/event.h>
#include <math.h>
#include <stdio.h>

#define LABELS_GIVEN_MOST 64

static const struct option_row options[] = {
	{ "at", "TIME", "When it happened: 2026-01-31T12:00:00Z or unix seconds; preset now.", false },
	{ 0 },
};

static const struct command command = {
	.name = "record", .arguments = "NAME [VALUE] [LABEL=TEXT...]", .options = options, .least = 1, .most = 2 + LABELS_GIVEN_MOST,
	.client = true, .json = true,
	.summary = "Record an event; a collector that takes events of this name counts it.",
	.more = "It goes to the socket $KYMO_EVENTS, else to `events` in the daemon's folder, which tells whether somebody\n"
		"listens. --socket is the control socket beside it; with --url it goes over HTTP, which also tells\n"
		"whether a collector took it.\n\n"
		"kymo record api.request 12.5 endpoint=/login status=200",
};

struct event {
	const char *name;
	double value;
	bool has_at;		/* else: now */
	kymo_ms at;
	size_t n;
	struct kymo_event_label labels[LABELS_GIVEN_MOST];
	char *names[LABELS_GIVEN_MOST];		/* owned */
};

static bool read_number(const char *text, double *value)
{
	char *end;

	*value = number_parse(text, &end);
	return end != text && !*end && isfinite(*value);
}

static int read_label(struct event *event, const char *word)
{
	const char *equals = strchr(word, '=');

	if (!equals || equals == word)
		return words_wrong(&command, "\"%s\" is not a label (LABEL=TEXT)", word);
	event->names[event->n] = strndup(word, (size_t)(equals - word));
	if (!event->names[event->n]) {
		fputs("kymo: out of memory\n", stderr);
		return 1;
	}
	event->labels[event->n] = (struct kymo_event_label){ event->names[event->n], equals + 1 };
	event->n++;
	return WORDS_GO;
}

static int read_event(const struct words *words, struct event *event)
{
	const char *at = words_get(words, "at");
	uint32_t next = 1;
	int r = WORDS_GO;

	event->name = words->arguments[0];
	if (!*event->name)
		return words_wrong(&command, "the name is empty");
	event->value = 1;
	event->has_at = at;
	if (at && time_parse(at, &event->at) < 0)
		return words_wrong(&command, "--at: \"%s\" is not a time", at);
	if (words->n_arguments > 1 && !strchr(words->arguments[1], '=')) {
		if (!read_number(words->arguments[1], &event->value))
			return words_wrong(&command, "\"%s\" is not a number", words->arguments[1]);
		next = 2;
	}
	for (; r == WORDS_GO && next < words->n_arguments; next++)
		r = read_label(event, words->arguments[next]);
	return r;
}

/* A busy daemon is asked again for a while: nobody else would send what is packed here. */
static int send_event(const struct event *event)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	int r = event->has_at ? kymo_event_at(event->at, event->name, event->value, event->n, event->labels) :
			    kymo_event(event->name, event->value, event->n, event->labels);

	if (r == 0)
		r = kymo_event_flush();
	for (int tries = 0; (r == -EAGAIN || r == -ENOBUFS) && tries < 200; tries++) {
		nanosleep(&nap, NULL);
		r = kymo_event_flush();
	}
	/* Lost at first, and only the count of what was lost got through. */
	if (r == 0 && kymo_event_dropped())
		r = -ECONNREFUSED;
	return r;
}

static int complain(const char *path, int r)
{
	AUTO_BUF name = { 0 };

	text_add_safe(&name, path, "");
	if (r == -EMSGSIZE)
		fprintf(stderr, "kymo: the event is larger than a datagram (%d bytes)\n", KYMO_EVENT_DATAGRAM);
	else if (r == -EAGAIN || r == -ENOBUFS)
		fprintf(stderr, "kymo: the kymo at %s is too busy for events\n", buf_text(&name));
	else if (r == -EACCES || r == -EPERM || r == -EINVAL || r == -ENOMEM)
		fprintf(stderr, "kymo: %s: %s\n", buf_text(&name), error_name(r));
	else
		fprintf(stderr, "kymo: no kymo takes events at %s (is it running? kymo serve --config FILE)\n",
			buf_text(&name));
	return 1;
}

static int record_by_socket(const struct words *words, const struct event *event)
{
	char room[TARGET_PATH];
	const char *path = target_events_path(words_get(words, "socket"), room);
	int r = setenv("KYMO_EVENTS", path, 1) < 0 ? -ENOMEM : send_event(event);

	if (r < 0)
		return complain(path, r);
	if (words_json(words))
		puts("{\"sent\":1}");
	return 0;
}

static void put_event(struct buf *out, const struct event *event)
{
	struct json json = json_to(out);

	json_object(&json);
	json_put_text(&json, "name", event->name);
	json_put_number(&json, "value", event->value);
	if (event->has_at)
		json_put_integer(&json, "at", event->at);
	json_key(&json, "labels");
	json_object(&json);
	for (size_t i = 0; i < event->n; i++)
		json_put_text(&json, event->labels[i].name, event->labels[i].value);
	json_end(&json);
	json_end(&json);
}

static void show_taken(const cJSON *answer, struct output *output)
{
	if (show_number(answer, "unclaimed") > 0)
		buf_add_text(&output->remarks, "no collector takes events of this name\n");
}

static int record_by_http(const struct words *words, const struct event *event)
{
	AUTO_BUF body = { 0 };

	put_event(&body, event);
	return client_run(words, "POST", "/kymo/v1/events", &body, show_taken);
}

int cli_record(int argc, char **argv)
{
	struct event event = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	r = read_event(&words, &event);
	if (r == WORDS_GO)
		r = words_get(&words, "url") ? record_by_http(&words, &event) : record_by_socket(&words, &event);
	for (size_t i = 0; i < event.n; i++)
		free(event.names[i]);
	return r;
}
