/* network.c - see network.h. */
#include "analysis/simulate/network.h"

#include <stdlib.h>

#include "analysis/simulate/streams.h"
#include "base/compare.h"
#include "base/text.h"

void network_init(struct queueing_network *network, const struct structure *structure,
                  uint64_t seed)
{
    *network = (struct queueing_network){.structure = structure};
    stream_seed(&network->times, seed, STREAM_TIMES);
    STAILQ_INIT(&network->ready);
    cores_init(&network->cores, structure->cores, structure->slice_ns);
    network->stations =
        memory_allocate_zeroed(structure->station_count + 1, sizeof *network->stations);
    for (size_t i = 0; i < structure->station_count; i++)
        station_init(&network->stations[i], &structure->stations[i], structure->homes);
}

void network_release(struct queueing_network *network)
{
    for (size_t i = 0; i < network->structure->station_count; i++)
        station_release(&network->stations[i]);
    free(network->stations);
    free(network->waits.entries);
    cores_release(&network->cores);
}

static void make_ready(struct queueing_network *network, struct customer *customer)
{
    STAILQ_INSERT_TAIL(&network->ready, customer, next);
}

/* ---- actions: each returns whether the customer can go on at once ----------------- */

static void leave(struct queueing_network *network, struct customer *customer,
                  size_t index)
{
    struct customer *next =
        station_leave(&network->stations[index], customer, network->now_ns);
    customer->inside &= ~(1ULL << index);
    if (next) {
        next->inside |= 1ULL << index;
        make_ready(network, next);
    }
}

static void end(struct queueing_network *network, struct customer *customer,
                bool is_refused)
{
    customer->program = NULL;
    customer->debt_ns = 0;
    network->on_end(network->context, customer, is_refused);
}

/* What stays with its connection stays with it even now. */
static bool refuse(struct queueing_network *network, struct customer *customer)
{
    for (size_t i = 0; i < network->structure->station_count; i++)
        if (customer->inside & ~customer->kept & 1ULL << i)
            leave(network, customer, i);
    end(network, customer, true);
    return false;
}

/* The server that stays with a connection has slept since its last request. */
static bool enter_again(struct customer *customer, const struct station_spec *spec)
{
    customer->debt_ns += spec->wakeup_ns;
    return true;
}

static bool enter(struct queueing_network *network, struct customer *customer,
                  const struct action *action)
{
    struct station *station = &network->stations[action->station];
    uint64_t bit = 1ULL << action->station;
    if (customer->inside & bit)
        return enter_again(customer, station->spec);
    enum admission admission = station_enter(station, customer, network->now_ns);
    if (admission == REFUSED)
        return refuse(network, customer);
    if (station->spec->is_kept)
        customer->kept |= bit;
    if (admission == ADMITTED)
        customer->inside |= bit;
    return admission == ADMITTED;
}

static bool leave_station(struct queueing_network *network, struct customer *customer,
                          const struct action *action)
{
    if (!(customer->kept & 1ULL << action->station))
        leave(network, customer, action->station);
    return true;
}

static uint64_t draw_ns(struct queueing_network *network, const struct action *action,
                        double more_ns)
{
    double ns = variate_draw_ns(&action->time, &network->times) + more_ns;
    return (uint64_t)(ns + 0.5);
}

static bool compute(struct queueing_network *network, struct customer *customer,
                    const struct action *action)
{
    uint64_t work_ns = draw_ns(network, action, customer->debt_ns);
    customer->debt_ns = 0;
    if (work_ns > 0)
        cores_begin(&network->cores, customer, work_ns, network->now_ns);
    return work_ns == 0;
}

static bool wait_in_step(struct queueing_network *network, struct customer *customer,
                         const struct action *action)
{
    uint64_t wait_ns = draw_ns(network, action, 0);
    if (wait_ns > 0) {
        heap_reserve(&network->waits, memory_resize);
        heap_add(&network->waits, network->now_ns + wait_ns, customer, NULL);
    }
    return wait_ns == 0;
}

static bool (*const actions[])(struct queueing_network *network,
                               struct customer *customer, const struct action *action) = {
    [ACTION_ENTER] = enter,
    [ACTION_LEAVE] = leave_station,
    [ACTION_COMPUTE] = compute,
    [ACTION_WAIT] = wait_in_step,
};

static void go_on(struct queueing_network *network, struct customer *customer)
{
    const struct action_list *program = customer->program;
    while (customer->place < program->count) {
        const struct action *action = &program->items[customer->place++];
        network->events++;
        if (!actions[action->kind](network, customer, action))
            return;
    }
    end(network, customer, false);
}

/* ---- time ------------------------------------------------------------------------- */

void network_start(struct queueing_network *network, struct customer *customer,
                   const struct action_list *program)
{
    customer->program = program;
    customer->place = 0;
    make_ready(network, customer);
}

void network_close(struct queueing_network *network, struct customer *customer)
{
    for (size_t i = 0; i < network->structure->station_count; i++)
        if (customer->inside & 1ULL << i)
            leave(network, customer, i);
    customer->kept = 0;
}

uint64_t network_next_ns(const struct queueing_network *network)
{
    if (!STAILQ_EMPTY(&network->ready))
        return network->now_ns;
    return least_of(heap_first_key(&network->waits), cores_next_ns(&network->cores));
}

void network_advance(struct queueing_network *network, uint64_t now_ns)
{
    struct customer *customer;
    network->now_ns = now_ns;
    while (cores_next_ns(&network->cores) <= now_ns)
        if ((customer = cores_end(&network->cores, now_ns)))
            make_ready(network, customer);
    while (heap_first_key(&network->waits) <= now_ns)
        make_ready(network, heap_remove(&network->waits, 1, NULL));
    while ((customer = customer_line_take(&network->ready)))
        go_on(network, customer);
}

void network_restart(struct queueing_network *network)
{
    for (size_t i = 0; i < network->structure->station_count; i++)
        station_restart(&network->stations[i], network->now_ns);
    cores_restart(&network->cores, network->now_ns);
}
