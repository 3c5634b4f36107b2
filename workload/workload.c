/* workload.c - see workload.h. */
#include "workload/workload.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "workload/load_fields.h"
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

#define USUAL_DURATION_NS (10 * NS_PER_S)

void workload_init(struct workload *workload)
{
    *workload = (struct workload){0};
    fields_default(workload_fields, workload);
}

void workload_release(struct workload *workload)
{
    fields_release(workload_fields, workload);
}

void workload_copy(struct workload *to, const struct workload *from)
{
    *to = *from;
    fields_own(workload_fields, to);
}

struct request *workload_add_request(struct workload *workload, const char *path)
{
    workload->requests = memory_resize(
        workload->requests, (workload->request_count + 1) * sizeof *workload->requests);
    struct request *request = &workload->requests[workload->request_count++];
    *request = (struct request){0};
    fields_default(request_fields, request);
    request->path = memory_copy_string(path);
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
}

void workload_settle_duration(struct workload *workload, uint64_t counted_ns)
{
    const struct trace *trace = &workload->trace;
    if (workload->duration_ns)
        return;
    for (size_t i = 0; i < workload->phase_count; i++)
        workload->duration_ns += workload->phases[i].duration_ns;
    if (trace->count) /* the last arrival belongs to the window as well */
        workload->duration_ns = trace->entries[trace->count - 1].at_ns + NS_PER_MS;
    if (!workload->duration_ns && workload->request_limit)
        workload->duration_ns = counted_ns;
    if (!workload->duration_ns)
        workload->duration_ns = USUAL_DURATION_NS;
}

uint64_t workload_connections(const struct workload *workload)
{
    uint64_t clients = 0;
    if (workload_connects_as_needed(workload))
        return workload->max_connections;
    if (!workload_phases_are_clients(workload))
        return workload->connections ? workload->connections : 1;
    for (size_t i = 0; i < workload->phase_count; i++) {
        uint64_t level = (uint64_t)ceil(highest_level(&workload->phases[i]));
        clients = level > clients ? level : clients;
    }
    return clients;
}

/* The number of requests in the mix. */
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
           (workload->phase_count && !workload->phases[0].of_clients);
}

bool workload_is_open(const struct workload *workload)
{
    return mix_has_rate(workload) || mix_size(workload) < workload->request_count;
}

bool workload_is_steady(const struct workload *workload)
{
    return !workload->phase_count && !workload->trace.count;
}

/* Of the requests that have a rate of their own. */
static double own_rates(const struct workload *workload)
{
    double rate = 0;
    for (size_t i = 0; i < workload->request_count; i++)
        rate += workload->requests[i].rate_rps;
    return rate;
}

double workload_mean_rate(const struct workload *workload)
{
    double window_s = (double)workload->duration_ns / NS_PER_S;
    double rate = (double)workload->trace.count / window_s + own_rates(workload);
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

double workload_highest_rate(const struct workload *workload)
{
    double rate = own_rates(workload);
    if (!mix_has_rate(workload))
        return rate;
    struct load_profile profile;
    load_profile_init(&profile, workload);
    rate += load_profile_highest(&profile);
    load_profile_release(&profile);
    return rate;
}

uint64_t workload_all_connections(const struct workload *workload)
{
    return workload_connections(workload) + workload->idle +
           workload->slow_readers.count + workload->slow_senders.count;
}

char *workload_objective(const struct workload *workload)
{
    char limit[QUANTITY_TEXT_BYTES];
    quantity_exact(QUANTITY_TIME, workload->capacity.limit_ns, limit, sizeof limit);
    return memory_printf("p%g<%s", workload->capacity.percentile, limit);
}

uint64_t workload_search_ns(const struct workload *workload)
{
    return workload_seeks_capacity(workload)
               ? workload->capacity.search_ns + workload->warmup_ns +
                     workload->duration_ns
               : 0;
}

/* ---- rules between members --------------------------------------------------------- */

static int check_requests(const struct workload *workload, struct error *error)
{
    if (!workload->request_count)
        return error_set(error, -EINVAL, "no request is given: nothing to send");
    int result = request_head_check(&workload->head, error);
    for (size_t i = 0; i < workload->request_count && result == 0; i++) {
        if (workload->requests[i].path[0] != '/')
            return error_set(error, -EINVAL, "a path begins with \"/\", got \"%s\"",
                             workload->requests[i].path);
        result = request_head_check(&workload->requests[i].head, error);
    }
    if (result < 0)
        return result;
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
    if (workload_phases_are_clients(workload) &&
        mix_size(workload) < workload->request_count)
        return error_set(error, -EINVAL,
                         "phases of clients make a closed loop: no request has a rate");
    return 0;
}

static int check_rates(const struct workload *workload, struct error *error)
{
    double rate = workload_highest_rate(workload);
    if (rate <= WORKLOAD_MAX_RATE)
        return 0;
    return error_set(error, -EINVAL,
                     "%.3g requests/s are more than any machine sends: at most %.0fM/s",
                     rate, WORKLOAD_MAX_RATE / 1e6);
}

static int check_capacity(const struct workload *workload, struct error *error)
{
    if (!workload_seeks_capacity(workload))
        return 0;
    if (!(workload->rate_rps > 0))
        return error_set(error, -EINVAL,
                         "a search for the capacity begins at a rate: give one, and no "
                         "phases or trace");
    if (mix_size(workload) < workload->request_count)
        return error_set(error, -EINVAL,
                         "a search for the capacity sets the rate of all requests: none "
                         "has its own");
    return 0;
}

static int check_clients(const struct workload *workload, struct error *error)
{
    bool open = workload_is_open(workload);
    if (open && workload->think_ns)
        return error_set(error, -EINVAL,
                         "only the clients of a closed loop think: leave out the think "
                         "time or the rate");
    if (workload->pipeline < 1)
        return error_set(error, -EINVAL, "a pipeline has a depth of at least 1, got 0");
    if (workload->pipeline > 1 && workload_requests_per_connection(workload) == 1)
        return error_set(error, -EINVAL,
                         "a connection for every request leaves nothing to pipeline");
    if (workload->pipeline > 1 && workload->think_ns)
        return error_set(error, -EINVAL, "a client that pipelines does not think");
    return 0;
}

int workload_check(const struct workload *workload, struct error *error)
{
    static int (*const checks[])(const struct workload *, struct error *) = {
        check_requests, check_phases, check_rates, check_capacity, check_clients};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        int result = checks[i](workload, error);
        if (result < 0)
            return result;
    }
    return 0;
}
