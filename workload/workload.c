/* workload.c - see workload.h. */
#include "workload/workload.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

const char *const arrivals_names[] = {
    [ARRIVALS_POISSON] = "poisson", [ARRIVALS_CONSTANT] = "constant", NULL};

void workload_init(struct workload *workload)
{
    *workload = (struct workload){
        .connections = 1,
        .arrivals = ARRIVALS_POISSON,
        .warmup_ns = NS_PER_S,
        .duration_ns = 10 * NS_PER_S,
        .timeout_ns = 30 * NS_PER_S,
        .keep_alive = true,
    };
}

static void request_release(struct request *request)
{
    free(request->path);
    free(request->class_name);
}

void workload_release(struct workload *workload)
{
    for (size_t i = 0; i < workload->request_count; i++)
        request_release(&workload->requests[i]);
    free(workload->requests);
    *workload = (struct workload){0};
}

void workload_copy(struct workload *to, const struct workload *from)
{
    *to = *from;
    to->requests = memory_allocate_zeroed(from->request_count + 1, sizeof *to->requests);
    for (size_t i = 0; i < from->request_count; i++) {
        to->requests[i] = from->requests[i];
        to->requests[i].path = memory_copy_string(from->requests[i].path);
        to->requests[i].class_name = memory_copy_string(from->requests[i].class_name);
    }
}

struct request *workload_add_request(struct workload *workload, const char *path)
{
    workload->requests = memory_resize(
        workload->requests, (workload->request_count + 1) * sizeof *workload->requests);
    struct request *request = &workload->requests[workload->request_count++];
    *request = (struct request){
        .path = memory_copy_string(path),
        .class_name = memory_copy_string(""),
        .weight = 1,
        .arrivals = ARRIVALS_POISSON,
    };
    return request;
}

static size_t mix_size(const struct workload *workload)
{
    size_t count = 0;
    for (size_t i = 0; i < workload->request_count; i++)
        count += workload->requests[i].rate_rps == 0;
    return count;
}

bool workload_is_open(const struct workload *workload)
{
    return workload->rate_rps > 0 || mix_size(workload) < workload->request_count;
}

int workload_check(const struct workload *workload, struct error *error)
{
    if (!workload->request_count)
        return error_set(error, -EINVAL, "no request is given: nothing to send");
    for (size_t i = 0; i < workload->request_count; i++)
        if (workload->requests[i].path[0] != '/')
            return error_set(error, -EINVAL, "a path begins with \"/\", got \"%s\"",
                             workload->requests[i].path);
    if (workload->rate_rps > 0 && !mix_size(workload))
        return error_set(error, -EINVAL,
                         "a rate of the mix is given, but every request has its own");
    if (workload->rate_rps == 0 && mix_size(workload) > 0 &&
        mix_size(workload) < workload->request_count)
        return error_set(
            error, -EINVAL,
            "some requests have a rate and some have none: give the others a "
            "rate too, or the mix as a whole");
    if (!workload->duration_ns)
        return error_set(error, -EINVAL, "the duration is 0: nothing would be measured");
    return 0;
}
