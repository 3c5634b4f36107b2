/* contrast_report.c - see contrast_report.h. */
#include "report/contrast_report.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/ranking.h"
#include "base/table.h"
#include "report/differences_table.h"
#include "report/lines.h"

#define CELL_BYTES 128

static const char *const contrast_kinds[] = {[CONTRAST_CONTENDERS] = "contenders",
                                             [CONTRAST_RUNS] = "runs",
                                             [CONTRAST_LOADS] = "loads"};

/* How the intervals came about, and what they do not tell: of blocks, and by turns. */
static const char *const basis[][2] = {
    [CONTRAST_CONTENDERS] =
        {"A/B: ratios with 95 % intervals, paired by block (Student's t of the "
         "logarithms). ~: no difference is shown, which does not show that there is "
         "none. ?: Wilcoxon's interval disagrees.",
         "A/B: ratios with 95 % intervals, by turns: one value of each pair of processes "
         "(Student's t of the logarithms). Noise floor: half the interval of the first "
         "contender against itself. ~: no difference beyond it is shown, which does not "
         "show that there is none. suspect: that interval excludes 1, and nothing is to "
         "be concluded. ?: Wilcoxon's interval disagrees. Memory, and what a server does "
         "when it starts, are not seen by turns."},
    [CONTRAST_RUNS] =
        {"A/B: ratios with 95 % intervals (Welch's t of the logarithms). ~: no "
         "difference is shown, which does not show that there is none. Blocks of two "
         "runs are not paired: what has changed on the machine between them is in the "
         "ratio, and no interval tells of it.",
         "A and B: ratios of contenders that had the load by turns. A/B: the one to the "
         "other, with 95 % intervals (Welch's t of the logarithms). Noise floor: half "
         "the interval of the same of the first contender against itself. ~: no "
         "difference beyond it is shown, which does not show that there is none. "
         "suspect: that interval excludes 1, and nothing is to be concluded."},
    [CONTRAST_LOADS] =
        {"One run each: an interval is of the percentile within its run, as if latencies "
         "that followed on one another were independent. How much runs of the same "
         "differ a single run cannot tell, so that the ratios have no interval and show "
         "no difference: bench makes several runs, in turns."},
};

static char *figure_label(const struct contrast_line *line)
{
    return memory_printf("%s%s%s", line->class_name ? line->class_name : "",
                         line->class_name ? " " : "", metrics[line->metric].header);
}

/* ---- tables ----------------------------------------------------------------------- */

/* Contenders that had the load by turns have no figures of their own. */
static bool has_sides(const struct contrast *contrast)
{
    return !contrast->by_turns || contrast->kind != CONTRAST_CONTENDERS;
}

static bool has_models(const struct contrast *contrast)
{
    return contrast->kind == CONTRAST_RUNS;
}

/* As the metric is shown; a side that is a ratio, by turns, with its decimals. */
static const char *side_format(const struct contrast_line *line, double value,
                               char *buffer, size_t bytes)
{
    if (!line->to)
        return metric_format(line->metric, value, buffer, bytes);
    snprintf(buffer, bytes, "%.3f", value);
    return buffer;
}

static void add_side(struct table *table, const struct contrast_line *line,
                     const struct contrast_side *side, bool with_interval)
{
    char value[CELL_BYTES], low[CELL_BYTES], high[CELL_BYTES];
    const char *before = bound_prefixes[side->bound];
    const char *behind = side->bound == BOUND_NOTHING ? "!" : "";
    if (!side->trials) {
        table_add_cell(table, "-");
        return;
    }
    side_format(line, side->value, value, sizeof value);
    side_format(line, side->interval.low, low, sizeof low);
    side_format(line, side->interval.high, high, sizeof high);
    if (with_interval && side->interval.exists)
        table_add_cellf(table, "%s%s [%s, %s]%s", before, value, low, high, behind);
    else
        table_add_cellf(table, "%s%s%s", before, value, behind);
}

/* "1.42 [1.38, 1.47]", with as many decimals as the interval is worth; `between` goes
 * between the two. */
static char *ratio_text(const struct contrast_line *line, const char *between)
{
    const struct interval *interval = &line->interval;
    int decimals = line->ratio < 0.1 ? 3 : 2;
    if (!interval->exists)
        return memory_printf("%.*f%s", decimals, line->ratio, between);
    decimals += interval->high - interval->low < 0.05;
    return memory_printf("%.*f%s [%.*f, %.*f]", decimals, line->ratio, between, decimals,
                         interval->low, decimals, interval->high);
}

