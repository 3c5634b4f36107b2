/* work_calibration.c - see work_calibration.h. */
#include "harness/experiment/work_calibration.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/text.h"
#include "workload/fetch_path.h"

/* The search for an amount of work ends when it takes the wanted time but for this
 * part of it, to which a machine hardly repeats itself. */
#define CLOSE_ENOUGH 0.01
#define MOST_TRIES   6

/* A try may be so much larger than the one before: what is short is measured badly. */
#define MOST_GROWTH 1000

/* ---- steps ------------------------------------------------------------------------ */

/* The time in "spin:10ms"; false where the step's argument is none. */
static bool read_time(const char *step, uint64_t *ns)
{
    const char *argument = strchr(step, ':');
    return argument &&
           quantity_parse(QUANTITY_TIME, argument + 1, 0, UINT64_MAX, ns, NULL) == 0;
}

static size_t name_length(const char *step)
{
    return strcspn(step, ":");
}

static bool is_named(const char *step, const char *name)
{
    return strlen(name) == name_length(step) && strncmp(step, name, strlen(name)) == 0;
}

/* The entry of `interleave ops --json` for this step, or NULL. */
static const cJSON *find_op(const cJSON *ops, const char *step)
{
    const cJSON *op;
    cJSON_ArrayForEach(op, ops)
    {
        const char *name = json_string(op, "name");
        if (name && is_named(step, name))
            return op;
    }
    return NULL;
}

static bool is_kind(const cJSON *op, const char *kind)
{
    const char *own = json_string(op, "kind");
    return own && strcmp(own, kind) == 0;
}

/* Calls `visit` with every step of the path, and with those that a fetch asks for. */
static void visit_steps(const char *path, void (*visit)(void *context, const char *step),
                        void *context)
{
    char **steps = text_split(path, '/', NULL);
    for (size_t s = 0; steps[s]; s++) {
        char *inner = fetched_path(steps[s]);
        if (inner)
            visit_steps(inner, visit, context);
        else if (*steps[s])
            visit(context, steps[s]);
        free(inner);
    }
    text_list_free(steps);
}

/* ---- what is known ---------------------------------------------------------------- */

static const cJSON *find_cost(const struct work_calibration *calibration,
                              const char *step)
{
    const cJSON *cost;
    cJSON_ArrayForEach(cost, json_at(calibration->record, "steps"))
    {
        const char *own = json_string(cost, "step");
        if (own && strcmp(own, step) == 0)
            return cost;
    }
    return NULL;
}

/* "spin:6172839" for "spin:10ms", or NULL where it is no time to be replaced. */
static const char *work_for(const struct work_calibration *calibration, const char *step)
{
    return json_string(json_at(calibration->record, "work"), step);
}

static void append_path(const struct work_calibration *calibration, const char *path,
                        struct text *calibrated)
{
    char **steps = text_split(path, '/', NULL);
    /* The path begins with "/": its first piece is empty. */
    for (size_t s = 1; steps[0] && steps[s]; s++) {
        char *inner = fetched_path(steps[s]);
        const char *work = work_for(calibration, steps[s]);
        if (inner) {
            struct text asked = {0};
            append_path(calibration, inner, &asked);
            char *at = asked.data;
            for (; at && *at; at++)
                *at = *at == '/' ? ',' : *at == ':' ? '=' : *at;
            text_printf(calibrated, "/fetch:%s",
                        asked.length ? text_string(&asked) + 1 : "");
            text_release(&asked);
        } else {
            text_printf(calibrated, "/%s", work ? work : steps[s]);
        }
        free(inner);
    }
    text_list_free(steps);
}

void calibration_apply(const struct work_calibration *calibration,
                       struct scenario *scenario)
{
    for (size_t i = 0; calibration->record && i < scenario->workload.request_count; i++) {
        struct request *request = &scenario->workload.requests[i];
        struct text path = {0};
        append_path(calibration, request->path, &path);
        free(request->path);
        request->path = text_steal(&path);
    }
}

static bool add_step_time(const struct work_calibration *calibration, const char *step,
                          struct path_times *times)
{
    char *inner = fetched_path(step);
    if (inner) {
        /* What another server does meanwhile is a wait here. */
        struct path_times its = {0};
        bool known = calibration_path_times(calibration, inner, &its);
        free(inner);
        times->wait += its.cpu + its.wait + its.blocking;
        times->measured = times->measured || its.measured;
        return known;
    }
    if (!*step || is_named(step, "bytes"))
        return true;
    uint64_t ns;
    bool is_time = read_time(step, &ns);
    double seconds = is_time ? (double)ns / (double)NS_PER_S : 0;
    if (is_time && (is_named(step, "wait") || is_named(step, "pgsleep"))) {
        times->wait += seconds;
        return true;
    }
    if (is_time && is_named(step, "block")) {
        times->blocking += seconds;
        return true;
    }
    if (is_time && work_for(calibration, step)) {
        times->cpu += seconds;
        return true;
    }
    const cJSON *cost = find_cost(calibration, step);
    if (!cost)
        return false;
    times->measured = true;
    *(is_kind(cost, "CPU") ? &times->cpu : &times->blocking) +=
        json_number(cost, is_kind(cost, "CPU") ? "cpu_us" : "wall_us") / 1e6;
    return true;
}

