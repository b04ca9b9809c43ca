/* SPDX-License-Identifier: MIT */
/*
 * record.c - `kymo record`: one event, over the events socket as a C program would
 * send it (kymo/event.h), or with --url over HTTP.
 */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"

#include "util/json.h"

#include <errno.h>
#include <kymo/event.h>
#include <math.h>
#include <stdio.h>

#define LABELS_GIVEN_MOST 64
#define ROOM 4096

static const struct option_row options[] = {
	{ "at", "TIME", "When it happened, in unix seconds; preset now.", false },
	{ 0 },
};

static const struct command command = {
	.name = "record", .arguments = "NAME [VALUE] [LABEL=TEXT...]", .options = options, .least = 1, .most = 2 + LABELS_GIVEN_MOST,
	.client = true, .json = true,
	.summary = "Record an event; a collector that takes events of this name counts it.",
	.more = "It goes to $KYMO_EVENTS, or to the socket `events` in the daemon's folder; with --socket to the one\n"
		"beside that, with --url over HTTP.\n\n"
		"kymo record api.request 12.5 endpoint=/login status=200",
};

struct event {
	const char *name;
	double value;
	kymo_ms at;		/* 0: now */
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
		fputs("out of memory\n", stderr);
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
	double seconds;

	event->name = words->arguments[0];
	event->value = 1;
	if (at && (!read_number(at, &seconds) || fabs(seconds) > 1e11))
		return words_wrong(&command, "--at %s: unix seconds are wanted", at);
	if (at)
		event->at = (kymo_ms)llround(seconds * 1000);
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
	int r = event->at ? kymo_event_at(event->at, event->name, event->value, event->n, event->labels) :
			    kymo_event(event->name, event->value, event->n, event->labels);

	if (r == 0)
		r = kymo_event_flush();
	for (int tries = 0; (r == -EAGAIN || r == -ENOBUFS) && tries < 200; tries++) {
		nanosleep(&nap, NULL);
		r = kymo_event_flush();
	}
	return r;
}

static int record_by_socket(const struct words *words, const struct event *event)
{
	char room[ROOM];
	const char *path = client_events_path(words, room, sizeof room);
	int r;

	if (path)
		setenv("KYMO_EVENTS", path, 1);
	else
		path = getenv("KYMO_EVENTS");
	r = send_event(event);
	if (r == 0)
		return 0;
	if (r == -EINVAL || r == -EMSGSIZE)
		fprintf(stderr, "%s: this is no event: %s\n", event->name, error_name(r));
	else
		fprintf(stderr, "nobody takes events at %s: %s (does `kymo serve` run? $KYMO_EVENTS or --socket names another)\n",
			path && *path ? path : "/run/kymo/events", error_name(r));
	return 1;
}

static void put_event(struct buf *out, const struct event *event)
{
	struct json json = json_to(out);

	json_object(&json);
	json_put_text(&json, "name", event->name);
	json_put_number(&json, "value", event->value);
	if (event->at)
		json_put_integer(&json, "at", event->at);
	json_key(&json, "labels");
	json_object(&json);
	for (size_t i = 0; i < event->n; i++)
		json_put_text(&json, event->labels[i].name, event->labels[i].value);
	json_end(&json);
	json_end(&json);
}

static void show_taken(const cJSON *answer)
{
	if (show_number(answer, "unclaimed") > 0)
		fputs("no collector takes events of this name\n", stderr);
}

static int record_by_http(const struct words *words, const struct event *event)
{
	AUTO_BUF body = { 0 };

	put_event(&body, event);
	return client_run(words, "POST", "/kymo/v1/events", buf_text(&body), show_taken);
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
	if (r == 0 && words_json(&words) && !words_get(&words, "url"))
		puts("{\"sent\":1}");
	for (size_t i = 0; i < event.n; i++)
		free(event.names[i]);
	return r;
}