static void add_ratio(struct table *table, const struct contrast_line *line)
{
    char *ratio = ratio_text(line, "");
    if (line->gap)
        table_add_cell(table, "-");
    else
        table_add_cellf(table, "%s%s%s", bound_prefixes[line->bound], ratio,
                        line->disagree ? " ?" : "");
    free(ratio);
}

static const char *regression_word(const struct contrast_line *line)
{
    static const char *const words[] = {[RANGE_NOT_TOLD] = "not told",
                                        [RANGE_WITHIN] = "no",
                                        [RANGE_OUTSIDE] = "regression"};
    return contrast_is_judged(line) ? words[line->answer] : "";
}

static void add_model(struct table *table, const struct contrast_line *line,
                      bool first_of_row)
{
    const char *label = line->row->contender->label;
    if (!first_of_row)
        table_add_cell(table, "");
    else if (line->to)
        table_add_cellf(table, "%s to %s", label, line->to);
    else
        table_add_cell(table, label);
}

static void add_noise_floor(struct table *table, const struct contrast_line *line)
{
    char floor[CELL_BYTES];
    table_add_cell(table, line->noise.exists ? text_share(contrast_noise_floor(line),
                                                          floor, sizeof floor)
                                             : NULL);
}

static void add_row(struct table *table, const struct contrast_report *report,
                    const struct contrast_line *line, bool first_of_row)
{
    const struct contrast *contrast = report->contrast;
    char *label = figure_label(line);
    bool with_interval = contrast->by_turns || contrast->kind == CONTRAST_LOADS;
    table_start_row(table);
    if (line->row && line->row->value)
        table_add_cell(table, first_of_row ? line->row->value : "");
    if (line->row && has_models(contrast))
        add_model(table, line, first_of_row);
    table_add_cell(table, label);
    if (has_sides(contrast)) {
        add_side(table, line, &line->a, with_interval);
        add_side(table, line, &line->b, with_interval);
    }
    add_ratio(table, line);
    if (contrast->by_turns)
        add_noise_floor(table, line);
    table_add_cell(table, line->gap ? line->gap : contrast_word(line));
    if (!isnan(report->threshold))
        table_add_cell(table, regression_word(line));
    free(label);
}

static struct table *table_for(const struct contrast_report *report,
                               const struct contrast_line *first)
{
    const struct contrast *contrast = report->contrast;
    struct table *table = table_create();
    if (first->row && first->row->value)
        table_add_column(table, first->row->scenario->sweep.variable, TABLE_RIGHT);
    if (first->row && has_models(contrast))
        table_add_column(table, contrast->by_turns ? "ratio of" : "model", TABLE_LEFT);
    table_add_column(table, "figure", TABLE_LEFT);
    if (has_sides(contrast)) {
        table_add_column(table, "A", TABLE_RIGHT);
        table_add_column(table, "B", TABLE_RIGHT);
    }
    table_add_column(table, "A/B", TABLE_RIGHT);
    if (contrast->by_turns)
        table_add_column(table, "noise floor", TABLE_RIGHT);
    table_add_column(table, "A is", TABLE_LEFT);
    if (!isnan(report->threshold)) {
        char *header = memory_printf("worse by %.3g %%", 100 * report->threshold);
        table_add_column(table, header, TABLE_LEFT);
        free(header);
    }
    return table;
}

static const struct scenario *scenario_of(const struct contrast_line *line)
{
    return line->row ? line->row->scenario : NULL;
}

/* The table of the scenario of the first line; how many lines it has. */
static size_t print_table(const struct contrast_report *report,
                          const struct contrast_line *lines, size_t count, FILE *file)
{
    const struct scenario *scenario = scenario_of(lines);
    struct table *table = table_for(report, lines);
    size_t printed = 0;
    for (; printed < count && scenario_of(&lines[printed]) == scenario; printed++)
        add_row(table, report, &lines[printed],
                printed == 0 || lines[printed - 1].row != lines[printed].row);
    if (scenario)
        fprintf(file, "\n%s: %s\n", scenario->name, scenario->title);
    fputc('\n', file);
    table_print(table, TABLE_TERMINAL, file);
    table_free(table);
    return printed;
}

static void print_tables(const struct contrast_report *report, FILE *file)
{
    const struct contrast *contrast = report->contrast;
    for (size_t i = 0; i < contrast->line_count;)
        i += print_table(report, &contrast->lines[i], contrast->line_count - i, file);
}

/* ---- sentences -------------------------------------------------------------------- */

