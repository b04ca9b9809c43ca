/* SPDX-License-Identifier: MIT */
/*
 * frame.c - what the snapshot and the log of the index say. Every frame stands
 * for itself: series come many in one frame, which begins with the labels that they
 * have, and a damaged one takes no other with it.
 */
#include "codec/frame.h"
#include "index/state.h"
#include "util/utf8.h"

#include <errno.h>
#include <stdlib.h>

enum {
	LABELS_IN_FRAME = 4096,		/* so many, or */
	BYTES_IN_FRAME = 1 << 15,	/* so many bytes of series, or */
	BYTES_OF_LABELS = 1 << 18,	/* so many of labels end it */
	SLOTS = 4 * LABELS_IN_FRAME	/* a power of two */
};

/* ---- writing ---- */

struct frame_writer {
	const struct index *index;
	struct buf *out;
	uint64_t number;
	uint32_t n_series, n_labels, n_names;
	series_ref before;
	struct buf names, labels, series;
	uint32_t label[LABELS_IN_FRAME + LABEL_SET_MOST], name[LABELS_IN_FRAME + LABEL_SET_MOST];
	uint16_t slot[SLOTS];		/* place in `label` + 1, by number */
};

struct frame_writer *frame_writer_create(const struct index *index, struct buf *out, uint64_t number)
{
	struct frame_writer *writer = calloc(1, sizeof *writer);

	if (!writer)
		return NULL;
	writer->index = index;
	writer->out = out;
	writer->number = number;
	return writer;
}

void frame_writer_destroy(struct frame_writer *writer)
{
	if (!writer)
		return;
	buf_fini(&writer->names);
	buf_fini(&writer->labels);
	buf_fini(&writer->series);
	free(writer);
}

static int frame_done(struct frame_writer *writer, size_t begin)
{
	int r = frame_end(writer->out, begin, writer->number);

	if (r < 0)
		writer->out->failed = false;	/* cut back to what it was */
	return r;
}

static void clear(struct frame_writer *writer)
{
	for (uint32_t i = 0; i < writer->n_labels; i++) {
		uint32_t at = writer->label[i] & (SLOTS - 1);

		for (; writer->slot[at]; at = (at + 1) & (SLOTS - 1))
			writer->slot[at] = 0;
	}
	writer->n_series = writer->n_labels = writer->n_names = 0;
	writer->before = 0;
	buf_clear(&writer->names);
	buf_clear(&writer->labels);
	buf_clear(&writer->series);
}

int frame_writer_end(struct frame_writer *writer)
{
	struct buf *out = writer->out;
	size_t begin;
	int r;

	if (!writer->n_series)
		return 0;
	if (buf_failed(&writer->names) || buf_failed(&writer->labels) || buf_failed(&writer->series))
		return -ENOMEM;
	begin = frame_begin(out, INDEX_SERIES);
	buf_add_varint(out, writer->n_names);
	buf_add(out, writer->names.data, writer->names.len);
	buf_add_varint(out, writer->n_labels);
	buf_add(out, writer->labels.data, writer->labels.len);
	buf_add_varint(out, writer->n_series);
	buf_add(out, writer->series.data, writer->series.len);
	r = frame_done(writer, begin);
	if (r == 0)
		clear(writer);
	return r;
}

static uint32_t name_in_frame(struct frame_writer *writer, uint32_t name)
{
	uint32_t at = 0;

	while (at < writer->n_names && writer->name[at] != name)
		at++;
	if (at == writer->n_names) {
		const struct inverted_name *text = &writer->index->inverted.names[name];

		writer->name[writer->n_names++] = name;
		buf_add_string(&writer->names, text->text, text->size);
	}
	return at;
}

static uint32_t label_in_frame(struct frame_writer *writer, uint32_t id)
{
	const struct inverted_value *value = &writer->index->inverted.values[id];
	uint32_t at = id & (SLOTS - 1);

	for (; writer->slot[at]; at = (at + 1) & (SLOTS - 1))
		if (writer->label[writer->slot[at] - 1] == id)
			return writer->slot[at] - 1u;
	buf_add_varint(&writer->labels, name_in_frame(writer, value->name));
	buf_add_string(&writer->labels, value->text, value->size);
	writer->label[writer->n_labels++] = id;
	writer->slot[at] = (uint16_t)writer->n_labels;
	return writer->n_labels - 1;
}

int frame_writer_series(struct frame_writer *writer, series_ref ref, const struct series *series)
{
	uint32_t id[LABEL_SET_MOST], n = label_set_unpack(series->labels, id);

	buf_add_zigzag(&writer->series, (int64_t)ref - writer->before);
	buf_add_varint(&writer->series, n);
	for (uint32_t i = 0; i < n; i++)
		buf_add_varint(&writer->series, label_in_frame(writer, id[i]));
	writer->before = ref;
	writer->n_series++;
	if (writer->n_labels < LABELS_IN_FRAME && writer->series.len < BYTES_IN_FRAME && writer->labels.len < BYTES_OF_LABELS)
		return 0;
	return frame_writer_end(writer);
}

