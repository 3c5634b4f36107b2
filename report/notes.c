/* notes.c - see notes.h. */
#include "report/notes.h"

#include <stdlib.h>
#include <string.h>

#include "report/lines.h"

static bool is_forbidden(const struct row *row)
{
    return row->status == ROW_INVALID && !row->lower_bound;
}

const char *notes_mark(const struct row *row)
{
    bool with_care = row->remarks || (row->status == ROW_MEASURED && row->why);
    return is_forbidden(row) ? " !" : row->lower_bound ? " >=" : with_care ? " *" : "";
}

/* ---- the reasons ------------------------------------------------------------------ */

/* That a row has no figures, that they must not be used, or a remark. */
struct note {
    const char *(*of)(const struct row *row); /* NULL: nothing */
    const char *(*kind)(const struct row *row);
    const char *mark;
};

/* The scenario tolerates that the generator was the limit. */
static bool is_tolerated_limit(const struct row *row)
{
    return row->lower_bound && row->status != ROW_INVALID;
}

static const char *why_of(const struct row *row)
{
    return row->status == ROW_MEASURED || row->lower_bound ? NULL : row->why;
}

static const char *kind_of_why(const struct row *row)
{
    return row_status_names[row->status];
}

static const char *limit_of(const struct row *row)
{
    return is_tolerated_limit(row) ? row->remarks : row->lower_bound ? row->why : NULL;
}

static const char *kind_of_limit(const struct row *row)
{
    (void)row;
    return "the generator was the limit";
}

static const char *left_out_of(const struct row *row)
{
    return row->status == ROW_MEASURED ? row->why : NULL;
}

static const char *kind_of_left_out(const struct row *row)
{
    (void)row;
    return "some trials left out";
}

static const char *remarks_of(const struct row *row)
{
    return is_forbidden(row) || is_tolerated_limit(row) ? NULL : row->remarks;
}

static const char *kind_of_remarks(const struct row *row)
{
    (void)row;
    return "with care";
}

static const struct note note_kinds[] = {{why_of, kind_of_why, "!"},
                                         {limit_of, kind_of_limit, ">="},
                                         {left_out_of, kind_of_left_out, "*"},
                                         {remarks_of, kind_of_remarks, "*"}};

/* What another row has to share. */
struct told {
    const struct note *note;
    const struct row *row;
};

static bool shares_note(const struct row *row, const void *with)
{
    const struct told *told = with;
    const struct note *note = told->note;
    return note->of(row) && note->of(told->row) &&
           strcmp(note->kind(row), note->kind(told->row)) == 0 &&
           strcmp(note->of(row), note->of(told->row)) == 0;
}

/* Equal ones together. */
static void print_notes_of(const struct group *group, const struct note *note,
                           enum table_style style, FILE *file)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct told told = {note, &group->rows[i]};
        bool is_first = note->of(told.row);
        for (size_t j = 0; j < i; j++)
            is_first = is_first && !shares_note(&group->rows[j], &told);
        if (!is_first)
            continue;
        struct text line = {0};
        text_printf(&line, "%s: %s (", note->kind(told.row), note->of(told.row));
        group_tell_rows(group, shares_note, &told, &line);
        text_append_string(&line, ")");
        line_print_item(note->mark, text_string(&line), style, file);
        text_release(&line);
    }
}

void notes_print(const struct group *group, enum table_style style, FILE *file)
{
    for (size_t i = 0; i < sizeof note_kinds / sizeof *note_kinds; i++)
        print_notes_of(group, &note_kinds[i], style, file);
}

/* ---- above the table -------------------------------------------------------------- */

void notes_print_warnings(const struct group *group, enum table_style style, FILE *file)
{
    size_t forbidden = 0, bounds = 0, figures = 0;
    for (size_t i = 0; i < group->count; i++) {
        forbidden += is_forbidden(&group->rows[i]);
        bounds += group->rows[i].lower_bound;
        figures += group->rows[i].used_count > 0;
    }
    struct text line = {0};
    if (forbidden && forbidden == figures)
        text_append_string(
            &line, "Not to be used: every row is invalid. Nothing here is ranked.");
    else if (forbidden)
        text_printf(&line, "Not to be used: the %zu %s not ranked.", forbidden,
                    text_plural((double)forbidden, "row marked \"!\". It is",
                                "rows marked \"!\". They are"));
    if (bounds)
        text_printf(&line,
                    "%sBounds: in the %zu %s marked \">=\" the generator was the limit; "
                    "figures with >= or <= hold as such, those with \"!\" not at all.",
                    line.length ? " " : "", bounds,
                    text_plural((double)bounds, "row", "rows"));
    if (line.length)
        line_print_warning(text_string(&line), style, file);
    text_release(&line);
}
