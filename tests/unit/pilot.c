/*
 * pilot.c - what the loads of a reference are on another machine, and that the cells of
 * the run are still the reference's.
 */
#include "tests/test.h"

#include "analysis/pilot.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "harness/experiment/skip_reasons.h"
#include "tests/support/near.h"
#include "tests/unit/results_fixture.h"
#include "workload/load_scale.h"

#define CLOSED(cpus)                                                                     \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/spin:5ms\"}],"                          \
    "\"load\":{\"connections\":16},\"server\":{\"cpus\":" cpus "}"
#define OPEN(path, cpus)                                                                 \
    "\"family\":\"f\",\"requests\":[{\"path\":\"" path "\"}],"                           \
    "\"load\":{\"rate\":1000},\"server\":{\"cpus\":" cpus "}"
#define SEARCHED                                                                         \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],\"load\":{\"rate\":1000,"          \
    "\"capacity\":{\"percentile\":99,\"limit\":\"50ms\",\"search_time\":\"1s\"}}"

static const char *const one_model[] = {"epoll", NULL};

static struct results one_scenario(const char *rest)
{
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "own", rest, one_model);
    return results;
}

static void add_sample(struct reference *reference, const char *point, const char *model,
                       enum metric_id metric, double value)
{
    struct reference_sample *sample =
        record_append(&reference->samples, &reference->count, sizeof *sample);
    *sample = (struct reference_sample){
        .scenario = memory_copy_string("own"),
        .point = point ? memory_copy_string(point) : NULL,
        .model = memory_copy_string(model),
        .valid = true,
        .metric = metric_file_name(metric, NULL),
        .value = value,
    };
}

/* ---- the factors ------------------------------------------------------------------ */

#define MOST_TRIALS 3

struct factor_case {
    const char *scenario;
    double cpus_here, cpus_there;                 /* of the machines */
    double there[MOST_TRIALS], here[MOST_TRIALS]; /* us per request, up to 0 */
    double connections, rate;                     /* factors */
    const char *why;                              /* among other words */
};

static void expect_factors(const struct factor_case *known, int cpu_is_same)
{
    struct results results = one_scenario(known->scenario);
    const struct scenario *scenario = &results.experiment.scenarios[0].scenario;
    struct reference reference = {0};
    struct load_scaling scaling;
    struct pilot_choice choice = {0};
    const struct pilot_machines machines = {known->cpus_here, known->cpus_there,
                                            cpu_is_same};
    for (size_t t = 0; t < MOST_TRIALS && known->there[t] > 0; t++) {
        add_sample(&reference, NULL, "epoll", METRIC_THROUGHPUT, 1000);
        add_sample(&reference, NULL, "epoll", METRIC_CPU_PER_REQUEST,
                   1e3 * known->there[t]);
    }
    load_scaling_init(&scaling, "there");
    struct scaled_load *load = pilot_begin(&scaling, scenario, &machines);
    if (pilot_is_asked(scenario))
        pilot_consider(&choice, &reference, scenario, NULL, one_model, 1);
    pilot_take(load, &choice, &reference, scenario);
    assert_int_equal(load->pilot != NULL,
                     pilot_is_asked(scenario) && known->there[0] > 0);
    for (size_t t = 0; load->pilot && t < MOST_TRIALS && known->here[t] > 0; t++)
        *(struct pilot_trial *)record_append(&load->pilot->here, &load->pilot->here_count,
                                             sizeof *load->pilot->here) =
            (struct pilot_trial){1e3 * known->here[t]};
    pilot_judge(load, scenario);
    if (!strstr(load->why, known->why))
        fail_msg("not \"%s\": %s", known->why, load->why);
    expect_near(load->connections, known->connections, 1e-9);
    assert_true(!isnan(load->rate) == !isnan(known->rate));
    if (!isnan(known->rate))
        expect_near(load->rate, known->rate, 1e-3 * known->rate);
    load_scaling_release(&scaling);
    reference_release(&reference);
    results_release(&results);
}

