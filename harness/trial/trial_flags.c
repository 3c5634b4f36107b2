/* trial_flags.c - see trial_flags.h. */
#include "harness/trial/trial_flags.h"

#include <math.h>
#include <unistd.h>

#include "harness/trial/generator_child.h"
#include "harness/trial/slice_flags.h"

/* Both were full: what the server can do lies between what was seen and what it would
 * have done with all of its CPU time. */
static void flag_both_full(struct trial_record *trial)
{
    double seen_rps = trial->load->throughput_rps, load = trial_server_load(trial);
    trial_raise(
        trial, FLAG_BOTH_FULL, FLAG_WARNING,
        "server (%.0f %%) and generator were both full: the capacity lies between "
        "%.0f and %.0f requests/s, and latencies hold the generator's queue",
        100 * load, seen_rps, seen_rps / load);
}

/* The generator judges itself; its word is taken, but for what the scenario is about, and
 * where the server was full as well. */
static void flag_generator(struct trial_record *trial, const struct trial_setup *setup)
{
    bool explained = false;
    for (size_t i = 0; i < trial->load->warning_count; i++) {
        const struct load_warning *warning = &trial->load->warnings[i];
        enum flag flag = warning->flag < 0 ? FLAG_GENERATOR : (enum flag)warning->flag;
        explained = explained || warning->invalidates;
        if (flag == FLAG_GENERATOR_SATURATED &&
            trial_server_load(trial) >= TRIAL_FULL_LOAD) {
            flag_both_full(trial);
            continue;
        }
        trial_raise(trial, flag,
                    warning->invalidates ? trial_flag_severity(setup, flag)
                                         : FLAG_WARNING,
                    "%s", warning->message);
    }
    if (!trial->load->valid && !explained)
        trial_raise(trial, FLAG_GENERATOR, FLAG_INVALID,
                    "the generator calls its result invalid");
}

/*
 * What the generator sent is what the server has counted, where nothing was cut off
 * on the way: on a clean run.
 */
static void flag_counts(struct trial_record *trial, const struct harness_part *harness)
{
    const struct load_result *load = trial->load;
    const struct server_statistics *statistics = trial->server.statistics;
    bool clean = load->counts.ended[OUTCOME_NET_ERROR] == 0 &&
                 load->counts.ended[OUTCOME_TIMEOUT] == 0 &&
                 load->counts.ended[OUTCOME_IN_FLIGHT] == 0 &&
                 load->whole_run.sent == load->whole_run.replies;
    double sent = (double)load->whole_run.sent;
    double served = statistics ? statistics->requests - harness->requests : (double)NAN;
    /* A server of others may leave no counts, and a search for the capacity adds some. */
    if (isnan(served) || !clean || served == sent)
        return;
    trial_raise(trial, FLAG_COUNT_MISMATCH, FLAG_INVALID,
                "the generator sent %.0f requests in all, the server counted %.0f", sent,
                served);
}

static void flag_placement(struct trial_record *trial, const struct trial_setup *setup)
{
    double cores = trial->generator->cpu_s / trial->generator->elapsed_s;
    if (!setup->placement.shared || cores < 0.05)
        return;
    trial_raise(
        trial, FLAG_SHARED_CPU, FLAG_INVALID,
        "the generator has no CPU of its own and used %.0f %% of one, more than 5 %%",
        100 * cores);
}

/* CPU time of backend and database in the window: 0 where there are none. */
static double services_cpu_s(const struct trial_record *trial)
{
    const struct service_record *services[] = {trial->backend, trial->database};
    double cpu_s = 0;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i] && isfinite(services[i]->cpu_s))
            cpu_s += services[i]->cpu_s;
    return cpu_s;
}

