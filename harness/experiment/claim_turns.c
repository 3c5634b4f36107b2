/* claim_turns.c - see claim_turns.h. */
#include "harness/experiment/claim_turns.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness/experiment/slice_check.h"
#include "record/record.h"

/* ---- what is told by turns --------------------------------------------------------- */

/* Why a test is not, on the heap; NULL: it is. */
static char *test_hindrance(const struct claim_test *test,
                            const struct scenario *scenario,
                            const struct slicing *slicing)
{
    const char *other = claim_test_needs_blocks(test);
    struct error error;
    if (other)
        return memory_copy_string(other);
    return slice_check(scenario, &test->subject.points, slicing, &error) < 0
               ? memory_copy_string(error.text)
               : NULL;
}

struct turns {
    const struct scenario *scenarios;
    size_t scenario_count;
    const struct slicing *slicing;
};

static char *hindrance_in(const struct turns *turns, const struct claim_test *test)
{
    for (size_t i = 0; i < turns->scenario_count; i++)
        if (strcmp(turns->scenarios[i].name, test->subject.scenario) == 0)
            return test_hindrance(test, &turns->scenarios[i], turns->slicing);
    return memory_printf("%s, which is not there", test->subject.scenario);
}

/* Of a claim the first one of a test that asks for something. */
static char *claim_hindrance(const struct turns *turns, const struct claim *claim)
{
    char *asked = NULL, *reported = NULL;
    bool told = false;
    for (size_t t = 0; t < claim->test_count; t++) {
        char **first = claim->tests[t].relation == CLAIM_REPORT ? &reported : &asked;
        char *own = hindrance_in(turns, &claim->tests[t]);
        told = told || !own;
        if (own && !*first)
            *first = own;
        else
            free(own);
    }
    if (!asked && !told)
        return reported;
    free(reported);
    return asked;
}

/* For claims_keep. */
static bool is_told(const void *turns, const struct claim *claim)
{
    char *hindrance = claim_hindrance(turns, claim);
    free(hindrance);
    return !hindrance;
}

/* ---- in words ---------------------------------------------------------------------- */

/* The numbers of the claims with this hindrance, or with none. */
static void tell_numbers(struct text *note, const struct claims *claims,
                         char *const *hindrances, const char *which)
{
    const char *gap = " ";
    for (size_t i = 0; i < claims->count; i++) {
        if (!text_same(hindrances[i], which))
            continue;
        text_printf(note, "%s%llu", gap, (unsigned long long)claims->items[i].number);
        gap = ", ";
    }
}

static bool is_first(char *const *hindrances, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (text_same(hindrances[i], hindrances[index]))
            return false;
    return true;
}

static char *tell(const struct claims *claims, char *const *hindrances)
{
    struct text note = {0};
    const char *gap = "; by blocks, without --slices:";
    text_append_string(&note, "claims by turns:");
    size_t before = note.length;
    tell_numbers(&note, claims, hindrances, NULL);
    if (note.length == before)
        text_append_string(&note, " none");
    for (size_t i = 0; i < claims->count; i++) {
        if (!hindrances[i] || !is_first(hindrances, i))
            continue;
        text_append_string(&note, gap);
        tell_numbers(&note, claims, hindrances, hindrances[i]);
        text_printf(&note, " (%s)", hindrances[i]);
        gap = ",";
    }
    return text_steal(&note);
}

char *claims_keep_by_turns(struct claims *claims, const struct scenario *scenarios,
                           size_t scenario_count, const struct slicing *slicing)
{
    const struct turns turns = {scenarios, scenario_count, slicing};
    char **hindrances = memory_allocate_zeroed(claims->count + 1, sizeof *hindrances);
    size_t count = claims->count;
    for (size_t i = 0; i < count; i++)
        hindrances[i] = claim_hindrance(&turns, &claims->items[i]);
    char *note = tell(claims, hindrances);
    claims_keep(claims, is_told, &turns);
    for (size_t i = 0; i < count; i++)
        free(hindrances[i]);
    free(hindrances);
    return note;
}

/* ---- who has the load by turns ----------------------------------------------------- */

/* At one point: each reference, with its subjects behind it. */
static void add_test(struct claim_pairs **here, size_t *count,
                     const struct claim_test *test)
{
    const char *first = test->reference.reading.contender;
    struct claim_pairs *own = NULL;
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*here)[i].contenders.items[0], first) == 0)
            own = &(*here)[i];
    if (!own) {
        own = record_append(here, count, sizeof *own);
        words_add(&own->contenders, first);
    }
    if (!words_have(&own->contenders, test->subject.contender))
        words_add(&own->contenders, test->subject.contender);
}

/* Points with the same contenders stand together. Takes over the contenders. */
static void add_point(struct claim_pairs **pairs, size_t *count,
                      struct claim_pairs *at_point, const char *value)
{
    struct claim_pairs *own = NULL;
    for (size_t i = 0; i < *count; i++)
        if (words_same(&(*pairs)[i].contenders, &at_point->contenders))
            own = &(*pairs)[i];
    if (own) {
        words_release(&at_point->contenders);
    } else {
        own = record_append(pairs, count, sizeof *own);
        *own = *at_point;
    }
    if (value)
        words_add(&own->points, value);
}

static bool reads(const struct claim_test *test, const struct scenario *scenario,
                  const char *value)
{
    const struct words *points = &test->subject.points;
    return strcmp(test->subject.scenario, scenario->name) == 0 &&
           (!value || points->count == 0 || words_have(points, value));
}

/* `value` NULL: there is no sweep. */
static void find_at_point(const struct claims *claims, const struct scenario *scenario,
                          const char *value, const struct slicing *slicing,
                          struct claim_pairs **pairs, size_t *count)
{
    struct claim_pairs *here = NULL;
    size_t here_count = 0;
    for (size_t c = 0; c < claims->count; c++) {
        for (size_t t = 0; t < claims->items[c].test_count; t++) {
            const struct claim_test *test = &claims->items[c].tests[t];
            if (!reads(test, scenario, value))
                continue;
            char *hindrance = test_hindrance(test, scenario, slicing);
            if (!hindrance)
                add_test(&here, &here_count, test);
            free(hindrance);
        }
    }
    for (size_t i = 0; i < here_count; i++)
        add_point(pairs, count, &here[i], value);
    free(here);
}

void claims_find_pairs(const struct claims *claims, const struct scenario *scenario,
                       const struct slicing *slicing, struct claim_pairs **pairs,
                       size_t *count)
{
    const struct sweep *sweep = &scenario->sweep;
    *pairs = NULL;
    *count = 0;
    if (!sweep->variable)
        find_at_point(claims, scenario, NULL, slicing, pairs, count);
    for (size_t i = 0; i < sweep->values.count; i++)
        find_at_point(claims, scenario, sweep->values.items[i], slicing, pairs, count);
}

void claim_pairs_free(struct claim_pairs *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        words_release(&pairs[i].contenders);
        words_release(&pairs[i].points);
    }
    free(pairs);
}
