/* blocks.c - see blocks.h. */
#include "harness/experiment/blocks.h"

#include "harness/experiment/planned_trial.h"
#include "harness/experiment/repeats.h"

static void start_progress(const struct run *run, struct progress *progress)
{
    uint64_t left_ns = 0;
    size_t done = 0;
    for (size_t i = 0; i < run->plan.trial_count; i++) {
        if (results_dir_has_trial(&run->dir, run->plan.trials[i].id))
            done++;
        else
            left_ns += planned_trial_time_ns(run, i);
    }
    progress_start(progress, run->plan.trial_count, done, left_ns);
}

/* Where the block of the trial at `first` ends. */
static size_t end_of_block(const struct trial_order *plan, size_t first)
{
    size_t end = first;
    while (end < plan->trial_count &&
           plan->trials[end].block == plan->trials[first].block)
        end++;
    return end;
}

/* The block from `first` to before `end`. */
static int make_block(struct run *run, size_t first, size_t end, uint64_t *repeated_ns,
                      struct progress *progress, struct error *error)
{
    int result = 0;
    for (size_t i = first; i < end && result == 0; i++)
        if (!results_dir_has_trial(&run->dir, run->plan.trials[i].id))
            result = planned_trial_run(run, i, progress, error);
    return result < 0 ? result
                      : repeats_run(run, first, end, repeated_ns, progress, error);
}

/* The watch may have planned more. */
static int tell_watch(struct run *run, const struct block_watch *watch, uint64_t block,
                      struct progress *progress, struct error *error)
{
    size_t before = run->plan.trial_count;
    progress_end(progress);
    int result = watch->block_done(watch->context, run, block, error);
    for (size_t i = before; i < run->plan.trial_count; i++)
        progress_add(progress, planned_trial_time_ns(run, i));
    return result;
}

int run_blocks(struct run *run, const struct block_watch *watch, struct error *error)
{
    struct progress progress;
    uint64_t repeated_ns = 0;
    int result = 0;
    start_progress(run, &progress);
    for (size_t first = 0, end; first < run->plan.trial_count && result == 0;
         first = end) {
        end = end_of_block(&run->plan, first);
        result = make_block(run, first, end, &repeated_ns, &progress, error);
        if (result == 0 && watch)
            result =
                tell_watch(run, watch, run->plan.trials[first].block, &progress, error);
    }
    progress_end(&progress);
    return result;
}
