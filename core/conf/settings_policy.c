/* SPDX-License-Identifier: MIT */
/*
 * settings_policy.c - rows of `store: {policies: ...}` become policies. The sketch
 * has a form of its own: none, a schema, or a mapping of tiers to these.
 */
#include "conf/settings_fill.h"
#include "conf/words.h"

#include <errno.h>
#include <string.h>

static const char *const tiers[TIERS] = { "raw", "1m", "5m", "1h" };

enum { SCHEMA_LEAST = 3, SCHEMA_MOST = 5, POLICIES_MOST = 200 };

/* A row while it becomes a policy. */
struct row {
	const struct settings *settings;
	const struct kymo_value *values;
	struct error *err;
};

static struct place place(const struct row *row, unsigned option)
{
	return schema_place(row->settings->memory->values, &row->values[option]);
}

/* ---- sketch ---- */

static void refuse_schema(const struct row *row, const struct yaml_node *node, const char *key)
{
	char room[SHOWN];

	if (node->kind == YAML_SCALAR)
		error_at(row->err, node->at, "%s: \"%s\" is not a schema (write none, 3, 4 or 5)", key, shown(node->text, room));
	else
		error_at(row->err, node->at, "%s: %s is not a schema (write none, 3, 4 or 5)", key, yaml_kind_name(node->kind));
}

static bool read_schema(const struct row *row, const struct yaml_node *node, const char *key, int32_t *schema)
{
	bool digit = node->kind == YAML_SCALAR && !node->quoted && node->text[0] && !node->text[1];

	if (node->kind == YAML_SCALAR && !strcmp(node->text, "none")) {
		*schema = SKETCH_NONE;
		return true;
	}
	if (digit && node->text[0] >= '0' + SCHEMA_LEAST && node->text[0] <= '0' + SCHEMA_MOST) {
		*schema = node->text[0] - '0';
		return true;
	}
	refuse_schema(row, node, key);
	return false;
}

static enum kymo_tier tier_of(const char *key)
{
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		if (!strcmp(key, tiers[tier]))
			return (enum kymo_tier)tier;
	return KYMO_RAW;
}

/* A tier is made of the one before it: it cannot know more. */
static void check_order(const struct row *row, const struct yaml_node *map, const struct policy *policy)
{
	for (size_t i = 0; i < map->n; i++) {
		enum kymo_tier tier = tier_of(map->keys[i]->text);
		int32_t finer = tier > KYMO_1M ? policy->schema[tier - 1] : SKETCH_USUAL;

		if (tier == KYMO_RAW || policy->schema[tier] == SKETCH_USUAL || finer == SKETCH_USUAL)
			continue;
		if (policy->schema[tier] > finer)
			error_at(row->err, map->items[i]->at, "%s: a tier is made of the one before it, and %s has %s", map->keys[i]->text,
				 tiers[tier - 1], finer == SKETCH_NONE ? "no sketch" : "a coarser one");
	}
}

static void read_schemas(const struct row *row, const struct yaml_node *map, struct policy *policy)
{
	char room[SHOWN];

	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *key = map->keys[i];
		enum kymo_tier tier = tier_of(key->text);

		if (tier == KYMO_RAW)
			error_at(row->err, key->at, "unknown key \"%s\" in sketch (1m, 5m or 1h)", shown(key->text, room));
		else
			read_schema(row, map->items[i], key->text, &policy->schema[tier]);
	}
	check_order(row, map, policy);
}

static void fill_sketch(const struct row *row, struct policy *policy)
{
	const struct yaml_node *node = option_node(&row->values[POLICY_SKETCH]);
	int32_t schema = SKETCH_USUAL;

	for (int tier = 0; tier < TIERS; tier++)
		policy->schema[tier] = SKETCH_USUAL;
	if (!node)
		return;
	if (node->kind == YAML_MAPPING)
		read_schemas(row, node, policy);
	else if (read_schema(row, node, "sketch", &schema))
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			policy->schema[tier] = schema;
}

/* ---- the rest ---- */

static bool says_nothing(const struct row *row)
{
	for (unsigned option = POLICY_RETENTION; option < POLICY_OPTIONS; option++)
		if (row->values[option].flags & KYMO_GIVEN)
			return false;
	return true;
}

static void check_row(const struct row *row)
{
	const struct kymo_value *match = &row->values[POLICY_MATCH];

	if ((match->flags & KYMO_GIVEN) && !match->n)
		error_at(row->err, place(row, POLICY_MATCH), "match: is empty (write a pattern of names, as \"system.*\")");
	for (uint32_t i = 0; i < match->n; i++)
		if (match->items[i].string && !*match->items[i].string)
			error_at(row->err, schema_place(row->settings->memory->values, &match->items[i]),
				 "match: \"\" matches no name (write a pattern, as \"system.*\")");
	if (says_nothing(row))
		error_at(row->err, place(row, POLICY_MATCH), "a policy of nothing (retention, sketch, resolution or drop is missing)");
}

static int fill_policy(struct settings *settings, const struct row *row, struct policy *policy)
{
	const struct kymo_value *values = row->values;
	const struct kymo_value *retention = values[POLICY_RETENTION].items;

	for (size_t tier = 0; tier < TIERS; tier++)
		policy->retention[tier] = retention[tier].duration;
	policy->resolution = values[POLICY_RESOLUTION].duration;
	policy->drop = values[POLICY_DROP].flag;
	fill_sketch(row, policy);
	check_row(row);
	return fill_texts(&settings->memory->bump, &values[POLICY_MATCH], &policy->match, &policy->n_match);
}

int fill_policies(struct settings *settings, const struct kymo_value *rows, struct error *err)
{
	struct policy *policies = bump_array(&settings->memory->bump, rows->n, sizeof *policies);
	int r = policies ? 0 : -ENOMEM;

	if (rows->n > POLICIES_MOST)
		error_at(err, schema_place(settings->memory->values, rows), "policies: more than %d", POLICIES_MOST);
	for (uint32_t i = 0; i < rows->n && r == 0; i++) {
		struct row row = { settings, rows->items[i].items, err };

		policies[i] = (struct policy){ 0 };
		r = fill_policy(settings, &row, &policies[i]);
	}
	settings->store.n_policies = rows->n;
	settings->store.policies = policies;
	return r;
}
