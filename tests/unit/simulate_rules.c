/*
 * simulate_rules.c - what holds in every simulation: the same seed gives the same result,
 * nothing gets lost, Little's law; and each mechanism by an example worked by hand.
 */
#include "tests/unit/simulate_fixture.h"

#include "analysis/simulate/planned_arrivals.h"
#include "analysis/simulate/processor_sharing.h"
#include "analysis/simulate/round_robin.h"

static struct simulation_result simulate_load(const struct structure *structure,
                                              const struct client_load *load)
{
    struct simulation simulation = {.structure = structure, .load = load, .seed = 4};
    return simulate_well(&simulation);
}

/* ---- the same, and nothing lost --------------------------------------------------- */

static struct structure structure_of_everything(void)
{
    struct structure structure = structure_of_cores(2);
    structure.homes = 3;
    structure.dealing = DEAL_AT_RANDOM;
    uint32_t loop = structure_add_station(
        &structure,
        (struct station_spec){
            .name = "loop", .servers = 1, .is_per_home = true, .wakeup_ns = 20000});
    uint32_t pool = add_servers(&structure, "pool", 2);
    for (int class_index = 0; class_index < 2; class_index++) {
        struct action_list *program = structure_add_program(&structure);
        actions_enter(program, loop);
        actions_compute(program, variate_exponential(0.3 * MS));
        actions_leave(program, loop);
        actions_wait(program, variate_two_point(1 * MS, 20 * MS, 0.1));
        actions_enter(program, pool);
        actions_compute(program, variate_exponential(0.5 * MS * (1 + class_index)));
        actions_leave(program, pool);
        actions_enter(program, loop);
        actions_compute(program, variate_fixed(0.1 * MS));
        actions_leave(program, loop);
    }
    return structure;
}

static void expect_adds_up(const struct simulated_class *class)
{
    assert_int_equal(class->due,
                     class->done + class->refused + class->in_flight + class->unsent);
    assert_int_equal(class->latency.count, class->due - class->refused);
}

static struct simulation_result simulate_everything(uint64_t seed)
{
    struct structure structure = structure_of_everything();
    struct poisson_arrivals arrivals;
    poisson_init(&arrivals, 1500, 9);
    arrivals.other_share = 0.3;
    struct client_load load = open_load(&arrivals, 4);
    load.begin_ns = NS_PER_S;
    load.requests_per_connection = 7;
    struct simulation simulation = {.structure = &structure, .load = &load, .seed = seed};
    struct simulation_result result = simulate_well(&simulation);
    structure_release(&structure);
    return result;
}

static void test_seeds(void **state)
{
    (void)state;
    struct simulation_result a = simulate_everything(1), b = simulate_everything(1),
                             c = simulate_everything(2);
    assert_int_equal(a.events, b.events);
    assert_int_equal(a.connections, b.connections);
    assert_memory_equal(&a.throughput_rps, &b.throughput_rps, sizeof a.throughput_rps);
    for (size_t i = 0; i < a.class_count; i++) {
        expect_adds_up(&a.classes[i]);
        assert_int_equal(a.classes[i].due, b.classes[i].due);
        assert_memory_equal(a.classes[i].latency.counts, b.classes[i].latency.counts,
                            HISTOGRAM_BUCKETS * sizeof *a.classes[i].latency.counts);
    }
    for (size_t i = 0; i < a.station_count; i++)
        assert_memory_equal(&a.stations[i].busy, &b.stations[i].busy,
                            sizeof a.stations[i].busy);
    assert_true(histogram_mean(&a.all.latency) < histogram_mean(&c.all.latency) ||
                histogram_mean(&a.all.latency) > histogram_mean(&c.all.latency));
    assert_int_equal(a.all.due, c.all.due); /* arrivals have a seed of their own */
    simulation_result_release(&a);
    simulation_result_release(&b);
    simulation_result_release(&c);
}

/* Every arrival is accounted for, and the area below the number in the system is the sum
 * of the times spent in it. */
static void expect_conserved(const struct structure *structure,
                             const struct client_load *load)
{
    struct simulation_result result = simulate_load(structure, load);
    expect_adds_up(&result.all);
    const struct histogram *latency = &result.all.latency;
    double spent = histogram_mean(latency) * (double)latency->count;
    expect_near(result.in_system * (double)load->end_ns, spent, 1e-9 * spent);
    assert_true(result.all.in_flight > 0);
    simulation_result_release(&result);
}

