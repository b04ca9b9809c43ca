/* SPDX-License-Identifier: MIT */
/*
 * change.c - the transaction of a reload. What can refuse without a trace comes
 * first: loading, checking, creating. Then, while each step can still be undone:
 * other values for those that take them, the end of those that go, the swap of
 * those that are replaced, the start of those that are new. Last, what cannot fail;
 * only then does anything new collect, since what is stored cannot be undone.
 */
#include "host/state.h"

#include "host/plugin_file.h"
#include "util/duration.h"

#include <errno.h>
#include <stdio.h>

/* A change under way. */
struct change {
	struct host *host;
	struct wanted_list wanted;
	uint32_t n_gone;
	struct instance **gone;		/* that are no longer wanted */
	bool gone_stopped;
};

/* ---- what is to be done ---- */

static bool is_wanted(const struct change *change, const struct instance *instance)
{
	for (uint32_t i = 0; i < change->wanted.n; i++)
		if (change->wanted.items[i].old == instance)
			return true;
	return false;
}

static int find_gone(struct change *change, struct error *err)
{
	struct host *host = change->host;

	change->gone = calloc(host->n + 1, sizeof(struct instance *));
	if (!change->gone)
		return error_set(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < host->n; i++)
		if (!is_wanted(change, host->instances[i]))
			change->gone[change->n_gone++] = host->instances[i];
	return 0;
}

static void put(struct host_changes *changes, enum host_action action, const struct blueprint *is, const char *why)
{
	struct host_change *item = &changes->items[changes->n++];

	item->action = action;
	snprintf(item->name, sizeof item->name, "%s", is->name);
	snprintf(item->plugin, sizeof item->plugin, "%.63s", is->plugin);
	snprintf(item->why, sizeof item->why, "%s", why);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct host_change *)a)->name, ((const struct host_change *)b)->name);
}

/* Before anything is done: afterwards the blueprints have been used up. */
static int list_changes(const struct change *change, struct host_changes *changes, struct error *err)
{
	struct host *host = change->host;

	if (!changes)
		return 0;
	*changes = (struct host_changes){ 0 };
	changes->items = calloc(change->wanted.n + host->n + 1, sizeof *changes->items);
	if (!changes->items)
		return error_set(err, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < change->wanted.n; i++)
		if (!change->wanted.items[i].is.builtin)
			put(changes, change->wanted.items[i].action, &change->wanted.items[i].is, change->wanted.items[i].why);
	for (uint32_t i = 0; i < change->n_gone; i++)
		put(changes, HOST_STOP, &change->gone[i]->is, "");
	qsort(changes->items, changes->n, sizeof *changes->items, by_name);
	return 0;
}

static void note_action(struct host_changes *changes, const char *name, enum host_action action)
{
	for (uint32_t i = 0; changes && i < changes->n; i++)
		if (!strcmp(changes->items[i].name, name))
			changes->items[i].action = action;
}

static int prepare(struct change *change, const struct settings *settings, bool try_values, struct host_changes *changes,
		   struct error *err)
{
	int r = wanted_make(change->host, settings, &change->wanted, err);

	if (r == 0)
		r = find_gone(change, err);
	if (r == 0)
		r = list_changes(change, changes, err);
	return r < 0 ? r : wanted_create(change->host, &change->wanted, try_values, err);
}

static void change_fini(struct change *change)
{
	wanted_abandon(&change->wanted);
	wanted_fini(&change->wanted);
	free(change->gone);
}

/* ---- steps that can be undone ---- */

/* It does not take these values after all: it is replaced. */
static int replace_instead(struct change *change, struct wanted *wanted, struct host_changes *changes, struct error *err)
{
	wanted->action = HOST_REPLACE;
	note_action(changes, wanted->is.name, HOST_REPLACE);
	return instance_create(&change->host->shared, &wanted->is, &wanted->made, err);
}

