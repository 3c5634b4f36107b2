/*
 * What the generator says, held against what is known to be true: servers that stand
 * still at a known time, servers that wait a known time, queues of known length.
 *
 * Noise of the machine only makes latencies longer. Lower bounds are strict; upper
 * bounds allow for the longest time by which the generator saw itself overrun, which is
 * nothing on a quiet machine.
 */
#include "tests/support/served.h"
#include "tests/test.h"

#include <math.h>
#include <stdbool.h>

#include "loadgen/engine/session.h"
#include "loadgen/search/capacity.h"

static struct load_plan make_plan(const struct served *served, const char *path)
{
    struct error error;
    struct target target;
    char *ignored;
    struct load_plan plan = {
        .threads = 1,
        .sources = 1,
        .seed = 1,
        .interval_ns = 100 * NS_PER_MS,
        .drain_ns = 10 * NS_PER_S,
    };
    workload_init(&plan.workload);
    workload_add_request(&plan.workload, path);
    plan.workload.connections = 64;
    plan.workload.warmup_ns = 0;
    plan.workload.arrivals = ARRIVALS_CONSTANT;
    char *url = memory_printf("http://127.0.0.1:%d", served->port);
    assert_int_equal(target_parse(&target, &ignored, url, &error), 0);
    load_plan_add_target(&plan, &target);
    free(url);
    return plan;
}

static void run(struct load_plan *plan, struct load_result *result)
{
    struct error error;
    assert_int_equal(load_plan_build(plan, &error), 0);
    if (session_run(plan, -1, result, &error) < 0)
        fail_msg("%s", error.text);
}

static void release(struct load_plan *plan, struct load_result *result,
                    struct served *served)
{
    load_result_release(result);
    load_plan_release(plan);
    assert_int_equal(stop(served, NULL), 0);
}

static bool has_warning(const struct load_result *result, enum flag flag)
{
    for (size_t i = 0; i < result->warning_count; i++)
        if (result->warnings[i].flag == (int)flag)
            return true;
    return false;
}

/* ---- a stall ----------------------------------------------------------------------- */

#define STALL_NS (2 * NS_PER_S)

/* p_q = b + max(0, S - (1 - q) T), where what has waited is served in no time: so the
 * rate is low, and a hundred requests wait. */
static void test_open_loop_sees_the_stall(void **state)
{
    (void)state;
    struct served served = serve_with(&null_model, &usual_settings, "stall=1s:2s");
    struct load_plan plan = make_plan(&served, "/");
    struct load_result result;
    plan.workload.rate_rps = 50;
    plan.workload.duration_ns = 8 * NS_PER_S;
    run(&plan, &result);
    const struct histogram *latency = result.latency.histogram;
    double base_ns = (double)histogram_quantile(latency, 0.5);
    double gap_ns = NS_PER_S / 50.0;
    /* What the generator knows of its own delays, and what the longest wait shows of the
     * server's. */
    double noise_ns = 2 * result.generator.longest_stall_ns +
                      ((double)latency->max_ns - (double)STALL_NS - base_ns);
    static const double fractions[] = {0.8, 0.85, 0.9, 0.95, 0.98, 0.99};
    for (size_t i = 0; i < COUNT_OF(fractions); i++) {
        double expected = base_ns + (double)STALL_NS -
                          (1 - fractions[i]) * (double)plan.workload.duration_ns;
        double got = (double)histogram_quantile(latency, fractions[i]);
        print_message("p%g: %.1f ms, by the formula %.1f ms (%+.2f %%)\n",
                      100 * fractions[i], got / 1e6, expected / 1e6,
                      100 * (got / expected - 1));
        assert_true(got >= 0.97 * (expected - base_ns) - 2 * gap_ns);
        assert_true(got <= 1.03 * expected + gap_ns + fmax(0, noise_ns));
    }
    release(&plan, &result, &served);
}

/* Exactly as many samples see it as there are clients, and the result says closed. */
static void test_closed_loop_sees_it_once_per_client(void **state)
{
    (void)state;
    struct served served = serve_with(&null_model, &usual_settings, "stall=1s:2s");
    struct load_plan plan = make_plan(&served, "/");
    struct load_result result;
    plan.workload.connections = 8;
    plan.workload.duration_ns = 4 * NS_PER_S;
    run(&plan, &result);
    const struct histogram *latency = result.latency.histogram;
    uint64_t slow = 0;
    for (uint32_t i = histogram_bucket(STALL_NS / 2); i < HISTOGRAM_BUCKETS; i++)
        slow += latency->counts[i];
    assert_int_equal(slow, 8);
    assert_int_equal(result.mode, LOAD_CLOSED);
    assert_null(result.schedule_lag);
    release(&plan, &result, &served);
}

/* A pool whose threads each serve a connection until it ends: 2 of 8 clients are served,
 * and better than ever. A longer wait than the window starves nobody. */
