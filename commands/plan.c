/* plan.c - see plan.h. */
#include "commands/plan.h"

#include <stdlib.h>

#include "analysis/precision.h"
#include "analysis/samples.h"
#include "base/clock.h"
#include "base/table.h"
#include "base/text.h"
#include "harness/experiment/decide.h"
#include "harness/experiment/planned_trial.h"
#include "harness/experiment/repeats.h"
#include "record/run_notes.h"

#define TIME_BYTES 48

/* Trials that are not there yet, and their time. */
static size_t count_left(const struct run *run, double *seconds)
{
    size_t left = 0;
    *seconds = 0;
    for (size_t i = 0; i < run->plan.trial_count; i++) {
        if (run->dir.path && results_dir_has_trial(&run->dir, run->plan.trials[i].id))
            continue;
        left++;
        *seconds += (double)planned_trial_time_ns(run, i) / NS_PER_S;
    }
    return left;
}

/* What can only be refused, or told, of so few blocks. */
static const char *quality(const struct run *run)
{
    return run->experiment.repeat == 1
               ? " Indicative: one trial of each has no intervals."
           : run->experiment.repeat < 6 ? " Intervals take 6 blocks."
                                        : "";
}

static void tell_trials(const struct run *run, FILE *file)
{
    double seconds;
    char span[TIME_BYTES], end[TIME_BYTES], more[TIME_BYTES];
    size_t left = count_left(run, &seconds), all = run->plan.trial_count;
    uint64_t blocks = run->experiment.repeat;
    size_t each = blocks ? all / (size_t)blocks : 0;
    fprintf(file, "plan: profile %s, %llu %s of %zu %s: ", run->experiment.profile,
            (unsigned long long)blocks, text_plural((double)blocks, "block", "blocks"),
            each, text_plural((double)each, "trial", "trials"));
    if (left < all)
        fprintf(file, "%zu of %zu are there, ", all - left, all);
    fprintf(file, "about %s, until %s; those that others disturb take up to %s more.%s\n",
            clock_span_text(seconds, span, sizeof span),
            clock_local_text(seconds, end, sizeof end),
            clock_span_text((double)repeats_budget_ns(run) / NS_PER_S, more, sizeof more),
            quality(run));
}

static void tell_looks(const struct run *run, FILE *file)
{
    const struct experiment *experiment = &run->experiment;
    char budget[TIME_BYTES];
    if (!experiment->look_count)
        return;
    fputs("plan: looks after", file);
    for (size_t i = 0; i < experiment->look_count; i++)
        fprintf(file, "%s %llu", i ? "," : "", (unsigned long long)experiment->looks[i]);
    fprintf(
        file,
        " blocks; ends where every ratio to the best is known to %.0f %% of throughput "
        "or %.0f %% of p99, or %s do not reach to the next look\n",
        100 * PRECISION_THROUGHPUT, 100 * PRECISION_LATENCY,
        clock_span_text((double)experiment->budget_ns / NS_PER_S, budget, sizeof budget));
}

void plan_tell(const struct run *run, FILE *file)
{
    struct words lines = {0};
    tell_trials(run, file);
    tell_looks(run, file);
    if (run->claims_note)
        fprintf(file, "%s\n", run->claims_note);
    char *notes[] = {
        run_note_left_out(run->left_out.items, run->left_out.count, &run->experiment),
        run->experiment.slicing.count ? experiment_note_slices(&run->experiment)
                                      : experiment_note_durations(&run->experiment)};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (notes[i])
            fprintf(file, "%s\n", notes[i]);
        free(notes[i]);
    }
    char whole[TIME_BYTES];
    if (run->left_out.count && run->whole_ns)
        fprintf(file, "with all of them it takes about %s (--budget)\n",
                clock_span_text((double)run->whole_ns / NS_PER_S, whole, sizeof whole));
    for (size_t i = 0;
         i < run->experiment.scenario_count && !run->experiment.slicing.count; i++)
        samples_forecast(&lines, &run->experiment.scenarios[i].scenario,
                         run->experiment.profile);
    for (size_t i = 0; i < lines.count; i++)
        fprintf(file, "no p99: %s\n", lines.items[i]);
    words_release(&lines);
}

static void add_scenario(struct table *table, const struct run *run,
                         const struct experiment_scenario *own)
{
    size_t cells = 0, trials = 0;
    char span[TIME_BYTES];
    for (size_t i = 0; i < run->plan.cell_count; i++)
        if (run->plan.cells[i].scenario == &own->scenario) {
            cells++;
            trials += run->plan.cells[i].contender_count;
        }
    uint64_t block_ns = trial_order_block_ns(&run->plan, &own->scenario);
    table_start_row(table);
    table_add_cell(table, own->scenario.name);
    table_add_cellf(table, "%zu", cells);
    table_add_cellf(table, "%zu", trials);
    table_add_cell(table,
                   clock_span_text((double)block_ns / NS_PER_S, span, sizeof span));
    table_add_cell(table, own->twin == own->twin_of
                              ? NULL
                              : run->experiment.contenders.items[own->twin_of].label);
}

void plan_print(const struct run *run, FILE *file)
{
    struct table *table = table_create();
    table_add_column(table, "scenario", TABLE_LEFT);
    table_add_column(table, "points", TABLE_RIGHT);
    table_add_column(table, "trials of a block", TABLE_RIGHT);
    table_add_column(table, "time of a block", TABLE_RIGHT);
    table_add_column(table, "measured twice", TABLE_LEFT);
    for (size_t i = 0; i < run->experiment.scenario_count; i++)
        add_scenario(table, run, &run->experiment.scenarios[i]);
    table_print(table, TABLE_TERMINAL, file);
    table_free(table);
    fputc('\n', file);
    plan_tell(run, file);
}
