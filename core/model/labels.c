/* SPDX-License-Identifier: MIT */
/*
 * labels.c - the bytes are read with the reader of buf.h. Bytes that are not
 * sound end a walk early; they are never read past their end.
 */
#include "model/labels.h"
#include "util/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { SORT_BY_HAND = 16 };	/* up to so many labels, which is nearly always */

static int compare_text(const char *a, uint32_t a_len, const char *b, uint32_t b_len)
{
	int r = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return r ? r : (a_len > b_len) - (a_len < b_len);
}

static int compare_names(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return compare_text(x->name, x->name_len, y->name, y->name_len);
}

/* Emit order is often the order of names already: then this is one pass. */
static void sort_by_hand(struct label *items, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct label item = items[i];
		uint32_t at = i;

		for (; at > 0 && compare_names(&items[at - 1], &item) > 0; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

int labels_encode(struct label *items, uint32_t n, struct buf *out)
{
	if (n <= SORT_BY_HAND)
		sort_by_hand(items, n);
	else
		qsort(items, n, sizeof *items, compare_names);
	for (uint32_t i = 1; i < n; i++)
		if (compare_names(&items[i - 1], &items[i]) == 0)
			return -EEXIST;
	for (uint32_t i = 0; i < n; i++) {
		if (!items[i].value_len)
			continue;
		buf_add_string(out, items[i].name, items[i].name_len);
		buf_add_string(out, items[i].value, items[i].value_len);
	}
	return buf_failed(out) ? -ENOMEM : 0;
}

static bool is_metric(const struct label *label)
{
	return text_equal(label->name, label->name_len, LABEL_NAME);
}

/* What an error message shows of a text from outside. */
enum { SHOWN = 64 };
#define SHOW(text, len) (int)((len) < SHOWN ? (len) : SHOWN), (text)

static int check_label(const struct label *label, const struct label_limits *limits, struct error *err)
{
	uint64_t most = is_metric(label) ? limits->name : limits->value;

	if (!label->name_len)
		return error_set(err, -EINVAL, "a label name is empty");
	if (!utf8_valid(label->name, label->name_len))
		return error_set(err, -EINVAL, "a label name is not UTF-8");
	if (label->name_len > limits->name)
		return error_set(err, -E2BIG, "the label name \"%.*s...\" has %" PRIu32 " bytes, the limit is %" PRIu64,
				 SHOW(label->name, label->name_len), label->name_len, limits->name);
	if (!utf8_valid(label->value, label->value_len))
		return error_set(err, -EINVAL, "the value of label %.*s is not UTF-8", SHOW(label->name, label->name_len));
	if (label->value_len > most)
		return error_set(err, -E2BIG, "the value of label %.*s has %" PRIu32 " bytes, the limit is %" PRIu64,
				 SHOW(label->name, label->name_len), label->value_len, most);
	return 0;
}

int labels_check(const struct label *items, uint32_t n, const struct label_limits *limits, struct error *err)
{
	uint32_t most = limits->labels < LABELS_MOST ? limits->labels : LABELS_MOST;
	uint32_t counted = 0;

	for (uint32_t i = 0; i < n; i++)
		counted += !is_metric(&items[i]);
	if (counted > most)
		return error_set(err, -E2BIG, "%" PRIu32 " labels, the limit is %" PRIu32, counted, most);
	for (uint32_t i = 0; i < n; i++) {
		int r = check_label(&items[i], limits, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool read_label(struct reader *in, struct label *label)
{
	size_t name_len, value_len;

	label->name = read_string(in, &name_len);
	label->value = read_string(in, &value_len);
	label->name_len = (uint32_t)name_len;
	label->value_len = (uint32_t)value_len;
	return !in->bad;
}

bool labels_next(struct labels labels, uint32_t *at, struct label *label)
{
	struct reader in;

	if (*at >= labels.size)
		return false;
	in = reader_of(labels.data + *at, labels.size - *at);
	if (!read_label(&in, label)) {
		*at = labels.size;
		return false;
	}
	*at = (uint32_t)(in.at - labels.data);
	return true;
}

static size_t varint_size(uint32_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

/* Were the lengths written in as few bytes as they take? Else equal sets could differ in bytes. */
static bool shortest(const struct label *label, size_t size)
{
	return size == varint_size(label->name_len) + label->name_len +
		       varint_size(label->value_len) + label->value_len;
}

static bool label_sound(const struct label *label)
{
	return label->name_len && label->value_len && utf8_valid(label->name, label->name_len) &&
	       utf8_valid(label->value, label->value_len);
}

bool labels_sound(struct labels labels)
{
	struct reader in = reader_of(labels.data, labels.size);
	struct label before, label;
	uint32_t n = 0;

	for (; reader_left(&in); n++, before = label) {
		const uint8_t *start = in.at;

		if (n > LABELS_MOST || !read_label(&in, &label) || !label_sound(&label))
			return false;
		if (!shortest(&label, (size_t)(in.at - start)))
			return false;
		if (n && compare_names(&before, &label) >= 0)
			return false;
	}
	return true;
}

uint32_t labels_count(struct labels labels)
{
	struct label label;
	uint32_t at = 0, n = 0;

	while (labels_next(labels, &at, &label))
		n++;
	return n;
}

bool labels_find(struct labels labels, const char *name, struct label *label)
{
	size_t n = strlen(name);
	uint32_t at = 0;

	while (labels_next(labels, &at, label)) {
		int order = compare_text(label->name, label->name_len, name, (uint32_t)n);

		if (order == 0)
			return true;
		if (order > 0)
			break;
	}
	*label = (struct label){ "", "", 0, 0 };
	return false;
}

struct label labels_metric(struct labels labels)
{
	struct label label;

	labels_find(labels, LABEL_NAME, &label);
	return label;
}

static bool name_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* `more`: what else may stand in it without quotes. */
static bool is_bare(const char *text, uint32_t n, const char *more)
{
	for (uint32_t i = 0; i < n; i++)
		if (!name_byte(text[i], i == 0) && (!text[i] || !strchr(more, text[i]) || (i == 0 && text[i] == '.')))
			return false;
	return n > 0;
}

static void print_quoted(const char *text, uint32_t n, struct buf *out)
{
	buf_add_u8(out, '"');
	for (uint32_t i = 0; i < n; i++) {
		if (text[i] == '\\' || text[i] == '"')
			buf_add_u8(out, '\\');
		if (text[i] == '\n')
			buf_add(out, "\\n", 2);
		else
			buf_add(out, &text[i], 1);
	}
	buf_add_u8(out, '"');
}

static void print_label(const struct label *label, struct buf *out)
{
	if (is_bare(label->name, label->name_len, ""))
		buf_add(out, label->name, label->name_len);
	else
		print_quoted(label->name, label->name_len, out);
	buf_add_u8(out, '=');
	print_quoted(label->value, label->value_len, out);
}

void labels_print(struct labels labels, struct buf *out)
{
	struct label label = labels_metric(labels);
	bool bare = is_bare(label.value, label.value_len, ":.");
	uint32_t at = 0, n = 0;

	if (bare)
		buf_add(out, label.value, label.value_len);
	else if (label.value_len) {
		buf_add_u8(out, '{');
		print_quoted(label.value, label.value_len, out);
		n++;
	}
	while (labels_next(labels, &at, &label)) {
		if (is_metric(&label))
			continue;
		buf_add_u8(out, n++ ? ',' : '{');
		print_label(&label, out);
	}
	if (n)
		buf_add_u8(out, '}');
	else if (!bare)
		buf_add_text(out, "{}");
}
