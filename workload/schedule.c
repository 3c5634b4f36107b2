/* schedule.c - see schedule.h. */
#include "workload/schedule.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

/* Independent random streams of one seed, one for each purpose and thread. */
#define STREAMS_PER_THREAD 4096
#define STREAM_MIX         0
#define STREAM_PHASES      1
#define STREAM_PROCESSES   2

static uint64_t stream_of(uint64_t purpose, unsigned thread)
{
    return purpose * STREAMS_PER_THREAD + thread;
}

/* ---- the mix ----------------------------------------------------------------------- */

void mix_init(struct mix *mix, const struct workload *workload, uint64_t seed,
              unsigned thread)
{
    *mix = (struct mix){
        .requests = memory_allocate_zeroed(workload->request_count, sizeof(uint32_t)),
        .up_to = memory_allocate_zeroed(workload->request_count, sizeof(double)),
    };
    random_seed_stream(&mix->random, seed, stream_of(STREAM_MIX, thread));
    double total = 0;
    for (size_t i = 0; i < workload->request_count; i++) {
        if (!request_is_mixed(&workload->requests[i]))
            continue;
        total += workload->requests[i].weight;
        mix->requests[mix->count] = (uint32_t)i;
        mix->up_to[mix->count++] = total;
    }
    for (size_t i = 0; i < mix->count; i++)
        mix->up_to[i] /= total;
}

void mix_release(struct mix *mix)
{
    free(mix->requests);
    free(mix->up_to);
    *mix = (struct mix){0};
}

uint32_t mix_draw(struct mix *mix)
{
    if (mix->count == 1)
        return mix->requests[0];
    double point = random_unit(&mix->random);
    size_t i = 0;
    while (i + 1 < mix->count && point >= mix->up_to[i])
        i++;
    return mix->requests[i];
}

/* ---- arrivals ---------------------------------------------------------------------- */

/* The process owns the profile from then on. `number` selects its random streams. */
static struct arrival_process *add_process(struct schedule *schedule,
                                           struct load_profile profile, uint32_t request,
                                           int arrivals, uint64_t seed, unsigned number)
{
    struct arrival_process *process = &schedule->processes[schedule->count++];
    *process = (struct arrival_process){
        .arrivals = arrivals, .profile = profile, .request = request};
    random_seed_stream(&process->random, seed,
                       stream_of(STREAM_PROCESSES + number, schedule->thread));
    if (arrivals == ARRIVALS_CONSTANT) {
        /* The stream is shared, so that every thread draws the same phase. */
        struct random phases;
        random_seed_stream(&phases, seed, stream_of(STREAM_PHASES, number));
        process->first_place = random_unit(&phases) + schedule->thread;
    }
    return process;
}

static void add_own_rates(struct schedule *schedule, const struct workload *workload,
                          uint64_t seed)
{
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        struct load_profile profile;
        if (request->rate_rps <= 0)
            continue;
        load_profile_init_level(&profile, request->rate_rps);
        add_process(schedule, profile, (uint32_t)i, request->arrivals, seed,
                    (unsigned)i + 1);
    }
}

void schedule_init(struct schedule *schedule, const struct workload *workload,
                   uint64_t seed, unsigned thread, unsigned threads)
{
    *schedule = (struct schedule){
        .trace = workload->trace.entries,
        .trace_count = workload->trace.count,
        .thread = thread,
        .threads = threads,
        .left = UINT64_MAX,
        .next_ns = UINT64_MAX,
    };
    if (workload->request_limit)
        schedule->left = workload->request_limit / threads +
                         (thread < workload->request_limit % threads);
    schedule->processes = memory_allocate_zeroed(workload->request_count + 2,
                                                 sizeof(struct arrival_process));
    struct load_profile profile;
    if (workload->rate_rps > 0 ||
        (workload->phase_count && !workload_phases_are_clients(workload))) {
        load_profile_init(&profile, workload);
        add_process(schedule, profile, PROCESS_OF_MIX, workload->arrivals, seed, 0);
    }
    add_own_rates(schedule, workload, seed);
    if (workload->trace.count)
        schedule->processes[schedule->count++].request = PROCESS_OF_TRACE;
}

