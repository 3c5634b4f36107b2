/* fairness.c - see fairness.h. */
#include "loadgen/measure/fairness.h"

#include <stdlib.h>

#include "base/compare.h"
#include "base/text.h"

void fairness_add(struct fairness *fairness, const struct client_tally *client)
{
    struct client_tally *added =
        record_append(&fairness->clients, &fairness->count, sizeof *added);
    *added = *client;
}

void fairness_merge(struct fairness *into, const struct fairness *from)
{
    for (size_t i = 0; i < from->count; i++)
        fairness_add(into, &from->clients[i]);
}

void fairness_release(struct fairness *fairness)
{
    free(fairness->clients);
    *fairness = (struct fairness){0};
}

/* The longest that a reply to a request of this class took; 0: none came. */
static uint64_t slowest_ns(const struct class_record *class)
{
    uint64_t on_time = class->on_time.count ? class->on_time.max_ns : 0;
    uint64_t late = class->late.count ? class->late.max_ns : 0;
    uint64_t slowest = on_time > late ? on_time : late;
    return most_of(slowest, class->slowest_early_ns);
}

static bool is_starved(const struct client_tally *client, const struct recorder *recorder)
{
    if (client->replies)
        return false;
    uint64_t slowest = slowest_ns(&recorder->classes[client->class_index]);
    return client->failing || (slowest && client->waited_ns > 2 * slowest);
}

struct clients_result *fairness_judge(const struct fairness *fairness,
                                      const struct recorder *recorder)
{
    size_t count = fairness->count, starved = 0;
    if (!count)
        return NULL;
    double *replies = memory_allocate_zeroed(count, sizeof *replies);
    for (size_t i = 0; i < count; i++) {
        replies[i] = fairness->clients[i].replies;
        starved += is_starved(&fairness->clients[i], recorder);
    }
    qsort(replies, count, sizeof *replies, compare_doubles);
    struct clients_result *result = memory_allocate(sizeof *result);
    *result = (struct clients_result){
        .connections = (double)count,
        .starved = replies[count - 1] > 0 ? (double)starved : 0,
        .least = replies[0],
        .median = (replies[(count - 1) / 2] + replies[count / 2]) / 2,
        .most = replies[count - 1],
    };
    free(replies);
    return result;
}
