/* SPDX-License-Identifier: MIT */
/*
 * schema_read.h - how values come out of a tree; inside of conf only.
 * schema_table.c reads mappings and lists, schema_scalar.c single values,
 * schema_secret.c texts from files; schema.c is the way in.
 */
#ifndef CONF_SCHEMA_READ_H
#define CONF_SCHEMA_READ_H

#include "conf/bump.h"
#include "conf/option.h"
#include "conf/schema.h"

#define VALUES_MOST 1000000u		/* of one schema, rows and lists included */

/* An array of values, and where each of them stands. */
struct segment {
	struct segment *next;
	struct kymo_value *values;
	struct place *places;
	uint32_t n;
};

struct schema_memory {
	struct bump bump;
	struct segment *segments;
	struct place whole;		/* its file name is ours */
	const char *file, *file_copy;	/* the last one that was copied */
	size_t n_values;
};

/* One walk through a mapping and its table. */
struct reading {
	struct schema_memory *memory;
	struct error *err;
	struct place whole;		/* what presets are said to stand at */
	bool preset;			/* the tree is that of a preset */
};

/* Room for n values, all at that place; NULL with *err set. */
struct segment *segment_create(struct reading *reading, uint32_t n, struct place at);
void segment_set_place(struct reading *reading, struct segment *segment, uint32_t i, struct place at);
int no_room(struct reading *reading);	/* out of memory, as an error */

/*
 * The values of a table: presets, and what the mapping gives over them. `map`
 * NULL: nothing. What is wrong goes to *err and the preset stays; NULL only when
 * out of memory.
 */
const struct kymo_value *read_table(struct reading *reading, const struct schema *schema,
				    const struct yaml_node *map, struct place whole);

/* One value. 0, or the error that was said. */
int read_value(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
	       struct kymo_value *value);
int read_scalar(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
		struct kymo_value *value);
int read_text(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
	      struct kymo_value *value);
/* What `{file: PATH}` leads to: a malloc'ed text. */
int read_secret(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
		char **text);

/* Like schema_apply, but gives what could be read, errors or not. NULL: out of memory. */
struct schema_values *schema_read(const struct schema *schema, const struct yaml_node *map,
				  struct place whole, struct error *err);

/* Like schema_check_table, for tables that use the types of option.h. */
int schema_check_ours(const struct schema *schema, struct error *err);

/* "is a list, not a duration (write 500ms, 10s or 5m)" */
int wrong_kind(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node);

/* For people: "a duration", "write 500ms, 10s or 5m", "100ms to 1d" ("" without bounds). */
const char *type_noun(uint32_t type);
const char *type_hint(uint32_t type);
#define BOUNDS_TEXT 160
const char *bounds_text(const struct kymo_option *option, char room[BOUNDS_TEXT]);
const char *choice_at(const void *choices, size_t n);	/* a word_at of `choices` */
const char *option_key_at(const void *schema, size_t n);	/* a word_at of a schema's keys */

#endif
