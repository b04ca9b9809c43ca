/* SPDX-License-Identifier: MIT */
#include "eval/trace.h"
#include "util/clock.h"
#include "util/json.h"

struct traced_stream {
	struct stream stream;
	struct stream *inner;
	uint32_t place;
};

void trace_fini(struct trace *trace)
{
	free(trace->nodes);
	*trace = (struct trace){ 0 };
}

uint32_t trace_begin(struct eval *eval, const struct node *node)
{
	struct trace *trace = eval->trace;

	if (trace->n == trace->room) {
		uint32_t room = trace->room ? trace->room * 2 : 16;
		struct traced *more = realloc(trace->nodes, room * sizeof *more);

		if (!more)
			return UINT32_MAX;
		trace->nodes = more;
		trace->room = room;
	}
	trace->nodes[trace->n] = (struct traced){ .node = node, .depth = trace->depth++ };
	return trace->n++;
}

static int traced_next(struct stream *stream, struct column *out)
{
	struct traced_stream *traced = (struct traced_stream *)stream;
	int64_t began = clock_mono_ns();
	int r = stream_next(traced->inner, out);

	stream->eval->trace->nodes[traced->place].ns += clock_mono_ns() - began;
	stream->eval->trace->nodes[traced->place].series += r > 0;
	return r;
}

static void traced_close(struct stream *stream)
{
	stream_close(((struct traced_stream *)stream)->inner);
	free(stream);
}

void trace_end(struct eval *eval, uint32_t place, int64_t ns, struct stream **stream)
{
	struct traced_stream *traced;

	if (place == UINT32_MAX)
		return;
	eval->trace->depth--;
	eval->trace->nodes[place].ns += ns;
	traced = stream ? calloc(1, sizeof *traced) : NULL;
	if (!traced)
		return;
	traced->stream = (struct stream){ traced_next, traced_close, eval, (*stream)->node, (*stream)->steps };
	traced->inner = *stream;
	traced->place = place;
	*stream = &traced->stream;
}

/* ---- writing ---- */

static void put_expression(struct json *json, const char *key, const struct node *node)
{
	struct buf text = { 0 };

	node_print(node, &text);
	json_put_text(json, key, buf_text(&text));
	buf_fini(&text);
}

static void put_nodes(struct json *json, const struct trace *trace)
{
	json_key(json, "nodes");
	json_array(json);
	for (uint32_t i = 0; i < trace->n; i++) {
		const struct traced *node = &trace->nodes[i];

		json_object(json);
		put_expression(json, "expression", node->node);
		json_put_unsigned(json, "depth", node->depth);
		json_put_unsigned(json, "series", node->series);
		json_put_number(json, "seconds", (double)node->ns / 1e9);
		json_end(json);
	}
	json_end(json);
}

static void put_spans(struct json *json, const struct promql_report *report)
{
	json_key(json, "plan");
	json_array(json);
	for (uint32_t i = 0; i < report->n_spans; i++) {
		const struct promql_span *span = &report->spans[i];

		json_object(json);
		json_put_integer(json, "start", span->start);
		json_put_integer(json, "end", span->end);
		json_put_text(json, "tier", span->missing || span->empty ? NULL : tier_name(span->tier));
		json_put_integer(json, "resolution", tier_width(span->tier));
		json_put_bool(json, "missing", span->missing);
		json_put_bool(json, "empty", span->empty);
		json_end(json);
	}
	json_end(json);
}

void trace_write(const struct trace *trace, const struct expr *expr, const struct eval *eval, const struct promql_report *report, struct buf *out)
{
	struct json json = json_to(out);

	json_object(&json);
	put_expression(&json, "query", expr_root(expr));
	json_put_text(&json, "type", value_type_word(expr_root(expr)->type));
	json_put_integer(&json, "start", eval->outer.start);
	json_put_integer(&json, "end", steps_end(&eval->outer));
	json_put_integer(&json, "step", eval->outer.step);
	json_put_unsigned(&json, "points", eval->outer.n);
	put_nodes(&json, trace);
	put_spans(&json, report);
	json_put_unsigned(&json, "series", report->series);
	json_put_unsigned(&json, "samples", report->samples);
	json_put_unsigned(&json, "blocks", report->blocks);
	json_put_unsigned(&json, "chunks", report->chunks);
	json_put_unsigned(&json, "quarantined", report->quarantined);
	json_put_unsigned(&json, "memory", report->memory);
	json_put_number(&json, "percentile_error", report->error);
	json_put_bool(&json, "cached", report->from_cache);
	json_put_number(&json, "parse_seconds", (double)report->parse_ns / 1e9);
	json_put_number(&json, "seconds", (double)report->run_ns / 1e9);
	json_end(&json);
}
