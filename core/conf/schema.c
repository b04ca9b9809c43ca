/* SPDX-License-Identifier: MIT */
/*
 * schema.c - the way in to schema_table.c, and what can be asked of values
 * afterwards.
 */
#include "conf/schema_read.h"

#include <string.h>
#include <errno.h>

static struct schema_values *values_create(struct place whole)
{
	struct schema_values *values = calloc(1, sizeof *values);

	if (!values)
		return NULL;
	values->memory = calloc(1, sizeof *values->memory);
	if (!values->memory) {
		free(values);
		return NULL;
	}
	values->memory->whole = whole;
	if (!whole.file)
		return values;
	values->memory->whole.file = bump_copy(&values->memory->bump, whole.file, strlen(whole.file));
	if (!values->memory->whole.file) {
		schema_values_free(values);
		return NULL;
	}
	return values;
}

void schema_values_free(struct schema_values *values)
{
	if (!values)
		return;
	bump_fini(&values->memory->bump);
	free(values->memory);
	free(values);
}

struct schema_values *schema_read(const struct schema *schema, const struct yaml_node *map,
				  struct place whole, struct error *err)
{
	AUTO(schema_values) values = values_create(whole);
	struct reading reading = { .err = err, .whole = whole };

	if (!values) {
		error_set(err, -ENOMEM, "%s: out of memory", schema->what);
		return NULL;
	}
	reading.memory = values->memory;
	reading.whole = values->memory->whole;
	values->values = read_table(&reading, schema, map, reading.whole);
	return values->values ? TAKE(values) : NULL;
}

struct schema_values *schema_apply(const struct schema *schema, const struct yaml_node *map,
				   struct place whole, struct error *err)
{
	struct error ours = { 0 }, *to = err ? err : &ours;	/* errors are counted even if nobody reads them */
	unsigned before = to->count;
	AUTO(schema_values) values = schema_read(schema, map, whole, to);
	bool good = to->count == before;

	error_clear(&ours);
	return good ? TAKE(values) : NULL;
}

struct place schema_place(const struct schema_values *values, const struct kymo_value *value)
{
	for (const struct segment *segment = values->memory->segments; segment; segment = segment->next)
		if (value >= segment->values && value < segment->values + segment->n)
			return segment->places[value - segment->values];
	return values->memory->whole;
}

/* ---- comparing ---- */

static bool tables_equal(const struct kymo_option *options, uint32_t n, const struct kymo_value *a,
			 const struct kymo_value *b);

static bool texts_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool lists_equal(const struct kymo_value *a, const struct kymo_value *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!texts_equal(a->items[i].string, b->items[i].string))
			return false;
	return true;
}

static bool rows_equal(const struct kymo_option *fields, uint32_t n_fields, const struct kymo_value *a,
		       const struct kymo_value *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!tables_equal(fields, n_fields, a->items[i].items, b->items[i].items))
			return false;
	return true;
}

static bool labels_equal(const struct kymo_value *a, const struct kymo_value *b)
{
	static const struct kymo_option fields[LABEL_FIELDS] = {
		[LABEL_NAME] = { .type = KYMO_STRING }, [LABEL_VALUE] = { .type = KYMO_STRING },
	};

	return rows_equal(fields, LABEL_FIELDS, a, b);
}

static bool values_equal(const struct kymo_option *option, const struct kymo_value *a,
			 const struct kymo_value *b)
{
	switch (option->type) {
	case KYMO_FLAG:
		return a->flag == b->flag;
	case KYMO_NUMBER:
		return !memcmp(&a->number, &b->number, sizeof a->number);
	case KYMO_STRING:
		return texts_equal(a->string, b->string);
	case KYMO_STRINGS:
		return lists_equal(a, b);
	case KYMO_ROWS:
		return rows_equal(option->fields, option->n_fields, a, b);
	case OPTION_SECTION:
		return (a->flags & OPTION_OFF) == (b->flags & OPTION_OFF) &&
		       tables_equal(option->fields, option->n_fields, a->items, b->items);
	case OPTION_LABELS:
		return labels_equal(a, b);
	case OPTION_NODE:
		return a->string == b->string;
	default:	/* integer, duration, lifetime, size: the same eight bytes */
		return a->integer == b->integer;
	}
}

/* The first option whose values differ; n: none. */
static uint32_t first_difference(const struct kymo_option *options, uint32_t n, const struct kymo_value *a,
				 const struct kymo_value *b)
{
	uint32_t i = 0;

	while (i < n && values_equal(&options[i], &a[i], &b[i]))
		i++;
	return i;
}

static bool tables_equal(const struct kymo_option *options, uint32_t n, const struct kymo_value *a,
			 const struct kymo_value *b)
{
	return first_difference(options, n, a, b) == n;
}

bool schema_equal(const struct schema *schema, const struct schema_values *a, const struct schema_values *b)
{
	return tables_equal(schema->options, schema->n_options, a->values, b->values);
}

const char *schema_difference(const struct schema *schema, const struct schema_values *a,
			      const struct schema_values *b)
{
	uint32_t i = first_difference(schema->options, schema->n_options, a->values, b->values);

	return i < schema->n_options ? schema->options[i].key : NULL;
}
