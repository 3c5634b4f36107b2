/* plan.c - see plan.h. */
#include "loadgen/plan.h"

#include <errno.h>
#include <math.h>
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

void plan_add_target(struct plan *plan, const struct target *target)
{
    plan->targets =
        memory_resize(plan->targets, (plan->target_count + 1) * sizeof *plan->targets);
    plan->targets[plan->target_count++] = *target;
}

/*
 * Equal weights are dealt round; others by the multiples of the golden section modulo 1,
 * which cover [0, 1) evenly from the first few on (D. E. Knuth, TAOCP 3, 6.4).
 */
#define GOLDEN_SECTION 0.61803398874989484820

uint32_t plan_target_of(const struct plan *plan, uint64_t connection)
{
    double total = 0, lightest = plan->targets[0].weight, heaviest = lightest;
    for (size_t i = 0; i < plan->target_count; i++) {
        double weight = plan->targets[i].weight;
        total += weight;
        lightest = weight < lightest ? weight : lightest;
        heaviest = weight > heaviest ? weight : heaviest;
    }
    if (!(lightest < heaviest))
        return (uint32_t)(connection % plan->target_count);
    double turns = (double)connection * GOLDEN_SECTION;
    double point = (turns - floor(turns)) * total;
    uint32_t i = 0;
    while (i + 1 < plan->target_count && point >= plan->targets[i].weight)
        point -= plan->targets[i++].weight;
    return i;
}

static void build_messages(const struct plan *plan, struct planned_request *planned,
                           const char *path)
{
    planned->messages =
        memory_allocate_zeroed(2 * plan->target_count, sizeof *planned->messages);
    for (size_t i = 0; i < 2 * plan->target_count; i++) {
        struct message *message = &planned->messages[i];
        message->bytes = memory_printf(
            "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method_names[plan->method], path,
            plan->targets[i / 2].authority, i % 2 ? "Connection: close\r\n" : "");
        message->length = strlen(message->bytes);
    }
    planned->reference = memory_allocate(sizeof *planned->reference);
}

static void build_request(struct plan *plan, size_t i)
{
    const struct request *request = &plan->workload.requests[i];
    struct planned_request *planned = &plan->requests[i];
    build_messages(plan, planned, request->path);
    planned->class_index = class_of(plan, request->class_name);
    reference_init(planned->reference, request->digest);
}

/* Slow clients keep their connections; nobody verifies what they get. */
static void build_slow_request(const struct plan *plan, struct planned_request *planned,
                               const struct slow_clients *clients)
{
    const char *path = clients->path ? clients->path : plan->workload.requests[0].path;
    build_messages(plan, planned, path);
    reference_init(planned->reference, NULL);
}

static void release_request(const struct plan *plan, struct planned_request *planned)
{
    for (size_t i = 0; planned->messages && i < 2 * plan->target_count; i++)
        free(planned->messages[i].bytes);
    free(planned->messages);
    if (planned->reference)
        reference_release(planned->reference);
    free(planned->reference);
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
    const char *slow[] = {workload->slow_readers.path, workload->slow_senders.path};
    for (size_t i = 0; i < 2; i++) {
        int result = slow[i] ? target_check_path(slow[i], error) : 0;
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
    plan->transient = plan->transient || !workload_is_steady(&plan->workload);
    plan->requests = memory_allocate_zeroed(count, sizeof *plan->requests);
    plan->class_names = memory_allocate_zeroed(count, sizeof *plan->class_names);
    for (size_t i = 0; i < count; i++)
        build_request(plan, i);
    build_slow_request(plan, &plan->slow_read, &plan->workload.slow_readers);
    build_slow_request(plan, &plan->slow_send, &plan->workload.slow_senders);
    if (plan->threads > plan->workload.connections)
        plan->threads = (unsigned)plan->workload.connections;
    return 0;
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; plan->requests && i < plan->workload.request_count; i++)
        release_request(plan, &plan->requests[i]);
    release_request(plan, &plan->slow_read);
    release_request(plan, &plan->slow_send);
    free(plan->requests);
    free(plan->class_names);
    for (size_t i = 0; i < plan->target_count; i++)
        target_release(&plan->targets[i]);
    free(plan->targets);
    workload_release(&plan->workload);
    *plan = (struct plan){0};
}
