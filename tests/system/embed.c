/* SPDX-License-Identifier: MIT */
/*
 * embed.c - a C program with the whole service inside, built from the installed
 * headers and the pkg-config file alone: a collector compiled in, events, a
 * query, a list, statistics, an instance that goes. Its argument is a folder.
 */
#include <kymo/kymo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kymo_metric metrics[] = {
	{ "app.answer", KYMO_GAUGE, 0, "", "The answer.", NULL },
};

static const struct kymo_host *host;

static int create(const struct kymo_host *given, const struct kymo_value *config, void **instance)
{
	(void)config;
	host = given;
	*instance = &host;
	return 0;
}

static void destroy(void *instance)
{
	(void)instance;
}

static int collect(void *instance, struct kymo_batch *batch)
{
	(void)instance;
	kymo_emit(host, batch, 0, 42);
	return 0;
}

static const struct kymo_plugin answer = {
	KYMO_PLUGIN_HEAD, .name = "answer", .version = "1.0", .summary = "Says 42.",
	KYMO_METRICS(metrics), .create = create, .destroy = destroy, .collect = collect,
};

static void log_line(void *data, uint32_t level, const char *topic, const char *text)
{
	(void)data;
	(void)level;
	fprintf(stderr, "[%s] %s\n", topic, text);
}

#define MUST(call) \
	do { \
		if ((call) < 0) { \
			fprintf(stderr, "%s: %s\n", #call, error.text); \
			return 1; \
		} \
	} while (0)

static int record(struct kymo *kymo)
{
	const struct kymo_label labels[] = { { "endpoint", "/in" }, { "status", "200" } };
	const struct kymo_event event = { sizeof event, 2, 0, "api.request", 7, labels };
	const struct kymo_event *events[] = { &event };

	return kymo_record(kymo, events, 1);
}

static int print_query(struct kymo *kymo, const char *name, struct kymo_error *error)
{
	const char *names[] = { name };
	struct kymo_query query = { .size = sizeof query, .n_names = 1, .names = names, .function = KYMO_AVG,
				    .granularity = KYMO_AUTO };
	struct kymo_answer *found;
	int r = kymo_query(kymo, &query, &found, error);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < found->n_series; i++)
		if (found->series[i].n_points)
			printf("%s %g\n", found->series[i].name, found->series[i].points[found->series[i].n_points - 1].value);
	kymo_free(found);
	return 0;
}

int main(int argc, char **argv)
{
	struct kymo_error error = { 0 };
	struct kymo *kymo;
	struct kymo_metric_list *list;
	struct kymo_snapshot *snapshot;
	struct kymo_service_stats stats = { .size = sizeof stats };
	struct kymo_maintained done = { .size = sizeof done };
	char yaml[4096];

	if (argc != 2)
		return 2;
	snprintf(yaml, sizeof yaml, "store: {path: %s/store}\nplugins: []\n", argv[1]);
	MUST(kymo_open(&(struct kymo_config){ .size = sizeof(struct kymo_config), .yaml = yaml, .log = log_line }, &kymo, &error));
	MUST(kymo_add(kymo, "plugin: answer\ninterval: 100ms\n", &answer, &error));
	usleep(350000);
	MUST(print_query(kymo, "app.answer", &error));
	printf("taken by nobody: %d\n", record(kymo));
	MUST(kymo_list(kymo, "app.*", &list, &error));
	for (uint32_t i = 0; i < list->n; i++)
		printf("list %s: %s\n", list->items[i].name, list->items[i].help);
	kymo_free(list);
	MUST(kymo_snapshot(kymo, &snapshot, &error));
	for (uint32_t i = 0; i < snapshot->group[KYMO_GROUP_CUSTOM].n; i++)
		if (!strcmp(snapshot->group[KYMO_GROUP_CUSTOM].items[i].name, "app.answer"))
			printf("snapshot %g\n", snapshot->group[KYMO_GROUP_CUSTOM].items[i].value);
	kymo_free(snapshot);
	MUST(kymo_maintain(kymo, 0, &done, &error));
	MUST(kymo_stats(kymo, &stats));
	printf("stats %s\n", stats.samples >= 3 && stats.collectors >= 1 ? "good" : "bad");
	MUST(kymo_remove(kymo, "answer", &error));
	printf("gone: %d\n", kymo_remove(kymo, "answer", &error));
	kymo_close(kymo);
	return 0;
}
