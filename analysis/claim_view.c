/* claim_view.c - see claim_view.h. */
#include "analysis/claim_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claim_terms.h"
#include "analysis/slice_ratio.h"
#include "base/clock.h"

/* ---- rows -------------------------------------------------------------------------- */

static bool is_by_turns(const struct comparison *comparison)
{
    return comparison->results->experiment.slicing.count > 0;
}

/* Which rows a place has; `point` NULL: at all points that there are. */
struct wanted_row {
    const char *scenario, *contender, *point;
    const char *against; /* by turns; or NULL */
};

static bool is_wanted(const struct row *row, const struct wanted_row *wanted)
{
    return strcmp(row->scenario->name, wanted->scenario) == 0 &&
           strcmp(row->contender->label, wanted->contender) == 0 &&
           text_same(row->against ? row->against->label : NULL, wanted->against) &&
           (!wanted->point || text_same(row->value, wanted->point));
}

static bool add_rows(struct claim_side *side, const struct comparison *comparison,
                     const struct wanted_row *wanted, struct text *missing)
{
    size_t before = side->count;
    for (size_t i = 0; i < comparison->row_count; i++)
        if (is_wanted(&comparison->rows[i], wanted))
            side->rows[side->count++] = &comparison->rows[i];
    if (side->count == before)
        text_printf(missing, "%s%s%s with %s%s%s is not part of this run",
                    wanted->scenario, wanted->point ? " at " : "",
                    wanted->point ? wanted->point : "", wanted->contender,
                    wanted->against ? " against " : "",
                    wanted->against ? wanted->against : "");
    return side->count > before;
}

static bool find_rows(struct claim_side *side, const struct claim_view *view,
                      struct text *missing)
{
    const struct comparison *comparison = view->comparison;
    bool turns = is_by_turns(comparison);
    const struct claim_reading *own = turns ? &view->test->subject : side->reading;
    const struct words *points = &own->points;
    struct wanted_row wanted = {
        .scenario = own->scenario,
        .contender = own->contender,
        .against = turns ? view->test->reference.reading.contender : NULL,
    };
    side->rows = memory_allocate_zeroed(comparison->row_count + 1, sizeof(*side->rows));
    if (points->count == 0)
        return add_rows(side, comparison, &wanted, missing);
    for (size_t i = 0; i < points->count; i++) {
        wanted.point = points->items[i];
        if (!add_rows(side, comparison, &wanted, missing))
            return false;
    }
    return true;
}

/* A folder of results may have claims of another version. */
static bool find_figure(struct claim_side *side, struct text *missing)
{
    const struct claim_reading *reading = side->reading;
    const struct workload *workload = &side->rows[0]->scenario->workload;
    side->figure = (struct figure){metric_named(reading->metric), ALL_REQUESTS};
    if (reading->class_name)
        side->figure.class_index = workload_class_index(workload, reading->class_name);
    if (side->figure.metric == METRIC_COUNT)
        text_printf(missing, "there is no metric %s", reading->metric);
    else if (reading->class_name && side->figure.class_index == ALL_REQUESTS)
        text_printf(missing, "%s has no class %s", reading->scenario,
                    reading->class_name);
    return missing->length == 0;
}

/* Whether the run can tell what is asked, as far as the test alone says. */
static bool is_told(const struct claim_test *test, const struct comparison *comparison,
                    struct text *missing)
{
    const char *other = is_by_turns(comparison) ? claim_test_needs_blocks(test) : NULL;
    if (other)
        text_printf(missing, "%s: %s %s is measured by blocks, for the claim asks for %s",
                    test->subject.scenario, test->subject.contender, test->subject.metric,
                    other);
    return !other;
}

bool claim_view_find(struct claim_view *view, const struct claim_test *test,
                     const struct comparison *comparison, struct text *missing)
{
    *view = (struct claim_view){.test = test, .comparison = comparison};
    if (!is_told(test, comparison, missing))
        return false;
    for (int place = 0; place < CLAIM_PLACES; place++) {
        struct claim_side *side = &view->sides[place];
        side->reading = claim_reading_at(test, (size_t)place);
        if (!side->reading)
            continue;
        if (!find_rows(side, view, missing))
            return false;
        if (place == PLACE_REFERENCE)
            side->formula = test->reference.formula;
        if (!side->formula && !find_figure(side, missing))
            return false;
    }
    const struct claim_side *subject = &view->sides[PLACE_SUBJECT];
    for (int place = PLACE_REFERENCE; place < CLAIM_PLACES; place++) {
        const struct claim_side *side = &view->sides[place];
        bool own_sweep = test->over > OVER_ANY && place == PLACE_REFERENCE;
        if (!subject->reading || !side->reading || own_sweep || side->count <= 1 ||
            side->count == subject->count)
            continue;
        text_printf(missing, "%s has %zu points in this run, %s %zu",
                    subject->reading->scenario, subject->count, side->reading->scenario,
                    side->count);
        return false;
    }
    return true;
}