bool calibration_path_times(const struct work_calibration *calibration, const char *path,
                            struct path_times *times)
{
    bool known = true;
    *times = (struct path_times){0};
    char **steps = text_split(path, '/', NULL);
    for (size_t s = 0; steps[s]; s++)
        known = known && add_step_time(calibration, steps[s], times);
    text_list_free(steps);
    return known;
}

/* ---- asking the program ----------------------------------------------------------- */

/* Runs `interleave ops` with these words and reads the JSON that it prints. */
static int ask_ops(const char *const *arguments, cJSON **answer, struct error *error)
{
    char *printed;
    int result = child_capture(arguments, 10 * NS_PER_MIN, &printed, error);
    if (result < 0)
        return error_prefix(error, result, "calibration");
    *answer = cJSON_Parse(printed);
    free(printed);
    return *answer ? 0
                   : error_set(error, -EINVAL,
                               "calibration: interleave ops did not print JSON");
}

/* Costs of the steps in `list`, an array of strings, in its order. */
static int measure_steps(const cJSON *list, cJSON **costs, struct error *error)
{
    size_t count = (size_t)cJSON_GetArraySize(list), filled = 0;
    const char **arguments = memory_allocate((count + 5) * sizeof *arguments);
    arguments[filled++] = "interleave";
    arguments[filled++] = "ops";
    arguments[filled++] = "--calibrate";
    arguments[filled++] = "--json";
    const cJSON *step, *cost;
    cJSON_ArrayForEach(step, list) arguments[filled++] = step->valuestring;
    arguments[filled] = NULL;
    int result = ask_ops(arguments, costs, error);
    free(arguments);
    if (result < 0)
        return result;
    cJSON_ArrayForEach(cost, json_at(*costs, "steps"))
    {
        const char *why = json_string(cost, "why");
        if (why && result == 0)
            result = error_set(error, -EINVAL, "calibration: %s: %s",
                               json_string(cost, "step"), why);
    }
    if (result < 0) {
        cJSON_Delete(*costs);
        *costs = NULL;
    }
    return result;
}

/* ---- finding amounts of work ------------------------------------------------------ */

/* An amount of work that is looked for. */
struct work_search {
    char *step;       /* as the scenario has it, "gzip:10ms" */
    double wanted_us; /* CPU time */
    double amount;
    bool found;
};

static void add_unique(cJSON *list, const char *step)
{
    const cJSON *known;
    cJSON_ArrayForEach(known, list)
    {
        if (strcmp(known->valuestring, step) == 0)
            return;
    }
    cJSON_AddItemToArray(list, cJSON_CreateString(step));
}

/* What a walk over the paths collects. */
struct collection {
    const cJSON *ops;
    cJSON *timed;  /* CPU steps given as a time */
    cJSON *others; /* CPU and BLOCKING steps given as work */
};

static void collect_step(void *context, const char *step)
{
    struct collection *collection = context;
    const cJSON *op = find_op(collection->ops, step);
    uint64_t ns;
    if (is_kind(op, "CPU"))
        add_unique(read_time(step, &ns) ? collection->timed : collection->others, step);
    else if (!op || (is_kind(op, "BLOCKING") && !read_time(step, &ns)))
        add_unique(collection->others, step); /* what is unknown is refused there */
}

static void collect_steps(const struct trial_order *plan, struct collection *collection)
{
    for (size_t i = 0; i < plan->cell_count; i++) {
        struct scenario point;
        scenario_at_point(&point, plan->cells[i].scenario, plan->cells[i].value);
        for (size_t r = 0; r < point.workload.request_count; r++)
            visit_steps(point.workload.requests[r].path, collect_step, collection);
        scenario_release(&point);
    }
}

/* The search begins at the op's example. */
static int start_search(struct work_search *search, const cJSON *ops, const char *step,
                        struct error *error)
{
    const char *example = json_string(find_op(ops, step), "example");
    uint64_t ns = 0, amount = 0;
    read_time(step, &ns);
    if (!example ||
        (quantity_parse(QUANTITY_COUNT, example, 1, UINT64_MAX, &amount, NULL) < 0 &&
         quantity_parse(QUANTITY_SIZE, example, 1, UINT64_MAX, &amount, NULL) < 0))
        return error_set(error, -EINVAL, "calibration: %s: this step cannot be a time",
                         step);
    *search = (struct work_search){.step = memory_copy_string(step),
                                   .wanted_us = (double)ns / (double)NS_PER_US,
                                   .amount = (double)amount};
    return 0;
}

