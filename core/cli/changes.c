/* SPDX-License-Identifier: MIT */
/* changes.c - see changes.h. */
#include "cli/changes.h"

#include "cli/show.h"
#include "cli/table.h"

static const struct column columns[] = { { "ACTION" }, { "INSTANCE" }, { "PLUGIN" }, { "WHY" } };

void changes_show(const cJSON *answer, struct output *output)
{
	struct table table = table_of(columns);
	const cJSON *change;
	unsigned kept = 0;

	cJSON_ArrayForEach(change, show_find(answer, "changes")) {
		if (!strcmp(show_word(change, "action"), "keep")) {
			kept++;
			continue;
		}
		show_text(table_cell(&table), show_find(change, "action"));
		show_text(table_cell(&table), show_find(change, "name"));
		show_text(table_cell(&table), show_find(change, "plugin"));
		show_text(table_cell(&table), show_find(change, "why"));
	}
	if (table_is_empty(&table))
		buf_add_text(&output->text, "no instance changes\n");
	table_print(&table, &output->text);
	if (kept)
		buf_printf(&output->text, "%u kept as they are\n", kept);
}