/* What comes before "A is 1.42 times B" where nothing is to be concluded from that. */
static char *caution_text(const struct contrast_line *line)
{
    char floor[CELL_BYTES];
    const char *word = contrast_word(line);
    if (strcmp(word, "suspect") == 0)
        return memory_copy_string("suspect, the first contender differs from itself: ");
    if (strcmp(word, "~") != 0)
        return memory_copy_string("");
    if (interval_holds(&line->interval, 1) || !line->noise.exists)
        return memory_copy_string("no difference is shown: ");
    return memory_printf("no difference beyond the noise floor of %s is shown: ",
                         text_share(contrast_noise_floor(line), floor, sizeof floor));
}

/* "req/s: A is 1.42 times B [1.38, 1.47], better". */
static void print_sentence(const struct contrast *contrast,
                           const struct contrast_line *line, FILE *file)
{
    struct text text = {0};
    char *caution = caution_text(line);
    const char *word = *caution ? "" : contrast_word(line);
    char *label = figure_label(line), *ratio = ratio_text(line, " times B");
    text_printf(&text, "%s: %sA is %s%s%s", label, caution, ratio, *word ? ", " : "",
                word);
    if (line->cells > 1)
        text_printf(&text, " (geometric mean over %zu cells)", line->cells);
    if (!line->interval.exists)
        text_printf(&text, "; no interval: it takes %d %s of each, there are %zu and %zu",
                    RANKING_LEAST_TRIALS,
                    contrast->by_turns ? "pairs of processes" : "trials", line->trials_a,
                    line->trials_b);
    line_print(text_string(&text), TABLE_TERMINAL, file);
    text_release(&text);
    free(caution);
    free(label);
    free(ratio);
}

/* Of each figure the mean over the cells; of loads there is one cell. */
static void print_sentences(const struct contrast *contrast, FILE *file)
{
    bool loads = contrast->kind == CONTRAST_LOADS;
    const struct contrast_line *lines = loads ? contrast->lines : contrast->means;
    size_t count = loads ? contrast->line_count : contrast->mean_count;
    if (count > 0)
        fputc('\n', file);
    for (size_t i = 0; i < count; i++)
        if (!lines[i].gap)
            print_sentence(contrast, &lines[i], file);
}

static void print_basis(const struct contrast_report *report, FILE *file)
{
    const struct contrast *contrast = report->contrast;
    fputc('\n', file);
    if (!report->same_machine && !contrast->by_turns)
        line_print("A and B are of different machines: their figures stand side by side "
                   "and are not comparable. Ratios of contenders within each are.",
                   TABLE_TERMINAL, file);
    else
        line_print(basis[contrast->kind][contrast->by_turns], TABLE_TERMINAL, file);
}

static void print_unpaired(const struct words *unpaired, FILE *file)
{
    if (unpaired->count > 0)
        fprintf(file, "\nNot compared:\n");
    for (size_t i = 0; i < unpaired->count; i++)
        line_print_item(" ", unpaired->items[i], TABLE_TERMINAL, file);
}

/* ---- what else differs ------------------------------------------------------------ */

static void print_differences(const struct contrast_report *report, FILE *file)
{
    const struct run_differences *differences = report->differences;
    bool runs = report->contrast->kind == CONTRAST_RUNS;
    if (report->contrast->kind == CONTRAST_CONTENDERS)
        return;
    if (differences->count == 0) {
        fprintf(file, "\nThe same in both: %s.\n",
                runs ? "machine, kernel, compiler, build, profile, scenarios"
                     : "target and load");
        return;
    }
    fprintf(file, "\nWhat else differs%s:\n\n",
            runs ? "" : ", so that the ratios are of what was asked for as well");
    differences_table_print(differences, runs ? "machine, build, configuration" : "load",
                            "A", "B", TABLE_TERMINAL, file);
}

/* ---- regressions ------------------------------------------------------------------ */

size_t contrast_report_count(const struct contrast_report *report,
                             enum range_answer answer)
{
    size_t count = 0;
    for (size_t i = 0; i < report->contrast->line_count; i++)
        count += contrast_is_judged(&report->contrast->lines[i]) &&
                 report->contrast->lines[i].answer == answer;
    return count;
}

static void print_verdict(const struct contrast_report *report, FILE *file)
{
    size_t worse = contrast_report_count(report, RANGE_OUTSIDE);
    size_t fine = contrast_report_count(report, RANGE_WITHIN);
    size_t open = contrast_report_count(report, RANGE_NOT_TOLD);
    if (isnan(report->threshold))
        return;
    fprintf(
        file,
        "\nA is worse than B by more than %.3g %%: shown in %zu of %zu %s, excluded in "
        "%zu, not told in %zu.\n",
        100 * report->threshold, worse, worse + fine + open,
        text_plural((double)(worse + fine + open), "figure", "figures"), fine, open);
}

/* ---- the whole -------------------------------------------------------------------- */

