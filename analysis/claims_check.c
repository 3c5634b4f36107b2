/* claims_check.c - see claims_check.h. */
#include "analysis/claims_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics.h"
#include "base/json.h"
#include "base/text.h"
#include "record/contender.h"

struct known {
    struct claims *claims;
    const struct scenario *scenarios;
    size_t scenario_count;
    const struct models *models;
    struct error *error;
};

/* The node at `path` of a place, or, where that leaves it to the subject, of that. */
static const cJSON *node_of(const cJSON *test, const char *place, const char *path)
{
    const cJSON *own = json_at(json_at(test, place), path);
    return own ? own : json_at(json_at(test, "subject"), path);
}

/* `names` ends with NULL, and is taken over. */
static int look_up(const struct known *known, const cJSON *node, const char **names,
                   const char *word)
{
    int unused;
    struct error detail;
    int result = choice_set(names, word, &unused, &detail);
    free(names);
    return result < 0 ? json_error(&known->claims->document, node, known->error, "%s",
                                   detail.text)
                      : 0;
}

static const struct scenario *find_scenario(const struct known *known, const char *name)
{
    for (size_t i = 0; i < known->scenario_count; i++)
        if (strcmp(known->scenarios[i].name, name) == 0)
            return &known->scenarios[i];
    return NULL;
}

static int check_scenario(const struct known *known, const cJSON *node, const char *name)
{
    const char **names = memory_allocate_zeroed(known->scenario_count + 1, sizeof *names);
    for (size_t i = 0; i < known->scenario_count; i++)
        names[i] = known->scenarios[i].name;
    return look_up(known, node, names, name);
}

static int check_contender(const struct known *known, const cJSON *node,
                           const char *label)
{
    struct contender contender;
    struct error detail;
    if (contender_parse(&contender, label, known->models, &detail) < 0)
        return json_error(&known->claims->document, node, known->error, "%s",
                          detail.text);
    contender_release(&contender);
    return 0;
}

static int check_class(const struct known *known, const cJSON *node,
                       const struct scenario *scenario, const char *name)
{
    int count = 0;
    while (workload_class(&scenario->workload, count))
        count++;
    const char **names = memory_allocate_zeroed((size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++)
        names[i] = workload_class(&scenario->workload, i);
    return look_up(known, node, names, name);
}

static int check_points(const struct known *known, const cJSON *node,
                        const struct scenario *scenario, const struct words *points)
{
    const struct words *values = &scenario->sweep.values;
    int result = 0;
    for (size_t p = 0; p < points->count && result == 0; p++) {
        const char **names = memory_allocate_zeroed(values->count + 1, sizeof *names);
        for (size_t i = 0; i < values->count; i++)
            names[i] = values->items[i];
        result =
            look_up(known, cJSON_GetArrayItem(node, (int)p), names, points->items[p]);
    }
    return result;
}

static int check_metric(const struct known *known, const cJSON *node,
                        const struct claim_reading *reading)
{
    const char **names = memory_allocate_zeroed(METRIC_COUNT + 1, sizeof *names);
    for (size_t m = 0; m < METRIC_COUNT; m++)
        names[m] = metrics[m].name;
    int result = look_up(known, node, names, reading->metric);
    if (result == 0 && reading->class_name &&
        !metrics[metric_named(reading->metric)].of_classes)
        return json_error(&known->claims->document, node, known->error,
                          "\"%s\" is not told of a class", reading->metric);
    return result;
}

static int check_reading(const struct known *known, const cJSON *test, const char *place,
                         const struct claim_reading *reading)
{
    int result =
        check_scenario(known, node_of(test, place, "scenario"), reading->scenario);
    if (result < 0)
        return result;
    const struct scenario *scenario = find_scenario(known, reading->scenario);
    result =
        check_contender(known, node_of(test, place, "contender"), reading->contender);
    if (result == 0)
        result = check_points(known, node_of(test, place, "points"), scenario,
                              &reading->points);
    if (result == 0 && reading->class_name)
        result = check_class(known, node_of(test, place, "class"), scenario,
                             reading->class_name);
    return result;
}

static int check_test(const struct known *known, const cJSON *node,
                      const struct claim_test *test)
{
    static const char *const places[] = {"subject", "reference", "less"};
    int result = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places && result == 0; i++) {
        const struct claim_reading *reading = claim_reading_at(test, i);
        if (!reading)
            break;
        result = check_reading(known, node, places[i], reading);
        bool is_formula = reading == &test->reference.reading && test->reference.formula;
        if (result == 0 && !is_formula)
            result = check_metric(known, node_of(node, places[i], "metric"), reading);
    }
    const struct scenario *scenario = find_scenario(known, test->subject.scenario);
    if (result == 0 && test->over > OVER_ANY && !scenario->sweep.variable)
        return json_error(&known->claims->document, json_at(node, "over"), known->error,
                          "\"%s\" is over a sweep, and %s has none",
                          claim_over_words[test->over], scenario->name);
    return result;
}

int claims_check(struct claims *claims, const struct scenario *scenarios,
                 size_t scenario_count, const struct models *models, struct error *error)
{
    struct known known = {claims, scenarios, scenario_count, models, error};
    const cJSON *array = json_at(claims->document.root, "claims");
    int result = 0;
    for (size_t i = 0; i < claims->count && result == 0; i++) {
        const struct claim *claim = &claims->items[i];
        const cJSON *tests = json_at(cJSON_GetArrayItem(array, (int)i), "tests");
        for (size_t t = 0; t < claim->test_count && result == 0; t++)
            result =
                check_test(&known, cJSON_GetArrayItem(tests, (int)t), &claim->tests[t]);
    }
    return result;
}