void claim_view_release(struct claim_view *view)
{
    for (int place = 0; place < CLAIM_PLACES; place++)
        free(view->sides[place].rows);
}

static bool is_over_sweep(const struct claim_view *view)
{
    return view->test->over > OVER_ANY;
}

size_t claim_view_count(const struct claim_view *view)
{
    return is_over_sweep(view) ? 1 : view->sides[PLACE_SUBJECT].count;
}

const struct row *const *claim_view_rows(const struct claim_view *view,
                                         enum claim_place place, size_t index,
                                         size_t *count)
{
    const struct claim_side *side = &view->sides[place];
    bool all = is_over_sweep(view);
    *count = all || side->count == 0 ? side->count : 1;
    return all || side->count <= 1 ? side->rows : &side->rows[index];
}

/* ---- one figure -------------------------------------------------------------------- */

static double in_seconds(enum metric_id metric, double value)
{
    return metrics[metric].unit == QUANTITY_TIME ? value / (double)NS_PER_S : value;
}

static double point_of(const struct row *row)
{
    return claim_point(row->scenario, row->value);
}

static double formula_at(const struct claim_view *view, const struct claim_side *side,
                         const struct row *row, const struct trial_record *trial)
{
    struct scenario point;
    scenario_at_point(&point, row->scenario, row->value);
    struct claim_case known = {
        .scenario = &point,
        .swept = point_of(row),
        .contender = row->contender,
        .class_name = side->reading->class_name,
        .calibration = manifest_calibration(&view->comparison->results->manifest),
        .trial = trial,
    };
    double value = claim_formula(side->formula, &known);
    scenario_release(&point);
    return value;
}

static double read_figure(const struct claim_side *side, enum claim_place place,
                          const struct trial_record *trial)
{
    enum slice_side server = place == PLACE_SUBJECT ? SLICE_SECOND : SLICE_FIRST;
    return trial->slices
               ? slice_pair_figure(trial->slices->series, side->figure.metric, server)
               : metric_read(side->figure.metric, trial, side->reading->class_name);
}

/* Of a place at the point at `index`; one point serves all. */
static double value_at(const struct claim_view *view, enum claim_place place,
                       size_t index, uint64_t block)
{
    const struct claim_side *side = &view->sides[place];
    const struct row *row = side->rows[side->count > 1 ? index : 0];
    const struct trial_record *trial = row_trial_of_block(row, block);
    if (!trial)
        return NAN;
    if (side->formula)
        return formula_at(view, side, row, trial);
    return in_seconds(side->figure.metric, read_figure(side, place, trial));
}

/* A figure at a point, less what is subtracted there from the subject's. */
static double remainder_at(const struct claim_view *view, enum claim_place place,
                           size_t index, uint64_t block)
{
    double value = value_at(view, place, index, block);
    bool less = place == PLACE_SUBJECT && view->sides[PLACE_LESS].count > 0;
    return less ? value - value_at(view, PLACE_LESS, index, block) : value;
}

/* ---- one figure of a sweep --------------------------------------------------------- */

/* Least squares of the figure over the sweep's variable. */
static double slope_of(const struct claim_view *view, enum claim_place place,
                       uint64_t block)
{
    const struct claim_side *side = &view->sides[place];
    double count = (double)side->count, mean_x = 0, mean_y = 0, xy = 0, xx = 0;
    for (size_t i = 0; i < side->count; i++) {
        mean_x += point_of(side->rows[i]) / count;
        mean_y += remainder_at(view, place, i, block) / count;
    }
    for (size_t i = 0; i < side->count; i++) {
        double x = point_of(side->rows[i]) - mean_x;
        xy += x * (remainder_at(view, place, i, block) - mean_y);
        xx += x * x;
    }
    return xx > 0 ? xy / xx : (double)NAN;
}

/*
 * Where the asymptotes meet: the line from 0 through the first point, on which nobody
 * waits for another, and the greatest value, beyond which nobody gains (P. J. Denning,
 * J. P. Buzen, "The operational analysis of queueing network models", Computing Surveys
 * 10, 1978).
 */
static double knee_of(const struct claim_view *view, enum claim_place place,
                      uint64_t block)
{
    const struct claim_side *side = &view->sides[place];
    double first = remainder_at(view, place, 0, block), greatest = first;
    for (size_t i = 1; i < side->count; i++) {
        double value = remainder_at(view, place, i, block);
        greatest = isnan(value) || isnan(greatest) ? (double)NAN : fmax(greatest, value);
    }
    return greatest / first * point_of(side->rows[0]);
}

/* Where ln(subject/less) first changes its sign, both taken as straight on logarithmic
 * axes between two points; NAN where it does not. */
