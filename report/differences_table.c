/* differences_table.c - see differences_table.h. */
#include "report/differences_table.h"

#include <string.h>

#define VALUE_SHOWN 40 /* characters, on a terminal */

static void add_value(struct table *table, const char *value, enum table_style style)
{
    if (value && style == TABLE_TERMINAL && strlen(value) > VALUE_SHOWN)
        table_add_cellf(table, "%.*s...", VALUE_SHOWN - 3, value);
    else
        table_add_cell(table, value);
}

void differences_table_print(const struct run_differences *differences, const char *what,
                             const char *a, const char *b, enum table_style style,
                             FILE *file)
{
    struct table *table = table_create();
    table_add_column(table, what, TABLE_LEFT);
    table_add_column(table, a, TABLE_LEFT);
    table_add_column(table, b, TABLE_LEFT);
    for (size_t i = 0; i < differences->count; i++) {
        table_start_row(table);
        table_add_cell(table, differences->items[i].what);
        add_value(table, differences->items[i].a, style);
        add_value(table, differences->items[i].b, style);
    }
    table_print(table, style, file);
    table_free(table);
}
