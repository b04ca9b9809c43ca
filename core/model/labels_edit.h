/* SPDX-License-Identifier: MIT */
/*
 * labels_edit.h - sets of labels made of others: canonical bytes in, canonical
 * bytes out, behind what `out` holds. Running out of memory sticks in `out`.
 */
#ifndef MODEL_LABELS_EDIT_H
#define MODEL_LABELS_EDIT_H

#include "model/labels.h"

/* All but the metric's name. */
void labels_without_name(struct labels labels, struct buf *out);
/* Only those with these names / all but those (and, if `name_too`, the metric's name). Names sorted, none twice. */
void labels_keep(struct labels labels, const char *const *names, uint32_t n, struct buf *out);
void labels_drop(struct labels labels, const char *const *names, uint32_t n, bool name_too, struct buf *out);
/* One label set to that value; "" removes it. */
void labels_set(struct labels labels, const char *name, const char *value, size_t n_value, struct buf *out);
/* By name, then value, byte by byte: less than 0, 0, more than 0. */
int labels_compare(struct labels a, struct labels b);

static inline struct labels labels_in(const struct buf *buf) { return (struct labels){ buf->data, (uint32_t)buf->len }; }

#endif
