/* SPDX-License-Identifier: MIT */
/* labels_edit.c - labels are copied one by one, or in runs; their order never changes but by labels_set. */
#include "model/labels_edit.h"

static int compare_text(const char *a, uint32_t na, const char *b, uint32_t nb)
{
	uint32_t n = na < nb ? na : nb;
	int r = n ? memcmp(a, b, n) : 0;

	return r ? r : (na > nb) - (na < nb);
}

static void add(struct buf *out, const struct label *label)
{
	buf_add_string(out, label->name, label->name_len);
	buf_add_string(out, label->value, label->value_len);
}

static bool is_name(const struct label *label)
{
	return text_equal(label->name, label->name_len, LABEL_NAME);
}

void labels_without_name(struct labels labels, struct buf *out)
{
	struct label label;
	uint32_t at = 0, from = 0;

	while (from = at, labels_next(labels, &at, &label))
		if (is_name(&label)) {
			buf_add(out, labels.data, from);
			buf_add(out, labels.data + at, labels.size - at);
			return;
		}
	buf_add(out, labels.data, labels.size);
}

/* Is that label among the names? *i: the first name that is not before it; both are sorted. */
static bool listed(const struct label *label, const char *const *names, uint32_t n, uint32_t *i)
{
	int r = -1;

	while (*i < n && (r = compare_text(names[*i], (uint32_t)strlen(names[*i]), label->name, label->name_len)) < 0)
		(*i)++;
	return *i < n && r == 0;
}

void labels_keep(struct labels labels, const char *const *names, uint32_t n, struct buf *out)
{
	struct label label;
	uint32_t at = 0, i = 0;

	while (i < n && labels_next(labels, &at, &label))
		if (listed(&label, names, n, &i))
			add(out, &label);
}

void labels_drop(struct labels labels, const char *const *names, uint32_t n, bool name_too, struct buf *out)
{
	struct label label;
	uint32_t at = 0, i = 0;

	while (labels_next(labels, &at, &label))
		if (!listed(&label, names, n, &i) && !(name_too && is_name(&label)))
			add(out, &label);
}

void labels_set(struct labels labels, const char *name, const char *value, size_t n_value, struct buf *out)
{
	struct label label, made = { name, value, (uint32_t)strlen(name), (uint32_t)n_value };
	uint32_t at = 0;
	bool done = n_value == 0;

	while (labels_next(labels, &at, &label)) {
		int r = compare_text(label.name, label.name_len, name, made.name_len);

		if (r >= 0 && !done) {
			add(out, &made);
			done = true;
		}
		if (r != 0)
			add(out, &label);
	}
	if (!done)
		add(out, &made);
}

int labels_compare(struct labels a, struct labels b)
{
	struct label x, y;
	uint32_t at_a = 0, at_b = 0;

	for (;;) {
		bool has_a = labels_next(a, &at_a, &x), has_b = labels_next(b, &at_b, &y);
		int r;

		if (!has_a || !has_b)
			return (int)has_a - (int)has_b;
		r = compare_text(x.name, x.name_len, y.name, y.name_len);
		if (!r)
			r = compare_text(x.value, x.value_len, y.value, y.value_len);
		if (r)
			return r;
	}
}
