/* SPDX-License-Identifier: MIT */
/*
 * labels.h - a set of labels as canonical bytes: sorted by name (memcmp), no
 * name twice, no empty value, the metric's name among them as "__name__". Equal
 * sets are equal bytes, so a set is hashed and compared as bytes.
 *
 * Bytes: for each label varint length, name, varint length, value.
 */
#ifndef MODEL_LABELS_H
#define MODEL_LABELS_H

#include "util/buf.h"
#include "util/error.h"

#define LABEL_NAME "__name__"
#define LABELS_MOST 256			/* in one set, whatever the configuration says */

typedef uint32_t series_ref;		/* one series of a store, for its life; 0: none */

/* A view; not NUL-ended. */
struct label {
	const char *name, *value;
	uint32_t name_len, value_len;
};

/* Canonical bytes, borrowed. */
struct labels {
	const uint8_t *data;
	uint32_t size;
};

struct label_limits {
	uint32_t labels;		/* in a set, "__name__" not counted */
	uint64_t name, value;		/* bytes; `name` also bounds the metric's name */
};

/* Sort `items` in place, leave out empty values, append the bytes to *out. 0; -EEXIST: a name twice; -ENOMEM. */
int labels_encode(struct label *items, uint32_t n, struct buf *out);
/*
 * UTF-8, sizes, names not empty, at most LABELS_MOST. For what comes from outside.
 * 0 or -EINVAL, -E2BIG with the reason. A name twice is found by labels_encode.
 */
int labels_check(const struct label *items, uint32_t n, const struct label_limits *limits, struct error *err);
/* Are these canonical bytes? For what comes from disk. */
bool labels_sound(struct labels labels);

/* Walk: *at starts at 0. */
bool labels_next(struct labels labels, uint32_t *at, struct label *label);
uint32_t labels_count(struct labels labels);
bool labels_find(struct labels labels, const char *name, struct label *label);	/* false: *label is empty */
/* The metric's name; {"" , 0} if there is none. */
struct label labels_metric(struct labels labels);
static inline bool labels_equal(struct labels a, struct labels b)
{
	return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));
}
static inline bool text_equal(const char *a, uint32_t n, const char *b)
{
	return strlen(b) == n && !memcmp(a, b, n);
}

/*
 * For people and logs: name{a="b",c="d"}. Names are quoted where kymo's PromQL
 * asks for it, so the text is a selector: system.load.1m, {"temp-°C",a="b"}.
 */
void labels_print(struct labels labels, struct buf *out);

#endif