/* Whether what the server asks was the limit, or in the generator's way. */
static void flag_services(struct trial_record *trial, const struct trial_setup *setup)
{
    double cores = services_cpu_s(trial) / trial->machine->elapsed_s;
    double cpus = CPU_COUNT(&setup->placement.services);
    if (cores > 0.9 * cpus)
        trial_raise(trial, FLAG_SERVICES_BUSY, FLAG_WARNING,
                    "what the server asks was busy itself, with %.2f of its %.0f %s: the "
                    "server may have waited for that",
                    cores, cpus, text_plural(cpus, "CPU", "CPUs"));
    if (setup->placement.services_shared && cores > 0.05)
        trial_raise(trial, FLAG_SERVICES_SHARE_CPU, FLAG_WARNING,
                    "what the server asks had no CPU of its own and took %.2f of the "
                    "generator's",
                    cores);
}

static void flag_steal(struct trial_record *trial)
{
    double capacity = trial->machine->elapsed_s * (double)sysconf(_SC_NPROCESSORS_ONLN);
    double steal = trial->machine->steal_s / capacity;
    if (steal > 0.005)
        trial_raise(trial, FLAG_STEAL, steal > 0.02 ? FLAG_INVALID : FLAG_WARNING,
                    "the hypervisor took %.1f %% of the CPU time (at most 2 %% is valid)",
                    100 * steal);
}

/* What the machine did meanwhile, of which any amount is too much. The generator may have
 * said so already. */
static void flag_machine(struct trial_record *trial)
{
    const struct {
        double counted;
        enum flag flag;
        const char *message;
    } none_allowed[] = {
        {trial->machine->throttled_s, FLAG_THROTTLED,
         "the cgroup's CPU quota held the run back"},
        {trial->machine->swapped_pages, FLAG_SWAPPING, "the machine swapped"},
        {trial->machine->listen_overflows, FLAG_LISTEN_OVERFLOW,
         "connections were refused for a full listen backlog"},
    };
    for (size_t i = 0; i < sizeof none_allowed / sizeof *none_allowed; i++)
        if (none_allowed[i].counted > 0 && !trial_has_flag(trial, none_allowed[i].flag))
            trial_raise(trial, none_allowed[i].flag, FLAG_INVALID, "%s",
                        none_allowed[i].message);
}

#define MAX_MISSED   0.05 /* of the window */
#define MISSED_GRAIN 0.05 /* s; so late the harness may always be */

/* Whether server and generator were looked at over the same time. */
static void flag_window(struct trial_record *trial)
{
    const struct accounted *accounted = trial->load->accounted;
    if (!accounted)
        return;
    double seen_s = trial->server.window->cpu_elapsed_s;
    double window_s = accounted->to_s - accounted->from_s;
    if (fabs(window_s - seen_s) > MAX_MISSED * trial->load->duration_s + MISSED_GRAIN)
        trial_raise(trial, FLAG_WINDOW_MISSED, FLAG_INVALID,
                    "the harness saw %.3g s of the window of %.3g s: it came too late",
                    seen_s, window_s);
}

#define MAX_DELAY        0.02 /* of the window and of each thread */
#define MAX_OTHERS_CORES 0.1
#define SINGLE_THREADED  2 /* the one that serves, and the one that waits for signals */

/* Of the delay as much may be due to the kernel's network threads as these have worked.
 */
static void flag_delay(struct trial_record *trial, const char *whose, double delay_s,
                       double softirq_s, double threads, double elapsed_s)
{
    double share = (delay_s - softirq_s) / elapsed_s / threads;
    if (share > MAX_DELAY)
        trial_raise(trial, FLAG_CONTENTION, FLAG_INVALID,
                    "the %s was ready to run and waited for a CPU %.1f %% of the time "
                    "(at most %.0f %% is valid)",
                    whose, 100 * share, 100 * MAX_DELAY);
}

/* Between slices the generator works off what it has counted, on the same CPU. */
static double slices_run_delay_s(const struct slice_series *series)
{
    double delay_s = 0;
    for (size_t i = 0; i < series->slice_count; i++)
        if (slice_is_measured(&series->slices[i]))
            delay_s += series->slices[i].generator_run_delay_s;
    return delay_s;
}

static double slices_duration_s(const struct slice_series *series)
{
    double duration_s = 0;
    for (size_t i = 0; i < series->slice_count; i++)
        if (slice_is_measured(&series->slices[i]))
            duration_s += series->slices[i].duration_s;
    return duration_s;
}

