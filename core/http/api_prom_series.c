/* SPDX-License-Identifier: MIT */
/*
 * api_prom_series.c - GET and POST /api/v1/series. The labels of what is found are
 * gathered as they are kept, a fraction of their JSON, and written out piece by piece.
 */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/route.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define PIECE_LEAST (64 << 10)
#define LOOKS_A_CHECK 4096		/* whether anybody still waits */

struct extent {
	size_t at;			/* in bytes */
	uint32_t size;
};

struct found {
	struct buf bytes, places;	/* labels; struct extent of each */
	uint32_t n, next;		/* series, and those that are written */
	uint64_t limit, memory;		/* 0: none */
	kymo_ms start, end;
	struct prom_matches matches;
	int client;
	bool truncated, ended;
};

static struct extent *place_of(const struct found *found, uint32_t i)
{
	return (struct extent *)(void *)found->places.data + i;
}

static struct labels labels_of(const struct found *found, uint32_t i)
{
	return (struct labels){ found->bytes.data + place_of(found, i)->at, place_of(found, i)->size };
}

static void found_destroy(void *data)
{
	struct found *found = data;

	buf_fini(&found->bytes);
	buf_fini(&found->places);
	prom_matches_fini(&found->matches);
	free(found);
}

/* ---- looking ---- */

static int add_series(void *data, series_ref ref, struct labels labels)
{
	struct found *found = data;
	struct extent place = { found->bytes.len, labels.size };

	(void)ref;
	if (found->n % LOOKS_A_CHECK == LOOKS_A_CHECK - 1 && request_is_gone(&found->client))
		return -ECANCELED;
	if (found->memory && found->bytes.len + found->places.len > found->memory)
		return -E2BIG;
	buf_add(&found->bytes, labels.data, labels.size);
	buf_add(&found->places, &place, sizeof place);
	if (buf_failed(&found->bytes) || buf_failed(&found->places))
		return -ENOMEM;
	found->n++;
	/* Of a single selector one too many is enough to know that there are more. */
	return found->matches.n == 1 && found->limit && found->n > found->limit ? 1 : 0;
}

static int failed(const struct found *found, int r, struct error *err)
{
	if (r == -E2BIG)
		return error_set(err, r, "the series need more than %" PRIu64 " bytes of memory (query.memory): ask for fewer, or with limit=",
				 found->memory);
	return error_set(err, r, "%s", error_name(r));
}

static int look(struct found *found, struct store *store, struct error *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < found->matches.n; i++) {
		uint32_t n;
		struct matcher *const *matchers = prom_matches_at(&found->matches, i, &n);

		r = store_each_labels(store, matchers, n, found->start, found->end, add_series, found);
	}
	return r < 0 ? failed(found, r, err) : 0;
}

static int compare_texts(const char *a, uint32_t n_a, const char *b, uint32_t n_b)
{
	int r = memcmp(a, b, n_a < n_b ? n_a : n_b);

	return r ? r : (n_a > n_b) - (n_a < n_b);
}

/* Label by label: name, then value; who has fewer comes first. */
static int compare(const void *a, const void *b, void *data)
{
	const struct extent *const place[2] = { a, b };
	const struct found *found = data;
	struct labels left = { found->bytes.data + place[0]->at, place[0]->size }, right = { found->bytes.data + place[1]->at, place[1]->size };
	struct label of_left, of_right;
	uint32_t at_left = 0, at_right = 0;
	int r = 0;

	while (r == 0) {
		bool more_left = labels_next(left, &at_left, &of_left), more_right = labels_next(right, &at_right, &of_right);

		if (!more_left || !more_right)
			return more_left - more_right;
		r = compare_texts(of_left.name, of_left.name_len, of_right.name, of_right.name_len);
		if (r == 0)
			r = compare_texts(of_left.value, of_left.value_len, of_right.value, of_right.value_len);
	}
	return r;
}

/* In order, each once; not more than are wanted. */
static void settle(struct found *found)
{
	uint32_t n = 0;

	if (found->n)
		qsort_r(found->places.data, found->n, sizeof(struct extent), compare, found);
	for (uint32_t i = 0; i < found->n; i++)
		if (!n || !labels_equal(labels_of(found, n - 1), labels_of(found, i)))
			*place_of(found, n++) = *place_of(found, i);
	found->truncated = found->limit && n > found->limit;
	found->n = found->truncated ? (uint32_t)found->limit : n;
}

/* ---- saying ---- */

static int next_piece(void *data, struct buf *out)
{
	struct found *found = data;

	if (found->ended)
		return 0;
	if (!found->next) {
		prom_begin(out);
		buf_add_u8(out, '[');
	}
	for (; found->next < found->n && out->len < PIECE_LEAST; found->next++) {
		if (found->next)
			buf_add_u8(out, ',');
		prom_labels(out, labels_of(found, found->next));
	}
	if (found->next == found->n) {
		buf_add_u8(out, ']');
		prom_end(out, found->truncated ? PROM_TRUNCATED : NULL);
		found->ended = true;
	}
	return buf_failed(out) ? -ENOMEM : 0;
}

/* The first piece is the body; what does not fit into it follows. */
static int render(struct found *found, struct response *response, struct error *err)
{
	if (next_piece(found, &response->body) < 0) {
		found_destroy(found);
		return error_set(err, -ENOMEM, "out of memory");
	}
	if (found->ended)
		found_destroy(found);
	else
		response->stream = (struct response_stream){ next_piece, found_destroy, found };
	return 0;
}

static int read_parameters(struct found *found, const struct params *params, struct error *err)
{
	uint32_t at = 0;
	int r;

	if (!params_next(params, "match[]", &at))
		return error_set(err, -EINVAL, "no match[] parameter provided");
	r = prom_limit(params, &found->limit, err);
	if (r == 0)
		r = prom_time_or(params, "start", PROM_EARLIEST, &found->start, err);
	if (r == 0)
		r = prom_time_or(params, "end", PROM_LATEST, &found->end, err);
	return r < 0 ? r : prom_matches_read(&found->matches, params, true, err);
}

int api_prom_series(const struct request *request, struct response *response, struct error *err)
{
	struct found *found = calloc(1, sizeof *found);
	AUTO_PARAMS params = { 0 };
	int r;

	if (!found)
		return error_set(err, -ENOMEM, "out of memory");
	found->client = request->client;
	found->memory = request->rules ? request->rules->memory : 0;
	r = params_read(&params, request, err);
	if (r == 0)
		r = read_parameters(found, &params, err);
	if (r == 0)
		r = look(found, service_store(request->kymo), err);
	if (r < 0) {
		found_destroy(found);
		return r;
	}
	settle(found);
	return render(found, response, err);
}
