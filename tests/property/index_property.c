/* SPDX-License-Identifier: MIT */
/*
 * index_property.c - series are added and removed, the index is closed and opened
 * and written anew, in any order, and what it selects is what a list of all series
 * gives when it is tested from end to end.
 */
#include "folder.h"
#include "random.h"
#include "index/index.h"
#include "index/postings.h"

enum { ROUNDS = 12, STEPS = 400, MOST = 6000, MATCHERS = 3, TEXT = 24 };

struct known {
	bool live;
	struct buf labels;
};

static struct folder folder;
static struct index *index_;
static struct known known[MOST];	/* by ref */
static uint32_t n_known, n_live;
static struct random rnd;

static const char *const names[] = { "a", "b", "job", "z", "\xc3\xa9t\xc3\xa9", "never" };
static const char *const stems[] = { "x", "y", "ya", "yb", "node-", "\xc3\xa9", "Y", "0" };

static void open_index(void)
{
	struct error err = { 0 };

	if (index_open(folder.path, &index_, &err) < 0)
		fail_msg("%s", error_text(&err));
}

/* Few values of some names, many of others. */
static void value_of(char text[TEXT], uint32_t name)
{
	static const uint32_t kinds[] = { 3, 40, 1, 3000, 8 };
	uint32_t number = random_below(&rnd, kinds[name]);

	snprintf(text, TEXT, "%s%.0u", stems[random_below(&rnd, name == 2 ? 2 : 8)], number);
	if (number > 2)
		snprintf(text + strlen(text), TEXT - strlen(text), "%u", number);
}

static struct labels random_labels(struct buf *out)
{
	char text[6][TEXT];
	struct label items[6] = { { LABEL_NAME, text[5], sizeof LABEL_NAME - 1, 0 } };
	uint32_t n = 1;

	snprintf(text[5], TEXT, "m%u", random_below(&rnd, 20));
	items[0].value_len = (uint32_t)strlen(text[5]);
	for (uint32_t i = 0; i < 5; i++) {
		if (!random_below(&rnd, 3))
			continue;
		value_of(text[i], i);
		items[n++] = (struct label){ names[i], text[i], (uint32_t)strlen(names[i]), (uint32_t)strlen(text[i]) };
	}
	buf_clear(out);
	assert_int_equal(labels_encode(items, n, out), 0);
	return (struct labels){ out->data, (uint32_t)out->len };
}

static struct labels labels_known(series_ref ref)
{
	return (struct labels){ known[ref].labels.data, (uint32_t)known[ref].labels.len };
}

static series_ref find_known(struct labels labels)
{
	for (series_ref ref = 1; ref <= n_known; ref++)
		if (known[ref].live && labels_equal(labels_known(ref), labels))
			return ref;
	return 0;
}

static void add_one(void)
{
	static const struct index_limits limits = { UINT32_MAX, UINT32_MAX };
	AUTO_BUF bytes = { 0 };
	struct labels labels = random_labels(&bytes);
	series_ref expected = find_known(labels), ref;

	if (!expected && n_known + 2 >= MOST)
		return;
	assert_int_equal(index_add(index_, labels, &limits, &ref), 0);
	assert_int_equal(ref, expected ? expected : n_known + 1);
	if (expected)
		return;
	known[++n_known] = (struct known){ .live = true, .labels = bytes };
	bytes = (struct buf){ 0 };
	n_live++;
}

static void remove_one(void)
{
	series_ref ref = n_known ? 1 + random_below(&rnd, n_known) : 0;
	struct index_stats before, after;

	if (!ref || !known[ref].live)
		return;
	index_stats(index_, &before);
	index_remove(index_, ref);
	index_stats(index_, &after);
	known[ref].live = false;
	n_live--;
	assert_int_equal(after.removed, before.removed + 1);
}

/* A run of removals, so that lists lose their middle. */
static void remove_many(void)
{
	for (uint32_t n = random_below(&rnd, 200); n; n--)
		remove_one();
}

static struct matcher *random_matcher(void)
{
	static const char *const expressions[] = { "", ".*", ".+", "y.*", "y.+", "x|y", "x|ya1|", "y(a|b).*", "[xy].*", ".*1", ".+1.*",
						   ".*a.+", "ya?.*", "(?i)y.*", "\xc3\xa9+.*", "node-1.*", "node-\\d+", "y|x.*",
						   "(?:y.*)", "^y.*$", "no.e-.*", "x", "(?i)n|y", "y{1}.*" };
	static const char *const patterns[] = { "*", "y*", "?a*", "node-1*", "x", "*1", "\\y*", "" };
	const char *name = random_below(&rnd, 8) ? names[random_below(&rnd, 6)] : LABEL_NAME;
	enum matcher_op op = (enum matcher_op)random_below(&rnd, 5);
	char value[TEXT] = "";

	if (op == MATCH_PATTERN)
		snprintf(value, sizeof value, "%s", patterns[random_below(&rnd, 8)]);
	else if (op == MATCH_REGEX || op == MATCH_NOT_REGEX)
		snprintf(value, sizeof value, "%s", expressions[random_below(&rnd, sizeof expressions / sizeof *expressions)]);
	else if (!strcmp(name, LABEL_NAME))
		snprintf(value, sizeof value, "m%u", random_below(&rnd, 22));
	else if (random_below(&rnd, 5))
		value_of(value, random_below(&rnd, 5));
	return matcher_create(op, name, value, NULL);
}

