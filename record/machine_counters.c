/* machine_counters.c - see machine_counters.h. */
#include "record/machine_counters.h"

#define COUNTER(member, unit_)                                                           \
    MEMBER_NUMBER(#member, machine_counters, member), .unit = (unit_)

static const struct record_field fields[] = {
    {COUNTER(elapsed_s, "s")},
    {COUNTER(busy_cpu_s, "s")},
    {COUNTER(steal_s, "s")},
    {COUNTER(context_switches, NULL)},
    {COUNTER(throttled_s, "s")},
    {COUNTER(pressure_cpu_s, "s")},
    {COUNTER(pressure_memory_s, "s")},
    {COUNTER(pressure_io_s, "s")},
    {COUNTER(swapped_pages, NULL)},
    {COUNTER(listen_overflows, NULL)},
    {COUNTER(listen_drops, NULL)},
    {COUNTER(retransmitted_segments, NULL)},
    {0},
};
const struct record_type machine_counters_type = RECORD_TYPE(machine_counters, fields);
