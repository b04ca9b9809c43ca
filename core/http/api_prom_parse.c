/* SPDX-License-Identifier: MIT */
/* api_prom_parse.c - GET and POST /api/v1/format_query and parse_query: an expression as text and as a tree. */
#include "http/prom_ast.h"
#include "http/prom_json.h"
#include "http/prom_param.h"
#include "http/route.h"

static int read_query(const struct params *params, struct expr **out, struct error *err)
{
	const struct parse_limits limits = PARSE_LIMITS;
	const char *text = params_get(params, "query");
	struct error why = { 0 };
	int r = expr_parse(text, strlen(text), &limits, out, &why);

	return r < 0 ? prom_invalid_why(err, r, "query", &why) : 0;
}

static void format(const struct expr *expr, struct buf *out)
{
	AUTO_BUF text = { 0 };

	node_pretty(expr_root(expr), &text);
	prom_text(out, buf_text(&text) ? buf_text(&text) : "", text.len);
	out->failed |= buf_failed(&text);
}

static int answer(const struct request *request, struct response *response, void (*render)(const struct expr *, struct buf *),
		  struct error *err)
{
	AUTO_PARAMS params = { 0 };
	AUTO(expr) expr = NULL;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = read_query(&params, &expr, err);
	if (r < 0)
		return r;
	prom_begin(&response->body);
	render(expr, &response->body);
	prom_end(&response->body, NULL);
	return 0;
}

int api_prom_format_query(const struct request *request, struct response *response, struct error *err)
{
	return answer(request, response, format, err);
}

int api_prom_parse_query(const struct request *request, struct response *response, struct error *err)
{
	return answer(request, response, prom_ast, err);
}
