/* SPDX-License-Identifier: MIT */
/* binary.h - the operators of NODE_BINARY, by what stands on their sides. Results as of stream_open. */
#ifndef EVAL_BINARY_H
#define EVAL_BINARY_H

#include "eval/matrix.h"

int stream_open_with_scalar(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_vectors(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);
int stream_open_set(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out);	/* and or unless */

/* Does the operator take the metric's name away? */
bool binary_drops_name(const struct binary *binary);

/*
 * out[i] = a[i] op b[i]; absent where a side is absent, and where a comparison
 * without bool does not hold. What a comparison keeps is `kept`, which is a or b.
 * out may be a or b.
 */
void columns_combine(const struct binary *binary, const double *a, const double *b, const double *kept, double *out, uint32_t n);
bool column_is_empty(const double *values, uint32_t n);

#endif
