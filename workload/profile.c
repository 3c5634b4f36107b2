/* profile.c - see profile.h. */
#include "workload/profile.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"

/*
 * quick: minutes, one trial of each, so no intervals: indicative. standard: the same
 * trials and some more, 45 minutes of them; six blocks are the fewest that give the
 * median a 95 % interval. thorough: more than half a day, every point of every sweep.
 */
const struct profile profiles[] = {
    [PROFILE_QUICK] = {"quick", 1, 0.4, 0.3, true, true, 0, false},
    [PROFILE_STANDARD] = {"standard", 6, 0.4, 0.3, true, true, 45 * NS_PER_MIN, true},
    [PROFILE_THOROUGH] = {"thorough", 10, 1, 1, false, false, 0, false},
};

const uint64_t profile_looks[] = {6, 10, 15, 20, 30, 0};

const struct profile *profile_named(const char *name)
{
    for (int i = 0; profile_names[i]; i++)
        if (strcmp(profile_names[i], name) == 0)
            return &profiles[i];
    return NULL;
}

static uint64_t scaled_time(uint64_t ns, double scale)
{
    double ms = round((double)ns * scale / (double)NS_PER_MS);
    return (uint64_t)ms * NS_PER_MS;
}

uint64_t profile_duration_ns(const struct profile *profile,
                             const struct scenario *scenario)
{
    uint64_t full_ns = scenario->full_duration_ns ? scenario->full_duration_ns
                                                  : scenario->workload.duration_ns;
    if (profile->quick_duration && scenario->quick_duration_ns)
        return scenario->quick_duration_ns;
    uint64_t ns = scaled_time(full_ns, profile->duration_scale);
    return ns > NS_PER_MS ? ns : NS_PER_MS;
}

void profile_apply(const struct profile *profile, struct scenario *scenario)
{
    struct workload *workload = &scenario->workload;
    struct sweep *sweep = &scenario->sweep;
    uint64_t full_ns = workload->duration_ns;
    workload->warmup_ns = scaled_time(workload->warmup_ns, profile->warmup_scale);
    workload->duration_ns = profile_duration_ns(profile, scenario);
    workload->capacity.search_ns =
        scaled_time(workload->capacity.search_ns, profile->duration_scale);
    if (workload->duration_ns != full_ns && !scenario->full_duration_ns)
        scenario->full_duration_ns = full_ns;
    if (sweep->quick.count && profile->quick_points) {
        words_release(&sweep->values);
        sweep->values = sweep->quick;
        sweep->quick = (struct words){0};
    }
    words_release(&sweep->quick);
}
