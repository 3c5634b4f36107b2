/* metrics.c - each figure, read from a trial that is written as a literal. */
#include "tests/test.h"

#include "analysis/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/record_fixture.h"

/* A window of 2 s: 1000 good replies a second, and 100 refused ones. */
static const struct trial_record measured = {
    .cpus = {.server_count = 1},
    .flags = (struct trial_flag[]){{.flag = FLAG_BOTH_FULL}},
    .flag_count = 1,
    .load =
        &(struct load_result){
            .mode = LOAD_CLOSED,
            .all_connections = 200,
            .keep_alive = 1,
            .duration_s = 2,
            .scheduled_rps = 1100,
            .throughput_rps = 1000,
            .counts = {.ended = {[OUTCOME_OK] = 2000,
                                 [OUTCOME_HTTP_ERROR] = 150,
                                 [OUTCOME_BAD_BODY] = 50,
                                 [OUTCOME_NET_ERROR] = 20,
                                 [OUTCOME_TIMEOUT] = 10,
                                 [OUTCOME_IN_FLIGHT] = 9,
                                 [OUTCOME_DROPPED] = 20}},
            .latency = {.mean_ns = 1,
                        .p50_ns = 50,
                        .p75_ns = 75,
                        .p90_ns = 90,
                        .p95_ns = 95,
                        .p99_ns = 99,
                        .p999_ns = 999,
                        .p9999_ns = 9999,
                        .max_ns = 10000,
                        .at_least = (char *[]){TEXT("p95"), TEXT("max"), NULL}},
            .service = {.mean_ns = 2e6,
                        .p50_ns = 40,
                        .p99_ns = 89,
                        .at_least = (char *[]){TEXT("p99"), NULL}},
            .classes = (struct class_result[]){{.name = TEXT("light"),
                                                .counts = {.ended = {[OUTCOME_OK] = 500,
                                                                     [OUTCOME_TIMEOUT] =
                                                                         500}},
                                                .latency = {.p50_ns = 5,
                                                            .p75_ns = 7,
                                                            .p99_ns = 9,
                                                            .p999_ns = NAN,
                                                            .max_ns = 11}}},
            .class_count = 1,
            .whole_run = {.sent = 2300, .replies = 2200},
            .accounted = &(struct accounted){.from_s = 0.1, .to_s = 2.1, .replies = 2200},
            .generator = {.cpu_us_per_request = 250},
            .clients = &(struct clients_result){.connections = 200,
                                                .starved = 90,
                                                .least = 0,
                                                .median = 8,
                                                .most = 31},
        },
    .server =
        {
            .window =
                &(struct server_window){
                    .cpu_elapsed_s = 2,
                    .cpu_s = 1.1,
                    .user_s = 0.75,
                    .system_s = 0.25,
                    .switches_elapsed_s = 2,
                    .voluntary_switches = 4400,
                    .involuntary_switches = 220,
                    .processes = 3,
                    .threads = 17,
                    .threads_peak = 18,
                    .rss_bytes = 5000,
                    .rss_peak_bytes = 6000,
                    .pss_bytes = 4000,
                    .anon_bytes = 3000,
                    .idle_anon_bytes = 1000,
                    .kernel_stack_bytes = 800,
                    .page_table_bytes = 500,
                    .idle_kernel_stack_bytes = 200,
                    .idle_page_table_bytes = 100,
                },
            .lifetime = &(struct server_lifetime){.voluntary_switches = 6600,
                                                  .involuntary_switches = 1100},
            .statistics =
                &(struct server_statistics){
                    .restarts = 2,
                    .loop =
                        &(struct loop_statistics){
                            .utilisation = 0.5,
                            .lag = &(struct lag_statistics){100, 200, 300},
                        },
                },
        },
    .generator = &(struct generator_window){.cpu_s = 0.55, .elapsed_s = 2},
    .capacity = &(struct capacity){.outcome = CAPACITY_FOUND,
                                   .rps = 950,
                                   .missed_rps = 990},
};

