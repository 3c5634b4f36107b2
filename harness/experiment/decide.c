/* decide.c - see decide.h. */
#include "harness/experiment/decide.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/random.h"
#include "base/text.h"
#include "harness/experiment/claim_cells.h"
#include "harness/experiment/claim_turns.h"
#include "harness/experiment/scenario_files.h"
#include "harness/experiment/slice_check.h"
#include "harness/third_party/shipped.h"
#include "harness/third_party/third_party.h"
#include "record/record.h"

/* ---- what the profile shortens ---------------------------------------------------- */

/* Whether two scenarios have the same duration, of which the same is measured. */
static bool is_shortened_alike(const struct scenario *a, const struct scenario *b)
{
    return a->full_duration_ns == b->full_duration_ns &&
           a->workload.duration_ns == b->workload.duration_ns;
}

/* The scenarios from `first` on that are shortened like that one, if none before. */
static void tell_duration(const struct experiment *run, size_t first, struct text *note)
{
    const struct scenario *scenario = &run->scenarios[first].scenario;
    char full[QUANTITY_TEXT_BYTES], measured[QUANTITY_TEXT_BYTES];
    if (!scenario->full_duration_ns)
        return;
    for (size_t i = 0; i < first; i++)
        if (is_shortened_alike(&run->scenarios[i].scenario, scenario))
            return;
    text_printf(note, "%sof %s it measures %s (", note->length ? ", " : "",
                quantity_format(QUANTITY_TIME, (double)scenario->full_duration_ns, full,
                                sizeof full),
                quantity_format(QUANTITY_TIME, (double)scenario->workload.duration_ns,
                                measured, sizeof measured));
    for (size_t i = first; i < run->scenario_count; i++)
        if (is_shortened_alike(&run->scenarios[i].scenario, scenario))
            text_printf(note, "%s%s", i == first ? "" : ", ",
                        run->scenarios[i].scenario.name);
    text_append_string(note, ")");
}

char *experiment_note_durations(const struct experiment *run)
{
    struct text note = {0};
    for (size_t i = 0; i < run->scenario_count; i++)
        tell_duration(run, i, &note);
    char *line = note.length
                     ? memory_printf("profile %s: %s", run->profile, text_string(&note))
                     : NULL;
    text_release(&note);
    return line;
}

/* ---- contenders ------------------------------------------------------------------- */

/* Those that the claims read, and no others. */
static int choose_claimed(struct experiment *run, struct experiment_scenario *own,
                          const struct claims *claims, struct error *error)
{
    struct words labels = {0};
    int result = 0;
    claims_add_contenders(claims, own->scenario.name, &labels);
    for (size_t i = 0; i < labels.count && result == 0; i++)
        result = experiment_add_contender(run, own, labels.items[i], error);
    words_release(&labels);
    return result;
}

/* Ours first: what --models names, else the scenario's own choice, else all models. */
static int choose_models(struct experiment *run, struct experiment_scenario *own,
                         const struct words *asked, struct error *error)
{
    const struct scenario *scenario = &own->scenario;
    int result = 0;
    for (size_t i = 0; i < asked->count && result == 0; i++) {
        char **labels = text_split(asked->items[i], ',', NULL);
        for (size_t n = 0; labels[n] && result == 0; n++)
            result = experiment_add_contender(run, own, labels[n], error);
        text_list_free(labels);
    }
    if (asked->count > 0)
        return result < 0 ? error_prefix(error, result, "--models") : 0;
    for (size_t i = 0; i < scenario->models.count && result == 0; i++)
        result = experiment_add_contender(run, own, scenario->models.items[i], error);
    if (scenario->models.count > 0)
        return result < 0 ? error_prefix(error, result, "%s", scenario->name) : 0;
    for (size_t i = 0; i < run->models.count && result == 0; i++) {
        const struct model *model = run->models.items[i].model;
        if (!(model->flags & (MODEL_CALIBRATION | MODEL_REFERENCE)))
            result = experiment_add_contender(run, own, model->name, error);
    }
    return result;
}

