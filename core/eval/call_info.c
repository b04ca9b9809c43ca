/* SPDX-License-Identifier: MIT */
/*
 * call_info.c - info(v [, {matchers}]): series get the labels of the info series
 * that describe the same thing, that is, have the same instance and job:
 * target_info, or what the matchers say of __name__; where these only say what it is
 * not, all whose names end in _info. Of several series of one info
 * metric the one whose sample is newest counts. With matchers of other labels only
 * these are taken, and what has no info that matches them is left out, unless they
 * take the empty value.
 *
 * Labels may change from point to point, so one series may become several.
 */
#include "eval/call.h"
#include "model/labels_edit.h"

#include <errno.h>
#include <inttypes.h>

#define TARGET_INFO "target_info"
#define ANY_INFO ".+_info"

static const char *const identity[] = { "instance", "job" };
enum { N_IDENTITY = 2 };

struct description {
	struct column *column;		/* of the times of its samples */
	struct labels who;		/* its instance and job */
};

struct info {
	struct eval *eval;
	const struct node *node;
	const struct selector *asked;	/* the second argument; or NULL */
	struct matcher *target;		/* of the name, if none was asked for that says what it is */
	struct matcher **matchers;	/* of the info series */
	uint32_t n_matchers;
	struct matrix infos;
	struct buf who;
	struct description *descriptions;	/* in order of who, then labels: so those of one metric are together */
	struct matrix out;
	struct buf added, labels;
};

static bool is_of_name(const struct matcher *matcher)
{
	return !strcmp(matcher_name(matcher), LABEL_NAME);
}

/* What matchers of the name there are: some that say what it is, or only what it is not. */
static void find_names(const struct selector *asked, bool *is, bool *is_not)
{
	*is = *is_not = false;
	for (uint32_t i = 0; asked && i < asked->n_matchers; i++) {
		enum matcher_op op = matcher_op(asked->matchers[i]);

		if (is_of_name(asked->matchers[i]))
			*(op == MATCH_EQUAL || op == MATCH_REGEX ? is : is_not) = true;
	}
}

/* ---- the info series ---- */

static int make_selector(struct info *info, struct node *out)
{
	uint32_t n = info->asked ? info->asked->n_matchers : 0;
	struct error why = { 0 };
	bool is, is_not;

	info->matchers = calloc(n + 1, sizeof *info->matchers);
	if (!info->matchers)
		return eval_no_memory(info->eval);
	for (uint32_t i = 0; i < n; i++)
		info->matchers[i] = info->asked->matchers[i];
	find_names(info->asked, &is, &is_not);
	if (!is) {
		info->target = is_not ? matcher_create(MATCH_REGEX, LABEL_NAME, ANY_INFO, &why)
				      : matcher_create(MATCH_EQUAL, LABEL_NAME, TARGET_INFO, &why);
		info->matchers[n++] = info->target;
		error_clear(&why);
		if (!info->target)
			return eval_no_memory(info->eval);
	}
	info->n_matchers = n;
	*out = *info->node;
	out->kind = NODE_SELECTOR;
	out->selector = (struct selector){ .matchers = info->matchers, .n_matchers = n };
	return 0;
}

static int read_infos(struct info *info, const struct steps *steps)
{
	AUTO(stream) stream = NULL;
	struct node selector;
	int r = make_selector(info, &selector);

	if (r < 0 || (r = stream_open_selector(info->eval, &selector, steps, true, &stream)) < 0)
		return r;
	return matrix_collect(&info->infos, stream);
}

static int by_who(const void *a, const void *b)
{
	const struct description *x = a, *y = b;
	int r = labels_compare(x->who, y->who);

	return r ? r : labels_compare(x->column->labels, y->column->labels);
}

static int describe(struct info *info)
{
	uint32_t n = info->infos.n, at = 0;

	info->descriptions = eval_alloc(info->eval, n, sizeof *info->descriptions);
	if (!info->descriptions)
		return info->eval->err->code;
	for (uint32_t i = 0; i < n; i++) {
		size_t before = info->who.len;

		info->descriptions[i].column = &info->infos.columns[i];
		labels_keep(info->infos.columns[i].labels, identity, N_IDENTITY, &info->who);
		info->descriptions[i].who.size = (uint32_t)(info->who.len - before);
	}
	if (buf_failed(&info->who))
		return eval_no_memory(info->eval);
	for (uint32_t i = 0; i < n; at += info->descriptions[i++].who.size)
		info->descriptions[i].who.data = info->who.data ? info->who.data + at : NULL;
	if (n > 1)
		qsort(info->descriptions, n, sizeof *info->descriptions, by_who);
	return 0;
}

