/* planned_trial.c - see planned_trial.h. */
#include "harness/experiment/planned_trial.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "harness/trial/sliced_trial.h"
#include "harness/trial/trial.h"

static const struct cell *cell_of(const struct run *run,
                                  const struct planned_trial *trial)
{
    return &run->plan.cells[trial->cell];
}

static uint64_t time_of(const struct run *run, const struct planned_trial *trial)
{
    return trial_time_ns(&run->plan, cell_of(run, trial)->scenario);
}

uint64_t planned_trial_time_ns(const struct run *run, size_t index)
{
    return time_of(run, &run->plan.trials[index]);
}

/* Whom the contenders of a cell have the load by turns with. */
static const struct contender *first_of(const struct run *run, const struct cell *cell)
{
    return &run->experiment.contenders.items[cell->contenders[0]];
}

/* "io-wait, connections 100, event-loop", by turns "..., epoll against event-loop" */
static char *describe(const struct run *run, const struct planned_trial *trial)
{
    const struct cell *cell = cell_of(run, trial);
    struct text what = {0};
    text_append_string(&what, cell->scenario->name);
    if (cell->value)
        text_printf(&what, ", %s %s", cell->scenario->sweep.variable, cell->value);
    text_printf(&what, ", %s", run_contender(run, trial)->label);
    if (run->experiment.slicing.count)
        text_printf(&what, " against %s", first_of(run, cell)->label);
    return text_steal(&what);
}

static enum done_status status_of(const struct trial_record *trial)
{
    if (trial->status == TRIAL_FAILED)
        return DONE_FAILED;
    return trial->valid ? DONE_VALID : DONE_INVALID;
}

/* How many CPUs what the server asks should have; 0: it asks nobody. */
static uint64_t services_cpus(const struct scenario *scenario)
{
    if (scenario->backend.model && scenario->backend.server.cpus == 0)
        return UINT64_MAX;
    return (scenario->backend.model ? scenario->backend.server.cpus : 0) +
           (scenario->database != DATABASE_NONE);
}

static void note_time(struct manifest *manifest, uint64_t begun_ns)
{
    double before_s = isnan(manifest->spent_s) ? 0 : manifest->spent_s;
    manifest->spent_s = before_s + clock_seconds_between(begun_ns, clock_now_ns());
}

/* Into a folder of its own. */
static int make(struct run *run, const struct trial_setup *setup,
                const struct contender *first, struct trial_record *record,
                struct error *error)
{
    const struct slicing *slicing = &run->experiment.slicing;
    char *folder = NULL;
    uint64_t begun_ns = clock_now_ns();
    int result = results_dir_begin_trial(&run->dir, setup->id, &folder, error);
    if (result < 0)
        return result;
    result = slicing->count
                 ? sliced_trial_run(setup, first, slicing, folder, record, error)
                 : trial_run(setup, folder, record, error);
    if (result == 0) {
        note_time(&run->dir.manifest, begun_ns);
        result = results_dir_commit_trial(&run->dir, setup->id, folder, status_of(record),
                                          error);
        if (result < 0)
            trial_record_release(record);
    }
    if (result < 0)
        results_dir_discard_trial(folder);
    free(folder);
    return result;
}

/* A first attempt at it. On failure `point` is released. */
static int set_up(const struct run *run, const struct planned_trial *trial,
                  struct scenario *point, struct trial_setup *setup, struct error *error)
{
    const struct cell *cell = cell_of(run, trial);
    const struct contender *contender = run_contender(run, trial);
    run_find_point(run, trial, point);
    digests_apply(&run->digests, point, contender->model);
    *setup = (struct trial_setup){
        .id = trial->id,
        .block = trial->block,
        .attempt = 1,
        .scenario = point,
        .variable = cell->scenario->sweep.variable,
        .value = cell->value,
        .contender = contender,
        .origin = &run->origin,
        .seed = trial_order_seed(&run->plan, trial, run->experiment.seed),
        .overrun_ns = run->experiment.overrun_ns,
    };
    if (placement_choose(&setup->placement, run->cpu_order, run->cpu_count,
                         point->server.cpus, services_cpus(point)))
        return 0;
    scenario_release(point);
    return error_set(error, -EINVAL, "%s: fewer CPUs than planned for", trial->id);
}

static int set_up_and_make(struct run *run, size_t index, struct trial_record *record,
                           struct error *error)
{
    const struct planned_trial *trial = &run->plan.trials[index];
    struct scenario point;
    struct trial_setup setup;
    int result = set_up(run, trial, &point, &setup, error);
    if (result < 0)
        return result;
    setup.attempt += results_dir_count_disturbed(&run->dir, trial->id);
    setup.order = index + 1;
    result = make(run, &setup, first_of(run, cell_of(run, trial)), record, error);
    scenario_release(&point);
    return result;
}

int planned_trial_run(struct run *run, size_t index, struct progress *progress,
                      struct error *error)
{
    char *what = describe(run, &run->plan.trials[index]);
    struct trial_record record = {0};
    progress_trial(progress, what);
    int result = interrupt_seen() ? error_set(error, -EINTR, "interrupted")
                                  : set_up_and_make(run, index, &record, error);
    if (result == 0) {
        progress_trial_done(progress, what, planned_trial_time_ns(run, index), &record);
        trial_record_release(&record);
    }
    free(what);
    return result;
}

/* In a folder that is gone afterwards. What a server can cause, that the load is too much
 * for it here, is what a pilot is to find out. */
static int set_up_and_try(const struct run *run, const struct planned_trial *trial,
                          const char *folder, struct trial_record *record,
                          struct error *error)
{
    struct scenario point;
    struct trial_setup setup;
    int result = set_up(run, trial, &point, &setup, error);
    if (result < 0)
        return result;
    point.tolerated = UINT_MAX;
    result = file_make_folders(folder, error);
    if (result == 0)
        result = trial_run(&setup, folder, record, error);
    file_remove_folder(folder);
    scenario_release(&point);
    return result;
}

int planned_trial_pilot(const struct run *run, const struct planned_trial *trial,
                        const char *folder, struct progress *progress,
                        struct trial_record *record, struct error *error)
{
    char *own = describe(run, trial), *what = memory_printf("pilot: %s", own);
    progress_trial(progress, what);
    int result = interrupt_seen() ? error_set(error, -EINTR, "interrupted")
                                  : set_up_and_try(run, trial, folder, record, error);
    if (result == 0)
        progress_trial_done(progress, what, time_of(run, trial), record);
    free(what);
    free(own);
    return result;
}
