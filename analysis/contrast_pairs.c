/* contrast_pairs.c - see contrast_pairs.h. */
#include "analysis/contrast_pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "record/record.h"

#define CONFIDENCE 0.95

bool comparison_is_by_turns(const struct comparison *comparison)
{
    return comparison->results->experiment.slicing.count > 0;
}

void contrast_pairs_release(struct contrast_pairs *pairs)
{
    free(pairs->items);
    words_release(&pairs->unpaired);
    *pairs = (struct contrast_pairs){0};
}

static bool is_selected(const struct words *scenarios, const struct row *row)
{
    return scenarios->count == 0 || words_have(scenarios, row->scenario->name);
}

static void tell_unpaired(struct contrast_pairs *pairs, const struct row *row,
                          const char *why)
{
    char *line = memory_printf(
        "%s%s%s%s%s, %s: %s", row->scenario->name, row->value ? ", " : "",
        row->value ? row->scenario->sweep.variable : "", row->value ? " " : "",
        row->value ? row->value : "", row->contender->label, why);
    words_add(&pairs->unpaired, line);
    free(line);
}

/* ---- what there is of a side ------------------------------------------------------ */

static bool is_usable(const struct block_source *source)
{
    const struct row *row = source->row;
    if (!source->turns)
        return row->status == ROW_MEASURED || row->lower_bound;
    struct slice_ratio ratio =
        slice_ratio_of(source->turns, &source->cell, METRIC_THROUGHPUT, CONFIDENCE);
    return ratio.pairs > 0 && !ratio.invalid;
}

/* Why a side has no figures, or none that may be used; `where` is " in A", or nothing. */
static void tell_fault(const struct block_source *source, const char *where,
                       struct text *why)
{
    const struct row *row = source->row;
    char *unused = source->turns ? slice_cell_unused(source->turns, &source->cell) : NULL;
    text_append_string(why, why->length ? "; " : "");
    if (unused)
        text_printf(why, "%s%s", unused, where);
    else
        text_printf(why, "%s%s%s%s", row_status_names[row->status], where,
                    row->why ? ", " : "", row->why ? row->why : "");
    free(unused);
}

static bool has_figures(const struct block_source *source)
{
    if (!source->turns)
        return source->row->used_count > 0;
    return slice_ratio_of(source->turns, &source->cell, METRIC_THROUGHPUT, CONFIDENCE)
               .pairs > 0;
}

/* Adds the pair where both have figures; what has none, or none that may be used, is told
 * of. Contenders by turns have the same pairs of processes. */
static void add_pair(struct contrast_pairs *pairs, struct block_source a,
                     struct block_source b)
{
    bool are_one = a.turns && a.turns == b.turns;
    struct text why = {0};
    if (!is_usable(&a))
        tell_fault(&a, are_one ? "" : " in A", &why);
    if (!are_one && !is_usable(&b))
        tell_fault(&b, " in B", &why);
    if (why.length)
        tell_unpaired(pairs, a.row, text_string(&why));
    text_release(&why);
    if (has_figures(&a) && has_figures(&b))
        *(struct contrast_pair *)record_append(&pairs->items, &pairs->count,
                                               sizeof *pairs->items) =
            (struct contrast_pair){a, b};
}

/* ---- contenders ------------------------------------------------------------------- */

static int find_contender(const struct contender **contender,
                          const struct comparison *comparison, const char *label,
                          struct error *error)
{
    const struct contenders *all = &comparison->results->experiment.contenders;
    struct text names = {0};
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].label, label) == 0) {
            *contender = &all->items[i];
            text_release(&names);
            return 0;
        }
        text_printf(&names, "%s%s", i ? ", " : "", all->items[i].label);
    }
    error_set(error, -EINVAL, "\"%s\" took no part in the run; these did: %s", label,
              text_string(&names));
    text_release(&names);
    return -EINVAL;
}

/* The pairs of processes of the two in this cell; one of them is its first contender. A
 * contender that is held against itself is the second one, too. */
static void add_met(struct contrast_pairs *pairs, const struct results *results,
                    struct slice_cell cell, const struct row *a, const struct row *b)
{
    bool a_is_first = a != b && text_same(cell.first, a->contender->label);
    cell.second = (a_is_first ? b : a)->contender->label;
    add_pair(pairs,
             (struct block_source){
                 .row = a, .turns = results, .cell = cell, .is_first = a_is_first},
             (struct block_source){
                 .row = b, .turns = results, .cell = cell, .is_first = !a_is_first});
}

/* Two rows of a cell; sets `apart` to whom both of them were measured against by turns,
 * where that is a third one. */
