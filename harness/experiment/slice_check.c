/* slice_check.c - see slice_check.h. */
#include "harness/experiment/slice_check.h"

#include <errno.h>

#include "base/quantity.h"
#include "servers/ops/op.h"
#include "workload/steps.h"

/* Adds how long a step takes at least, as far as it says so; of a drawn time the mean. */
static void add_time(void *context, const struct path_step *step)
{
    uint64_t *ns = context;
    struct duration duration;
    const struct op *op = op_of_step(step);
    if (op && op->flags & (OP_LASTS | OP_SCALES) && path_step_duration(step, &duration))
        *ns += duration.ns;
}

#define SHOWN 80 /* so much of a path stands in a message */

static int check_requests(const struct workload *workload, const struct slicing *slicing,
                          struct error *error)
{
    char takes[QUANTITY_TEXT_BYTES], measured[QUANTITY_TEXT_BYTES];
    uint64_t measured_ns = slicing->slice_ns - slicing_guard_ns(slicing);
    for (size_t i = 0; i < workload->request_count; i++) {
        const char *path = workload->requests[i].path;
        uint64_t ns = 0;
        path_visit(path, add_time, &ns);
        if (ns > measured_ns)
            return error_set(
                error, -EINVAL,
                "slices measure %s each (--slice-time), and \"%.*s\" takes %s",
                quantity_format(QUANTITY_TIME, (double)measured_ns, measured,
                                sizeof measured),
                SHOWN, path,
                quantity_format(QUANTITY_TIME, (double)ns, takes, sizeof takes));
    }
    return 0;
}

static int check_point(const struct scenario *scenario, const char *value,
                       const struct slicing *slicing, struct error *error)
{
    struct scenario point;
    scenario_at_point(&point, scenario, value);
    int result = slicing_check(&point.workload, error);
    if (result == 0)
        result = check_requests(&point.workload, slicing, error);
    scenario_release(&point);
    return result;
}

int slice_check(const struct scenario *scenario, const struct words *points,
                const struct slicing *slicing, struct error *error)
{
    const struct words *values = points->count ? points : &scenario->sweep.values;
    if (!scenario->sweep.variable)
        return check_point(scenario, NULL, slicing, error);
    int result = 0;
    for (size_t i = 0; i < values->count && result == 0; i++)
        result = check_point(scenario, values->items[i], slicing, error);
    return result;
}