int frame_writer_metric(struct frame_writer *writer, const struct metric_entry *entry)
{
	size_t begin = frame_begin(writer->out, INDEX_METRIC);

	buf_add_u8(writer->out, entry->assumed);
	metric_encode(entry->box->metric, writer->out);
	return frame_done(writer, begin);
}

int frame_writer_removed(struct frame_writer *writer, const series_ref *refs, uint32_t n)
{
	enum { AT_ONCE = 8192 };
	int r = 0;

	for (uint32_t from = 0; from < n && r == 0; from += AT_ONCE) {
		size_t begin = frame_begin(writer->out, INDEX_REMOVED);

		for (uint32_t i = from; i < n && i < from + AT_ONCE; i++)
			buf_add_varint(writer->out, refs[i]);
		r = frame_done(writer, begin);
	}
	return r;
}

int frame_writer_reserved(struct frame_writer *writer, series_ref ref, uint32_t n_series)
{
	size_t begin = frame_begin(writer->out, INDEX_RESERVED);

	buf_add_varint(writer->out, ref);
	buf_add_varint(writer->out, n_series);
	return frame_done(writer, begin);
}

/* ---- reading series ---- */

/* A label of the frame. It is looked up when a series has it. */
struct frame_label {
	struct label label;
	uint64_t hash;
	uint32_t id;			/* MAP_NONE: not looked up */
	uint32_t rank;			/* of its name among those of the frame, in order of bytes */
	bool of_metric;			/* it is the metric's name */
};

struct frame_name {
	const char *text;
	uint32_t size, rank;
	uint32_t place;
};

struct frame_series {
	uint32_t n_names, n_labels;
	struct frame_name *names;
	struct frame_label *labels;
};

static void frame_series_fini(struct frame_series *in_frame)
{
	free(in_frame->names);
	free(in_frame->labels);
}

static int by_name(const void *a, const void *b)
{
	const struct frame_name *x = a, *y = b;
	int r = memcmp(x->text, y->text, x->size < y->size ? x->size : y->size);

	return r ? r : (x->size > y->size) - (x->size < y->size);
}

