/* reproduction_page.c - see reproduction_page.h. */
#include "report/reproduction_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/differences_table.h"
#include "report/lines.h"
#include "report/load_table.h"

static void print_heading(const char *heading, enum table_style style, FILE *file)
{
    fprintf(file, "\n%s%s\n\n", style == TABLE_MARKDOWN ? "## " : "", heading);
}

/* "inconclusive (needs 14 blocks)", "not testable here: no io_uring". */
static void add_found(struct table *table, enum reproduction_word word, const char *why,
                      double blocks)
{
    if (why)
        table_add_cellf(table, "%s: %s", reproduction_words[word], why);
    else if (isnan(blocks) || word == REPRODUCTION_CONTRADICTED)
        table_add_cell(table, reproduction_words[word]);
    else if (isinf(blocks))
        table_add_cellf(table, "%s (the reference is not precise enough)",
                        reproduction_words[word]);
    else
        table_add_cellf(table, "%s (needs %.0f blocks)", reproduction_words[word],
                        blocks);
}

/* ---- claims ----------------------------------------------------------------------- */

static const struct claim_verdict *find_verdict(const struct verdicts *verdicts,
                                                const char *id)
{
    for (size_t i = 0; verdicts && i < verdicts->count; i++)
        if (strcmp(verdicts->items[i].id, id) == 0)
            return &verdicts->items[i];
    return NULL;
}

static void add_verdict(struct table *table, const struct claim_verdict *verdict)
{
    const struct evidence *evidence = verdict ? verdict_evidence(verdict) : NULL;
    if (!verdict)
        table_add_cell(table, "-");
    else if (evidence && isfinite(evidence->low))
        table_add_cellf(table, "%s, %.3g [%.3g, %.3g]", verdict_words[verdict->word],
                        evidence->ratio, evidence->low, evidence->high);
    else
        table_add_cell(table, verdict_words[verdict->word]);
}

static void print_claims(const struct reproduction_page *page, enum table_style style,
                         FILE *file)
{
    static const char *const headers[] = {"claim", "here", "there", "found"};
    const struct verdicts *here = page->verdicts_here;
    if (!here || here->count == 0)
        return;
    print_heading("Claims", style, file);
    struct table *table = table_create();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        table_add_column(table, headers[i], TABLE_LEFT);
    for (size_t i = 0; i < here->count; i++) {
        const struct claim_verdict *verdict = &here->items[i];
        const struct claim_verdict *there =
            find_verdict(page->verdicts_there, verdict->id);
        if (verdict->word == VERDICT_REPORTED)
            continue; /* it asks for no verdict */
        table_start_row(table);
        table_add_cell(table, verdict->id);
        add_verdict(table, verdict);
        add_verdict(table, there);
        add_found(table, reproduction_of_verdicts(verdict, there), verdict->why,
                  verdict->word == VERDICT_INCONCLUSIVE ? verdict->blocks_needed
                                                        : (double)NAN);
    }
    table_print(table, style, file);
    table_free(table);
}

/* ---- ratios ----------------------------------------------------------------------- */

static void add_ratio(struct table *table, const struct ratio *ratio)
{
    if (ratio->pairs == 0)
        table_add_cell(table, "-");
    else if (ratio->t.exists)
        table_add_cellf(table, "%.2f [%.2f, %.2f]", ratio->value, ratio->t.low,
                        ratio->t.high);
    else
        table_add_cellf(table, "%.2f", ratio->value);
}

static void add_row(struct table *table, const struct reproduced_ratio *ratio)
{
    const struct row *row = ratio->row;
    const char *class_name =
        workload_class(&row->scenario->workload, ratio->figure.class_index);
    table_start_row(table);
    if (row->value)
        table_add_cellf(table, "%s, %s %s", row->scenario->name,
                        row->scenario->sweep.variable, row->value);
    else
        table_add_cell(table, row->scenario->name);
    table_add_cellf(table, "%s / %s", row->contender->label, ratio->to->contender->label);
    table_add_cellf(table, "%s%s%s", class_name ? class_name : "", class_name ? " " : "",
                    metrics[ratio->figure.metric].header);
    add_ratio(table, &ratio->here);
    add_ratio(table, &ratio->there);
    if (ratio->factor.exists)
        table_add_cellf(table, "[%.2f, %.2f]", ratio->factor.low, ratio->factor.high);
    else
        table_add_cell(table, "-");
    add_found(table, ratio->word, ratio->why, ratio->blocks_needed);
}

