/* SPDX-License-Identifier: MIT */
/*
 * metric.c - a metric is one piece of memory: the struct, the pointers to its
 * labels, then all texts, each with a NUL.
 *
 * Bytes: type, flags (varints), name, unit, help (strings), number of labels
 * (varint), labels (strings).
 */
#include "model/metric.h"
#include "util/check.h"
#include "util/utf8.h"

#include <errno.h>
#include <inttypes.h>

struct text {
	const char *data;
	size_t len;
};

static struct text text_of(const char *data)
{
	return (struct text){ data ? data : "", data ? strlen(data) : 0 };
}

/* The order in which texts come, in memory and as bytes. */
enum { NAME, UNIT, HELP, LABELS };

static char *put(char **room, struct text text)
{
	char *at = *room;

	memcpy(at, text.data, text.len);
	at[text.len] = '\0';
	*room += text.len + 1;
	return at;
}

static struct metric *assemble(uint32_t type, uint32_t flags, const struct text *texts, uint32_t n_labels)
{
	size_t size = sizeof(struct metric) + (n_labels + 1) * sizeof(char *);
	struct metric *metric;
	char *room;

	for (uint32_t i = 0; i < LABELS + n_labels; i++)
		size += texts[i].len + 1;
	metric = malloc(size);
	if (!metric)
		return NULL;
	*metric = (struct metric){ .type = type, .flags = flags, .n_labels = n_labels };
	metric->labels = (char **)(metric + 1);
	room = (char *)(metric->labels + n_labels + 1);
	metric->name = put(&room, texts[NAME]);
	metric->name_len = (uint32_t)texts[NAME].len;
	metric->unit = put(&room, texts[UNIT]);
	metric->help = put(&room, texts[HELP]);
	for (uint32_t i = 0; i < n_labels; i++)
		metric->labels[i] = put(&room, texts[LABELS + i]);
	metric->labels[n_labels] = NULL;
	return metric;
}

static uint32_t count_labels(const char *const *labels)
{
	uint32_t n = 0;

	while (labels && labels[n])
		n++;
	return n;
}

struct metric *metric_create(const struct kymo_metric *from)
{
	uint32_t n = count_labels(from->labels);
	AUTO_FREE struct text *texts = malloc((LABELS + n) * sizeof *texts);

	if (!texts)
		return NULL;
	texts[NAME] = text_of(from->name);
	texts[UNIT] = text_of(from->unit);
	texts[HELP] = text_of(from->help);
	for (uint32_t i = 0; i < n; i++)
		texts[LABELS + i] = text_of(from->labels[i]);
	return assemble(from->type, from->flags, texts, n);
}

void metric_destroy(struct metric *metric)
{
	free(metric);
}

/* What an error message shows of a name from outside. */
#define SHOWN "\"%.64s\""

static int check_text(const char *metric, const char *what, const char *text, uint64_t most, struct error *err)
{
	size_t n = text ? strlen(text) : 0;

	if (n > most)
		return error_set(err, -E2BIG, "metric " SHOWN ": the %s has %zu bytes, the limit is %" PRIu64,
				 metric, what, n, most);
	if (n && !utf8_valid(text, n))
		return error_set(err, -EINVAL, "metric " SHOWN ": the %s is not UTF-8", metric, what);
	return 0;
}

static int check_label(const struct kymo_metric *metric, uint32_t i, uint64_t most, struct error *err)
{
	const char *label = metric->labels[i];
	int r = check_text(metric->name, "name of a label", label, most, err);

	if (r < 0)
		return r;
	if (!*label)
		return error_set(err, -EINVAL, "metric " SHOWN ": the name of a label is empty", metric->name);
	if (!strncmp(label, "__", 2))
		return error_set(err, -EINVAL, "metric " SHOWN ": label " SHOWN " begins with \"__\", which is kymo's own",
				 metric->name, label);
	if (metric->type == KYMO_HISTOGRAM && !strcmp(label, "le"))
		return error_set(err, -EINVAL, "metric " SHOWN ": label \"le\" of a histogram is made by the host", metric->name);
	for (uint32_t before = 0; before < i; before++)
		if (!strcmp(metric->labels[before], label))
			return error_set(err, -EINVAL, "metric " SHOWN ": label " SHOWN " is there twice",
					 metric->name, label);
	return 0;
}

