/* SPDX-License-Identifier: MIT */
#include "eval/remarks.h"
#include "util/number.h"

void remark_quantile(struct eval *eval, const struct node *node, double q)
{
	char text[NUMBER_TEXT];

	if (!(q >= 0 && q <= 1))
		eval_warn(eval, node, "quantile value should be between 0 and 1, got %s", number_format(q, text));
}
