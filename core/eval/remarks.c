/* SPDX-License-Identifier: MIT */
#include "eval/remarks.h"

#include <math.h>
#include <stdio.h>

const char *number_in_words(double v, char text[NUMBER_TEXT])
{
	double size = fabs(v);

	if (!isfinite(v) || !v || (size < 1e6 && size >= 1e-4))
		return number_format(v, text);
	for (int digits = 0; digits < 17; digits++) {
		char *end;

		snprintf(text, NUMBER_TEXT, "%.*e", digits, v);
		if (number_parse(text, &end) == v)
			break;
	}
	return text;
}

void remark_quantile(struct eval *eval, const struct node *node, double q)
{
	char text[NUMBER_TEXT];

	if (!(q >= 0 && q <= 1))
		eval_warn(eval, node, "quantile value should be between 0 and 1, got %s", number_in_words(q, text));
}
