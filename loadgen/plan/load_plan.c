/* load_plan.c - see load_plan.h. */
#include "loadgen/plan/load_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

const char *const verify_names[] = {
    [VERIFY_LEARNED] = "learned", [VERIFY_STATUS] = "status", NULL};

/* Index of the class, added where it is new. */
static uint32_t class_of(struct load_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->class_count; i++)
        if (strcmp(plan->class_names[i], name) == 0)
            return (uint32_t)i;
    plan->class_names[plan->class_count] = name;
    return (uint32_t)plan->class_count++;
}

void load_plan_add_target(struct load_plan *plan, const struct target *target)
{
    plan->targets =
        memory_resize(plan->targets, (plan->target_count + 1) * sizeof *plan->targets);
    plan->targets[plan->target_count++] = *target;
}

/*
 * Smooth weighted round robin, as in nginx: with every place each target's credit grows
 * by its weight, the target with the highest credit gets the place, and its credit falls
 * by the sum of the weights. So every stretch of the sequence is as near to the weights
 * as whole numbers can be.
 */
static void order_targets(struct load_plan *plan)
{
    double total = 0, credit[LOAD_MAX_TARGETS] = {0};
    for (size_t i = 0; i < plan->target_count; i++)
        total += plan->targets[i].weight;
    for (size_t place = 0; place < PLAN_ROUND; place++) {
        size_t best = 0;
        for (size_t i = 0; i < plan->target_count; i++) {
            credit[i] += plan->targets[i].weight;
            if (credit[i] > credit[best])
                best = i;
        }
        credit[best] -= total;
        plan->round[place] = (uint16_t)best;
    }
}

uint32_t load_plan_target_of(const struct load_plan *plan, uint64_t connection)
{
    return plan->round[connection % PLAN_ROUND];
}

/* ---- requests as bytes ------------------------------------------------------------- */

/* What follows the request line: built once, and sent as it is. */
static void add_headers(struct text *text, const struct request_head *head,
                        const char *authority, const struct text *body, bool last)
{
    bool bodied = head->body || head->body_file ||
                  request_method_expects_body(request_head_method(head));
    if (!request_has_header(&head->headers, "Host"))
        text_printf(text, "Host: %s\r\n", authority);
    for (size_t i = 0; i < head->headers.count; i++)
        text_printf(text, "%s\r\n", head->headers.items[i]);
    if (bodied)
        text_printf(text, "Content-Length: %zu\r\n", body->length);
    text_printf(text, "%s\r\n", last ? "Connection: close\r\n" : "");
}

/* A body is read for each request that has it, which a pipe would give to the first. */
static int check_body_file(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return error_set(error, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, -EINVAL, "%s: a body comes from a regular file", path);
    if (status.st_size > REQUEST_MAX_BODY)
        return error_set(error, -EINVAL, "%s: a body has at most %d MiB, got %lld bytes",
                         path, REQUEST_MAX_BODY >> 20, (long long)status.st_size);
    return 0;
}

/* The bytes of the body, to be released in any case. */
static int read_body(const struct request_head *head, struct text *body,
                     struct error *error)
{
    *body = (struct text){0};
    text_append_string(body, head->body ? head->body : "");
    if (!head->body_file)
        return 0;
    char *bytes = NULL;
    size_t length = 0;
    int result = check_body_file(head->body_file, error);
    if (result == 0)
        result = file_read(head->body_file, &bytes, &length, error);
    if (result < 0)
        return result;
    text_append(body, bytes, length);
    free(bytes);
    return 0;
}

static int build_messages(const struct load_plan *plan, struct planned_request *planned,
                          const char *path, const struct request_head *own,
                          struct error *error)
{
    struct request_head head = request_head_of(&plan->workload.head, own);
    const char *method = request_head_method(&head);
    struct text body;
    int result = read_body(&head, &body, error);
    planned->messages =
        memory_allocate_zeroed(2 * plan->target_count, sizeof *planned->messages);
    for (size_t i = 0; result == 0 && i < 2 * plan->target_count; i++) {
        struct message *message = &planned->messages[i];
        struct text text = {0};
        text_printf(&text, "%s %s HTTP/1.1\r\n", method, path);
        add_headers(&text, &head, plan->targets[i / 2].authority, &body, i % 2);
        text_append(&text, body.data, body.length);
        message->length = text.length;
        message->bytes = text_steal(&text);
    }
    planned->to_head = strcmp(method, "HEAD") == 0;
    planned->idempotent = request_method_is_idempotent(method);
    planned->expected = memory_allocate(sizeof *planned->expected);
    text_release(&body);
    free(head.headers.items);
    return result;
}

