/* claims.c - see claims.h. */
#include "analysis/claims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claim_view.h"
#include "analysis/verdict.h"
#include "base/text.h"

struct judge {
    const struct claim *claim;
    const struct comparison *comparison;
    const struct run_noise *noise;
    struct claim_verdict *verdict;
    struct text doubt;   /* why nothing is to be concluded from what was found; empty: it
                          * is */
    struct text *coarse; /* why it cannot show equality, though it can a difference */
};

static bool is_by_turns(const struct judge *judge)
{
    return judge->comparison->results->experiment.slicing.count > 0;
}

/* There is no verdict, for a reason that is taken over from `why`. */
static bool refuse(const struct judge *judge, enum verdict_word word, struct text *why)
{
    judge->verdict->word = (int)word;
    judge->verdict->why = text_steal(why);
    return false;
}

/* ---- what forbids a verdict -------------------------------------------------------- */

/* What each trial of a claim must be like: true, or the verdict and why it is not. */
static bool accept_trial(const struct judge *judge, const struct trial_record *trial)
{
    const struct claim_needs *needs = &judge->claim->needs;
    struct text why = {0};
    if (trial->cpus.server_count < needs->server_cpus) {
        text_printf(&why, "the server has %u of %u CPUs",
                    (unsigned)trial->cpus.server_count, (unsigned)needs->server_cpus);
        return refuse(judge, VERDICT_NOT_TESTABLE, &why);
    }
    double cores = metric_read(METRIC_GENERATOR_CORES, trial, NULL);
    if (needs->generator_cpu && trial->cpus.shared && !(cores < CLAIMS_GENERATOR_SHARE)) {
        char share[32];
        text_printf(&why, "the generator has no CPU of its own, and takes %s of one",
                    metric_format(METRIC_GENERATOR_CORES, cores, share, sizeof share));
        return refuse(judge, VERDICT_NOT_TESTABLE, &why);
    }
    for (size_t i = 0; i < trial->flag_count; i++) {
        if (!words_have(&judge->claim->void_if, trial->flags[i].word))
            continue;
        text_printf(&why, "flag %s in %s", trial->flags[i].word, trial->id);
        return refuse(judge, VERDICT_NOT_EVALUATED, &why);
    }
    return true;
}

/* "io-wait, connections 100, event-loop: " */
static void tell_row(const struct row *row, struct text *text)
{
    text_append_string(text, row->scenario->name);
    if (row->value)
        text_printf(text, ", %s %s", row->scenario->sweep.variable, row->value);
    text_printf(text, ", %s: ", row->contender->label);
}

static bool accept_row(const struct judge *judge, const struct row *row)
{
    struct text why = {0};
    if (row->used_count == 0) {
        tell_row(row, &why);
        text_append_string(&why, row->why ? row->why : row_status_names[row->status]);
        return refuse(judge,
                      row->status == ROW_NOT_TESTABLE ? VERDICT_NOT_TESTABLE
                                                      : VERDICT_NOT_EVALUATED,
                      &why);
    }
    for (size_t i = 0; i < row->used_count; i++)
        if (!accept_trial(judge, row->used[i]))
            return false;
    return true;
}

/* Whether a figure of the row proves anything. */
static bool accept_figure(const struct judge *judge, const struct row *row,
                          struct figure figure)
{
    struct text why = {0};
    if (claim_row_bound(row, figure) != BOUND_NOTHING)
        return true;
    tell_row(row, &why);
    text_append_string(&why, metrics[figure.metric].name);
    if (!row->against && row_estimate(row, figure)->count == 0)
        text_append_string(&why, " was not measured");
    else
        text_printf(&why, " proves nothing: %s",
                    row->why       ? row->why
                    : row->remarks ? row->remarks
                                   : row_status_names[row->status]);
    return refuse(judge, VERDICT_NOT_EVALUATED, &why);
}

static bool accept_view(const struct judge *judge, const struct claim_view *view)
{
    for (int place = 0; place < CLAIM_PLACES; place++) {
        const struct claim_side *side = &view->sides[place];
        for (size_t i = 0; i < side->count; i++)
            if (!accept_row(judge, side->rows[i]) ||
                (!side->formula && !accept_figure(judge, side->rows[i], side->figure)))
                return false;
    }
    return true;
}

/* ---- what is found ----------------------------------------------------------------- */

static struct ratio_range range_of(const struct claim_test *test)
{
    switch (test->relation) {
    case CLAIM_AT_LEAST:
        return (struct ratio_range){test->margin, INFINITY};
    case CLAIM_AT_MOST:
        return (struct ratio_range){0, test->margin};
    default:
        return equivalence_range(test->delta);
    }
}

