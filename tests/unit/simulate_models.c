/*
 * simulate_models.c - every model has a structure, and what is simulated with it is what
 * docs/method.md says of its family. Waits are W, computations T, C clients, N threads, K
 * threads of a pool, D connections, P cores.
 */
#include "tests/unit/simulate_fixture.h"

#include "analysis/simulate/model_structure.h"
#include "tests/support/queueing.h"
#include "tests/unit/harness_fixture.h"

#define WAITS(ns)                                                                        \
    {                                                                                    \
        OP_WAIT, ROLE_NONE,                                                              \
        {                                                                                \
            VARIATE_FIXED, ns, 0, 0                                                      \
        }                                                                                \
    }
#define BLOCKS(ns)                                                                       \
    {                                                                                    \
        OP_BLOCKING, ROLE_NONE,                                                          \
        {                                                                                \
            VARIATE_FIXED, ns, 0, 0                                                      \
        }                                                                                \
    }
#define COMPUTES(ns)                                                                     \
    {                                                                                    \
        OP_CPU, ROLE_NONE,                                                               \
        {                                                                                \
            VARIATE_FIXED, ns, 0, 0                                                      \
        }                                                                                \
    }
#define FETCHES(ns)                                                                      \
    {                                                                                    \
        OP_WAIT, ROLE_UPSTREAM_CONNECTIONS,                                              \
        {                                                                                \
            VARIATE_FIXED, ns, 0, 0                                                      \
        }                                                                                \
    }
#define ASKS(ns)                                                                         \
    {                                                                                    \
        OP_WAIT, ROLE_DATABASE_CONNECTIONS,                                              \
        {                                                                                \
            VARIATE_FIXED, ns, 0, 0                                                      \
        }                                                                                \
    }
#define MOST_STEPS 3
#define W          (50 * MS)
#define T          (5 * MS)

/* The structure of a contender of ours, or of harness_fixture.h's servers of others. */
static struct structure structure_of(const char *label, const struct server_costs *costs,
                                     uint64_t cores,
                                     const struct simulated_request *classes,
                                     size_t class_count)
{
    struct models models = {0};
    struct contender contender;
    struct scenario scenario = {0};
    struct structure structure;
    struct error error;
    models_add_ours(&models);
    struct models others = fixture_make_models();
    bool is_ours = contender_parse(&contender, label, &models, &error) == 0;
    if (!is_ours && contender_parse(&contender, label, &others, &error) < 0)
        fail_msg("%s", error.text);
    struct server_design design = {
        .model = contender.model, .costs = *costs, .cores = cores};
    server_sizes_read(&design.sizes, &contender, &scenario, cores);
    model_structure_make(&structure, &design, classes, class_count);
    if (structure_check(&structure, &error) < 0)
        fail_msg("%s: %s", label, error.text);
    contender_release(&contender);
    models_release(&others);
    models_release(&models);
    return structure;
}

static const struct server_costs nothing = {0};
static const struct server_costs something = {.accept_ns = 30000,
                                              .receive_ns = 5000,
                                              .reply_ns = 5000,
                                              .resume_ns = 2000,
                                              .switch_ns = 3000,
                                              .handoff_ns = 4000,
                                              .wakeup_ns = 6000,
                                              .process_bytes = 1e6,
                                              .thread_bytes = 2e4,
                                              .connection_bytes = 1e3};

/* ---- every model ------------------------------------------------------------------ */

static const struct simulated_step of_each_kind[] = {
    WAITS(2 * MS),   BLOCKS(1 * MS), COMPUTES(0.5 * MS),
    FETCHES(1 * MS), ASKS(1 * MS),   {OP_REPLY, ROLE_NONE, {0}}};

/* All have one, in which requests of every kind of step come through, at a cost. */
static void test_every_model(void **state)
{
    (void)state;
    const struct simulated_request request = {of_each_kind, COUNT_OF(of_each_kind)};
    for (size_t i = 0; model_list[i]; i++) {
        bool has_steps = !(model_list[i]->flags & MODEL_CALIBRATION);
        struct structure structure =
            structure_of(model_list[i]->name, &something, 2, &request, 1);
        struct client_load load = closed_load(10, 1);
        load.drain_ns = NS_PER_S;
        struct simulation simulation = {.structure = &structure, .load = &load};
        struct simulation_result result = simulate_well(&simulation);
        if (result.all.done < 100)
            fail_msg("%s: only %llu replies", model_list[i]->name,
                     (unsigned long long)result.all.done);
        assert_true(result.all.latency.min_ns >= (has_steps ? 5.51 * MS : 0.01 * MS));
        assert_true(result.cores_used > 0 && result.cores_used <= 2);
        assert_true(result.memory_bytes > something.process_bytes);
        assert_true(result.bottleneck->busiest > 0);
        simulation_result_release(&result);
        structure_release(&structure);
    }
}

