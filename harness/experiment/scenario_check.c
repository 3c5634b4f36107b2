/* scenario_check.c - see scenario_check.h. */
#include "harness/experiment/scenario_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "record/contender.h"
#include "servers/ops/op.h"
#include "workload/scenario_read.h"
#include "workload/steps.h"

/* What is checked, and against what. */
struct checked_scenario {
    struct json_document *document;
    const struct scenario *scenario;
    const struct models *models;
    const struct model **contenders; /* of the scenario, where no others are asked for */
    const struct model **known;      /* all models; both end with NULL */
};

static const cJSON *element(const struct checked_scenario *check, const char *array,
                            size_t index)
{
    return cJSON_GetArrayItem(json_at(check->document->root, array), (int)index);
}

/* ---- paths ------------------------------------------------------------------------ */

static int check_program(const struct scenario *scenario, const char *path,
                         bool at_backend, struct error *error);

/* What an op asks, and what a scenario then has to have. */
static const struct asked_service {
    enum op_flag asks;
    const char *needed;
} services[] = {
    {OP_ASKS_UPSTREAM, "a \"backend\""},
    {OP_ASKS_POSTGRES, "\"database\": \"postgres\""},
};

static int check_services(const struct scenario *scenario, const char *path,
                          const struct op *op, bool at_backend, struct error *error)
{
    unsigned there = (scenario->backend.model ? OP_ASKS_UPSTREAM : 0) |
                     (scenario->database == DATABASE_POSTGRES ? OP_ASKS_POSTGRES : 0);
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (!(op->flags & services[i].asks))
            continue;
        if (at_backend)
            return error_set(error, -EINVAL,
                             "\"%s\" is what the backend is asked for, and it has nobody "
                             "to ask in its turn",
                             path);
        if (!(there & services[i].asks))
            return error_set(error, -EINVAL, "\"%s\" needs %s in the scenario", path,
                             services[i].needed);
    }
    return 0;
}

static int check_step(const struct scenario *scenario, const char *path,
                      const struct path_step *step, bool at_backend, struct error *error)
{
    int result = check_services(scenario, path, op_of_step(step), at_backend, error);
    char *asked = result == 0 ? path_step_fetches(step) : NULL;
    if (asked)
        result = check_program(scenario, asked, true, error);
    free(asked);
    return result;
}

/* Work that is given as a time will be an amount when it is run: the op's example. */
static const char *plain_work(const void *context, const struct path_step *step)
{
    struct text *const *plain = context;
    const struct op *op = op_of_step(step);
    uint64_t ns;
    if (!op || !(op->flags & OP_SCALES) || !path_step_time(step, &ns))
        return NULL;
    text_clear(*plain);
    text_printf(*plain, "%s:%s", op->name, op->example);
    return text_string(*plain);
}

/* So much of a path stands in a message: a file shows the rest. */
#define SHOWN 80

static int check_program(const struct scenario *scenario, const char *path,
                         bool at_backend, struct error *error)
{
    struct text buffer = {0}, *const work = &buffer;
    char *plain = path_replace(path, plain_work, &work);
    int result = op_check_path(plain, error);
    if (result < 0)
        error_prefix(error, result, "\"%.*s%s\"", SHOWN, path,
                     strlen(path) > SHOWN ? "..." : "");
    free(plain);
    text_release(&buffer);
    struct path_walk walk;
    struct path_step step;
    path_walk_start(&walk, path, strlen(path));
    while (result == 0 && path_walk_next(&walk, &step))
        result = check_step(scenario, path, &step, at_backend, error);
    return result;
}

/* Where the path of a request is written; a braced word in it is as right as the value
 * that fills it, the `index`th of `values`. */
static const cJSON *place_of(const struct checked_scenario *check, size_t request,
                             const char *values, size_t index)
{
    const cJSON *node = element(check, "requests", request);
    if (!node)
        return json_at(check->document->root, "load/trace");
    bool is_filled =
        values && strchr(check->scenario->workload.requests[request].path, '{');
    return is_filled ? element(check, values, index) : json_at(node, "path");
}

static int check_requests(const struct checked_scenario *check, const char *values,
                          size_t index, const struct scenario *point, struct error *error)
{
    for (size_t i = 0; i < point->workload.request_count; i++) {
        struct error detail;
        if (check_program(point, point->workload.requests[i].path, false, &detail) < 0)
            return json_error(check->document, place_of(check, i, values, index), error,
                              "%s", detail.text);
    }
    return 0;
}