static void add_contenders(struct contrast_pairs *pairs, const struct results *results,
                           const struct row *a, const struct row *b, const char **apart)
{
    if (!results->experiment.slicing.count) {
        const struct block_source of_a = {.row = a}, of_b = {.row = b};
        add_pair(pairs, of_a, of_b);
        return;
    }
    struct slice_cell cell = slice_cell_of(results, a);
    if (text_same(cell.first, a->contender->label) ||
        text_same(cell.first, b->contender->label)) {
        add_met(pairs, results, cell, a, b);
        return;
    }
    *apart = cell.first;
    char *why = memory_printf("had the load by turns with %s, not with B", cell.first);
    tell_unpaired(pairs, a, why);
    free(why);
}

int contrast_pairs_of_contenders(struct contrast_pairs *pairs,
                                 const struct comparison *comparison, const char *a,
                                 const char *b, const struct words *scenarios,
                                 struct error *error)
{
    const struct contender *left = NULL, *right = NULL;
    const char *apart = NULL;
    *pairs = (struct contrast_pairs){0};
    int result = find_contender(&left, comparison, a, error);
    if (result == 0)
        result = find_contender(&right, comparison, b, error);
    for (size_t i = 0; i < comparison->row_count && result == 0; i++) {
        const struct row *row = &comparison->rows[i];
        bool is_left = row->contender == left;
        const struct row *other =
            comparison_find(comparison, row, is_left ? right : left);
        if ((!is_left && row->contender != right) || !is_selected(scenarios, row))
            continue;
        if (!other)
            tell_unpaired(pairs, row, is_left ? "B has no part" : "A has no part");
        else if (is_left)
            add_contenders(pairs, comparison->results, row, other, &apart);
    }
    if (result == 0 && apart && pairs->count == 0) {
        contrast_pairs_release(pairs);
        result = error_set(error, -EINVAL,
                           "%s and %s did not have the load by turns with one another, "
                           "each had it with %s: measure these two with compare %s %s "
                           "--slices",
                           a, b, apart, a, b);
    }
    return result;
}

/* ---- runs ------------------------------------------------------------------------- */

static const struct row *find_same(const struct comparison *comparison,
                                   const struct row *row)
{
    for (size_t i = 0; i < comparison->row_count; i++) {
        const struct row *other = &comparison->rows[i];
        if (strcmp(other->scenario->name, row->scenario->name) == 0 &&
            text_same(other->value, row->value) &&
            strcmp(other->contender->label, row->contender->label) == 0)
            return other;
    }
    return NULL;
}

static struct block_source source_of(const struct comparison *comparison,
                                     const struct row *row)
{
    struct block_source source = {.row = row};
    if (comparison_is_by_turns(comparison)) {
        source.turns = comparison->results;
        source.cell = slice_cell_of(comparison->results, row);
    }
    return source;
}

/* By turns the first contender of a cell has no ratio but that to itself. */
static bool is_held(const struct block_source *source)
{
    return !source->turns || !text_same(source->cell.first, source->cell.second);
}

static void add_same(struct contrast_pairs *pairs, const struct block_source *a,
                     const struct block_source *b)
{
    if (text_same(a->cell.first, b->cell.first)) {
        add_pair(pairs, *a, *b);
        return;
    }
    char *why = memory_printf("had the load by turns with %s in A, with %s in B",
                              a->cell.first, b->cell.first);
    tell_unpaired(pairs, a->row, why);
    free(why);
}

int contrast_pairs_of_runs(struct contrast_pairs *pairs, const struct comparison *a,
                           const struct comparison *b, const struct words *scenarios,
                           struct error *error)
{
    *pairs = (struct contrast_pairs){0};
    if (comparison_is_by_turns(a) != comparison_is_by_turns(b))
        return error_set(error, -EINVAL,
                         "%s is a run by turns, which knows ratios alone, and %s is one "
                         "of whole trials: runs of one kind can be compared",
                         comparison_is_by_turns(a) ? "A" : "B",
                         comparison_is_by_turns(a) ? "B" : "A");
    for (size_t i = 0; i < a->row_count; i++) {
        const struct row *other = find_same(b, &a->rows[i]);
        struct block_source source = source_of(a, &a->rows[i]);
        if (!is_selected(scenarios, &a->rows[i]) || !is_held(&source))
            continue;
        struct block_source counterpart = {0};
        if (other)
            counterpart = source_of(b, other);
        if (!other)
            tell_unpaired(pairs, &a->rows[i], "only in A");
        else
            add_same(pairs, &source, &counterpart);
    }
    for (size_t i = 0; i < b->row_count; i++) {
        struct block_source source = source_of(b, &b->rows[i]);
        if (is_selected(scenarios, &b->rows[i]) && is_held(&source) &&
            !find_same(a, &b->rows[i]))
            tell_unpaired(pairs, &b->rows[i], "only in B");
    }
    return 0;
}
