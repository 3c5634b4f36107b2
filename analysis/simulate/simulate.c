/* simulate.c - see simulate.h. */
#include "analysis/simulate/simulate.h"

#include <errno.h>

#include "analysis/simulate/population.h"
#include "base/compare.h"

/* A simulation while it runs. */
struct simulation_run {
    const struct simulation *simulation;
    struct queueing_network network;
    struct population population;
    struct request_tally tally;
    struct occupancy in_system;
};

/* ---- checking --------------------------------------------------------------------- */

static double mean_ns(const struct action_list *program)
{
    double sum_ns = 0;
    for (size_t i = 0; i < program->count; i++)
        sum_ns += variate_mean_ns(&program->items[i].time);
    return sum_ns;
}

/* Clients that neither think nor wait would go round at the same moment for ever. */
static int check_time_passes(const struct simulation *simulation, struct error *error)
{
    const struct structure *structure = simulation->structure;
    const struct client_load *load = simulation->load;
    if (load->arrive || variate_mean_ns(&load->think) > 0)
        return 0;
    for (size_t i = 0; i < structure->station_count; i++)
        if (structure->stations[i].refuses)
            return error_set(error, -EINVAL,
                             "clients that station \"%s\" refuses would ask again at "
                             "once: they need a time to think",
                             structure->stations[i].name);
    for (size_t i = 0; i < structure->program_count; i++)
        if (load->weights[i] > 0 && !(mean_ns(&structure->programs[i]) > 0))
            return error_set(error, -EINVAL,
                             "requests of class %zu take no time, and their clients do "
                             "not think: there is nothing to simulate",
                             i);
    return 0;
}

static int check(const struct simulation *simulation, struct error *error)
{
    int result = structure_check(simulation->structure, error);
    if (result == 0)
        result = client_load_check(simulation->load, simulation->structure->program_count,
                                   error);
    return result < 0 ? result : check_time_passes(simulation, error);
}

/* ---- requests --------------------------------------------------------------------- */

static void on_begin(void *context, const struct customer *customer)
{
    struct simulation_run *run = context;
    tally_begun(&run->tally, customer->class_index, customer->due_ns);
    occupancy_add(&run->in_system, run->network.now_ns);
}

static void on_end(void *context, struct customer *customer, bool is_refused)
{
    struct simulation_run *run = context;
    const struct simulation *simulation = run->simulation;
    uint32_t class_index = customer->class_index;
    uint64_t due_ns = customer->due_ns, now_ns = run->network.now_ns;
    occupancy_remove(&run->in_system, now_ns);
    if (is_refused)
        tally_refused(&run->tally, class_index, due_ns);
    else
        tally_done(&run->tally, class_index, due_ns, now_ns);
    if (!is_refused && simulation->on_reply)
        simulation->on_reply(simulation->context, class_index, due_ns, now_ns);
    population_ended(&run->population, customer);
}

/* ---- time ------------------------------------------------------------------------- */

/* What lies before this time; then it is that time. Who leaves goes before who comes. */
static void run_until(struct simulation_run *run, uint64_t until_ns)
{
    struct queueing_network *network = &run->network;
    for (;;) {
        uint64_t next_ns =
            least_of(network_next_ns(network), population_next_ns(&run->population));
        next_ns = most_of(next_ns, network->now_ns); /* an arrival may be late */
        if (next_ns >= until_ns)
            break;
        network_advance(network, next_ns);
        population_advance(&run->population, next_ns);
    }
    network->now_ns = until_ns;
}

/* Nothing begins any more; those that belong may end. */
static void drain(struct simulation_run *run)
{
    struct queueing_network *network = &run->network;
    uint64_t stop_ns = network->now_ns + run->simulation->load->drain_ns;
    while (run->tally.left > 0 && network_next_ns(network) <= stop_ns)
        network_advance(network, network_next_ns(network));
    if (run->tally.left > 0)
        network->now_ns = stop_ns;
}

static void count_unfinished(struct simulation_run *run)
{
    struct population *population = &run->population;
    uint64_t now_ns = run->network.now_ns;
    for (size_t i = 0; i < population->count; i++) {
        const struct customer *customer = population->customers[i];
        if (customer->program)
            tally_in_flight(&run->tally, customer->class_index, customer->due_ns, now_ns);
    }
    struct planned_arrival arrival;
    while (population_take_unsent(population, &arrival))
        if (arrival.due_ns >= run->tally.begin_ns)
            tally_unsent(&run->tally, arrival.class_index, arrival.due_ns, now_ns);
}

static void run_window(struct simulation_run *run, struct simulation_result *result)
{
    const struct client_load *load = run->simulation->load;
    run_until(run, load->begin_ns);
    network_restart(&run->network);
    occupancy_restart(&run->in_system, load->begin_ns);
    run_until(run, load->end_ns);
    simulation_result_read_stations(result, &run->network);
    result->in_system = occupancy_mean(&run->in_system, load->end_ns);
}

static void read_classes(struct simulation_run *run, struct simulation_result *result)
{
    const struct client_load *load = run->simulation->load;
    result->classes = run->tally.classes;
    result->class_count = run->tally.class_count;
    histogram_init(&result->all.latency);
    for (size_t i = 0; i < result->class_count; i++)
        simulated_class_merge(&result->all, &result->classes[i]);
    result->throughput_rps =
        (double)result->all.replies / ((double)(load->end_ns - load->begin_ns) / 1e9);
}

int simulate(const struct simulation *simulation, struct simulation_result *result,
             struct error *error)
{
    const struct structure *structure = simulation->structure;
    const struct client_load *load = simulation->load;
    *result = (struct simulation_result){0};
    int failure = check(simulation, error);
    if (failure < 0)
        return failure;
    struct simulation_run run = {.simulation = simulation};
    network_init(&run.network, structure, simulation->seed);
    run.network.on_end = on_end;
    run.network.context = &run;
    tally_init(&run.tally, structure->program_count, load->begin_ns, load->end_ns);
    population_init(&run.population, load, &run.network, simulation->seed);
    run.population.on_begin = on_begin;
    run.population.context = &run;
    run_window(&run, result);
    drain(&run);
    count_unfinished(&run);
    read_classes(&run, result);
    result->connections = run.population.most_open;
    result->memory_bytes = structure->fixed_bytes +
                           structure->connection_bytes * (double)run.population.most_open;
    result->events = run.network.events;
    population_release(&run.population);
    network_release(&run.network);
    return 0;
}
