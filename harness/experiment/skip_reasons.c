/* skip_reasons.c - see skip_reasons.h. */
#include "harness/experiment/skip_reasons.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "harness/third_party/third_party.h"

/* Why no model can run this point here; empty where they can. */
static void find_cell_skip_reason(const struct scenario *scenario, const char *value,
                                  const struct machine_limits *limits, char *why,
                                  size_t bytes)
{
    struct scenario point;
    scenario_at_point(&point, scenario, value);
    why[0] = '\0';
    uint64_t needed = workload_all_connections(&point.workload) + 64;
    if (workload_connects_as_needed(&point.workload)) /* as many as there may be */
        needed -= point.workload.max_connections;
    if (point.server.cpus > (uint64_t)limits->cpu_count)
        snprintf(why, bytes, "needs %llu %s for the server, this machine offers %d",
                 (unsigned long long)point.server.cpus,
                 text_plural((double)point.server.cpus, "CPU", "CPUs"),
                 limits->cpu_count);
    else if (point.database == DATABASE_POSTGRES && limits->no_postgres)
        snprintf(why, bytes, "%s", limits->no_postgres);
    else if (needed > limits->descriptors)
        snprintf(why, bytes, "needs %llu open files, this machine allows %llu",
                 (unsigned long long)needed, (unsigned long long)limits->descriptors);
    scenario_release(&point);
}

bool experiment_needs_database(const struct experiment *run, int database)
{
    for (size_t i = 0; i < run->scenario_count; i++)
        if (run->scenarios[i].scenario.database == database)
            return true;
    return false;
}

static void add_skip_reason(struct skip_reasons *skip_reasons,
                            const struct skip_reason *skip_reason)
{
    skip_reasons->items = memory_resize(
        skip_reasons->items, (skip_reasons->count + 1) * sizeof *skip_reasons->items);
    skip_reasons->items[skip_reasons->count++] = *skip_reason;
}

/* Why this contender cannot run this point here; empty where it can. */
static void find_skip_reason(const struct contender *contender,
                             const struct scenario *scenario, const char *value,
                             const char *cell_why, char *why, size_t bytes)
{
    const struct model *model = contender->model;
    struct error error;
    if (!model_is_supported(model, &error)) {
        snprintf(why, bytes, "%s", error.text);
        return;
    }
    snprintf(why, bytes, "%s", cell_why);
    if (*why || !(model->flags & MODEL_REFERENCE))
        return;
    struct third_party external;
    if (third_party_from_model(&external, model, &error) < 0) {
        snprintf(why, bytes, "%s", error.text);
        return;
    }
    struct scenario point;
    scenario_at_point(&point, scenario, value);
    third_party_find_skip_reason(&external, &point, why, bytes);
    scenario_release(&point);
    third_party_release(&external);
}

static void plan_cell(const struct experiment *run, const struct experiment_scenario *own,
                      const char *value, const struct machine_limits *limits,
                      struct trial_order *plan, struct skip_reasons *skip_reasons)
{
    struct skip_reason skip_reason = {.scenario = &own->scenario, .value = value};
    char cell_why[ERROR_TEXT_BYTES];
    find_cell_skip_reason(&own->scenario, value, limits, cell_why, sizeof cell_why);
    size_t *able = memory_allocate((own->contender_count + 2) * sizeof *able);
    size_t able_count = 0;
    for (size_t i = 0; i < own->contender_count; i++) {
        skip_reason.contender = &run->contenders.items[own->contenders[i]];
        find_skip_reason(skip_reason.contender, &own->scenario, value, cell_why,
                         skip_reason.why, sizeof skip_reason.why);
        if (*skip_reason.why) {
            add_skip_reason(skip_reasons, &skip_reason);
            continue;
        }
        able[able_count++] = own->contenders[i];
        if (own->twin != own->twin_of && own->contenders[i] == own->twin_of)
            able[able_count++] = own->twin;
    }
    /* What has the load by turns with the first one takes that. */
    bool alone = run->slicing.count && able_count > 0 && able[0] != own->contenders[0];
    for (size_t i = 0; alone && i < able_count; i++) {
        skip_reason.contender = &run->contenders.items[able[i]];
        snprintf(skip_reason.why, sizeof skip_reason.why,
                 "%s, against which it would be measured, is not",
                 run->contenders.items[own->contenders[0]].label);
        add_skip_reason(skip_reasons, &skip_reason);
    }
    if (able_count > 0 && !alone)
        trial_order_add_cell(plan, &own->scenario, value, able, able_count);
    free(able);
}

void experiment_order_trials(const struct experiment *run,
                             const struct machine_limits *limits,
                             struct trial_order *plan, struct skip_reasons *skip_reasons)
{
    *plan = (struct trial_order){.slicing = run->slicing};
    *skip_reasons = (struct skip_reasons){0};
    for (size_t i = 0; i < run->scenario_count; i++) {
        const struct experiment_scenario *own = &run->scenarios[i];
        const struct sweep *sweep = &own->scenario.sweep;
        for (size_t v = 0; v < sweep->values.count; v++)
            plan_cell(run, own, sweep->values.items[v], limits, plan, skip_reasons);
        if (!sweep->variable)
            plan_cell(run, own, NULL, limits, plan, skip_reasons);
    }
    trial_order_shuffle(plan, &run->contenders, run->repeat, run->seed);
}
