/* SPDX-License-Identifier: MIT */
/*
 * yaml_read.c - the events of libyaml become a tree, by recursive descent. The
 * limits are checked while events come, before there is anything large: an
 * alias adds the size of what it leads to, so a bomb is noticed before it is
 * walked.
 */
#include "conf/cursor.h"
#include "conf/pairs.h"
#include "conf/tree.h"
#include "conf/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct anchor {
	char *name;
	struct yaml_node *node;		/* NULL while it is still being read */
};

struct tree_reader {
	struct yaml_memory *memory;
	struct error *err;
	const char *file;
	struct cursor cursor;
	yaml_parser_t parser;
	yaml_event_t event;		/* the one that is next; owned */
	struct anchor *anchors;
	size_t n_anchors, anchors_room;
};

static struct place place_of(struct tree_reader *reader, const yaml_mark_t *mark)
{
	return cursor_place(&reader->cursor, reader->file, mark->line, mark->column);
}

/* ---- events ---- */

static int out_of_memory(struct tree_reader *reader)
{
	return error_set(reader->err, -ENOMEM, "%s: out of memory", reader->file);
}

/* The hint that helps most often with what stands at the cursor. */
static const char *syntax_hint(const struct cursor *cursor, char *room, size_t size)
{
	const char *at = cursor->text + cursor->at;
	size_t left = cursor->n - cursor->at, n = 1;

	room[0] = '\0';
	if (left && *at == '\t')
		snprintf(room, size, " (a tab: indent with spaces)");
	if (!left || !cursor->at || memcmp(at - 1, "${", 2) != 0)
		return room;
	while (n < left && n < SHOWN && (isalnum((unsigned char)at[n]) || at[n] == '_'))
		n++;
	snprintf(room, size, " (inside of {} and [] a variable stands in quotes: \"$%.*s}\")", (int)n, at);
	return room;
}

static int syntax_error(struct tree_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "not YAML", *hint;
	struct place at, from;
	char room[256];

	if (parser->error == YAML_MEMORY_ERROR)
		return out_of_memory(reader);
	if (parser->error == YAML_READER_ERROR)
		return error_at(reader->err, cursor_place_of_byte(&reader->cursor, reader->file,
								  parser->problem_offset), "%s", problem);
	from = place_of(reader, &parser->context_mark);
	at = place_of(reader, &parser->problem_mark);
	hint = syntax_hint(&reader->cursor, room, sizeof room);
	if (!parser->context)
		return error_at(reader->err, at, "%s%s", problem, hint);
	if (from.line == at.line)
		return error_at(reader->err, at, "%s, %s%s", problem, parser->context, hint);
	return error_at(reader->err, at, "%s, %s at line %u%s", problem, parser->context, from.line, hint);
}

/* Drop the event that is there and bring in the one behind it. */
static int next_event(struct tree_reader *reader)
{
	yaml_event_delete(&reader->event);
	memset(&reader->event, 0, sizeof reader->event);
	return yaml_parser_parse(&reader->parser, &reader->event) ? 0 : syntax_error(reader);
}

/* ---- limits ---- */

static int count_nodes(struct tree_reader *reader, struct place at, uint32_t n)
{
	struct yaml_memory *memory = reader->memory;

	if (n > TREE_NODES_MOST - memory->nodes)
		return error_at(reader->err, at, "more than %u nodes, what aliases lead to included",
				TREE_NODES_MOST);
	memory->nodes += n;
	return 0;
}

static int check_depth(struct tree_reader *reader, struct place at, uint32_t depth)
{
	if (depth > TREE_DEPTH_MOST)
		return error_at(reader->err, at, "nested deeper than %u levels", TREE_DEPTH_MOST);
	return 0;
}

/* ---- anchors ---- */

/* Gives the slot of the anchor, to be filled when its node is complete; or < 0. */
static int64_t open_anchor(struct tree_reader *reader, const yaml_char_t *name, struct place at)
{
	if (reader->n_anchors == TREE_ANCHORS_MOST)
		return error_at(reader->err, at, "more than %u anchors", TREE_ANCHORS_MOST);
	if (reader->n_anchors == reader->anchors_room) {
		size_t room = reader->anchors_room ? 2 * reader->anchors_room : 16;
		struct anchor *more = realloc(reader->anchors, room * sizeof *more);

		if (!more)
			return out_of_memory(reader);
		reader->anchors = more;
		reader->anchors_room = room;
	}
	reader->anchors[reader->n_anchors] = (struct anchor){ strdup((const char *)name), NULL };
	if (!reader->anchors[reader->n_anchors].name)
		return out_of_memory(reader);
	return (int64_t)reader->n_anchors++;
}

static struct yaml_node *read_alias(struct tree_reader *reader, uint32_t depth)
{
	struct place at = place_of(reader, &reader->event.start_mark);
	const char *name = (const char *)reader->event.data.alias.anchor;
	size_t n = reader->n_anchors;
	struct tree_node *node;
	char room[SHOWN];

