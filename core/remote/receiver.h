/* SPDX-License-Identifier: MIT */
/*
 * receiver.h - Prometheus remote write 1.0, and text: a body as it came, into the store.
 *
 *	unpack ─▶ read (columns) ─▶ resolve (refs) ─▶ one append
 *
 * Threads   any; several requests at a time.
 */
#ifndef REMOTE_RECEIVER_H
#define REMOTE_RECEIVER_H

#include "remote/guard.h"
#include "remote/text_request.h"
#include "store/store.h"

struct receiver;

struct receiver_limits {
	struct label_limits labels;
	uint32_t series;		/* of the store; so many are remembered by their raw labels */
	uint64_t unpacked;		/* bytes of a body */
};

struct receiver *receiver_create(struct store *store, const struct receiver_limits *limits);	/* NULL: out of memory */
void receiver_destroy(struct receiver *receiver);
DEFINE_AUTO(receiver, receiver_destroy)
void receiver_configure(struct receiver *receiver, const struct receiver_limits *limits);
/* From the next request on. Whoever it asks outlives all requests. */
void receiver_set_guard(struct receiver *receiver, struct guard guard);

/*
 * 0: everything is stored (or was already). With the reason
 *	-EBADMSG, -EFBIG, -E2BIG	damaged, or too large: nothing is stored
 *	-EINVAL		some samples are refused and would be again, the rest is stored
 *	-EDQUOT		some are of new series that are too many, the rest is stored
 *	-ENOSPC, -EIO	visible, but not logged: to be sent again
 *	-ENOMEM
 */
int receiver_write(struct receiver *receiver, const uint8_t *body, size_t n, struct error *err);

/*
 * The same of Prometheus text or OpenMetrics; -EBADMSG also of a text that is not right
 * to the letter, as "line:column: reason".
 */
int receiver_import(struct receiver *receiver, const struct text_import *how, const uint8_t *body, size_t n, struct error *err);

struct receiver_stats {
	uint64_t requests, requests_refused;	/* refused: nothing of them was stored */
	uint64_t bytes, unpacked;
	uint64_t samples;			/* that came, in requests that were not refused */
	uint64_t stored, repeated, refused[REFUSALS], malformed, over_limit, owned;	/* what became of them */
	uint64_t exemplars, histograms;		/* not stored */
	uint64_t left_out;			/* of a text: within a millisecond of the sample before */
	uint64_t metadata, metadata_refused;
	uint64_t found, looked_up;		/* series: by their raw labels; by looking at them */
	uint32_t known;				/* raw labels that are remembered */
	uint64_t known_bytes;
};
void receiver_stats(struct receiver *receiver, struct receiver_stats *stats);		/* of remote write */
void receiver_import_stats(struct receiver *receiver, struct receiver_stats *stats);	/* of text */

#endif
