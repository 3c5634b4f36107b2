/* simulation_result.c - see simulation_result.h. */
#include "analysis/simulate/simulation_result.h"

#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "base/text.h"

static struct simulated_station read_station(const struct station *station,
                                             uint64_t now_ns)
{
    struct simulated_station read = {.name = station->spec->name,
                                     .servers =
                                         station->spec->servers * station->place_count};
    double busiest = 0;
    for (size_t i = 0; i < station->place_count; i++) {
        const struct station_place *place = &station->places[i];
        double busy = occupancy_mean(&place->busy, now_ns);
        read.busy += busy;
        read.waiting += occupancy_mean(&place->waiting, now_ns);
        read.waiting_most = most_of(read.waiting_most, place->waiting.most);
        busiest = fmax(busiest, busy);
    }
    read.utilisation = read.servers ? read.busy / (double)read.servers : NAN;
    read.busiest = read.servers ? busiest / (double)station->spec->servers : NAN;
    return read;
}

static struct simulated_station read_cores(const struct cores *cores, uint64_t now_ns)
{
    double busy = occupancy_mean(&cores->busy, now_ns);
    return (struct simulated_station){
        .name = "CPU",
        .servers = cores->count,
        .busy = busy,
        .utilisation = busy / (double)cores->count,
        .busiest = busy / (double)cores->count,
        .waiting = occupancy_mean(&cores->waiting, now_ns),
        .waiting_most = cores->waiting.most,
    };
}

static const struct simulated_station *
find_bottleneck(const struct simulated_station *stations, size_t count)
{
    const struct simulated_station *most = &stations[count - 1];
    for (size_t i = 0; i < count; i++)
        if (stations[i].busiest > most->busiest)
            most = &stations[i];
    for (size_t i = count; i-- > 0;)
        if (stations[i].busiest >= BOTTLENECK_USED * most->busiest &&
            stations[i].waiting >= BOTTLENECK_WAITING * stations[i].busy)
            return &stations[i];
    return most;
}

void simulation_result_read_stations(struct simulation_result *result,
                                     const struct queueing_network *network)
{
    size_t count = network->structure->station_count;
    result->station_count = count + 1;
    result->stations =
        memory_allocate_zeroed(result->station_count, sizeof *result->stations);
    for (size_t i = 0; i < count; i++)
        result->stations[i] = read_station(&network->stations[i], network->now_ns);
    result->stations[count] = read_cores(&network->cores, network->now_ns);
    result->cores_used = result->stations[count].busy;
    result->bottleneck = find_bottleneck(result->stations, result->station_count);
}

void simulation_result_release(struct simulation_result *result)
{
    for (size_t i = 0; i < result->class_count; i++)
        histogram_release(&result->classes[i].latency);
    if (result->class_count)
        histogram_release(&result->all.latency);
    free(result->classes);
    free(result->stations);
    *result = (struct simulation_result){0};
}