/* A ratio that is a lower bound shows nothing of an upper limit, and the other way round:
 * what it cannot show has the P value 1. */
static struct range_test test_range(const struct log_ratio *log, struct ratio_range range,
                                    enum bound bound)
{
    struct ratio_range beyond = {bound & BOUND_AT_LEAST ? 0 : range.low,
                                 bound & BOUND_AT_MOST ? (double)INFINITY : range.high};
    bool shows_within = !((bound & BOUND_AT_LEAST && isfinite(range.high)) ||
                          (bound & BOUND_AT_MOST && range.low > 0));
    struct range_test test = {.within = 1, .outside = 1};
    if (shows_within)
        test.within = range_test(log, range).within;
    test.outside = range_test(log, beyond).outside;
    return test;
}

static void add_trials(struct evidence *evidence, const struct claim_view *view,
                       size_t index)
{
    struct words ids = {0};
    for (int place = 0; place < CLAIM_PLACES; place++) {
        size_t count;
        const struct row *const *rows =
            claim_view_rows(view, (enum claim_place)place, index, &count);
        for (size_t i = 0; i < count; i++)
            for (size_t t = 0; t < rows[i]->used_count; t++)
                if (!words_have(&ids, rows[i]->used[t]->id))
                    words_add(&ids, rows[i]->used[t]->id);
    }
    evidence->trials = memory_allocate_zeroed(ids.count + 1, sizeof *evidence->trials);
    for (size_t i = 0; i < ids.count; i++)
        evidence->trials[i] = memory_copy_string(ids.items[i]);
    words_release(&ids);
}

static void fill(struct evidence *evidence, const struct claim_view *view, size_t index)
{
    size_t count, pairs = 0;
    const struct row *first = *claim_view_rows(view, PLACE_SUBJECT, index, &count);
    double *subject = memory_allocate((first->used_count + 1) * sizeof *subject);
    double *reference = memory_allocate((first->used_count + 1) * sizeof *reference);
    for (size_t i = 0; i < first->used_count; i++) {
        struct claim_pair pair = claim_view_pair(view, index, first->used[i]->block);
        subject[pairs] = pair.subject;
        reference[pairs] = pair.reference;
        pairs += pair.subject > 0 && pair.reference > 0;
    }
    struct ratio ratio = ratio_of_pairs(subject, reference, pairs, CLAIMS_CONFIDENCE);
    evidence->about = claim_view_about(view, index);
    if (view->test->over <= OVER_ANY && first->value)
        evidence->point = memory_copy_string(first->value);
    evidence->subject = statistics_median(subject, pairs);
    evidence->reference = statistics_median(reference, pairs);
    evidence->blocks = ratio.pairs;
    evidence->ratio = ratio.value;
    evidence->low = ratio.t.exists ? ratio.t.low : (double)NAN;
    evidence->high = ratio.t.exists ? ratio.t.high : (double)NAN;
    evidence->log_mean = ratio.log.mean;
    evidence->log_error = ratio.log.error;
    evidence->log_degrees = ratio.log.degrees;
    enum bound bound = claim_view_bound(view, index);
    evidence->bound = memory_copy_string(bound_words[bound]);
    if (view->test->relation != CLAIM_REPORT) {
        struct ratio_range range = range_of(view->test);
        struct range_test test = test_range(&ratio.log, range, bound);
        evidence->range_low = range.low > 0 ? range.low : (double)NAN;
        evidence->range_high = isfinite(range.high) ? range.high : (double)NAN;
        evidence->p_within = test.within;
        evidence->p_outside = test.outside;
    }
    add_trials(evidence, view, index);
    free(subject);
    free(reference);
}

static void add_evidence(struct claim_verdict *verdict, const struct claim_view *view,
                         size_t test)
{
    for (size_t i = 0; i < claim_view_count(view); i++) {
        struct evidence *evidence = verdict_add(verdict);
        evidence->test = test + 1;
        fill(evidence, view, i);
    }
}

/* Whether there are enough blocks for words. */
static bool has_blocks(const struct judge *judge)
{
    const struct claim_verdict *verdict = judge->verdict;
    struct text why = {0};
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        const struct evidence *evidence = &verdict->evidence[i];
        if (evidence->blocks >= judge->claim->blocks)
            continue;
        judge->verdict->decided_by = (double)i + 1;
        if (evidence->blocks == 0) {
            text_printf(&why, "%s has no value here", evidence->about);
            return refuse(judge, VERDICT_NOT_EVALUATED, &why);
        }
        bool turns = is_by_turns(judge);
        text_printf(&why, "%u %s, a verdict takes %u", (unsigned)evidence->blocks,
                    text_plural((double)evidence->blocks, turns ? "pair" : "block",
                                turns ? "pairs" : "blocks"),
                    (unsigned)judge->claim->blocks);
        judge->verdict->blocks_needed = (double)judge->claim->blocks;
        return refuse(judge, VERDICT_INCONCLUSIVE, &why);
    }
    return true;
}

