/* SPDX-License-Identifier: MIT */
/* bad.c - a plugin with one thing wrong, chosen by the build: -DKIND_<name>. */
#include <kymo/plugin.h>

#include <errno.h>
#include <stdlib.h>

#ifdef KIND_undefined
extern void nobody_has_this(void);
#endif

/* The instance is the host's table: all that it needs. */
__attribute__((unused)) static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	(void)config;
#ifdef KIND_undefined
	nobody_has_this();
#endif
	*instance = (void *)(uintptr_t)host;
	return 0;
}

__attribute__((unused)) static void destroy(void *instance) { (void)instance; }

__attribute__((unused)) static int collect(void *instance, struct kymo_batch *batch)
{
#ifdef KIND_newer
	kymo_emit(instance, batch, 0, 2);
#else
	kymo_emit(instance, batch, 0, 1);
#endif
	return 0;
}

static const struct kymo_metric metrics[] = {
#ifdef KIND_bad_metric
	{ "bad.value", 99, 0, "", "A value.", NULL },
#else
	{ "bad.value", KYMO_GAUGE, 0, "", "A value.", NULL },
#endif
#ifdef KIND_twice
	{ "bad.value", KYMO_GAUGE, 0, "", "The same again.", NULL },
#endif
};

static const struct kymo_option options[] = {
#ifdef KIND_bad_option
	{ .key = "wait", .type = KYMO_DURATION, .preset = "10 parsecs", .help = "How long." },
#else
	{ .key = "wait", .type = KYMO_DURATION, .preset = "10s", .help = "How long." },
#endif
};

#if defined(KIND_no_note)
extern KYMO_EXPORT const struct kymo_plugin kymo_plugin;
const struct kymo_plugin kymo_plugin = {
#elif defined(KIND_no_symbol)
__attribute__((section(".note.kymo"), aligned(4), used))
static const struct kymo_note kymo_note = { 5, 8, KYMO_NOTE_TYPE, "kymo", KYMO_ABI, sizeof(struct kymo_plugin) };
extern KYMO_EXPORT const struct kymo_plugin other_name;
const struct kymo_plugin other_name = {
#elif defined(KIND_other_major)
__attribute__((section(".note.kymo"), aligned(4), used))
static const struct kymo_note kymo_note = { 5, 8, KYMO_NOTE_TYPE, "kymo", 7u << 16 | 3, sizeof(struct kymo_plugin) };
const struct kymo_plugin kymo_plugin = {
#else
KYMO_PLUGIN = {
#endif
	KYMO_PLUGIN_HEAD,
#ifdef KIND_bad_name
	.name = "Bad Name",
#else
	.name = "good",
#endif
	.version = "1.0", .summary = "A test.",
	KYMO_METRICS(metrics), KYMO_OPTIONS(options),
#ifndef KIND_no_create
	.create = create,
#endif
	.destroy = destroy,
#ifndef KIND_no_collect
	.collect = collect,
#endif
};
