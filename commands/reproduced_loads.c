/* reproduced_loads.c - see reproduced_loads.h. */
#include "commands/reproduced_loads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/pilot.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/measure.h"
#include "harness/experiment/planned_trial.h"
#include "report/load_table.h"

/* ---- what is to be found out ------------------------------------------------------ */

/* Considers those of the cell that can run, but for twins. */
static void consider(struct pilot_choice *choice, const struct run *run,
                     const struct cell *cell, const struct reference *samples)
{
    const char **labels = memory_allocate((cell->contender_count + 1) * sizeof *labels);
    size_t count = 0;
    for (size_t i = 0; i < cell->contender_count; i++) {
        const struct contender *contender =
            &run->experiment.contenders.items[cell->contenders[i]];
        if (!contender->again)
            labels[count++] = contender->label;
    }
    pilot_consider(choice, samples, cell->scenario, cell->value, labels, count);
    free(labels);
}

static void choose_pilot(struct scaled_load *load, const struct run *run,
                         const struct scenario *scenario, const struct reference *samples)
{
    struct pilot_choice choice = {0};
    for (size_t i = 0; i < run->plan.cell_count; i++)
        if (run->plan.cells[i].scenario == scenario)
            consider(&choice, run, &run->plan.cells[i], samples);
    pilot_take(load, &choice, samples, scenario);
}

static void decide(struct reproduced_loads *loads, const struct run *run)
{
    const struct environment *there = loads->there;
    const struct pilot_machines machines = {
        .cpus_here = run->cpu_count,
        .cpus_there = there ? environment_cpus(there) : (double)NAN,
        .cpu_is_same = there && there->cpu.model && run->environment.cpu.model
                           ? text_same(there->cpu.model, run->environment.cpu.model)
                           : -1,
    };
    for (size_t i = 0; i < run->experiment.scenario_count; i++) {
        const struct scenario *scenario = &run->experiment.scenarios[i].scenario;
        struct scaled_load *load = pilot_begin(&loads->scaling, scenario, &machines);
        if (pilot_is_asked(scenario))
            choose_pilot(load, run, scenario, loads->samples);
    }
}

/* By what is known so far. */
static void scale(struct reproduced_loads *loads, struct run *run)
{
    struct load_scaling *scaling = &loads->scaling;
    for (size_t i = 0; i < scaling->count; i++)
        pilot_judge(&scaling->loads[i], &run->experiment.scenarios[i].scenario);
    load_scaling_apply(scaling, &run->experiment);
    run_order_trials(run);
}

/* ---- the pilot -------------------------------------------------------------------- */

/* The pilot as a trial; contender and cell are there, as it was chosen from them. */
static bool find_trial(const struct run *run, const struct scaled_load *load,
                       struct planned_trial *trial)
{
    const struct trial_order *plan = &run->plan;
    for (size_t c = 0; load->pilot && c < plan->cell_count; c++) {
        const struct cell *cell = &plan->cells[c];
        if (strcmp(cell->scenario->name, load->scenario) != 0 ||
            !text_same(cell->value, load->pilot->point))
            continue;
        for (size_t i = 0; i < cell->contender_count; i++) {
            trial->cell = c;
            trial->contender = cell->contenders[i];
            if (strcmp(run_contender(run, trial)->label, load->pilot->model) == 0)
                return true;
        }
    }
    return false;
}

static uint64_t time_of(const struct run *run, const struct planned_trial *trial)
{
    return trial_time_ns(&run->plan, run->plan.cells[trial->cell].scenario);
}

static uint64_t pilot_time_ns(const struct reproduced_loads *loads, const struct run *run,
                              size_t *pilots)
{
    struct planned_trial trial = {0};
    uint64_t ns = 0;
    *pilots = 0;
    for (size_t i = 0; i < loads->scaling.count; i++)
        if (find_trial(run, &loads->scaling.loads[i], &trial)) {
            ns += PILOT_TRIALS * time_of(run, &trial);
            ++*pilots;
        }
    return ns;
}

