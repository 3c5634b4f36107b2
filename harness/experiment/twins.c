/* twins.c - see twins.h. */
#include "harness/experiment/twins.h"

static bool can_run(const struct trial_order *plan, const struct scenario *scenario,
                    size_t contender)
{
    for (size_t c = 0; c < plan->cell_count; c++)
        for (size_t i = 0; i < plan->cells[c].contender_count; i++)
            if (plan->cells[c].scenario == scenario &&
                plan->cells[c].contenders[i] == contender)
                return true;
    return false;
}

/* The first that can run and has all of these flags: its place among the scenario's
 * contenders, or their number. */
static size_t first_with(const struct experiment *experiment,
                         const struct experiment_scenario *own,
                         const struct trial_order *plan, unsigned flags)
{
    size_t i = 0;
    for (; i < own->contender_count; i++) {
        const struct model *model =
            experiment->contenders.items[own->contenders[i]].model;
        if ((model->flags & flags) == flags &&
            can_run(plan, &own->scenario, own->contenders[i]))
            break;
    }
    return i;
}

void twins_add(struct experiment *experiment, const struct trial_order *plan)
{
    for (size_t s = 0; s < experiment->scenario_count; s++) {
        struct experiment_scenario *own = &experiment->scenarios[s];
        size_t chosen = first_with(experiment, own, plan, MODEL_LOOP);
        if (chosen == own->contender_count)
            chosen = first_with(experiment, own, plan, 0);
        if (chosen < own->contender_count)
            experiment_add_twin(experiment, own, own->contenders[chosen]);
    }
}
