/* plan.c - see plan.h. */
#include "loadgen/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *const verify_names[] = {
    [VERIFY_LEARNED] = "learned", [VERIFY_STATUS] = "status", NULL};
const char *const method_names[] = {[METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", NULL};

/* Index of the class, added where it is new. */
static uint32_t class_of(struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->class_count; i++)
        if (strcmp(plan->class_names[i], name) == 0)
            return (uint32_t)i;
    plan->class_names[plan->class_count] = name;
    return (uint32_t)plan->class_count++;
}

static void build_request(struct plan *plan, size_t i)
{
    const struct request *request = &plan->workload.requests[i];
    struct planned_request *planned = &plan->requests[i];
    planned->bytes = memory_printf(
        "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method_names[plan->method], request->path,
        plan->target.authority, plan->workload.keep_alive ? "" : "Connection: close\r\n");
    planned->length = strlen(planned->bytes);
    planned->class_index = class_of(plan, request->class_name);
    planned->reference = memory_allocate(sizeof *planned->reference);
    reference_init(planned->reference);
}

static int check_limits(const struct plan *plan, struct error *error)
{
    const struct workload *workload = &plan->workload;
    if (!workload->connections)
        return error_set(error, -EINVAL, "at least one connection is needed, got 0");
    if (!plan->interval_ns ||
        workload->duration_ns / plan->interval_ns >= PLAN_MAX_INTERVALS)
        return error_set(error, -EINVAL,
                         "the series has at most %d intervals: take a longer --interval",
                         PLAN_MAX_INTERVALS);
    for (size_t i = 0; i < workload->request_count; i++) {
        int result = target_check_path(workload->requests[i].path, error);
        if (result < 0)
            return result;
    }
    return 0;
}

int plan_build(struct plan *plan, struct error *error)
{
    int result = workload_check(&plan->workload, error);
    if (result == 0)
        result = check_limits(plan, error);
    if (result < 0) {
        plan_release(plan);
        return result;
    }
    size_t count = plan->workload.request_count;
    plan->open = workload_is_open(&plan->workload);
    plan->requests = memory_allocate_zeroed(count, sizeof *plan->requests);
    plan->class_names = memory_allocate_zeroed(count, sizeof *plan->class_names);
    for (size_t i = 0; i < count; i++)
        build_request(plan, i);
    if (plan->threads > plan->workload.connections)
        plan->threads = (unsigned)plan->workload.connections;
    return 0;
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; plan->requests && i < plan->workload.request_count; i++) {
        free(plan->requests[i].bytes);
        reference_release(plan->requests[i].reference);
        free(plan->requests[i].reference);
    }
    free(plan->requests);
    free(plan->class_names);
    target_release(&plan->target);
    workload_release(&plan->workload);
    *plan = (struct plan){0};
}
