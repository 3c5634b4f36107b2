/* workload.c - see workload.h. */
#include "workload/workload.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "workload/load_profile.h"

const char *const arrivals_names[] = {
    [ARRIVALS_POISSON] = "poisson", [ARRIVALS_CONSTANT] = "constant", NULL};

const char *const phase_shape_names[] = {[PHASE_STEP] = "step",
                                         [PHASE_RAMP] = "ramp",
                                         [PHASE_BURST] = "burst",
                                         [PHASE_SINE] = "sine",
                                         NULL};
const char *const think_times_names[] = {
    [THINK_CONSTANT] = "constant", [THINK_EXPONENTIAL] = "exponential", NULL};

void workload_init(struct workload *workload)
{
    *workload = (struct workload){
        .connections = 1,
        .arrivals = ARRIVALS_POISSON,
        .warmup_ns = NS_PER_S,
        .duration_ns = 10 * NS_PER_S,
        .timeout_ns = 30 * NS_PER_S,
        .speed = 1,
        .pipeline = 1,
    };
}

static void request_release(struct request *request)
{
    free(request->path);
    free(request->class_name);
    free(request->digest);
}

void workload_release(struct workload *workload)
{
    for (size_t i = 0; i < workload->request_count; i++)
        request_release(&workload->requests[i]);
    free(workload->requests);
    free(workload->phases);
    free(workload->trace_path);
    free(workload->trace);
    free(workload->slow_readers.path);
    free(workload->slow_senders.path);
    *workload = (struct workload){0};
}

static char *copy_or_null(const char *string)
{
    return string ? memory_copy_string(string) : NULL;
}

/* A heap copy of `count` items, never NULL. */
static void *copy_items(const void *items, size_t count, size_t bytes)
{
    void *copy = memory_allocate_zeroed(count + 1, bytes);
    if (count)
        memcpy(copy, items, count * bytes);
    return copy;
}

