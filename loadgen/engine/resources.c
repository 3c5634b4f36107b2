/* resources.c - see resources.h. */
#include "loadgen/engine/resources.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/cpus.h"

#define SPARE_DESCRIPTORS 64

/* Connections that are opened as needed are as many as there are descriptors for. */
static int raise_descriptor_limit(struct workload *workload, struct error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    uint64_t connections = workload_all_connections(workload);
    uint64_t needed = connections + SPARE_DESCRIPTORS;
    if (workload_connects_as_needed(workload) && needed > limit.rlim_max &&
        needed - limit.rlim_max < workload->max_connections) {
        workload->max_connections -= needed - limit.rlim_max;
        needed = limit.rlim_max;
    }
    if (needed > limit.rlim_max)
        return error_set(error, -EMFILE,
                         "%llu connections need %llu descriptors, the limit is %llu: "
                         "raise it with ulimit -n",
                         (unsigned long long)connections, (unsigned long long)needed,
                         (unsigned long long)limit.rlim_max);
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

int resources_take(struct load_plan *plan, struct error *error)
{
    cpu_set_t cpus;
    int result = raise_descriptor_limit(&plan->workload, error);
    if (result == 0 && plan->cpus)
        result = cpus_parse(plan->cpus, &cpus, error);
    if (result == 0 && plan->cpus)
        result = cpus_pin(&cpus, error);
    return result;
}