void schedule_release(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->count; i++)
        load_profile_release(&schedule->processes[i].profile);
    free(schedule->processes);
    *schedule = (struct schedule){0};
}

size_t schedule_drawn_count(const struct schedule *schedule)
{
    return schedule->count - (schedule->trace_count > 0);
}

double schedule_least_gap_ns(const struct schedule *schedule,
                             const struct arrival_process *process)
{
    return NS_PER_S / load_profile_highest(&process->profile) * schedule->threads;
}

uint64_t schedule_even_ns(const struct schedule *schedule,
                          const struct arrival_process *process, uint64_t at_ns)
{
    double at_s = (double)(at_ns - schedule->start_ns) / NS_PER_S;
    double even_s = load_profile_area(&process->profile, at_s) /
                    load_profile_highest(&process->profile);
    return schedule->start_ns + (uint64_t)(even_s * NS_PER_S);
}

/* The index of this thread's entry with this number in the whole trace. */
static uint64_t trace_index(const struct schedule *schedule, uint64_t number)
{
    return number * schedule->threads + schedule->thread;
}

/* Draws the next arrival. */
static void arrival_process_advance(const struct schedule *schedule,
                                    struct arrival_process *process)
{
    uint64_t number = process->number++;
    if (process->request == PROCESS_OF_TRACE) {
        uint64_t i = trace_index(schedule, number);
        process->next_ns = i < schedule->trace_count
                               ? schedule->begin_ns + schedule->trace[i].at_ns
                               : UINT64_MAX;
        return;
    }
    if (process->arrivals == ARRIVALS_CONSTANT)
        process->place =
            process->first_place + (double)number * (double)schedule->threads;
    else
        process->place += random_exponential(&process->random, schedule->threads);
    double offset_ns =
        load_profile_time(&process->profile, &process->part, process->place) * NS_PER_S;
    double most_ns = (double)(UINT64_MAX / 2);
    process->next_ns =
        offset_ns < most_ns ? schedule->start_ns + (uint64_t)offset_ns : UINT64_MAX;
}

static void find_next(struct schedule *schedule)
{
    schedule->next = NULL;
    schedule->next_ns = UINT64_MAX;
    for (size_t i = 0; i < schedule->count && schedule->left; i++) {
        struct arrival_process *process = &schedule->processes[i];
        if (process->next_ns < schedule->end_ns && process->next_ns < schedule->next_ns) {
            schedule->next = process;
            schedule->next_ns = process->next_ns;
        }
    }
}

void schedule_start(struct schedule *schedule, uint64_t start_ns, uint64_t begin_ns,
                    uint64_t end_ns)
{
    schedule->start_ns = start_ns;
    schedule->begin_ns = begin_ns;
    schedule->end_ns = end_ns;
    for (size_t i = 0; i < schedule->count; i++) {
        struct arrival_process *process = &schedule->processes[i];
        process->part = 0;
        process->place = 0;
        process->number = 0;
        arrival_process_advance(schedule, process);
    }
    find_next(schedule);
}

void schedule_end_at(struct schedule *schedule, uint64_t end_ns)
{
    schedule->end_ns = end_ns;
    find_next(schedule);
}

bool schedule_claim(struct schedule *schedule, uint64_t scheduled_ns)
{
    if (scheduled_ns >= schedule->end_ns || !schedule->left)
        return false;
    if (schedule->left != UINT64_MAX && scheduled_ns >= schedule->begin_ns)
        schedule->left--;
    return true;
}

uint32_t schedule_take(struct schedule *schedule, struct mix *mix)
{
    struct arrival_process *process = schedule->next;
    uint32_t request = process->request;
    if (request == PROCESS_OF_MIX)
        request = mix_draw(mix);
    else if (request == PROCESS_OF_TRACE)
        request = schedule->trace[trace_index(schedule, process->number - 1)].request;
    if (schedule->left != UINT64_MAX && schedule->next_ns >= schedule->begin_ns)
        schedule->left--;
    arrival_process_advance(schedule, process);
    find_next(schedule);
    return request;
}
