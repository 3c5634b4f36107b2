/* Claims in runs by turns: what pairs of processes tell of them, which of the shipped
 * ones are told so, and what has the load by turns for that. */
#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/claims_files.h"
#include "harness/experiment/claim_cells.h"
#include "harness/experiment/decide.h"
#include "harness/experiment/skip_reasons.h"
#include "tests/unit/claims_fixture.h"
#include "tests/unit/slices_fixture.h"

#define SUPPORTED    VERDICT_SUPPORTED
#define REFUTED      VERDICT_REFUTED
#define INCONCLUSIVE VERDICT_INCONCLUSIVE
#define NO_VERDICT   VERDICT_NOT_EVALUATED

static const char *const pool_first[] = {"thread-pool", "event-loop", NULL};

/* Deviations whose mean is 0. */
static const double deviations[] = {0.7, -1.2, 0.4, -0.5, 1.3, -0.7};

/* The loop by turns with the pool, and the pool with itself, at 100 clients. */
struct pair_figures {
    uint64_t pairs;
    double ratio;  /* of the loop to the pool */
    double spread; /* of its logarithm */
    double itself; /* of the pool to itself */
    double itself_spread;
};
#define USUAL                                                                            \
    {                                                                                    \
        6, 3, 0.01, 1, 0.002                                                             \
    }
static const struct pair_figures usual = USUAL;

/* Turns of a pair lie apart, and their geometric mean is the ratio. */
static void add_pair(struct results *results, const char *second, uint64_t pair,
                     double ratio)
{
    struct slice_series *series =
        fixture_add_pair(results, "waits", "100", "thread-pool", second, pair)
            ->slices->series;
    for (uint64_t turn = 0; turn <= 4; turn++) {
        double apart = turn % 2 ? 1.3 : 1 / 1.3;
        fixture_add_slice(series, fixture_slice(turn, SLICE_FIRST, 640));
        fixture_add_slice(series, fixture_slice(turn, SLICE_SECOND, 640 * ratio * apart));
    }
}

static struct results make(const struct pair_figures *figures)
{
    struct results results = fixture_results(figures->pairs);
    results.experiment.slicing = (struct slicing){4, 400 * NS_PER_MS};
    fixture_add_scenario(&results, "waits", WAITS, pool_first);
    for (uint64_t pair = 1; pair <= figures->pairs; pair++) {
        double noise = deviations[(pair - 1) % COUNT_OF(deviations)];
        add_pair(&results, "event-loop", pair,
                 figures->ratio * exp(figures->spread * noise));
        add_pair(&results, "thread-pool", pair,
                 figures->itself * exp(figures->itself_spread * noise));
    }
    return results;
}

/* ---- verdicts ---------------------------------------------------------------------- */

#define THREE           TO_POOL(AT_100, AT_LEAST(2.9))
#define REPORTS_FORMULA TEST(AT_100, RELATION("report"), FORMULA("C/W"))

