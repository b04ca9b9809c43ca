/* SPDX-License-Identifier: MIT */
/*
 * api_prom_query.c - GET and POST /api/v1/query and query_range, and kymo's own
 * /kymo/v1/explain. Series are written as the engine gives them. The first part is
 * gathered before anything is sent, so that what goes wrong there still gets its
 * status; later the connection breaks off.
 */
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/route.h"

#include "util/log.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_PART ((size_t)256 << 10)
#define PIECE_LEAST ((size_t)64 << 10)

struct answering {
	struct promql_run *run;
	enum value_type type;
	kymo_ms at;			/* of an instant query */
	uint64_t limit, n;		/* series: at most (0: any number), written */
	bool begun, ended, truncated, with_stats;
	int client;
	int64_t began_ns;
};

static void answering_destroy(void *data)
{
	struct answering *answering = data;

	promql_close(answering->run);
	free(answering);
}

/* ---- what is asked ---- */

/* What is left of it; the engine has one of its own for who says nothing and did not wait. */
static int read_timeout(const struct request *request, const struct params *params, struct promql_request *query, struct error *err)
{
	kymo_ms waited = request->came_ns ? (clock_mono_ns() - request->came_ns) / 1000000 : 0;
	int r = prom_timeout(request, params, &query->timeout, err);

	if (r == 0 && query->timeout > 0)
		query->timeout = query->timeout > waited ? query->timeout - waited : -1;
	return r;
}

static int read_lookback(const struct params *params, struct promql_request *query, struct error *err)
{
	const char *text = params_get(params, "lookback_delta");
	struct error why = { 0 };
	int r;

	if (!*text)
		return 0;
	r = prom_span(text, &query->lookback, &why);
	if (r < 0)
		error_set(err, r, "error parsing lookback delta duration: %s", error_text(&why));
	error_clear(&why);
	return r;
}

static int read_tier(const struct params *params, struct promql_request *query, struct error *err)
{
	const char *text = params_get(params, "tier");
	enum kymo_tier tier;

	query->tier = KYMO_AUTO;
	if (!*text || !strcmp(text, "auto"))
		return 0;
	if (tier_parse(text, &tier) < 0)
		return prom_invalid(err, "tier", "\"%.100s\" is no tier (write raw, 1m, 5m or 1h)", text);
	query->tier = tier;
	return 0;
}