static void expect(enum metric_id metric, const struct trial_record *trial,
                   const char *class_name, double expected)
{
    double value = metric_read(metric, trial, class_name);
    if (isnan(expected) ? !isnan(value)
                        : !(fabs(value - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%s: expected %g, got %g", metrics[metric].name, expected, value);
}

static void test_figures(void **state)
{
    (void)state;
    static const double expected[METRIC_COUNT] = {
        [METRIC_THROUGHPUT] = 1000,
        [METRIC_CAPACITY_AT_MOST] = 1000 / 0.55,
        [METRIC_CAPACITY_KEPT] = 950,
        [METRIC_CAPACITY_MISSED] = 990,
        [METRIC_OFFERED] = 1100,
        [METRIC_LATENCY_MEAN] = 1,
        [METRIC_LATENCY_P50] = 50,
        [METRIC_LATENCY_P75] = 75,
        [METRIC_LATENCY_P90] = 90,
        [METRIC_LATENCY_P95] = 95,
        [METRIC_LATENCY_P99] = 99,
        [METRIC_LATENCY_P999] = 999,
        [METRIC_LATENCY_P9999] = 9999,
        [METRIC_LATENCY_MAX] = 10000,
        [METRIC_SERVICE_P50] = 40,
        [METRIC_SERVICE_P99] = 89,
        [METRIC_ERRORS] = 250, /* all but what is still in flight */
        [METRIC_ERROR_SHARE] = 250.0 / 2250,
        [METRIC_STARVED] = 90,
        [METRIC_REPLIES_LEAST] = 0,
        [METRIC_REPLIES_MEDIAN] = 8,
        [METRIC_REPLIES_MOST] = 31,
        [METRIC_IN_FLIGHT] = 2, /* 1000/s of 2 ms each */
        [METRIC_CORES] = 0.55,
        [METRIC_CPU_PER_REQUEST] = 500e3, /* 1100/s were answered, good or not */
        [METRIC_SYSTEM_SHARE] = 0.25,
        [METRIC_VOLUNTARY] = 2,
        [METRIC_INVOLUNTARY] = 0.1,
        [METRIC_LOOP_UTILISATION] = 0.5,
        [METRIC_LOOP_LAG_P50] = 100,
        [METRIC_LOOP_LAG_P99] = 200,
        [METRIC_LOOP_LAG_MAX] = 300,
        [METRIC_THREADS] = 17,
        [METRIC_THREADS_PEAK] = 18,
        [METRIC_PROCESSES] = 3,
        [METRIC_RESTARTS] = 2,
        [METRIC_MEMORY_TOTAL] = 5300,
        [METRIC_MEMORY] = 4000,
        [METRIC_KERNEL_STACKS] = 800,
        [METRIC_PAGE_TABLES] = 500,
        [METRIC_MEMORY_PEAK] = 6000,
        [METRIC_MEMORY_PER_CONNECTION] = 15, /* 2000 + 600 + 400 for 200 */
        [METRIC_GENERATOR_CORES] = 0.275,
        [METRIC_GENERATOR_CPU_PER_REQUEST] = 250e3,
    };
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        expect(m, &measured, NULL, expected[m]);
}

static void test_classes(void **state)
{
    (void)state;
    expect(METRIC_THROUGHPUT, &measured, "light", 250); /* a quarter of the good ones */
    expect(METRIC_LATENCY_P50, &measured, "light", 5);
    expect(METRIC_LATENCY_P75, &measured, "light", 7);
    expect(METRIC_LATENCY_P99, &measured, "light", 9);
    expect(METRIC_LATENCY_P999, &measured, "light", NAN);
    expect(METRIC_LATENCY_MAX, &measured, "light", 11);
    expect(METRIC_ERROR_SHARE, &measured, "light", 0.5);
    expect(METRIC_LATENCY_P50, &measured, "heavy", NAN);
    /* What has no meaning of a class. */
    expect(METRIC_CORES, &measured, "light", NAN);
    expect(METRIC_SERVICE_P50, &measured, "light", NAN);
}

/* Where a part of the trial is missing, so is every figure that is made of it. */
static void test_missing_parts(void **state)
{
    (void)state;
    const struct {
        unsigned part;
        struct trial_record trial;
    } cases[] = {
        {PART_LOAD, {.server = measured.server, .generator = measured.generator}},
        {PART_WINDOW,
         {.load = measured.load,
          .server = {.lifetime = measured.server.lifetime,
                     .statistics = measured.server.statistics},
          .generator = measured.generator}},
        {PART_GENERATOR, {.load = measured.load, .server = measured.server}},
        {PART_STATISTICS | PART_LOOP | PART_LOOP_LAG,
         {.load = measured.load,
          .server = {.window = measured.server.window},
          .generator = measured.generator}},
        {PART_LOOP_LAG,
         {.load = measured.load,
          .server = {.window = measured.server.window,
                     .statistics =
                         &(struct server_statistics){
                             .loop = &(struct loop_statistics){.utilisation = 0.5}}},
          .generator = measured.generator}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
            /* The window's switches are asked for where connections are kept. */
            bool switches = m == METRIC_VOLUNTARY || m == METRIC_INVOLUNTARY;
            bool missing = metrics[m].needs & cases[i].part ||
                           (switches && cases[i].part == PART_WINDOW);
            struct trial_record trial = cases[i].trial;
            trial.capacity = measured.capacity;
            trial.flags = measured.flags;
            trial.flag_count = measured.flag_count;
            double value = metric_read(m, &trial, NULL);
            if (isnan(value) != missing)
                fail_msg("case %zu: %s is %g", i, metrics[m].name, value);
        }
        assert_true(isnan(metric_read(METRIC_LATENCY_P50, &cases[0].trial, "light")));
    }
    struct trial_record trial = measured;
    trial.capacity = NULL;
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        assert_int_equal(isnan(metric_read(m, &trial, NULL)),
                         !!(metrics[m].needs & PART_CAPACITY));
}

/* Threads that end with their connection take their counts along. */
static void test_switches_without_keep_alive(void **state)
{
    (void)state;
    struct load_result load = *measured.load;
    struct trial_record trial = measured;
    trial.load = &load;
    load.keep_alive = 0;
    expect(METRIC_VOLUNTARY, &trial, NULL, 3); /* 6600 of 2200 replies */
    expect(METRIC_INVOLUNTARY, &trial, NULL, 0.5);
    load.whole_run.replies = 0;
    expect(METRIC_VOLUNTARY, &trial, NULL, NAN);
    load.keep_alive = -1; /* not all the same: by the window */
    expect(METRIC_VOLUNTARY, &trial, NULL, 2);
}

static void test_memory(void **state)
{
    (void)state;
    struct load_result load = *measured.load;
    struct server_window window = *measured.server.window;
    struct trial_record trial = measured;
    trial.load = &load;
    trial.server.window = &window;
    window.pss_bytes = NAN;
    expect(METRIC_MEMORY, &trial, NULL, 5000); /* the resident set instead */
    expect(METRIC_MEMORY_TOTAL, &trial, NULL, 6300);
    load.all_connections = 99;
    expect(METRIC_MEMORY_PER_CONNECTION, &trial, NULL, NAN); /* too few to tell */
    load.all_connections = 100;
    expect(METRIC_MEMORY_PER_CONNECTION, &trial, NULL, 30);
    window.page_table_bytes = NAN; /* a sum without a part is no sum */
    expect(METRIC_MEMORY_TOTAL, &trial, NULL, NAN);
    expect(METRIC_MEMORY_PER_CONNECTION, &trial, NULL, NAN);
    window.page_table_bytes = 500;
    load.mode = LOAD_OPEN;
    expect(METRIC_MEMORY_PER_CONNECTION, &trial, NULL, NAN);
}

/*
 * A loop that computes for 200 ms at a time, always busy: 11 replies came in a window of
 * 2.1 s, of which the first was half done before it, and 10 between the ends of requests
 * at which its CPU time was read. The reading at the end came 1 ms late.
 */
static void test_a_blocked_loop(void **state)
{
    (void)state;
    struct accounted accounted = {.from_s = 0.1, .to_s = 2.1, .replies = 10};
    struct load_result load = {.throughput_rps = 11 / 2.1,
                               .duration_s = 2.1,
                               .keep_alive = 1,
                               .counts = {.ended = {[OUTCOME_OK] = 14}},
                               .accounted = &accounted};
    struct server_window window = {.cpu_elapsed_s = 2.001,
                                   .cpu_s = 2.001,
                                   .switches_elapsed_s = 2.5,
                                   .voluntary_switches = 25,
                                   .involuntary_switches = 50};
    struct trial_record trial = {.load = &load, .server = {.window = &window}};
    expect(METRIC_CPU_PER_REQUEST, &trial, NULL, 200e6);
    expect(METRIC_VOLUNTARY, &trial, NULL, 2);
    expect(METRIC_INVOLUNTARY, &trial, NULL, 4);
    load.accounted = NULL; /* a sum, or a result of an earlier version */
    expect(METRIC_CPU_PER_REQUEST, &trial, NULL, NAN);
}

static void test_nothing_was_answered(void **state)
{
    (void)state;
    struct load_result load = {.throughput_rps = 0,
                               .duration_s = 1,
                               .keep_alive = 1,
                               .accounted = &(struct accounted){.from_s = 0, .to_s = 1}};
    struct trial_record trial = measured;
    trial.load = &load;
    expect(METRIC_ERROR_SHARE, &trial, NULL, NAN);
    expect(METRIC_CPU_PER_REQUEST, &trial, NULL, NAN);
    expect(METRIC_ERRORS, &trial, NULL, 0);
}

/* 0.9 of its one CPU were used; both flagged full, it could have done 1111 a second. */
static void test_bracket_of_a_full_server(void **state)
{
    (void)state;
    struct server_window window = *measured.server.window;
    struct trial_record trial = measured;
    window.cpu_s = 1.8;
    trial.server.window = &window;
    trial.server.statistics = NULL;
    expect(METRIC_CAPACITY_AT_MOST, &trial, NULL, 1000 / 0.9);
    trial.flag_count = 0;
    expect(METRIC_CAPACITY_AT_MOST, &trial, NULL, NAN);
}

/* What a distribution calls a lower bound is one, and only in that distribution. */
static void test_lower_bounds(void **state)
{
    (void)state;
    assert_false(metric_is_at_least(METRIC_LATENCY_P90, &measured, NULL));
    assert_true(metric_is_at_least(METRIC_LATENCY_P95, &measured, NULL));
    assert_true(metric_is_at_least(METRIC_LATENCY_MAX, &measured, NULL));
    assert_false(metric_is_at_least(METRIC_LATENCY_MAX, &measured, "light"));
    assert_false(metric_is_at_least(METRIC_LATENCY_P99, &measured, NULL));
    assert_true(metric_is_at_least(METRIC_SERVICE_P99, &measured, NULL));
    /* A loop's lag is a time as well, but none of a request. */
    assert_false(metric_is_at_least(METRIC_LOOP_LAG_MAX, &measured, NULL));
    assert_false(metric_is_at_least(METRIC_THROUGHPUT, &measured, NULL));
}

/* A search that did not end at the server's limit leaves a lower bound of what the server
 * can do; where it missed, it did, whatever came first. */
static void test_ends_of_searches(void **state)
{
    (void)state;
    static const struct {
        enum capacity_outcome outcome;
        bool at_least;
    } ends[] = {
        {CAPACITY_FOUND, false},          {CAPACITY_NONE, false},
        {CAPACITY_GENERATOR_LIMIT, true}, {CAPACITY_CONNECTION_LIMIT, true},
        {CAPACITY_TIME_UP, true},         {CAPACITY_INTERRUPTED, true},
    };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct capacity capacity = {.outcome = (int)ends[i].outcome, .rps = 950};
        struct trial_record trial = {.capacity = &capacity};
        assert_int_equal(metric_is_at_least(METRIC_CAPACITY_KEPT, &trial, NULL),
                         ends[i].at_least);
        assert_false(metric_is_at_least(METRIC_CAPACITY_MISSED, &trial, NULL));
    }
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void test_rows(void **state)
{
    (void)state;
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct metric *metric = &metrics[m];
        assert_non_null(metric->name);
        assert_non_null(metric->header);
        assert_non_null(metric->read);
        /* Names in files tell the unit. */
        assert_int_equal(ends_in(metric->name, "_ns"), metric->unit == QUANTITY_TIME);
        assert_int_equal(ends_in(metric->name, "_bytes"), metric->unit == QUANTITY_SIZE);
        /* A class has no record but that of the load. */
        assert_true(!metric->of_classes || metric->needs == PART_LOAD);
        assert_true(!metric->class_column || metric->of_classes);
        for (enum metric_id other = 0; other < m; other++) {
            assert_string_not_equal(metric->name, metrics[other].name);
            assert_true(!metric->column || metric->column != metrics[other].column);
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    char *name = metric_file_name(METRIC_LATENCY_P99, NULL);
    assert_string_equal(name, "latency_p99_ns");
    free(name);
    name = metric_file_name(METRIC_LATENCY_P99, "light");
    assert_string_equal(name, "class.light.latency_p99_ns");
    free(name);
    /* Classes count in the order in which requests name them; "" is none. */
    struct request requests[] = {{.class_name = TEXT("light")},
                                 {.class_name = TEXT("")},
                                 {.class_name = TEXT("light")},
                                 {.class_name = TEXT("heavy")}};
    const struct workload workload = {.requests = requests, .request_count = 4};
    assert_string_equal(workload_class(&workload, 0), "light");
    assert_string_equal(workload_class(&workload, 1), "heavy");
    assert_null(workload_class(&workload, 2));
    assert_null(workload_class(&workload, ALL_REQUESTS));
    assert_int_equal(workload_class_index(&workload, "light"), 0);
    assert_int_equal(workload_class_index(&workload, "heavy"), 1);
    assert_int_equal(workload_class_index(&workload, ""), ALL_REQUESTS);
    assert_int_equal(workload_class_index(&workload, "none"), ALL_REQUESTS);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        enum metric_id metric;
        double value;
        const char *text;
    } cases[] = {
        {METRIC_THROUGHPUT, 19900, "19.9k"},
        {METRIC_THROUGHPUT, NAN, "-"},
        {METRIC_VOLUNTARY, 2, "2"},
        {METRIC_VOLUNTARY, 1.234, "1.23"},
        {METRIC_VOLUNTARY, 0.004, "<0.01"},
        {METRIC_VOLUNTARY, 0, "0"},
        {METRIC_LATENCY_P99, 51.2e6, "51.2 ms"},
        {METRIC_MEMORY, 65536, "64 KiB"},
        {METRIC_ERROR_SHARE, 0, "0"},
        {METRIC_ERROR_SHARE, 0.0013, "0.13 %"},
        {METRIC_ERROR_SHARE, 0.97, "97 %"},
        {METRIC_ERROR_SHARE, NAN, "-"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[QUANTITY_TEXT_BYTES];
        assert_string_equal(
            metric_format(cases[i].metric, cases[i].value, text, sizeof text),
            cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_switches_without_keep_alive),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_a_blocked_loop),
        cmocka_unit_test(test_nothing_was_answered),
        cmocka_unit_test(test_bracket_of_a_full_server),
        cmocka_unit_test(test_lower_bounds),
        cmocka_unit_test(test_ends_of_searches),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
