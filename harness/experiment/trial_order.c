/* trial_order.c - see trial_order.h. */
#include "harness/experiment/trial_order.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fnv1a.h"
#include "base/random.h"
#include "base/text.h"

void trial_order_add_cell(struct trial_order *plan, const struct scenario *scenario,
                          const char *value, const size_t *contenders,
                          size_t contender_count)
{
    plan->cells =
        memory_resize(plan->cells, (plan->cell_count + 1) * sizeof *plan->cells);
    struct cell *cell = &plan->cells[plan->cell_count++];
    *cell = (struct cell){
        .scenario = scenario, .value = value, .contender_count = contender_count};
    cell->contenders = memory_allocate((contender_count + 1) * sizeof *cell->contenders);
    memcpy(cell->contenders, contenders, contender_count * sizeof *cell->contenders);
}

/* What may not stand in a file name becomes "_". */
static void make_file_name(char *name)
{
    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-._=", *p))
            *p = '_';
}

/* `first` NULL: it has the load alone. */
static char *name_trial(uint64_t block, const struct cell *cell, const char *first,
                        const char *label)
{
    struct text id = {0};
    text_printf(&id, "%02llu-%s", (unsigned long long)block, cell->scenario->name);
    if (cell->value)
        text_printf(&id, "-%s=%s", cell->scenario->sweep.variable, cell->value);
    if (first)
        text_printf(&id, "-%s", first);
    text_printf(&id, "-%s", label);
    char *name = text_steal(&id);
    make_file_name(name);
    return name;
}

static size_t *indices(size_t count)
{
    size_t *order = memory_allocate((count + 1) * sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    return order;
}

static void add_cell_trials(struct trial_order *plan, size_t cell_index, uint64_t block,
                            const struct contenders *contenders, struct random *random)
{
    const struct cell *cell = &plan->cells[cell_index];
    const char *first =
        plan->slicing.count ? contenders->items[cell->contenders[0]].label : NULL;
    size_t *order = indices(cell->contender_count);
    random_shuffle(random, order, cell->contender_count, sizeof *order);
    for (size_t i = 0; i < cell->contender_count; i++) {
        size_t contender = cell->contenders[order[i]];
        plan->trials[plan->trial_count++] = (struct planned_trial){
            .block = block,
            .cell = cell_index,
            .contender = contender,
            .id = name_trial(block, cell, first, contenders->items[contender].label),
        };
    }
    free(order);
}

void trial_order_shuffle(struct trial_order *plan, const struct contenders *contenders,
                         uint64_t blocks, uint64_t seed)
{
    size_t per_block = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        per_block += plan->cells[i].contender_count;
    plan->trials = memory_allocate((per_block * blocks + 1) * sizeof *plan->trials);
    for (uint64_t block = 1; block <= blocks; block++) {
        struct random random;
        random_seed_stream(&random, seed, block);
        size_t *order = indices(plan->cell_count);
        random_shuffle(&random, order, plan->cell_count, sizeof *order);
        for (size_t i = 0; i < plan->cell_count; i++)
            add_cell_trials(plan, order[i], block, contenders, &random);
        free(order);
    }
}

#define TRIAL_OVERHEAD_NS (1100 * NS_PER_MS)

uint64_t trial_time_ns(const struct trial_order *plan, const struct scenario *scenario)
{
    const struct workload *workload = &scenario->workload;
    const struct slicing *slicing = &plan->slicing;
    if (!slicing->count)
        return workload_search_ns(workload) + workload->warmup_ns +
               workload->duration_ns + TRIAL_OVERHEAD_NS;
    return 2 * (workload->warmup_ns + (1 + slicing->count) * slicing->slice_ns +
                TRIAL_OVERHEAD_NS);
}

uint64_t trial_order_block_ns(const struct trial_order *plan,
                              const struct scenario *scenario)
{
    uint64_t ns = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        if (!scenario || plan->cells[i].scenario == scenario)
            ns += plan->cells[i].contender_count *
                  trial_time_ns(plan, plan->cells[i].scenario);
    return ns;
}

/* With its NUL, so that two words hash unlike the same letters parted elsewhere. */
static uint64_t hash_word(uint64_t hash, const char *word)
{
    return fnv1a(hash, word, strlen(word) + 1);
}

uint64_t trial_order_seed(const struct trial_order *plan,
                          const struct planned_trial *trial, uint64_t run_seed)
{
    const struct cell *cell = &plan->cells[trial->cell];
    uint64_t stream = hash_word(FNV1A_BASIS, cell->scenario->name);
    if (cell->value)
        stream = hash_word(stream, cell->value);
    struct random random;
    random_seed_stream(&random, run_seed, stream + trial->block);
    return random_next(&random) >> 11; /* exact in JSON, whose numbers are doubles */
}

void trial_order_release(struct trial_order *plan)
{
    for (size_t i = 0; i < plan->cell_count; i++)
        free(plan->cells[i].contenders);
    for (size_t i = 0; i < plan->trial_count; i++)
        free(plan->trials[i].id);
    free(plan->cells);
    free(plan->trials);
    *plan = (struct trial_order){0};
}
