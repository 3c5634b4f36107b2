/* theory.c - predictions against the formulas worked by hand. */
#include "tests/test.h"

#include "analysis/theory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/unit/harness_fixture.h"
#include "tests/unit/record_fixture.h"
#include "workload/scenario_read.h"

#define NONE -1.0

struct question {
    const char *contender, *rest; /* of the scenario, after its name and family */
    int cpus;
    struct figure figure;
    double expected; /* NONE: no prediction */
    enum relation relation;
};

#define THROUGHPUT                                                                       \
    {                                                                                    \
        METRIC_THROUGHPUT, ALL_REQUESTS                                                  \
    }
#define P50                                                                              \
    {                                                                                    \
        METRIC_LATENCY_P50, ALL_REQUESTS                                                 \
    }
#define MEAN                                                                             \
    {                                                                                    \
        METRIC_LATENCY_MEAN, ALL_REQUESTS                                                \
    }
#define P99                                                                              \
    {                                                                                    \
        METRIC_LATENCY_P99, ALL_REQUESTS                                                 \
    }
#define LIGHT_P99                                                                        \
    {                                                                                    \
        METRIC_LATENCY_P99, 0                                                            \
    }

#define WAITS(c)                                                                         \
    "\"requests\":[{\"path\":\"/wait:50ms\"}],\"load\":{\"connections\":" #c "}"
#define DRAWN(c)                                                                         \
    "\"requests\":[{\"path\":\"/wait:50ms~exp\"}],\"load\":{\"connections\":" #c "}"
#define DRAWN_AT(rate, more)                                                             \
    "\"requests\":[{\"path\":\"/wait:50ms~exp\"}],\"load\":{\"rate\":" #rate more "}"
#define SLEEPS(c)                                                                        \
    "\"requests\":[{\"path\":\"/pgsleep:50ms\"}],\"load\":{\"connections\":" #c          \
    "},\"database\":\"postgres\",\"server\":{\"options\":{\"pg-connections\":8}}"
#define FETCHES(c)                                                                       \
    "\"requests\":[{\"path\":\"/fetch:wait=30ms,wait=20ms\"}],\"load\":{"                \
    "\"connections\":" #c "},\"backend\":{\"model\":\"loop\"}"
#define CALLS(path)                                                                      \
    "\"requests\":[{\"path\":\"" path "\"}],\"load\":{\"connections\":500}"
#define SPINS "\"requests\":[{\"path\":\"/spin:5ms\"}],\"load\":{\"connections\":16}"
#define BLOCKED                                                                          \
    "\"requests\":[{\"path\":\"/\",\"class\":\"light\",\"rate\":500},"                   \
    "{\"path\":\"/spin:200ms\",\"class\":\"cpu\",\"rate\":1,"                            \
    "\"arrivals\":\"constant\"}]"

