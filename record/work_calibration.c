/* work_calibration.c - see work_calibration.h. */
#include "record/work_calibration.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "servers/ops/op.h"

/* The figures of a cost. */
static const struct {
    const char *key;
    size_t offset;
} figures[] = {
    {"cpu_us", offsetof(struct step_cost, cpu_us)},
    {"cpu_us_min", offsetof(struct step_cost, cpu_least_us)},
    {"wall_us", offsetof(struct step_cost, wall_us)},
    {"wall_us_min", offsetof(struct step_cost, wall_least_us)},
    {"wall_us_max", offsetof(struct step_cost, wall_most_us)},
};
#define FIGURES (sizeof figures / sizeof *figures)

static double *figure_of(const struct step_cost *cost, size_t figure)
{
    return (double *)(void *)((char *)(uintptr_t)cost + figures[figure].offset);
}

/* ---- what steps cost -------------------------------------------------------------- */

struct step_cost *step_costs_add(struct step_costs *costs, const char *step)
{
    costs->items = memory_resize(costs->items, (costs->count + 1) * sizeof *costs->items);
    struct step_cost *cost = &costs->items[costs->count++];
    *cost = (struct step_cost){.step = memory_copy_string(step), .kind = -1};
    for (size_t i = 0; i < FIGURES; i++)
        *figure_of(cost, i) = NAN;
    return cost;
}

void step_costs_release(struct step_costs *costs)
{
    for (size_t i = 0; i < costs->count; i++) {
        free(costs->items[i].step);
        free(costs->items[i].why);
    }
    free(costs->items);
    *costs = (struct step_costs){0};
}

cJSON *step_costs_to_json(const struct step_costs *costs)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < costs->count; i++) {
        const struct step_cost *cost = &costs->items[i];
        cJSON *object = cJSON_CreateObject();
        json_add_text(object, "step", cost->step);
        json_add_text(object, "kind", cost->kind < 0 ? NULL : op_kind_names[cost->kind]);
        for (size_t f = 0; f < FIGURES; f++)
            json_add_number(object, figures[f].key, *figure_of(cost, f));
        json_add_text(object, "why", cost->why);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static int kind_of(const char *name)
{
    for (int i = 0; name && op_kind_names[i]; i++)
        if (strcmp(op_kind_names[i], name) == 0)
            return i;
    return -1;
}

int step_costs_from_json(struct step_costs *costs, const cJSON *object,
                         struct error *error)
{
    const cJSON *item;
    *costs = (struct step_costs){.cpu = json_number(object, "cpu")};
    cJSON_ArrayForEach(item, json_at(object, "steps"))
    {
        const char *step = json_string(item, "step"), *why = json_string(item, "why");
        if (!step) {
            step_costs_release(costs);
            return error_set(error, -EINVAL, "a cost without its \"step\"");
        }
        struct step_cost *cost = step_costs_add(costs, step);
        cost->kind = kind_of(json_string(item, "kind"));
        for (size_t f = 0; f < FIGURES; f++)
            *figure_of(cost, f) = json_number(item, figures[f].key);
        cost->why = why ? memory_copy_string(why) : NULL;
    }
    return 0;
}

/* ---- the whole -------------------------------------------------------------------- */

void work_calibration_add(struct work_calibration *calibration, const char *written,
                          const char *work)
{
    calibration->timed = memory_resize(
        calibration->timed, (calibration->timed_count + 1) * sizeof *calibration->timed);
    calibration->timed[calibration->timed_count++] =
        (struct timed_step){memory_copy_string(written), memory_copy_string(work)};
}

void work_calibration_release(struct work_calibration *calibration)
{
    for (size_t i = 0; i < calibration->timed_count; i++) {
        free(calibration->timed[i].written);
        free(calibration->timed[i].work);
    }
    free(calibration->timed);
    step_costs_release(&calibration->costs);
    *calibration = (struct work_calibration){0};
}

cJSON *work_calibration_to_json(const struct work_calibration *calibration)
{
    cJSON *object = cJSON_CreateObject(), *work = json_add_object(object, "work");
    for (size_t i = 0; i < calibration->timed_count; i++)
        json_add_text(work, calibration->timed[i].written, calibration->timed[i].work);
    json_add_number(object, "cpu", calibration->costs.cpu);
    cJSON_AddItemToObject(object, "steps", step_costs_to_json(&calibration->costs));
    return object;
}

int work_calibration_from_json(struct work_calibration *calibration, const cJSON *object,
                               struct error *error)
{
    const cJSON *work;
    *calibration = (struct work_calibration){.is_known = cJSON_IsObject(object)};
    int result = step_costs_from_json(&calibration->costs, object, error);
    cJSON_ArrayForEach(work, json_at(object, "work"))
    {
        if (result == 0 && !cJSON_IsString(work))
            result =
                error_set(error, -EINVAL, "the work of \"%s\" is no step", work->string);
        if (result == 0)
            work_calibration_add(calibration, work->string, work->valuestring);
    }
    if (result < 0)
        work_calibration_release(calibration);
    return result < 0 ? error_prefix(error, result, "calibration") : 0;
}

const char *work_calibration_work(const struct work_calibration *calibration,
                                  const struct path_step *step)
{
    for (size_t i = 0; i < calibration->timed_count; i++)
        if (path_step_equals(step, calibration->timed[i].written))
            return calibration->timed[i].work;
    return NULL;
}

const char *work_calibration_written(const struct work_calibration *calibration,
                                     const char *work)
{
    const char *written = NULL;
    for (size_t i = 0; i < calibration->timed_count; i++)
        if (strcmp(calibration->timed[i].work, work) == 0)
            written = calibration->timed[i].written;
    return written;
}

const struct step_cost *work_calibration_cost(const struct work_calibration *calibration,
                                              const struct path_step *step)
{
    for (size_t i = 0; i < calibration->costs.count; i++)
        if (path_step_equals(step, calibration->costs.items[i].step))
            return &calibration->costs.items[i];
    return NULL;
}
