/* repeats.c - see repeats.h. */
#include "harness/experiment/repeats.h"

#include <stdlib.h>

#include "base/compare.h"
#include "base/text.h"
#include "harness/experiment/planned_trial.h"

#define BUDGET_PART  4
#define BUDGET_LEAST 2

uint64_t repeats_budget_ns(const struct run *run)
{
    uint64_t planned_ns = 0, longest_ns = 0;
    for (size_t i = 0; i < run->plan.trial_count; i++) {
        uint64_t trial_ns = planned_trial_time_ns(run, i);
        planned_ns += trial_ns;
        longest_ns = most_of(longest_ns, trial_ns);
    }
    return most_of(planned_ns / BUDGET_PART, BUDGET_LEAST * longest_ns);
}

/* Whether a trial that is done says that others disturbed it. */
static bool was_disturbed(const struct run *run, const char *id)
{
    struct trial_record trial;
    char *file = memory_printf("%s/trials/%s/trial.json", run->dir.path, id);
    bool disturbed = manifest_status_of(&run->dir.manifest, id) == DONE_INVALID &&
                     record_read_file(&trial_record_type, &trial, file, NULL) == 0;
    if (disturbed) {
        disturbed = trial_was_disturbed(&trial);
        trial_record_release(&trial);
    }
    free(file);
    return disturbed;
}

int repeats_run(struct run *run, size_t first, size_t end, uint64_t *spent_ns,
                struct progress *progress, struct error *error)
{
    uint64_t budget_ns = repeats_budget_ns(run);
    int result = 0;
    for (uint64_t attempt = 1; attempt < run->attempts; attempt++) {
        for (size_t i = first; i < end && result == 0; i++) {
            const char *id = run->plan.trials[i].id;
            uint64_t planned_ns = planned_trial_time_ns(run, i);
            if (*spent_ns + planned_ns > budget_ns || !was_disturbed(run, id) ||
                results_dir_count_disturbed(&run->dir, id) >= attempt)
                continue;
            *spent_ns += planned_ns;
            progress_add(progress, planned_ns);
            result = results_dir_set_aside_trial(&run->dir, id, error);
            if (result == 0)
                result = planned_trial_run(run, i, progress, error);
        }
    }
    return result;
}
