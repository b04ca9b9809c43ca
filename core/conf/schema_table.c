/* SPDX-License-Identifier: MIT */
/*
 * schema_table.c - mappings, rows and lists become arrays of values. First the
 * presets of a table, then what is given over them; the presets of a row's
 * fields are made once and copied for every row.
 */
#include "conf/schema_read.h"
#include "conf/tree.h"
#include "conf/words.h"
#include "util/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MOST 1000u

/* ---- arrays ---- */

int no_room(struct reading *reading)
{
	return error_set(reading->err, -ENOMEM, "%s: out of memory",
			 reading->whole.file ? reading->whole.file : "configuration");
}

/* A place whose file name lives as long as the values. */
static struct place own_place(struct reading *reading, struct place at)
{
	struct schema_memory *memory = reading->memory;

	if (reading->preset || !at.file)
		return reading->whole;
	if (at.file != memory->file) {
		memory->file = at.file;
		memory->file_copy = bump_copy(&memory->bump, at.file, strlen(at.file));
	}
	at.file = memory->file_copy;	/* NULL when out of memory: a place without a name */
	return at;
}

struct segment *segment_create(struct reading *reading, uint32_t n, struct place at)
{
	struct schema_memory *memory = reading->memory;
	struct segment *segment;

	if (n > VALUES_MOST - memory->n_values) {
		error_at(reading->err, at, "more than %u values", VALUES_MOST);
		return NULL;
	}
	segment = bump_alloc(&memory->bump, sizeof *segment);
	if (segment) {
		segment->values = bump_array(&memory->bump, n, sizeof *segment->values);
		segment->places = bump_array(&memory->bump, n, sizeof *segment->places);
	}
	if (!segment || !segment->values || !segment->places) {
		no_room(reading);
		return NULL;
	}
	at = own_place(reading, at);
	for (uint32_t i = 0; i < n; i++)
		segment->places[i] = at;
	segment->n = n;
	segment->next = memory->segments;
	memory->segments = segment;
	memory->n_values += n;
	return segment;
}

void segment_set_place(struct reading *reading, struct segment *segment, uint32_t i, struct place at)
{
	segment->places[i] = own_place(reading, at);
}

/* ---- presets ---- */

/* A preset is YAML as it would stand in the file, so it is read as such. */
static int read_preset_text(struct reading *reading, const struct kymo_option *option, struct kymo_value *value)
{
	struct reading inner = { .memory = reading->memory, .whole = reading->whole, .preset = true };
	AUTO_FREE char *text = NULL;
	AUTO(yaml) yaml = NULL;
	struct error wrong = { 0 };
	char room[SHOWN];
	int n = asprintf(&text, "preset: %s", option->preset), r = -EINVAL;

	if (n < 0) {
		text = NULL;
		return no_room(reading);
	}
	inner.err = &wrong;
	yaml = yaml_parse("preset", text, (size_t)n, &wrong);
	if (yaml && yaml->root->n == 1)
		r = read_value(&inner, option, yaml->root->items[0], value);
	else if (yaml)
		error_set(&wrong, -EINVAL, "it is more than one value");
	if (wrong.code == -ENOMEM)
		r = no_room(reading);
	else if (wrong.count)
		r = error_at(reading->err, reading->whole, "%s: the preset \"%s\" does not fit: %s", option->key,
			 shown(option->preset, room), error_text(&wrong));
	error_clear(&wrong);
	return r;
}

static int read_preset(struct reading *reading, const struct kymo_option *option, struct kymo_value *value)
{
	if (option->type == OPTION_SECTION) {
		struct schema fields = { option->key, option->fields, option->n_fields };

		value->items = read_table(reading, &fields, NULL, reading->whole);
		value->n = option->n_fields;
		return value->items ? 0 : -ENOMEM;
	}
	if (!option->preset || option->type == OPTION_NODE)
		return 0;
	if (option->type == KYMO_STRING && !*option->preset)
		value->string = "";
	if (!*option->preset)
		return 0;
	return read_preset_text(reading, option, value);
}

static int read_presets(struct reading *reading, const struct schema *schema, struct kymo_value *values)
{
	for (uint32_t i = 0; i < schema->n_options; i++) {
		struct kymo_value value = { 0 };
		int r = read_preset(reading, &schema->options[i], &value);

		if (r == -ENOMEM)
			return r;
		value.flags &= ~(uint32_t)KYMO_GIVEN;
		if (r == 0)
			values[i] = value;
	}
	return 0;
}

/* ---- mappings ---- */

const char *option_key_at(const void *words, size_t n)
{
	const struct schema *schema = words;

	return n < schema->n_options ? schema->options[n].key : NULL;
}

