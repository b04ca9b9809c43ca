/* SPDX-License-Identifier: MIT */
#include "stand.h"
#include "model/sample.h"

#include <ftw.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void must(int r, struct error *err)
{
	if (r < 0)
		fail_msg("%s", error_text(err));
	error_clear(err);
}

int stand_open(void **state)
{
	struct stand *stand = calloc(1, sizeof *stand);
	const char *tmp = getenv("TMPDIR");
	struct store_options options;
	struct error err = { 0 };

	assert_non_null(stand);
	snprintf(stand->dir, sizeof stand->dir, "%s/kymo-stand-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(stand->dir));
	options = store_options_preset(stand->dir);
	options.manual = true;
	must(store_open(&options, &stand->store, &err), &err);
	must(host_create(&(struct host_options){ .store = stand->store }, &stand->host, &err), &err);
	stand_must_apply(stand, "plugins: []\nhttp: {listen: []}\nlog: {level: error}\n");
	*state = stand;
	return 0;
}

int stand_close(void **state)
{
	struct stand *stand = *state;

	host_destroy(stand->host);
	store_close(stand->store);
	nftw(stand->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(stand);
	return 0;
}

int stand_apply(struct stand *stand, const char *yaml, struct host_changes *changes, struct error *err)
{
	struct settings *settings = settings_parse("test.yaml", yaml, strlen(yaml), err);
	int r = settings ? host_apply(stand->host, settings, changes, err) : err->code;

	if (r < 0)
		settings_free(settings);
	return r;
}

void stand_must_apply(struct stand *stand, const char *yaml)
{
	struct error err = { 0 };

	must(stand_apply(stand, yaml, NULL, &err), &err);
}

int stand_change(struct stand *stand, const char *yaml, char text[512])
{
	struct error err = { 0 };
	AUTO_BUF all = { 0 };
	int r;

	buf_printf(&all, "http: {listen: []}\nlog: {level: error}\n%s", yaml);
	r = stand_apply(stand, buf_text(&all), NULL, &err);
	if (r < 0 && !text)
		fail_msg("%s", error_text(&err));
	if (text)
		snprintf(text, 512, "%s", error_text(&err));
	error_clear(&err);
	return r;
}

int stand_add(struct stand *stand, const char *yaml, const struct kymo_plugin *plugin, struct error *err)
{
	return host_add(stand->host, yaml, strlen(yaml), plugin, err);
}

void stand_must_add(struct stand *stand, const char *yaml, const struct kymo_plugin *plugin)
{
	struct error err = { 0 };

	must(stand_add(stand, yaml, plugin, &err), &err);
}

/* ---- what is stored ---- */

static void read_series(struct select *select, struct samples *samples)
{
	struct cursor *cursor;
	struct piece piece;

	assert_int_equal(cursor_open(select, 0, &cursor), 0);
	while (cursor_next(cursor, &piece) > 0)
		for (uint32_t i = 0; i < piece.n && samples->n < SAMPLES_MOST; i++) {
			samples->at[samples->n] = piece.at[i];
			samples->value[samples->n] = piece.values ? piece.values[i] : piece.sum[i];
			samples->count[samples->n++] = piece.values ? 0 : piece.count[i];
		}
	cursor_close(cursor);
}

const struct samples *stand_samples(struct stand *stand, const char *name, const char *label, const char *value)
{
	static struct samples samples;
	struct error err = { 0 };
	struct matcher *matchers[] = {
		matcher_create(MATCH_EQUAL, LABEL_NAME, name, &err),
		label ? matcher_create(MATCH_EQUAL, label, value, &err) : NULL,
	};
	struct select_request request = {
		.matchers = matchers, .n_matchers = label ? 2 : 1, .tier = KYMO_RAW, .end = INT64_MAX, .wants = WANT_ALL,
	};
	struct select *select = NULL;

	must(select_open(stand->store, &request, &select, &err), &err);
	samples.n = 0;
	samples.n_series = select_count(select);
	if (samples.n_series)
		read_series(select, &samples);
	select_close(select);
	matcher_destroy(matchers[0]);
	matcher_destroy(matchers[1]);
	return &samples;
}

bool stand_has_ended(struct stand *stand, const char *name)
{
	const struct samples *samples = stand_samples(stand, name, NULL, NULL);

	return samples->n && value_is_stale(samples->value[samples->n - 1]);
}

struct wanted_series {
	const char *text;
	double value;
};

static int find_series(void *data, const struct series_view *view)
{
	struct wanted_series *wanted = data;
	AUTO_BUF text = { 0 };

	labels_print(view->labels, &text);
	if (strcmp(buf_text(&text), wanted->text) != 0)
		return 0;
	if (view->last_at != INT64_MIN)
		wanted->value = view->last;
	return 1;
}

double stand_latest(struct stand *stand, const char *series)
{
	struct wanted_series wanted = { series, NAN };

	store_each_series(stand->store, NULL, 0, find_series, &wanted);
	return wanted.value;
}

/* ---- what is known ---- */

struct search {
	const char *name;
	struct instance_stats *stats;
};

static int find(void *data, const struct instance_stats *stats)
{
	struct search *search = data;

	if (strcmp(stats->name, search->name) != 0)
		return 0;
	*search->stats = *stats;
	return 1;
}

bool stand_stats(struct stand *stand, const char *name, struct instance_stats *stats)
{
	struct search search = { name, stats };

	*stats = (struct instance_stats){ .name = NULL };
	return host_each_instance(stand->host, find, &search) == 1;
}

struct instance_stats stand_numbers(struct stand *stand, const char *name)
{
	struct instance_stats stats;

	stand_stats(stand, name, &stats);
	return stats;
}

void stand_rest(void)
{
	nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
}

void stand_wait_for_collects(struct stand *stand, const char *name, uint64_t more)
{
	struct instance_stats stats;
	uint64_t begin;

	assert_true(stand_stats(stand, name, &stats));
	begin = stats.collections;
	WAIT_UNTIL(stand_stats(stand, name, &stats) && stats.collections >= begin + more);
}