static void test_starved_clients_are_seen(void **state)
{
    (void)state;
    static const struct {
        const char *options, *path;
        double starved;
    } cases[] = {
        {"threads=2,dispatch=connection", "/", 6},
        {"threads=2,dispatch=request", "/", 0},
        {"threads=8,dispatch=request", "/wait:300ms", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct served served =
            serve_with(&thread_pool_model, &usual_settings, cases[i].options);
        struct load_plan plan = make_plan(&served, cases[i].path);
        struct load_result result;
        plan.workload.connections = 8;
        plan.workload.duration_ns = 500 * NS_PER_MS;
        plan.drain_ns = NS_PER_S;
        run(&plan, &result);
        assert_true(result.clients->connections == 8);
        assert_true(result.clients->starved == cases[i].starved);
        assert_int_equal(has_warning(&result, FLAG_STARVED_CONNECTIONS),
                         cases[i].starved > 0);
        release(&plan, &result, &served);
    }
}

/* It begins half a second before the end, and outlasts the drain. */
static void test_late_stall_is_censored(void **state)
{
    (void)state;
    struct served served = serve_with(&null_model, &usual_settings, "stall=2500ms:4s");
    struct load_plan plan = make_plan(&served, "/");
    struct load_result result;
    plan.workload.connections = 400;
    plan.workload.rate_rps = 200;
    plan.workload.duration_ns = 3 * NS_PER_S;
    plan.drain_ns = 300 * NS_PER_MS;
    run(&plan, &result);
    struct counts counts = result.counts;
    uint64_t unanswered = counts.ended[OUTCOME_IN_FLIGHT];
    assert_in_range(counts.scheduled, 599, 601);
    /* 200/s for 0.5 s; the stall's time counts from when the first request was read,
     * which a busy machine may delay. */
    assert_true(unanswered >= 20);
    assert_int_equal(counts.ended[OUTCOME_OK] + unanswered, counts.scheduled);
    assert_int_equal(result.censored.count, unanswered);
    assert_true(has_warning(&result, FLAG_CENSORED));
    /* They were due one gap after the other, the last one at the end of the window: half
     * of them are older than the drain and half of their time. */
    const struct histogram *latency = result.latency.histogram;
    assert_true(latency->count == counts.scheduled);
    double half = 1 - (double)unanswered / 2 / (double)counts.scheduled;
    double age_ns = (double)plan.drain_ns + ((double)unanswered / 2 - 2) * 5e6;
    assert_true((double)histogram_quantile(latency, half) >= 0.99 * age_ns);
    release(&plan, &result, &served);
}

/* ---- a mix ------------------------------------------------------------------------- */

static void add_constant(struct workload *workload, const char *path, const char *name,
                         double rate_rps)
{
    struct request *request = workload_add_request(workload, path);
    free(request->class_name);
    request->class_name = memory_copy_string(name);
    request->rate_rps = rate_rps;
    request->arrivals = ARRIVALS_CONSTANT;
}

/* 90 of 1 ms and 10 of 1 s: the median knows nothing of the mean. */
static void test_mix_of_quick_and_slow(void **state)
{
    (void)state;
    struct served served = serve(&event_loop_model);
    struct load_plan plan = make_plan(&served, "/");
    struct load_result result;
    workload_release(&plan.workload);
    workload_init(&plan.workload);
    add_constant(&plan.workload, "/wait:1ms", "quick", 90);
    add_constant(&plan.workload, "/wait:1s", "slow", 10);
    plan.workload.connections = 64;
    plan.workload.warmup_ns = 0;
    plan.workload.duration_ns = 4 * NS_PER_S;
    run(&plan, &result);
    assert_in_range(result.classes[0].counts.ended[OUTCOME_OK], 359, 361);
    assert_in_range(result.classes[1].counts.ended[OUTCOME_OK], 39, 41);
    const struct histogram *all = result.latency.histogram;
    const struct histogram *quick = result.classes[0].latency.histogram;
    const struct histogram *slow = result.classes[1].latency.histogram;
    double p50_ms = (double)histogram_quantile(all, 0.5) / 1e6;
    double mean_ms = histogram_mean(all) / 1e6;
    print_message("p50 %.3f ms, mean %.1f ms\n", p50_ms, mean_ms);
    /* What waiting and the machine add to the quick ones, they add to the slow ones. */
    double added_ms = histogram_mean(quick) / 1e6 - 1;
    double share = (double)slow->count / (double)all->count;
    assert_true(p50_ms >= 1 && p50_ms <= 1.03 + 2 * added_ms);
    assert_true(quick->max_ns >= NS_PER_MS && slow->min_ns >= NS_PER_S);
    assert_true(mean_ms >= 0.999 * (1 - share + 1000 * share));
    assert_true(fabs(mean_ms - ((1 - share) * histogram_mean(quick) +
                                share * histogram_mean(slow)) /
                                   1e6) < 1e-6 * mean_ms);
    assert_true(fabs(share - 0.1) < 0.005);
    release(&plan, &result, &served);
}

/* ---- capacity ---------------------------------------------------------------------- */

/*
 * Four threads that wait 20 ms each serve 200/s, whatever the machine: beyond that the
 * line grows, and in a second and a half at 250/s the last ones wait 300 ms.
 */
static void test_search_finds_no_more_than_there_is(void **state)
{
    (void)state;
    struct served served = serve_with(&thread_pool_model, &usual_settings, "threads=4");
    struct load_plan plan = make_plan(&served, "/wait:20ms");
    struct capacity capacity;
    struct expectation objective;
    struct error error;
    assert_int_equal(expectation_parse(&objective, "p90<150ms", &error), 0);
    plan.workload.rate_rps = 80;
    plan.workload.connections = 256;
    plan.workload.arrivals = ARRIVALS_CONSTANT;
    plan.workload.duration_ns = 1500 * NS_PER_MS;
    assert_int_equal(load_plan_build(&plan, &error), 0);
    assert_int_equal(
        capacity_search(&plan, &objective, 10 * NS_PER_S, NULL, &capacity, &error), 0);
    assert_true(capacity.step_count >= 2);
    for (size_t i = 0; i < capacity.step_count; i++) {
        const struct capacity_step *step = &capacity.steps[i];
        bool kept = step->verdict == CAPACITY_KEPT;
        double share = (double)step->bad / (double)step->requests;
        print_message("%.1f/s: %.2f of %llu bad\n", step->rate_rps, share,
                      (unsigned long long)step->requests);
        assert_int_equal(kept, share <= 0.1);
        assert_true(!kept || step->rate_rps < 300);
    }
    assert_true(isnan(capacity.rps) || capacity.rps < 300);
    assert_true(!isnan(capacity.rps) || capacity.outcome != CAPACITY_FOUND);
    cJSON *json = record_to_json(&capacity_type, &capacity);
    assert_int_equal(cJSON_GetArraySize(json_at(json, "steps")), capacity.step_count);
    cJSON_Delete(json);
    record_release(&capacity_type, &capacity);
    expectation_release(&objective);
    load_plan_release(&plan);
    assert_int_equal(stop(&served, NULL), 0);
}

static void search_with(const char *path, uint64_t connections, struct capacity *capacity)
{
    struct served served = serve_with(&thread_pool_model, &usual_settings, "threads=64");
    struct load_plan plan = make_plan(&served, path);
    struct expectation objective;
    struct error error;
    assert_int_equal(expectation_parse(&objective, "p80<150ms", &error), 0);
    plan.workload.rate_rps = 60;
    plan.workload.connections = connections;
    plan.workload.arrivals = ARRIVALS_CONSTANT;
    plan.workload.duration_ns = NS_PER_S;
    assert_int_equal(load_plan_build(&plan, &error), 0);
    assert_int_equal(
        capacity_search(&plan, &objective, 3 * NS_PER_S, NULL, capacity, &error), 0);
    expectation_release(&objective);
    load_plan_release(&plan);
    assert_int_equal(stop(&served, NULL), 0);
}

static void test_search_of_what_is_refused_finds_none(void **state)
{
    (void)state;
    struct capacity capacity;
    search_with("/nonsense", 64, &capacity);
    assert_int_equal(capacity.outcome, CAPACITY_NONE);
    assert_true(isnan(capacity.rps));
    assert_int_equal(capacity.step_count, 1);
    record_release(&capacity_type, &capacity);
}

/* Two connections for waits of 50 ms end at 40 a second, whatever 64 threads could do. At
 * 60 a second the line is longer than 100 ms after 0.2 s of at least 0.5. */
static void test_search_is_held_by_its_connections(void **state)
{
    (void)state;
    struct capacity capacity;
    search_with("/wait:50ms", 2, &capacity);
    for (size_t i = 0; i < capacity.step_count; i++)
        assert_true(capacity.steps[i].verdict != CAPACITY_KEPT ||
                    capacity.steps[i].rate_rps < 60);
    assert_true(isnan(capacity.rps) || capacity.rps < 60);
    record_release(&capacity_type, &capacity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_loop_sees_the_stall),
        cmocka_unit_test(test_closed_loop_sees_it_once_per_client),
        cmocka_unit_test(test_starved_clients_are_seen),
        cmocka_unit_test(test_late_stall_is_censored),
        cmocka_unit_test(test_mix_of_quick_and_slow),
        cmocka_unit_test(test_search_finds_no_more_than_there_is),
        cmocka_unit_test(test_search_of_what_is_refused_finds_none),
        cmocka_unit_test(test_search_is_held_by_its_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
