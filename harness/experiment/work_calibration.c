/* work_calibration.c - see work_calibration.h. */
#include "harness/experiment/work_calibration.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/quantity.h"
#include "base/text.h"
#include "servers/ops/op.h"

/* The search for an amount of work ends when it takes the wanted time but for this
 * part of it, to which a machine hardly repeats itself. */
#define CLOSE_ENOUGH 0.01
#define MAX_TRIES    6

/* A try may be so much larger than the one before: what is short is measured badly. */
#define MAX_GROWTH 1000

/* ---- applying --------------------------------------------------------------------- */

static const char *find_work(const void *calibration, const struct path_step *step)
{
    return work_calibration_work(calibration, step);
}

void work_calibration_apply(const struct work_calibration *calibration,
                            struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->workload.request_count; i++) {
        struct request *request = &scenario->workload.requests[i];
        char *path = path_replace(request->path, find_work, calibration);
        free(request->path);
        request->path = path;
    }
}

/* ---- measuring -------------------------------------------------------------------- */

/* Steps, each once. */
struct step_list {
    char **items;
    size_t count;
};

static void list_add(struct step_list *list, const char *step, size_t length)
{
    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->items[i], step, length) == 0 && !list->items[i][length])
            return;
    list->items = memory_resize(list->items, (list->count + 1) * sizeof *list->items);
    list->items[list->count++] = memory_printf("%.*s", (int)length, step);
}

static void list_release(struct step_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

static int read_costs(struct step_costs *costs, const char *printed, size_t expected,
                      struct error *error)
{
    cJSON *root = cJSON_Parse(printed);
    int result = root ? step_costs_from_json(costs, root, error)
                      : error_set(error, -EINVAL, "interleave ops did not print JSON");
    cJSON_Delete(root);
    if (result < 0)
        return result;
    if (costs->count != expected)
        result = error_set(error, -EINVAL, "interleave ops measured %zu of %zu steps",
                           costs->count, expected);
    for (size_t i = 0; i < costs->count && result == 0; i++)
        if (costs->items[i].why)
            result = error_set(error, -EINVAL, "%s: %s", costs->items[i].step,
                               costs->items[i].why);
    if (result < 0)
        step_costs_release(costs);
    return result;
}

/* What the steps cost, in their order. */
static int measure_steps(struct step_costs *costs, char *const *steps, size_t count,
                         struct error *error)
{
    static const char *const command[] = {"interleave", "ops", "--calibrate", "--json"};
    const size_t words = sizeof command / sizeof *command;
    const char **arguments = memory_allocate((words + count + 1) * sizeof *arguments);
    memcpy(arguments, command, sizeof command);
    for (size_t i = 0; i < count; i++)
        arguments[words + i] = steps[i];
    arguments[words + count] = NULL;
    char *printed;
    int result = child_capture(arguments, 10 * NS_PER_MIN, &printed, error);
    free(arguments);
    if (result < 0)
        return result;
    result = read_costs(costs, printed, count, error);
    free(printed);
    return result;
}

/* ---- which steps ------------------------------------------------------------------ */

/* What a walk over the paths collects. */
struct collection {
    struct step_list timed;  /* CPU steps given as a time */
    struct step_list others; /* CPU and BLOCKING steps given as work */
};

static void collect_step(void *context, const struct path_step *step)
{
    struct collection *collection = context;
    const struct op *op = op_of_step(step);
    uint64_t ns;
    if (op && op->flags & OP_SCALES && path_step_time(step, &ns))
        list_add(&collection->timed, step->text, step->length);
    else if (op && (op->kind == OP_CPU || op->kind == OP_BLOCKING) &&
             !(op->flags & OP_LASTS))
        list_add(&collection->others, step->text, step->length);
}

static void collect_steps(const struct trial_order *order, struct collection *collection)
{
    for (size_t i = 0; i < order->cell_count; i++) {
        struct scenario point;
        scenario_at_point(&point, order->cells[i].scenario, order->cells[i].value);
        for (size_t r = 0; r < point.workload.request_count; r++)
            path_visit(point.workload.requests[r].path, collect_step, collection);
        scenario_release(&point);
    }
}

/* ---- finding amounts of work ------------------------------------------------------ */

/* An amount of work that is looked for. */
struct work_search {
    const struct op *op;
    double wanted_us; /* CPU time */
    double amount;
    bool found;
};

/* The search begins at the op's example. */
static struct work_search start_search(const char *written)
{
    struct path_step step = path_step_of(written);
    const struct op *op = op_of_step(&step);
    uint64_t ns = 0, amount;
    path_step_time(&step, &ns);
    if (quantity_parse(QUANTITY_COUNT, op->example, 1, UINT64_MAX, &amount, NULL) < 0 &&
        quantity_parse(QUANTITY_SIZE, op->example, 1, UINT64_MAX, &amount, NULL) < 0)
        abort(); /* an op that scales has a number for an argument */
    return (struct work_search){
        .op = op, .wanted_us = (double)ns / (double)NS_PER_US, .amount = (double)amount};
}

static char *search_work(const struct work_search *search)
{
    return memory_printf("%s:%.0f", search->op->name, search->amount);
}

/* Work is taken to be in proportion to its amount, again and again. */
static void improve(struct work_search *search, double least_cpu_us)
{
    double factor = search->wanted_us / least_cpu_us;
    search->found = fabs(factor - 1) < CLOSE_ENOUGH;
    if (!search->found)
        search->amount =
            fmax(1, round(search->amount * fmin(factor, (double)MAX_GROWTH)));
}

static int improve_all(struct work_search *searches, size_t count, struct error *error)
{
    struct step_costs costs;
    char **works = memory_allocate_zeroed(count + 1, sizeof *works);
    for (size_t i = 0; i < count; i++)
        works[i] = search_work(&searches[i]);
    int result = measure_steps(&costs, works, count, error);
    if (result == 0) {
        for (size_t i = 0; i < count; i++)
            improve(&searches[i], costs.items[i].cpu_least_us);
        step_costs_release(&costs);
    }
    text_list_free(works);
    return result;
}

static bool all_found(const struct work_search *searches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!searches[i].found)
            return false;
    return true;
}