/* At every point of the sweep that `values` lists. */
static int check_points(const struct checked_scenario *check, const char *name,
                        const struct words *values, struct error *error)
{
    int result = 0;
    for (size_t i = 0; i < values->count && result == 0; i++) {
        struct scenario point;
        scenario_at_point(&point, check->scenario, values->items[i]);
        result = check_requests(check, name, i, &point, error);
        scenario_release(&point);
    }
    return result;
}

static int check_paths(const struct checked_scenario *check, struct error *error)
{
    const struct scenario *scenario = check->scenario;
    const char *slow = scenario->workload.slow_readers.path;
    struct error detail;
    if (slow && check_program(scenario, slow, false, &detail) < 0)
        return json_error(check->document,
                          json_at(check->document->root, "clients/slow_readers/path"),
                          error, "%s", detail.text);
    if (!scenario->sweep.variable)
        return check_requests(check, NULL, 0, scenario, error);
    const struct sweep *sweep = &scenario->sweep;
    int result = check_points(check, "sweep/values", &sweep->values, error);
    return result < 0 ? result : check_points(check, "sweep/quick", &sweep->quick, error);
}

#define DIGEST_DIGITS 8

static int check_digests(const struct checked_scenario *check, struct error *error)
{
    const struct workload *workload = &check->scenario->workload;
    for (size_t i = 0; i < workload->request_count; i++) {
        const char *digest = workload->requests[i].digest;
        if (digest && (strlen(digest) != DIGEST_DIGITS ||
                       strspn(digest, "0123456789abcdef") != DIGEST_DIGITS))
            return json_error(
                check->document, json_at(element(check, "requests", i), "digest"), error,
                "expected %d digits of 0-9 and a-f, got \"%s\"", DIGEST_DIGITS, digest);
    }
    return 0;
}

/* ---- models and options ----------------------------------------------------------- */

/* Those that are named; where none are, all models of this program. */
static int find_contenders(const struct checked_scenario *check, struct error *error)
{
    const struct words *labels = &check->scenario->models;
    size_t count = 0;
    for (size_t i = 0; i < labels->count; i++) {
        struct contender contender;
        struct error detail;
        if (contender_parse(&contender, labels->items[i], check->models, &detail) < 0)
            return json_error(check->document, element(check, "models", i), error, "%s",
                              detail.text);
        check->contenders[count++] = contender.model;
        contender_release(&contender);
    }
    for (size_t i = 0; labels->count == 0 && check->known[i]; i++)
        if (!(check->known[i]->flags & (MODEL_REFERENCE | MODEL_CALIBRATION)))
            check->contenders[count++] = check->known[i];
    return 0;
}

/* Tells what options there are, each once. */
static int refuse_option(struct json_document *document, const cJSON *node,
                         const struct model *const *models, struct error *error)
{
    struct words names = {0};
    const struct field *option;
    for (size_t m = 0; models[m]; m++)
        for (size_t i = 0; (option = model_option(models[m], i)); i++)
            if (!words_have(&names, option->name))
                words_add(&names, option->name);
    const char **list = memory_allocate_zeroed(names.count + 1, sizeof *list);
    for (size_t i = 0; i < names.count; i++)
        list[i] = names.items[i];
    struct text known = {0};
    text_append_list(&known, list);
    const char *near = text_nearest(node->string, list);
    int result =
        json_error_key(document, node, error, "expected one of %s, got \"%s\"%s%s%s",
                       text_string(&known), node->string, near ? " (did you mean \"" : "",
                       near ? near : "", near ? "\"?)" : "");
    text_release(&known);
    words_release(&names);
    free(list);
    return result;
}

/* How many of the models have the option, all of which have to take the value; -EINVAL:
 * one of them does not. */
static int count_takers(const struct model *const *models, const char *name,
                        const char *value, struct error *error)
{
    int takers = 0;
    for (size_t i = 0; models[i]; i++) {
        const struct field *option = model_option_named(models[i], name);
        if (option && option_check(option, value, error) < 0)
            return -EINVAL;
        takers += option != NULL;
    }
    return takers;
}

/* `key` names the option, `node` is where the value stands. The value is for those of
 * the models that have the option; where none has it, another one of `known` must. */