static int build_request(struct load_plan *plan, size_t i, struct error *error)
{
    const struct request *request = &plan->workload.requests[i];
    struct planned_request *planned = &plan->requests[i];
    planned->class_index = class_of(plan, request->class_name);
    int result = build_messages(plan, planned, request->path, &request->head, error);
    expected_reply_init(planned->expected, request->digest);
    return result;
}

/* Slow clients keep their connections, and what they get is not verified. */
static int build_slow_request(const struct load_plan *plan,
                              struct planned_request *planned,
                              const struct slow_clients *clients, struct error *error)
{
    static const struct request_head none = {0};
    const char *path = clients->path ? clients->path : plan->workload.requests[0].path;
    int result = build_messages(plan, planned, path, &none, error);
    expected_reply_init(planned->expected, NULL);
    return result;
}

static int build_requests(struct load_plan *plan, struct error *error)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < plan->workload.request_count; i++)
        result = build_request(plan, i, error);
    if (result == 0)
        result = build_slow_request(plan, &plan->slow_read, &plan->workload.slow_readers,
                                    error);
    if (result == 0)
        result = build_slow_request(plan, &plan->slow_send, &plan->workload.slow_senders,
                                    error);
    return result;
}

static void release_request(const struct load_plan *plan, struct planned_request *planned)
{
    for (size_t i = 0; planned->messages && i < 2 * plan->target_count; i++)
        free(planned->messages[i].bytes);
    free(planned->messages);
    if (planned->expected)
        expected_reply_release(planned->expected);
    free(planned->expected);
}

static int check_limits(const struct load_plan *plan, struct error *error)
{
    const struct workload *workload = &plan->workload;
    if (workload->duration_ns / plan->interval_ns >= LOAD_MAX_INTERVALS)
        return error_set(error, -EINVAL,
                         "the series has at most %d intervals: take a longer --interval",
                         LOAD_MAX_INTERVALS);
    double rate = workload_highest_rate(workload);
    if (rate > LOAD_MAX_RATE * plan->threads)
        return error_set(error, -EINVAL,
                         "%.3g requests/s are more than %u %s can send: at most "
                         "%.0fM/s each (--threads)",
                         rate, plan->threads,
                         text_plural(plan->threads, "thread", "threads"),
                         LOAD_MAX_RATE / 1e6);
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

int load_plan_build(struct load_plan *plan, struct error *error)
{
    uint64_t longest_ns = (LOAD_MAX_INTERVALS - 1) * plan->interval_ns;
    workload_settle_duration(&plan->workload,
                             longest_ns < NS_PER_H ? longest_ns : NS_PER_H);
    int result = workload_check(&plan->workload, error);
    if (result == 0)
        result = check_limits(plan, error);
    if (result < 0) {
        load_plan_release(plan);
        return result;
    }
    size_t count = plan->workload.request_count;
    plan->open = workload_is_open(&plan->workload);
    plan->transient = plan->transient || !workload_is_steady(&plan->workload);
    plan->requests = memory_allocate_zeroed(count, sizeof *plan->requests);
    plan->class_names = memory_allocate_zeroed(count, sizeof *plan->class_names);
    result = build_requests(plan, error);
    if (result < 0) {
        load_plan_release(plan);
        return result;
    }
    order_targets(plan);
    uint64_t connections = workload_connections(&plan->workload);
    if (plan->threads > connections)
        plan->threads = (unsigned)connections;
    return 0;
}

void load_plan_release(struct load_plan *plan)
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
    *plan = (struct load_plan){0};
}
