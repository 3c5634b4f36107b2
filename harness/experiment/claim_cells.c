/* claim_cells.c - see claim_cells.h. */
#include "harness/experiment/claim_cells.h"

#include <stddef.h>
#include <string.h>

static void add_once(struct words *words, const char *word)
{
    if (!words_have(words, word))
        words_add(words, word);
}

/* Calls `visit` with every place that they read in a scenario; NULL: in any. */
static void visit_readings(const struct claims *claims, const char *scenario,
                           void (*visit)(struct words *words,
                                         const struct claim_reading *reading),
                           struct words *words)
{
    for (size_t c = 0; c < claims->count; c++) {
        const struct claim *claim = &claims->items[c];
        for (size_t t = 0; t < claim->test_count; t++) {
            const struct claim_reading *reading;
            for (size_t i = 0; (reading = claim_reading_at(&claim->tests[t], i)); i++)
                if (!scenario || strcmp(reading->scenario, scenario) == 0)
                    visit(words, reading);
        }
    }
}

static void add_scenario(struct words *names, const struct claim_reading *reading)
{
    add_once(names, reading->scenario);
}

void claims_add_scenarios(const struct claims *claims, struct words *names)
{
    visit_readings(claims, NULL, add_scenario, names);
}

static void add_contender(struct words *labels, const struct claim_reading *reading)
{
    add_once(labels, reading->contender);
}

void claims_add_contenders(const struct claims *claims, const char *scenario,
                           struct words *labels)
{
    visit_readings(claims, scenario, add_contender, labels);
}

#define EVERY_POINT "" /* no value of a sweep */

static void add_points(struct words *points, const struct claim_reading *reading)
{
    if (reading->points.count == 0)
        add_once(points, EVERY_POINT);
    for (size_t i = 0; i < reading->points.count; i++)
        add_once(points, reading->points.items[i]);
}

void claims_keep_points(const struct claims *claims, struct scenario *scenario)
{
    struct sweep *sweep = &scenario->sweep;
    struct words needed = {0}, kept = {0};
    visit_readings(claims, scenario->name, add_points, &needed);
    for (size_t i = 0; i < sweep->values.count; i++)
        if (words_have(&needed, EVERY_POINT) ||
            words_have(&needed, sweep->values.items[i]))
            words_add(&kept, sweep->values.items[i]);
    words_release(&needed);
    words_release(&sweep->values);
    words_release(&sweep->quick);
    sweep->values = kept;
}

/* ---- what a run has ---------------------------------------------------------------- */

static bool has_contender(const struct experiment *run,
                          const struct experiment_scenario *own, const char *label)
{
    for (size_t i = 0; i < own->contender_count; i++)
        if (strcmp(run->contenders.items[own->contenders[i]].label, label) == 0)
            return true;
    return false;
}

/* `points`: of its sweep, none: whichever there are. */
static bool has_points(const struct experiment_scenario *own, const char *scenario,
                       const struct words *points)
{
    if (strcmp(own->scenario.name, scenario) != 0)
        return false;
    for (size_t i = 0; i < points->count; i++)
        if (!words_have(&own->scenario.sweep.values, points->items[i]))
            return false;
    return true;
}

static bool has_reading(const struct experiment *run, const struct claim_reading *reading)
{
    for (size_t s = 0; s < run->scenario_count; s++)
        if (has_points(&run->scenarios[s], reading->scenario, &reading->points))
            return has_contender(run, &run->scenarios[s], reading->contender);
    return false;
}

/* All that it reads. */
static bool has_blocks(const struct experiment *run, const struct claim_test *test)
{
    const struct claim_reading *reading;
    for (size_t i = 0; (reading = claim_reading_at(test, i)); i++)
        if (!has_reading(run, reading))
            return false;
    return true;
}

/* The subject has the load by turns with the reference. */
static bool has_turns(const struct experiment *run, const struct claim_test *test)
{
    const struct claim_reading *subject = &test->subject;
    const char *first = test->reference.reading.contender;
    for (size_t s = 0; s < run->scenario_count; s++) {
        const struct experiment_scenario *own = &run->scenarios[s];
        if (has_points(own, subject->scenario, &subject->points) &&
            strcmp(run->contenders.items[own->contenders[0]].label, first) == 0 &&
            has_contender(run, own, subject->contender))
            return !claim_test_needs_blocks(test);
    }
    return false;
}

bool claim_is_of_run(const void *context, const struct claim *claim)
{
    const struct experiment *run = context;
    bool by_turns = run->slicing.count > 0, any = false;
    for (size_t t = 0; t < claim->test_count; t++) {
        const struct claim_test *test = &claim->tests[t];
        bool has = by_turns ? has_turns(run, test) : has_blocks(run, test);
        if (!has && !(by_turns && test->relation == CLAIM_REPORT))
            return false;
        any = any || has;
    }
    return any;
}