static void test_factors(void **state)
{
    (void)state;
    static const struct factor_case cases[] = {
        /* Clients, by the CPUs of the server. */
        {CLOSED("\"all\""), 2, 2, {0}, {0}, 1, NAN, "2 CPUs here, 2 there"},
        {CLOSED("\"all\""), 4, 2, {0}, {0}, 2, NAN, "4 CPUs here, 2 there"},
        {CLOSED("\"all\""), 64, 2, {0}, {0}, 32, NAN, "64 CPUs here, 2 there"},
        {CLOSED("\"all\""), 1, 2, {0}, {0}, 0.5, NAN, "1 CPU here, 2 there"},
        {CLOSED("\"all\""), 4, NAN, {0}, {0}, 1, NAN, "CPUs there are not known"},
        {CLOSED("1"), 64, 2, {0}, {0}, 1, NAN, "1 CPU here, 1 there"},
        /* Rates, by what a request costs besides. */
        {OPEN("/", "1"), 2, 2, {10, 10.1, 9.9}, {10, 9.9, 10.1}, 1, 1, "which is noise"},
        {OPEN("/", "1"), 64, 2, {10, 10.1, 9.9}, {5, 5.05, 4.95}, 1, 2, "x 0.50 [0.49"},
        {OPEN("/", "1"), 2, 2, {10, 10.1, 9.9}, {20, 20.2, 19.8}, 1, 0.5, "2.00 [1.9"},
        {OPEN("/", "\"all\""), 4, 2, {10, 10.1, 9.9}, {10, 10.1}, 2, 2, "which is noise"},
        {OPEN("/", "\"all\""), 4, 2, {10, 10.1, 9.9}, {5, 5.05, 4.95}, 2, 4, "0.50"},
        /* A ratio of less than 10 %, however sure; one that may as well be 1. */
        {OPEN("/", "1"), 2, 2, {10, 10.01, 9.99}, {10.9, 10.91}, 1, 1, "which is noise"},
        {OPEN("/", "1"), 2, 2, {10, 10.01, 9.99}, {11.1, 11.11}, 1, 10 / 11.1, "1.11"},
        {OPEN("/", "1"), 2, 2, {10, 10.1, 9.9}, {4, 16, 4}, 1, 1, "which is noise"},
        /* Nobody can say. */
        {OPEN("/", "1"), 2, 2, {10}, {5, 5.05, 4.95}, 1, 1, "it takes 2"},
        {OPEN("/", "1"), 2, 2, {10, 10.1, 9.9}, {0}, 1, 1, "0 valid trials here"},
        {OPEN("/", "\"all\""), 4, 2, {0}, {0}, 2, 2, "no CPU/req there"},
        {SEARCHED, 2, 2, {10, 10.1, 9.9}, {5, 5.05, 4.95}, 1, NAN, "searched for"},
        /* Who waits for a fixed time is slowed down with the machine, and not sped up. */
        {OPEN("/wait:9ms", "1"), 2, 2, {10, 10.1}, {5, 5.05}, 1, 1, "fixed time"},
        {OPEN("/wait:9ms", "1"), 2, 2, {10, 10.1}, {20, 20.2}, 1, 0.5, "2.00"},
        {OPEN("/fetch:wait=9ms", "1"), 2, 2, {10, 10.1}, {5, 5.05}, 1, 1, "fixed time"},
        {OPEN("/spin:9ms", "1"), 2, 2, {10, 10.1}, {5, 5.05}, 1, 2, "0.50"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_factors(&cases[i], 0);
}

/* The same CPUs, in a slow minute. */
static void test_the_same_cpus(void **state)
{
    (void)state;
    static const struct factor_case slow = {
        OPEN("/", "1"),   2, 2, {10, 10.1, 9.9},
        {20, 20.2, 19.8}, 1, 1, "but the CPUs are the same"};
    expect_factors(&slow, 1);
}

/* ---- which contender, at which point ----------------------------------------------- */

static void test_choice(void **state)
{
    (void)state;
    static const struct {
        const char *point, *model;
        double throughput, cpu_us;
    } there[] = {
        {"10000", "epoll", 10000, 8},     {"10000", "event-loop", 10000, 9},
        {"60000", "epoll", 40000, 7},     {"60000", "event-loop", 59700, 10},
        {"60000", "io-uring", 60000, 11}, {"60000", "prefork", 100, 1},
        {"90000", "null", 90000, 50},
    };
    static const char *const labels[] = {"epoll", "event-loop", "io-uring", "prefork",
                                         "iterative"};
    static const char *const points[] = {"60000", "10000", "30000"};
    struct results results = one_scenario(OPEN("/", "1"));
    const struct scenario *scenario = &results.experiment.scenarios[0].scenario;
    struct reference reference = {0};
    struct pilot_choice choice = {0};
    for (size_t i = 0; i < COUNT_OF(there); i++) {
        add_sample(&reference, there[i].point, there[i].model, METRIC_THROUGHPUT,
                   there[i].throughput);
        add_sample(&reference, there[i].point, there[i].model, METRIC_CPU_PER_REQUEST,
                   1e3 * there[i].cpu_us);
    }
    for (size_t i = 0; i < COUNT_OF(points); i++)
        pilot_consider(&choice, &reference, scenario, points[i], labels,
                       COUNT_OF(labels));
    assert_string_equal(choice.point, "60000");
    assert_string_equal(choice.label, "event-loop");
    expect_near(choice.busy, 0.597, 1e-9);
    reference_release(&reference);
    results_release(&results);
}

/* ---- what becomes of the run ------------------------------------------------------- */

#define SWEPT_CONNECTIONS                                                                \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],"                                  \
    "\"server\":{\"cpus\":\"all\",\"options\":{\"threads\":64,\"workers\":\"cores\","    \
    "\"dispatch\":\"request\",\"uv-pool\":600}},"                                        \
    "\"sweep\":{\"variable\":\"connections\",\"values\":[1,16]}"
#define SWEPT_RATE                                                                       \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"},"                                   \
    "{\"path\":\"/\",\"class\":\"beside\",\"rate\":7}],"                                 \
    "\"load\":{\"connections\":10,\"rate\":1},\"server\":{\"cpus\":1},"                  \
    "\"sweep\":{\"variable\":\"rate\",\"values\":[100,\"2k/s\"]}"
#define SWEPT_THREADS                                                                    \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],"                                  \
    "\"load\":{\"phases\":[{\"duration\":\"1s\",\"connections\":3,\"to\":9}]},"          \
    "\"server\":{\"cpus\":\"all\",\"options\":{\"threads\":8,\"uv-pool\":4}},"           \
    "\"sweep\":{\"variable\":\"threads\",\"values\":[8,16]}"

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};

static struct results make_run(void)
{
    struct results results = fixture_results(2);
    fixture_add_scenario(&results, "clients", SWEPT_CONNECTIONS, two_models);
    fixture_add_scenario(&results, "rates", SWEPT_RATE, two_models);
    fixture_add_scenario(&results, "threads", SWEPT_THREADS, two_models);
    return results;
}

static void apply(struct experiment *run, double connections, double rate)
{
    struct load_scaling scaling;
    load_scaling_init(&scaling, "there");
    for (size_t i = 0; i < run->scenario_count; i++) {
        struct scaled_load *load =
            load_scaling_add(&scaling, run->scenarios[i].scenario.name);
        load->connections = connections;
        load->rate = rate;
    }
    load_scaling_apply(&scaling, run);
    load_scaling_release(&scaling);
}

static char *config_of(const struct experiment *run)
{
    cJSON *config = experiment_to_json(run);
    char *text = json_print(config);
    cJSON_Delete(config);
    return text;
}

/* The trials' ids, in their order. */
static char *cells_of(const struct experiment *run)
{
    struct machine_limits limits = {.cpu_count = 64, .descriptors = 20000};
    struct trial_order plan;
    struct skip_reasons reasons;
    struct text ids = {0};
    experiment_order_trials(run, &limits, &plan, &reasons);
    for (size_t i = 0; i < plan.trial_count; i++)
        text_printf(&ids, "%s\n", plan.trials[i].id);
    assert_int_equal(plan.trial_count, 2 * 3 * 2 * 2);
    free(reasons.items);
    trial_order_release(&plan);
    return text_steal(&ids);
}

static void test_the_same_machine_has_the_same_run(void **state)
{
    (void)state;
    struct results results = make_run();
    char *before = config_of(&results.experiment);
    apply(&results.experiment, 32, 1.5);
    char *other = config_of(&results.experiment);
    assert_string_not_equal(before, other);
    apply(&results.experiment, 1, 1);
    char *after = config_of(&results.experiment);
    assert_string_equal(before, after);
    free(before);
    free(other);
    free(after);
    results_release(&results);
}

static void test_loads_change_and_cells_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *scenario, *value;
        uint64_t connections;
        double rate, beside;                     /* of the mix, of the second request */
        const char *threads, *workers, *uv_pool; /* NULL: the scenario has none */
    } cases[] = {
        {"clients", "1", 32, 0, 0, "2048", "cores", "1024"},
        {"clients", "16", 512, 0, 0, "2048", "cores", "1024"},
        {"rates", "100", 320, 150, 10.5, NULL, NULL, NULL},
        {"rates", "2k/s", 320, 3000, 10.5, NULL, NULL, NULL},
        {"threads", "8", 0, 0, 0, "8", NULL, "128"},
        {"threads", "16", 0, 0, 0, "16", NULL, "128"},
    };
    struct results results = make_run();
    struct experiment again, *run = &results.experiment;
    struct error error;
    char *before = cells_of(run);
    apply(run, 32, 1.5);
    char *after = cells_of(run);
    assert_string_equal(before, after);
    /* As a run that is gone on with, or reported, has it. */
    cJSON *config = experiment_to_json(run);
    if (experiment_from_json(&again, config, &error) < 0)
        fail_msg("%s", error.text);
    cJSON_Delete(config);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct scenario *scenario = NULL;
        struct scenario point;
        for (size_t s = 0; s < again.scenario_count; s++)
            if (strcmp(again.scenarios[s].scenario.name, cases[i].scenario) == 0)
                scenario = &again.scenarios[s].scenario;
        assert_non_null(scenario);
        scenario_at_point(&point, scenario, cases[i].value);
        const struct workload *workload = &point.workload;
        assert_int_equal(workload->connections, cases[i].connections);
        expect_near(workload->rate_rps, cases[i].rate, 1e-9);
        expect_near(workload->requests[workload->request_count - 1].rate_rps,
                    cases[i].beside, 1e-9);
        assert_true(text_same(scenario_option(&point, "threads"), cases[i].threads));
        assert_true(text_same(scenario_option(&point, "workers"), cases[i].workers));
        assert_true(text_same(scenario_option(&point, "uv-pool"), cases[i].uv_pool));
        if (workload->phase_count) {
            expect_near(workload->phases[0].level, 96, 1e-9);
            expect_near(workload->phases[0].to, 288, 1e-9);
        }
        assert_false(load_scale_is_given(&point.scale));
        scenario_release(&point);
    }
    expect_near(load_scale_of_sweep(&again.scenarios[0].scenario), 32, 1e-9);
    expect_near(load_scale_of_sweep(&again.scenarios[1].scenario), 1.5, 1e-9);
    expect_near(load_scale_of_sweep(&again.scenarios[2].scenario), 1, 1e-9);
    char *told = load_scale_text(&again.scenarios[0].scenario);
    assert_string_equal(told, "connections x 32, rate x 1.5, threads 2048, uv-pool 1024");
    free(told);
    free(before);
    free(after);
    experiment_release(&again);
    results_release(&results);
}

/* A machine of half the CPUs: nothing becomes none. */
static void test_fewer(void **state)
{
    (void)state;
    struct results results = make_run();
    struct scenario point;
    apply(&results.experiment, 0.25, 0.25);
    scenario_at_point(&point, &results.experiment.scenarios[0].scenario, "1");
    assert_int_equal(point.workload.connections, 1);
    assert_string_equal(scenario_option(&point, "threads"), "16");
    scenario_release(&point);
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_the_same_cpus),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_the_same_machine_has_the_same_run),
        cmocka_unit_test(test_loads_change_and_cells_do_not),
        cmocka_unit_test(test_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