	/* The last of that name counts. */
	while (n && strcmp(reader->anchors[n - 1].name, name) != 0)
		n--;
	if (!n) {
		error_at(reader->err, at, "*%s: there is no anchor &%s before it", shown(name, room), room);
		return NULL;
	}
	if (!reader->anchors[n - 1].node) {
		error_at(reader->err, at, "*%s stands inside of what it stands for", shown(name, room));
		return NULL;
	}
	node = tree_node_of(reader->anchors[n - 1].node);
	if (check_depth(reader, at, depth + node->height - 1) < 0 || count_nodes(reader, at, node->size) < 0 ||
	    next_event(reader) < 0)
		return NULL;
	return &node->node;
}

/* ---- nodes ---- */

struct yaml_node *tree_node(struct yaml_memory *memory, enum yaml_kind kind, struct place at)
{
	struct tree_node *node = bump_alloc(&memory->bump, sizeof *node);

	if (!node)
		return NULL;
	node->node.kind = kind;
	node->node.at = at;
	node->size = node->height = 1;
	return &node->node;
}

bool tree_is_null(const struct yaml_node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != YAML_SCALAR || node->quoted)
		return false;
	for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
		if (!strcmp(node->text, nulls[i]))
			return true;
	return false;
}

/* Copy what was gathered to where it stays. */
static int keep(struct tree_reader *reader, const struct node_list *list, struct yaml_node ***out)
{
	*out = bump_array(&reader->memory->bump, list->n, sizeof **out);
	if (!*out)
		return out_of_memory(reader);
	if (list->n)
		memcpy(*out, list->nodes, list->n * sizeof **out);
	return 0;
}

static void add_size(struct tree_node *node, const struct yaml_node *inner)
{
	const struct tree_node *in = (const struct tree_node *)inner;

	node->size += in->size;
	if (node->height <= in->height)
		node->height = in->height + 1;
}

static struct yaml_node *read_node(struct tree_reader *reader, uint32_t depth);

/* Only tags that say what is so anyway; !!str is a way to quote. */
static int check_tag(struct tree_reader *reader, struct yaml_node *node, const yaml_char_t *tag)
{
	static const char *const scalars[] = { YAML_INT_TAG, YAML_FLOAT_TAG, YAML_BOOL_TAG, YAML_NULL_TAG };
	const char *text = (const char *)tag;
	char room[SHOWN];
	bool fits = false;

	if (!text || !strcmp(text, "!"))
		return 0;
	if (node->kind == YAML_MAPPING)
		fits = !strcmp(text, YAML_MAP_TAG);
	else if (node->kind == YAML_SEQUENCE)
		fits = !strcmp(text, YAML_SEQ_TAG);
	else if (!strcmp(text, YAML_STR_TAG))
		node->quoted = fits = true;
	for (size_t i = 0; node->kind == YAML_SCALAR && i < sizeof scalars / sizeof *scalars; i++)
		fits |= !strcmp(text, scalars[i]);
	return fits ? 0 : error_at(reader->err, node->at, "the tag %s is not supported", shown(text, room));
}

static int scalar_text(struct tree_reader *reader, struct yaml_node *node, const char *text, size_t n)
{
	bool expands = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE ||
		       reader->event.data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	int r;

	if (memchr(text, '\0', n)) {
		node->text = "";
		return error_at(reader->err, node->at, "a text must not contain \\0");
	}
	node->text = bump_copy(&reader->memory->bump, text, n);
	if (!node->text)
		return out_of_memory(reader);
	if (!expands)
		return 0;
	r = tree_expand(reader->memory, &node->text, node->at, reader->err);
	/* Inside of {} a variable needs quotes; its value may be a number all the same. */
	if (r > 0 && *node->text)
		node->quoted = false;
	return r;
}

/* A bad scalar is reported and stays, so that the rest of the file is checked too. */
static struct yaml_node *read_scalar(struct tree_reader *reader, struct place at)
{
	const yaml_event_t *event = &reader->event;
	struct yaml_node *node = tree_node(reader->memory, YAML_SCALAR, at);
	int r;

	if (!node) {
		out_of_memory(reader);
		return NULL;
	}
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	check_tag(reader, node, event->data.scalar.tag);
	r = scalar_text(reader, node, (const char *)event->data.scalar.value, event->data.scalar.length);
	return r == -ENOMEM || next_event(reader) < 0 ? NULL : node;
}

static struct yaml_node *read_sequence(struct tree_reader *reader, struct place at, uint32_t depth)
{
	struct yaml_node *node = tree_node(reader->memory, YAML_SEQUENCE, at);
	AUTO_NODE_LIST list = { 0 };

	if (!node) {
		out_of_memory(reader);
		return NULL;
	}
	check_tag(reader, node, reader->event.data.sequence_start.tag);
	if (next_event(reader) < 0)
		return NULL;
	while (reader->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yaml_node *item = read_node(reader, depth + 1);

		if (!item)
			return NULL;
		if (node_list_add(&list, item) < 0) {
			out_of_memory(reader);
			return NULL;
		}
		add_size(tree_node_of(node), item);
	}
	node->n = list.n;
	return keep(reader, &list, &node->items) < 0 || next_event(reader) < 0 ? NULL : node;
}

