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
#include "base/text.h"
#include "harness/experiment/scenario_files.h"
#include "harness/third_party/shipped.h"
#include "harness/third_party/third_party.h"

static uint64_t scaled_time(uint64_t ns, double scale)
{
    double ms = round((double)ns * scale / (double)NS_PER_MS);
    return (uint64_t)ms * NS_PER_MS;
}

/* The profile's durations and points become the scenario's own. */
static void apply_profile(struct scenario *scenario, const struct profile *profile)
{
    struct workload *workload = &scenario->workload;
    struct sweep *sweep = &scenario->sweep;
    workload->warmup_ns = scaled_time(workload->warmup_ns, profile->warmup_scale);
    workload->duration_ns = scaled_time(workload->duration_ns, profile->duration_scale);
    if (workload->duration_ns < NS_PER_MS)
        workload->duration_ns = NS_PER_MS;
    if (sweep->quick.count && profile->quick_points) {
        words_release(&sweep->values);
        sweep->values = sweep->quick;
        sweep->quick = (struct words){0};
    }
    words_release(&sweep->quick);
}

/* ---- what the profile shortens ---------------------------------------------------- */

static const struct profile *profile_of(const struct experiment *run)
{
    for (int i = 0; profile_names[i]; i++)
        if (strcmp(profile_names[i], run->profile) == 0)
            return &profiles[i];
    return NULL;
}

/* The scenarios from `first` on that are measured as long as that one, if none before. */
static void tell_duration(const struct experiment *run, size_t first, double scale,
                          struct text *note)
{
    uint64_t ns = run->scenarios[first].scenario.workload.duration_ns;
    char own[QUANTITY_TEXT_BYTES], measured[QUANTITY_TEXT_BYTES];
    for (size_t i = 0; i < first; i++)
        if (run->scenarios[i].scenario.workload.duration_ns == ns)
            return;
    text_printf(note, "%sof %s it measures %s (", note->length ? ", " : "",
                quantity_format(QUANTITY_TIME, (double)ns / scale, own, sizeof own),
                quantity_format(QUANTITY_TIME, (double)ns, measured, sizeof measured));
    for (size_t i = first; i < run->scenario_count; i++)
        if (run->scenarios[i].scenario.workload.duration_ns == ns)
            text_printf(note, "%s%s", i == first ? "" : ", ",
                        run->scenarios[i].scenario.name);
    text_append_string(note, ")");
}

char *experiment_note_durations(const struct experiment *run)
{
    const struct profile *profile = profile_of(run);
    struct text note = {0};
    if (!profile || profile->duration_scale >= 1)
        return NULL;
    for (size_t i = 0; i < run->scenario_count; i++)
        tell_duration(run, i, profile->duration_scale, &note);
    char *line = memory_printf("profile %s: %s", profile->name, text_string(&note));
    text_release(&note);
    return line;
}

/* ---- contenders ------------------------------------------------------------------- */

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
                          const struct experiment_request *request, struct error *error)
{
    struct scenarios scenarios;
    int result = scenarios_read(&scenarios, request->folder, request->scenarios,
                                &run->models, error);
    if (result < 0)
        return result;
    if (request->scenarios->count == 0)
        scenarios_keep_profile(&scenarios, (int)(request->profile - profiles));
    run->scenarios =
        memory_allocate_zeroed(scenarios.count + 1, sizeof(struct experiment_scenario));
    for (size_t i = 0; i < scenarios.count; i++) {
        struct scenario *own = &run->scenarios[run->scenario_count++].scenario;
        *own = scenarios.items[i];
        scenarios.items[i] = (struct scenario){0};
        apply_profile(own, request->profile);
    }
    scenarios_release(&scenarios);
    return 0;
}

int experiment_decide(struct experiment *run, const struct experiment_request *request,
                      struct error *error)
{
    *run = (struct experiment){
        .profile = memory_copy_string(request->profile->name),
        .repeat = request->repeat ? request->repeat : request->profile->repeat,
        .seed = request->seed,
        .overrun_ns = request->overrun_ns,
    };
    struct words joining = {0};
    int result = gather_models(run, request->externals, &joining, error);
    if (result == 0)
        result = read_scenarios(run, request, error);
    for (size_t i = 0; i < run->scenario_count && result == 0; i++)
        result =
            choose_contenders(run, &run->scenarios[i], request->models, &joining, error);
    words_release(&joining);
    if (result < 0) {
        experiment_release(run);
        return result;
    }
    references_keep_used(&run->models, &run->contenders);
    references_look_up(&run->models);
    return 0;
}
