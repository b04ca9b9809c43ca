/* SPDX-License-Identifier: MIT */
#include "eval/escaped.h"

struct looking {
	struct eval *eval;
	const struct node *selector;
	uint32_t size;		/* of the name that is asked for */
};

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

/* Is that text the name, when every character that a plain name cannot have is an underscore? */
static bool escapes_to(const char *text, uint32_t n, const char *name)
{
	uint32_t i = 0;

	for (; i < n && *name; name++) {
		bool same = is_plain(text[i]) ? text[i] == *name : *name == '_';

		if (!same)
			return false;
		for (i++; i < n && ((uint8_t)text[i] & 0xc0) == 0x80; i++)
			;	/* the rest of a character */
	}
	return i == n && !*name;
}

static int look_at(void *data, const char *text, uint32_t n)
{
	const struct looking *looking = data;
	const char *name = looking->selector->selector.name;

	if (n < looking->size || text_equal(text, n, name) || !escapes_to(text, n, name))
		return 0;
	eval_inform(looking->eval, looking->selector, "no series is named \"%s\"; there is a metric \"%.*s\": ask for {\"%.*s\"}", name, (int)n, text,
		    (int)n, text);
	return 1;
}

void escaped_inform(struct eval *eval, const struct node *selector)
{
	struct looking looking = { eval, selector, 0 };

	if (!selector->selector.name || !strchr(selector->selector.name, '_'))
		return;
	looking.size = (uint32_t)strlen(selector->selector.name);
	store_each_label_value(eval->store, LABEL_NAME, look_at, &looking);
}
