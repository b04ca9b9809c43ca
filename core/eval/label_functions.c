/* SPDX-License-Identifier: MIT */
/*
 * label_functions.c - label_replace and label_join: values pass, labels change.
 * What was told apart by the label that is set may then be the same, so all
 * series are held until it is known.
 */
#include "eval/call.h"
#include "eval/names.h"
#include "eval/template.h"
#include "model/labels_edit.h"
#include "util/utf8.h"

#include <errno.h>

struct relabel {
	struct stream stream;
	struct stream *inner;
	struct regex *regex;	/* label_replace */
	struct template template;
	struct buf value, labels, nameless;
	bool drops_name;	/* which is there late, for this node alone (names.h) */
};

/* label_replace(v, dst, replacement, src, regex); label_join(v, dst, separator, src, ...) */
static const char *text_of(const struct stream *stream, uint32_t arg)
{
	return eval_string(stream->node->call.args[arg]);
}

/* The new value to relabel->value. 1; 0: the labels stay as they are. */
static int replace(struct relabel *relabel, struct labels labels)
{
	struct label src;
	int r;

	labels_find(labels, text_of(&relabel->stream, 3), &src);
	r = template_expand(&relabel->template, relabel->regex, src.value ? src.value : "", src.value_len, &relabel->value);
	if (r == -E2BIG)
		return error_set(relabel->stream.eval->err, r, "label_replace(): the effort of \"%s\" ran out on \"%.*s\"",
				 text_of(&relabel->stream, 4), (int)src.value_len, src.value);
	if (r == -EINVAL)
		return 0;		/* the value is not UTF-8 */
	return r == -ENOMEM ? eval_no_memory(relabel->stream.eval) : r;
}

static void join(struct relabel *relabel, struct labels labels)
{
	const struct call *call = &relabel->stream.node->call;

	for (uint32_t i = 3; i < call->n_args; i++) {
		struct label src;

		if (i > 3)
			buf_add_text(&relabel->value, text_of(&relabel->stream, 2));
		if (labels_find(labels, text_of(&relabel->stream, i), &src))
			buf_add(&relabel->value, src.value, src.value_len);
	}
}

/* The name goes now, unless it was set anew. */
static int give(struct relabel *relabel, struct column *out, bool is_set)
{
	bool is_renamed = is_set && !strcmp(text_of(&relabel->stream, 1), LABEL_NAME);
	bool drops = relabel->drops_name || (out->late_name && !relabel->stream.node->late_name);

	out->late_name &= !is_renamed && !drops;
	if (!drops || is_renamed)
		return 1;
	buf_clear(&relabel->nameless);
	labels_without_name(out->labels, &relabel->nameless);
	out->labels = labels_in(&relabel->nameless);
	return buf_failed(&relabel->nameless) ? eval_no_memory(relabel->stream.eval) : 1;
}

static int relabel_next(struct stream *stream, struct column *out)
{
	struct relabel *relabel = (struct relabel *)stream;
	int r = stream_next(relabel->inner, out);

	if (r <= 0)
		return r;
	buf_clear(&relabel->value);
	if (relabel->regex && (r = replace(relabel, out->labels)) <= 0)
		return r < 0 ? r : give(relabel, out, false);
	if (!relabel->regex)
		join(relabel, out->labels);
	buf_clear(&relabel->labels);
	labels_set(out->labels, text_of(stream, 1), (const char *)relabel->value.data, relabel->value.len, &relabel->labels);
	out->labels = labels_in(&relabel->labels);
	return buf_failed(&relabel->labels) || buf_failed(&relabel->value) ? eval_no_memory(stream->eval) : give(relabel, out, true);
}

static void relabel_close(struct stream *stream)
{
	struct relabel *relabel = (struct relabel *)stream;

	stream_close(relabel->inner);
	regex_destroy(relabel->regex);
	template_fini(&relabel->template);
	buf_fini(&relabel->value);
	buf_fini(&relabel->labels);
	buf_fini(&relabel->nameless);
	free(relabel);
}

static int check_name(const struct stream *stream, const char *what, const char *name)
{
	const char *function = stream->node->call.function->name;

	if (*name && utf8_valid(name, strlen(name)))
		return 0;
	return error_set(stream->eval->err, -EINVAL, "invalid %s label name in %s(): %s", what, function, name);
}

static int prepare_replace(struct relabel *relabel)
{
	struct stream *stream = &relabel->stream;
	const char *regex = text_of(stream, 4);
	struct error why = { 0 };
	int r;

	relabel->regex = regex_create_capturing(regex, &why);
	if (!relabel->regex) {
		r = why.code;
		error_clear(&why);
		if (r == -ENOMEM)
			return eval_no_memory(stream->eval);
		return error_set(stream->eval->err, -EINVAL, "invalid regular expression in label_replace(): %s", regex);
	}
	if ((r = check_name(stream, "destination", text_of(stream, 1))) < 0)
		return r;
	return template_parse(&relabel->template, text_of(stream, 2), relabel->regex) < 0 ? eval_no_memory(stream->eval) : 0;
}

static int prepare_join(struct relabel *relabel)
{
	const struct call *call = &relabel->stream.node->call;
	int r = 0;

	for (uint32_t i = 3; r == 0 && i < call->n_args; i++)
		r = check_name(&relabel->stream, "source", text_of(&relabel->stream, i));
	return r < 0 ? r : check_name(&relabel->stream, "destination", text_of(&relabel->stream, 1));
}

int stream_open_label_call(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct relabel *relabel = calloc(1, sizeof *relabel);
	int r;

	if (!relabel)
		return eval_no_memory(eval);
	relabel->stream = (struct stream){ relabel_next, relabel_close, eval, node, *steps };
	relabel->drops_name = !node->late_name && node_name_is_late(node->call.args[0]);
	r = node->call.function->id == FN_LABEL_REPLACE ? prepare_replace(relabel) : prepare_join(relabel);
	if (r == 0)
		r = stream_open(eval, node->call.args[0], steps, &relabel->inner);
	if (r < 0) {
		relabel_close(&relabel->stream);
		return r;
	}
	return stream_united(&relabel->stream, out);
}
