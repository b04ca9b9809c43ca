/* SPDX-License-Identifier: MIT */
/*
 * api_prom_admin.c - POST and PUT /api/v1/admin/tsdb/delete_series and
 * clean_tombstones: what the admin clients of Prometheus ask.
 */
#include "http/prom_param.h"
#include "http/route.h"

#include <errno.h>

/* Both ends belong to the range there; the store's is open at its start. */
static int delete_all(struct store *store, const struct prom_matches *matches, kymo_ms start, kymo_ms end, struct error *err)
{
	uint32_t series, n;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < matches->n; i++) {
		struct matcher *const *matchers = prom_matches_at(matches, i, &n);

		r = store_delete(store, matchers, n, start - 1, end, &series, err);
	}
	return r;
}

static int read_range(const struct params *params, kymo_ms *start, kymo_ms *end, struct error *err)
{
	int r = prom_time_or(params, "start", PROM_EARLIEST, start, err);

	if (r == 0)
		r = prom_time_or(params, "end", PROM_LATEST, end, err);
	if (r == 0 && *end < *start)
		r = prom_invalid(err, "end", "end timestamp must not be before start time");
	return r;
}

int api_prom_delete_series(const struct request *request, struct response *response, struct error *err)
{
	AUTO_MATCHES matches = { 0 };
	AUTO_PARAMS params = { 0 };
	kymo_ms start = 0, end = 0;
	int r = params_read(&params, request, err);

	if (r == 0)
		r = prom_matches_read(&matches, &params, true, err);
	if (r == 0 && !matches.n)
		r = error_set(err, -EINVAL, "no match[] parameter provided");
	if (r == 0)
		r = read_range(&params, &start, &end, err);
	if (r == 0)
		r = delete_all(service_store(request->kymo), &matches, start, end, err);
	response->status = 204;
	return r;
}

int api_prom_clean_tombstones(const struct request *request, struct response *response, struct error *err)
{
	struct store_maintained done;

	response->status = 204;
	return service_maintain(request->kymo, MAINTAIN_MERGE, &done, err);
}
