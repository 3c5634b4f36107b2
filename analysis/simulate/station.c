/* station.c - see station.h. */
#include "analysis/simulate/station.h"

#include <stdlib.h>

#include "base/text.h"

void station_init(struct station *station, const struct station_spec *spec,
                  uint64_t homes)
{
    *station =
        (struct station){.spec = spec, .place_count = spec->is_per_home ? homes : 1};
    station->places =
        memory_allocate_zeroed(station->place_count, sizeof *station->places);
    for (size_t i = 0; i < station->place_count; i++)
        STAILQ_INIT(&station->places[i].line);
}

void station_release(struct station *station)
{
    free(station->places);
}

static struct station_place *place_of(const struct station *station,
                                      const struct customer *customer)
{
    return &station->places[station->spec->is_per_home ? customer->home : 0];
}

enum admission station_enter(struct station *station, struct customer *customer,
                             uint64_t now_ns)
{
    const struct station_spec *spec = station->spec;
    struct station_place *place = place_of(station, customer);
    if (spec->servers == 0 || place->busy.now < spec->servers) {
        occupancy_add(&place->busy, now_ns);
        customer->debt_ns += spec->wakeup_ns;
        return ADMITTED;
    }
    if (spec->refuses && place->waiting.now >= spec->queue_limit)
        return REFUSED;
    occupancy_add(&place->waiting, now_ns);
    STAILQ_INSERT_TAIL(&place->line, customer, next);
    return STANDS_IN_LINE;
}

struct customer *station_leave(struct station *station, const struct customer *customer,
                               uint64_t now_ns)
{
    struct station_place *place = place_of(station, customer);
    struct customer *next = customer_line_take(&place->line);
    occupancy_remove(next ? &place->waiting : &place->busy, now_ns);
    return next;
}

void station_restart(struct station *station, uint64_t now_ns)
{
    for (size_t i = 0; i < station->place_count; i++) {
        occupancy_restart(&station->places[i].busy, now_ns);
        occupancy_restart(&station->places[i].waiting, now_ns);
    }
}
