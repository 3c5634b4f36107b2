/* csv.c - see csv.h. */
#include "base/csv.h"

#include <string.h>

#include "base/text.h"

/* The cell at `text`, added to the list; returns where it ends. Between quotes anything
 * may stand, and two of them are one. */
static const char *read_cell(const char *text, struct words *cells)
{
    struct text cell = {0};
    bool quoted = *text == '"';
    text += quoted;
    for (; *text && (quoted || !strchr(",\n", *text)); text++) {
        if (quoted && *text == '"' && text[1] != '"') {
            text++;
            break;
        }
        text += quoted && *text == '"';
        text_append(&cell, text, 1);
    }
    words_add(cells, text_string(&cell));
    text_release(&cell);
    return text;
}

char **csv_read_line(const char **text, size_t *count)
{
    struct words cells = {0};
    const char *at = *text;
    if (!*at)
        return NULL;
    for (at = read_cell(at, &cells); *at == ','; at = read_cell(at + 1, &cells))
        continue;
    *text = at + (*at == '\n');
    *count = cells.count;
    cells.items = memory_resize(cells.items, (cells.count + 1) * sizeof *cells.items);
    cells.items[cells.count] = NULL;
    return cells.items;
}
