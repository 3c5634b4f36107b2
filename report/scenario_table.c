/* scenario_table.c - see scenario_table.h. */
#include "report/scenario_table.h"

#include <stdlib.h>
#include <string.h>

#include "report/cells.h"
#include "report/lines.h"
#include "report/notes.h"

#define HEADER_BYTES 128

static void add_row(struct table *table, const struct group *group, const struct row *row,
                    const struct columns *columns, enum table_style style)
{
    bool first_of_point = row == group->rows || !row_same_cell(row, row - 1);
    table_start_row(table);
    if (row->value)
        table_add_cell(table, first_of_point ? row->value : "");
    cell_add_title(table, row->contender, notes_mark(row));
    if (row->used_count == 0) {
        /* No figures; the reason stands below the table. */
        table_add_cell(table, row_status_names[row->status]);
        return;
    }
    for (size_t i = 0; i < columns->count; i++)
        cell_add(table, group, row, &columns->items[i], style);
}

static struct table *make_table(const struct group *group, const struct columns *columns,
                                enum table_style style)
{
    struct table *table = table_create();
    if (group->rows[0].value)
        table_add_column(table, group->rows[0].scenario->sweep.variable, TABLE_RIGHT);
    table_add_column(table, "model", TABLE_LEFT);
    for (size_t i = 0; i < columns->count; i++) {
        char header[HEADER_BYTES];
        column_print_header(&columns->items[i], group, header, sizeof header);
        table_add_column(table, header, TABLE_RIGHT);
    }
    for (size_t i = 0; i < group->count; i++)
        add_row(table, group, &group->rows[i], columns, style);
    return table;
}

/* Columns that the first line of the printed table takes. */
static size_t printed_width(const struct table *table)
{
    char *printed = NULL;
    size_t length = 0, width = 0;
    FILE *file = open_memstream(&printed, &length);
    if (!file)
        return 0;
    table_print(table, TABLE_TERMINAL, file);
    fclose(file);
    width = strcspn(printed, "\n");
    free(printed);
    return width;
}

void scenario_table_print(const struct group *group, enum table_style style, FILE *file)
{
    struct columns columns;
    columns_choose(&columns, group, style);
    struct table *table = make_table(group, &columns, style);
    while (style == TABLE_TERMINAL && columns.count > 1 &&
           printed_width(table) > TERMINAL_WIDTH) {
        table_free(table);
        columns.count--;
        table = make_table(group, &columns, style);
    }
    table_print(table, style, file);
    table_free(table);
}
