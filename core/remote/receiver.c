/* SPDX-License-Identifier: MIT */
/*
 * receiver.c - the steps of one request, with memory that requests use again.
 *
 * The store lets series go that had no samples for long. A ref of the cache may be
 * one of these: then the append says so, the cache is emptied, and the whole request
 * goes once more; what was stored the first time is only repeated.
 */
#include "remote/receiver.h"

#include "remote/metadata.h"
#include "remote/resolve.h"
#include "remote/unpack.h"
#include "util/thread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define IDLE_MOST 4			/* of what requests need, kept for the next */
#define KEPT_MOST (UINT64_C(16) << 20)	/* bytes of an unpacked body that are kept with it */

/* What one request needs. */
struct work {
	struct buf unpacked;
	struct write_request request;
	const uint8_t *body;		/* `unpacked`, or the caller's */
	size_t size;
	struct text_request *text;	/* NULL: it is remote write */
};

struct receiver {
	struct store *store;
	struct ref_cache *cache;
	pthread_mutex_t lock;		/* of what follows */
	struct receiver_limits limits;
	struct guard guard;
	struct receiver_stats written, imported;
	struct work *idle[IDLE_MOST];
	uint32_t n_idle;
};

/* What became of one request. */
struct outcome {
	struct unresolved unresolved;
	struct store_appended appended;
	struct metadata_told metadata;
	uint32_t samples;
};

static void work_destroy(struct work *work)
{
	if (!work)
		return;
	buf_fini(&work->unpacked);
	write_request_fini(&work->request);
	free(work);
}

static struct work *work_begin(struct receiver *receiver)
{
	struct work *work = NULL;

	pthread_mutex_lock(&receiver->lock);
	if (receiver->n_idle)
		work = receiver->idle[--receiver->n_idle];
	pthread_mutex_unlock(&receiver->lock);
	return work ? work : calloc(1, sizeof *work);
}

static void work_end(struct receiver *receiver, struct work *work)
{
	bool keep = work->unpacked.room <= KEPT_MOST && work->request.straight.room <= KEPT_MOST;

	pthread_mutex_lock(&receiver->lock);
	keep = keep && receiver->n_idle < IDLE_MOST;
	if (keep)
		receiver->idle[receiver->n_idle++] = work;
	pthread_mutex_unlock(&receiver->lock);
	if (!keep)
		work_destroy(work);
}

struct receiver *receiver_create(struct store *store, const struct receiver_limits *limits)
{
	struct receiver *receiver = calloc(1, sizeof *receiver);

	if (!receiver)
		return NULL;
	receiver->cache = ref_cache_create();
	if (!receiver->cache) {
		free(receiver);
		return NULL;
	}
	receiver->store = store;
	pthread_mutex_init(&receiver->lock, NULL);
	receiver_configure(receiver, limits);
	return receiver;
}

void receiver_destroy(struct receiver *receiver)
{
	if (!receiver)
		return;
	while (receiver->n_idle)
		work_destroy(receiver->idle[--receiver->n_idle]);
	ref_cache_destroy(receiver->cache);
	pthread_mutex_destroy(&receiver->lock);
	free(receiver);
}

/* Emptied, because limits of labels are looked at only when a series is not known. */
void receiver_configure(struct receiver *receiver, const struct receiver_limits *limits)
{
	pthread_mutex_lock(&receiver->lock);
	receiver->limits = *limits;
	pthread_mutex_unlock(&receiver->lock);
	ref_cache_limit(receiver->cache, limits->series);
	ref_cache_clear(receiver->cache);
}

void receiver_set_guard(struct receiver *receiver, struct guard guard)
{
	LOCK(&receiver->lock);
	receiver->guard = guard;
}

/* As it is set now: one request is looked at in one way. */
static struct resolver resolver_now(struct receiver *receiver, uint64_t *unpacked)
{
	LOCK(&receiver->lock);
	*unpacked = receiver->limits.unpacked;
	return (struct resolver){ receiver->cache, receiver->store, receiver->limits.labels, receiver->guard, labels_of_series, NULL };
}

