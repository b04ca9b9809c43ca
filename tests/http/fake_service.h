/* SPDX-License-Identifier: MIT */
/*
 * fake_service.h - a service without a store and a host: it notes what it was
 * asked, and answers what the test has put there. For all that only translates.
 */
#ifndef TESTS_FAKE_SERVICE_H
#define TESTS_FAKE_SERVICE_H

#include "host/event.h"
#include "http/route.h"
#include "service/service.h"

#define FAKE_NOW INT64_C(1700000000000)

struct kymo {
	/* What it was asked. */
	struct kymo_query query;
	char asked[4096];		/* names, filters and other texts, by commas */
	unsigned maintain;
	uint32_t n_deletions;
	kymo_ms start, end;
	struct service_listener listener;

	/* What it answers. */
	_Atomic int fails;		/* a negative errno for whatever comes next; with `reason` */
	const char *reason;
	const struct series_view *series;
	uint32_t n_series;
	struct host_stats host;
	_Atomic uint32_t requests;
	kymo_ms slow;			/* service_query takes so long */
	_Atomic bool holds;		/* and does not end while this is set */
	_Atomic uint32_t held;		/* so many do */
	series_ref foreign;		/* not of this host; 0: all are */

	/* What the engine of PromQL is asked, and answers. */
	struct promql_request promql;	/* its query is a copy in `asked` */
	enum value_type type;
	uint32_t n_answer, n_points;	/* series, and points of each */
	bool is_execution;		/* of `fails` */
	uint32_t fails_after;		/* so many series; then with `fails_then` */
	int fails_then;
	uint32_t n_notes;		/* warnings, and as many infos */
	_Atomic uint32_t n_runs, n_given;	/* open runs; series given so far */

	/* What fake_request says of its body. */
	const char *content_type, *content_encoding, *write_version;
	bool write_off;
};

/* Run a request through the routes; the body of the answer as text, to be freed by buf_fini. */
struct response fake_request(struct kymo *kymo, const char *method, const char *path, const char *parameters, const char *body,
			     bool trusted);

#endif