/* Those of that instance and job are the n from *from on. */
static uint32_t find(const struct info *info, struct labels who, uint32_t *from)
{
	uint32_t low = 0, high = info->infos.n, n = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (labels_compare(info->descriptions[middle].who, who) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*from = low; low + n < info->infos.n && labels_equal(info->descriptions[low + n].who, who); n++)
		;
	return n;
}

/* ---- what they add at one point ---- */

static bool is_wanted(const struct info *info, const char *name, uint32_t n)
{
	bool any = false;

	for (uint32_t i = 0; info->asked && i < info->asked->n_matchers; i++) {
		if (is_of_name(info->asked->matchers[i]))
			continue;
		if (text_equal(name, n, matcher_name(info->asked->matchers[i])))
			return true;
		any = true;
	}
	return !any;
}

static int add_one(struct info *info, struct labels base, const struct label *label)
{
	AUTO_BUF name = { 0 };
	struct label there;
	struct buf grown = { 0 };

	buf_add(&name, label->name, label->name_len);
	if (!buf_text(&name))
		return eval_no_memory(info->eval);
	if (labels_find(labels_in(&info->added), (const char *)name.data, &there) &&
	    (there.value_len != label->value_len || memcmp(there.value, label->value, label->value_len) != 0))
		return error_set(info->eval->err, -EINVAL, "conflicting label: %s", (const char *)name.data);
	if (labels_find(base, (const char *)name.data, &there))
		return 0;		/* what a series has it keeps */
	labels_set(labels_in(&info->added), (const char *)name.data, label->value, label->value_len, &grown);
	buf_fini(&info->added);
	info->added = grown;
	return buf_failed(&grown) ? eval_no_memory(info->eval) : 0;
}

static int add_labels(struct info *info, struct labels base, struct labels from)
{
	struct label label;
	uint32_t at = 0;

	while (labels_next(from, &at, &label)) {
		int r = 0;

		if (!text_equal(label.name, label.name_len, LABEL_NAME) && is_wanted(info, label.name, label.name_len))
			r = add_one(info, base, &label);
		if (r < 0)
			return r;
	}
	return 0;
}

static int refuse_two(struct info *info, const struct column *a, const struct column *b, double at)
{
	AUTO_BUF one = { 0 };
	AUTO_BUF other = { 0 };

	labels_print(a->labels, &one);
	labels_print(b->labels, &other);
	if (!buf_text(&one) || !buf_text(&other))
		return eval_no_memory(info->eval);
	return error_set(info->eval->err, -EINVAL, "found duplicate series for info metric: existing %s @ %" PRId64 ", new %s @ %" PRId64,
			 (const char *)one.data, (int64_t)at, (const char *)other.data, (int64_t)at);
}

static bool same_metric(struct labels a, struct labels b)
{
	struct label x = labels_metric(a), y = labels_metric(b);

	return x.value_len == y.value_len && (!x.value_len || !memcmp(x.value, y.value, x.value_len));
}

/* Of the metric of description i, which ends before *end, the newest at a point; NULL: none is there. */
static int newest(struct info *info, uint32_t i, uint32_t most, uint32_t point, uint32_t *end, const struct column **out)
{
	struct labels metric = info->descriptions[i].column->labels;
	double best = 0;

	*out = NULL;
	for (*end = i; *end < most && same_metric(metric, info->descriptions[*end].column->labels); (*end)++) {
		const struct column *column = info->descriptions[*end].column;
		double at = column->values[point];

		if (is_absent(at) || (*out && at < best))
			continue;
		if (*out && at == best)
			return refuse_two(info, *out, column, at);
		*out = column;
		best = at;
	}
	return 0;
}

static bool all_take_empty(const struct info *info)
{
	for (uint32_t i = 0; info->asked && i < info->asked->n_matchers; i++)
		if (!is_of_name(info->asked->matchers[i]) && !matcher_takes_empty(info->asked->matchers[i]))
			return false;
	return true;
}