static char *search_work(const struct work_search *search)
{
    return memory_printf("%.*s:%.0f", (int)name_length(search->step), search->step,
                         search->amount);
}

/* Work is taken to be in proportion to its amount, again and again. */
static void improve(struct work_search *search, double least_cpu_us)
{
    double factor = search->wanted_us / least_cpu_us;
    search->found = fabs(factor - 1) < CLOSE_ENOUGH;
    if (!search->found)
        search->amount =
            fmax(1, round(search->amount * fmin(factor, (double)MOST_GROWTH)));
}

static int improve_all(struct work_search *searches, size_t count, struct error *error)
{
    cJSON *works = cJSON_CreateArray(), *costs = NULL;
    for (size_t i = 0; i < count; i++) {
        char *work = search_work(&searches[i]);
        cJSON_AddItemToArray(works, cJSON_CreateString(work));
        free(work);
    }
    int result = measure_steps(works, &costs, error);
    const cJSON *cost =
        result == 0 ? cJSON_GetArrayItem(json_at(costs, "steps"), 0) : NULL;
    for (size_t i = 0; i < count && cost; i++, cost = cost->next)
        improve(&searches[i], json_number(cost, "cpu_us_min"));
    cJSON_Delete(works);
    cJSON_Delete(costs);
    return result;
}

static bool all_found(const struct work_search *searches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!searches[i].found)
            return false;
    return true;
}

/* Fills `work`: { "spin:10ms": "spin:6172839" }. */
static int find_work(const cJSON *timed, const cJSON *ops, cJSON *work,
                     struct error *error)
{
    size_t count = (size_t)cJSON_GetArraySize(timed), started = 0;
    struct work_search *searches = memory_allocate_zeroed(count + 1, sizeof *searches);
    const cJSON *step;
    int result = 0;
    cJSON_ArrayForEach(step, timed)
    {
        if (result == 0)
            result = start_search(&searches[started++], ops, step->valuestring, error);
    }
    for (int i = 0; i < MOST_TRIES && result == 0 && !all_found(searches, count); i++)
        result = improve_all(searches, count, error);
    for (size_t i = 0; i < count; i++) {
        if (result == 0) {
            char *text = search_work(&searches[i]);
            cJSON_AddStringToObject(work, searches[i].step, text);
            fprintf(stderr, "calibrated: %s is %s here\n", searches[i].step, text);
            free(text);
        }
        free(searches[i].step);
    }
    free(searches);
    return result;
}

/* ---- the whole -------------------------------------------------------------------- */

static int measure(struct work_calibration *calibration,
                   const struct collection *collection, struct error *error)
{
    cJSON *record = cJSON_CreateObject(), *costs = NULL;
    cJSON *work = json_add_object(record, "work");
    int result = find_work(collection->timed, collection->ops, work, error);
    const cJSON *found;
    cJSON_ArrayForEach(found, work) add_unique(collection->others, found->valuestring);
    if (result == 0)
        result = measure_steps(collection->others, &costs, error);
    if (result < 0) {
        cJSON_Delete(record);
        return result;
    }
    json_add_number(record, "cpu", json_number(costs, "cpu"));
    cJSON *steps = json_add_array(record, "steps"), *cost;
    while ((cost = cJSON_DetachItemFromArray(cJSON_GetObjectItem(costs, "steps"), 0)))
        cJSON_AddItemToArray(steps, cost);
    cJSON_Delete(costs);
    calibration->record = record;
    return 0;
}

int calibrate(struct work_calibration *calibration, const struct trial_order *plan,
              struct error *error)
{
    static const char *const list_ops[] = {"interleave", "ops", "--json", NULL};
    cJSON *ops = NULL;
    int result = ask_ops(list_ops, &ops, error);
    if (result < 0)
        return result;
    struct collection collection = {
        .ops = ops, .timed = cJSON_CreateArray(), .others = cJSON_CreateArray()};
    collect_steps(plan, &collection);
    if (collection.timed->child || collection.others->child)
        result = measure(calibration, &collection, error);
    cJSON_Delete(collection.timed);
    cJSON_Delete(collection.others);
    cJSON_Delete(ops);
    return result;
}

void calibration_restore(struct work_calibration *calibration, const cJSON *record)
{
    calibration->record = cJSON_IsObject(record) ? cJSON_Duplicate(record, true) : NULL;
}

void calibration_release(struct work_calibration *calibration)
{
    cJSON_Delete(calibration->record);
    calibration->record = NULL;
}