/* ---- closed loops ----------------------------------------------------------------- */

/* What the server can do at most, and which station says so. */
struct closed_case {
    const char *label;
    uint64_t cores, clients;
    struct simulated_step steps[MOST_STEPS];
    size_t count;
    double rps;
    const char *bottleneck; /* NULL: nothing is used up */
};

#define ONE(step) {step}, 1

static const struct closed_case closed_cases[] = {
    /* 1/W; min(C, N)/W; C/W. */
    {"iterative", 1, 100, ONE(WAITS(W)), 20, "thread"},
    {"thread-pool:threads=64", 1, 1000, ONE(WAITS(W)), 1280, "threads"},
    {"thread-pool:threads=64", 1, 10, ONE(WAITS(W)), 200, NULL},
    {"thread-pool:threads=8:dispatch=connection", 1, 32, ONE(WAITS(W)), 160, "threads"},
    {"prefork:processes=8", 1, 100, ONE(WAITS(W)), 160, "processes"},
    {"prefork:processes=8:dispatch=connection", 1, 100, ONE(WAITS(W)), 160, "processes"},
    {"thread-per-connection", 1, 500, ONE(WAITS(W)), 10000, NULL},
    {"fork-per-connection", 1, 500, ONE(WAITS(W)), 10000, NULL},
    {"event-loop", 1, 1000, ONE(WAITS(W)), 20000, NULL},
    {"async-await", 1, 500, ONE(WAITS(W)), 10000, NULL},
    {"event-loop-workers", 1, 500, ONE(WAITS(W)), 10000, NULL},
    {"multi-loop", 4, 500, ONE(WAITS(W)), 10000, NULL},
    {"cluster", 4, 500, ONE(WAITS(W)), 10000, NULL},
    {"epoll", 1, 500, ONE(WAITS(W)), 10000, NULL},
    {"io-uring", 1, 500, ONE(WAITS(W)), 10000, NULL},
    /* 1/T on the loop; min(n, P)/T, min(N, P)/T; min(workers, P)/T; min(K, P)/T. */
    {"event-loop", 4, 16, ONE(COMPUTES(T)), 200, "loop"},
    {"event-loop:cpu=uv-pool", 2, 16, ONE(COMPUTES(T)), 400, "CPU"},
    {"event-loop:cpu=uv-pool:uv-pool=2", 4, 16, ONE(COMPUTES(T)), 400, "pool"},
    {"event-loop-workers:workers=1", 2, 16, ONE(COMPUTES(T)), 200, "workers"},
    {"event-loop-workers:workers=8", 2, 16, ONE(COMPUTES(T)), 400, "CPU"},
    {"cluster:processes=3", 4, 30, ONE(COMPUTES(T)), 600, "loop"},
    {"thread-pool:threads=64", 2, 16, ONE(COMPUTES(T)), 400, "CPU"},
    {"thread-pool:threads=3", 4, 16, ONE(COMPUTES(T)), 600, "threads"},
    {"thread-per-connection", 3, 16, ONE(COMPUTES(T)), 600, "CPU"},
    {"iterative", 4, 16, ONE(COMPUTES(T)), 200, "thread"},
    /* K/B, of each process; 1/B on the loop. */
    {"event-loop", 1, 100, ONE(BLOCKS(W)), 80, "pool"},
    {"event-loop:blocking=loop", 1, 100, ONE(BLOCKS(W)), 20, "loop"},
    {"multi-loop:loops=3", 3, 100, ONE(BLOCKS(W)), 80, "pool"},
    {"cluster:processes=3", 3, 120, ONE(BLOCKS(W)), 240, "pool"},
    {"epoll:pool=2", 1, 100, ONE(BLOCKS(W)), 40, "pool"},
    {"thread-per-connection", 1, 100, ONE(BLOCKS(W)), 2000, NULL},
    /* min(C, D)/W, D of each loop to the upstream, of the server to the database. */
    {"event-loop:upstream-connections=10", 1, 100, ONE(FETCHES(W)), 200,
     "upstream connections"},
    {"cluster:processes=2:upstream-connections=10", 2, 100, ONE(FETCHES(W)), 400,
     "upstream connections"},
    {"thread-pool:threads=64:upstream-connections=1", 1, 100, ONE(FETCHES(W)), 1280,
     "threads"},
    {"event-loop:pg-connections=8", 1, 100, ONE(ASKS(W)), 160, "database connections"},
    {"thread-pool:threads=64:pg-connections=8", 1, 100, ONE(ASKS(W)), 160,
     "database connections"},
    {"cluster:processes=2:pg-connections=8", 2, 100, ONE(ASKS(W)), 160,
     "database connections"},
    {"prefork:processes=20:pg-connections=8", 1, 100, ONE(ASKS(W)), 400, "processes"},
    /* A thread holds its server for W + T, a loop for T alone. */
    {"thread-pool:threads=10", 8, 100, {WAITS(W), COMPUTES(T)}, 2, 10 / 0.055, "threads"},
    {"event-loop", 8, 100, {WAITS(W), COMPUTES(T)}, 2, 200, "loop"},
    {"iterative", 8, 100, {WAITS(W), COMPUTES(T), BLOCKS(W)}, 3, 1 / 0.105, "thread"},
    /* Servers of others, by their flags. */
    {"one", 1, 10, ONE(WAITS(W)), 20, "thread"},
    {"pool:threads=4", 1, 10, ONE(WAITS(W)), 80, "threads"},
    {"hybrid:workers=2", 4, 10, ONE(COMPUTES(T)), 400, "workers"},
    {"loop", 4, 10, ONE(COMPUTES(T)), 200, "loop"},
    {"forked:processes=4", 1, 12, ONE(WAITS(W)), 80, "processes"},
};