static const struct question questions[] = {
    {"one", WAITS(1000), 1, THROUGHPUT, 20, RELATION_EQUAL},
    {"one", WAITS(100), 1, MEAN, 5e9, RELATION_EQUAL},
    {"pool:threads=64", WAITS(1000), 1, THROUGHPUT, 1280, RELATION_EQUAL},
    {"pool:threads=64", WAITS(10), 1, THROUGHPUT, 200, RELATION_EQUAL},
    {"pool:threads=64", WAITS(10), 1, MEAN, 50e6, RELATION_EQUAL},
    {"pool:threads=64", WAITS(128), 1, MEAN, 100e6, RELATION_EQUAL},
    {"pool:dispatch=connection", WAITS(128), 1, MEAN, NONE, RELATION_EQUAL},
    {"loop", WAITS(1000), 1, THROUGHPUT, 20000, RELATION_EQUAL},
    /* Waits that are drawn: the mean stands for them, and where nobody is in the way p50
     * and p99 are those of the distribution, E ln 2 and E ln 100. */
    {"one", DRAWN(1000), 1, THROUGHPUT, 20, RELATION_EQUAL},
    {"one", DRAWN(1), 1, P50, 34.657359e6, RELATION_EQUAL},
    {"one", DRAWN(2), 1, P50, NONE, RELATION_EQUAL},
    {"pool:threads=64", DRAWN(128), 1, MEAN, 100e6, RELATION_EQUAL},
    {"pool:threads=64", DRAWN(128), 1, P50, NONE, RELATION_EQUAL},
    {"pool:threads=64", DRAWN(64), 1, P99, 230.258509e6, RELATION_EQUAL},
    {"loop", DRAWN(5000), 1, THROUGHPUT, 100000, RELATION_EQUAL},
    {"loop", DRAWN(5000), 1, P50, 34.657359e6, RELATION_EQUAL},
    {"loop", DRAWN(5000), 1, P99, 230.258509e6, RELATION_EQUAL},
    {"loop", CALLS("/wait:30ms/wait:20ms~exp"), 1, P99, 122.103404e6, RELATION_EQUAL},
    {"loop", CALLS("/wait:30ms~exp/wait:20ms~exp"), 1, P99, NONE, RELATION_EQUAL},
    {"loop", CALLS("/wait:30ms~exp/wait:20ms~exp"), 1, THROUGHPUT, 10000, RELATION_EQUAL},
    {"loop", CALLS("/fetch:wait=30ms~exp") ",\"backend\":{\"model\":\"loop\"}", 1, P50,
     20.794415e6, RELATION_EQUAL},
    {"loop:uv-pool=500", CALLS("/block:50ms~exp"), 1, P50, 34.657359e6, RELATION_EQUAL},
    {"loop", CALLS("/block:50ms~exp"), 1, P50, NONE, RELATION_EQUAL},
    {"loop", CALLS("/block:50ms~exp"), 1, THROUGHPUT, 80, RELATION_EQUAL},
    {"loop", CALLS("/wait:50ms~exp/block:50ms"), 1, THROUGHPUT, 80, RELATION_AT_MOST},
    {"loop", DRAWN_AT(500, ), 1, P99, 230.258509e6, RELATION_EQUAL},
    {"loop", DRAWN_AT(500, ",\"connections\":30"), 1, P99, NONE, RELATION_EQUAL},
    {"pool:threads=64", DRAWN_AT(500, ), 1, P99, 230.258509e6, RELATION_EQUAL},
    {"pool:threads=30", DRAWN_AT(500, ), 1, P99, NONE, RELATION_EQUAL},
    {"forked", DRAWN_AT(500, ), 1, P99, NONE, RELATION_EQUAL},
    /* M/M/1 at half load: D/(1 - 0.5). */
    {"one", DRAWN_AT(10, ), 1, MEAN, 100e6, RELATION_EQUAL},
    {"one", DRAWN_AT(10, ), 1, P99, NONE, RELATION_EQUAL},
    /* Where the rate is searched for, none of it is known beforehand. */
    {"one", DRAWN_AT(10, ",\"capacity\":{\"percentile\":99,\"limit\":\"1s\"}"), 1, MEAN,
     NONE, RELATION_EQUAL},
    /* The mean follows from Little's law, no percentile does; what the server's own work
     * takes is no part of any formula. */
    {"pool:threads=64", WAITS(128), 1, P50, NONE, RELATION_EQUAL},
    {"loop", WAITS(5000), 1, THROUGHPUT, 100000, RELATION_EQUAL},
    {"pool:threads=9999", WAITS(5000), 4, THROUGHPUT, 100000, RELATION_EQUAL},
    {"loop", SPINS, 2, THROUGHPUT, 200, RELATION_EQUAL},
    {"hybrid", SPINS, 2, THROUGHPUT, 400, RELATION_EQUAL},
    {"hybrid:workers=1", SPINS, 2, THROUGHPUT, 200, RELATION_EQUAL},
    {"hybrid:workers=8", SPINS, 2, THROUGHPUT, 400, RELATION_EQUAL},
    {"pool", SPINS, 2, THROUGHPUT, 400, RELATION_EQUAL},
    {"one", SPINS, 2, THROUGHPUT, 200, RELATION_EQUAL},
    {"loop", BLOCKED, 1, LIGHT_P99, 190e6, RELATION_EQUAL}, /* T(1 - 0.01/U) */
    {"loop", BLOCKED, 1, THROUGHPUT, 501, RELATION_EQUAL},
    /* D connections of a pool are a limit like N threads. */
    {"loop", SLEEPS(100), 1, THROUGHPUT, 160, RELATION_EQUAL},
    {"loop", SLEEPS(4), 1, THROUGHPUT, 80, RELATION_EQUAL},
    {"one", SLEEPS(100), 1, THROUGHPUT, 20, RELATION_EQUAL},
    {"pool:threads=4", SLEEPS(100), 1, THROUGHPUT, 80, RELATION_EQUAL},
    {"loop", FETCHES(10), 1, THROUGHPUT, 200, RELATION_EQUAL},
    /* Blocking calls: K of them at a time on a loop's pool, one per thread elsewhere. */
    {"loop", CALLS("/block:50ms"), 1, THROUGHPUT, 80, RELATION_EQUAL},
    {"loop:uv-pool=64", CALLS("/block:50ms"), 1, THROUGHPUT, 1280, RELATION_EQUAL},
    {"ring", CALLS("/block:50ms"), 1, THROUGHPUT, 80, RELATION_EQUAL},
    {"ring:pool=64", CALLS("/block:50ms"), 1, THROUGHPUT, 1280, RELATION_EQUAL},
    {"loop:blocking=loop", CALLS("/block:50ms"), 1, THROUGHPUT, 20, RELATION_EQUAL},
    {"loop:blocking=loop:cpu=uv-pool", CALLS("/block:45ms/spin:5ms"), 8, THROUGHPUT,
     1 / 0.045, RELATION_AT_MOST},
    {"pool:threads=32", CALLS("/block:50ms"), 1, THROUGHPUT, 640, RELATION_EQUAL},
    {"one", CALLS("/block:50ms"), 1, THROUGHPUT, 20, RELATION_EQUAL},
    /* On the pool, a call and a computation of 5 ms take turns on its K threads. */
    {"loop:cpu=uv-pool", CALLS("/block:45ms/spin:5ms"), 8, THROUGHPUT, 80,
     RELATION_AT_MOST},
    {"loop:cpu=uv-pool", CALLS("/spin:5ms"), 2, THROUGHPUT, 400, RELATION_EQUAL},
    {"loop:cpu=uv-pool:uv-pool=1", CALLS("/spin:5ms"), 2, THROUGHPUT, 200,
     RELATION_EQUAL},
    {"loop:cpu=uv-pool", BLOCKED, 1, LIGHT_P99, NONE, RELATION_EQUAL},
    /* Processes are like threads, but a connection stays with its own. */
    {"forked", WAITS(1000), 1, THROUGHPUT, 1280, RELATION_EQUAL},
    {"forked:processes=16", WAITS(10), 1, THROUGHPUT, 200, RELATION_EQUAL},
    {"forked", WAITS(128), 1, MEAN, 100e6, RELATION_EQUAL},
    {"forked", WAITS(100), 1, MEAN, NONE, RELATION_EQUAL},
    {"forked:dispatch=connection", WAITS(128), 1, MEAN, NONE, RELATION_EQUAL},
    {"forked:processes=1", SPINS, 2, THROUGHPUT, 200, RELATION_EQUAL},
    {"forking", WAITS(1000), 1, THROUGHPUT, 20000, RELATION_EQUAL},
    {"forking", SPINS, 2, THROUGHPUT, 400, RELATION_EQUAL},
    /* They divide the server's connections, each has at least one. */
    {"forked:processes=4", SLEEPS(100), 1, THROUGHPUT, 80, RELATION_EQUAL},
    {"forked", SLEEPS(100), 1, THROUGHPUT, 1280, RELATION_EQUAL},
    {"forking", SLEEPS(100), 1, THROUGHPUT, 2000, RELATION_EQUAL},
    /* n loops: min(n, P)/T; by a hash it may be less. */
    {"cluster", SPINS, 2, THROUGHPUT, 400, RELATION_EQUAL},
    {"cluster:processes=8", SPINS, 2, THROUGHPUT, 400, RELATION_EQUAL},
    {"cluster:processes=1", SPINS, 2, THROUGHPUT, 200, RELATION_EQUAL},
    {"cluster:processes=3", SPINS, 4, MEAN, NONE, RELATION_EQUAL},
    {"cluster:distribution=reuseport", SPINS, 2, THROUGHPUT, 400, RELATION_AT_MOST},
    {"loops", SPINS, 2, THROUGHPUT, 400, RELATION_AT_MOST},
    {"loops", SPINS, 1, THROUGHPUT, 200, RELATION_EQUAL},
    {"loops", WAITS(1000), 2, THROUGHPUT, 20000, RELATION_EQUAL},
    /* A process has a pool of its own, loops of one process share theirs. */
    {"cluster:processes=2", CALLS("/block:50ms"), 1, THROUGHPUT, 160, RELATION_EQUAL},
    {"loops:loops=2", CALLS("/block:50ms"), 1, THROUGHPUT, 80, RELATION_AT_MOST},
    {"cluster:processes=2", BLOCKED, 1, LIGHT_P99, NONE, RELATION_EQUAL},
    {"cluster:processes=1", BLOCKED, 1, LIGHT_P99, 190e6, RELATION_EQUAL},
    /* What was measured alone is a bound: 10 ms of gzip, reads of 0.2 ms. */
    {"loop", CALLS("/gzip:1MiB"), 2, THROUGHPUT, 100, RELATION_AT_MOST},
    {"hybrid", CALLS("/gzip:1MiB"), 2, THROUGHPUT, 200, RELATION_AT_MOST},
    {"loop", CALLS("/query:9"), 2, THROUGHPUT, 20000, RELATION_AT_MOST},
    {"loop", CALLS("/query:9/gzip:1MiB"), 2, THROUGHPUT, 100, RELATION_AT_MOST},
    {"loop", CALLS("/fetch:gzip=1MiB") ",\"backend\":{\"model\":\"loop\"}", 2, THROUGHPUT,
     50000, RELATION_AT_MOST},
    {"hybrid", BLOCKED, 1, LIGHT_P99, NONE, RELATION_EQUAL},
    /* 90 % waits of 20 ms, 10 % tasks of 20 ms, 250/s: the loop is blocked half the
     * time, so light requests wait at least 20 + 20 (1 - 0.02) ms at p99. */
    {"loop",
     "\"requests\":[{\"path\":\"/wait:20ms\",\"weight\":90,\"class\":\"light\"},"
     "{\"path\":\"/spin:20ms\",\"weight\":10,\"class\":\"cpu\"}],"
     "\"load\":{\"rate\":250}",
     1, LIGHT_P99, 39.6e6, RELATION_AT_LEAST},
    /* M/D/1 at half load: D + 0.5 D / (2 * 0.5) = 1.5 D. */
    {"one", "\"requests\":[{\"path\":\"/wait:50ms\"}],\"load\":{\"rate\":10}", 1, MEAN,
     75e6, RELATION_EQUAL},
    {"one", "\"requests\":[{\"path\":\"/wait:50ms\"}],\"load\":{\"rate\":100}", 1,
     THROUGHPUT, 20, RELATION_EQUAL},
    {"loop", "\"requests\":[{\"path\":\"/\"}]", 1, THROUGHPUT, NONE, RELATION_EQUAL},
    {"loop", "\"requests\":[{\"path\":\"/file:4KiB\"}]", 1, THROUGHPUT, NONE,
     RELATION_EQUAL},
    {"floor", WAITS(10), 1, THROUGHPUT, NONE, RELATION_EQUAL},
};

