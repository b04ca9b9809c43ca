/* SPDX-License-Identifier: MIT */
#include "crash_life.h"
#include "property/random.h"
#include "util/cleanup.h"

#include <stdio.h>
#include <unistd.h>

#define M INT64_C(60000)

const char *const deed_name[DEEDS] = { "collect", "push", "loose", "late", "flush", "merge", "expire", "close", "sync", "reopen",
				       "check", "jump", "delete" };

/* Slots: a group, another one that comes in any order, and the rest, which come and go. */
enum { GROUP = 8, PUSHED = 14 };

struct life {
	struct crash *crash;
	struct random random;
	struct test_clock clock;
	struct store_options options;
	struct store *store;
	bool deletes;
	struct model model;
	series_ref ref[SLOTS];
};

static struct life life;

static uint32_t below(uint32_t n)
{
	return random_below(&life.random, n);
}

static void open_store(void)
{
	static const struct kymo_metric spread = { "crash_spread", KYMO_HISTOGRAM, 0, "", "", NULL };
	struct error err = { 0 };

	if (store_open(&life.options, &life.store, &err) < 0)
		crash_fail(life.crash, "open: %s", error_text(&err));
	if (store_metric(life.store, &spread, &err) < 0)
		crash_fail(life.crash, "metric: %s", error_text(&err));
	memset(life.ref, 0, sizeof life.ref);
}

static void pass(kymo_ms ms)
{
	life.crash->now += ms;
	life.clock.now = life.crash->now;
}

/* ---- appending ---- */

static series_ref find_series(uint32_t slot)
{
	AUTO_BUF bytes = { 0 };
	int r = life.ref[slot] ? 0 : crash_labels(slot, &bytes);

	if (r == 0 && !life.ref[slot])
		r = store_series(life.store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &life.ref[slot]);
	if (r < 0)
		crash_fail(life.crash, "slot %u: no series: %d", slot, r);
	return life.ref[slot];
}

struct sending {
	uint32_t n, first;			/* notes */
	uint32_t n_samples, n_spread;
	series_ref refs[SLOTS];
	double values[SLOTS];
	kymo_ms times[SLOTS];
	struct store_distribution spread[SLOTS];
	struct window window[SLOTS];
};

static void add(struct sending *sending, uint32_t slot, kymo_ms at)
{
	struct notes *notes = &life.crash->notes;
	uint32_t n = notes->n;

	if (n == NOTES_MOST)
		_exit(0);
	if (!sending->n++)
		sending->first = n;
	notes->note[n].slot = slot;
	notes->note[n].at = at;
	notes->note[n].state = SENT;
	notes->n = n + 1;
	if (crash_kind(slot) != KIND_DISTRIBUTION) {
		sending->refs[sending->n_samples] = find_series(slot);
		sending->times[sending->n_samples] = at;
		sending->values[sending->n_samples++] = crash_value(slot, at);
		return;
	}
	crash_window(slot, at, &sending->window[sending->n_spread]);
	sending->spread[sending->n_spread] = (struct store_distribution){ find_series(slot), at, &sending->window[sending->n_spread] };
	sending->n_spread++;
}

static void note_all(const struct sending *sending, enum note_state state)
{
	for (uint32_t i = 0; i < sending->n; i++)
		life.crash->notes.note[sending->first + i].state = state;
}

/* Series that have expired meanwhile are made anew. */
static bool was_forgotten(const struct sending *sending, const struct store_appended *done)
{
	if (!done->refused[REFUSED_UNKNOWN])
		return false;
	for (uint32_t i = 0; i < sending->n; i++)
		life.ref[life.crash->notes.note[sending->first + i].slot] = 0;
	return true;
}

/* The same again takes what is missing: what is there already is `repeated`. */
static void renew(struct sending *sending)
{
	uint32_t samples = 0, spread = 0;

	for (uint32_t i = 0; i < sending->n; i++) {
		uint32_t slot = life.crash->notes.note[sending->first + i].slot;

		if (crash_kind(slot) == KIND_DISTRIBUTION)
			sending->spread[spread++].ref = find_series(slot);
		else
			sending->refs[samples++] = find_series(slot);
	}
}

