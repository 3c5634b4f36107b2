/* models.c - see models.h. */
#include "record/models.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/options_help.h"
#include "base/text.h"

/* ---- a description, written ------------------------------------------------------- */

static cJSON *describe_options(const struct model *model)
{
    cJSON *array = cJSON_CreateArray();
    const struct field *option;
    for (size_t i = 0; (option = model_option(model, i)); i++) {
        const struct field one[] = {*option, {0}};
        cJSON *described = options_describe(one);
        cJSON_AddItemToArray(array, cJSON_DetachItemFromArray(described, 0));
        cJSON_Delete(described);
    }
    return array;
}

void model_add_flags(cJSON *description, unsigned flags)
{
    cJSON *array = json_add_array(description, "flags");
    for (size_t i = 0; model_flag_words[i]; i++)
        if (flags & 1U << i)
            cJSON_AddItemToArray(array, cJSON_CreateString(model_flag_words[i]));
}

cJSON *model_to_json(const struct model *model)
{
    if (!model->run)
        return cJSON_Duplicate(model_description(model), true);
    struct error why;
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "name", model->name);
    json_add_text(object, "summary", model->summary);
    json_add_bool(object, "marks", !(model->flags & MODEL_IGNORES_MARKS));
    model_add_flags(object, model->flags);
    cJSON_AddItemToObject(object, "options", describe_options(model));
    bool supported = model_is_supported(model, &why);
    json_add_bool(object, "supported", supported);
    json_add_text(object, "why", supported ? NULL : why.text);
    return object;
}

cJSON *models_to_json(const struct models *models)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; i < models->count; i++)
        cJSON_AddItemToArray(array, model_to_json(models->items[i].model));
    return array;
}

/* ---- a description, read ---------------------------------------------------------- */

static unsigned read_flags(const cJSON *description)
{
    unsigned flags =
        cJSON_IsTrue(json_at(description, "marks")) ? 0 : MODEL_IGNORES_MARKS;
    const cJSON *item;
    cJSON_ArrayForEach(item, json_at(description, "flags"))
    {
        for (size_t i = 0; model_flag_words[i]; i++)
            if (cJSON_IsString(item) &&
                strcmp(item->valuestring, model_flag_words[i]) == 0)
                flags |= 1U << i;
    }
    return flags;
}

/* A description has no more of it than its flags say. */
static void find_runners(struct model *model)
{
    if (model->flags & MODEL_CALIBRATION) {
        model->wait = model->blocking = model->cpu = STEP_NOBODY;
    } else if (model->flags & MODEL_LOOP) {
        model->wait = STEP_LOOP;
        model->blocking = STEP_POOL;
        model->cpu = model->flags & MODEL_WORKERS ? STEP_WORKERS : STEP_LOOP;
    } else {
        model->wait = model->blocking = model->cpu = STEP_THREAD;
    }
}

/* The words of an array of strings; ends with NULL. */
static const char **read_words(const cJSON *array)
{
    size_t count = 0;
    const char **words =
        memory_allocate_zeroed((size_t)cJSON_GetArraySize(array) + 1, sizeof *words);
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item))
            words[count++] = item->valuestring;
    }
    return words;
}

/* What is not a choice may be any text: the value was checked where it was given. */
static void read_option(struct field *option, const cJSON *item, const char *name)
{
    const cJSON *choices = json_at(item, "choices");
    *option = (struct field){
        .name = name,
        .kind = cJSON_IsArray(choices) ? FIELD_CHOICE : FIELD_TEXT,
        .value = json_string(item, "value"),
        .help = json_string(item, "help"),
        .fallback = json_string(item, "default"),
        .role = (int)option_role_of(name),
        .choices = cJSON_IsArray(choices) ? read_words(choices) : NULL,
    };
}

static struct field *read_options(const cJSON *array)
{
    size_t count = 0;
    struct field *options =
        memory_allocate_zeroed((size_t)cJSON_GetArraySize(array) + 1, sizeof *options);
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const char *name = json_string(item, "name");
        if (name)
            read_option(&options[count++], item, name);
    }
    return options;
}

static const char *read_unsupported(const cJSON *description)
{
    const char *why = json_string(description, "why");
    if (cJSON_IsTrue(json_at(description, "supported")))
        return NULL;
    return why ? why : "the model does not say why";
}

static const char *read_text(const cJSON *description, const char *key)
{
    const char *text = json_string(description, key);
    return text ? text : "";
}

void described_model_update(struct described_model *described)
{
    described->model.version = json_string(described->description, "version");
    described->model.unsupported = read_unsupported(described->description);
}

const cJSON *model_description(const struct model *model)
{
    /* The first member of its struct. */
    return ((const struct described_model *)model)->description;
}

/* ---- the list --------------------------------------------------------------------- */

static void add(struct models *models, struct known_model known)
{
    models->items =
        memory_resize(models->items, (models->count + 1) * sizeof *models->items);
    models->items[models->count++] = known;
}

void models_add_ours(struct models *models)
{
    for (size_t i = 0; model_list[i]; i++)
        add(models, (struct known_model){.model = model_list[i]});
}

const struct model *models_add_described(struct models *models, cJSON *description)
{
    struct described_model *described = memory_allocate_zeroed(1, sizeof *described);
    described->description = description;
    described->options = read_options(json_at(description, "options"));
    described->model = (struct model){.name = read_text(description, "name"),
                                      .summary = read_text(description, "summary"),
                                      .flags = read_flags(description),
                                      .options = described->options};
    find_runners(&described->model);
    described_model_update(described);
    add(models, (struct known_model){&described->model, described});
    return &described->model;
}

void models_from_json(struct models *models, const cJSON *array)
{
    *models = (struct models){0};
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
        models_add_described(models, cJSON_Duplicate(item, true));
}

static void release(struct described_model *described)
{
    if (!described)
        return;
    /* The lists are ours, const only for those who read them. */
    for (struct field *o = described->options; o->name; o++)
        free((void *)(uintptr_t)o->choices);
    free(described->options);
    cJSON_Delete(described->description);
    free(described);
}

void models_remove(struct models *models, size_t index)
{
    release(models->items[index].described);
    models->count--;
    memmove(&models->items[index], &models->items[index + 1],
            (models->count - index) * sizeof *models->items);
}

void models_release(struct models *models)
{
    for (size_t i = 0; i < models->count; i++)
        release(models->items[i].described);
    free(models->items);
    *models = (struct models){0};
}

const struct model *models_find(const struct models *models, const char *name)
{
    for (size_t i = 0; i < models->count; i++)
        if (strcmp(models->items[i].model->name, name) == 0)
            return models->items[i].model;
    return NULL;
}

/* ---- for tables ------------------------------------------------------------------- */

const char *model_kind(const struct model *model)
{
    if (!(model->flags & MODEL_REFERENCE))
        return "model";
    if (model->flags & MODEL_PROXY)
        return "reference, proxy";
    return model->flags & MODEL_PLAINTEXT ? "reference, plaintext" : "reference";
}

char *model_title(const struct model *model, const char *label)
{
    return model->flags & MODEL_REFERENCE
               ? memory_printf("%s (%s)", label, model_kind(model))
               : memory_copy_string(label);
}
