/* client_load.c - see client_load.h. */
#include "analysis/simulate/client_load.h"

#include <errno.h>
#include <math.h>

#include "workload/workload.h"

static int check_closed(const struct client_load *load, size_t class_count,
                        struct error *error)
{
    double total = 0;
    for (size_t i = 0; i < class_count; i++) {
        double weight = load->weights ? load->weights[i] : NAN;
        if (!isfinite(weight) || weight < 0)
            return error_set(error, -EINVAL, "a weight is a number from 0 on, got %g",
                             weight);
        total += weight;
    }
    if (!(total > 0))
        return error_set(error, -EINVAL, "no class has a weight above 0");
    if (!variate_is_valid(&load->think))
        return error_set(error, -EINVAL, "clients think for a time from 0 on, got %g ns",
                         load->think.ns);
    for (size_t i = 1; i < load->level_count; i++)
        if (load->levels[i].at_ns < load->levels[i - 1].at_ns)
            return error_set(error, -EINVAL, "levels of clients go back in time");
    return 0;
}

int client_load_check(const struct client_load *load, size_t class_count,
                      struct error *error)
{
    if (load->end_ns <= load->begin_ns)
        return error_set(error, -EINVAL, "the window ends before it begins");
    if (load->connections < 1 || load->connections > WORKLOAD_MAX_CONNECTIONS)
        return error_set(error, -EINVAL, "there are 1 to %d connections, got %llu",
                         WORKLOAD_MAX_CONNECTIONS, (unsigned long long)load->connections);
    return load->arrive ? 0 : check_closed(load, class_count, error);
}