/* What a run has found out, as the manifest keeps it. */
static const char found_out[] =
    "{\"cpu\":0,\"work\":{\"spin:5ms\":\"spin:3000000\",\"spin:20ms\":\"spin:12000000\","
    "\"spin:200ms\":\"spin:120000000\",\"spin:2.5ms\":\"spin:2500\","
    "\"gzip:1ms\":\"gzip:99000\"},\"steps\":["
    "{\"step\":\"gzip:1MiB\",\"kind\":\"CPU\",\"cpu_us\":10000,\"wall_us\":10100},"
    "{\"step\":\"spin:7k\",\"kind\":\"CPU\",\"cpu_us\":12,\"wall_us\":12},"
    "{\"step\":\"query:9\",\"kind\":\"BLOCKING\",\"cpu_us\":150,\"wall_us\":200}]}";

static struct work_calibration make_calibration(void)
{
    struct work_calibration calibration;
    struct error error;
    cJSON *record = cJSON_Parse(found_out);
    assert_non_null(record);
    assert_int_equal(work_calibration_from_json(&calibration, record, &error), 0);
    cJSON_Delete(record);
    return calibration;
}

static void check_seen(const struct models *models, const struct question *question,
                       const struct trial_record *const *trials, size_t trial_count)
{
    struct work_calibration calibration = make_calibration();
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
                                .calibration = &calibration,
                                .server_cpus = question->cpus,
                                .trials = trials,
                                .trial_count = trial_count};
    struct prediction predictions[THEORY_MAX];
    size_t count = theory_predict(&known, predictions);
    const struct prediction *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (figure_equal(predictions[i].figure, question->figure))
            found = &predictions[i];
    double value = found ? found->value : NONE;
    if (fabs(value - question->expected) > 1e-6 * fabs(question->expected) ||
        (found && found->relation != question->relation))
        fail_msg("%s, %s: %s: expected %g, got %s%g (%s)", question->contender,
                 question->rest, metrics[question->figure.metric].name,
                 question->expected, found ? relation_names[found->relation] : "", value,
                 found ? found->basis : "none");
    contender_release(&contender);
    scenario_release(&scenario);
    work_calibration_release(&calibration);
    free(text);
}

