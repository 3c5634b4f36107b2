/*
 * simulate_queues.c - the simulation against closed forms: means and, where there is a
 * formula, p99 within three standard errors, which batch means tell.
 *
 * Sources: L. Kleinrock, "Queueing systems", volumes 1 and 2, 1975 and 1976 (K1, K2); and
 * tests/support/queueing.h for M/D/N.
 */
#include "tests/unit/simulate_fixture.h"

#include "tests/support/queueing.h"

/* ---- formulas; times in ms --------------------------------------------------------- */

/* M/M/N (K1, 3.5): `mean` is of the service. */
struct queue_mmn {
    double servers, rate, mean; /* arrivals per ms */
};

/* Erlang's C: the probability of having to wait, from B by recursion. */
static double mmn_waits(const struct queue_mmn *queue)
{
    double load = queue->rate * queue->mean, blocked = 1;
    for (double n = 1; n <= queue->servers; n++)
        blocked = load * blocked / (n + load * blocked);
    return blocked / (1 - load / queue->servers * (1 - blocked));
}

static double mmn_mean(const struct queue_mmn *queue)
{
    return mmn_waits(queue) / (queue->servers / queue->mean - queue->rate) + queue->mean;
}

/* P(time in the system > t): the sum of an exponential service and, with Erlang's C, an
 * exponential wait. */
static double mmn_above(const struct queue_mmn *queue, double time)
{
    double service = 1 / queue->mean, wait = queue->servers / queue->mean - queue->rate;
    double waits = mmn_waits(queue), alone = exp(-service * time);
    if (fabs(service - wait) < 1e-9 * service)
        return alone * (1 + waits * service * time);
    return alone + waits * service / (wait - service) * (alone - exp(-wait * time));
}

