/* population.c - see population.h. */
#include "analysis/simulate/population.h"

#include <stdlib.h>

#include "analysis/simulate/streams.h"
#include "base/compare.h"
#include "base/text.h"

/* ---- connections ------------------------------------------------------------------ */

static void connect_customer(struct population *population, struct customer *customer)
{
    customer->home = homes_open(&population->homes, &population->connecting);
    customer->is_open = true;
    customer->replies = 0;
    customer->debt_ns = population->network->structure->accept_ns;
    population->open++;
    population->most_open = most_of(population->open, population->most_open);
}

static void disconnect(struct population *population, struct customer *customer)
{
    network_close(population->network, customer);
    homes_close(&population->homes, customer->home);
    customer->is_open = false;
    population->open--;
}

static struct customer *add_customer(struct population *population)
{
    if (population->count == population->room) {
        population->room = population->room ? 2 * population->room : 64;
        population->customers = memory_resize(
            population->customers, population->room * sizeof(struct customer *));
        population->free =
            memory_resize(population->free, population->room * sizeof(struct customer *));
    }
    struct customer *customer = memory_allocate_zeroed(1, sizeof *customer);
    customer->index = population->count;
    population->customers[population->count++] = customer;
    return customer;
}

static void begin(struct population *population, struct customer *customer,
                  uint32_t class_index, uint64_t due_ns)
{
    struct queueing_network *network = population->network;
    if (!customer->is_open)
        connect_customer(population, customer);
    customer->class_index = class_index;
    customer->due_ns = due_ns;
    population->on_begin(population->context, customer);
    network_start(network, customer, &network->structure->programs[class_index]);
}

/* ---- open loop -------------------------------------------------------------------- */

/* Arrivals from the end of the window on are not made. */
static void find_next(struct population *population)
{
    const struct client_load *load = population->load;
    if (!load->arrive(load->context, &population->next) ||
        population->next.due_ns >= load->end_ns)
        population->next.due_ns = UINT64_MAX;
}

static bool can_take(const struct population *population)
{
    return population->free_count > 0 ||
           population->count < population->load->connections;
}

static struct customer *take_free(struct population *population)
{
    if (population->free_count == 0)
        return add_customer(population);
    uint64_t place = random_below(&population->choosing, population->free_count);
    struct customer *customer = population->free[place];
    population->free[place] = population->free[--population->free_count];
    return customer;
}

static void give_free(struct population *population, struct customer *customer)
{
    population->free[population->free_count++] = customer;
}

static void send_due(struct population *population, uint64_t now_ns)
{
    while (population->next.due_ns <= now_ns && can_take(population)) {
        struct planned_arrival arrival = population->next;
        begin(population, take_free(population), arrival.class_index, arrival.due_ns);
        find_next(population);
    }
}

static void open_all(struct population *population)
{
    for (uint64_t i = 0; i < population->load->connections; i++) {
        struct customer *customer = add_customer(population);
        connect_customer(population, customer);
        give_free(population, customer);
    }
}

bool population_take_unsent(struct population *population,
                            struct planned_arrival *arrival)
{
    if (!population->load->arrive || population->next.due_ns == UINT64_MAX)
        return false;
    *arrival = population->next;
    find_next(population);
    return true;
}

/* ---- closed loop ------------------------------------------------------------------ */

static uint32_t choose_class(struct population *population)
{
    size_t last = population->network->structure->program_count - 1;
    if (last == 0)
        return 0;
    double point = random_unit(&population->choosing) * population->up_to[last];
    uint32_t i = 0;
    while (i < last && point >= population->up_to[i])
        i++;
    return i;
}

static void think_until(struct population *population, struct customer *customer,
                        uint64_t at_ns)
{
    heap_reserve(&population->thinkers, memory_resize);
    heap_add(&population->thinkers, at_ns, customer, NULL);
}

