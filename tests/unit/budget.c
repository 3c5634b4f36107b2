/* budget.c - what of an experiment there is time for, and when a run ends. */
#include "harness/experiment/budget.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/stopping.h"
#include "base/clock.h"
#include "record/run_notes.h"
#include "tests/support/near.h"
#include "tests/unit/results_fixture.h"
#include "workload/profile.h"

/* With the 1.1 s beside its windows a trial takes 5.1 s. */
#define FOUR_SECONDS                                                                     \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],\"load\":{\"connections\":1,"      \
    "\"warmup\":\"1s\",\"duration\":\"3s\"}"
#define TRIAL_NS (5100 * NS_PER_MS)

static const char *const two[] = {"event-loop", "thread-pool", NULL};
static const char *const four[] = {"event-loop", "thread-pool", "epoll", "iterative",
                                   NULL};
static const char *const one[] = {"cluster", NULL};

/* Of 2, 4 and 1 trials a block, and in the first and the last one runs twice: 3, 4, 2. */
static struct results make_results(void)
{
    struct results results = fixture_results(6);
    struct experiment *run = &results.experiment;
    fixture_add_scenario(&results, "a", FOUR_SECONDS, two);
    fixture_add_scenario(&results, "b", FOUR_SECONDS, four);
    fixture_add_scenario(&results, "c", FOUR_SECONDS, one);
    for (size_t i = 0; profile_looks[i]; i++)
        *(uint64_t *)record_append(&run->looks, &run->look_count, sizeof *run->looks) =
            profile_looks[i];
    experiment_add_twin(run, &run->scenarios[0], run->scenarios[0].contenders[1]);
    experiment_add_twin(run, &run->scenarios[2], run->scenarios[2].contenders[0]);
    return results;
}

static void plan(const struct experiment *run, struct trial_order *order)
{
    *order = (struct trial_order){0};
    for (size_t s = 0; s < run->scenario_count; s++) {
        const struct experiment_scenario *own = &run->scenarios[s];
        size_t places[8], count = own->contender_count;
        memcpy(places, own->contenders, count * sizeof *places);
        if (own->twin != own->twin_of)
            places[count++] = own->twin;
        trial_order_add_cell(order, &own->scenario, NULL, places, count);
    }
    trial_order_shuffle(order, &run->contenders, run->repeat, run->seed);
}

/* The labels of those that a scenario has, its twin included. */
static char *labels_of(const struct experiment *run, const char *name)
{
    struct text labels = {0};
    for (size_t s = 0; s < run->scenario_count; s++) {
        const struct experiment_scenario *own = &run->scenarios[s];
        if (strcmp(own->scenario.name, name) != 0)
            continue;
        for (size_t c = 0; c < own->contender_count; c++)
            text_printf(&labels, "%s ", run->contenders.items[own->contenders[c]].label);
        if (own->twin != own->twin_of)
            text_printf(&labels, "+ %s", run->contenders.items[own->twin].label);
    }
    return text_steal(&labels);
}