static const struct turns_answer {
    const char *claim;
    struct pair_figures figures;
    enum verdict_word word;
    const char *why; /* NULL: there is none */
} answers[] = {
    {CLAIM("1", THREE, ""), USUAL, SUPPORTED, NULL},
    {CLAIM("1", TO_POOL(AT_100, AT_LEAST(3.1)), ""), USUAL, REFUTED, NULL},
    {CLAIM("1", TO_POOL(AT_100, AT_MOST(3.1)), ""), USUAL, SUPPORTED, NULL},
    {CLAIM("1", TO_POOL(AT_100, AT_LEAST(2.995)), ""), USUAL, INCONCLUSIVE, NULL},
    {CLAIM("1", TO_POOL(AT_100, EQUALS(0.05)), ""),
     {6, 1, 0.01, 1, 0.002},
     SUPPORTED,
     NULL},
    {CLAIM("1", TO_POOL(AT_100, OVER("any") AT_LEAST(2.9)), ""), USUAL, SUPPORTED, NULL},
    /* Too few, and what of the instrument is in the way. */
    {CLAIM("1", THREE, ""),
     {5, 3, 0.01, 1, 0.002},
     INCONCLUSIVE,
     "5 pairs, a verdict takes 6"},
    {CLAIM("1", THREE, ""),
     {6, 3, 0.01, 1.02, 0.002},
     NO_VERDICT,
     "the instrument is suspect: a contender's throughput_rps differs from its own"},
    {CLAIM("1", TO_POOL(AT_100, EQUALS(0.05)), ""),
     {6, 1, 0.01, 1, 0.05},
     NO_VERDICT,
     "underpowered: 5 % is below twice the noise floor, 5.1 %"},
    {CLAIM("1", THREE, ",\"needs\":{\"server_cpus\":2}"), USUAL, VERDICT_NOT_TESTABLE,
     "the server has 1 of 2 CPUs"},
    /* What turns do not tell: only reported, it is left out. */
    {CLAIM("1", THREE "," REPORTS_FORMULA, ""), USUAL, SUPPORTED, NULL},
    {CLAIM("1", REPORTS_FORMULA "," TO_POOL(AT_100, RELATION("report")), ""), USUAL,
     VERDICT_REPORTED, NULL},
    {CLAIM("1", REPORTS_FORMULA, ""), USUAL, NO_VERDICT,
     "all that it reports is measured by blocks"},
    {CLAIM("1", THREE "," TEST(AT_100, AT_LEAST(1), FORMULA("C/W")), ""), USUAL,
     NO_VERDICT,
     "waits: event-loop throughput_rps is measured by blocks, for the claim asks for a "
     "formula"},
    /* What the run has not. */
    {CLAIM("1", TO_POOL(AT_10, AT_LEAST(1)), ""), USUAL, NO_VERDICT,
     "waits, connections 10, event-loop: not measured yet"},
    {CLAIM("1", TEST(AT_100, AT_LEAST(1), "\"contender\":\"epoll\""), ""), USUAL,
     NO_VERDICT, "waits at 100 with event-loop against epoll is not part of this run"},
};

static void pairs_of_processes_tell_claims(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        const struct turns_answer *answer = &answers[i];
        struct results results = make(&answer->figures);
        char *text = memory_printf(CLAIMS("%s"), answer->claim);
        struct verdicts verdicts = judge(&results, text, NULL);
        expect_word(verdicts.items, answer->word, answer->claim);
        if (answer->why)
            assert_string_equal(verdicts.items->why, answer->why);
        verdicts_release(&verdicts);
        free(text);
        results_release(&results);
    }
}

/* The evidence is that of pairs: their number, figures, and ratio. */
static void evidence_counts_pairs(void **state)
{
    (void)state;
    struct results results = make(&usual);
    struct verdicts verdicts = judge(&results, ONE(THREE "," REPORTS_FORMULA), NULL);
    assert_int_equal(verdicts.items->evidence_count, 1);
    const struct evidence *evidence = verdict_evidence(verdicts.items);
    assert_int_equal(evidence->blocks, usual.pairs);
    assert_true(fabs(evidence->ratio / usual.ratio - 1) < 1e-9);
    assert_true(fabs(evidence->reference / 640 - 1) < 1e-9);
    assert_true(fabs(evidence->subject / (640 * usual.ratio) - 1) < 0.01);
    assert_string_equal(evidence->trials[0], "01-waits-100-event-loop");
    assert_null(evidence->trials[usual.pairs]);
    verdicts_release(&verdicts);
    results_release(&results);
}

/* ---- flags --------------------------------------------------------------------------
 */

static struct trial_record *pair_of_loop(struct results *results, size_t index)
{
    return &results->trials[2 * index];
}

static void forbid(struct trial_record *trial)
{
    trial_raise(trial, FLAG_SWAPPING, FLAG_INVALID, "swapping");
    trial->valid = false;
}

static void pairs_that_must_not_be_used_are_left_out(void **state)
{
    (void)state;
    const struct pair_figures seven = {7, 3, 0.01, 1, 0.002};
    struct results results = make(&seven);
    forbid(pair_of_loop(&results, 2));
    struct verdicts verdicts = judge(&results, ONE(THREE), NULL);
    expect_word(verdicts.items, SUPPORTED, "six of seven");
    assert_int_equal(verdict_evidence(verdicts.items)->blocks, 6);
    verdicts_release(&verdicts);
    for (size_t i = 0; i < seven.pairs; i++)
        if (i != 2)
            forbid(pair_of_loop(&results, i));
    verdicts = judge(&results, ONE(THREE), NULL);
    expect_word(verdicts.items, NO_VERDICT, "none of seven");
    assert_string_equal(
        verdicts.items->why,
        "waits, connections 100, event-loop: throughput_rps proves nothing: swapping");
    verdicts_release(&verdicts);
    results_release(&results);
}

