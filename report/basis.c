/* basis.c - see basis.h. */
#include "report/basis.h"

#include <stdlib.h>

#include "analysis/order_statistics.h"
#include "base/text.h"
#include "record/run_notes.h"
#include "report/lines.h"

/* What the references of the run are, and what of them can be compared with ours. */
static void print_references(const struct comparison *comparison, enum table_style style,
                             FILE *file)
{
    struct text line = {0};
    bool plaintext = false, proxy = false;
    const struct models *models = &comparison->results->experiment.models;
    for (size_t i = 0; i < models->count; i++) {
        const struct model *model = models->items[i].model;
        const char *version = model->version;
        if (!(model->flags & MODEL_REFERENCE))
            continue;
        plaintext = plaintext || model->flags & MODEL_PLAINTEXT;
        proxy = proxy || model->flags & MODEL_PROXY;
        text_printf(&line, "%s%s%s%s%s",
                    line.length ? ", " : "Servers of others: ", model->name,
                    version ? " (" : "", version ? version : "", version ? ")" : "");
    }
    if (!line.length)
        return;
    text_append_string(&line, ". They do the same work as ours: every reply's digest is "
                              "held against ours");
    if (plaintext)
        text_append_string(&line, "; those marked plaintext send the greeting alone, "
                                  "without one");
    if (proxy)
        text_append_string(&line, "; those marked proxy send the greeting without one, "
                                  "and hand on replies that are held against their "
                                  "upstream's digest");
    text_append_string(&line, ".");
    line_print(text_string(&line), style, file);
    text_release(&line);
}

/* What headers and signs mean: those that belong to no metric, then those that do. */
static void print_footnotes(enum table_style style, FILE *file)
{
    struct text line = {0};
    text_append_string(&line,
                       ">=, <=: at least, at most so much. A figure with \"!\" must not "
                       "be used. Theory: what wait, work, threads and cores allow by "
                       "arithmetic. ratio: to the best row of its cell, block by block; "
                       "\"?\": t and Wilcoxon intervals disagree.");
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        if (metrics[m].footnote)
            text_printf(&line, " %s", metrics[m].footnote);
    line_print(text_string(&line), style, file);
    text_release(&line);
}

static bool is_raised(const struct comparison *comparison, enum flag flag)
{
    for (size_t i = 0; i < comparison->results->trial_count; i++)
        if (trial_has_flag(&comparison->results->trials[i], flag))
            return true;
    return false;
}

/* What the flags below the tables mean, and what helps. */
static void print_flags(const struct comparison *comparison, enum table_style style,
                        FILE *file)
{
    if (style == TABLE_MARKDOWN)
        fputs("\n", file);
    for (enum flag flag = 0; flag < FLAGS; flag++) {
        if (!is_raised(comparison, flag))
            continue;
        struct text line = {0};
        text_printf(&line, "%s: %s (%s)", flag_kinds[flag].word, flag_kinds[flag].meaning,
                    flag_kinds[flag].remedy);
        line_print_item(" ", text_string(&line), style, file);
        text_release(&line);
    }
}

/* How sure the figures are: said once, for it is the same for all. */
void basis_print(const struct comparison *comparison, enum table_style style, FILE *file)
{
    size_t repeat = (size_t)comparison->results->experiment.repeat;
    struct order_ranks ranks = order_ranks(repeat, 0.5, 0.025);
    const char *gap = style == TABLE_MARKDOWN ? "\n" : "";
    fputs(gap, file);
    if (repeat == 1)
        fprintf(file, "Indicative: one trial of each, so no intervals, and small "
                      "differences mean nothing (--profile standard has six trials).\n");
    else if (ranks.low == 0)
        fprintf(file, "Medians of %zu trials; a 95 %% interval needs 6.\n", repeat);
    else
        fprintf(file, "Medians of %zu trials with the %.1f %% interval of the median.\n",
                repeat, 100 * ranks.confidence);
    print_footnotes(style, file);
    print_flags(comparison, style, file);
    print_references(comparison, style, file);
    const struct manifest *manifest = &comparison->results->manifest;
    size_t left_out = 0;
    while (manifest->left_out && manifest->left_out[left_out])
        left_out++;
    char *notes[] = {
        run_note_end(manifest),
        run_note_left_out(manifest->left_out, left_out, &comparison->results->experiment),
        run_note_repeated(comparison->results), run_note_origins(comparison->results),
        run_note_changes(manifest)};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (notes[i])
            line_print(notes[i], style, file);
        free(notes[i]);
    }
    fprintf(file, "%sProfile %s, seed %llu.%s\n", gap,
            comparison->results->experiment.profile,
            (unsigned long long)comparison->results->experiment.seed,
            style == TABLE_TERMINAL
                ? " More columns: comparison.md; all: comparison.json."
                : "");
}
