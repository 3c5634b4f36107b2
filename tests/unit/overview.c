/* overview.c - the table that people know, from results that are made in memory. */
#include "tests/test.h"

#include "report/overview.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "servers/ops/op.h"
#include "tests/unit/results_fixture.h"

static const char *const three_models[] = {"event-loop", "thread-pool", "iterative",
                                           NULL};

struct made {
    struct results results;
    struct comparison comparison;
    struct overview overview;
};

static void derive(struct made *made)
{
    comparison_make(&made->comparison, &made->results);
    overview_derive(&made->overview, &made->comparison);
}

static void release(struct made *made)
{
    overview_release(&made->overview);
    comparison_release(&made->comparison);
    results_release(&made->results);
}

/* 100 clients that wait 50 ms each: overlap, and the CPU time that the load takes. */
static void test_waits(void **state)
{
    (void)state;
    static const char *const models[] = {"event-loop", "thread-pool:threads=128",
                                         "iterative", NULL};
    struct made made = {.results = fixture_results(1)};
    fixture_add_scenario(&made.results, "waits",
                         "\"family\":\"waiting\",\"requests\":[{\"path\":\"/wait:50ms\"}"
                         "],\"load\":{\"connections\":100},\"sweep\":{\"variable\":"
                         "\"connections\",\"values\":[100]}",
                         models);
    fixture_add_window(
        fixture_add_trial(&made.results, "waits", "100", "event-loop", 1, 2000), 0.1, 6);
    fixture_add_window(
        fixture_add_trial(&made.results, "waits", "100", models[1], 1, 1960), 0.19, 130);
    fixture_add_window(
        fixture_add_trial(&made.results, "waits", "100", "iterative", 1, 20), 0.01, 2);
    derive(&made);
    const struct overview_row *rows = made.overview.rows;
    assert_int_equal(made.overview.row_count, 3);
    assert_string_equal(made.overview.cpu_basis, "waits, connections 100");
    assert_null(made.overview.not_counted);
    assert_string_equal(rows[0].type.text, "100 waits, 100 per thread");
    assert_string_equal(rows[1].type.text, "98 waits, one per thread");
    assert_string_equal(rows[2].type.text, "one request at a time");
    assert_string_equal(rows[0].cpu.text, "0.10 cores, the least");
    assert_string_equal(rows[1].cpu.text, "0.19 cores, 1.90x");
    assert_string_equal(rows[2].cpu.text, "carries 1 % of it");
    /* One trial has no words: shares of the best. */
    assert_false(made.overview.words);
    assert_string_equal(rows[0].use.text, "waiting 1.00");
    assert_string_equal(rows[1].use.text, "waiting 0.98");
    assert_string_equal(rows[2].use.text, "waiting 0.01");
    /* Each cell says what it was derived from. */
    assert_int_equal(rows[0].type.evidence_count, 2);
    assert_ptr_equal(rows[0].type.evidence[0].row, &made.comparison.rows[0]);
    assert_float_equal(rows[0].type.evidence[0].value, 100, 1e-9);
    assert_string_equal(rows[0].type.evidence[1].figure, "threads that can wait");
    assert_float_equal(rows[0].type.evidence[1].value, 1, 1e-12);
    assert_string_equal(rows[0].cpu.evidence[0].figure, "cores_used");
    assert_float_equal(rows[2].use.evidence[0].value, 0.01, 1e-12);
    release(&made);
}

/* Where there are classes, the p99 of those that do not compute decides. */
static void test_contest_of_classes(void **state)
{
    (void)state;
    struct made made = {.results = fixture_results(2)};
    fixture_add_scenario(&made.results, "mixed",
                         "\"family\":\"mixed\",\"requests\":[{\"path\":\"/spin:1k\","
                         "\"class\":\"heavy\"},{\"path\":\"/wait:1ms\",\"class\":"
                         "\"light\"}]",
                         three_models);
    static const double light_p99_ns[3][2] = {{90e6, 110e6}, {20e6, 80e6}, {1e6, 3e6}};
    for (size_t m = 0; m < 3; m++) {
        for (uint64_t block = 1; block <= 2; block++) {
            struct trial_record *trial = fixture_add_trial(&made.results, "mixed", NULL,
                                                           three_models[m], block, 1000);
            fixture_add_class(trial, "heavy", 1e6, 1e6);
            fixture_add_class(trial, "light", 1e6, light_p99_ns[m][block - 1]);
            /* A model that loses requests is out of the contest. */
            if (m == 2)
                trial->load->counts.ended[OUTCOME_TIMEOUT] = 500;
        }
    }
    /* What the steps cost has to be known. */
    struct work_calibration calibration = {.is_known = true};
    struct step_cost *spin = step_costs_add(&calibration.costs, "spin:1k");
    spin->kind = OP_CPU;
    spin->cpu_us = spin->wall_us = 10;
    made.results.manifest.calibration = memory_allocate(sizeof calibration);
    *made.results.manifest.calibration = calibration;
    derive(&made);
    const struct overview_row *rows = made.overview.rows;
    assert_string_equal(rows[0].use.text, "mixed 0.50");
    assert_string_equal(rows[1].use.text, "mixed 1.00");
    assert_string_equal(rows[2].use.text, "mixed -");
    /* The share is that of the medians, which the tables show: 50 ms to 100 ms. */
    assert_string_equal(rows[0].use.evidence[0].figure, "share of the best");
    assert_float_equal(rows[0].use.evidence[0].value, 0.5, 1e-12);
    release(&made);
}

/* A model that serves some of its clients alone is no better for it, even where the
 * scenario tolerates that. */
