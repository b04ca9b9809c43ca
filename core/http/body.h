/* SPDX-License-Identifier: MIT */
/*
 * body.h - the JSON body of a request: checked first (json_check.h), then a cJSON
 * tree, then read member by member from a table, so that unknown keys, keys that
 * stand twice and wrong types get the same errors everywhere.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "util/buf.h"
#include "util/error.h"

#include <cjson/cJSON.h>

#define BODY_DEPTH 16
#define BODY_VALUES 20000	/* a tree of them takes about 2 MiB */

/* NULL with the reason: no body, malformed, too deep, too large. */
cJSON *body_parse(const struct buf *body, struct error *err);
static inline void body_auto(cJSON **tree) { cJSON_Delete(*tree); }
#define AUTO_BODY __attribute__((cleanup(body_auto))) cJSON

/* What an object may hold. take() gives 0, or -EINVAL with the reason. */
struct body_member {
	const char *key;
	int (*take)(void *data, const cJSON *value, struct error *err);
};

/*
 * Hand each member of an object to its row of the table. 0, or -EINVAL: not an
 * object, a key that the table does not have, a key twice, or what take() said.
 * `what` is the object in messages: "the body".
 */
int body_members(const cJSON *object, const char *what, const struct body_member *members, size_t n, void *data,
		 struct error *err);

/* "names: a list is wanted, not a number"; gives -EINVAL. */
int body_wrong_type(const cJSON *value, const char *what, const char *wanted, struct error *err);

#endif