static void test_what_fits(void **state)
{
    (void)state;
    static const struct {
        uint64_t trials; /* for which there is time */
        const char *kept, *left_out;
        uint64_t repeat;
        size_t looks, contenders; /* that are left, twins included */
    } cases[] = {
        {6 * 9, "a b c ", "", 6, 5, 7},
        {6 * 9 - 1, "a b ", "c ", 6, 5, 5},
        {6 * 7 - 1, "a c ", "b ", 6, 5,
         5}, /* a later one fits where an earlier does not */
        {6 * 3 - 1, "c ", "a b ", 6, 5, 2},
        {6 * 2 - 1, "a ", "b c ", 3, 0, 3}, /* none does: the first, with fewer blocks */
        {3, "a ", "b c ", 1, 0, 2},         /* nothing runs twice in the only block */
        {2, "c ", "a b ", 1, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results = make_results();
        struct experiment *run = &results.experiment;
        struct trial_order order;
        struct words left_out = {0};
        struct text kept = {0}, dropped = {0};
        struct error error;
        plan(run, &order);
        run->budget_ns = cases[i].trials * TRIAL_NS;
        assert_int_equal(budget_fit(run, &order, &left_out, &error), 0);
        for (size_t s = 0; s < run->scenario_count; s++)
            text_printf(&kept, "%s ", run->scenarios[s].scenario.name);
        for (size_t s = 0; s < left_out.count; s++)
            text_printf(&dropped, "%s ", left_out.items[s]);
        assert_string_equal(text_string(&kept), cases[i].kept);
        assert_string_equal(text_string(&dropped), cases[i].left_out);
        assert_int_equal(run->repeat, cases[i].repeat);
        assert_int_equal(run->look_count, cases[i].looks);
        assert_int_equal(run->contenders.count, cases[i].contenders);
        trial_order_release(&order);
        /* What is left takes no longer than it may. */
        plan(run, &order);
        assert_true(run->repeat * trial_order_block_ns(&order, NULL) <= run->budget_ns);
        trial_order_release(&order);
        text_release(&kept);
        text_release(&dropped);
        words_release(&left_out);
        results_release(&results);
    }
}

/* Those that are left have the contenders that they had. */
static void test_contenders_are_kept(void **state)
{
    (void)state;
    struct results results = make_results();
    struct experiment *run = &results.experiment;
    experiment_keep(run, (const bool[]){false, true, true});
    assert_int_equal(run->contenders.count, 6);
    char *of_b = labels_of(run, "b"), *of_c = labels_of(run, "c");
    assert_string_equal(of_b, "event-loop thread-pool epoll iterative ");
    assert_string_equal(of_c, "cluster + cluster (again)");
    free(of_b);
    free(of_c);
    results_release(&results);
}

static void test_nothing_fits(void **state)
{
    (void)state;
    struct results results = make_results();
    struct trial_order order;
    struct words left_out = {0};
    struct error error;
    plan(&results.experiment, &order);
    assert_int_equal(budget_fit(&results.experiment, &order, &left_out, &error), 0);
    assert_int_equal(results.experiment.scenario_count, 3); /* without a budget */
    results.experiment.budget_ns = TRIAL_NS;
    assert_true(budget_fit(&results.experiment, &order, &left_out, &error) < 0);
    assert_string_equal(error.text, "--budget: 5 s is not enough for one block of any "
                                    "scenario: the shortest takes 10 s");
    trial_order_release(&order);
    words_release(&left_out);
    results_release(&results);
}

/* ---- looks ------------------------------------------------------------------------ */

static struct precision precision_of(const struct results *results,
                                     struct comparison *comparison)
{
    struct precision precision;
    comparison_make(comparison, results);
    precision_find(&precision, comparison);
    return precision;
}

/* Six blocks in which epoll is `spread` around twice as fast as event-loop. */
static struct results make_pair(double spread)
{
    static const char *const pair[] = {"event-loop", "epoll", NULL};
    struct results results = fixture_results(6);
    fixture_add_scenario(&results, "hello", FOUR_SECONDS, pair);
    for (uint64_t block = 1; block <= 6; block++) {
        double step = (double)block - 3.5; /* of them the variance is 3.5 */
        fixture_add_trial(&results, "hello", NULL, "event-loop", block, 1000);
        fixture_add_trial(&results, "hello", NULL, "epoll", block,
                          2000 * exp(spread * step / sqrt(3.5)));
    }
    return results;
}

/* Half the width is exp(2.570582 s / sqrt(6)) - 1. */
static void test_precision(void **state)
{
    (void)state;
    static const struct {
        double spread;
        bool reached;
    } cases[] = {{0.0094, true}, {0.0096, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results = make_pair(cases[i].spread);
        struct comparison comparison;
        struct precision precision = precision_of(&results, &comparison);
        char *name = precision_name(&precision);
        assert_int_equal(precision.ratios, 1);
        assert_int_equal(precision.reached, cases[i].reached);
        expect_digits(precision.half_width,
                      expm1(2.5705818356 * cases[i].spread / sqrt(6)));
        assert_float_equal(precision.wanted, 0.01, 1e-12);
        assert_string_equal(name, "hello: event-loop to epoll, req/s");
        free(name);
        comparison_release(&comparison);
        results_release(&results);
    }
}

static void test_no_ratio(void **state)
{
    (void)state;
    struct results results = make_pair(0.1);
    struct comparison comparison;
    for (size_t i = 0; i < results.trial_count; i++)
        results.trials[i].valid = false;
    struct precision precision = precision_of(&results, &comparison);
    assert_int_equal(precision.ratios, 0);
    assert_false(precision.reached);
    assert_null(precision_name(&precision));
    comparison_release(&comparison);
    results_release(&results);
}

/* On precision, for want of time, or at the last one; by nothing else. */
static void test_looks(void **state)
{
    (void)state;
    static const struct {
        double spread;
        uint64_t budget_s, blocks;
        double spent_s;
        enum look_decision decision;
        uint64_t next;
        const char *note; /* a part of it */
    } cases[] = {
        {0.001, 600, 6, 60, LOOK_PRECISE, 0,
         "After 6 blocks and 1 min: it ends, precise"},
        {0.1, 100, 6, 60, LOOK_GOES_ON, 10, "it goes on to 10; least known is hello: "},
        {0.1, 99, 6, 60, LOOK_OUT_OF_TIME, 0, "reach to the next look; least known is"},
        {0.1, 0, 15, 60, LOOK_GOES_ON, 20, "±11 % (1 % is wanted)."},
        {0.1, 600, 30, 60, LOOK_LAST, 0, "as that was the last look"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct results results = make_pair(cases[i].spread);
        struct comparison comparison;
        struct precision precision = precision_of(&results, &comparison);
        struct experiment *run = &results.experiment;
        for (size_t k = 0; profile_looks[k]; k++)
            *(uint64_t *)record_append(&run->looks, &run->look_count,
                                       sizeof *run->looks) = profile_looks[k];
        run->budget_ns = cases[i].budget_s * NS_PER_S;
        struct look look =
            stopping_look(run, &precision, cases[i].blocks, cases[i].spent_s);
        assert_int_equal(look.decision, cases[i].decision);
        assert_int_equal(look.next, cases[i].next);
        char *note = run_note_look(&look);
        if (!strstr(note, cases[i].note))
            fail_msg("\"%s\" is not in: %s", cases[i].note, note);
        free(note);
        manifest_note_look(&results.manifest, &look);
        assert_int_equal(manifest_blocks(&results.manifest, 6),
                         cases[i].next ? cases[i].next : cases[i].blocks);
        comparison_release(&comparison);
        results_release(&results);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits),    cmocka_unit_test(test_contenders_are_kept),
        cmocka_unit_test(test_nothing_fits), cmocka_unit_test(test_precision),
        cmocka_unit_test(test_no_ratio),     cmocka_unit_test(test_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