/*
 * Nothing that is sent here may be refused: it is neither too late nor at a known
 * time with another value.
 */
static void finish(struct sending *sending, bool shared)
{
	struct store_appended done;
	int r = 0;

	for (int tries = 0; tries < 3; tries++) {
		struct store_batch batch = { .n = sending->n_samples, .refs = sending->refs, .values = sending->values,
					     .times = shared ? NULL : sending->times, .at = sending->times[0],
					     .n_distributions = sending->n_spread, .distributions = sending->spread };

		r = store_append(life.store, &batch, &done);
		if (r < 0 || !was_forgotten(sending, &done))
			break;
		renew(sending);
	}
	if (r < 0)
		crash_fail(life.crash, "append: %d", r);
	if (done.stored + done.repeated != sending->n)
		crash_fail(life.crash, "%u late, %u in conflict, %u unknown of %u that are none of this", done.refused[REFUSED_LATE],
			   done.refused[REFUSED_CONFLICT], done.refused[REFUSED_UNKNOWN], sending->n);
	note_all(sending, TAKEN);
	for (uint32_t i = 0; i < sending->n_spread; i++)
		window_fini(&sending->window[i]);
}

static void collect(void)
{
	struct sending sending = { 0 };
	kymo_ms now = life.crash->now;

	for (uint32_t slot = 0; slot < GROUP; slot++)
		if (below(40))
			add(&sending, slot, now);
	finish(&sending, true);
}

/* In any order, and one or two missing. */
static void push(void)
{
	struct sending sending = { 0 };
	uint32_t order[PUSHED - GROUP], n = PUSHED - GROUP;

	for (uint32_t i = 0; i < n; i++)
		order[i] = GROUP + i;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = below(n), kept = order[i];

		order[i] = order[k];
		order[k] = kept;
	}
	for (uint32_t i = 0; i < n - below(3); i++)
		add(&sending, order[i], life.crash->now);
	finish(&sending, below(2));
}

/* One, at a time of its own. A visitor is there for ten minutes and then for long not. */
static void loose(void)
{
	struct sending sending = { 0 };
	uint32_t slot = PUSHED + below(SLOTS - PUSHED);

	if ((life.crash->now / (10 * M) + slot) % 5 > 1)
		return;
	add(&sending, slot, life.crash->now - below(3));
	finish(&sending, true);
}

static void late(void)
{
	struct sending sending = { 0 };

	for (uint32_t n = 1 + below(3); n; n--)
		add(&sending, n * 4 + below(4), life.crash->now - below(4 * M));
	finish(&sending, false);
}

/* ---- deleting ---- */

static struct note *note_deletion(uint32_t slots)
{
	struct notes *notes = &life.crash->notes;
	struct note *note = &notes->note[notes->n];

	if (notes->n == NOTES_MOST)
		_exit(0);
	note->slot = SLOTS;
	note->slots = slots;
	note->end = life.crash->now - (below(3) ? below(10 * M) : 0);
	note->at = note->end - 1 - below(25 * M);
	if (below(4) == 0)
		note->end = INT64_MAX;
	if (below(3) == 0)
		note->at -= note->at % M;
	note->state = SENT;
	notes->n++;
	return note;
}

/* So young that raw is there for every window in which it begins or ends. */
static void delete(void)
{
	char pattern[256] = "";
	uint32_t slots = 0, n;
	struct note *note;
	struct error err = { 0 };
	AUTO(matcher) matcher = NULL;

	if (!life.deletes)
		return;
	for (uint32_t i = 0; i < 1 + below(5); i++)
		slots |= 1u << below(SLOTS);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (slots >> slot & 1)
			snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern), "%s%u", pattern[0] ? "|" : "", slot);
	note = note_deletion(slots);
	matcher = matcher_create(MATCH_REGEX, "slot", pattern, &err);
	if (!matcher || store_delete(life.store, &matcher, 1, note->at, note->end, &n, &err) < 0)
		crash_fail(life.crash, "delete: %s", error_text(&err));
	note->state = TAKEN;
}