static void describe(struct matcher *const *matchers, uint32_t n, struct buf *out)
{
	static const char *const ops[] = { "=", "!=", "=~", "!~", "=*" };

	for (uint32_t i = 0; i < n; i++)
		buf_printf(out, " %s%s\"%s\"", matcher_name(matchers[i]), ops[matcher_op(matchers[i])], matcher_value(matchers[i]));
}

static void expect(struct matcher *const *matchers, uint32_t n, const struct refs *got)
{
	AUTO_BUF text = { 0 };
	uint32_t at = 0;

	for (series_ref ref = 1; ref <= n_known; ref++) {
		bool wanted = known[ref].live && matchers_test(matchers, n, labels_known(ref));
		bool there = at < got->n && got->ref[at] == ref;

		if (wanted != there) {
			describe(matchers, n, &text);
			fail_msg("ref %u is %s:%s", ref, there ? "there" : "not there", buf_text(&text));
		}
		at += there;
	}
	assert_int_equal(at, got->n);
}

static void select_some(void)
{
	struct matcher *matchers[MATCHERS];
	struct refs refs = { 0 };
	uint32_t n = random_below(&rnd, MATCHERS + 1);

	for (uint32_t i = 0; i < n; i++)
		assert_non_null(matchers[i] = random_matcher());
	assert_int_equal(index_select(index_, matchers, n, &refs), 0);
	expect(matchers, n, &refs);
	refs_fini(&refs);
	while (n--)
		matcher_destroy(matchers[n]);
}

static void check_all(void)
{
	AUTO_BUF names_of = { 0 };
	struct index_stats stats;

	index_stats(index_, &stats);
	assert_int_equal(stats.series, n_live);
	assert_int_equal(stats.quarantined, 0);
	index_lock(index_);
	for (series_ref ref = 1; ref <= n_known; ref++) {
		const struct series *series = index_series(index_, ref);
		struct labels labels;

		assert_true(!series == !known[ref].live);
		if (!series)
			continue;
		assert_int_equal(index_labels(index_, series, &names_of, &labels), 0);
		assert_true(labels_equal(labels, labels_known(ref)));
		assert_int_equal(index_find(index_, labels), ref);
	}
	index_unlock(index_);
}

static void reopen(void)
{
	assert_int_equal(index_write(index_), 0);
	index_close(index_);
	open_index();
	check_all();
}

static void step(void)
{
	uint64_t saved;

	switch (random_below(&rnd, 40)) {
	case 0:
		reopen();
		break;
	case 1:
		assert_int_equal(index_compact(index_, &saved, NULL), 0);
		break;
	case 2:
		assert_int_equal(index_write(index_), 0);
		break;
	case 3:
		remove_many();
		break;
	case 4: case 5: case 6: case 7:
		remove_one();
		break;
	case 8: case 9: case 10: case 11: case 12: case 13:
		select_some();
		break;
	default:
		for (uint32_t n = 1 + random_below(&rnd, 4); n; n--)
			add_one();
	}
}

static void it_selects_what_a_list_gives(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		rnd = random_seed(round);
		folder_make(&folder);
		open_index();
		for (int i = 0; i < STEPS; i++)
			step();
		check_all();
		index_close(index_);
		folder_remove(&folder);
		for (series_ref ref = 1; ref <= n_known; ref++)
			buf_fini(&known[ref].labels);
		n_known = n_live = 0;
	}
}

/* A list of refs against bits, in all its forms. */
static void postings_are_a_set_of_refs(void **state)
{
	enum { REFS = 300000, CHANGES = 200000 };
	uint8_t *bits = calloc(REFS, 1);
	series_ref *copy = malloc(REFS * sizeof *copy);

	(void)state;
	for (uint32_t round = 0; round < 6; round++) {
		struct postings list = { 0 };
		struct postings_probe probe = postings_probe(&list);
		uint32_t n = 0, at = 0;

		rnd = random_seed(100 + round);
		memset(bits, 0, REFS);
		for (uint32_t change = 0; change < CHANGES; change++) {
			uint32_t ref = round % 3 == 0 ? change + 1 : 1 + random_below(&rnd, round % 3 == 1 ? REFS - 1 : 3000);

			if (random_below(&rnd, 16) || round == 5) {
				assert_int_equal(postings_add(&list, ref), 0);
				n += !bits[ref];
				bits[ref] = 1;
			} else {
				ref = 1 + random_below(&rnd, ref);
				assert_int_equal(postings_prepare_remove(&list, ref), 0);
				postings_remove(&list, ref);
				n -= bits[ref];
				bits[ref] = 0;
			}
		}
		assert_int_equal(list.count, n);
		postings_copy(&list, copy);
		for (uint32_t ref = 1; ref < REFS; ref++) {
			if (bits[ref])
				assert_int_equal(copy[at++], ref);
			if (postings_has(&probe, ref) != bits[ref])
				fail_msg("round %u, ref %u", round, ref);
		}
		for (uint32_t ref = 1; ref < REFS; ref++)
			if (bits[ref] && postings_prepare_remove(&list, ref) == 0)
				postings_remove(&list, ref);
		assert_int_equal(list.count, 0);
		assert_int_equal(postings_bytes(&list), 0);
		postings_fini(&list);
	}
	free(copy);
	free(bits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_selects_what_a_list_gives),
		cmocka_unit_test(postings_are_a_set_of_refs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