static int check_option(struct json_document *document, const cJSON *key,
                        const cJSON *node, const char *value,
                        const struct model *const *models,
                        const struct model *const *known, struct error *error)
{
    struct error detail;
    int takers = count_takers(models, key->string, value, &detail);
    if (takers == 0)
        takers = count_takers(known, key->string, value, &detail);
    if (takers < 0)
        return json_error(document, node, error, "%s", detail.text);
    return takers > 0 ? 0 : refuse_option(document, key, known, error);
}

static int check_options(struct json_document *document, const char *path,
                         const struct setting_list *options,
                         const struct model *const *models,
                         const struct model *const *known, struct error *error)
{
    const cJSON *object = json_at(document->root, path);
    int result = 0;
    for (size_t i = 0; i < options->count && result == 0; i++) {
        const struct setting *setting = &options->items[i];
        const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, setting->name);
        result = check_option(document, node, node, setting->value, models, known, error);
    }
    return result;
}

static int check_backend(const struct checked_scenario *check, struct error *error)
{
    struct json_document *document = check->document;
    const struct scenario_backend *backend = &check->scenario->backend;
    if (!backend->model)
        return 0;
    struct error detail;
    const struct model *model = models_choose(check->models, backend->model, &detail);
    if (model && model->flags & MODEL_REFERENCE) {
        error_set(&detail, -EINVAL, "expected a model of this program, got \"%s\"",
                  backend->model);
        model = NULL;
    }
    if (!model)
        return json_error(document, json_at(document->root, "backend/model"), error, "%s",
                          detail.text);
    const struct model *const alone[] = {model, NULL};
    return check_options(document, "backend/options", &backend->server.options, alone,
                         alone, error);
}

/* ---- the sweep -------------------------------------------------------------------- */

/* Each value once: a point is known by its value. An option's values are checked like
 * the one that stands among the options. */
static int check_values(const struct checked_scenario *check, const char *name,
                        const struct words *values, struct error *error)
{
    struct json_document *document = check->document;
    const cJSON *option = cJSON_GetObjectItemCaseSensitive(
        json_at(document->root, "server/options"), check->scenario->sweep.variable);
    struct words seen = {0};
    int result = 0;
    for (size_t i = 0; i < values->count && result == 0; i++) {
        const char *value = values->items[i];
        const cJSON *node = element(check, name, i);
        if (words_have(&seen, value))
            result = json_error(document, node, error,
                                "expected every value once, got \"%s\" again", value);
        else if (option)
            result = check_option(document, option, node, value, check->contenders,
                                  check->known, error);
        words_add(&seen, value);
    }
    words_release(&seen);
    return result;
}

static int check_sweep(const struct checked_scenario *check, struct error *error)
{
    const struct sweep *sweep = &check->scenario->sweep;
    if (!sweep->variable)
        return 0;
    int result = check_values(check, "sweep/values", &sweep->values, error);
    return result < 0 ? result : check_values(check, "sweep/quick", &sweep->quick, error);
}

/* ---- the whole -------------------------------------------------------------------- */

int scenario_check_runs(struct json_document *document, const struct scenario *scenario,
                        const struct models *models, struct error *error)
{
    const size_t most = models->count + scenario->models.count + 1;
    struct checked_scenario check = {
        .document = document,
        .scenario = scenario,
        .models = models,
        .contenders = memory_allocate_zeroed(most, sizeof(const struct model *)),
        .known = memory_allocate_zeroed(most, sizeof(const struct model *)),
    };
    for (size_t i = 0; i < models->count; i++)
        check.known[i] = models->items[i].model;
    int result = find_contenders(&check, error);
    if (result == 0)
        result = check_options(document, "server/options", &scenario->server.options,
                               check.contenders, check.known, error);
    if (result == 0)
        result = check_backend(&check, error);
    if (result == 0)
        result = check_sweep(&check, error);
    if (result == 0)
        result = check_paths(&check, error);
    if (result == 0)
        result = check_digests(&check, error);
    free(check.contenders);
    free(check.known);
    return result;
}

int scenario_read_checked(struct scenario *scenario, const char *path,
                          const struct models *models, struct error *error)
{
    struct json_document document;
    int result = json_open_file(&document, path, error);
    if (result < 0)
        return result;
    result = scenario_read_document(scenario, &document, error);
    if (result == 0) {
        result = scenario_check_runs(&document, scenario, models, error);
        if (result < 0)
            scenario_release(scenario);
    }
    json_close(&document);
    return result;
}