/* ---- the rest ---- */

static void maintain(unsigned what)
{
	struct error err = { 0 };

	if (store_maintain(life.store, what, NULL, &err) < 0)
		crash_fail(life.crash, "maintenance %u: %s", what, error_text(&err));
}

/* Its notes are kept in place for the next process. */
static void check(void)
{
	model_check(life.crash, &life.model, &life.crash->notes, life.store, &life.options);
}

static void reopen(void)
{
	store_close(life.store);
	open_store();
}

static enum deed choose(void)
{
	static const struct { enum deed deed; uint32_t of_1000; } often[] = {
		{ DEED_COLLECT, 495 }, { DEED_PUSH, 200 }, { DEED_LOOSE, 150 }, { DEED_LATE, 60 }, { DEED_FLUSH, 15 }, { DEED_MERGE, 10 },
		{ DEED_EXPIRE, 10 }, { DEED_CLOSE, 20 }, { DEED_SYNC, 15 }, { DEED_REOPEN, 5 }, { DEED_CHECK, 2 }, { DEED_JUMP, 6 },
		{ DEED_DELETE, 5 },
	};
	uint32_t n = below(1000);

	for (size_t i = 0; i < sizeof often / sizeof *often; i++) {
		if (n < often[i].of_1000)
			return often[i].deed;
		n -= often[i].of_1000;
	}
	return DEED_COLLECT;
}

static void act(enum deed deed)
{
	static const unsigned step[DEEDS] = {
		[DEED_FLUSH] = MAINTAIN_FLUSH, [DEED_MERGE] = MAINTAIN_FLUSH | MAINTAIN_MERGE, [DEED_EXPIRE] = MAINTAIN_EXPIRE,
		[DEED_CLOSE] = MAINTAIN_CLOSE, [DEED_SYNC] = MAINTAIN_SYNC,
	};

	life.crash->doing = deed_name[deed];
	switch (deed) {
	case DEED_COLLECT:
		pass(1000);
		collect();
		break;
	case DEED_PUSH:
		push();
		break;
	case DEED_LOOSE:
		loose();
		break;
	case DEED_LATE:
		late();
		break;
	case DEED_DELETE:
		delete();
		break;
	case DEED_REOPEN:
		reopen();
		break;
	case DEED_CHECK:
		check();
		break;
	case DEED_JUMP:
		pass(below(8) ? below(2 * M) : below(30 * M));
		break;
	default:
		maintain(step[deed]);
	}
	life.crash->done[deed]++;
}

static void begin(struct crash *crash, const char *path, bool threads)
{
	life.crash = crash;
	life.random = random_seed(crash->seed * 1000 + crash->life);
	test_clock_init(&life.clock, crash->now);
	model_copy(&life.model, &crash->model);
	life.options = store_options_preset(path);
	life.options.clock = &life.clock.clock;
	life.options.manual = !threads;
	life.options.out_of_order = 10 * M;
	life.options.strict = crash->seed % 3 == 0;
	life.options.retention[KYMO_RAW] = 20 * M;
	life.options.retention[KYMO_1M] = 60 * M;
	life.options.retention[KYMO_5M] = 120 * M;
	life.options.retention[KYMO_1H] = 360 * M;
	life.deletes = crash->seed % 4 > 1;
	if (life.deletes) {
		life.options.retention[KYMO_RAW] = 100 * M;
		life.options.retention[KYMO_1M] = 150 * M;
		life.options.retention[KYMO_5M] = 200 * M;
	}
	life.options.sync = 1;
	life.options.flush = life.options.cleanup = 3;
}

void crash_live(struct crash *crash, const char *path, bool threads)
{
	begin(crash, path, threads);
	crash->doing = "opening";
	open_store();
	crash->doing = "checking";
	model_check(crash, &life.model, &crash->before, life.store, &life.options);
	crash->checked = true;
	for (;;)
		act(choose());
}
