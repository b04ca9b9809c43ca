/* SPDX-License-Identifier: MIT */
/*
 * reading.h - what every plain question has in common: which series in which
 * range, which tier serves which part, the source that all is read from, and what is
 * said beside the answer. It is read by the engine of PromQL (eval/).
 */
#ifndef PLAIN_READING_H
#define PLAIN_READING_H

#include "eval/source.h"
#include "plain/parts.h"
#include "plain/plain.h"
#include "query/fold.h"

struct reading {
	struct store *store;
	const struct plain_limits *limits;
	struct error *err, mine;	/* mine: where nobody wants to know */
	struct grid grid;
	struct chosen chosen;
	struct parts parts;
	struct notes notes;
	struct eval eval;
	uint64_t samples_most;		/* 0: no limit */
};

void reading_init(struct reading *reading, struct store *store, const struct plain_limits *limits, kymo_ms now, struct error *err);
void reading_fini(struct reading *reading);
/*
 * For what grid and chosen say. granularity as parts_make has it; wants: those of the
 * folds (query/fold.h). 0 or an error, as for all of these; it may be without words.
 */
int reading_open(struct reading *reading, uint32_t granularity, enum plan_rule rule, uint32_t wants, struct source *source);
/* The error with words, if nobody has said what went wrong. less: what to ask for where too many samples would be read. */
int reading_tell(struct reading *reading, const struct source *source, int r, const char *less);
/* Parts and warnings into the answer's memory. */
int reading_explain(struct reading *reading, const struct source *source, void *answer, const struct kymo_part **parts, uint32_t *n_parts,
		    const char *const **warnings, uint32_t *n_warnings);

#endif
