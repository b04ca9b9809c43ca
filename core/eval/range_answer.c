/* SPDX-License-Identifier: MIT */
#include "eval/range_answer.h"
#include "eval/range_arg.h"
#include "eval/source.h"

#include <errno.h>

struct range_answer {
	struct eval *eval;
	const struct node *node;
	struct steps moved;
	struct source source;
	struct subquery_source sub;
	size_t n, room;
	kymo_ms *at;
	double *values;
};

int range_answer_open(struct eval *eval, const struct node *node, struct range_answer **out)
{
	AUTO(range_answer) answer = calloc(1, sizeof *answer);
	struct source_request request = { .wants = WANT_COUNT | WANT_LAST };
	int r;

	if (!answer)
		return eval_no_memory(eval);
	while (node->kind == NODE_PAREN)
		node = node->inner;
	answer->eval = eval;
	answer->node = node;
	if (node->kind == NODE_SUBQUERY) {
		answer->moved = shift_steps(eval, &node->subquery.shift, &eval->outer);
		r = subquery_open(eval, node, &answer->moved, &answer->sub);
	} else {
		answer->moved = shift_steps(eval, &node->selector.shift, &eval->outer);
		request.node = node;
		request.steps = answer->moved;
		request.reach = node->selector.range;
		r = source_open(eval, &request, &answer->source);
	}
	if (r == 0)
		*out = TAKE(answer);
	return r;
}

void range_answer_close(struct range_answer *answer)
{
	if (!answer)
		return;
	source_close(&answer->source);
	subquery_close(&answer->sub);
	eval_release(answer->eval, answer->room * (sizeof *answer->at + sizeof *answer->values));
	free(answer->at);
	free(answer->values);
	free(answer);
}

static int reserve(struct range_answer *answer, size_t n)
{
	size_t room = answer->room ? answer->room : 1024, more;
	void *grown;

	while (room < answer->n + n)
		room *= 2;
	more = (room - answer->room) * (sizeof *answer->at + sizeof *answer->values);
	if (!more)
		return 0;
	if (eval_hold(answer->eval, more) < 0)
		return answer->eval->err->code;
	grown = realloc(answer->at, room * sizeof *answer->at);
	if (grown)
		answer->at = grown;
	if (grown && (grown = realloc(answer->values, room * sizeof *answer->values)))
		answer->values = grown;
	if (!grown) {
		eval_release(answer->eval, more);
		return eval_no_memory(answer->eval);
	}
	answer->room = room;
	return 0;
}

static int add(struct range_answer *answer, const struct piece *piece)
{
	int r = reserve(answer, piece->n);

	for (uint32_t i = 0; i < piece->n && r == 0; i++) {
		if (piece->values ? value_is_stale(piece->values[i]) : !piece->count[i])
			continue;
		answer->at[answer->n] = piece->values ? piece->at[i] : piece->last_at[i];
		answer->values[answer->n++] = piece->values ? piece->values[i] : piece->last[i];
	}
	return r;
}

static int next_selected(struct range_answer *answer, struct labels *labels)
{
	struct piece piece;
	int r;

	do {
		answer->n = 0;
		r = source_next(&answer->source);
		if (r <= 0)
			return r;
		*labels = answer->source.view->labels;
		while ((r = source_piece(&answer->source, NULL, NULL, &piece)) > 0)
			if ((r = add(answer, &piece)) < 0)
				break;
		if (r < 0)
			return r;
	} while (!answer->n);
	return 1;
}

static int next_of_subquery(struct range_answer *answer, struct labels *labels)
{
	const double *values;
	int r;

	do {
		answer->n = 0;
		r = subquery_next(&answer->sub, labels, &values);
		if (r > 0) {
			struct piece piece = { .n = answer->sub.steps.n, .at = answer->sub.at, .values = values };

			r = add(answer, &piece) < 0 ? answer->eval->err->code : 1;
		}
	} while (r > 0 && !answer->n);
	return r;
}

int range_answer_next(struct range_answer *answer, struct labels *labels, const kymo_ms **at, const double **values, uint32_t *n)
{
	int r = answer->node->kind == NODE_SUBQUERY ? next_of_subquery(answer, labels) : next_selected(answer, labels);

	*at = answer->at;
	*values = answer->values;
	*n = (uint32_t)answer->n;
	return r;
}
