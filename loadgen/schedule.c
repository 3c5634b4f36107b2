/* schedule.c - see schedule.h. */
#include "loadgen/schedule.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

/* Streams of the seed: every (purpose, thread) has its own. */
#define STREAMS_PER_THREAD 4096
#define STREAM_MIX         0
#define STREAM_PHASES      1
#define STREAM_PROCESSES   2

static uint64_t stream_of(uint64_t purpose, unsigned thread)
{
    return purpose * STREAMS_PER_THREAD + thread;
}

/* ---- the mix ------------------------------------------------------------------------
 */

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
        if (workload->requests[i].rate_rps > 0)
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

/* ---- arrivals -----------------------------------------------------------------------
 */

static void process_init(struct process *process, uint32_t request, double rate_rps,
                         int arrivals, uint64_t seed, unsigned number, unsigned thread,
                         unsigned threads)
{
    double gap_of_all = (double)NS_PER_S / rate_rps;
    *process = (struct process){
        .arrivals = arrivals,
        .gap_ns = gap_of_all * threads,
        .request = request,
    };
    random_seed_stream(&process->random, seed,
                       stream_of(STREAM_PROCESSES + number, thread));
    if (arrivals == ARRIVALS_CONSTANT) {
        /* Every thread draws the same phase. */
        struct random phases;
        random_seed_stream(&phases, seed, stream_of(STREAM_PHASES, number));
        process->first_ns = gap_of_all * (random_unit(&phases) + thread);
    }
}

/* Draws the offset of the arrival `number`. */
static void process_advance(struct process *process, uint64_t start_ns)
{
    if (process->arrivals == ARRIVALS_CONSTANT)
        process->offset_ns =
            process->first_ns + (double)process->number * process->gap_ns;
    else
        process->offset_ns += random_exponential(&process->random, process->gap_ns);
    process->number++;
    process->next_ns = start_ns + (uint64_t)process->offset_ns;
}

void schedule_init(struct schedule *schedule, const struct workload *workload,
                   uint64_t seed, unsigned thread, unsigned threads)
{
    *schedule = (struct schedule){.next_ns = UINT64_MAX};
    schedule->processes =
        memory_allocate_zeroed(workload->request_count + 1, sizeof(struct process));
    if (workload->rate_rps > 0)
        process_init(&schedule->processes[schedule->count++], PROCESS_OF_MIX,
                     workload->rate_rps, workload->arrivals, seed, 0, thread, threads);
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        if (request->rate_rps > 0)
            process_init(&schedule->processes[schedule->count++], (uint32_t)i,
                         request->rate_rps, request->arrivals, seed, (unsigned)i + 1,
                         thread, threads);
    }
}

void schedule_release(struct schedule *schedule)
{
    free(schedule->processes);
    *schedule = (struct schedule){0};
}

static void find_next(struct schedule *schedule)
{
    schedule->next = NULL;
    schedule->next_ns = UINT64_MAX;
    for (size_t i = 0; i < schedule->count; i++) {
        struct process *process = &schedule->processes[i];
        if (process->next_ns < schedule->end_ns && process->next_ns < schedule->next_ns) {
            schedule->next = process;
            schedule->next_ns = process->next_ns;
        }
    }
}

void schedule_start(struct schedule *schedule, uint64_t start_ns, uint64_t end_ns)
{
    schedule->start_ns = start_ns;
    schedule->end_ns = end_ns;
    for (size_t i = 0; i < schedule->count; i++)
        process_advance(&schedule->processes[i], start_ns);
    find_next(schedule);
}

void schedule_end_at(struct schedule *schedule, uint64_t end_ns)
{
    schedule->end_ns = end_ns;
    find_next(schedule);
}

uint32_t schedule_take(struct schedule *schedule, struct mix *mix)
{
    struct process *process = schedule->next;
    uint32_t request =
        process->request == PROCESS_OF_MIX ? mix_draw(mix) : process->request;
    process_advance(process, schedule->start_ns);
    find_next(schedule);
    return request;
}
