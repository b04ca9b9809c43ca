/* SPDX-License-Identifier: MIT */
/*
 * option.h - what the core's own tables can say beyond those of plugins; inside
 * of conf only. The numbers are far above what the public header uses.
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include "conf/yaml.h"

#include <kymo/option.h>

enum option_type {
	OPTION_LIFETIME = 1000,	/* a duration, or `forever`	-> duration, INT64_MAX */
	OPTION_SECTION,		/* {key: value} with `fields`	-> items[field] */
	OPTION_LABELS,		/* {name: value}		-> items[n].items[LABEL_NAME, LABEL_VALUE], sorted by name */
	OPTION_NODE		/* anything			-> option_node() */
};

enum option_flags {
	OPTION_OFF = 1 << 16	/* a section that may be `off`; then its value has the flag, too */
};

enum { LABEL_NAME, LABEL_VALUE, LABEL_FIELDS };

/* The node behind OPTION_NODE, of the tree that was read; NULL: nothing given. */
static inline const struct yaml_node *option_node(const struct kymo_value *value)
{
	return (const struct yaml_node *)(const void *)value->string;
}

#endif
