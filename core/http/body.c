/* SPDX-License-Identifier: MIT */
/* body.c - see body.h. */
#include "http/body.h"

#include "http/json_check.h"

#include "conf/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

static bool is_blank(const struct buf *body)
{
	for (size_t i = 0; i < body->len; i++)
		if (!memchr(" \t\r\n", body->data[i], 4))
			return false;
	return true;
}

cJSON *body_parse(const struct buf *body, struct error *err)
{
	static const struct json_limits limits = { .depth = BODY_DEPTH, .values = BODY_VALUES };
	const char *text = (const char *)body->data;
	cJSON *tree;

	if (is_blank(body)) {
		error_set(err, -EINVAL, "the request has no body; JSON is wanted");
		return NULL;
	}
	if (json_check(text, body->len, &limits, err) < 0)
		return NULL;
	tree = cJSON_ParseWithLength(text, body->len);
	if (!tree)
		error_set(err, -ENOMEM, "out of memory");
	return tree;
}

static const char *type_name(const cJSON *value)
{
	return cJSON_IsObject(value) ? "an object" : cJSON_IsArray(value) ? "a list" : cJSON_IsString(value) ? "a text" :
	       cJSON_IsNumber(value) ? "a number" : cJSON_IsNull(value) ? "null" : "true or false";
}

int body_wrong_type(const cJSON *value, const char *what, const char *wanted, struct error *err)
{
	return error_set(err, -EINVAL, "%s: %s is wanted, not %s", what, wanted, type_name(value));
}

struct table {
	const struct body_member *members;
	size_t n;
};

static const char *key_at(const void *data, size_t i)
{
	const struct table *table = data;

	return i < table->n ? table->members[i].key : NULL;
}

static const struct body_member *find(const struct table *table, const char *key)
{
	for (size_t i = 0; i < table->n; i++)
		if (!strcmp(table->members[i].key, key))
			return &table->members[i];
	return NULL;
}

static int unknown(const struct table *table, const char *what, const char *key, struct error *err)
{
	const char *near = nearest_word(key, key_at, table);
	char allowed[512], room[SHOWN], hint[SHOWN + 32] = "";

	list_words(allowed, sizeof allowed, " and ", key_at, table);
	if (near)
		snprintf(hint, sizeof hint, " (did you mean \"%s\"?)", near);
	return error_set(err, -EINVAL, "%s: unknown key \"%s\"%s; allowed are %s", what, shown(key, room), hint, allowed);
}

static bool stands_before(const cJSON *object, const cJSON *value)
{
	for (const cJSON *before = object->child; before != value; before = before->next)
		if (!strcmp(before->string, value->string))
			return true;
	return false;
}

int body_members(const cJSON *object, const char *what, const struct body_member *members, size_t n, void *data,
		 struct error *err)
{
	const struct table table = { members, n };
	const cJSON *value;
	int r;

	if (!cJSON_IsObject(object))
		return body_wrong_type(object, what, "an object", err);
	cJSON_ArrayForEach(value, object) {
		const struct body_member *member = find(&table, value->string);

		if (!member)
			return unknown(&table, what, value->string, err);
		if (stands_before(object, value))
			return error_set(err, -EINVAL, "%s: the key \"%s\" stands twice", what, member->key);
		if ((r = member->take(data, value, err)) < 0)
			return r;
	}
	return 0;
}
