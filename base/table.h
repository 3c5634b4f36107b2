/*
 * table.h - one table, three ways to print it: aligned for a terminal, Markdown, CSV.
 *
 * Cells are strings; a cell that was not set prints as "-" (empty in CSV). Widths
 * count UTF-8 characters. A table belongs to one thread.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum table_align { TABLE_LEFT, TABLE_RIGHT };
enum table_style { TABLE_TERMINAL, TABLE_MARKDOWN, TABLE_CSV };

struct table;

struct table *table_create(void);
void table_free(struct table *table);

/* Adds a column; all columns come before the first row. */
void table_add_column(struct table *table, const char *header, enum table_align align);

/* Starts the next row; its cells follow in the order of the columns. */
void table_start_row(struct table *table);

/* Appends a cell to the current row; a NULL text is a cell without a value. */
void table_add_cell(struct table *table, const char *text);
void table_add_cellf(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void table_print(const struct table *table, enum table_style style, FILE *file);

#endif