/* That the generator was full, as the scenario tolerates, in so many of the slices. */
static void fill_generator(struct results *results, uint64_t slices)
{
    for (size_t i = 0; i < usual.pairs; i++) {
        struct trial_record *trial = pair_of_loop(results, i);
        struct slice_series *series = trial->slices->series;
        struct slice_warning *warning =
            record_append(&series->warnings, &series->warning_count, sizeof *warning);
        *warning = (struct slice_warning){
            .word = memory_copy_string(flag_kinds[FLAG_GENERATOR_SATURATED].word),
            .message = memory_copy_string("full"),
            .slices = slices,
            .invalidates = true};
        trial_raise(trial, FLAG_GENERATOR_SATURATED, FLAG_WARNING, "full");
    }
}

static void a_full_generator_proves_nothing(void **state)
{
    (void)state;
    struct results results = make(&usual);
    fill_generator(&results, 8);
    struct verdicts verdicts = judge(&results, ONE(THREE), NULL);
    expect_word(verdicts.items, NO_VERDICT, "in all slices");
    assert_string_equal(verdicts.items->why,
                        "waits, connections 100, event-loop: throughput_rps proves "
                        "nothing: generator_saturated");
    verdicts_release(&verdicts);
    results_release(&results);
    results = make(&usual);
    fill_generator(&results, 0);
    verdicts = judge(&results, ONE(THREE), NULL);
    expect_word(verdicts.items, SUPPORTED, "in few slices");
    verdicts_release(&verdicts);
    verdicts =
        judge(&results,
              CLAIMS(CLAIM("1", THREE, ",\"void_if\":[\"generator_saturated\"]")), NULL);
    expect_word(verdicts.items, NO_VERDICT, "a flag that voids the claim");
    verdicts_release(&verdicts);
    results_release(&results);
}

/* ---- which claims -------------------------------------------------------------------
 */

static const struct slicing slicing = {10, 400 * NS_PER_MS};

static struct claims read_claims(const char *text)
{
    struct claims claims;
    struct error error;
    int result =
        text ? claims_read_string(&claims, "claims", text, &error)
             : claims_read_checked(&claims, "scenarios/claims.json", "scenarios", &error);
    if (result < 0)
        fail_msg("%s", error.text);
    return claims;
}

/* Those of the shipped ones that are told by turns; `note`, on the heap, says so. */
static struct claims take_shipped(char **note)
{
    struct claims claims = read_claims(NULL);
    struct error error;
    if (claims_take_by_turns(&claims, "scenarios", &slicing, note, &error) < 0)
        fail_msg("%s", error.text);
    return claims;
}

static void expect_part(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in \"%s\"", part, text);
}

static void shipped_claims_are_told_by_turns_or_by_blocks(void **state)
{
    (void)state;
    char *note;
    struct claims claims = take_shipped(&note);
    expect_part(note,
                "claims by turns: 8, 12, 19, 26; by blocks, without --slices: 1, 2, ");
    expect_part(note, "10, 13, 14, 17, 18, 21 (a formula)");
    expect_part(note,
                "4 (slices measure 350 ms each (--slice-time), and \"/wait:1s~exp\" "
                "takes 1 s)");
    expect_part(note, "11, 15, 22, 23, 25 (two points of a sweep)");
    assert_int_equal(claims.count, 4);
    assert_int_equal(claims.items[1].number, 12);
    free(note);
    claims_release(&claims);
}

static void where_none_is_told_by_turns_it_is_said(void **state)
{
    (void)state;
    struct claims claims = read_claims(
        ONE("{\"subject\":{\"scenario\":\"cpu\",\"contender\":\"event-loop\",\"metric\":"
            "\"cores_used\"}," AT_MOST(1) ",\"reference\":{" POOL "}}"));
    struct error error;
    char *note;
    assert_int_equal(claims_take_by_turns(&claims, "scenarios", &slicing, &note, &error),
                     -EINVAL);
    assert_string_equal(error.text,
                        "claims by turns: none; by blocks, without --slices: 1 "
                        "(a metric that slices do not have)");
}

/* ---- who has the load by turns ------------------------------------------------------
 */

