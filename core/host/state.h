/* SPDX-License-Identifier: MIT */
/*
 * state.h - struct host, for the files that make up its facade: host.c (life),
 * wanted.c (what the settings ask for), change.c (from what is to what is wanted),
 * added.c (one more, one less), report.c (what is known), self.c (as metrics).
 *
 * Locks, in this order: change (one change at a time), list (who is there).
 */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include "host/instance.h"

struct host {
	struct shared shared;
	struct loader *loader;

	pthread_mutex_t change;
	struct settings *settings;	/* those in force; NULL: none yet */
	struct instance *self;		/* the built-in one */

	pthread_mutex_t list;
	struct instance **instances;	/* by name; not self */
	uint32_t n;

	_Atomic uint64_t reloads, reload_failures;

	void (*outside)(void *data, struct host_outside *outside);	/* NULL: there is nobody */
	void *outside_data;
};

/* Everything that needs no settings. 0 or -ENOMEM; host_fini also after a failure. */
int host_init(struct host *host, const struct host_options *options, const char *store_path);
void host_fini(struct host *host);
/* Limits for new samples. */
void host_take_limits(struct host *host, const struct settings *settings);

/* Wants `change` or `list` held. NULL: no such instance. */
struct instance *host_find(struct host *host, const char *name);
/* Put another list in force; takes it over. */
void host_set_list(struct host *host, struct instance **instances, uint32_t n);

/* ---- wanted.c ---- */

/* One instance that the settings ask for, and what is done for it. */
struct wanted {
	struct blueprint is;
	enum host_action action;
	char why[128];
	struct instance *old;		/* that has its name now; NULL: none */
	struct instance *made;		/* created for it, until it is in the list */
	struct settings *entry;		/* of one that was added: what its places point into */
	bool swapped, reconfigured;	/* done, so it would have to be undone */
};
struct wanted_list {
	uint32_t n;
	struct wanted *items;
};

/*
 * Load, check, fill in presets: every enabled row, those that were added at run time,
 * and the one that is built in. Adds all that is wrong to *err.
 */
int wanted_make(struct host *host, const struct settings *settings, struct wanted_list *list, struct error *err);
/* `code` NULL: the file that the setting names is loaded. */
int wanted_make_one(struct host *host, const struct settings *settings, const struct instance_setting *setting,
		    struct library *code, struct blueprint *blueprint, struct error *err);
void wanted_fini(struct wanted_list *list);
/* Pure: what is to be done with an instance that is `old` (NULL: none) and should be `next`? */
enum host_action wanted_action(const struct blueprint *old, const struct blueprint *next, char why[128]);
/*
 * Create what has to be created; on an error nothing stays. `try_values`: also what
 * would get other values as it runs, to hear what the plugin says of them.
 */
int wanted_create(struct host *host, struct wanted_list *list, bool try_values, struct error *err);
void wanted_abandon(struct wanted_list *list);	/* end what was created */

/* ---- added.c ---- */

/* What the entry of `old` says under other settings. Fills wanted->is and ->entry. */
int added_make(struct host *host, const struct settings *settings, const struct instance *old, struct wanted *wanted,
	       struct error *err);

/* ---- self.c ---- */

extern const struct kymo_plugin self_plugin;
/* What the built-in instance is to be: it goes after the defaults and the labels like any other. */
int self_make(struct host *host, const struct settings *settings, struct blueprint *blueprint, struct error *err);
#define SELF_NAME "kymo"

#endif