void contrast_report_print(const struct contrast_report *report, FILE *file)
{
    if (report->of)
        fprintf(file, "Of %s\n", report->of);
    for (size_t i = 0; i < 2; i++)
        fprintf(file, "%c  %s%s%s\n", "AB"[i], report -> names[i],
                *report -> abouts[i] ? ": " : "", report->abouts[i]);
    print_tables(report, file);
    print_sentences(report->contrast, file);
    print_basis(report, file);
    print_unpaired(&report->contrast->unpaired, file);
    print_differences(report, file);
    print_verdict(report, file);
}

/* ---- JSON ------------------------------------------------------------------------- */

static void add_interval(cJSON *object, const struct interval *interval)
{
    json_add_number(object, "low", interval->exists ? interval->low : (double)NAN);
    json_add_number(object, "high", interval->exists ? interval->high : (double)NAN);
}

static void add_side_json(cJSON *object, const char *key,
                          const struct contrast_side *side)
{
    if (!side->trials) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    cJSON *item = json_add_object(object, key);
    json_add_number(item, "value", side->value);
    add_interval(item, &side->interval);
    json_add_text(item, "bound", bound_words[side->bound]);
    json_add_number(item, "trials", (double)side->trials);
}

static cJSON *line_to_json(const struct contrast_report *report,
                           const struct contrast_line *line, bool mean)
{
    cJSON *object = cJSON_CreateObject();
    if (line->row) {
        json_add_text(object, "scenario", line->row->scenario->name);
        cJSON *point = json_add_object(object, "point");
        json_add_text(point, "variable", line->row->scenario->sweep.variable);
        json_add_text(point, "value", line->row->value);
        if (has_models(report->contrast))
            json_add_text(object, "model", line->row->contender->label);
        if (line->to)
            json_add_text(object, "to", line->to);
    }
    char *name = metric_file_name(line->metric, line->class_name);
    json_add_text(object, "metric", name);
    free(name);
    if (mean)
        json_add_number(object, "cells", (double)line->cells);
    else if (has_sides(report->contrast)) {
        add_side_json(object, "a", &line->a);
        add_side_json(object, "b", &line->b);
    }
    json_add_number(object, "ratio", line->ratio);
    add_interval(object, &line->interval);
    json_add_text(object, "bound", bound_words[line->bound]);
    json_add_number(object, "trials_a", (double)line->trials_a);
    json_add_number(object, "trials_b", (double)line->trials_b);
    if (report->contrast->by_turns)
        json_add_number(object, "noise_floor", contrast_noise_floor(line));
    json_add_bool(object, "disagree", line->disagree);
    json_add_text(object, "a_is", *contrast_word(line) ? contrast_word(line) : NULL);
    json_add_text(object, "why", line->gap);
    if (!mean && !isnan(report->threshold))
        json_add_text(object, "regression", regression_word(line));
    return object;
}

static void add_sides(cJSON *root, const struct contrast_report *report)
{
    static const char *const keys[] = {"a", "b"};
    for (size_t i = 0; i < 2; i++) {
        cJSON *side = json_add_object(root, keys[i]);
        json_add_text(side, "name", report->names[i]);
        json_add_text(side, "about", report->abouts[i]);
    }
}

cJSON *contrast_report_to_json(const struct contrast_report *report)
{
    const struct contrast *contrast = report->contrast;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    json_add_text(root, "kind", contrast_kinds[contrast->kind]);
    json_add_bool(root, "by_turns", contrast->by_turns);
    json_add_text(root, "of", report->of);
    add_sides(root, report);
    json_add_bool(root, "same_machine", report->same_machine);
    json_add_number(root, "threshold", report->threshold);
    cJSON *lines = json_add_array(root, "figures"),
          *means = json_add_array(root, "means");
    for (size_t i = 0; i < contrast->line_count; i++)
        cJSON_AddItemToArray(lines, line_to_json(report, &contrast->lines[i], false));
    for (size_t i = 0; i < contrast->mean_count; i++)
        cJSON_AddItemToArray(means, line_to_json(report, &contrast->means[i], true));
    cJSON *unpaired = json_add_array(root, "not_compared");
    for (size_t i = 0; i < contrast->unpaired.count; i++)
        cJSON_AddItemToArray(unpaired, cJSON_CreateString(contrast->unpaired.items[i]));
    cJSON *differences = json_add_array(root, "differences");
    for (size_t i = 0; i < report->differences->count; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(differences, item);
        json_add_text(item, "what", report->differences->items[i].what);
        json_add_text(item, "a", report->differences->items[i].a);
        json_add_text(item, "b", report->differences->items[i].b);
    }
    return root;
}
