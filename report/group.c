/* group.c - see group.h. */
#include "report/group.h"

struct group group_at(const struct comparison *comparison, size_t index)
{
    struct group group = {comparison, &comparison->rows[index], 0};
    while (index + group.count < comparison->row_count &&
           group.rows[group.count].scenario == group.rows->scenario)
        group.count++;
    return group;
}

void group_tell_rows(const struct group *group, row_is *is, const void *with,
                     struct text *text)
{
    const struct row *before = NULL;
    for (const struct row *row = group->rows; row < group->rows + group->count; row++) {
        if (!is(row, with))
            continue;
        bool same_cell = before && row_same_cell(row, before);
        if (!same_cell && row->value)
            text_printf(text, "%s%s %s: ", before ? "; " : "",
                        row->scenario->sweep.variable, row->value);
        text_printf(text, "%s%s", same_cell || (before && !row->value) ? ", " : "",
                    row->contender->label);
        before = row;
    }
}
