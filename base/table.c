/* table.c - see table.h. */
#include "base/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct table_column {
    char *header;
    enum table_align align;
};

struct table {
    struct table_column *columns;
    size_t column_count;
    char **cells; /* row by row, column_count to a row; NULL: no value */
    size_t row_count;
    size_t filled; /* cells of the last row that were added */
};

struct table *table_create(void)
{
    return memory_allocate_zeroed(1, sizeof(struct table));
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->row_count * table->column_count; i++)
        free(table->cells[i]);
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i].header);
    free(table->cells);
    free(table->columns);
    free(table);
}

void table_add_column(struct table *table, const char *header, enum table_align align)
{
    table->columns =
        memory_resize(table->columns, (table->column_count + 1) * sizeof *table->columns);
    table->columns[table->column_count++] =
        (struct table_column){memory_copy_string(header), align};
}

void table_start_row(struct table *table)
{
    size_t used = table->row_count * table->column_count;
    table->cells =
        memory_resize(table->cells, (used + table->column_count) * sizeof *table->cells);
    for (size_t i = 0; i < table->column_count; i++)
        table->cells[used + i] = NULL;
    table->row_count++;
    table->filled = 0;
}

void table_add_cell(struct table *table, const char *text)
{
    if (table->filled >= table->column_count)
        abort(); /* more cells than columns: an error in the program */
    char **cell = &table->cells[(table->row_count - 1) * table->column_count];
    cell[table->filled++] = text ? memory_copy_string(text) : NULL;
}

void table_add_cellf(struct table *table, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_add_cell(table, text);
}

static const char *cell_at(const struct table *table, size_t row, size_t column)
{
    return table->cells[row * table->column_count + column];
}

static const char *shown_at(const struct table *table, size_t row, size_t column)
{
    const char *cell = cell_at(table, row, column);
    return cell ? cell : "-";
}

/* Counts characters, not bytes: continuation bytes of UTF-8 take no column. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = width_of(table->columns[column].header);
    for (size_t row = 0; row < table->row_count; row++) {
        size_t width = width_of(shown_at(table, row, column));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_padded(const char *text, size_t width, enum table_align align,
                         FILE *file)
{
    size_t own = width_of(text);
    int padding = width > own ? (int)(width - own) : 0;
    fprintf(file, "%*s%s%*s", align == TABLE_RIGHT ? padding : 0, "", text,
            align == TABLE_LEFT ? padding : 0, "");
}

/* How many columns a line has up to its last cell with something in it, of which `row` is
 * the number; the header's is 0. In Markdown all: there they have edges. */
static size_t columns_of_line(const struct table *table, size_t row, bool markdown)
{
    size_t count = table->column_count;
    while (!markdown && row && count > 0 && !*shown_at(table, row - 1, count - 1))
        count--;
    return count;
}

static void print_lines(const struct table *table, bool markdown, FILE *file)
{
    const char *edge = markdown ? "| " : "", *between = markdown ? " | " : "  ";
    const char *end = markdown ? " |\n" : "\n";
    for (size_t row = 0; row <= table->row_count; row++) {
        size_t count = columns_of_line(table, row, markdown);
        fputs(edge, file);
        for (size_t column = 0; column < count; column++) {
            const char *text =
                row ? shown_at(table, row - 1, column) : table->columns[column].header;
            bool last = !markdown && column + 1 == count;
            enum table_align align = table->columns[column].align;
            fputs(column ? between : "", file);
            print_padded(text,
                         last && align == TABLE_LEFT ? 0 : column_width(table, column),
                         align, file);
        }
        fputs(end, file);
        if (row > 0)
            continue;
        for (size_t column = 0; column < table->column_count; column++) {
            size_t dashes = column_width(table, column) + (markdown ? 2 : 0);
            bool right = markdown && table->columns[column].align == TABLE_RIGHT;
            fputs(markdown ? "|" : column ? "  " : "", file);
            for (size_t i = right ? 1 : 0; i < dashes; i++)
                fputc('-', file);
            fputs(right ? ":" : "", file);
        }
        fputs(markdown ? "|\n" : "\n", file);
    }
}

/* As RFC 4180 has it: cells are quoted where needed, and quotes in them doubled. */
static void print_csv_cell(const char *text, FILE *file)
{
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void print_csv(const struct table *table, FILE *file)
{
    for (size_t row = 0; row <= table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            fputs(column ? "," : "", file);
            print_csv_cell(row ? cell_at(table, row - 1, column)
                               : table->columns[column].header,
                           file);
        }
        fputc('\n', file);
    }
}

void table_print(const struct table *table, enum table_style style, FILE *file)
{
    if (style == TABLE_CSV)
        print_csv(table, file);
    else
        print_lines(table, style == TABLE_MARKDOWN, file);
}