static int by_place(const void *a, const void *b)
{
	const struct frame_name *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

static bool read_text(struct reader *in, const char **text, uint32_t *size)
{
	size_t n;

	*text = read_string(in, &n);
	*size = (uint32_t)n;
	return !in->bad && n && n <= UINT32_MAX && utf8_valid(*text, n);
}

/* A name that is there twice has two ranks, and no series can tell them apart: that is not sensible. */
static int read_names(struct reader *in, struct frame_series *to)
{
	uint64_t n = read_varint(in);

	if (in->bad || n > reader_left(in) / 2)
		return -EBADMSG;
	to->names = calloc(n + 1, sizeof *to->names);
	if (!to->names)
		return -ENOMEM;
	for (; to->n_names < n; to->n_names++) {
		struct frame_name *name = &to->names[to->n_names];

		name->place = to->n_names;
		if (!read_text(in, &name->text, &name->size))
			return -EBADMSG;
	}
	qsort(to->names, to->n_names, sizeof *to->names, by_name);
	for (uint32_t i = 0; i < to->n_names; i++) {
		to->names[i].rank = i;
		if (i && by_name(&to->names[i - 1], &to->names[i]) == 0)
			return -EBADMSG;
	}
	qsort(to->names, to->n_names, sizeof *to->names, by_place);
	return 0;
}

static bool read_label(struct reader *in, const struct frame_series *of, struct frame_label *to)
{
	uint64_t name = read_varint(in);

	if (in->bad || name >= of->n_names)
		return false;
	to->id = MAP_NONE;
	to->rank = of->names[name].rank;
	to->label.name = of->names[name].text;
	to->label.name_len = of->names[name].size;
	to->of_metric = text_equal(to->label.name, to->label.name_len, LABEL_NAME);
	if (!read_text(in, &to->label.value, &to->label.value_len))
		return false;
	to->hash = label_hash(&to->label);
	return true;
}

static int read_labels(struct reader *in, const struct index *index, struct frame_series *to)
{
	uint64_t n = read_varint(in);

	if (in->bad || n > reader_left(in) / 3)
		return -EBADMSG;
	to->labels = calloc(n + 1, sizeof *to->labels);
	if (!to->labels)
		return -ENOMEM;
	for (; to->n_labels < n; to->n_labels++) {
		if (!read_label(in, to, &to->labels[to->n_labels]))
			return -EBADMSG;
		map_prefetch(&index->inverted.by_label, to->labels[to->n_labels].hash);
	}
	return 0;
}

static int look_up(struct index *index, struct frame_label *label)
{
	if (label->id == MAP_NONE)
		label->id = inverted_get(&index->inverted, &label->label, label->hash);
	return label->id == MAP_NONE ? -ENOMEM : 0;
}

/* Names rise, and the metric's is among them. */
static int read_set(struct reader *in, struct index *index, struct frame_series *of, struct label_set *set)
{
	uint64_t n = read_varint(in);
	bool named = false;
	uint32_t rank = 0;

	if (in->bad || !n || n > LABEL_SET_MOST)
		return -EBADMSG;
	set->hash = LABEL_SET_SEED;
	for (set->n = 0; set->n < n; set->n++) {
		uint64_t at = read_varint(in);
		struct frame_label *label = at < of->n_labels ? &of->labels[at] : NULL;

		if (in->bad || !label || (set->n && label->rank <= rank))
			return -EBADMSG;
		if (look_up(index, label) < 0)
			return -ENOMEM;
		rank = label->rank;
		named |= label->of_metric;
		set->hash = label_set_mix(set->hash, label->hash);
		set->id[set->n] = label->id;
	}
	return named ? 0 : -EBADMSG;
}

/* Series are read some ahead of where they are made, so that the map's slots are there by then. */
enum { AHEAD = 16 };

struct ahead {
	series_ref ref[AHEAD];
	struct label_set set[AHEAD];
};

static int make_one(struct index *index, series_ref ref, const struct label_set *set)
{
	index->log.named++;
	if (index_series(index, ref) || index_find_set(index, set))
		return 0;
	return series_make(index, ref, set);
}

static int read_one(struct reader *in, struct index *index, struct frame_series *of, series_ref *ref, struct label_set *set)
{
	uint64_t number = *ref + (uint64_t)read_zigzag(in);
	int r = read_set(in, index, of, set);

	if (r == 0 && (!number || number >= UINT32_MAX - 1))
		r = -EBADMSG;
	*ref = (series_ref)number;
	if (r == 0)
		map_prefetch(&index->by_labels, set->hash);
	return r;
}

/* What stands before something that is not sensible is taken. */
static int read_series(struct reader *in, struct index *index, struct frame_series *of)
{
	struct ahead ahead;
	uint64_t n = read_varint(in), read = 0, made = 0;
	series_ref ref = 0;
	int bad = 0, r = 0;

	while (r == 0 && made < (bad ? read : n)) {
		if (bad == 0 && read < n && read - made < AHEAD) {
			bad = read_one(in, index, of, &ref, &ahead.set[read % AHEAD]);
			ahead.ref[read % AHEAD] = ref;
			read += bad == 0;
		} else {
			r = make_one(index, ahead.ref[made % AHEAD], &ahead.set[made % AHEAD]);
			made++;
		}
	}
	if (r == 0)
		r = bad;
	return r == 0 && (in->bad || reader_left(in)) ? -EBADMSG : r;
}

static int replay_series(struct index *index, struct reader *in)
{
	struct frame_series of = { 0 };
	int r = read_names(in, &of);

	if (r == 0)
		r = read_labels(in, index, &of);
	if (r == 0)
		r = read_series(in, index, &of);
	for (uint32_t i = 0; of.labels && i < of.n_labels; i++)
		if (of.labels[i].id != MAP_NONE)
			inverted_let_go(&index->inverted, of.labels[i].id);
	frame_series_fini(&of);
	return r;
}

/* ---- reading the rest ---- */

static int replay_metric(struct index *index, struct reader *in)
{
	bool assumed = read_u8(in) & 1;
	AUTO(metric) metric = metric_decode(in);

	return metric ? metric_replay(index, metric, assumed) : -EBADMSG;
}

static int replay_removed(struct index *index, struct reader *in)
{
	while (reader_left(in)) {
		uint64_t ref = read_varint(in);

		if (in->bad || ref >= UINT32_MAX - 1)
			return -EBADMSG;
		if (index_series(index, (series_ref)ref) && series_unmake(index, (series_ref)ref) < 0)
			return -ENOMEM;
		if (ref > index->last)
			index->last = (series_ref)ref;
	}
	return 0;
}

static int replay_reserved(struct index *index, struct reader *in)
{
	uint64_t ref = read_varint(in), n = read_varint(in);

	if (in->bad || ref >= UINT32_MAX - 1 || n > ref)
		return -EBADMSG;
	if (map_reserve(&index->by_labels, n < index->loading / 4 ? (uint32_t)n : (uint32_t)(index->loading / 4)) < 0)
		return -ENOMEM;
	if (ref > index->last)
		index->last = (series_ref)ref;
	return 0;
}

int index_replay_frame(struct index *index, const struct frame *frame)
{
	struct reader in = reader_of(frame->data, frame->size);

	switch (frame->type) {
	case INDEX_METRIC:
		return replay_metric(index, &in);
	case INDEX_SERIES:
		return replay_series(index, &in);
	case INDEX_REMOVED:
		return replay_removed(index, &in);
	case INDEX_RESERVED:
		return replay_reserved(index, &in);
	default:
		return -EBADMSG;
	}
}
