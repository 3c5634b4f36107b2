/* budget.c - see budget.h. */
#include "harness/experiment/budget.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/compare.h"

static uint64_t block_ns(const struct experiment *experiment,
                         const struct trial_order *plan, size_t scenario)
{
    return trial_order_block_ns(plan, &experiment->scenarios[scenario].scenario);
}

/* Marks those that fit with all blocks; whether any is measured. */
static bool keep_whole(const struct experiment *experiment,
                       const struct trial_order *plan, bool *keep)
{
    uint64_t left_ns = experiment->budget_ns;
    bool any = false;
    for (size_t s = 0; s < experiment->scenario_count; s++) {
        uint64_t ns = block_ns(experiment, plan, s) * experiment->repeat;
        keep[s] = ns <= left_ns;
        left_ns -= keep[s] ? ns : 0;
        any = any || (keep[s] && ns > 0);
    }
    return any;
}

static void drop_twins(struct experiment *experiment)
{
    for (size_t s = 0; s < experiment->scenario_count; s++)
        experiment->scenarios[s].twin = experiment->scenarios[s].twin_of;
}

/* The first of which a block fits, with so many as fit. */
static int keep_some_blocks(struct experiment *experiment, const struct trial_order *plan,
                            bool *keep, struct error *error)
{
    uint64_t shortest_ns = UINT64_MAX;
    char budget[48], shortest[48];
    for (size_t s = 0; s < experiment->scenario_count; s++) {
        uint64_t ns = block_ns(experiment, plan, s);
        if (ns == 0)
            continue;
        shortest_ns = least_of(shortest_ns, ns);
        if (ns > experiment->budget_ns)
            continue;
        keep[s] = true;
        experiment->repeat = experiment->budget_ns / ns;
        experiment->look_count = 0;
        if (experiment->repeat == 1)
            drop_twins(experiment);
        return 0;
    }
    if (shortest_ns == UINT64_MAX)
        return 0; /* nothing can be measured here */
    return error_set(
        error, -EINVAL,
        "--budget: %s is not enough for one block of any scenario: the "
        "shortest takes %s",
        clock_span_text((double)experiment->budget_ns / NS_PER_S, budget, sizeof budget),
        clock_span_text((double)shortest_ns / NS_PER_S, shortest, sizeof shortest));
}

int budget_fit(struct experiment *experiment, const struct trial_order *plan,
               struct words *left_out, struct error *error)
{
    if (!experiment->budget_ns)
        return 0;
    bool *keep = memory_allocate_zeroed(experiment->scenario_count + 1, sizeof *keep);
    int result = keep_whole(experiment, plan, keep)
                     ? 0
                     : keep_some_blocks(experiment, plan, keep, error);
    for (size_t s = 0; s < experiment->scenario_count && result == 0; s++)
        if (!keep[s] && !words_have(left_out, experiment->scenarios[s].scenario.name))
            words_add(left_out, experiment->scenarios[s].scenario.name);
    if (result == 0)
        experiment_keep(experiment, keep);
    free(keep);
    return result;
}