static void print_ratios(const struct reproduction_page *page, enum table_style style,
                         FILE *file)
{
    static const struct {
        const char *header;
        enum table_align align;
    } columns[] = {{"cell", TABLE_LEFT},   {"ratio", TABLE_LEFT},
                   {"figure", TABLE_LEFT}, {"here", TABLE_RIGHT},
                   {"there", TABLE_RIGHT}, {"here/there", TABLE_RIGHT},
                   {"found", TABLE_LEFT}};
    if (page->ratios->count == 0)
        return;
    print_heading("Ratios of contenders", style, file);
    struct table *table = table_create();
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_add_column(table, columns[i].header, columns[i].align);
    for (size_t i = 0; i < page->ratios->count; i++)
        add_row(table, &page->ratios->ratios[i]);
    table_print(table, style, file);
    table_free(table);
}

/* ---- the loads -------------------------------------------------------------------- */

static void print_loads(const struct reproduction_page *page, enum table_style style,
                        FILE *file)
{
    print_heading("Loads", style, file);
    if (!page->scaling) {
        fputs("They are the scenarios' own: this run was not made to repeat another.\n",
              file);
        return;
    }
    load_table_print(page->scaling, page->experiment, style, file);
    pilot_table_print(page->scaling, style, file);
    char *line = memory_printf(
        "Loads there are those of %s. Clients are in proportion to the server's CPUs; "
        "rates, besides, to how much CPU time a request takes, where a pilot shows that "
        "it is another. Waits and calibrated computations take the same time on both. "
        "Points are called as there.",
        page->scaling->reference);
    fputc('\n', file);
    line_print(line, style, file);
    free(line);
}

/* ---- the machines ----------------------------------------------------------------- */

static void print_machines(const struct reproduction_page *page, enum table_style style,
                           FILE *file)
{
    print_heading("Machines and builds", style, file);
    if (!page->differences || page->differences->count == 0) {
        fprintf(file, page->differences
                          ? "They are the same.\n"
                          : "The reference does not tell of its machine.\n");
        return;
    }
    differences_table_print(page->differences, "what differs", "here", "there", style,
                            file);
}

/* ---- the page --------------------------------------------------------------------- */

size_t reproduction_page_count(const struct reproduction_page *page,
                               enum reproduction_word word)
{
    size_t count = reproduction_count(page->ratios, word);
    const struct verdicts *here = page->verdicts_here;
    for (size_t i = 0; here && i < here->count; i++)
        count += here->items[i].word != VERDICT_REPORTED &&
                 reproduction_of_verdicts(
                     &here->items[i],
                     find_verdict(page->verdicts_there, here->items[i].id)) == word;
    return count;
}

static void print_counts(const struct reproduction_page *page, enum table_style style,
                         FILE *file)
{
    struct text text = {0};
    text_append_string(&text, "Of claims and ratios");
    for (enum reproduction_word word = 0; word < REPRODUCTION_WORDS; word++)
        text_printf(&text, "%s %zu %s", word ? "," : "",
                    reproduction_page_count(page, word), reproduction_words[word]);
    text_append_string(&text, ".");
    line_print(text_string(&text), style, file);
    text_release(&text);
}

void reproduction_page_print(const struct reproduction_page *page, enum table_style style,
                             FILE *file)
{
    char *heading =
        memory_printf("%sReproduction: %s here, %s there",
                      style == TABLE_MARKDOWN ? "# " : "", page->here, page->there);
    fprintf(file, "%s\n", heading);
    free(heading);
    print_claims(page, style, file);
    print_ratios(page, style, file);
    fputc('\n', file);
    print_counts(page, style, file);
    line_print(
        "A ratio is to the best contender that the reference has in the cell. "
        "Reproduced: within 10 % of throughput and CPU time, 20 % of p99 (two "
        "one-sided t tests at 5 %); contradicted: outside (at 5 % over all ratios, "
        "Holm); direction only: neither, and both have the same contender ahead. "
        "Intervals: of ratios 95 %, of here/there 90 % (Welch).",
        style, file);
    line_print(page->same_machine
                   ? "Here and there are machines of the same kind; only ratios are "
                     "compared."
                   : "Here and there are different machines: absolute figures are not "
                     "comparable, and only ratios are compared.",
               style, file);
    print_loads(page, style, file);
    print_machines(page, style, file);
}