static void check_closed(const struct closed_case *is)
{
    const struct simulated_request request = {is->steps, is->count};
    struct structure structure =
        structure_of(is->label, &nothing, is->cores, &request, 1);
    struct client_load load = closed_load(is->clients, 4);
    load.begin_ns = NS_PER_S;
    load.start_ns = NS_PER_S / 2;
    struct simulation simulation = {.structure = &structure, .load = &load};
    struct simulation_result result = simulate_well(&simulation);
    if (!(fabs(result.throughput_rps - is->rps) <= 0.01 * is->rps + 0.2))
        fail_msg("%s, C = %llu: %g/s is not %g/s", is->label,
                 (unsigned long long)is->clients, result.throughput_rps, is->rps);
    const struct simulated_station *bottleneck = result.bottleneck;
    if (is->bottleneck &&
        (strcmp(bottleneck->name, is->bottleneck) != 0 || bottleneck->utilisation < 0.95))
        fail_msg("%s, C = %llu: the bottleneck is %s (%g), not %s", is->label,
                 (unsigned long long)is->clients, bottleneck->name,
                 bottleneck->utilisation, is->bottleneck);
    if (!is->bottleneck)
        assert_true(bottleneck->utilisation < 0.95);
    simulation_result_release(&result);
    structure_release(&structure);
}

static void test_closed_loops(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(closed_cases); i++)
        check_closed(&closed_cases[i]);
}

/* Where the kernel spreads connections by a hash, loops have more and less of them. */
static void test_hashed_connections(void **state)
{
    (void)state;
    static const char *const labels[] = {"multi-loop:loops=8",
                                         "cluster:processes=8:distribution=reuseport"};
    const struct simulated_step steps[] = {COMPUTES(T)};
    const struct simulated_request request = {steps, 1};
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        struct structure structure = structure_of(labels[i], &nothing, 8, &request, 1);
        struct client_load load = closed_load(64, 2);
        load.think = variate_fixed(40 * MS);
        struct simulation simulation = {.structure = &structure, .load = &load};
        struct simulation_result result = simulate_well(&simulation);
        assert_string_equal(result.stations[0].name, "loop");
        assert_true(result.stations[0].busiest > 1.05 * result.stations[0].utilisation);
        simulation_result_release(&result);
        structure_release(&structure);
    }
}

/* ---- open loops ------------------------------------------------------------------- */

static struct batch_estimate estimate_model(const char *label, double rate_rps,
                                            double seconds, struct simulated_step step)
{
    const struct simulated_request request = {&step, 1};
    struct structure structure = structure_of(label, &nothing, 1, &request, 1);
    struct poisson_arrivals arrivals;
    poisson_init(&arrivals, rate_rps, 21);
    struct client_load load = open_load(&arrivals, seconds);
    struct batch_estimate estimate = simulate_estimate(&structure, &load, 0);
    structure_release(&structure);
    return estimate;
}

/* M/D/1 behind one thread, M/D/N behind N. */
static void test_lines_of_models(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        unsigned servers;
    } cases[] = {{"iterative", 1}, {"thread-pool:threads=8", 8}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double rate = 0.75 * cases[i].servers / 5;
        struct batch_estimate estimate =
            estimate_model(cases[i].label, rate * 1000, 100000 / (rate * 1000),
                           (struct simulated_step)WAITS(5 * MS));
        struct queue_mdn queue;
        queue_mdn_init(&queue, cases[i].servers, rate, 5);
        expect_estimate("mean", estimate.mean, estimate.mean_error,
                        5 + queue_mdn_mean_wait(&queue));
        expect_estimate("p99", estimate.p99, estimate.p99_error,
                        5 + queue_mdn_wait_quantile(&queue, 0.99));
        queue_mdn_release(&queue);
    }
}