static void test_starving_is_not_best(void **state)
{
    (void)state;
    struct made made = {.results = fixture_results(1)};
    fixture_add_scenario(&made.results, "waits",
                         "\"family\":\"waiting\",\"requests\":[{\"path\":\"/wait:50ms\"}"
                         "],\"load\":{\"connections\":100},\"tolerates\":"
                         "[\"starved_connections\"]",
                         three_models);
    static const double rates_rps[] = {1000, 10000, 900};
    for (size_t m = 0; m < 3; m++) {
        struct trial_record *trial = fixture_add_trial(&made.results, "waits", NULL,
                                                       three_models[m], 1, rates_rps[m]);
        fixture_add_clients(trial, m == 1 ? 9 : 0, 10000);
        fixture_add_window(trial, 0.5, 1);
    }
    derive(&made);
    const struct overview_row *rows = made.overview.rows;
    assert_string_equal(rows[0].use.text, "waiting 1.00");
    assert_string_equal(rows[1].use.text, "waiting -");
    release(&made);
}

static void test_nothing_can_be_judged(void **state)
{
    (void)state;
    struct made made = {.results = fixture_results(1)};
    fixture_add_scenario(&made.results, "hello",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]",
                         three_models);
    struct trial_record *trial =
        fixture_add_trial(&made.results, "hello", NULL, "event-loop", 1, 1000);
    trial_raise(trial, FLAG_STEAL, FLAG_INVALID, "stolen");
    trial->valid = false;
    derive(&made);
    assert_string_equal(made.overview.not_counted, "hello (event-loop: steal)");
    assert_null(made.overview.cpu_basis);
    for (size_t i = 0; i < made.overview.row_count; i++) {
        assert_string_equal(made.overview.rows[i].type.text, "no valid figures");
        assert_string_equal(made.overview.rows[i].cpu.text, "no valid figures");
        assert_string_equal(made.overview.rows[i].use.text, "no cell counts");
        assert_int_equal(made.overview.rows[i].use.evidence_count, 0);
    }
    release(&made);
}

/* Where the generator was the limit: waits and shares are bounds, what it costs at the
 * same load is not told, and where two may be the better one neither has a share. */
static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        bool full[3];
        const char *type[3], *cpu[3], *use[3];
    } expected[] = {
        {{false, true, false},
         {"100 waits, 100 per thread", ">=90 waits, >=90 per thread",
          "one request at a time"},
         {"no valid figures", "no valid figures", "no valid figures"},
         {"waiting <=1.00", "waiting >=0.90", "waiting <=0.01"}},
        {{true, false, false},
         {">=100 waits, >=100 per thread", "90 waits, 90 per thread",
          "one request at a time"},
         {"no valid figures", "no valid figures", "no valid figures"},
         {"waiting 1.00", "waiting <=0.90", "waiting <=0.01"}},
        {{true, true, false},
         {">=100 waits, >=100 per thread", ">=90 waits, >=90 per thread",
          "one request at a time"},
         {"no valid figures", "no valid figures", "no valid figures"},
         {"waiting <=1.00", "waiting open", "waiting <=0.01"}},
    };
    static const char *const models[] = {"event-loop", "epoll", "iterative", NULL};
    static const double rates[] = {2000, 1800, 20};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct made made = {.results = fixture_results(1)};
        fixture_add_scenario(&made.results, "waits",
                             "\"family\":\"waiting\",\"requests\":[{\"path\":"
                             "\"/wait:50ms\"}],\"load\":{\"connections\":100}",
                             models);
        for (size_t m = 0; m < COUNT_OF(rates); m++) {
            struct trial_record *trial =
                fixture_add_trial(&made.results, "waits", NULL, models[m], 1, rates[m]);
            fixture_add_window(trial, 0.1, 6);
            if (!expected[i].full[m])
                continue;
            trial_raise(trial, FLAG_GENERATOR_SATURATED, FLAG_INVALID, "full");
            trial->valid = false;
        }
        derive(&made);
        assert_null(made.overview.not_counted);
        for (size_t m = 0; m < COUNT_OF(rates); m++) {
            assert_string_equal(made.overview.rows[m].type.text, expected[i].type[m]);
            assert_string_equal(made.overview.rows[m].cpu.text, expected[i].cpu[m]);
            assert_string_equal(made.overview.rows[m].use.text, expected[i].use[m]);
        }
        release(&made);
    }
}

/* In an open loop all are offered the same: the p99 of all requests decides. */
static void test_open_loop(void **state)
{
    (void)state;
    struct made made = {.results = fixture_results(1)};
    fixture_add_scenario(&made.results, "steady",
                         "\"family\":\"rate\",\"requests\":[{\"path\":\"/wait:5ms\"}],"
                         "\"load\":{\"rate\":1000,\"connections\":50}",
                         three_models);
    static const double p99_ns[] = {8e6, 5.1e6, 5e6};
    for (size_t m = 0; m < 3; m++)
        fixture_add_trial(&made.results, "steady", NULL, three_models[m], 1, 1000)
            ->load->latency.p99_ns = p99_ns[m];
    derive(&made);
    /* Nobody knows how many cores they used. */
    assert_null(made.overview.cpu_basis);
    assert_string_equal(made.overview.rows[0].use.text, "rate 0.62");
    assert_string_equal(made.overview.rows[1].use.text, "rate 0.98");
    assert_string_equal(made.overview.rows[2].use.text, "rate 1.00");
    assert_float_equal(made.overview.rows[0].use.evidence[0].value, 5 / 8.0, 1e-12);
    release(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_contest_of_classes),
        cmocka_unit_test(test_starving_is_not_best),
        cmocka_unit_test(test_nothing_can_be_judged),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_open_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
