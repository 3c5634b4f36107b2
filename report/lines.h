/* lines.h - lines of text around the tables, wrapped on a terminal, plain in Markdown. */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stdio.h>

#include "base/table.h"

#define TERMINAL_WIDTH 120

/* A line by itself; in Markdown a paragraph. */
void line_print(const char *line, enum table_style style, FILE *file);

/* One that belongs to a table, with a mark; in Markdown one of a list. */
void line_print_item(const char *mark, const char *line, enum table_style style,
                     FILE *file);

/* One that nobody should overlook, above a table. */
void line_print_warning(const char *line, enum table_style style, FILE *file);

#endif
