/* stopping.c - see stopping.h. */
#include "analysis/stopping.h"

#include "base/clock.h"

static bool has_time(const struct experiment *experiment, const struct look *look,
                     uint64_t next)
{
    double budget_s = (double)experiment->budget_ns / NS_PER_S;
    double expected_s = look->spent_s * (double)next / (double)look->blocks;
    return !experiment->budget_ns || expected_s <= budget_s;
}

struct look stopping_look(const struct experiment *experiment,
                          const struct precision *precision, uint64_t blocks,
                          double spent_s)
{
    uint64_t next = experiment_next_look(experiment, blocks);
    struct look look = {
        .blocks = blocks,
        .spent_s = spent_s,
        .widest = precision_name(precision),
        .half_width = precision->row ? precision->half_width : (double)NAN,
        .wanted = precision->row ? precision->wanted : (double)NAN,
    };
    look.decision = precision->reached                   ? LOOK_PRECISE
                    : !next                              ? LOOK_LAST
                    : !has_time(experiment, &look, next) ? LOOK_OUT_OF_TIME
                                                         : LOOK_GOES_ON;
    if (look.decision == LOOK_GOES_ON)
        look.next = next;
    return look;
}