/* A trial that others disturb is made again, as in the run. */
static int make_trial(struct pilot *pilot, const struct run *run,
                      const struct planned_trial *trial, const char *folder,
                      struct progress *progress, struct error *error)
{
    bool disturbed = true;
    double cpu_ns = NAN;
    int result = 0;
    for (uint64_t i = 0; i < run->attempts && disturbed && result == 0; i++) {
        struct trial_record record = {0};
        if (i > 0)
            progress_add(progress, time_of(run, trial));
        result = planned_trial_pilot(run, trial, folder, progress, &record, error);
        if (result < 0)
            return result;
        disturbed = trial_was_disturbed(&record);
        if (record.valid)
            cpu_ns = metric_read(METRIC_CPU_PER_REQUEST, &record, NULL);
        trial_record_release(&record);
    }
    if (cpu_ns > 0)
        *(struct pilot_trial *)record_append(&pilot->here, &pilot->here_count,
                                             sizeof *pilot->here) =
            (struct pilot_trial){cpu_ns};
    return result;
}

/* Round by round, so that what drifts meets all. */
static int run_pilot(struct reproduced_loads *loads, struct run *run, const char *folder,
                     struct progress *progress, struct error *error)
{
    struct load_scaling *scaling = &loads->scaling;
    int result = 0;
    for (uint64_t round = 1; round <= PILOT_TRIALS; round++)
        for (size_t i = 0; i < scaling->count && result == 0; i++) {
            struct planned_trial trial = {.block = round};
            if (!find_trial(run, &scaling->loads[i], &trial))
                continue;
            trial.id = memory_printf("pilot-%llu-%s", (unsigned long long)round,
                                     scaling->loads[i].scenario);
            result =
                make_trial(scaling->loads[i].pilot, run, &trial, folder, progress, error);
            free(trial.id);
        }
    progress_end(progress);
    return result;
}

static int pilot_in(struct reproduced_loads *loads, struct run *run, const char *out,
                    struct error *error)
{
    size_t pilots;
    struct progress progress;
    uint64_t planned_ns = pilot_time_ns(loads, run, &pilots), begun_ns = clock_now_ns();
    char *folder = memory_printf("%s/.pilot", out);
    interrupt_catch();
    progress_start(&progress, pilots * PILOT_TRIALS, 0, planned_ns);
    int result = pilots ? run_calibrate(run, error) : 0;
    if (result == 0)
        result = run_pilot(loads, run, folder, &progress, error);
    loads->scaling.pilot_s = clock_seconds_between(begun_ns, clock_now_ns());
    free(folder);
    return result;
}

/* ---- the watch -------------------------------------------------------------------- */

static void tell_pilot(const struct reproduced_loads *loads, const struct run *run,
                       FILE *file)
{
    size_t pilots;
    char span[48];
    double seconds = (double)pilot_time_ns(loads, run, &pilots) / NS_PER_S;
    if (pilots)
        fprintf(
            file, "plan: a pilot before the blocks, %d trials of each of %zu %s, %s\n",
            PILOT_TRIALS, pilots, text_plural((double)pilots, "scenario", "scenarios"),
            clock_span_text(seconds, span, sizeof span));
}

static void tell_loads(const struct reproduced_loads *loads, const struct run *run,
                       FILE *file)
{
    load_table_print(&loads->scaling, &run->experiment, TABLE_TERMINAL, file);
    pilot_table_print(&loads->scaling, TABLE_TERMINAL, file);
    fputc('\n', file);
}

static int measure_loads(struct reproduced_loads *loads, struct run *run, const char *out,
                         struct error *error)
{
    int result = results_dir_reserve(out, error);
    if (result < 0)
        return result;
    measure_tell_doctor(run);
    result = pilot_in(loads, run, out, error);
    if (result < 0)
        rmdir(out); /* there is nothing in it */
    else
        scale(loads, run);
    return result;
}

static int planned(void *context, struct run *run, const char *out, struct error *error)
{
    struct reproduced_loads *loads = context;
    FILE *file = out ? stderr : stdout;
    decide(loads, run);
    scale(loads, run);
    tell_pilot(loads, run, file);
    int result = out ? measure_loads(loads, run, out, error) : 0;
    if (result == 0)
        tell_loads(loads, run, file);
    return result;
}

static int created(void *context, struct run *run, struct error *error)
{
    const struct reproduced_loads *loads = context;
    char *path = memory_printf("%s/scaling.json", run->dir.path);
    int result = record_write_file(&load_scaling_type, &loads->scaling, path, error);
    free(path);
    return result;
}

struct bench_watch reproduced_loads_watch(struct reproduced_loads *loads)
{
    return (struct bench_watch){.planned = planned, .created = created, .context = loads};
}