/* To info->added. 1; 0: the point is left out. */
static int collect_added(struct info *info, struct labels base, uint32_t from, uint32_t n, uint32_t point)
{
	bool found = false;
	uint32_t end;

	buf_clear(&info->added);
	for (uint32_t i = from; i < from + n; i = end) {
		const struct column *column;
		int r = newest(info, i, from + n, point, &end, &column);

		if (r == 0 && column) {
			found = true;
			r = add_labels(info, base, column->labels);
		}
		if (r < 0)
			return r;
	}
	return found || all_take_empty(info);
}

/* ---- the series ---- */

/* 0 or -ENOMEM. */
static int merge(struct labels base, struct labels added, struct buf *out)
{
	struct label label;
	uint32_t at = 0;

	buf_add(out, base.data, base.size);
	while (labels_next(added, &at, &label)) {
		AUTO_BUF name = { 0 };
		struct buf grown = { 0 };

		buf_add(&name, label.name, label.name_len);
		if (!buf_text(&name) || buf_failed(out))
			return -ENOMEM;
		labels_set(labels_in(out), (const char *)name.data, label.value, label.value_len, &grown);
		buf_fini(out);
		*out = grown;
	}
	return buf_failed(out) ? -ENOMEM : 0;
}

/* Among those that this base series has become, from `first` on; a new one if none has these labels. */
static struct column *column_with(struct info *info, uint32_t first, struct labels labels)
{
	for (uint32_t i = info->out.n; i > first; i--)
		if (labels_equal(info->out.columns[i - 1].labels, labels))
			return &info->out.columns[i - 1];
	return matrix_add_empty(&info->out, labels);
}

static int put(struct info *info, const struct column *base, uint32_t first, uint32_t point)
{
	struct column *column;

	buf_clear(&info->labels);
	if (merge(base->labels, labels_in(&info->added), &info->labels) < 0)
		return eval_no_memory(info->eval);
	column = column_with(info, first, labels_in(&info->labels));
	if (!column)
		return info->eval->err->code;
	column->values[point] = base->values[point];
	return 0;
}

/* An info series that is itself asked about stays as it is. */
static bool is_info(const struct info *info, struct labels labels)
{
	struct label name = labels_metric(labels);

	for (uint32_t i = 0; i < info->n_matchers; i++)
		if (is_of_name(info->matchers[i]) && !matcher_test(info->matchers[i], name.value ? name.value : "", name.value_len))
			return false;
	return true;
}

static int enrich(struct info *info, const struct column *base)
{
	uint32_t first = info->out.n, from = 0, n = 0;
	AUTO_BUF who = { 0 };
	int r = 0;

	if (is_info(info, base->labels))
		return matrix_add(&info->out, base);
	labels_keep(base->labels, identity, N_IDENTITY, &who);
	if (buf_failed(&who))
		return eval_no_memory(info->eval);
	if (who.len)
		n = find(info, labels_in(&who), &from);
	for (uint32_t i = 0; r >= 0 && i < info->out.points; i++)
		if (!is_absent(base->values[i]) && (r = collect_added(info, base->labels, from, n, i)) > 0)
			r = put(info, base, first, i);
	return r < 0 ? r : eval_check(info->eval, 0);
}

static int run(struct info *info, const struct steps *steps)
{
	AUTO(stream) base = NULL;
	struct column column;
	int r;

	if ((r = read_infos(info, steps)) < 0 || (r = describe(info)) < 0 ||
	    (r = stream_open(info->eval, info->node->call.args[0], steps, &base)) < 0)
		return r;
	while ((r = stream_next(base, &column)) > 0)
		if ((r = enrich(info, &column)) < 0)
			return r;
	return r < 0 ? r : matrix_unite(&info->out);
}

static void info_fini(struct info *info)
{
	eval_free(info->eval, info->descriptions, info->infos.n, sizeof *info->descriptions);
	matrix_fini(&info->infos);
	matcher_destroy(info->target);
	free(info->matchers);
	buf_fini(&info->who);
	buf_fini(&info->added);
	buf_fini(&info->labels);
}

int stream_open_info(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct call *call = &node->call;
	struct info info = { .eval = eval, .node = node, .asked = call->n_args > 1 ? &node_unwrap(call->args[1])->selector : NULL };
	int r;

	matrix_init(&info.infos, eval, steps->n);
	matrix_init(&info.out, eval, steps->n);
	r = run(&info, steps);
	if (r < 0)
		matrix_fini(&info.out);
	info_fini(&info);
	return r < 0 ? r : stream_of_matrix(eval, node, steps, &info.out, out);
}