static int find_amounts(struct work_calibration *calibration,
                        const struct step_list *timed, struct error *error)
{
    size_t count = timed->count;
    struct work_search *searches = memory_allocate_zeroed(count + 1, sizeof *searches);
    int result = 0;
    for (size_t i = 0; i < count; i++)
        searches[i] = start_search(timed->items[i]);
    for (int i = 0; i < MAX_TRIES && result == 0 && !all_found(searches, count); i++)
        result = improve_all(searches, count, error);
    for (size_t i = 0; i < count && result == 0; i++) {
        char *work = search_work(&searches[i]);
        work_calibration_add(calibration, timed->items[i], work);
        fprintf(stderr, "calibrated: %s is %s here\n", timed->items[i], work);
        free(work);
    }
    free(searches);
    return result;
}

/* ---- the whole -------------------------------------------------------------------- */

static int measure(struct work_calibration *calibration, struct collection *collection,
                   struct error *error)
{
    struct step_list *others = &collection->others;
    int result = find_amounts(calibration, &collection->timed, error);
    for (size_t i = 0; i < calibration->timed_count; i++) {
        const char *work = calibration->timed[i].work;
        list_add(others, work, strlen(work));
    }
    if (result == 0)
        result = measure_steps(&calibration->costs, others->items, others->count, error);
    calibration->is_known = result == 0;
    return result;
}

int work_calibration_measure(struct work_calibration *calibration,
                             const struct trial_order *order, struct error *error)
{
    struct collection collection = {0};
    int result = 0;
    *calibration = (struct work_calibration){0};
    collect_steps(order, &collection);
    if (collection.timed.count > 0 || collection.others.count > 0)
        result = measure(calibration, &collection, error);
    if (result < 0)
        work_calibration_release(calibration);
    list_release(&collection.timed);
    list_release(&collection.others);
    return result < 0 ? error_prefix(error, result, "calibration") : 0;
}
