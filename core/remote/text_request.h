/* SPDX-License-Identifier: MIT */
/*
 * text_request.h - Prometheus text or OpenMetrics as the body of a request: checked as
 * a whole before anything is done with it, and then series and samples as those of
 * remote write.
 */
#ifndef REMOTE_TEXT_REQUEST_H
#define REMOTE_TEXT_REQUEST_H

#include "remote/metadata.h"
#include "remote/resolve.h"
#include "remote/unpack.h"
#include "text/parser.h"

/* How a text is meant. */
struct text_import {
	enum text_format format;
	enum packing packing;
	kymo_ms at;			/* of samples that have no time */
	uint32_t n_extra;
	const struct label *extra;	/* in place of labels that are called so; without a value: these go */
};

/* While it is read and resolved. */
struct text_request {
	const struct text_import *how;
	struct text_parser *parser;
	struct buf scratch;
	struct ref_key extra_key;	/* of the extra labels: with others, the same text is another series */
};
void text_request_fini(struct text_request *text);

/*
 * Read a body, which must stay, in place of what the request held. 0; -EBADMSG with
 * "line:column: reason"; -E2BIG: more samples or metrics than that; -ENOMEM.
 */
int text_request_read(struct text_request *text, struct write_request *request, const struct ref_cache *cache,
		      const struct label_limits *limits, const uint8_t *body, size_t n, struct error *err);
labels_reader text_request_labels;	/* data: the text_request */

/* TYPE, HELP and UNIT of what has samples. 0 or -ENOMEM. */
int text_request_tell(struct text_request *text, struct store *store, const struct label_limits *limits, struct metadata_told *told);

#endif
