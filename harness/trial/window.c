/* window.c - see window.h. */
#include "harness/trial/window.h"

#include <math.h>
#include <unistd.h>

#include "base/clock.h"

#define GLANCE_NS (250 * NS_PER_MS)

static double process_cpu_s(pid_t pid)
{
    uint64_t cpu_ns;
    return clock_process_cpu_ns(pid, &cpu_ns) < 0 ? (double)NAN
                                                  : (double)cpu_ns / (double)NS_PER_S;
}

void window_sample_idle(struct window *window, pid_t server)
{
    process_group_find(&window->group, server);
    process_group_sample(&window->group, &window->idle);
}

/* What reading of this cost takes from those who are measured is less than 0.5 % of this
 * time. */
static bool is_cheap(uint64_t cost_ns, uint64_t in_ns)
{
    return cost_ns <= in_ns / 200;
}

static void glance(struct window *window)
{
    uint64_t start_ns = clock_now_ns();
    double threads, rss_bytes;
    process_group_glance(&window->group, &threads, &rss_bytes);
    window->threads_peak = fmax(window->threads_peak, threads);
    window->rss_peak_bytes = fmax(window->rss_peak_bytes, rss_bytes);
    window->glanced_ns = clock_now_ns();
    window->glance_cost_ns = window->glanced_ns - start_ns;
}

void window_glance(struct window *window)
{
    uint64_t since_ns = clock_now_ns() - window->glanced_ns;
    if (since_ns >= GLANCE_NS && is_cheap(window->glance_cost_ns, since_ns))
        glance(window);
}

#define REST_LIMIT_NS (5 * NS_PER_S)
#define REST_STEP_NS  (20 * NS_PER_MS)
#define REST_SHARE    0.05 /* of a CPU */

static void wait_for_rest(struct window *window, pid_t server)
{
    uint64_t deadline_ns = clock_now_ns() + REST_LIMIT_NS;
    struct process_sample last = {0}, now = {0};
    double used_s, passed_s;
    do {
        last = now;
        process_group_find(&window->group, server);
        process_group_sample_cpu(&window->group, &now);
        used_s = now.cpu_s - last.cpu_s;
        passed_s = clock_seconds_between(last.cpu_at_ns, now.cpu_at_ns);
        clock_sleep_until_ns(now.cpu_at_ns + REST_STEP_NS);
    } while ((!last.cpu_at_ns || used_s > REST_SHARE * passed_s) &&
             clock_now_ns() < deadline_ns);
}

void window_prepare(struct window *window, pid_t server)
{
    softirq_threads_find(&window->softirq_threads);
    wait_for_rest(window, server);
    glance(window);
    uint64_t start_ns = clock_now_ns();
    process_group_sample_threads(&window->group, &window->before);
    /* Until now nothing was there to be switched for. */
    window->before.threads_at_ns = clock_now_ns();
    window->threads_cost_ns = window->before.threads_at_ns - start_ns;
}

/* At the window's beginning with `sign` -1. */
static void add_softirqs(struct window *window, int sign)
{
    const struct softirq_threads *threads = &window->softirq_threads;
    window->server_softirq_s +=
        sign * softirq_threads_cpu_s(threads, &window->server_cpus);
    window->generator_softirq_s +=
        sign * softirq_threads_cpu_s(threads, &window->generator_cpus);
}

void window_open(struct window *window, pid_t server, pid_t generator,
                 uint64_t duration_ns)
{
    process_group_find(&window->group, server);
    counters_read(&window->machine_before);
    window->generator_before_s = process_cpu_s(generator);
    window->generator_delay_before_s = process_run_delay_s(generator);
    window->harness_before_s = process_cpu_s(getpid());
    add_softirqs(window, -1);
    process_group_sample_cpu(&window->group, &window->before);
    if (is_cheap(window->threads_cost_ns, duration_ns))
        process_group_sample_threads(&window->group, &window->before);
}

