/* SPDX-License-Identifier: MIT */
/* changes.c - see changes.h. */
#include "cli/changes.h"

#include "cli/show.h"
#include "cli/table.h"

#include <stdio.h>

void changes_show(const cJSON *answer)
{
	struct table table;
	const cJSON *change;
	unsigned kept = 0;

	table_init(&table, "ACTION|INSTANCE|PLUGIN|WHY");
	cJSON_ArrayForEach(change, show_find(answer, "changes")) {
		if (!strcmp(show_text(change, "action"), "keep")) {
			kept++;
			continue;
		}
		table_cell(&table, show_text(change, "action"));
		table_cell(&table, show_text(change, "name"));
		table_cell(&table, show_text(change, "plugin"));
		table_cell(&table, show_text(change, "why"));
	}
	if (!table.n)
		puts("no instance changes");
	table_end(&table);
	if (kept)
		printf("%u kept as they are\n", kept);
}
