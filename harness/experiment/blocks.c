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

int run_blocks(struct run *run, struct error *error)
{
    struct progress progress;
    uint64_t budget_ns = repeats_budget_ns(run);
    int result = 0;
    start_progress(run, &progress);
    for (size_t first = 0, end; first < run->plan.trial_count && result == 0;
         first = end) {
        end = end_of_block(&run->plan, first);
        for (size_t i = first; i < end && result == 0; i++)
            if (!results_dir_has_trial(&run->dir, run->plan.trials[i].id))
                result = planned_trial_run(run, i, &progress, error);
        if (result == 0)
            result = repeats_run(run, first, end, &budget_ns, &progress, error);
    }
    progress_end(&progress);
    return result;
}