static double mmn_quantile(const struct queue_mmn *queue, double fraction)
{
    double low = 0, high = 1000 * queue->mean;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (mmn_above(queue, middle) > 1 - fraction)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Pollaczek and Khinchine (K1, 5.6), from the first two moments of the service. */
static double mg1_wait(double rate, double mean, double square)
{
    return rate * square / (2 * (1 - rate * mean));
}

/* Erlang's B. */
static double lost_share(double servers, double load)
{
    double blocked = 1;
    for (double n = 1; n <= servers; n++)
        blocked = load * blocked / (n + load * blocked);
    return blocked;
}

/* C clients that think, N servers, all times exponential (K1, 3.9): the mean time at the
 * servers, by the probabilities of each number there and Little's law. */
static double repairman_mean(int clients, double think, int servers, double service)
{
    double likely = 1, total = 1, there = 0, throughput = 0;
    for (int n = 1; n <= clients; n++) {
        likely *= (clients - n + 1) / think * service / fmin(n, servers);
        total += likely;
        there += n * likely;
        throughput += likely * fmin(n, servers) / service;
    }
    return there / total / (throughput / total);
}

/* ---- open queues ------------------------------------------------------------------ */

static struct batch_estimate estimate_open(struct structure *structure, double rate_rps,
                                           double requests)
{
    struct poisson_arrivals arrivals;
    poisson_init(&arrivals, rate_rps, 7);
    struct client_load load = open_load(&arrivals, requests / rate_rps);
    struct batch_estimate estimate = simulate_estimate(structure, &load, UINT32_MAX);
    structure_release(structure);
    return estimate;
}

static void check_mdn(unsigned servers, double load, double requests)
{
    struct structure structure = structure_of_line(servers, variate_fixed(5 * MS));
    double rate = load * servers / 5;
    struct batch_estimate estimate = estimate_open(&structure, rate * 1000, requests);
    struct queue_mdn queue;
    queue_mdn_init(&queue, servers, rate, 5);
    expect_estimate("M/D/N mean", estimate.mean, estimate.mean_error,
                    5 + queue_mdn_mean_wait(&queue));
    expect_estimate("M/D/N p99", estimate.p99, estimate.p99_error,
                    5 + queue_mdn_wait_quantile(&queue, 0.99));
    queue_mdn_release(&queue);
}

static void test_fixed_service(void **state)
{
    (void)state;
    check_mdn(1, 0.7, 150000);
    check_mdn(4, 0.8, 150000);
    check_mdn(16, 0.9, 150000);
}

static void check_mmn(struct structure *structure, struct queue_mmn queue,
                      double requests)
{
    struct batch_estimate estimate =
        estimate_open(structure, queue.rate * 1000, requests);
    expect_estimate("M/M/N mean", estimate.mean, estimate.mean_error, mmn_mean(&queue));
    expect_estimate("M/M/N p99", estimate.p99, estimate.p99_error,
                    mmn_quantile(&queue, 0.99));
}

static void test_exponential_service(void **state)
{
    (void)state;
    struct structure one = structure_of_line(1, variate_exponential(2 * MS));
    check_mmn(&one, (struct queue_mmn){1, 0.35, 2}, 150000);
    struct structure four = structure_of_line(4, variate_exponential(2 * MS));
    check_mmn(&four, (struct queue_mmn){4, 1.6, 2}, 150000);
}

/* Nine of ten take 1 ms, the others 10 ms. */
static const struct variate two_points = {VARIATE_TWO_POINT, 1 * MS, 10 * MS, 0.1};
#define TWO_POINTS_MEAN   1.9
#define TWO_POINTS_SQUARE 10.9

static void test_two_point_service(void **state)
{
    (void)state;
    struct structure structure = structure_of_line(1, two_points);
    struct batch_estimate estimate = estimate_open(&structure, 300, 200000);
    expect_estimate("M/G/1 mean", estimate.mean, estimate.mean_error,
                    TWO_POINTS_MEAN + mg1_wait(0.3, TWO_POINTS_MEAN, TWO_POINTS_SQUARE));
}

/* The wait of both is the same, that of the mixture. */
static void test_two_classes_in_one_line(void **state)
{
    (void)state;
    static const double means[] = {1, 5};
    double rate = 0.35, share = 0.25;
    double mean = (1 - share) * means[0] + share * means[1];
    double square = (1 - share) * 1 * 1 + share * 2 * 5 * 5;
    for (uint32_t class_index = 0; class_index < 2; class_index++) {
        struct structure structure = structure_of_cores(1);
        uint32_t server = add_servers(&structure, "server", 1);
        add_holding(&structure, server, variate_fixed(1 * MS));
        add_holding(&structure, server, variate_exponential(5 * MS));
        struct poisson_arrivals arrivals;
        poisson_init(&arrivals, rate * 1000, 3);
        arrivals.other_share = share;
        struct client_load load = open_load(&arrivals, 600);
        struct batch_estimate estimate =
            simulate_estimate(&structure, &load, class_index);
        expect_estimate("M/G/1 mean of a class", estimate.mean, estimate.mean_error,
                        means[class_index] + mg1_wait(rate, mean, square));
        structure_release(&structure);
    }
}

/* A pool of threads that wait, then a loop that computes: each as if it were alone, with
 * Poisson arrivals (Jackson; Burke's theorem; K1, 4.2). */
static void test_tandem(void **state)
{
    (void)state;
    struct structure structure = structure_of_cores(2);
    uint32_t pool = add_servers(&structure, "pool", 4);
    uint32_t loop = add_servers(&structure, "loop", 1);
    struct action_list *program = structure_add_program(&structure);
    actions_enter(program, pool);
    actions_wait(program, variate_exponential(8 * MS));
    actions_leave(program, pool);
    actions_enter(program, loop);
    actions_compute(program, variate_exponential(1.5 * MS));
    actions_leave(program, loop);
    struct batch_estimate estimate = estimate_open(&structure, 400, 200000);
    struct queue_mmn first = {4, 0.4, 8}, second = {1, 0.4, 1.5};
    expect_estimate("tandem mean", estimate.mean, estimate.mean_error,
                    mmn_mean(&first) + mmn_mean(&second));
}

/* ---- cores that are shared -------------------------------------------------------- */

/* M/G/1 with processor sharing: a request with the work x takes x / (1 - rho), whatever
 * the distribution (K2, 4.4). */
static void test_processor_sharing(void **state)
{
    (void)state;
    static const double works[] = {1, 10};
    double rate = 0.3, busy = rate * TWO_POINTS_MEAN;
    struct structure mixed = structure_of_cores(1);
    add_computing(&mixed, two_points);
    struct batch_estimate estimate = estimate_open(&mixed, rate * 1000, 150000);
    expect_estimate("M/G/1-PS mean", estimate.mean, estimate.mean_error,
                    TWO_POINTS_MEAN / (1 - busy));
    for (uint32_t class_index = 0; class_index < 2; class_index++) {
        struct structure structure = structure_of_cores(1);
        add_computing(&structure, variate_fixed(works[0] * MS));
        add_computing(&structure, variate_fixed(works[1] * MS));
        struct poisson_arrivals arrivals;
        poisson_init(&arrivals, rate * 1000, 5);
        arrivals.other_share = 0.1;
        struct client_load load = open_load(&arrivals, 1000);
        estimate = simulate_estimate(&structure, &load, class_index);
        expect_estimate("M/G/1-PS mean of a work", estimate.mean, estimate.mean_error,
                        works[class_index] / (1 - busy));
        structure_release(&structure);
    }
}

/* With exponential work the number in the system is that of M/M/N, however the cores are
 * dealt out; first come, first served the times are, too. */
static void test_cores(void **state)
{
    (void)state;
    static const double slices_ms[] = {0, 0.5, 3};
    struct queue_mmn queue = {4, 1.6, 2};
    for (size_t i = 0; i < COUNT_OF(slices_ms); i++) {
        struct structure structure = structure_of_cores(4);
        structure.slice_ns = (uint64_t)(slices_ms[i] * MS);
        add_computing(&structure, variate_exponential(2 * MS));
        struct batch_estimate estimate = estimate_open(&structure, 1600, 120000);
        expect_estimate("mean on four cores", estimate.mean, estimate.mean_error,
                        mmn_mean(&queue));
    }
    struct structure in_order = structure_of_cores(4);
    in_order.slice_ns = NS_PER_S;
    add_computing(&in_order, variate_exponential(2 * MS));
    check_mmn(&in_order, queue, 150000);
}

/* ---- closed loops ----------------------------------------------------------------- */

static void check_repairman(uint64_t clients, uint64_t servers)
{
    struct structure structure = structure_of_line(servers, variate_exponential(1 * MS));
    struct client_load load = closed_load(clients, 60);
    load.think = variate_exponential(10 * MS);
    struct latency_list list = {.class_index = UINT32_MAX};
    struct simulation simulation = {&structure, &load, 11, note_reply, &list};
    struct simulation_result result = simulate_well(&simulation);
    struct batch_estimate estimate = estimate_of(&list);
    double mean = repairman_mean((int)clients, 10, (int)servers, 1);
    expect_estimate("repairman mean", estimate.mean, estimate.mean_error, mean);
    /* X = C / (Z + R), with the errors of both. */
    double throughput = (double)clients / (10 + mean);
    double error = throughput * throughput / (double)clients *
                   hypot(estimate.mean_error, 10 / sqrt((double)list.count));
    expect_estimate("repairman throughput", result.throughput_rps / 1000, error,
                    throughput);
    simulation_result_release(&result);
    structure_release(&structure);
    free(list.items);
}

static void test_machine_repairman(void **state)
{
    (void)state;
    check_repairman(8, 1);
    check_repairman(20, 1);
    check_repairman(40, 3);
}

/* ---- lines with an end ------------------------------------------------------------ */

/* The share that was refused in independent runs. */
static void check_refused(uint64_t servers, uint64_t queue_limit, double rate_rps,
                          double expected)
{
    double shares[BATCHES], mean = 0;
    for (int i = 0; i < BATCHES; i++) {
        struct structure structure =
            structure_of_line(servers, variate_exponential(5 * MS));
        structure.stations[0].refuses = true;
        structure.stations[0].queue_limit = queue_limit;
        struct poisson_arrivals arrivals;
        poisson_init(&arrivals, rate_rps, 100 + (uint64_t)i);
        struct client_load load = open_load(&arrivals, 6000 / rate_rps);
        load.begin_ns = NS_PER_S / 5;
        struct simulation simulation = {
            .structure = &structure, .load = &load, .seed = (uint64_t)i};
        struct simulation_result result = simulate_well(&simulation);
        shares[i] = (double)result.all.refused / (double)result.all.due;
        mean += shares[i] / BATCHES;
        assert_true(result.stations[0].waiting_most <= queue_limit);
        simulation_result_release(&result);
        structure_release(&structure);
    }
    expect_estimate("share refused", mean, error_of(shares), expected);
}

/* Without a line Erlang's B; one server with room for K in all: K1, 3.6. */
static void test_refusals(void **state)
{
    (void)state;
    check_refused(8, 0, 1600, lost_share(8, 8));
    double load = 0.8, room = 5;
    check_refused(1, (uint64_t)room - 1, 160,
                  (1 - load) * pow(load, room) / (1 - pow(load, room + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_service),
        cmocka_unit_test(test_exponential_service),
        cmocka_unit_test(test_two_point_service),
        cmocka_unit_test(test_two_classes_in_one_line),
        cmocka_unit_test(test_tandem),
        cmocka_unit_test(test_processor_sharing),
        cmocka_unit_test(test_cores),
        cmocka_unit_test(test_machine_repairman),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