static int check_labels(const struct kymo_metric *metric, const struct label_limits *limits, struct error *err)
{
	uint32_t n = count_labels(metric->labels);
	uint32_t most = limits->labels < LABELS_MOST ? limits->labels : LABELS_MOST;

	if (n > most)
		return error_set(err, -E2BIG, "metric " SHOWN ": %" PRIu32 " labels, the limit is %" PRIu32,
				 metric->name, n, most);
	for (uint32_t i = 0; i < n; i++) {
		int r = check_label(metric, i, limits->name, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int metric_check(const struct kymo_metric *metric, const struct label_limits *limits, struct error *err)
{
	int r;

	if (!metric->name || !*metric->name)
		return error_set(err, -EINVAL, "a metric has no name");
	if (metric->type > KYMO_SUMMARY)
		return error_set(err, -EINVAL, "metric " SHOWN ": type %" PRIu32 " is not known", metric->name, metric->type);
	if ((r = check_text(metric->name, "name", metric->name, limits->name, err)) < 0 ||
	    (r = check_text(metric->name, "unit", metric->unit, limits->name, err)) < 0 ||
	    (r = check_text(metric->name, "help", metric->help, limits->value, err)) < 0)
		return r;
	return check_labels(metric, limits, err);
}

static bool same_text(const char *mine, const char *other)
{
	return !strcmp(mine, other ? other : "");
}

bool metric_same(const struct metric *a, const struct kymo_metric *b)
{
	if (a->type != b->type || a->flags != b->flags || a->n_labels != count_labels(b->labels))
		return false;
	if (!same_text(a->name, b->name) || !same_text(a->unit, b->unit) || !same_text(a->help, b->help))
		return false;
	for (uint32_t i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i], b->labels[i]))
			return false;
	return true;
}

const char *metric_type_name(uint32_t type)
{
	static const char *const names[] = {
		[KYMO_UNTYPED] = "untyped", [KYMO_GAUGE] = "gauge", [KYMO_COUNTER] = "counter",
		[KYMO_HISTOGRAM] = "histogram", [KYMO_SUMMARY] = "summary",
	};

	return type < COUNT_OF(names) ? names[type] : "unknown";
}

static void add_text(struct buf *out, const char *text)
{
	buf_add_string(out, text, strlen(text));
}

void metric_encode(const struct metric *metric, struct buf *out)
{
	buf_add_varint(out, metric->type);
	buf_add_varint(out, metric->flags);
	add_text(out, metric->name);
	add_text(out, metric->unit);
	add_text(out, metric->help);
	buf_add_varint(out, metric->n_labels);
	for (uint32_t i = 0; i < metric->n_labels; i++)
		add_text(out, metric->labels[i]);
}

static struct text read_text(struct reader *in)
{
	struct text text;

	text.data = read_string(in, &text.len);
	if (!in->bad && !utf8_valid(text.data, text.len))
		in->bad = true;
	return text;
}

struct metric *metric_decode(struct reader *in)
{
	struct text texts[LABELS + LABELS_MOST];
	uint64_t type = read_varint(in), flags = read_varint(in), n;

	for (int i = 0; i < LABELS; i++)
		texts[i] = read_text(in);
	n = read_varint(in);
	if (in->bad || type > KYMO_SUMMARY || flags > UINT32_MAX || n > LABELS_MOST || !texts[NAME].len)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		texts[LABELS + i] = read_text(in);
	return in->bad ? NULL : assemble((uint32_t)type, (uint32_t)flags, texts, (uint32_t)n);
}