/* ---- one request ---- */

/* What is there already may be what could not be logged when it came first. */
static int append(struct receiver *receiver, const struct write_request *request, struct outcome *outcome)
{
	struct store_batch batch = { .n = request->n, .refs = request->refs, .values = request->values, .times = request->times };
	int r = request->n ? store_append(receiver->store, &batch, &outcome->appended) : 0;

	return r == 0 && outcome->appended.repeated && !store_logged(receiver->store) ? -EIO : r;
}

static int read_body(const struct receiver *receiver, struct work *work, const struct resolver *resolver, struct error *err)
{
	if (work->text)
		return text_request_read(work->text, &work->request, receiver->cache, &resolver->limits, work->body, work->size, err);
	return write_request_read(&work->request, receiver->cache, work->body, work->size, err);
}

static int tell_metadata(const struct receiver *receiver, const struct work *work, const struct resolver *resolver,
			 struct metadata_told *told)
{
	if (work->text)
		return text_request_tell(work->text, receiver->store, &resolver->limits, told);
	return metadata_tell(&work->request, receiver->store, &resolver->limits, told);
}

static int read_and_append(struct receiver *receiver, struct work *work, const struct resolver *resolver,
			   struct outcome *outcome, struct error *err)
{
	struct write_request *request = &work->request;
	int r = read_body(receiver, work, resolver, err);

	unresolved_fini(&outcome->unresolved);
	*outcome = (struct outcome){ .samples = request->n };
	if (r == 0 && tell_metadata(receiver, work, resolver, &outcome->metadata) < 0)
		return error_set(err, -ENOMEM, "out of memory");
	if (r == 0)
		r = resolve(resolver, request, &outcome->unresolved, err);
	if (r == 0 && (r = append(receiver, request, outcome)) < 0)
		error_set(err, r, "the samples are in memory, but not in the log: %s", error_name(r));
	return r;
}

/* Unknown are those whose series went between looking and appending, or since it was remembered. */
static int take(struct receiver *receiver, struct work *work, const struct resolver *resolver, struct outcome *outcome,
		struct error *err)
{
	int r = read_and_append(receiver, work, resolver, outcome, err);

	if (r < 0 || !outcome->appended.refused[REFUSED_UNKNOWN])
		return r;
	ref_cache_clear(receiver->cache);
	return read_and_append(receiver, work, resolver, outcome, err);
}

/* ---- what is answered and counted ---- */

static void say(struct buf *text, uint32_t n, const char *what, const struct error *why)
{
	if (!n)
		return;
	buf_printf(text, "; %" PRIu32 " %s", n, what);
	if (why && why->count)
		buf_printf(text, " (%s)", error_text(why));
}

static int answer(const struct outcome *outcome, struct error *err)
{
	const struct unresolved *unresolved = &outcome->unresolved;
	const uint32_t *refused = outcome->appended.refused;
	uint32_t n = unresolved->malformed + unresolved->over_limit + unresolved->owned;
	AUTO_BUF text = { 0 };

	for (int i = 0; i < REFUSALS; i++)
		n += refused[i];
	if (!n)
		return 0;
	buf_printf(&text, "%" PRIu32 " of %" PRIu32 " samples are refused, the others are stored", n, outcome->samples);
	say(&text, unresolved->over_limit, "of series that are too many", &unresolved->why_over_limit);
	say(&text, unresolved->malformed, "with labels that are not valid", &unresolved->why_malformed);
	say(&text, unresolved->owned, "of series that a collector of this host has", &unresolved->why_owned);
	say(&text, refused[REFUSED_LATE], "too old", NULL);
	say(&text, refused[REFUSED_CONFLICT], "with another value at a time that is known", NULL);
	say(&text, refused[REFUSED_UNKNOWN], "of a series that takes no samples", NULL);
	return error_set(err, unresolved->over_limit ? -EDQUOT : -EINVAL, "%s",
			 buf_text(&text) ? (const char *)text.data : "samples are refused");
}