static void test_conservation(void **state)
{
    (void)state;
    struct structure structure = structure_of_everything();
    static const double weights[] = {2, 1};
    struct poisson_arrivals arrivals;
    poisson_init(&arrivals, 2500, 2); /* more than the cores can do */
    arrivals.other_share = 0.5;
    struct client_load open = open_load(&arrivals, 3);
    expect_conserved(&structure, &open);
    struct client_load closed = closed_load(40, 3);
    closed.weights = weights;
    expect_conserved(&structure, &closed);
    structure.slice_ns = (uint64_t)(0.2 * MS);
    expect_conserved(&structure, &closed);
    structure_release(&structure);
}

/* The arrivals of the source are those of the result, and Little's law holds at a
 * station: busy servers = throughput x service. */
static void test_occupancy(void **state)
{
    (void)state;
    struct structure structure = structure_of_line(0, variate_fixed(20 * MS));
    struct poisson_arrivals arrivals;
    poisson_init(&arrivals, 500, 2);
    struct client_load load = open_load(&arrivals, 10);
    load.drain_ns = NS_PER_S;
    struct simulation_result result = simulate_load(&structure, &load);
    assert_int_equal(result.all.due,
                     arrivals.count - 1); /* the last lies behind the end */
    assert_int_equal(result.all.done, result.all.due);
    assert_int_equal(result.all.latency.min_ns, 20 * MS);
    assert_int_equal(result.all.latency.max_ns, 20 * MS);
    /* Those that the end cuts off make the difference: 20 ms of 10 s. */
    expect_near(result.stations[0].busy, result.throughput_rps * 0.02, 0.05);
    assert_true(isnan(result.stations[0].utilisation));
    assert_string_equal(result.bottleneck->name, "CPU"); /* idle, and the only limit */
    simulation_result_release(&result);
    structure_release(&structure);
}

/* ---- cores, by hand --------------------------------------------------------------- */

static void test_sharing_by_hand(void **state)
{
    (void)state;
    struct processor_sharing sharing;
    struct customer a = {0}, b = {0}, c = {0};
    processor_sharing_init(&sharing, 1);
    assert_int_equal(sharing.next_ns, UINT64_MAX);
    processor_sharing_begin(&sharing, &a, 25, 0);
    assert_int_equal(sharing.next_ns, 25);
    processor_sharing_begin(&sharing, &b, 15, 0);
    assert_int_equal(sharing.next_ns, 30);
    processor_sharing_begin(&sharing, &c, 4, 12); /* a and b have had 6 */
    assert_int_equal(sharing.next_ns, 24);
    assert_ptr_equal(processor_sharing_end(&sharing, 24), &c);
    assert_int_equal(sharing.next_ns, 34); /* b lacks 5 of 15 */
    assert_ptr_equal(processor_sharing_end(&sharing, 34), &b);
    assert_ptr_equal(processor_sharing_end(&sharing, 44), &a);
    assert_int_equal(sharing.next_ns, UINT64_MAX);
    processor_sharing_release(&sharing);
}

/* The same, step by step without virtual time, with random works on two cores. */
static void test_sharing_by_steps(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct customer customers[COUNT] = {0};
    double left[COUNT] = {0}, now = 0;
    struct processor_sharing sharing;
    struct random random;
    size_t come = 0, present = 0;
    uint64_t next_come = 0;
    random_seed(&random, 6);
    processor_sharing_init(&sharing, 2);
    while (come < COUNT || present > 0) {
        bool comes = come < COUNT && next_come <= sharing.next_ns;
        uint64_t at = comes ? next_come : sharing.next_ns;
        double had = present ? ((double)at - now) * fmin(1, 2.0 / (double)present) : 0;
        for (size_t i = 0; i < come; i++)
            left[i] -= left[i] > 0 ? had : 0;
        now = (double)at;
        if (comes) {
            uint64_t work = 1000 + random_below(&random, 100000);
            left[come] = (double)work;
            processor_sharing_begin(&sharing, &customers[come++], work, at);
            next_come = at + random_below(&random, 60000);
            present++;
        } else {
            size_t who = (size_t)(processor_sharing_end(&sharing, at) - customers);
            expect_near(left[who], 0, 3); /* ns: ends are rounded to whole ones */
            left[who] = 0;
            present--;
        }
    }
    processor_sharing_release(&sharing);
}