static int reconfigure_all(struct change *change, struct host_changes *changes, struct error *err)
{
	int r = 0;

	for (uint32_t i = 0; i < change->wanted.n && r == 0; i++) {
		struct wanted *wanted = &change->wanted.items[i];

		if (wanted->action != HOST_RECONFIGURE)
			continue;
		r = instance_reconfigure(wanted->old, &wanted->is, err);
		wanted->reconfigured = r == 0;
		if (r == -ENOTSUP)
			r = replace_instead(change, wanted, changes, err);
	}
	return r;
}

static void stop_gone(struct change *change)
{
	for (uint32_t i = 0; i < change->n_gone; i++)
		instance_halt(change->gone[i], true, true);
	change->gone_stopped = true;
}

/* One that did not answer was not stopped either. */
static void again(struct instance *instance)
{
	struct error err = { 0 };

	if (instance->halted && instance_again(instance, &err) < 0)
		log_error(LOG_HOST, "%s does not start again: %s", instance->is.name, error_text(&err));
	error_clear(&err);
}

static void give_back(struct wanted *wanted)
{
	if (wanted->old->halted)
		instance_give_back(wanted->made, wanted->old);
	again(wanted->old);
}

/* From one that does not answer nothing can be taken over: its thread may come back at any time. */
static int swap(struct wanted *wanted, struct error *err)
{
	int r = 0;

	if (instance_halt(wanted->old, true, false))
		r = instance_succeed(wanted->made, wanted->old);
	if (r < 0) {
		again(wanted->old);
		return error_set(err, r, "%s: %s", wanted->old->is.name, error_name(r));
	}
	r = instance_start(wanted->made, err);
	if (r < 0) {
		give_back(wanted);
		return r;
	}
	wanted->swapped = true;
	return 0;
}

static int swap_and_start(struct change *change, struct error *err)
{
	int r = 0;

	for (uint32_t i = 0; i < change->wanted.n && r == 0; i++) {
		struct wanted *wanted = &change->wanted.items[i];

		if (wanted->action == HOST_REPLACE)
			r = swap(wanted, err);
		else if (wanted->action == HOST_START)
			r = instance_start(wanted->made, err);
	}
	return r;
}

static void undo_one(struct wanted *wanted)
{
	struct error err = { 0 };

	if (wanted->swapped) {
		instance_stop(wanted->made);
		give_back(wanted);
	} else if (wanted->action == HOST_START && wanted->made && wanted->made->worker) {
		instance_stop(wanted->made);
	}
	if (wanted->reconfigured && instance_reconfigure(wanted->old, &wanted->is, &err) < 0)
		log_error(LOG_HOST, "%s does not take its old values again: %s", wanted->old->is.name, error_text(&err));
	wanted->swapped = wanted->reconfigured = false;
	error_clear(&err);
}

static void undo(struct change *change)
{
	for (uint32_t i = change->wanted.n; i-- > 0;)
		undo_one(&change->wanted.items[i]);
	for (uint32_t i = 0; change->gone_stopped && i < change->n_gone; i++)
		again(change->gone[i]);
}

/* ---- what cannot fail ---- */

static int instance_order(const void *a, const void *b)
{
	return strcmp((*(struct instance *const *)a)->is.name, (*(struct instance *const *)b)->is.name);
}

static struct instance *now_is(const struct wanted *wanted)
{
	return wanted->made ? wanted->made : wanted->old;
}

/* Without the one that is built in. */
static struct instance **new_list(const struct change *change, uint32_t *n)
{
	struct instance **list = calloc(change->wanted.n + 1, sizeof(struct instance *));

	*n = 0;
	for (uint32_t i = 0; list && i < change->wanted.n; i++)
		if (!now_is(&change->wanted.items[i])->is.builtin)
			list[(*n)++] = now_is(&change->wanted.items[i]);
	if (list)
		qsort(list, *n, sizeof(struct instance *), instance_order);
	return list;
}

static void say_outside(const struct settings *settings, const struct instance *instance)
{
	const char *path = library_path(instance->is.code);

	if (path[0] && !plugin_file_is_ours(settings, path))
		log_info(LOG_HOST, "%s: %s is from outside the plugin folders; it runs inside the daemon", instance->is.name, path);
}