static int choose_contenders(struct experiment *run, struct experiment_scenario *own,
                             const struct words *asked, const struct words *joining,
                             struct error *error)
{
    int result = choose_models(run, own, asked, error);
    for (size_t i = 0; i < joining->count && result == 0; i++)
        result = experiment_add_contender(run, own, joining->items[i], error);
    return result;
}

static int choose_all(struct experiment *run, const struct experiment_request *request,
                      const struct words *joining, struct error *error)
{
    int result = 0;
    for (size_t i = 0; i < run->scenario_count && result == 0; i++)
        result = request->claims
                     ? choose_claimed(run, &run->scenarios[i], request->claims, error)
                     : choose_contenders(run, &run->scenarios[i], request->models,
                                         joining, error);
    return result;
}

/* The models of the run: ours, the references that ship, and those of files, whose
 * names are copied into `joining`. */
static int gather_models(struct experiment *run, const struct words *externals,
                         struct words *joining, struct error *error)
{
    models_add_ours(&run->models);
    int result = references_add_shipped(&run->models, error);
    for (size_t i = 0; i < externals->count && result == 0; i++) {
        const char *name;
        result = references_add_file(&run->models, externals->items[i], &name, error);
        if (result == 0)
            words_add(joining, name);
    }
    return result;
}

/* Reads and checks the scenarios; where none is named, those of the profile. */
static int read_scenarios(struct experiment *run,
                          const struct experiment_request *request,
                          const struct words *names, struct error *error)
{
    struct scenarios scenarios;
    int result = scenarios_read(&scenarios, request->folder, names, &run->models, error);
    if (result < 0)
        return result;
    if (names->count == 0)
        scenarios_keep_profile(&scenarios, (int)(request->profile - profiles));
    run->scenarios =
        memory_allocate_zeroed(scenarios.count + 1, sizeof(struct experiment_scenario));
    for (size_t i = 0; i < scenarios.count; i++) {
        struct scenario *own = &run->scenarios[run->scenario_count++].scenario;
        *own = scenarios.items[i];
        scenarios.items[i] = (struct scenario){0};
        if (request->claims)
            claims_keep_points(request->claims, own);
        profile_apply(request->profile, own);
    }
    scenarios_release(&scenarios);
    return 0;
}

/* Those that are named, or that the claims read. */
static int read_asked(struct experiment *run, const struct experiment_request *request,
                      struct error *error)
{
    struct words names = {0};
    if (!request->claims)
        return read_scenarios(run, request, request->scenarios, error);
    claims_add_scenarios(request->claims, &names);
    int result = read_scenarios(run, request, &names, error);
    words_release(&names);
    return result;
}

/* ---- slices ----------------------------------------------------------------------- */

/* Pairs of processes are blocks. */
static uint64_t blocks_of(const struct experiment_request *request)
{
    if (request->repeat)
        return request->repeat;
    return request->slicing.count ? SLICING_PAIRS : request->profile->repeat;
}

/* A scenario of the run for those of its points that have these contenders. */
static int add_pairs(struct experiment *run, const struct scenario *whole,
                     const struct claim_pairs *pairs, struct error *error)
{
    struct experiment_scenario *own =
        record_append(&run->scenarios, &run->scenario_count, sizeof *own);
    scenario_copy(&own->scenario, whole);
    struct sweep *sweep = &own->scenario.sweep;
    words_release(&sweep->values);
    int result = 0;
    for (size_t i = 0; i < pairs->points.count; i++)
        words_add(&sweep->values, pairs->points.items[i]);
    for (size_t i = 0; i < pairs->contenders.count && result == 0; i++)
        result = experiment_add_contender(run, own, pairs->contenders.items[i], error);
    return result;
}