static struct experiment decide(const struct claims *claims)
{
    struct experiment run;
    struct error error;
    const struct words none = {0};
    const struct experiment_request request = {
        .profile = &profiles[PROFILE_QUICK],
        .repeat = 2,
        .seed = 7,
        .slicing = slicing,
        .folder = "scenarios",
        .scenarios = &none,
        .models = &none,
        .externals = &none,
        .claims = claims,
    };
    if (experiment_decide(&run, &request, &error) < 0)
        fail_msg("%s", error.text);
    return run;
}

/* "io-wait 1000 5000: event-loop async-await", a line for each scenario of the run. */
static char *cells_of(const struct experiment *run)
{
    struct text cells = {0};
    for (size_t s = 0; s < run->scenario_count; s++) {
        const struct experiment_scenario *own = &run->scenarios[s];
        const struct words *points = &own->scenario.sweep.values;
        text_append_string(&cells, own->scenario.name);
        for (size_t i = 0; i < points->count; i++)
            text_printf(&cells, " %s", points->items[i]);
        text_append_string(&cells, ":");
        for (size_t i = 0; i < own->contender_count; i++)
            text_printf(&cells, " %s", run->contenders.items[own->contenders[i]].label);
        text_append_string(&cells, "\n");
    }
    return text_steal(&cells);
}

static void a_run_has_what_its_claims_hold_against_each_other(void **state)
{
    (void)state;
    char *note;
    struct claims claims = take_shipped(&note);
    struct experiment run = decide(&claims);
    char *cells = cells_of(&run);
    assert_string_equal(cells,
                        "cost-by-rate 1000 4000 20000: thread-per-connection event-loop\n"
                        "io-wait 1000 5000: event-loop async-await\n"
                        "io-wait 5000: epoll io-uring\n"
                        "cpu 16: event-loop async-await\n"
                        "reads file:4KiB: event-loop event-loop:blocking=loop\n"
                        "reads block:5ms: event-loop:blocking=loop event-loop\n"
                        "hello-closed: epoll io-uring\n"
                        "steady-io: epoll io-uring\n");
    /* So does a run that is not asked for claims see which are its own. */
    struct claims all = read_claims(NULL);
    claims_keep(&all, claim_is_of_run, &run);
    assert_int_equal(all.count, claims.count);
    for (size_t i = 0; i < claims.count; i++)
        assert_string_equal(all.items[i].id, claims.items[i].id);
    claims_release(&all);
    free(cells);
    free(note);
    experiment_release(&run);
    claims_release(&claims);
}

#define HANDOVER(subject, reference)                                                     \
    "{\"subject\":{\"scenario\":\"handover\",\"contender\":\"" subject                   \
    "\",\"points\":[\"20ms\"],\"metric\":\"throughput_rps\"}," AT_LEAST(                 \
        1) ",\"reference\":{\"contender\":\"" reference "\"}}"

/* A contender that has the load by turns with two others has trials of its own with each:
 * their folders have other names, and the run can judge the claim. */
static void a_contender_may_meet_several(void **state)
{
    (void)state;
    struct claims claims = read_claims(ONE(HANDOVER("cluster", "event-loop") "," HANDOVER(
        "cluster", "multi-loop") "," HANDOVER("multi-loop", "event-loop")));
    struct experiment run = decide(&claims);
    char *cells = cells_of(&run);
    assert_string_equal(cells, "handover 20ms: event-loop cluster multi-loop\n"
                               "handover 20ms: multi-loop cluster\n");
    const struct machine_limits limits = {.cpu_count = 2, .descriptors = 20000};
    struct trial_order plan;
    struct skip_reasons skip_reasons;
    experiment_order_trials(&run, &limits, &plan, &skip_reasons);
    assert_true(claim_is_of_run(&run, claims.items));
    assert_int_equal(plan.trial_count, 2 * (3 + 2));
    for (size_t i = 0; i < plan.trial_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(plan.trials[i].id, plan.trials[j].id);
    free(skip_reasons.items);
    trial_order_release(&plan);
    free(cells);
    experiment_release(&run);
    claims_release(&claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_processes_tell_claims),
        cmocka_unit_test(evidence_counts_pairs),
        cmocka_unit_test(pairs_that_must_not_be_used_are_left_out),
        cmocka_unit_test(a_full_generator_proves_nothing),
        cmocka_unit_test(shipped_claims_are_told_by_turns_or_by_blocks),
        cmocka_unit_test(where_none_is_told_by_turns_it_is_said),
        cmocka_unit_test(a_run_has_what_its_claims_hold_against_each_other),
        cmocka_unit_test(a_contender_may_meet_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