void window_close(struct window *window, pid_t server, pid_t generator)
{
    window->generator_after_s = process_cpu_s(generator);
    window->generator_delay_after_s = process_run_delay_s(generator);
    process_group_find(&window->group, server);
    process_group_sample_cpu(&window->group, &window->after);
    add_softirqs(window, 1);
    window->harness_after_s = process_cpu_s(getpid());
    counters_read(&window->machine_after);
    process_group_sample_threads(&window->group, &window->after);
    process_group_sample_memory(&window->group, &window->after);
    window->is_complete = true;
}

void window_release(struct window *window)
{
    process_group_release(&window->group);
}

/* ---- the record ------------------------------------------------------------------- */

struct server_window *window_of_server(const struct window *window)
{
    if (!window->is_complete)
        return NULL;
    const struct process_sample *before = &window->before, *after = &window->after;
    double cpu_s = after->cpu_s - before->cpu_s;
    double user_s = after->user_s - before->user_s,
           system_s = after->system_s - before->system_s, both_s = user_s + system_s;
    /* What ended processes have switched is in nobody's account. */
    double lost = after->ended_cpu_s > before->ended_cpu_s ? (double)NAN : 0;
    struct server_window *seen = memory_allocate(sizeof *seen);
    *seen = (struct server_window){
        .cpu_elapsed_s = clock_seconds_between(before->cpu_at_ns, after->cpu_at_ns),
        .cpu_s = cpu_s,
        /* The CPU clocks are precise; which part is whose, the ticks tell. */
        .user_s = both_s > 0 ? cpu_s * user_s / both_s : (double)NAN,
        .system_s = both_s > 0 ? cpu_s * system_s / both_s : (double)NAN,
        /* The load ended when the second CPU sample was taken, and the switches with it.
         */
        .switches_elapsed_s =
            clock_seconds_between(before->threads_at_ns, after->cpu_at_ns),
        .voluntary_switches =
            after->voluntary_switches - before->voluntary_switches + lost,
        .involuntary_switches =
            after->involuntary_switches - before->involuntary_switches + lost,
        .run_delay_s = after->run_delay_s - before->run_delay_s + lost,
        .softirq_s = window->server_softirq_s,
        .processes = after->processes,
        .threads = after->threads,
        .threads_peak = fmax(window->threads_peak, after->threads),
        .rss_bytes = after->rss_bytes,
        .rss_peak_bytes = fmax(window->rss_peak_bytes, after->rss_peak_bytes),
        .pss_bytes = after->pss_bytes,
        .anon_bytes = after->anon_bytes,
        .idle_anon_bytes = window->idle.anon_bytes,
        .idle_rss_bytes = window->idle.rss_bytes,
        .idle_pss_bytes = window->idle.pss_bytes,
        .idle_threads = window->idle.threads,
        .kernel_stack_bytes = after->kernel_stack_bytes,
        .page_table_bytes = after->page_table_bytes,
        .idle_kernel_stack_bytes = window->idle.kernel_stack_bytes,
        .idle_page_table_bytes = window->idle.page_table_bytes,
    };
    return seen;
}

void window_record(const struct window *window, struct trial_record *record)
{
    if (!window->is_complete)
        return;
    record->server.window = window_of_server(window);
    record->generator = memory_allocate(sizeof *record->generator);
    *record->generator = (struct generator_window){
        .cpu_s = window->generator_after_s - window->generator_before_s,
        .elapsed_s = record->server.window->cpu_elapsed_s,
        .run_delay_s = window->generator_delay_after_s - window->generator_delay_before_s,
        .softirq_s = window->generator_softirq_s,
    };
    record->machine = memory_allocate(sizeof *record->machine);
    *record->machine = counters_between(&window->machine_before, &window->machine_after);
}

double window_harness_cpu_s(const struct window *window)
{
    return window->harness_after_s - window->harness_before_s;
}