/* M/G/infinity: on a loop nobody waits for a wait, and p99 is that of the draw. */
static void test_waits_on_a_loop(void **state)
{
    (void)state;
    struct simulated_step drawn = WAITS(20 * MS), fixed = drawn;
    drawn.time = variate_exponential(20 * MS);
    struct batch_estimate estimate = estimate_model("event-loop", 2000, 50, fixed);
    expect_near(estimate.mean, 20, 1e-9);
    expect_near(estimate.p99, 20, 1e-9);
    estimate = estimate_model("event-loop", 2000, 50, drawn);
    expect_estimate("mean", estimate.mean, estimate.mean_error, 20);
    expect_estimate("p99", estimate.p99, estimate.p99_error, 20 * log(100));
}

/* Light requests beside computations that come at equal gaps and block the loop a share U
 * of the time: p99 = T (1 - 0.01/U). */
struct two_rates {
    struct poisson_arrivals light;
    struct planned_arrival next; /* light one */
    uint64_t gap_ns, heavy_ns;
};

static bool next_of_two(void *context, struct planned_arrival *arrival)
{
    struct two_rates *rates = context;
    if (rates->heavy_ns < rates->next.due_ns) {
        *arrival = (struct planned_arrival){rates->heavy_ns, 1};
        rates->heavy_ns += rates->gap_ns;
        return true;
    }
    *arrival = rates->next;
    return poisson_next(&rates->light, &rates->next);
}

static void test_blocked_loop(void **state)
{
    (void)state;
    const struct simulated_step heavy = COMPUTES(200 * MS);
    const struct simulated_request classes[] = {{NULL, 0}, {&heavy, 1}};
    struct server_costs costs = {.receive_ns = 100};
    static const struct {
        const char *label;
        double p99; /* ms */
    } cases[] = {{"event-loop", 200 * (1 - 0.01 / 0.2)},
                 {"event-loop-workers:workers=1", 0.0001}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct structure structure = structure_of(cases[i].label, &costs, 2, classes, 2);
        struct two_rates rates = {.gap_ns = NS_PER_S, .heavy_ns = NS_PER_S / 3};
        poisson_init(&rates.light, 500, 2);
        poisson_next(&rates.light, &rates.next);
        struct client_load load = open_load(&rates.light, 200);
        load.arrive = next_of_two;
        load.context = &rates;
        struct simulation simulation = {.structure = &structure, .load = &load};
        struct simulation_result result = simulate_well(&simulation);
        double p99 = (double)histogram_quantile(&result.classes[0].latency, 0.99) / MS;
        expect_near(p99, cases[i].p99, 0.01 * cases[i].p99 + 0.0003);
        simulation_result_release(&result);
        structure_release(&structure);
    }
}

/* ---- memory ----------------------------------------------------------------------- */

static void test_memory_of_models(void **state)
{
    (void)state;
    /* In units of one process, one thread, one connection; 100 clients, 2 cores. */
    static const struct {
        const char *label;
        double processes, threads, connections;
    } cases[] = {{"iterative", 1, 0, 100},
                 {"event-loop", 1, 4, 100},
                 {"multi-loop:loops=3", 1, 2 + 4, 100},
                 {"cluster:processes=3", 1 + 3, 3 * 4, 100},
                 {"thread-pool:threads=10", 1, 10, 100},
                 {"prefork:processes=10", 1 + 10, 0, 100},
                 {"thread-per-connection", 1, 100, 100},
                 {"fork-per-connection", 1 + 100, 0, 100}};
    const struct simulated_step step = BLOCKS(1 * MS);
    const struct simulated_request request = {&step, 1};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct structure structure =
            structure_of(cases[i].label, &something, 2, &request, 1);
        struct client_load load = closed_load(100, 1);
        struct simulation simulation = {.structure = &structure, .load = &load};
        struct simulation_result result = simulate_well(&simulation);
        expect_near(result.memory_bytes,
                    cases[i].processes * something.process_bytes +
                        cases[i].threads * something.thread_bytes +
                        cases[i].connections * something.connection_bytes,
                    1);
        simulation_result_release(&result);
        structure_release(&structure);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_model),        cmocka_unit_test(test_closed_loops),
        cmocka_unit_test(test_hashed_connections), cmocka_unit_test(test_lines_of_models),
        cmocka_unit_test(test_waits_on_a_loop),    cmocka_unit_test(test_blocked_loop),
        cmocka_unit_test(test_memory_of_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
