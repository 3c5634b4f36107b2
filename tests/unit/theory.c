/* theory.c - predictions against the formulas worked by hand. */
#include "tests/test.h"

#include "harness/theory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/harness_fixture.h"

#define NONE -1.0

struct question {
    const char *contender, *rest; /* of the scenario, after its name and family */
    int cpus;
    double cpu_per_request_s;
    const char *metric;
    double expected; /* NONE: no prediction */
    enum relation relation;
};

#define THROUGHPUT "throughput_rps"
#define P50        "latency_p50_ns"
#define MEAN       "latency_mean_ns"
#define LIGHT_P99  "class.light.latency_p99_ns"

#define WAITS(c)                                                                         \
    "\"requests\":[{\"path\":\"/wait:50ms\"}],\"load\":{\"connections\":" #c "}"
#define SLEEPS(c)                                                                        \
    "\"requests\":[{\"path\":\"/pgsleep:50ms\"}],\"load\":{\"connections\":" #c          \
    "},\"database\":\"postgres\",\"server\":{\"options\":{\"pg-connections\":8}}"
#define FETCHES(c)                                                                       \
    "\"requests\":[{\"path\":\"/fetch:wait=30ms,wait=20ms\"}],\"load\":{"                \
    "\"connections\":" #c "},\"backend\":{\"model\":\"loop\"}"
#define SPINS "\"requests\":[{\"path\":\"/spin:5ms\"}],\"load\":{\"connections\":16}"
#define BLOCKED                                                                          \
    "\"requests\":[{\"path\":\"/\",\"class\":\"light\",\"rate\":500},"                   \
    "{\"path\":\"/spin:200ms\",\"class\":\"cpu\",\"rate\":1,"                            \
    "\"arrivals\":\"constant\"}]"

static const struct question questions[] = {
    {"one", WAITS(1000), 1, NAN, THROUGHPUT, 20, RELATION_EQUAL},
    {"one", WAITS(100), 1, NAN, P50, 5e9, RELATION_EQUAL},
    {"pool:threads=64", WAITS(1000), 1, NAN, THROUGHPUT, 1280, RELATION_EQUAL},
    {"pool:threads=64", WAITS(10), 1, NAN, THROUGHPUT, 200, RELATION_EQUAL},
    {"pool:threads=64", WAITS(10), 1, NAN, P50, 50e6, RELATION_EQUAL},
    {"pool:threads=64", WAITS(128), 1, NAN, P50, 100e6, RELATION_EQUAL},
    {"pool:dispatch=connection", WAITS(128), 1, NAN, P50, NONE, RELATION_EQUAL},
    {"loop", WAITS(1000), 1, NAN, THROUGHPUT, 20000, RELATION_EQUAL},
    {"loop", WAITS(5000), 1, 20e-6, THROUGHPUT, 50000, RELATION_EQUAL}, /* 1/S */
    {"loop", WAITS(5000), 4, 20e-6, THROUGHPUT, 50000, RELATION_EQUAL},
    {"pool:threads=9999", WAITS(5000), 4, 80e-6, THROUGHPUT, 50000, RELATION_EQUAL},
    {"loop", SPINS, 2, NAN, THROUGHPUT, 200, RELATION_EQUAL},
    {"hybrid", SPINS, 2, NAN, THROUGHPUT, 400, RELATION_EQUAL},
    {"hybrid:workers=1", SPINS, 2, NAN, THROUGHPUT, 200, RELATION_EQUAL},
    {"hybrid:workers=8", SPINS, 2, NAN, THROUGHPUT, 400, RELATION_EQUAL},
    {"pool", SPINS, 2, NAN, THROUGHPUT, 400, RELATION_EQUAL},
    {"one", SPINS, 2, NAN, THROUGHPUT, 200, RELATION_EQUAL},
    {"loop", BLOCKED, 1, NAN, LIGHT_P99, 190e6, RELATION_EQUAL}, /* T(1 - 0.01/U) */
    {"loop", BLOCKED, 1, NAN, THROUGHPUT, 501, RELATION_EQUAL},
    /* D connections of a pool are a limit like N threads. */
    {"loop", SLEEPS(100), 1, NAN, THROUGHPUT, 160, RELATION_EQUAL},
    {"loop", SLEEPS(4), 1, NAN, THROUGHPUT, 80, RELATION_EQUAL},
    {"one", SLEEPS(100), 1, NAN, THROUGHPUT, 20, RELATION_EQUAL},
    {"pool:threads=4", SLEEPS(100), 1, NAN, THROUGHPUT, 80, RELATION_EQUAL},
    {"loop", FETCHES(10), 1, NAN, THROUGHPUT, 200, RELATION_EQUAL},
    {"hybrid", BLOCKED, 1, NAN, LIGHT_P99, NONE, RELATION_EQUAL},
    /* 90 % waits of 20 ms, 10 % tasks of 20 ms, 250/s: the loop is blocked half the
     * time, so light requests wait at least 20 + 20 (1 - 0.02) ms at p99. */
    {"loop",
     "\"requests\":[{\"path\":\"/wait:20ms\",\"weight\":90,\"class\":\"light\"},"
     "{\"path\":\"/spin:20ms\",\"weight\":10,\"class\":\"cpu\"}],"
     "\"load\":{\"rate\":250}",
     1, NAN, LIGHT_P99, 39.6e6, RELATION_AT_LEAST},
    /* M/D/1 at half load: D + 0.5 D / (2 * 0.5) = 1.5 D. */
    {"one", "\"requests\":[{\"path\":\"/wait:50ms\"}],\"load\":{\"rate\":10}", 1, NAN,
     MEAN, 75e6, RELATION_EQUAL},
    {"one", "\"requests\":[{\"path\":\"/wait:50ms\"}],\"load\":{\"rate\":100}", 1, NAN,
     THROUGHPUT, 20, RELATION_EQUAL},
    {"loop", "\"requests\":[{\"path\":\"/\"}]", 1, 6e-6, THROUGHPUT, NONE,
     RELATION_EQUAL},
    {"loop", "\"requests\":[{\"path\":\"/file:4KiB\"}]", 1, 6e-6, THROUGHPUT, NONE,
     RELATION_EQUAL},
    {"floor", WAITS(10), 1, NAN, THROUGHPUT, NONE, RELATION_EQUAL},
};

