/* contender.c - see contender.h. */
#include "record/contender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

int models_read(struct models *models, struct error *error)
{
    static const char *const arguments[] = {"interleave", "models", "--json", NULL};
    char *printed;
    int result =
        process_capture(NULL, arguments, NULL, NULL, 30 * NS_PER_S, &printed, error);
    if (result < 0)
        return result;
    models->list = cJSON_Parse(printed);
    free(printed);
    if (cJSON_IsArray(models->list))
        return 0;
    models_release(models);
    return error_set(error, -EINVAL, "interleave models --json did not print a list");
}

void models_release(struct models *models)
{
    cJSON_Delete(models->list);
    models->list = NULL;
}

/* The element of an array of objects whose "name" is `name`, or NULL. */
static const cJSON *find_named(const cJSON *array, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *own = json_string(item, "name");
        if (own && strcmp(own, name) == 0)
            return item;
    }
    return NULL;
}

const cJSON *models_find(const struct models *models, const char *name)
{
    return find_named(models->list, name);
}

bool model_has_flag(const cJSON *model, const char *flag)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json_at(model, "flags"))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, flag) == 0)
            return true;
    }
    return false;
}

bool model_is_reference(const cJSON *model)
{
    return model_has_flag(model, "reference");
}

const char *model_kind(const cJSON *model)
{
    if (!model_is_reference(model))
        return "model";
    if (model_has_flag(model, "proxy"))
        return "reference, proxy";
    return model_has_flag(model, "plaintext") ? "reference, plaintext" : "reference";
}

char *model_title(const cJSON *model, const char *label)
{
    return model_is_reference(model) ? memory_printf("%s (%s)", label, model_kind(model))
                                     : memory_copy_string(label);
}

const char *model_skip_reason(const cJSON *model)
{
    if (cJSON_IsTrue(json_at(model, "supported")))
        return NULL;
    const char *why = json_string(model, "why");
    return why ? why : "the model does not say why";
}

/* ---- contenders ------------------------------------------------------------------- */

/* "a, b, c" and what `name` may be a slip of, from the names in an array of objects. */
static int refuse_name(const cJSON *array, const char *kind, const char *name,
                       struct error *error)
{
    size_t count = (size_t)cJSON_GetArraySize(array), filled = 0;
    const char **names = memory_allocate((count + 1) * sizeof *names);
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *own = json_string(item, "name");
        if (own)
            names[filled++] = own;
    }
    names[filled] = NULL;
    struct text allowed = {0};
    text_append_list(&allowed, names);
    const char *near = text_nearest(name, names);
    int result =
        error_set(error, -EINVAL, "unknown %s \"%s\"%s%s%s; there %s %s", kind, name,
                  near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "",
                  filled == 1 ? "is" : "are", filled ? text_string(&allowed) : "none");
    text_release(&allowed);
    free(names);
    return result;
}

static int check_choice(const cJSON *option, const char *value, struct error *error)
{
    const cJSON *choices = json_at(option, "choices"), *choice;
    if (!cJSON_IsArray(choices))
        return 0;
    struct text allowed = {0};
    cJSON_ArrayForEach(choice, choices)
    {
        if (strcmp(choice->valuestring, value) == 0) {
            text_release(&allowed);
            return 0;
        }
        text_printf(&allowed, "%s%s", allowed.length ? ", " : "", choice->valuestring);
    }
    int result = error_set(error, -EINVAL, "%s: expected one of %s, got \"%s\"",
                           json_string(option, "name"), text_string(&allowed), value);
    text_release(&allowed);
    return result;
}