static void test_slices_by_hand(void **state)
{
    (void)state;
    struct round_robin robin;
    struct customer a = {0}, b = {0};
    round_robin_init(&robin, 1, 10);
    round_robin_begin(&robin, &a, 25, 0);
    round_robin_begin(&robin, &b, 15, 0);
    static const struct {
        uint64_t at_ns;
        int ends; /* 0: nobody, 1: a, 2: b */
    } expected[] = {{10, 0}, {20, 0}, {30, 0}, {35, 2}, {40, 1}};
    struct customer *const who[] = {NULL, &a, &b};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(round_robin_next_ns(&robin), expected[i].at_ns);
        assert_ptr_equal(round_robin_end(&robin, expected[i].at_ns),
                         who[expected[i].ends]);
    }
    assert_int_equal(round_robin_next_ns(&robin), UINT64_MAX);
    round_robin_release(&robin);
}

/* ---- connections ------------------------------------------------------------------ */

/* One connection is one server, in front of which arrivals wait in the plan: latency
 * counts from when they were due. */
static void test_latency_counts_from_due(void **state)
{
    (void)state;
    struct structure wide = structure_of_line(0, variate_fixed(1 * MS));
    struct structure narrow = structure_of_line(1, variate_fixed(1 * MS));
    struct poisson_arrivals arrivals;
    struct simulation_result results[2];
    for (int i = 0; i < 2; i++) {
        poisson_init(&arrivals, 800, 3);
        struct client_load load = open_load(&arrivals, 5);
        load.connections = i == 0 ? 1 : 1000;
        results[i] = simulate_load(i == 0 ? &wide : &narrow, &load);
        expect_adds_up(&results[i].all);
    }
    assert_int_equal(results[0].all.due, results[1].all.due);
    assert_int_equal(results[0].all.latency.max_ns, results[1].all.latency.max_ns);
    expect_near(histogram_mean(&results[0].all.latency),
                histogram_mean(&results[1].all.latency), 1e-6 * MS);
    for (int i = 0; i < 2; i++)
        simulation_result_release(&results[i]);
    structure_release(&wide);
    structure_release(&narrow);
}

/* With more arrivals than the connection can carry the rest is unsent. */
static void test_what_is_not_sent(void **state)
{
    (void)state;
    struct structure structure = structure_of_line(0, variate_fixed(10 * MS));
    struct poisson_arrivals arrivals;
    poisson_init(&arrivals, 300, 3);
    struct client_load load = open_load(&arrivals, 2);
    load.connections = 1;
    struct simulation_result result = simulate_load(&structure, &load);
    expect_adds_up(&result.all);
    assert_int_equal(result.all.due, arrivals.count - 1);
    expect_near((double)result.all.done, 199, 2);
    assert_int_equal(result.all.in_flight, 1);
    assert_int_equal(result.connections, 1);
    simulation_result_release(&result);
    structure_release(&structure);
}

static struct simulation_result simulate_dealing(enum dealing dealing, uint64_t clients)
{
    struct structure structure = structure_of_cores(8);
    structure.homes = 4;
    structure.dealing = dealing;
    uint32_t loop = structure_add_station(
        &structure,
        (struct station_spec){.name = "loop", .servers = 1, .is_per_home = true});
    add_holding(&structure, loop, variate_fixed(1 * MS));
    struct client_load load = closed_load(clients, 1);
    struct simulation_result result = simulate_load(&structure, &load);
    structure_release(&structure);
    return result;
}

/* Four clients: one at each of four loops, or, by a hash, some with none. */
static void test_homes(void **state)
{
    (void)state;
    struct simulation_result even = simulate_dealing(DEAL_IN_TURN, 4);
    struct simulation_result fewest = simulate_dealing(DEAL_TO_FEWEST, 4);
    struct simulation_result hashed = simulate_dealing(DEAL_AT_RANDOM, 4);
    expect_near(even.throughput_rps, 4000, 4);
    expect_near(fewest.throughput_rps, 4000, 4);
    expect_near(even.stations[0].utilisation, 1, 1e-3);
    assert_true(hashed.throughput_rps < 3010);
    expect_near(hashed.stations[0].busiest, 1, 1e-3);
    assert_true(hashed.stations[0].utilisation < 0.76);
    assert_string_equal(hashed.bottleneck->name, "loop");
    simulation_result_release(&even);
    simulation_result_release(&fewest);
    simulation_result_release(&hashed);
}

/* Servers that stay with their connections: who has none is never served, unless
 * connections are closed. */
