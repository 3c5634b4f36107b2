/* path_times.c - see path_times.h. */
#include "analysis/path_times.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "servers/ops/op.h"

/* What another server does meanwhile is a wait here. */
static bool add_fetch(struct path_times *times, const char *asked,
                      const struct work_calibration *calibration)
{
    struct path_times its;
    bool known = path_times_read(&its, asked, calibration);
    times->wait += its.cpu + its.wait + its.blocking;
    times->drawn += its.drawn;
    times->draws += its.draws;
    times->measured = times->measured || its.measured;
    return known;
}

static bool add_step(struct path_times *times, const struct path_step *step,
                     const struct work_calibration *calibration)
{
    char *asked = path_step_fetches(step);
    if (asked) {
        bool known = add_fetch(times, asked, calibration);
        free(asked);
        return known;
    }
    const struct op *op = op_of_step(step);
    if (op && op->kind == OP_REPLY)
        return true;
    struct duration duration;
    double *const by_kind[] = {[OP_WAIT] = &times->wait,
                               [OP_BLOCKING] = &times->blocking,
                               [OP_CPU] = &times->cpu};
    bool lasts = (op && op->flags & OP_LASTS) || work_calibration_work(calibration, step);
    if (op && lasts && path_step_duration(step, &duration)) {
        double seconds = (double)duration.ns / (double)NS_PER_S;
        *by_kind[op->kind] += seconds;
        times->drawn += duration.drawn ? seconds : 0;
        times->draws += duration.drawn;
        return true;
    }
    const struct step_cost *cost = work_calibration_cost(calibration, step);
    if (!cost)
        return false;
    times->measured = true;
    if (cost->kind == OP_CPU)
        times->cpu += cost->cpu_us / 1e6;
    else
        times->blocking += cost->wall_us / 1e6;
    return true;
}

bool path_times_read(struct path_times *times, const char *path,
                     const struct work_calibration *calibration)
{
    struct path_walk walk;
    struct path_step step;
    bool known = true;
    *times = (struct path_times){0};
    path_walk_start(&walk, path, strlen(path));
    while (known && path_walk_next(&walk, &step))
        known = step.length == 0 || add_step(times, &step, calibration);
    return known;
}