/* ---- whether the instrument can tell it ---------------------------------------------
 */

static void doubt_row(struct judge *judge, const struct claim_test *test,
                      const struct row *row, struct figure figure)
{
    struct noise_floor noise =
        run_noise_in_cell(judge->noise, judge->comparison, row, figure);
    const char *metric = metrics[figure.metric].name;
    char delta[32], floor[32];
    if (noise.suspect) {
        text_printf(&judge->doubt,
                    "the instrument is suspect: a contender's %s differs from its own",
                    metric);
        return;
    }
    if (judge->coarse->length || test->relation != CLAIM_EQUALS ||
        !noise_floor_underpowered(&noise, test->delta))
        return;
    text_share(test->delta, delta, sizeof delta);
    if (isnan(noise.floor))
        text_printf(judge->coarse, "underpowered: the noise floor of %s is not known",
                    metric);
    else
        text_printf(judge->coarse, "underpowered: %s is below twice the noise floor, %s",
                    delta, text_share(noise.floor, floor, sizeof floor));
}

/* Of all that is read the first that is in doubt. */
static void hold_against_noise(struct judge *judge, const struct claim_view *view)
{
    for (int place = 0; place < CLAIM_PLACES; place++) {
        const struct claim_side *side = &view->sides[place];
        for (size_t i = 0; i < side->count && !side->formula && !judge->doubt.length; i++)
            doubt_row(judge, view->test, side->rows[i], side->figure);
    }
}

/* ---- a claim ------------------------------------------------------------------------
 */

/* False where the claim has no verdict, for what this test lacks. */
static bool judge_test(struct judge *judge, size_t index)
{
    const struct claim_test *test = &judge->claim->tests[index];
    struct claim_view view;
    struct text missing = {0};
    bool found = claim_view_find(&view, test, judge->comparison, &missing);
    bool can_lack = is_by_turns(judge) && test->relation == CLAIM_REPORT;
    bool judged = found ? accept_view(judge, &view)
                        : can_lack || refuse(judge, VERDICT_NOT_EVALUATED, &missing);
    if (found && judged) {
        add_evidence(judge->verdict, &view, index);
        hold_against_noise(judge, &view);
    }
    claim_view_release(&view);
    text_release(&missing);
    return judged;
}

static void judge_claim(struct judge *judge)
{
    const struct claim *claim = judge->claim;
    bool judged = true;
    for (size_t t = 0; t < claim->test_count && judged; t++)
        judged = judge_test(judge, t);
    if (judged && judge->verdict->evidence_count == 0) {
        struct text why = {0};
        text_append_string(&why, "all that it reports is measured by blocks");
        judged = refuse(judge, VERDICT_NOT_EVALUATED, &why);
    }
    if (judged && has_blocks(judge)) {
        verdict_combine(judge->verdict, claim);
        if (judge->doubt.length)
            refuse(judge, VERDICT_NOT_EVALUATED, &judge->doubt);
    }
    text_release(&judge->doubt);
    if (judge->verdict->word != VERDICT_OPEN)
        text_release(judge->coarse);
}

/* What was too coarse to show that two are equal has been able to show that they are not.
 */
static void withdraw_coarse(struct claim_verdict *verdict, struct text *why)
{
    if (verdict->word != VERDICT_REFUTED) {
        free(verdict->why);
        verdict->why = text_steal(why);
        verdict->word = VERDICT_NOT_EVALUATED;
        verdict->blocks_needed = (double)NAN;
    }
    text_release(why);
}

void claims_judge(struct verdicts *verdicts, const struct claims *claims,
                  const struct comparison *comparison, const struct run_noise *noise)
{
    struct text *coarse = memory_allocate_zeroed(claims->count + 1, sizeof *coarse);
    verdicts_init(verdicts, CLAIMS_LEVEL);
    for (size_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->items[i];
        struct claim_verdict *verdict = verdicts_add(verdicts);
        verdict->number = claim->number;
        verdict->id = memory_copy_string(claim->id);
        verdict->said = memory_copy_string(claim->said);
        verdict->family = memory_copy_string(claim->family);
        judge_claim(&(struct judge){.claim = claim,
                                    .comparison = comparison,
                                    .noise = noise,
                                    .verdict = verdict,
                                    .coarse = &coarse[i]});
    }
    verdicts_decide(verdicts, claims);
    for (size_t i = 0; i < claims->count; i++)
        if (coarse[i].length)
            withdraw_coarse(&verdicts->items[i], &coarse[i]);
    free(coarse);
}