static void test_kept_servers(void **state)
{
    (void)state;
    static const uint64_t limits[] = {0, 10};
    struct structure structure = structure_of_line(4, variate_fixed(1 * MS));
    structure.stations[0].is_kept = true;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct client_load load = closed_load(10, 2);
        load.begin_ns = NS_PER_S;
        load.requests_per_connection = limits[i];
        struct simulation_result result = simulate_load(&structure, &load);
        expect_adds_up(&result.all);
        expect_near(result.throughput_rps, 4000, 8);
        if (limits[i] == 0) /* they have waited since the beginning */
            assert_int_equal(result.all.latency.max_ns, 2 * NS_PER_S);
        else
            assert_true(result.all.latency.max_ns < 50 * MS);
        simulation_result_release(&result);
    }
    structure_release(&structure);
}

/* ---- costs ------------------------------------------------------------------------ */

/* One that works all the time pays once for being woken. */
static void test_wakeups(void **state)
{
    (void)state;
    struct structure structure = structure_of_cores(1);
    uint32_t loop = structure_add_station(
        &structure,
        (struct station_spec){.name = "loop", .servers = 1, .wakeup_ns = 0.5 * MS});
    struct action_list *program = structure_add_program(&structure);
    actions_enter(program, loop);
    actions_compute(program, variate_fixed(1 * MS));
    actions_leave(program, loop);
    struct client_load alone = closed_load(1, 1), many = closed_load(5, 1);
    alone.drain_ns = NS_PER_S;
    struct simulation_result result = simulate_load(&structure, &alone);
    assert_int_equal(result.all.latency.min_ns, 1.5 * MS);
    assert_int_equal(result.all.latency.max_ns, 1.5 * MS);
    simulation_result_release(&result);
    result = simulate_load(&structure, &many);
    expect_near(result.throughput_rps, 1000, 1);
    expect_near(result.cores_used, 1, 1e-6);
    assert_string_equal(result.bottleneck->name, "loop"); /* no thread lacks a core */
    simulation_result_release(&result);
    structure_release(&structure);
}

/* Threads that are all taken because they want cores: it is the cores that lack. */
static void test_bottleneck_within(void **state)
{
    (void)state;
    struct structure structure = structure_of_cores(2);
    uint32_t threads = add_servers(&structure, "threads", 8);
    struct action_list *program = structure_add_program(&structure);
    actions_enter(program, threads);
    actions_compute(program, variate_fixed(1 * MS));
    actions_leave(program, threads);
    struct client_load load = closed_load(100, 1);
    struct simulation_result result = simulate_load(&structure, &load);
    expect_near(result.stations[0].utilisation, 1, 1e-6);
    expect_near(result.stations[0].waiting, 92, 1e-3);
    expect_near(result.stations[1].waiting, 6, 1e-3);
    assert_string_equal(result.bottleneck->name, "CPU");
    simulation_result_release(&result);
    structure_release(&structure);
}

static void test_memory(void **state)
{
    (void)state;
    struct structure structure = structure_of_line(0, variate_fixed(1 * MS));
    structure.fixed_bytes = 5000;
    structure.connection_bytes = 300;
    struct client_load load = closed_load(20, 1);
    struct simulation_result result = simulate_load(&structure, &load);
    assert_int_equal(result.connections, 20);
    expect_near(result.memory_bytes, 11000, 1e-6);
    simulation_result_release(&result);
    structure_release(&structure);
}

/* ---- phases, and the generator's arrivals ----------------------------------------- */

static void test_levels_of_clients(void **state)
{
    (void)state;
    static const struct client_level levels[] = {
        {0, 2}, {NS_PER_S, 6}, {2 * NS_PER_S, 0}, {3 * NS_PER_S, 1}};
    struct structure structure = structure_of_line(0, variate_fixed(10 * MS));
    struct client_load load = closed_load(6, 4);
    load.levels = levels;
    load.level_count = COUNT_OF(levels);
    struct simulation_result result = simulate_load(&structure, &load);
    expect_near((double)result.all.due, 200 + 600 + 0 + 100, 8);
    expect_near(result.in_system, 9.0 / 4, 0.03);
    simulation_result_release(&result);
    structure_release(&structure);
}

/* Two kinds of requests, the rate of one of which has phases. */
static void make_workload(struct workload *workload)
{
    workload_init(workload);
    workload_add_request(workload, "/wait:1ms");
    workload_add_request(workload, "/spin:1ms")->rate_rps = 50;
    workload_add_phase(workload,
                       &(struct load_phase){.duration_ns = NS_PER_S, .level = 100});
    workload_add_phase(workload,
                       &(struct load_phase){.duration_ns = NS_PER_S, .level = 900});
    workload->warmup_ns = NS_PER_S / 2;
    workload->duration_ns = 2 * NS_PER_S;
}

