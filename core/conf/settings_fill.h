/* SPDX-License-Identifier: MIT */
/*
 * settings_fill.h - from checked values to struct settings; inside of conf
 * only. settings_instance.c does the rows of plugins and sinks,
 * settings_check.c what no table can say.
 */
#ifndef CONF_SETTINGS_FILL_H
#define CONF_SETTINGS_FILL_H

#include "conf/bump.h"
#include "conf/settings.h"
#include "conf/settings_table.h"

struct settings_memory {
	struct bump bump;
	struct schema_values *values;	/* strings of the settings live here */
};

/* Labels of a value of OPTION_LABELS. 0 or -ENOMEM. */
int fill_labels(struct bump *bump, const struct kymo_value *value, const struct setting_label **labels,
		uint32_t *n);
/* The texts of a list. 0 or -ENOMEM. */
int fill_texts(struct bump *bump, const struct kymo_value *value, const char *const **texts, uint32_t *n);

/* What is wrong goes to *err, and what could be read is filled in. 0 or -ENOMEM. */
int fill_policies(struct settings *settings, const struct kymo_value *rows, struct error *err);
int fill_instances(struct settings *settings, struct error *err);

/* Look at what depends on more than one value. Adds to *err. 0 or -ENOMEM. */
int check_instances(const struct settings *settings, struct error *err);
void check_rest(const struct settings *settings, struct error *err);

#endif