void workload_copy(struct workload *to, const struct workload *from)
{
    *to = *from;
    to->requests =
        copy_items(from->requests, from->request_count, sizeof *from->requests);
    for (size_t i = 0; i < from->request_count; i++) {
        to->requests[i].path = memory_copy_string(from->requests[i].path);
        to->requests[i].class_name = memory_copy_string(from->requests[i].class_name);
        to->requests[i].digest = copy_or_null(from->requests[i].digest);
    }
    to->phases = copy_items(from->phases, from->phase_count, sizeof *from->phases);
    to->trace_path = copy_or_null(from->trace_path);
    to->trace = copy_items(from->trace, from->trace_count, sizeof *from->trace);
    to->slow_readers.path = copy_or_null(from->slow_readers.path);
    to->slow_senders.path = copy_or_null(from->slow_senders.path);
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

static double highest_level(const struct load_phase *phase)
{
    return phase->shape == PHASE_STEP || phase->level > phase->to ? phase->level
                                                                  : phase->to;
}

void workload_add_phase(struct workload *workload, const struct load_phase *phase)
{
    workload->phases = memory_resize(workload->phases, (workload->phase_count + 1) *
                                                           sizeof *workload->phases);
    workload->phases[workload->phase_count++] = *phase;
    workload->duration_ns = 0;
    if (workload->phases_are_clients)
        workload->connections = 0;
    for (size_t i = 0; i < workload->phase_count; i++) {
        workload->duration_ns += workload->phases[i].duration_ns;
        uint64_t clients = (uint64_t)ceil(highest_level(&workload->phases[i]));
        if (workload->phases_are_clients && clients > workload->connections)
            workload->connections = clients;
    }
}

/* How many requests take part in the mix. */
static size_t mix_size(const struct workload *workload)
{
    size_t count = 0;
    for (size_t i = 0; i < workload->request_count; i++)
        count += request_is_mixed(&workload->requests[i]);
    return count;
}

static bool mix_has_rate(const struct workload *workload)
{
    return workload->rate_rps > 0 ||
           (workload->phase_count && !workload->phases_are_clients);
}

bool workload_is_open(const struct workload *workload)
{
    return mix_has_rate(workload) || mix_size(workload) < workload->request_count;
}

bool workload_is_steady(const struct workload *workload)
{
    return !workload->phase_count && !workload->trace_count;
}

double workload_mean_rate(const struct workload *workload)
{
    double window_s = (double)workload->duration_ns / NS_PER_S;
    double rate = (double)workload->trace_count / window_s;
    for (size_t i = 0; i < workload->request_count; i++)
        rate += workload->requests[i].rate_rps;
    if (!mix_has_rate(workload))
        return rate;
    struct load_profile profile;
    load_profile_init(&profile, workload);
    double warmup_s = (double)workload->warmup_ns / NS_PER_S;
    rate += (load_profile_area(&profile, warmup_s + window_s) -
             load_profile_area(&profile, warmup_s)) /
            window_s;
    load_profile_release(&profile);
    return rate;
}

uint64_t workload_all_connections(const struct workload *workload)
{
    return workload->connections + workload->idle + workload->slow_readers.count +
           workload->slow_senders.count;
}

static void add_time(cJSON *object, const char *key, uint64_t ns)
{
    char text[QUANTITY_TEXT_BYTES];
    cJSON_AddStringToObject(object, key,
                            quantity_exact(QUANTITY_TIME, ns, text, sizeof text));
}

void workload_phases_to_json(const struct workload *workload, cJSON *object)
{
    cJSON *array = json_add_array(object, "phases");
    for (size_t i = 0; i < workload->phase_count; i++) {
        const struct load_phase *phase = &workload->phases[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(array, item);
        add_time(item, "duration", phase->duration_ns);
        cJSON_AddStringToObject(item, "shape", phase_shape_names[phase->shape]);
        cJSON_AddNumberToObject(
            item, workload->phases_are_clients ? "connections" : "rate", phase->level);
        if (phase->shape != PHASE_STEP)
            cJSON_AddNumberToObject(item, "to", phase->to);
        if (phase->shape == PHASE_BURST || phase->shape == PHASE_SINE)
            add_time(item, "period", phase->period_ns);
        if (phase->shape == PHASE_BURST)
            add_time(item, "burst", phase->burst_ns);
    }
}

/* ---- what no single member shows ----------------------------------------------------
 */

static int check_requests(const struct workload *workload, struct error *error)
{
    if (!workload->request_count)
        return error_set(error, -EINVAL, "no request is given: nothing to send");
    for (size_t i = 0; i < workload->request_count; i++)
        if (workload->requests[i].path[0] != '/')
            return error_set(error, -EINVAL, "a path begins with \"/\", got \"%s\"",
                             workload->requests[i].path);
    size_t mixed = mix_size(workload);
    if (mix_has_rate(workload) && !mixed)
        return error_set(error, -EINVAL,
                         "a rate of the mix is given, but every request has its own");
    if (!mix_has_rate(workload) && mixed && mixed < workload->request_count)
        return error_set(
            error, -EINVAL,
            "some requests have a rate and some have none: give the others a "
            "rate too, or the mix as a whole");
    return 0;
}

static int check_phase(const struct load_phase *phase, struct error *error)
{
    bool periodic = phase->shape == PHASE_BURST || phase->shape == PHASE_SINE;
    if (!phase->duration_ns)
        return error_set(error, -EINVAL, "a phase lasts 0");
    if (!(phase->level >= 0) || (phase->shape != PHASE_STEP && !(phase->to >= 0)))
        return error_set(error, -EINVAL, "a phase has a level below 0");
    if (periodic && !phase->period_ns)
        return error_set(error, -EINVAL, "a %s needs a period",
                         phase_shape_names[phase->shape]);
    if (phase->shape == PHASE_BURST &&
        (!phase->burst_ns || phase->burst_ns >= phase->period_ns))
        return error_set(error, -EINVAL,
                         "a burst lasts longer than 0 and less than its period");
    if (phase->shape == PHASE_SINE &&
        (phase->to < phase->level || phase->to > 2 * phase->level))
        return error_set(error, -EINVAL,
                         "the crest of a sine lies between its middle and twice that, or "
                         "its trough were below 0");
    return 0;
}

static int check_phases(const struct workload *workload, struct error *error)
{
    bool any = false;
    if (workload->phase_count && workload->rate_rps > 0)
        return error_set(error, -EINVAL,
                         "phases say the rate: none is given beside them");
    for (size_t i = 0; i < workload->phase_count; i++) {
        int result = check_phase(&workload->phases[i], error);
        if (result < 0)
            return result;
        any |= highest_level(&workload->phases[i]) > 0;
    }
    if (workload->phase_count && !any)
        return error_set(error, -EINVAL, "all phases are at 0: nothing would be sent");
    if (workload->phases_are_clients && workload->phase_count &&
        mix_size(workload) < workload->request_count)
        return error_set(error, -EINVAL,
                         "phases of clients make a closed loop: no request has a rate");
    return 0;
}

static int check_clients(const struct workload *workload, struct error *error)
{
    bool open = workload_is_open(workload);
    if (open && workload->think_ns)
        return error_set(error, -EINVAL,
                         "only the clients of a closed loop think: leave out the think "
                         "time or the rate");
    if (!open && workload->connect_as_needed)
        return error_set(error, -EINVAL,
                         "a closed loop has as many clients as connections: say how many "
                         "(only an open loop opens them as needed)");
    if (workload->pipeline < 1)
        return error_set(error, -EINVAL, "a pipeline has a depth of at least 1, got 0");
    if (workload->pipeline > 1 && workload->requests_per_connection == 1)
        return error_set(error, -EINVAL,
                         "a connection for every request leaves nothing to pipeline");
    if (workload->pipeline > 1 && workload->think_ns)
        return error_set(error, -EINVAL, "a client that pipelines does not think");
    return 0;
}

int workload_check(const struct workload *workload, struct error *error)
{
    static int (*const checks[])(const struct workload *, struct error *) = {
        check_requests, check_phases, check_clients};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        int result = checks[i](workload, error);
        if (result < 0)
            return result;
    }
    if (!workload->duration_ns)
        return error_set(error, -EINVAL, "the duration is 0: nothing would be measured");
    return 0;
}