static void begin(struct instance *instance)
{
	struct error err = { 0 };

	if (instance_begin(instance, &err) < 0)
		log_error(LOG_HOST, "%s", error_text(&err));
	error_clear(&err);
}

/* One that did not answer has been waited for. */
static int64_t patience(struct instance *instance)
{
	return instance->halted ? instance_patience(instance) : 0;
}

static void end_gone(struct change *change)
{
	for (uint32_t i = 0; i < change->n_gone; i++)
		instance_end(change->gone[i], patience(change->gone[i]));
}

static void end_old(struct wanted *wanted)
{
	if (wanted->swapped)
		instance_end(wanted->old, patience(wanted->old));
	wanted->swapped = false;
}

/* Whoever handed its series over may take its time to end; whoever did not has to let go of them first. */
static void begin_made(struct change *change, const struct settings *settings)
{
	for (uint32_t i = 0; i < change->wanted.n; i++) {
		struct wanted *wanted = &change->wanted.items[i];

		if (wanted->swapped && !wanted->old->halted)
			end_old(wanted);
		if (wanted->made) {
			say_outside(settings, wanted->made);
			begin(TAKE(wanted->made));
		}
		end_old(wanted);
	}
}

static void set_self(struct change *change)
{
	for (uint32_t i = 0; i < change->wanted.n; i++)
		if (now_is(&change->wanted.items[i])->is.builtin)
			change->host->self = now_is(&change->wanted.items[i]);
}

/* The list first: nobody finds what is about to end. Who is gone lets go of its series before others begin. */
static void commit(struct change *change, const struct settings *settings, struct instance **list, uint32_t n)
{
	host_set_list(change->host, list, n);
	set_self(change);
	end_gone(change);
	begin_made(change, settings);
}

static int perform(struct change *change, const struct settings *settings, struct host_changes *changes, struct error *err)
{
	uint32_t n;
	int r = reconfigure_all(change, changes, err);
	AUTO_FREE struct instance **list = NULL;

	if (r == 0) {
		stop_gone(change);
		r = swap_and_start(change, err);
	}
	if (r == 0 && !(list = new_list(change, &n)))
		r = error_set(err, -ENOMEM, "out of memory");
	if (r < 0) {
		undo(change);
		return r;
	}
	commit(change, settings, TAKE(list), n);
	return 0;
}

/* ---- the facade's part ---- */

static void take_log_levels(const struct settings *settings)
{
	for (int topic = 0; topic < LOG_TOPICS; topic++)
		log_set_level((enum log_topic)topic, settings->log[topic]);
}

int host_apply(struct host *host, struct settings *settings, struct host_changes *changes, struct error *err)
{
	struct change change = { .host = host };
	bool first;
	int r;
	LOCK(&host->change);

	first = !host->settings;
	if (first)
		host_take_limits(host, settings);
	r = prepare(&change, settings, false, changes, err);
	if (r == 0)
		r = perform(&change, settings, changes, err);
	change_fini(&change);
	if (r < 0) {
		if (changes)
			host_changes_fini(changes);
		host->reload_failures += !first;
		return r;
	}
	host->reloads += !first;
	host_take_limits(host, settings);
	take_log_levels(settings);
	settings_free(host->settings);
	host->settings = settings;
	return 0;
}

int host_plan(struct host *host, const struct settings *settings, struct host_changes *changes, struct error *err)
{
	struct change change = { .host = host };
	int r;
	LOCK(&host->change);

	r = prepare(&change, settings, true, changes, err);
	change_fini(&change);
	if (r < 0 && changes)
		host_changes_fini(changes);
	return r;
}

void host_changes_fini(struct host_changes *changes)
{
	free(changes->items);
	*changes = (struct host_changes){ 0 };
}

const char *host_action_name(enum host_action action)
{
	static const char *const names[] = { "keep", "reconfigure", "start", "replace", "stop" };

	return names[action];
}