static void test_formulas(void **state)
{
    (void)state;
    struct models models = fixture_make_models();
    for (size_t i = 0; i < COUNT_OF(questions); i++)
        check_seen(&models, &questions[i], NULL, 0);
    models_release(&models);
}

/* A trial of 3 s in which other numbers were scheduled than were planned. */
static void test_what_was_scheduled(void **state)
{
    (void)state;
    struct models models = fixture_make_models();
    struct class_result classes[] = {{.name = TEXT("light"), .counts.scheduled = 1435},
                                     {.name = TEXT("cpu"), .counts.scheduled = 5}};
    struct load_result load = {.counts.scheduled = 1440,
                               .scheduled_rps = 480,
                               .duration_s = 3,
                               .classes = classes,
                               .class_count = 2};
    const struct trial_record trial = {.load = &load}, *const trials[] = {&trial, &trial};
    static const struct question seen[] = {
        /* U = 5 * 0.2 s / 3 s, 200 ms * (1 - 0.03) */
        {"loop", BLOCKED, 1, LIGHT_P99, 194e6, RELATION_EQUAL},
        {"loop", BLOCKED, 1, THROUGHPUT, 480, RELATION_EQUAL},
        {"one", "\"requests\":[{\"path\":\"/spin:2.5ms\"}],\"load\":{\"rate\":100}", 1,
         THROUGHPUT, 400, RELATION_EQUAL},
    };
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        check_seen(&models, &seen[i], trials, 2);
    models_release(&models);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_what_was_scheduled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