static int read_range(const struct params *params, struct promql_request *query, struct error *err)
{
	struct error why = { 0 };
	int r = prom_time(params, "start", &query->start, err);

	if (r < 0 || (r = prom_time(params, "end", &query->end, err)) < 0)
		return r;
	if (query->end < query->start)
		return prom_invalid(err, "end", "end timestamp must not be before start time");
	r = prom_span(params_get(params, "step"), &query->step, &why);
	if (r < 0)
		return prom_invalid_why(err, r, "step", &why);
	if (query->step <= 0)
		return prom_invalid(err, "step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
	return 0;
}

/* 11000 is "11,000". */
static const char *with_commas(uint32_t number, char room[NUMBER_TEXT])
{
	char digits[NUMBER_TEXT], *to = room;
	const char *from = number_format_unsigned(number, digits);

	for (size_t left = strlen(from); left; left--) {
		*to++ = *from++;
		if (left > 1 && left % 3 == 1)
			*to++ = ',';
	}
	*to = '\0';
	return room;
}

static int check_points(const struct request *request, const struct promql_request *query, struct error *err)
{
	uint32_t most = request->rules ? request->rules->points : 0;
	char room[NUMBER_TEXT];

	if (!most || ((uint64_t)query->end - (uint64_t)query->start) / (uint64_t)query->step <= most)
		return 0;
	return error_set(err, -EINVAL, "exceeded maximum resolution of %s points per timeseries. Try decreasing the query resolution "
			 "(?step=XX) (query.points)", with_commas(most, room));
}

static int read_times(const struct request *request, const struct params *params, struct promql_request *query, struct error *err)
{
	int r;

	query->now = service_now(request->kymo);
	if (query->instant)
		return prom_time_or(params, "time", query->now, &query->end, err);
	r = read_range(params, query, err);
	return r < 0 ? r : check_points(request, query, err);
}

static int read_query(const struct request *request, const struct params *params, struct promql_request *query, struct error *err)
{
	int r = read_times(request, params, query, err);

	if (r == 0)
		r = read_timeout(request, params, query, err);
	if (r == 0)
		r = read_lookback(params, query, err);
	if (r == 0)
		r = read_tier(params, query, err);
	query->query = params_get(params, "query");
	query->n = strlen(query->query);
	query->no_cache |= *params_get(params, "nocache") && strcmp(params_get(params, "nocache"), "0") != 0;
	return r;
}

/* The codes of the engine, as those that have the right status here. */
static int execution_failed(int r)
{
	return r == -EINVAL ? -E2BIG : r == -EBUSY ? -EAGAIN : r;
}

static int open_run(const struct request *request, struct promql_request *query, int *client, struct promql_run **out, struct error *err)
{
	bool is_execution = false;
	struct error why = { 0 };
	int r;

	query->is_cancelled = request_is_gone;
	query->cancel_data = client;
	r = promql_open(service_promql(request->kymo), query, out, &is_execution, &why);
	if (r < 0 && !is_execution && r != -ENOMEM)
		return prom_invalid_why(err, r, "query", &why);
	if (r < 0)
		error_set(err, execution_failed(r), "%s", why.count ? error_text(&why) : error_name(r));
	error_clear(&why);
	return r < 0 ? execution_failed(r) : 0;
}

/* ---- what is answered ---- */

static void put_series(struct answering *answering, const struct promql_series *series, struct buf *out)
{
	if (answering->n++)
		buf_add_u8(out, ',');
	buf_add_text(out, "{\"metric\":");
	prom_labels(out, series->labels);
	if (answering->type == TYPE_VECTOR) {
		buf_add_text(out, ",\"value\":");
		prom_point(out, series->at[0], series->values[0]);
	} else {
		buf_add_text(out, ",\"values\":");
		prom_points(out, series->at, series->values, series->n);
	}
	buf_add_u8(out, '}');
}

static void put_head(struct answering *answering, struct buf *out)
{
	answering->begun = true;
	prom_begin(out);
	buf_add_text(out, "{\"resultType\":\"");
	buf_add_text(out, value_type_word(answering->type));
	buf_add_text(out, answering->type == TYPE_VECTOR || answering->type == TYPE_MATRIX ? "\",\"result\":[" : "\",\"result\":");
}

static void put_seconds(struct buf *out, const char *before, int64_t ns)
{
	char text[NUMBER_TEXT];

	buf_add_text(out, before);
	buf_add_text(out, number_format((double)ns / 1e9, text));
}

static void put_stats(const struct answering *answering, const struct promql_report *report, struct buf *out)
{
	put_seconds(out, ",\"stats\":{\"timings\":{\"evalTotalTime\":", report->run_ns);
	put_seconds(out, ",\"resultSortTime\":0,\"queryPreparationTime\":", report->parse_ns);
	put_seconds(out, ",\"innerEvalTime\":", report->run_ns);
	put_seconds(out, ",\"execQueueTime\":0,\"execTotalTime\":", clock_mono_ns() - answering->began_ns);
	buf_printf(out, "},\"samples\":{\"totalQueryableSamples\":%llu,\"peakSamples\":%llu}}", (unsigned long long)report->samples,
		   (unsigned long long)(report->memory / sizeof(double)));
}

static void put_span(struct buf *out, const struct promql_span *span)
{
	buf_add_text(out, "{\"start\":");
	prom_time_text(out, span->start);
	buf_add_text(out, ",\"end\":");
	prom_time_text(out, span->end);
	if (span->missing || span->empty)
		buf_add_text(out, ",\"tier\":null,\"resolution\":null");
	else
		buf_printf(out, ",\"tier\":\"%s\",\"resolution\":%lld", tier_name(span->tier), (long long)tier_width(span->tier) / 1000);
	buf_printf(out, ",\"missing\":%s,\"empty\":%s}", span->missing ? "true" : "false", span->empty ? "true" : "false");
}

/* What Prometheus has nothing like. */
static void put_own(const struct promql_report *report, struct buf *out)
{
	char text[NUMBER_TEXT];

	buf_add_text(out, ",\"kymo\":{\"spans\":[");
	for (uint32_t i = 0; i < report->n_spans; i++) {
		if (i)
			buf_add_u8(out, ',');
		put_span(out, &report->spans[i]);
	}
	buf_add_text(out, "],\"quarantined\":");
	buf_add_text(out, number_format_unsigned(report->quarantined, text));
	buf_add_text(out, ",\"percentile_error\":");
	buf_add_text(out, number_format(report->error, text));
	buf_add_text(out, report->from_cache ? ",\"cached\":true}" : ",\"cached\":false}");
}

static void put_tail(struct answering *answering, struct buf *out)
{
	struct promql_report report;

	promql_report(answering->run, &report);
	if (answering->type == TYPE_VECTOR || answering->type == TYPE_MATRIX)
		buf_add_u8(out, ']');
	if (answering->with_stats)
		put_stats(answering, &report, out);
	buf_add_u8(out, '}');
	prom_notes(out, "warning", answering->truncated ? PROM_TRUNCATED : NULL, report.warnings, report.n_warnings);
	prom_notes(out, "info", NULL, report.infos, report.n_infos);
	put_own(&report, out);
	buf_add_u8(out, '}');
	answering->ended = true;
}

/* A string, which is no series. */
static void put_string(const struct answering *answering, struct buf *out)
{
	const char *text = promql_text(answering->run);

	buf_add_u8(out, '[');
	prom_time_text(out, answering->at);
	buf_add_u8(out, ',');
	prom_text(out, text, strlen(text));
	buf_add_u8(out, ']');
}

/* One series more. 1; 0: there is none, or it is one too many; or an error. */
static int put_next(struct answering *answering, struct buf *out, struct error *err)
{
	struct promql_series series;
	int r = promql_next(answering->run, &series, err);

	if (r <= 0)
		return r;
	answering->truncated = answering->limit && answering->n == answering->limit && answering->type != TYPE_SCALAR;
	if (answering->truncated)
		return 0;
	if (answering->type == TYPE_SCALAR)
		prom_point(out, series.at[0], series.values[0]);
	else
		put_series(answering, &series, out);
	return 1;
}

/* More of it, until there is so much or it has ended. 0 or an error. */
static int put_more(struct answering *answering, size_t least, struct buf *out, struct error *err)
{
	int r = 1;

	if (!answering->begun)
		put_head(answering, out);
	if (answering->type == TYPE_STRING) {
		put_string(answering, out);
		r = 0;
	}
	while (r > 0 && out->len < least && !buf_failed(out))
		r = put_next(answering, out, err);
	if (r == 0)
		put_tail(answering, out);
	if (r >= 0 && buf_failed(out))
		return error_set(err, -ENOMEM, "out of memory");
	return r < 0 ? r : 0;
}

/* What fails now can be said to nobody but the log. */
static int next_piece(void *data, struct buf *out)
{
	struct answering *answering = data;
	struct error err = { 0 };
	int r = 0;

	if (!answering->ended)
		r = put_more(answering, PIECE_LEAST, out, &err);
	if (r < 0)
		log_info(LOG_HTTP, "the answer to a query breaks off: %s", error_text(&err));
	error_clear(&err);
	return r;
}

/* Takes `answering` over. */
static int send_answer(struct answering *answering, struct response *response, struct error *err)
{
	int r = put_more(answering, FIRST_PART, &response->body, err);

	if (r == 0 && !answering->ended) {
		response->stream = (struct response_stream){ next_piece, answering_destroy, answering };
		return 0;
	}
	answering_destroy(answering);
	return r < 0 ? execution_failed(r) : 0;
}

static int answer(const struct request *request, struct promql_request *query, struct response *response, struct error *err)
{
	AUTO_PARAMS params = { 0 };
	struct answering *answering = calloc(1, sizeof *answering);
	int r;

	if (!answering)
		return error_set(err, -ENOMEM, "out of memory");
	answering->began_ns = clock_mono_ns();
	answering->client = request->client;
	r = params_read(&params, request, err);
	if (r == 0)
		r = prom_limit(&params, &answering->limit, err);
	if (r == 0)
		r = read_query(request, &params, query, err);
	if (r == 0)
		r = open_run(request, query, &answering->client, &answering->run, err);
	if (r < 0) {
		answering_destroy(answering);
		return r;
	}
	answering->at = query->end;
	answering->type = promql_type(answering->run);
	answering->with_stats = *params_get(&params, "stats");
	return send_answer(answering, response, err);
}

int api_prom_query(const struct request *request, struct response *response, struct error *err)
{
	struct promql_request query = { .instant = true };

	return answer(request, &query, response, err);
}

int api_prom_query_range(const struct request *request, struct response *response, struct error *err)
{
	struct promql_request query = { .instant = false };

	return answer(request, &query, response, err);
}

/* ---- explain ---- */

/* It is worked out, and not said. */
static int explain(const struct request *request, struct promql_request *query, struct buf *out, struct error *err)
{
	AUTO(promql_run) run = NULL;
	struct promql_series series;
	int client = request->client, r = open_run(request, query, &client, &run, err);

	if (r < 0)
		return r;
	while ((r = promql_next(run, &series, err)) > 0)
		;
	if (r < 0)
		return execution_failed(r);
	promql_explain(run, out);
	return 0;
}

int api_explain(const struct request *request, struct response *response, struct error *err)
{
	struct promql_request query = { .explain = true, .no_cache = true };
	AUTO_PARAMS params = { 0 };
	int r = params_read(&params, request, err);

	if (r < 0)
		return r;
	query.instant = !*params_get(&params, "start") && !*params_get(&params, "step");
	r = read_query(request, &params, &query, err);
	return r < 0 ? r : explain(request, &query, &response->body, err);
}
