/* SPDX-License-Identifier: MIT */
/* table.c - see table.h. */
#include "cli/table.h"

#include "util/cleanup.h"

#include <stdarg.h>
#include <stdio.h>

void table_init(struct table *table, const char *heads)
{
	*table = (struct table){ .heads = heads, .columns = 1 };
	for (const char *c = heads; *c; c++)
		table->columns += *c == '|';
}

/* Takes over the text. Control characters would tear the row, or steer the terminal. */
static void add(struct table *table, char *text)
{
	for (char *c = text; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	if (table->n == table->room) {
		uint32_t room = table->room ? table->room * 2 : 256;
		char **cells = realloc(table->cells, room * sizeof *cells);

		if (!cells) {
			free(text);
			return;
		}
		table->cells = cells;
		table->room = room;
	}
	table->cells[table->n++] = text;
}

void table_cell(struct table *table, const char *text)
{
	add(table, strdup(text ? text : "-"));
}

void table_cellf(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	add(table, text);
}

/* Characters, not bytes; wide ones count as one. */
static int width_of(const char *text, size_t n)
{
	int width = 0;

	for (size_t i = 0; i < n; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* The head of a column without its mark. */
static const char *head_of(const struct table *table, uint32_t column, size_t *n, bool *right)
{
	const char *at = table->heads;

	while (column--)
		at = strchr(at, '|') + 1;
	*right = *at == '>';
	at += *right;
	*n = strcspn(at, "|");
	return at;
}

static void print_cell(const char *text, size_t n, int width, bool right, bool last)
{
	int pad = width - width_of(text, n);

	if (right)
		printf("%*s", pad, "");
	fwrite(text, 1, n, stdout);
	if (!last)
		printf("%*s", right ? 2 : pad + 2, "");
}

static void print_heads(const struct table *table, const int *widths)
{
	for (uint32_t column = 0; column < table->columns; column++) {
		bool right;
		size_t n;
		const char *head = head_of(table, column, &n, &right);

		print_cell(head, n, widths[column], right, column + 1 == table->columns);
	}
	putchar('\n');
}

static const char *cell(const struct table *table, uint32_t i)
{
	return table->cells[i] ? table->cells[i] : "";
}

static void print_rows(const struct table *table, const int *widths)
{
	for (uint32_t i = 0; i < table->n; i++) {
		uint32_t column = i % table->columns;
		bool right, last = column + 1 == table->columns;
		size_t n;

		head_of(table, column, &n, &right);
		print_cell(cell(table, i), strlen(cell(table, i)), widths[column], right, last);
		if (last)
			putchar('\n');
	}
}

void table_end(struct table *table)
{
	int widths[TABLE_COLUMNS] = { 0 };

	for (uint32_t column = 0; column < table->columns; column++) {
		bool right;
		size_t n;
		const char *head = head_of(table, column, &n, &right);

		widths[column] = width_of(head, n);
	}
	for (uint32_t i = 0; i < table->n; i++) {
		int width = width_of(cell(table, i), strlen(cell(table, i)));

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	if (table->n) {
		print_heads(table, widths);
		print_rows(table, widths);
	}
	for (uint32_t i = 0; i < table->n; i++)
		free(table->cells[i]);
	free(table->cells);
}
