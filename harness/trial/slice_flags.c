/* slice_flags.c - see slice_flags.h. */
#include "harness/trial/slice_flags.h"

#include <math.h>

/* How full a server was while it had its turn. */
static double load_in_turn(const struct trial_record *trial, enum slice_side side)
{
    const struct sliced_pair *pair = trial->slices;
    const struct server_window *window =
        side == SLICE_FIRST ? pair->server.window : trial->server.window;
    double cpu_s = 0, cpus = fmin((double)trial->cpus.server_count, window->threads);
    size_t count = 0;
    for (size_t i = 0; i < pair->series->slice_count; i++) {
        const struct slice *slice = &pair->series->slices[i];
        if (slice->side != (int)side || !slice_is_measured(slice))
            continue;
        cpu_s += slice->cpu_s;
        count++;
    }
    return cpu_s / ((double)count * pair->series->slice_s) / fmax(cpus, 1);
}

/*
 * The generator judges each slice; what it says of few of them is a warning. Where both
 * servers were full as well it was no more the limit than they were.
 */
static void flag_slices(struct trial_record *trial, const struct trial_setup *setup)
{
    const struct slice_series *series = trial->slices->series;
    double full =
        fmin(load_in_turn(trial, SLICE_FIRST), load_in_turn(trial, SLICE_SECOND));
    size_t measured = slice_series_count(series);
    bool forbids = !slice_series_is_valid(series), explained = false;
    for (size_t i = 0; i < series->warning_count; i++) {
        const struct slice_warning *warning = &series->warnings[i];
        int known = flag_find(warning->word);
        enum flag flag = known < 0 ? FLAG_GENERATOR : (enum flag)known;
        bool invalidates = slice_warning_forbids(series, warning);
        explained = explained || invalidates;
        if (flag == FLAG_GENERATOR_SATURATED && full >= TRIAL_FULL_LOAD)
            trial_raise(trial, FLAG_BOTH_FULL, FLAG_WARNING,
                        "in %llu of %zu slices the generator was full, as both servers "
                        "were (%.0f %%): their ratio is nearer to 1 than that of their "
                        "capacities",
                        (unsigned long long)warning->slices, measured, 100 * full);
        else
            trial_raise(trial, flag,
                        invalidates ? trial_flag_severity(setup, flag) : FLAG_WARNING,
                        "in %llu of %zu slices: %s", (unsigned long long)warning->slices,
                        measured, warning->message);
    }
    if (forbids && !explained)
        trial_raise(trial, FLAG_GENERATOR, FLAG_INVALID,
                    "the generator calls its result invalid");
}

/* Whether each server has counted what was sent to it. */
static void flag_slice_counts(struct trial_record *trial,
                              const struct harness_part *harness)
{
    const struct sliced_pair *pair = trial->slices;
    const struct {
        const struct server_statistics *statistics;
        double own_requests;
    } sides[SLICE_SIDES] = {
        [SLICE_FIRST] = {pair->server.statistics, harness->other_requests},
        [SLICE_SECOND] = {trial->server.statistics, harness->requests},
    };
    for (int side = 0; side < SLICE_SIDES; side++) {
        double sent = 0, replies = 0;
        for (size_t i = 0; i < pair->series->slice_count; i++) {
            bool own = pair->series->slices[i].side == side;
            sent += own ? (double)pair->series->slices[i].sent : 0;
            replies += own ? (double)pair->series->slices[i].replies : 0;
        }
        if (!sides[side].statistics || sent != replies ||
            isnan(sides[side].statistics->requests))
            continue;
        double served = sides[side].statistics->requests - sides[side].own_requests;
        if (served != sent)
            trial_raise(trial, FLAG_COUNT_MISMATCH, FLAG_INVALID,
                        "the generator sent %.0f requests in all to the %s server, which "
                        "counted %.0f",
                        sent, side == SLICE_FIRST ? "first" : "second", served);
    }
}

#define MAX_IDLE_CORES 0.02 /* that a server uses while the other one has the load */

static void flag_idle_server(struct trial_record *trial)
{
    const struct slice_series *series = trial->slices->series;
    double idle_s = 0, measured_s = 0;
    for (size_t i = 0; i < series->slice_count; i++) {
        bool counts = slice_is_measured(&series->slices[i]);
        idle_s += counts ? series->slices[i].idle_cpu_s : 0;
        measured_s += counts ? series->slice_s : 0;
    }
    if (idle_s > MAX_IDLE_CORES * measured_s)
        trial_raise(trial, FLAG_NOT_IDLE, FLAG_INVALID,
                    "the server without the load used %.1f %% of a CPU (at most %.0f %% "
                    "is valid)",
                    100 * idle_s / measured_s, 100 * MAX_IDLE_CORES);
}

void slice_flags_raise(struct trial_record *trial, const struct trial_setup *setup,
                       const struct harness_part *harness)
{
    flag_slices(trial, setup);
    flag_slice_counts(trial, harness);
    flag_idle_server(trial);
}