/* By turns a scenario stands in the run as often as claims have other contenders in it:
 * where they have the load by turns with another one, or at other points. */
static int pair_scenarios(struct experiment *run, const struct claims *claims,
                          struct error *error)
{
    struct experiment_scenario *whole = run->scenarios;
    size_t whole_count = run->scenario_count;
    int result = 0;
    run->scenarios = NULL;
    run->scenario_count = 0;
    for (size_t i = 0; i < whole_count; i++) {
        struct claim_pairs *pairs;
        size_t count;
        claims_find_pairs(claims, &whole[i].scenario, &run->slicing, &pairs, &count);
        for (size_t p = 0; p < count && result == 0; p++)
            result = add_pairs(run, &whole[i].scenario, &pairs[p], error);
        claim_pairs_free(pairs, count);
        scenario_release(&whole[i].scenario);
    }
    free(whole);
    return result;
}

static int check_slices(const struct experiment *run, struct error *error)
{
    for (size_t i = 0; run->slicing.count && i < run->scenario_count; i++) {
        const struct experiment_scenario *own = &run->scenarios[i];
        int result = slice_check(&own->scenario, &own->scenario.sweep.values,
                                 &run->slicing, error);
        if (result < 0)
            return error_prefix(error, result, "%s", own->scenario.name);
        if (own->contender_count < 2)
            return error_set(error, -EINVAL,
                             "%s: slices compare two contenders and more, got %zu",
                             own->scenario.name, own->contender_count);
    }
    return 0;
}

char *experiment_note_slices(const struct experiment *run)
{
    char slice[QUANTITY_TEXT_BYTES], guard[QUANTITY_TEXT_BYTES];
    const struct slicing *slicing = &run->slicing;
    if (!slicing->count)
        return NULL;
    return memory_printf(
        "slices: the first contender of each cell and every other one, itself included, "
        "have the load by turns; %llu fresh %s of processes, each with %llu %s of %s for "
        "either server, of which the first %s is not recorded",
        (unsigned long long)run->repeat,
        text_plural((double)run->repeat, "pair", "pairs"),
        (unsigned long long)slicing->count,
        text_plural((double)slicing->count, "slice", "slices"),
        quantity_format(QUANTITY_TIME, (double)slicing->slice_ns, slice, sizeof slice),
        quantity_format(QUANTITY_TIME, (double)slicing_guard_ns(slicing), guard,
                        sizeof guard));
}

/* Who says how many blocks there are to be has them all, however long that takes. */
static void take_looks(struct experiment *run, const struct profile *profile)
{
    if (!run->budget_ns)
        run->budget_ns = profile->budget_ns;
    for (size_t i = 0; profile->looks && profile_looks[i]; i++)
        *(uint64_t *)record_append(&run->looks, &run->look_count, sizeof *run->looks) =
            profile_looks[i];
}

int experiment_decide(struct experiment *run, const struct experiment_request *request,
                      struct error *error)
{
    *run = (struct experiment){
        .profile = memory_copy_string(request->profile->name),
        .repeat = blocks_of(request),
        .slicing = request->slicing,
        .seed = request->seed ? request->seed : random_fresh_seed() | 1,
        .overrun_ns = request->overrun_ns,
        .budget_ns = request->budget_ns,
    };
    if (!request->repeat && !request->slicing.count)
        take_looks(run, request->profile);
    struct words joining = {0};
    int result = gather_models(run, request->externals, &joining, error);
    if (result == 0)
        result = read_asked(run, request, error);
    if (result == 0 && request->claims && run->slicing.count)
        result = pair_scenarios(run, request->claims, error);
    else if (result == 0)
        result = choose_all(run, request, &joining, error);
    words_release(&joining);
    if (result == 0)
        result = check_slices(run, error);
    if (result < 0) {
        experiment_release(run);
        return result;
    }
    references_keep_used(&run->models, &run->contenders);
    references_look_up(&run->models);
    return 0;
}