static void count(struct receiver *receiver, const struct work *work, size_t n, const struct outcome *outcome, int r)
{
	struct receiver_stats *stats = work->text ? &receiver->imported : &receiver->written;
	const struct write_request *request = &work->request;
	LOCK(&receiver->lock);

	stats->requests++;
	stats->bytes += n;
	stats->unpacked += work->size;
	if (r == -EBADMSG || r == -EFBIG || r == -E2BIG || r == -ENOMEM) {
		stats->requests_refused++;
		return;
	}
	if (work->text)
		stats->left_out += text_parser_counts(work->text->parser).left_out;
	stats->samples += outcome->samples;
	stats->stored += outcome->appended.stored;
	stats->repeated += outcome->appended.repeated;
	for (int i = 0; i < REFUSALS; i++)
		stats->refused[i] += outcome->appended.refused[i];
	stats->malformed += outcome->unresolved.malformed;
	stats->over_limit += outcome->unresolved.over_limit;
	stats->owned += outcome->unresolved.owned;
	stats->exemplars += request->exemplars;
	stats->histograms += request->histograms;
	stats->metadata += outcome->metadata.told;
	stats->metadata_refused += outcome->metadata.refused;
	stats->found += outcome->unresolved.found;
	stats->looked_up += outcome->unresolved.looked_up;
}

/* From the body as it came to what is answered; what `r` says of it is known already. */
static int run(struct receiver *receiver, struct work *work, const struct resolver *resolver, size_t n, int r, struct error *err)
{
	struct outcome outcome = { 0 };

	if (r == 0)
		r = take(receiver, work, resolver, &outcome, err);
	count(receiver, work, n, &outcome, r);
	if (r == 0)
		r = answer(&outcome, err);
	unresolved_fini(&outcome.unresolved);
	work->text = NULL;
	work_end(receiver, work);
	return r;
}

static void use_unpacked(struct work *work)
{
	work->body = work->unpacked.data;
	work->size = work->unpacked.len;
}

int receiver_write(struct receiver *receiver, const uint8_t *body, size_t n, struct error *err)
{
	uint64_t unpacked;
	const struct resolver resolver = resolver_now(receiver, &unpacked);
	struct work *work = work_begin(receiver);
	int r;

	if (!work)
		return error_set(err, -ENOMEM, "out of memory");
	r = unpack_snappy(body, n, unpacked, &work->unpacked, err);
	use_unpacked(work);
	return run(receiver, work, &resolver, n, r, err);
}

int receiver_import(struct receiver *receiver, const struct text_import *how, const uint8_t *body, size_t n, struct error *err)
{
	uint64_t unpacked;
	struct resolver resolver = resolver_now(receiver, &unpacked);
	struct work *work = work_begin(receiver);
	struct text_request text = { .how = how };
	int r = 0;

	if (!work)
		return error_set(err, -ENOMEM, "out of memory");
	resolver.labels = text_request_labels;
	resolver.labels_data = &text;
	work->text = &text;
	work->body = body;
	work->size = n;
	if (how->packing != PACKED_NOT) {
		r = unpack(how->packing, body, n, unpacked, &work->unpacked, err);
		use_unpacked(work);
	}
	r = run(receiver, work, &resolver, n, r, err);
	text_request_fini(&text);
	return r;
}

void receiver_stats(struct receiver *receiver, struct receiver_stats *stats)
{
	pthread_mutex_lock(&receiver->lock);
	*stats = receiver->written;
	pthread_mutex_unlock(&receiver->lock);
	ref_cache_stats(receiver->cache, &stats->known, &stats->known_bytes);
}

void receiver_import_stats(struct receiver *receiver, struct receiver_stats *stats)
{
	pthread_mutex_lock(&receiver->lock);
	*stats = receiver->imported;
	pthread_mutex_unlock(&receiver->lock);
	ref_cache_stats(receiver->cache, &stats->known, &stats->known_bytes);
}