/* ---- mappings ---- */

static int read_pairs(struct tree_reader *reader, struct pairs *pairs, uint32_t depth)
{
	while (reader->event.type != YAML_MAPPING_END_EVENT) {
		struct yaml_node *key = read_node(reader, depth + 1);
		struct yaml_node *value = key ? read_node(reader, depth + 1) : NULL;

		if (!value)
			return -EINVAL;
		if (pairs_add(pairs, key, value, reader->err) < 0)
			return out_of_memory(reader);
	}
	return pairs_merge(pairs, reader->err) < 0 ? out_of_memory(reader) : 0;
}

static struct yaml_node *read_mapping(struct tree_reader *reader, struct place at, uint32_t depth)
{
	struct yaml_node *node = tree_node(reader->memory, YAML_MAPPING, at);
	AUTO_PAIRS pairs = { 0 };

	if (!node) {
		out_of_memory(reader);
		return NULL;
	}
	check_tag(reader, node, reader->event.data.mapping_start.tag);
	if (next_event(reader) < 0 || read_pairs(reader, &pairs, depth) < 0)
		return NULL;
	for (size_t i = 0; i < pairs.keys.n; i++) {
		add_size(tree_node_of(node), pairs.keys.nodes[i]);
		add_size(tree_node_of(node), pairs.values.nodes[i]);
	}
	node->n = pairs.keys.n;
	if (keep(reader, &pairs.keys, &node->keys) < 0 || keep(reader, &pairs.values, &node->items) < 0)
		return NULL;
	return next_event(reader) < 0 ? NULL : node;
}

static struct yaml_node *read_collection(struct tree_reader *reader, struct place at, uint32_t depth)
{
	switch (reader->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, at);
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(reader, at, depth);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(reader, at, depth);
	default:
		error_at(reader->err, at, "a value is missing");
		return NULL;
	}
}

static const yaml_char_t *anchor_name(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return NULL;
	}
}

static struct yaml_node *read_node(struct tree_reader *reader, uint32_t depth)
{
	struct place at = place_of(reader, &reader->event.start_mark);
	const yaml_char_t *name = anchor_name(&reader->event);
	struct yaml_node *node;
	int64_t slot = -1;

	if (reader->event.type == YAML_ALIAS_EVENT)
		return read_alias(reader, depth);
	if (check_depth(reader, at, depth) < 0 || count_nodes(reader, at, 1) < 0)
		return NULL;
	if (name && (slot = open_anchor(reader, name, at)) < 0)
		return NULL;
	node = read_collection(reader, at, depth);
	if (node && slot >= 0)
		reader->anchors[slot].node = node;
	return node;
}

/* ---- the text as a whole ---- */

static struct yaml_node *read_document(struct tree_reader *reader)
{
	struct yaml_node *root;
	struct place at;

	if (reader->event.type == YAML_STREAM_END_EVENT) {
		root = tree_node(reader->memory, YAML_MAPPING, (struct place){ reader->file, 0, 0 });
		if (!root)
			out_of_memory(reader);
		return root;
	}
	if (next_event(reader) < 0)		/* the start of the document */
		return NULL;
	root = read_node(reader, 1);
	if (!root || next_event(reader) < 0)	/* its end */
		return NULL;
	at = place_of(reader, &reader->event.start_mark);
	if (reader->event.type != YAML_STREAM_END_EVENT) {
		error_at(reader->err, at, "a second document begins here (a file holds one)");
		return NULL;
	}
	return root;
}

/* `key: value` at the top, or nothing at all. */
static struct yaml_node *as_mapping(struct tree_reader *reader, struct yaml_node *root)
{
	if (!root || root->kind == YAML_MAPPING)
		return root;
	if (tree_is_null(root)) {
		root->kind = YAML_MAPPING;
		return root;
	}
	error_at(reader->err, root->at, "is %s (a file is a mapping: key: value)", yaml_kind_name(root->kind));
	return NULL;
}

static void reader_fini(struct tree_reader *reader)
{
	for (size_t i = 0; i < reader->n_anchors; i++)
		free(reader->anchors[i].name);
	free(reader->anchors);
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

struct yaml_node *tree_read(struct yaml_memory *memory, const char *file, const char *text, size_t n,
			    struct error *err)
{
	struct tree_reader reader = { .memory = memory, .err = err, .file = file,
				      .cursor = { .text = text, .n = n } };
	struct yaml_node *root = NULL;

	if (!yaml_parser_initialize(&reader.parser)) {
		out_of_memory(&reader);
		return NULL;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, n);
	if (next_event(&reader) == 0 && next_event(&reader) == 0)	/* the start of the stream */
		root = as_mapping(&reader, read_document(&reader));
	reader_fini(&reader);
	return root;
}
