/* lines.c - see lines.h. */
#include "report/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Breaks lines at blanks so that they fit the terminal; later ones are indented. */
static void print_wrapped(const char *line, FILE *file)
{
    size_t column = 0;
    while (*line) {
        size_t word = strcspn(line, " ");
        if (column > 0 && column + 1 + word > TERMINAL_WIDTH)
            column = (size_t)fprintf(file, "\n   ") - 1;
        column += (size_t)fprintf(file, "%s%.*s", column ? " " : "", (int)word, line);
        line += word;
        line += strspn(line, " ");
    }
    fputc('\n', file);
}

void line_print(const char *line, enum table_style style, FILE *file)
{
    if (style == TABLE_TERMINAL)
        print_wrapped(line, file);
    else
        fprintf(file, "\n%s\n", line);
}

void line_print_item(const char *mark, const char *line, enum table_style style,
                     FILE *file)
{
    char *whole = memory_printf("%s %s", style == TABLE_MARKDOWN ? "-" : mark, line);
    if (style == TABLE_TERMINAL)
        print_wrapped(whole, file);
    else
        fprintf(file, "%s\n", whole);
    free(whole);
}

void line_print_warning(const char *line, enum table_style style, FILE *file)
{
    if (style == TABLE_TERMINAL)
        print_wrapped(line, file);
    else
        fprintf(file, "**%s**\n", line);
    fputs("\n", file);
}
