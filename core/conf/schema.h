/* SPDX-License-Identifier: MIT */
/*
 * schema.h - a mapping of the tree, checked against a table of options.
 *
 * The tables of the core's own settings and those of plugins are the same
 * kind, so both get the same errors: unknown keys (with the nearest known one),
 * wrong types, values out of bounds or not among the choices, missing required
 * ones. A KYMO_SECRET option takes text or `{file: PATH}`; its value never
 * shows in an error or a print.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "conf/yaml.h"
#include "util/buf.h"

#include <kymo/option.h>

struct schema {
	const char *what;		/* "store", "plugin system": for messages */
	const struct kymo_option *options;
	uint32_t n_options;
};

/* Checked values, and where each of them stands. Its own memory: outlives the tree. */
struct schema_values {
	const struct kymo_value *values;	/* one for each option, in order */
	struct schema_memory *memory;
};

/*
 * `map` NULL: nothing is given, all presets. Adds to *err everything that is
 * wrong; then NULL.
 */
struct schema_values *schema_apply(const struct schema *schema, const struct yaml_node *map,
				   struct place whole, struct error *err);
void schema_values_free(struct schema_values *values);
DEFINE_AUTO(schema_values, schema_values_free)

/* Where a value (also one inside rows and lists) stands; of a preset, the place of the whole. */
struct place schema_place(const struct schema_values *values, const struct kymo_value *value);
/* Equal in all values? Of the same table. Secrets compare by content. */
bool schema_equal(const struct schema *schema, const struct schema_values *a, const struct schema_values *b);
/* The key of the first difference, for `kymo plan`; NULL: none. */
const char *schema_difference(const struct schema *schema, const struct schema_values *a,
			      const struct schema_values *b);

/* Is the table itself sound (keys, types, presets parse, bounds)? For the loader. */
int schema_check_table(const struct schema *schema, struct error *err);

/* For `kymo describe`: each option with type, preset, bounds and help, as text for people. */
void schema_describe(const struct schema *schema, struct buf *out);

#endif