/* The arrivals of one thread are its schedule; those of more are as many, in order. */
static void test_planned_arrivals(void **state)
{
    (void)state;
    struct workload workload;
    make_workload(&workload);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct planned_arrivals arrivals;
        struct planned_arrival arrival;
        struct schedule schedule;
        struct mix mix;
        uint64_t last_ns = 0, counts[2] = {0};
        planned_arrivals_init(&arrivals, &workload, 12, threads);
        mix_init(&mix, &workload, 12, 0);
        schedule_init(&schedule, &workload, 12, 0, 1);
        schedule_start(&schedule, 0, NS_PER_S / 2, 5 * NS_PER_S / 2);
        while (planned_arrivals_next(&arrivals, &arrival)) {
            assert_true(arrival.due_ns >= last_ns);
            if (threads == 1) {
                assert_int_equal(arrival.due_ns, schedule.next_ns);
                assert_int_equal(arrival.class_index, schedule_take(&schedule, &mix));
            }
            last_ns = arrival.due_ns;
            counts[arrival.class_index]++;
        }
        if (threads == 1)
            assert_int_equal(schedule.next_ns, UINT64_MAX);
        /* 1,050 and 125 are expected; five standard deviations of Poisson counts. */
        expect_near((double)counts[0], 1050, 162);
        expect_near((double)counts[1], 125, 56);
        schedule_release(&schedule);
        mix_release(&mix);
        planned_arrivals_release(&arrivals);
    }
    workload_release(&workload);
}

/* ---- what is refused -------------------------------------------------------------- */

static void expect_refused(const struct structure *structure,
                           const struct client_load *load, const char *why)
{
    struct simulation simulation = {.structure = structure, .load = load};
    struct simulation_result result;
    struct error error = {{0}};
    assert_int_equal(simulate(&simulation, &result, &error), -EINVAL);
    assert_string_equal(error.text, why);
    simulation_result_release(&result);
}

static void test_what_cannot_be_simulated(void **state)
{
    (void)state;
    struct structure good = structure_of_line(1, variate_fixed(1 * MS)), bad = good;
    struct client_load load = closed_load(1, 1), bad_load = load;
    bad.cores = 0;
    expect_refused(&bad, &load, "a server has 1 to 65536 cores, got 0");
    bad = good;
    bad.homes = 0;
    expect_refused(&bad, &load, "connections have 1 to 65536 homes, got 0");
    bad = good;
    bad.program_count = 0;
    expect_refused(&bad, &load, "there is no class of requests");
    bad_load.connections = 0;
    expect_refused(&good, &bad_load, "there are 1 to 1000000 connections, got 0");
    bad_load = load;
    bad_load.end_ns = 0;
    expect_refused(&good, &bad_load, "the window ends before it begins");
    bad_load = load;
    bad_load.weights = (const double[]){-1};
    expect_refused(&good, &bad_load, "a weight is a number from 0 on, got -1");
    bad_load.weights = (const double[]){0};
    expect_refused(&good, &bad_load, "no class has a weight above 0");
    good.programs[0].items[1].time.ns = -5;
    expect_refused(&good, &load, "a step takes a time from 0 on, got -5 ns");
    good.programs[0].items[1].time.ns = 0;
    expect_refused(&good, &load,
                   "requests of class 0 take no time, and their clients do not think: "
                   "there is nothing to simulate");
    good.programs[0].items[1].time.ns = 1;
    good.stations[0].refuses = true;
    expect_refused(&good, &load,
                   "clients that station \"servers\" refuses would ask again at once: "
                   "they need a time to think");
    good.programs[0].count = 2;
    expect_refused(&good, &load, "a request ends without leaving a station");
    good.programs[0].items[0].kind = ACTION_LEAVE;
    expect_refused(&good, &load, "station \"servers\" is left without being entered");
    good.programs[0].items[0].station = 1;
    expect_refused(&good, &load, "there is no station 1, there are 1");
    structure_release(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_conservation),
        cmocka_unit_test(test_occupancy),
        cmocka_unit_test(test_sharing_by_hand),
        cmocka_unit_test(test_sharing_by_steps),
        cmocka_unit_test(test_slices_by_hand),
        cmocka_unit_test(test_latency_counts_from_due),
        cmocka_unit_test(test_what_is_not_sent),
        cmocka_unit_test(test_homes),
        cmocka_unit_test(test_kept_servers),
        cmocka_unit_test(test_wakeups),
        cmocka_unit_test(test_bottleneck_within),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_levels_of_clients),
        cmocka_unit_test(test_planned_arrivals),
        cmocka_unit_test(test_what_cannot_be_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
