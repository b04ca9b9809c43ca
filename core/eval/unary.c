/* SPDX-License-Identifier: MIT */
/* unary.c - a plus changes nothing; a minus negates and takes the metric's name away. */
#include "eval/binary.h"
#include "eval/names.h"
#include "model/labels_edit.h"

struct negated {
	struct stream stream;
	struct stream *inner;
	struct buf labels;
};

static int negated_next(struct stream *stream, struct column *out)
{
	struct negated *negated = (struct negated *)stream;
	int r = stream_next(negated->inner, out);

	if (r <= 0)
		return r;
	for (uint32_t i = 0; i < stream->steps.n; i++)
		if (!is_absent(out->values[i]))
			out->values[i] = -out->values[i];
	if (stream->node->late_name)
		return 1;
	buf_clear(&negated->labels);
	labels_without_name(out->labels, &negated->labels);
	out->labels = labels_in(&negated->labels);
	return buf_failed(&negated->labels) ? eval_no_memory(stream->eval) : 1;
}

static void negated_close(struct stream *stream)
{
	struct negated *negated = (struct negated *)stream;

	stream_close(negated->inner);
	buf_fini(&negated->labels);
	free(negated);
}

int stream_open_unary(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct node *inner = node->unary.inner;
	struct negated *negated;
	int r;

	if (node->unary.op == UNARY_PLUS)
		return stream_open(eval, inner, steps, out);
	if (!(negated = calloc(1, sizeof *negated)))
		return eval_no_memory(eval);
	negated->stream = (struct stream){ negated_next, negated_close, eval, node, *steps };
	if ((r = stream_open(eval, inner, steps, &negated->inner)) < 0) {
		negated_close(&negated->stream);
		return r;
	}
	if (!node->late_name && node_has_many_names(inner))
		return stream_united(&negated->stream, out);
	*out = &negated->stream;
	return 0;
}