static int add_option(struct contender *contender, const cJSON *model, char *word,
                      struct error *error)
{
    char *equals = strchr(word, '=');
    if (!equals || equals == word || !equals[1])
        return error_set(error, -EINVAL, "expected option=value after \":\", got \"%s\"",
                         word);
    *equals = '\0';
    const cJSON *option = find_named(json_at(model, "options"), word);
    if (!option)
        return refuse_name(json_at(model, "options"), "option", word, error);
    int result = check_choice(option, equals + 1, error);
    if (result < 0)
        return result;
    contender->options = memory_resize(
        contender->options, (contender->option_count + 1) * sizeof *contender->options);
    contender->options[contender->option_count++] =
        (struct setting){memory_copy_string(word), memory_copy_string(equals + 1)};
    return 0;
}

int contender_parse(struct contender *contender, const char *label,
                    const struct models *models, struct error *error)
{
    *contender = (struct contender){.label = memory_copy_string(label)};
    char **words = text_split(label, ':', NULL);
    int result = 0;
    const cJSON *model = words[0] ? models_find(models, words[0]) : NULL;
    if (!model) {
        result = refuse_name(models->list, "model", words[0] ? words[0] : "", error);
        goto done;
    }
    contender->model = memory_copy_string(words[0]);
    for (size_t i = 1; words[i] && result == 0; i++) {
        result = add_option(contender, model, words[i], error);
        if (result < 0)
            error_prefix(error, result, "%s", label);
    }
done:
    text_list_free(words);
    if (result < 0)
        contender_release(contender);
    return result;
}

void contender_release(struct contender *contender)
{
    free(contender->label);
    free(contender->model);
    for (size_t i = 0; i < contender->option_count; i++) {
        free(contender->options[i].name);
        free(contender->options[i].value);
    }
    free(contender->options);
    *contender = (struct contender){0};
}

int contenders_add(struct contenders *contenders, const char *label,
                   const struct models *models, struct error *error)
{
    for (size_t i = 0; i < contenders->count; i++)
        if (strcmp(contenders->items[i].label, label) == 0)
            return 0;
    struct contender contender;
    int result = contender_parse(&contender, label, models, error);
    if (result < 0)
        return result;
    contenders->items = memory_resize(contenders->items, (contenders->count + 1) *
                                                             sizeof *contenders->items);
    contenders->items[contenders->count++] = contender;
    return 0;
}

void contenders_add_all(struct contenders *contenders, const struct models *models)
{
    const cJSON *model;
    cJSON_ArrayForEach(model, models->list)
    {
        const char *name = json_string(model, "name");
        /* A name from the list is a label that parses. */
        if (name && !model_has_flag(model, "calibration") && !model_is_reference(model) &&
            contenders_add(contenders, name, models, NULL) < 0)
            abort();
    }
}

void contenders_release(struct contenders *contenders)
{
    for (size_t i = 0; i < contenders->count; i++)
        contender_release(&contenders->items[i]);
    free(contenders->items);
    *contenders = (struct contenders){0};
}

static const char *own_option(const struct contender *contender, const char *name)
{
    for (size_t i = 0; i < contender->option_count; i++)
        if (strcmp(contender->options[i].name, name) == 0)
            return contender->options[i].value;
    return NULL;
}

static const char *given_option(const struct contender *contender,
                                const struct scenario *scenario, const char *name)
{
    const char *own = own_option(contender, name);
    return own ? own : scenario_option(scenario, name);
}

void contender_options(const struct contender *contender, const cJSON *model,
                       const struct scenario *scenario,
                       void (*take)(void *context, const char *name, const char *value),
                       void *context)
{
    const cJSON *option;
    cJSON_ArrayForEach(option, json_at(model, "options"))
    {
        const char *name = json_string(option, "name");
        const char *value = name ? given_option(contender, scenario, name) : NULL;
        if (value)
            take(context, name, value);
    }
}

const char *contender_option(const struct contender *contender, const cJSON *model,
                             const struct scenario *scenario, const char *name)
{
    const cJSON *option = find_named(json_at(model, "options"), name);
    if (!option)
        return NULL;
    const char *given = given_option(contender, scenario, name);
    return given ? given : json_string(option, "default");
}