static void unknown_key(struct reading *reading, const struct schema *schema, const struct yaml_node *key)
{
	char room[SHOWN], known[256];
	const char *near;

	if (reading->err->count >= ERROR_MOST) {	/* nobody reads it, and it takes time */
		error_at(reading->err, key->at, "unknown key");
		return;
	}
	near = nearest_word(key->text, option_key_at, schema);
	list_words(known, sizeof known, " and ", option_key_at, schema);
	if (near)
		error_at(reading->err, key->at, "unknown key \"%s\" in %s (did you mean %s?)",
			 shown(key->text, room), schema->what, near);
	else if (schema->n_options)
		error_at(reading->err, key->at, "unknown key \"%s\" in %s (it has %s)", shown(key->text, room),
			 schema->what, known);
	else
		error_at(reading->err, key->at, "unknown key \"%s\" in %s (it has no options)",
			 shown(key->text, room), schema->what);
}

static uint32_t find_option(const struct schema *schema, const char *key)
{
	uint32_t i = 0;

	while (i < schema->n_options && strcmp(schema->options[i].key, key) != 0)
		i++;
	return i;
}

/* What the mapping gives goes over the presets that are in the segment. */
static int read_given(struct reading *reading, const struct schema *schema, const struct yaml_node *map,
		      struct segment *segment)
{
	for (size_t i = 0; i < map->n; i++) {
		uint32_t at = find_option(schema, map->keys[i]->text);
		struct kymo_value value = { 0 };
		int r;

		if (at == schema->n_options) {
			unknown_key(reading, schema, map->keys[i]);
			continue;
		}
		segment_set_place(reading, segment, at, map->items[i]->at);
		r = read_value(reading, &schema->options[at], map->items[i], &value);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			segment->values[at] = value;
		segment->values[at].flags |= KYMO_GIVEN;
	}
	return 0;
}

static void check_required(struct reading *reading, const struct schema *schema,
			   const struct kymo_value *values, struct place whole)
{
	for (uint32_t i = 0; i < schema->n_options; i++) {
		const struct kymo_option *option = &schema->options[i];

		if ((option->flags & KYMO_REQUIRED) && !(values[i].flags & KYMO_GIVEN))
			error_at(reading->err, whole, "%s: \"%s\" is missing (it must be given)", schema->what,
				 option->key);
	}
}

/* The given, over presets that were made before. */
static int read_over(struct reading *reading, const struct schema *schema, const struct yaml_node *map,
		     struct segment *segment, struct place whole)
{
	if (map && map->kind != YAML_MAPPING && !tree_is_null(map)) {
		error_at(reading->err, map->at, "%s: is %s, not a mapping (write {key: value})", schema->what,
			 yaml_kind_name(map->kind));
		return 0;
	}
	if (map && map->kind == YAML_MAPPING && read_given(reading, schema, map, segment) < 0)
		return -ENOMEM;
	check_required(reading, schema, segment->values, whole);
	return 0;
}

const struct kymo_value *read_table(struct reading *reading, const struct schema *schema,
				    const struct yaml_node *map, struct place whole)
{
	struct segment *segment = segment_create(reading, schema->n_options, whole);

	if (!segment || read_presets(reading, schema, segment->values) < 0 ||
	    read_over(reading, schema, map, segment, whole) < 0)
		return NULL;
	return segment->values;
}

/* ---- sections, rows and lists ---- */

static int read_section(struct reading *reading, const struct kymo_option *option,
			const struct yaml_node *node, struct kymo_value *value)
{
	struct schema fields = { option->key, option->fields, option->n_fields };
	struct kymo_option flag = { .key = option->key, .type = KYMO_FLAG };
	struct error ignored = { 0 };
	struct reading quiet = *reading;
	bool off = false;

	quiet.err = &ignored;
	if ((option->flags & OPTION_OFF) && node->kind == YAML_SCALAR) {
		struct kymo_value on = { 0 };

		off = read_scalar(&quiet, &flag, node, &on) == 0 && !on.flag;
		error_clear(&ignored);
	}
	value->items = read_table(reading, &fields, off ? NULL : node, node->at);
	value->n = option->n_fields;
	value->flags |= off ? OPTION_OFF : 0;
	return value->items ? 0 : -ENOMEM;
}

static int read_rows(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
		     struct kymo_value *value)
{
	struct schema fields = { option->key, option->fields, option->n_fields };
	struct segment *rows, *presets, *row;

