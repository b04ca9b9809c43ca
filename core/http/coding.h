/* SPDX-License-Identifier: MIT */
/*
 * coding.h - content codings: which one a client wants (Accept-Encoding), and
 * packing an answer so, whole or piece by piece.
 */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include "util/buf.h"
#include "util/cleanup.h"

#define CODING_LEAST 1024		/* bytes; less is sent as it is: packing it costs more than it saves */

enum coding { CODING_NONE, CODING_GZIP, CODING_ZSTD, CODING_SNAPPY /* of remote read, as its answer is made */ };

/* The one with the highest q that is spoken here; of equals zstd, which costs less. NULL: the client says nothing. */
enum coding coding_choose(const char *accept);
const char *coding_name(enum coding coding);	/* "gzip" */

struct packer;
struct packer *packer_create(enum coding coding);	/* of gzip or zstd; NULL: out of memory */
/* Append what has become of them so far; `last`: and of all the rest. 0 or -ENOMEM. */
int packer_add(struct packer *packer, const void *data, size_t n, bool last, struct buf *out);
void packer_destroy(struct packer *packer);	/* NULL is fine */
DEFINE_AUTO(packer, packer_destroy)

#endif