/*
 * What else ran on the CPUs: by the CPU time that is in nobody's account, and by how long
 * those waited for a CPU who have one to themselves. The kernel's network threads work
 * for server and generator. The threads of one server wait for one another, and so does a
 * generator that shares its CPUs.
 */
static void flag_contention(struct trial_record *trial, const struct trial_setup *setup,
                            const struct harness_part *harness)
{
    const struct server_window *window = trial->server.window;
    const struct generator_window *generator = trial->generator;
    const struct server_window *other =
        trial->slices ? trial->slices->server.window : NULL;
    double ours = window->cpu_s + generator->cpu_s + harness->cpu_s +
                  (other ? other->cpu_s : 0) + services_cpu_s(trial) + window->softirq_s +
                  (setup->placement.shared ? 0 : generator->softirq_s);
    double others = (trial->machine->busy_cpu_s - ours) / trial->machine->elapsed_s;
    if (others > MAX_OTHERS_CORES)
        trial_raise(trial, FLAG_CONTENTION, FLAG_INVALID,
                    "other processes used %.2f cores (at most %.1f is valid)", others,
                    MAX_OTHERS_CORES);
    if (setup->placement.shared)
        return;
    if (setup->contender->model->flags & (MODEL_LOOP | MODEL_SERIAL) &&
        window->threads_peak <= SINGLE_THREADED)
        flag_delay(trial, "server", window->run_delay_s, window->softirq_s, 1,
                   window->switches_elapsed_s);
    if (setup->placement.services_shared)
        return;
    if (trial->slices)
        flag_delay(trial, "generator", slices_run_delay_s(trial->slices->series),
                   generator->softirq_s, (double)trial->slices->series->threads,
                   slices_duration_s(trial->slices->series));
    else
        flag_delay(trial, "generator", generator->run_delay_s, generator->softirq_s,
                   (double)trial->load->threads, generator->elapsed_s);
}

/* Where it cannot poll all the time, the server pays for waking it. */
static void flag_spin(struct trial_record *trial, const struct trial_setup *setup)
{
    if (!generator_spins(setup))
        trial_raise(trial, FLAG_SLEEPING_GENERATOR, FLAG_WARNING,
                    "the generator had no CPU of its own and slept between arrivals: CPU "
                    "per request is not comparable with that of other cells");
}

/* Workers that died and were replaced: those that they served have lost a request. */
static void flag_restarts(struct trial_record *trial, const struct trial_setup *setup,
                          const struct server_statistics *statistics)
{
    if (statistics && statistics->restarts > 0)
        trial_raise(trial, FLAG_RESTARTS, trial_flag_severity(setup, FLAG_RESTARTS),
                    "%.0f of the server's processes died and were replaced",
                    statistics->restarts);
}

/* An op may have found that it did not do what its step says. */
static void flag_ops(struct trial_record *trial,
                     const struct server_statistics *statistics)
{
    for (size_t i = 0; statistics && i < statistics->op_count; i++)
        if (statistics->ops[i].note)
            trial_raise(trial, FLAG_OP, FLAG_WARNING, "%s: %s", statistics->ops[i].name,
                        statistics->ops[i].note);
}

/* What a server has said of itself. */
static void flag_server(struct trial_record *trial, const struct trial_setup *setup,
                        const struct server_statistics *statistics)
{
    flag_restarts(trial, setup, statistics);
    flag_ops(trial, statistics);
}

void trial_judge(struct trial_record *trial, const struct trial_setup *setup,
                 const struct harness_part *harness)
{
    if (trial->slices) {
        slice_flags_raise(trial, setup, harness);
    } else {
        flag_generator(trial, setup);
        flag_counts(trial, harness);
        flag_window(trial);
    }
    flag_placement(trial, setup);
    flag_services(trial, setup);
    flag_steal(trial);
    flag_machine(trial);
    flag_contention(trial, setup, harness);
    flag_spin(trial, setup);
    flag_server(trial, setup, trial->server.statistics);
    if (trial->slices)
        flag_server(trial, setup, trial->slices->server.statistics);
    trial->valid = !trial_is_invalid(trial);
}