static void check(const struct models *models, const struct question *question)
{
    struct calibration calibration = {.iterations_per_ms = 600000};
    struct contender contender;
    struct scenario scenario;
    struct error error;
    char *text = memory_printf("{\"name\":\"s\",\"title\":\"t\",\"question\":\"q\","
                               "\"family\":\"f\",%s}",
                               question->rest);
    if (scenario_read_string(&scenario, "s", text, &error) < 0 ||
        contender_parse(&contender, question->contender, models, &error) < 0)
        fail_msg("%s", error.text);
    struct theory_case known = {.scenario = &scenario,
                                .contender = &contender,
                                .model = models_find(models, contender.model),
                                .calibration = &calibration,
                                .server_cpus = question->cpus,
                                .cpu_per_request_s = question->cpu_per_request_s};
    struct prediction predictions[THEORY_MOST];
    size_t count = theory_predict(&known, predictions);
    const struct prediction *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(predictions[i].metric, question->metric) == 0)
            found = &predictions[i];
    double value = found ? found->value : NONE;
    if (fabs(value - question->expected) > 1e-6 * fabs(question->expected) ||
        (found && found->relation != question->relation))
        fail_msg("%s, %s: %s: expected %g, got %s%g (%s)", question->contender,
                 question->rest, question->metric, question->expected,
                 found ? relation_names[found->relation] : "", value,
                 found ? found->basis : "none");
    contender_release(&contender);
    scenario_release(&scenario);
    free(text);
}

static void test_formulas(void **state)
{
    (void)state;
    struct models models = fixture_make_models();
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        check(&models, &questions[i]);
    models_release(&models);
}

static void test_calibrated_paths(void **state)
{
    (void)state;
    struct calibration calibration = {.iterations_per_ms = 1000};
    struct scenario scenario;
    struct error error;
    assert_int_equal(
        scenario_read_string(&scenario, "s",
                             "{\"name\":\"s\",\"title\":\"t\",\"question\":\"q\","
                             "\"family\":\"f\",\"requests\":["
                             "{\"path\":\"/wait:10ms/spin:2.5ms/bytes:4KiB\"},"
                             "{\"path\":\"/spin:7k\"},{\"path\":\"/\"}]}",
                             &error),
        0);
    assert_true(calibration_is_needed(&scenario));
    calibration_apply(&calibration, &scenario);
    assert_string_equal(scenario.workload.requests[0].path,
                        "/wait:10ms/spin:2500/bytes:4KiB");
    assert_string_equal(scenario.workload.requests[1].path, "/spin:7k");
    assert_string_equal(scenario.workload.requests[2].path, "/");
    assert_false(calibration_is_needed(&scenario));
    double cpu, wait;
    assert_true(calibration_path_times(&calibration, scenario.workload.requests[0].path,
                                       &cpu, &wait));
    assert_true(fabs(cpu - 2.5e-3) < 1e-12 && fabs(wait - 10e-3) < 1e-12);
    assert_false(calibration_path_times(&calibration, "/file:4KiB", &cpu, &wait));
    scenario_release(&scenario);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_calibrated_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
