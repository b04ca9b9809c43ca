/* SPDX-License-Identifier: MIT */
/*
 * api_exposition.c - GET /metrics: what this daemon's instances have collected
 * since it started; a series that only an earlier run knew, or that came from
 * outside, is left to queries.
 *
 * The names are looked up first; then the answer is made a family at a time while
 * it is sent, so that it never is in memory as a whole.
 */
#include "http/exposition.h"
#include "http/route.h"

#include <errno.h>

#define PIECE_LEAST (16 << 10)	/* bytes: families are gathered until there are so many */

static const char *const parts[] = { "_bucket", "_sum", "_count" };

struct name {
	size_t at;			/* in texts */
	uint32_t type;
};

/* An answer on its way. */
struct scrape {
	struct exposition *exposition;
	struct kymo *kymo;
	struct buf texts;		/* names, each with its NUL, in order */
	struct buf names;		/* of struct name */
	size_t next;			/* of names: to be written */
	bool ended;
};

static void scrape_destroy(struct scrape *scrape)
{
	exposition_destroy(scrape->exposition);
	buf_fini(&scrape->texts);
	buf_fini(&scrape->names);
	free(scrape);
}

static void end_scrape(void *data)
{
	scrape_destroy(data);
}

static size_t count_names(const struct scrape *scrape)
{
	return scrape->names.len / sizeof(struct name);
}

static struct name name_at(const struct scrape *scrape, size_t i)
{
	struct name name;

	memcpy(&name, scrape->names.data + i * sizeof name, sizeof name);
	return name;
}

static const char *text_at(const struct scrape *scrape, size_t i)
{
	return (const char *)scrape->texts.data + name_at(scrape, i).at;
}

static int add_name(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at)
{
	struct scrape *scrape = data;
	struct name name = { scrape->texts.len, metric->type };

	(void)n_series, (void)first_at, (void)last_at;
	buf_add(&scrape->names, &name, sizeof name);
	buf_add(&scrape->texts, metric->name, strlen(metric->name) + 1);
	return buf_failed(&scrape->names) || buf_failed(&scrape->texts) ? -ENOMEM : 0;
}

static bool has_parts(uint32_t type)
{
	return type == KYMO_HISTOGRAM || type == KYMO_SUMMARY;
}

/* Is there a metric of that name, with parts of its own? */
static bool is_family(const struct scrape *scrape, const char *text, size_t n)
{
	size_t low = 0, high = count_names(scrape);

	while (low < high) {
		size_t middle = (low + high) / 2;
		const char *name = text_at(scrape, middle);
		int r = strncmp(name, text, n);

		if (r == 0 && !name[n])
			return has_parts(name_at(scrape, middle).type);
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Then it is written where its family is. */
static bool is_part(const struct scrape *scrape, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		size_t tail = strlen(parts[i]);

		if (n > tail && !strcmp(text + n - tail, parts[i]) && is_family(scrape, text, n - tail))
			return true;
	}
	return false;
}

/* ---- one family ---- */

static int add_one(void *data, const struct series_view *view)
{
	struct scrape *scrape = data;

	if (!host_owns(service_host(scrape->kymo), view->ref))
		return 0;
	return exposition_add(scrape->exposition, view, service_started_at(scrape->kymo));
}

static int add_metric(struct scrape *scrape, const char *name)
{
	AUTO(matcher) matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, name, NULL);

	return matcher ? store_each_series(service_store(scrape->kymo), &matcher, 1, add_one, scrape) : -ENOMEM;
}

static int add_part(struct scrape *scrape, const char *name, const char *part)
{
	AUTO_BUF whole = { 0 };

	buf_printf(&whole, "%s%s", name, part);
	return buf_text(&whole) ? add_metric(scrape, buf_text(&whole)) : -ENOMEM;
}

static int write_family(struct scrape *scrape, size_t i, struct buf *out)
{
	const char *name = text_at(scrape, i);
	int r = add_metric(scrape, name);

	for (size_t p = 0; r == 0 && has_parts(name_at(scrape, i).type) && p < sizeof parts / sizeof *parts; p++)
		r = add_part(scrape, name, parts[p]);
	if (r == 0)
		exposition_write(scrape->exposition, out);
	return r;
}

/* ---- all of them ---- */

static void write_left_out(const struct exposition *exposition, struct buf *out)
{
	buf_printf(out,
		   "# HELP kymo_exposition_left_out Series that are not here because another name escapes alike.\n"
		   "# TYPE kymo_exposition_left_out gauge\nkymo_exposition_left_out %u\n",
		   exposition_left_out(exposition));
}

static int next_piece(void *data, struct buf *out)
{
	struct scrape *scrape = data;
	int r = 0;

	for (; r == 0 && scrape->next < count_names(scrape) && out->len < PIECE_LEAST; scrape->next++)
		if (!is_part(scrape, text_at(scrape, scrape->next)))
			r = write_family(scrape, scrape->next, out);
	if (r == 0 && scrape->next == count_names(scrape) && !scrape->ended) {
		write_left_out(scrape->exposition, out);
		scrape->ended = true;
	}
	return r == 0 && buf_failed(out) ? -ENOMEM : r;
}

int api_exposition(const struct request *request, struct response *response, struct error *err)
{
	struct scrape *scrape = calloc(1, sizeof *scrape);

	if (!scrape)
		return error_set(err, -ENOMEM, "out of memory");
	scrape->kymo = request->kymo;
	scrape->exposition = exposition_create(request->left_out);
	if (!scrape->exposition || store_each_metric(service_store(request->kymo), add_name, scrape) < 0) {
		scrape_destroy(scrape);
		return error_set(err, -ENOMEM, "out of memory");
	}
	response->stream = (struct response_stream){ next_piece, end_scrape, scrape };
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return 0;
}