/* Unless the window is over, or fewer clients are wanted by now. */
static void send_next(struct population *population, struct customer *customer,
                      uint64_t now_ns)
{
    customer->is_parked = customer->index >= population->wanted;
    if (!customer->is_parked && now_ns < population->load->end_ns)
        begin(population, customer, choose_class(population), now_ns);
}

static void keep_level(struct population *population, uint64_t now_ns)
{
    const struct client_load *load = population->load;
    while (population->level < load->level_count &&
           load->levels[population->level].at_ns <= now_ns)
        population->wanted = load->levels[population->level++].clients;
    uint64_t count = least_of(population->wanted, population->count);
    for (uint64_t i = 0; i < count; i++)
        if (population->customers[i]->is_parked)
            send_next(population, population->customers[i], now_ns);
}

static uint64_t next_level_ns(const struct population *population)
{
    const struct client_load *load = population->load;
    return population->level < load->level_count ? load->levels[population->level].at_ns
                                                 : UINT64_MAX;
}

static void wake_thinkers(struct population *population, uint64_t now_ns)
{
    if (next_level_ns(population) <= now_ns)
        keep_level(population, now_ns);
    while (heap_first_key(&population->thinkers) <= now_ns)
        send_next(population, heap_remove(&population->thinkers, 1, NULL), now_ns);
}

static void start_clients(struct population *population)
{
    const struct client_load *load = population->load;
    population->wanted = load->level_count ? 0 : load->connections;
    double gap_ns = (double)load->start_ns / (double)load->connections;
    for (uint64_t i = 0; i < load->connections; i++)
        think_until(population, add_customer(population), (uint64_t)((double)i * gap_ns));
}

static void think(struct population *population, struct customer *customer)
{
    uint64_t now_ns = population->network->now_ns;
    double think_ns = variate_draw_ns(&population->load->think, &population->thinking);
    if (think_ns >= 1)
        think_until(population, customer, now_ns + (uint64_t)think_ns);
    else
        send_next(population, customer, now_ns);
}

static void add_weights(struct population *population)
{
    size_t count = population->network->structure->program_count;
    double total = 0;
    population->up_to = memory_allocate(count * sizeof *population->up_to);
    for (size_t i = 0; i < count; i++)
        population->up_to[i] = total += population->load->weights[i];
}

/* ---- both ------------------------------------------------------------------------- */

void population_init(struct population *population, const struct client_load *load,
                     struct queueing_network *network, uint64_t seed)
{
    *population = (struct population){.load = load, .network = network};
    homes_init(&population->homes, network->structure->homes,
               network->structure->dealing);
    stream_seed(&population->connecting, seed, STREAM_CONNECTING);
    stream_seed(&population->choosing, seed, STREAM_CHOOSING);
    stream_seed(&population->thinking, seed, STREAM_THINKING);
    if (load->arrive) {
        if (!load->connects_as_needed)
            open_all(population);
        find_next(population);
    } else {
        add_weights(population);
        start_clients(population);
    }
}

void population_release(struct population *population)
{
    for (size_t i = 0; i < population->count; i++)
        free(population->customers[i]);
    free(population->customers);
    free(population->free);
    free(population->thinkers.entries);
    free(population->up_to);
    homes_release(&population->homes);
}

uint64_t population_next_ns(const struct population *population)
{
    if (population->load->arrive)
        return can_take(population) ? population->next.due_ns : UINT64_MAX;
    return least_of(heap_first_key(&population->thinkers), next_level_ns(population));
}

void population_advance(struct population *population, uint64_t now_ns)
{
    if (population->load->arrive)
        send_due(population, now_ns);
    else
        wake_thinkers(population, now_ns);
}

void population_ended(struct population *population, struct customer *customer)
{
    uint64_t limit = population->load->requests_per_connection;
    customer->replies++;
    if (limit && customer->replies >= limit)
        disconnect(population, customer);
    if (population->load->arrive)
        give_free(population, customer);
    else
        think(population, customer);
}