	if (node->kind != YAML_SEQUENCE)
		return wrong_kind(reading, option, node);
	rows = segment_create(reading, (uint32_t)node->n, node->at);
	presets = segment_create(reading, fields.n_options, node->at);
	if (!rows || !presets || read_presets(reading, &fields, presets->values) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < node->n; i++) {
		const struct yaml_node *item = node->items[i];

		segment_set_place(reading, rows, i, item->at);
		row = segment_create(reading, fields.n_options, item->at);
		if (!row)
			return -ENOMEM;
		if (fields.n_options)
			memcpy(row->values, presets->values, fields.n_options * sizeof *row->values);
		if (read_over(reading, &fields, item, row, item->at) < 0)
			return -ENOMEM;
		rows->values[i] = (struct kymo_value){ .items = row->values, .n = fields.n_options,
						       .flags = KYMO_GIVEN };
	}
	value->items = rows->values;
	value->n = (uint32_t)node->n;
	return 0;
}

/* A list of texts; one text stands for a list of one. */
static int read_strings(struct reading *reading, const struct kymo_option *option,
			const struct yaml_node *node, struct kymo_value *value)
{
	bool one = node->kind == YAML_SCALAR && !tree_is_null(node);
	bool secret = node->kind == YAML_MAPPING && (option->flags & KYMO_SECRET);
	uint32_t n = one || secret ? 1 : (uint32_t)node->n;
	struct segment *texts;
	int result = 0;

	if (!one && !secret && node->kind != YAML_SEQUENCE)
		return wrong_kind(reading, option, node);
	texts = segment_create(reading, n, node->at);
	if (!texts)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct yaml_node *item = one || secret ? node : node->items[i];
		int r = read_text(reading, option, item, &texts->values[i]);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = r;
		segment_set_place(reading, texts, i, item->at);
		texts->values[i].flags |= KYMO_GIVEN;
	}
	value->items = texts->values;
	value->n = n;
	return result;
}

/* ---- labels ---- */

static int check_label_name(struct reading *reading, const struct kymo_option *option,
			    const struct yaml_node *key)
{
	char room[SHOWN];

	if (!*key->text)
		return error_at(reading->err, key->at, "%s: a label name is empty", option->key);
	if (!strncmp(key->text, "__", 2))
		return error_at(reading->err, key->at, "%s: \"%s\" begins with __, which is reserved (choose another name)",
				option->key, shown(key->text, room));
	return 0;
}

static int read_label(struct reading *reading, const struct kymo_option *option, const struct yaml_node *key,
		      const struct yaml_node *node, struct segment *pair)
{
	struct kymo_option text = { .key = key->text, .type = KYMO_STRING };
	struct kymo_value *values = pair->values;
	size_t n = strlen(key->text);
	int r = check_label_name(reading, option, key);

	if (r < 0)
		return r;
	values[LABEL_NAME].string = bump_copy(&reading->memory->bump, key->text, n);
	values[LABEL_NAME].n = (uint32_t)n;
	if (!values[LABEL_NAME].string)
		return no_room(reading);
	return read_text(reading, &text, node, &values[LABEL_VALUE]);
}

/* By insertion: there are few. */
static void sort_in(struct segment *rows, uint32_t n, struct kymo_value row, struct place at)
{
	while (n > 0 && strcmp(row.items[LABEL_NAME].string, rows->values[n - 1].items[LABEL_NAME].string) < 0) {
		rows->values[n] = rows->values[n - 1];
		rows->places[n] = rows->places[n - 1];
		n--;
	}
	rows->values[n] = row;
	rows->places[n] = at;
}

static int read_labels(struct reading *reading, const struct kymo_option *option,
		       const struct yaml_node *node, struct kymo_value *value)
{
	struct segment *rows, *pair;
	uint32_t n = 0;
	int result = 0;

	if (tree_is_null(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return wrong_kind(reading, option, node);
	if (node->n > LABELS_MOST)
		return error_at(reading->err, node->at, "%s: more than %u labels", option->key, LABELS_MOST);
	rows = segment_create(reading, (uint32_t)node->n, node->at);
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < node->n; i++) {
		int r;

		pair = segment_create(reading, LABEL_FIELDS, node->items[i]->at);
		if (!pair)
			return -ENOMEM;
		r = read_label(reading, option, node->keys[i], node->items[i], pair);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			sort_in(rows, n++, (struct kymo_value){ .items = pair->values, .n = LABEL_FIELDS },
				pair->places[LABEL_VALUE]);
		else
			result = r;
	}
	value->items = rows->values;
	value->n = n;
	return result;
}

int read_value(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
	       struct kymo_value *value)
{
	switch (option->type) {
	case KYMO_STRING:
		return read_text(reading, option, node, value);
	case KYMO_STRINGS:
		return read_strings(reading, option, node, value);
	case KYMO_ROWS:
		return read_rows(reading, option, node, value);
	case OPTION_SECTION:
		return read_section(reading, option, node, value);
	case OPTION_LABELS:
		return read_labels(reading, option, node, value);
	case OPTION_NODE:
		value->string = (const char *)(const void *)node;
		return 0;
	default:
		return read_scalar(reading, option, node, value);
	}
}
