/* verdict_table.c - see verdict_table.h. */
#include "report/verdict_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/bound.h"
#include "analysis/claims.h"
#include "base/text.h"
#include "report/lines.h"

/* What the other columns leave of a terminal: a number, "not testable here", ">=1234",
 * "1234 to 1234", "15 of 1234", and the gaps between. */
#define SAID_WIDTH (TERMINAL_WIDTH - 2 - 17 - 6 - 14 - 10 - 5 * 2)

/* A ratio: three figures, as tables have them. */
static void add_ratio(struct text *text, double ratio)
{
    if (ratio >= 100 || ratio < 0.001)
        text_printf(text, "%.3g", ratio);
    else
        text_printf(text, ratio < 0.1 ? "%.3f" : ratio < 10 ? "%.2f" : "%.1f", ratio);
}

static char *tell_range(const struct evidence *evidence)
{
    struct text text = {0};
    bool low = !isnan(evidence->range_low), high = !isnan(evidence->range_high);
    if (low && high)
        text_append_string(&text, "from ");
    else if (low || high)
        text_append_string(&text, low ? "at least " : "at most ");
    if (low)
        add_ratio(&text, evidence->range_low);
    if (low && high)
        text_append_string(&text, " to ");
    if (high)
        add_ratio(&text, evidence->range_high);
    char *words = text_steal(&text);
    text_release(&text);
    return words;
}

/* "cpu, connections 500: event-loop throughput_rps / 1/T, at most 1.05" */
static char *tell_evidence(const struct evidence *evidence)
{
    char *range = tell_range(evidence);
    char *line = memory_printf("%s%s%s", evidence->about, *range ? ", " : "", range);
    free(range);
    return line;
}

static const char *bound_prefix(const struct evidence *evidence)
{
    for (size_t i = 0; i < BOUNDS; i++)
        if (text_same(evidence->bound, bound_words[i]))
            return bound_prefixes[i];
    return "";
}

static void add_figures(struct table *table, const struct claim_verdict *verdict)
{
    const struct evidence *evidence = verdict_evidence(verdict);
    struct text ratio = {0}, interval = {0}, blocks = {0};
    if (evidence) {
        text_append_string(&ratio, bound_prefix(evidence));
        add_ratio(&ratio, evidence->ratio);
        text_printf(&blocks, "%u", (unsigned)evidence->blocks);
    }
    if (evidence && !isnan(evidence->low)) {
        add_ratio(&interval, evidence->low);
        text_append_string(&interval, " to ");
        add_ratio(&interval, evidence->high);
    }
    if (evidence && !isnan(verdict->blocks_needed))
        text_printf(&blocks, " of %.0f", verdict->blocks_needed);
    table_add_cell(table, ratio.length ? text_string(&ratio) : NULL);
    table_add_cell(table, interval.length ? text_string(&interval) : NULL);
    table_add_cell(table, blocks.length ? text_string(&blocks) : NULL);
    text_release(&ratio);
    text_release(&interval);
    text_release(&blocks);
}

/* As many characters of the text as fit a line, up to a blank where there is one. */
static size_t line_length(const char *text, size_t width)
{
    size_t length = strlen(text), end = width;
    if (length <= width)
        return length;
    while (end > 0 && text[end] != ' ')
        end--;
    return end ? end : width;
}

/* The rest of a cell, in rows below it. */
static void add_below(struct table *table, const char *text, const char *indent)
{
    size_t width = SAID_WIDTH - strlen(indent);
    while (*text) {
        size_t length = line_length(text, width);
        table_start_row(table);
        table_add_cell(table, "");
        table_add_cellf(table, "%s%.*s", indent, (int)length, text);
        for (int i = 0; i < 4; i++)
            table_add_cell(table, "");
        text += length;
        text += strspn(text, " ");
    }
}

static void add_verdict(struct table *table, const struct claim_verdict *verdict,
                        enum table_style style)
{
    const struct evidence *evidence = verdict_evidence(verdict);
    char *about = evidence ? tell_evidence(evidence) : NULL;
    bool markdown = style == TABLE_MARKDOWN;
    size_t length =
        markdown ? strlen(verdict->said) : line_length(verdict->said, SAID_WIDTH);
    const char *rest = verdict->said + length;
    table_start_row(table);
    table_add_cellf(table, "%u", (unsigned)verdict->number);
    table_add_cellf(table, "%.*s", (int)length, verdict->said);
    table_add_cell(table, verdict_words[verdict->word]);
    add_figures(table, verdict);
    if (markdown) {
        table_add_cell(table, verdict->why ? verdict->why : "");
        table_add_cell(table, about ? about : "");
    } else {
        add_below(table, rest + strspn(rest, " "), "");
        if (about)
            add_below(table, about, "  ");
        if (verdict->why)
            add_below(table, verdict->why, "  ");
    }
    free(about);
}

static void print_summary(const struct verdicts *verdicts, enum table_style style,
                          FILE *file)
{
    struct text line = {0};
    for (int word = 0; word < VERDICT_WORDS; word++) {
        size_t count = verdicts_count(verdicts, (enum verdict_word)word);
        if (count > 0)
            text_printf(&line, "%s%zu %s", line.length ? ", " : "", count,
                        verdict_words[word]);
    }
    text_append_string(&line, ".");
    line_print(text_string(&line), style, file);
    text_release(&line);
    text_printf(
        &line,
        "Ratio: mean over blocks (by turns: over pairs of processes), with its %.0f %% "
        "interval. Verdicts at %.0f %%, corrected for their number (Holm).",
        100 * CLAIMS_CONFIDENCE, 100 * verdicts->level);
    line_print(text_string(&line), style, file);
    text_release(&line);
}

void verdict_table_print(const struct verdicts *verdicts, enum table_style style,
                         FILE *file)
{
    if (verdicts->count == 0)
        return;
    bool markdown = style == TABLE_MARKDOWN;
    struct table *table = table_create();
    table_add_column(table, "#", TABLE_RIGHT);
    table_add_column(table, "Said", TABLE_LEFT);
    table_add_column(table, "Verdict", TABLE_LEFT);
    table_add_column(table, "Ratio", TABLE_RIGHT);
    table_add_column(table, "Interval", TABLE_LEFT);
    table_add_column(table, "Blocks", TABLE_LEFT);
    if (markdown) {
        table_add_column(table, "Why", TABLE_LEFT);
        table_add_column(table, "Decided by", TABLE_LEFT);
    }
    for (size_t i = 0; i < verdicts->count; i++)
        add_verdict(table, &verdicts->items[i], style);
    fputs(markdown ? "## Claims\n\n" : "\nClaims\n\n", file);
    table_print(table, style, file);
    table_free(table);
    fputs(markdown ? "" : "\n", file);
    print_summary(verdicts, style, file);
}
