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

/* So many bytes are the same at their front. */
static uint32_t same_front(struct labels a, struct labels b)
{
	uint32_t n = a.size < b.size ? a.size : b.size, i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t x, y;

		memcpy(&x, a.data + i, 8);
		memcpy(&y, b.data + i, 8);
		if (x != y)
			return i + (uint32_t)__builtin_ctzll(x ^ y) / 8;	/* little-endian, as we are */
	}
	while (i < n && a.data[i] == b.data[i])
		i++;
	return i;
}

/* A name or value at that place: where it begins, behind its length. */
static uint32_t text_at(struct labels labels, uint32_t at, uint32_t *size)
{
	uint32_t shift = 0;

	*size = 0;
	do {
		*size |= (uint32_t)(labels.data[at] & 0x7f) << shift;
		shift += 7;
	} while (labels.data[at++] & 0x80 && shift < 32 && at < labels.size);
	return at;
}

/* Texts that are the same are passed over by their lengths; only that in which the sets part is looked at. */
int labels_compare(struct labels a, struct labels b)
{
	uint32_t same = same_front(a, b), at = 0, n_a, n_b, other;

	if (same == a.size || same == b.size)
		return (a.size > b.size) - (a.size < b.size);
	for (;;) {
		uint32_t text = text_at(a, at, &n_a);

		if (same < text) {		/* they differ in their lengths at least */
			other = text_at(b, at, &n_b);
			return compare_text((const char *)a.data + text, n_a, (const char *)b.data + other, n_b);
		}
		if (same - text < n_a)
			return a.data[same] < b.data[same] ? -1 : 1;
		at = text + n_a;
	}
}