static double crossing_of(const struct claim_view *view, enum claim_place place,
                          uint64_t block)
{
    const struct claim_side *side = &view->sides[place];
    double last_x = NAN, last_gap = NAN;
    for (size_t i = 0; i < side->count; i++) {
        double x = log(point_of(side->rows[i]));
        double gap =
            log(value_at(view, place, i, block) / value_at(view, PLACE_LESS, i, block));
        if (gap * last_gap <= 0)
            return exp(last_x + (x - last_x) * last_gap / (last_gap - gap));
        last_x = x;
        last_gap = gap;
    }
    return NAN;
}

static double (*const over_sweep[])(const struct claim_view *view, enum claim_place place,
                                    uint64_t block) = {
    [OVER_SLOPE] = slope_of, [OVER_KNEE] = knee_of, [OVER_CROSSING] = crossing_of};

/* A formula is no figure of a sweep: it says what that should be. */
static double figure_of(const struct claim_view *view, enum claim_place place,
                        size_t index, uint64_t block)
{
    const struct claim_side *side = &view->sides[place];
    bool swept = is_over_sweep(view) && !side->formula;
    double value = swept ? over_sweep[view->test->over](view, place, block)
                         : remainder_at(view, place, index, block);
    return value < side->reading->least ? side->reading->least : value;
}

struct claim_pair claim_view_pair(const struct claim_view *view, size_t index,
                                  uint64_t block)
{
    return (struct claim_pair){figure_of(view, PLACE_SUBJECT, index, block),
                               figure_of(view, PLACE_REFERENCE, index, block)};
}

/* ---- what it proves ---------------------------------------------------------------- */

/* By turns a ratio of two bounds proves nothing. */
enum bound claim_row_bound(const struct row *row, struct figure figure)
{
    const struct estimate *estimate = row_estimate(row, figure);
    if (!row->against)
        return estimate->count ? estimate->bound : BOUND_NOTHING;
    return row->status == ROW_MEASURED && !row->lower_bound ? BOUND_EXACT : BOUND_NOTHING;
}

/* Of several points nothing is known where one is no more than a bound. */
static enum bound bound_of(const struct claim_view *view, enum claim_place place,
                           size_t index)
{
    const struct claim_side *side = &view->sides[place];
    enum bound bound = BOUND_EXACT;
    size_t count;
    const struct row *const *rows = claim_view_rows(view, place, index, &count);
    for (size_t i = 0; i < count && !side->formula; i++)
        bound = bound_join(bound, claim_row_bound(rows[i], side->figure));
    return is_over_sweep(view) && bound != BOUND_EXACT ? BOUND_NOTHING : bound;
}

enum bound claim_view_bound(const struct claim_view *view, size_t index)
{
    enum bound bound = bound_join(bound_of(view, PLACE_SUBJECT, index),
                                  bound_inverse(bound_of(view, PLACE_REFERENCE, index)));
    return bound_join(bound, bound_inverse(bound_of(view, PLACE_LESS, index)));
}

/* ---- in words ---------------------------------------------------------------------- */

/* What of a place differs from the subject's; all of it of the subject itself. */
static void tell_side(struct text *about, const struct claim_view *view,
                      enum claim_place place)
{
    const struct claim_reading *subject = &view->test->subject;
    const struct claim_side *side = &view->sides[place];
    const struct claim_reading *own = side->reading;
    bool is_subject = own == subject;
    if (side->formula) {
        text_append_string(about, side->formula);
        return;
    }
    if (!is_subject && strcmp(own->scenario, subject->scenario) != 0)
        text_printf(about, "%s: ", own->scenario);
    text_append_string(about, own->contender);
    if (own->class_name &&
        (is_subject || !text_same(own->class_name, subject->class_name)))
        text_printf(about, " %s", own->class_name);
    if (is_subject || strcmp(own->metric, subject->metric) != 0)
        text_printf(about, " %s", own->metric);
}

char *claim_view_about(const struct claim_view *view, size_t index)
{
    const struct row *row = view->sides[PLACE_SUBJECT].rows[index];
    struct text about = {0};
    text_append_string(&about, row->scenario->name);
    if (is_over_sweep(view))
        text_printf(&about, ", %s over %s", claim_over_words[view->test->over],
                    row->scenario->sweep.variable);
    else if (row->value)
        text_printf(&about, ", %s %s", row->scenario->sweep.variable, row->value);
    text_append_string(&about, ": ");
    tell_side(&about, view, PLACE_SUBJECT);
    if (view->sides[PLACE_LESS].count > 0) {
        text_append_string(&about, view->test->over == OVER_CROSSING ? " with " : " - ");
        tell_side(&about, view, PLACE_LESS);
    }
    text_append_string(&about, " / ");
    tell_side(&about, view, PLACE_REFERENCE);
    char *words = text_steal(&about);
    text_release(&about);
    return words;
}
