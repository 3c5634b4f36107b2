/* contender.c - see contender.h. */
#include "record/contender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/quantity.h"
#include "base/text.h"

/* ---- reading ---------------------------------------------------------------------- */

/* `names` ends with NULL. */
static int refuse_name(const char *kind, const char *name, const char *const *names,
                       struct error *error)
{
    struct text allowed = {0};
    text_append_list(&allowed, names);
    const char *near = text_nearest(name, names);
    int result = error_set(error, -EINVAL, "unknown %s \"%s\"%s%s%s; there %s %s", kind,
                           name, near ? ", did you mean \"" : "", near ? near : "",
                           near ? "\"?" : "", names[0] && !names[1] ? "is" : "are",
                           names[0] ? text_string(&allowed) : "none");
    text_release(&allowed);
    return result;
}

const struct model *models_choose(const struct models *models, const char *name,
                                  struct error *error)
{
    const struct model *model = models_find(models, name);
    if (model)
        return model;
    const char **names = memory_allocate_zeroed(models->count + 1, sizeof *names);
    for (size_t i = 0; i < models->count; i++)
        names[i] = models->items[i].model->name;
    refuse_name("model", name, names, error);
    free(names);
    return NULL;
}

static int refuse_option(const struct model *model, const char *name, struct error *error)
{
    size_t count = 0;
    while (model_option(model, count))
        count++;
    const char **names = memory_allocate_zeroed(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = model_option(model, i)->name;
    int result = refuse_name("option", name, names, error);
    free(names);
    return result;
}

/* By the parser of the option itself, into a place of no further use. */
int option_check(const struct field *option, const char *value, struct error *error)
{
    union {
        int choice;
        bool flag;
        uint64_t number;
        double rate;
        char *text;
        struct words words;
    } unused;
    struct field alone[] = {*option, {0}};
    alone->offset = 0;
    fields_default(alone, &unused);
    int result = field_set(alone, &unused, value, error);
    fields_release(alone, &unused);
    return result;
}

static int add_option(struct contender *contender, char *word, struct error *error)
{
    char *equals = strchr(word, '=');
    if (!equals || equals == word || !equals[1])
        return error_set(error, -EINVAL, "expected option=value after \":\", got \"%s\"",
                         word);
    *equals = '\0';
    const struct field *option = model_option_named(contender->model, word);
    if (!option)
        return refuse_option(contender->model, word, error);
    int result = option_check(option, equals + 1, error);
    if (result < 0)
        return error_prefix(error, result, "%s", option->name);
    contender->options = memory_resize(
        contender->options, (contender->option_count + 1) * sizeof *contender->options);
    contender->options[contender->option_count++] =
        (struct option_setting){option, memory_copy_string(equals + 1)};
    return 0;
}

int contender_parse(struct contender *contender, const char *label,
                    const struct models *models, struct error *error)
{
    char **words = text_split(label, ':', NULL);
    const char *name = words[0] ? words[0] : "";
    *contender = (struct contender){.label = memory_copy_string(label),
                                    .model = models_choose(models, name, error)};
    int result = contender->model ? 0 : -EINVAL;
    for (size_t i = 1; result == 0 && words[i]; i++) {
        result = add_option(contender, words[i], error);
        if (result < 0)
            error_prefix(error, result, "%s", label);
    }
    text_list_free(words);
    if (result < 0)
        contender_release(contender);
    return result;
}

void contender_release(struct contender *contender)
{
    free(contender->label);
    for (size_t i = 0; i < contender->option_count; i++)
        free(contender->options[i].value);
    free(contender->options);
    *contender = (struct contender){0};
}

/* The place of the one with this label, or where it is to be. */
static size_t find_label(const struct contenders *contenders, const char *label)
{
    size_t index = 0;
    while (index < contenders->count &&
           strcmp(contenders->items[index].label, label) != 0)
        index++;
    return index;
}

static void append(struct contenders *contenders, const struct contender *contender)
{
    contenders->items = memory_resize(contenders->items, (contenders->count + 1) *
                                                             sizeof *contenders->items);
    contenders->items[contenders->count++] = *contender;
}

int contenders_add(struct contenders *contenders, const char *label,
                   const struct models *models, size_t *index, struct error *error)
{
    *index = find_label(contenders, label);
    if (*index < contenders->count)
        return 0;
    struct contender contender;
    int result = contender_parse(&contender, label, models, error);
    if (result == 0)
        append(contenders, &contender);
    return result;
}

size_t contenders_add_twin(struct contenders *contenders, size_t of,
                           const struct models *models)
{
    const char *label = contenders->items[of].label;
    char *again = memory_printf("%s%s", label, CONTENDER_AGAIN);
    size_t index = find_label(contenders, again);
    struct contender twin;
    struct error unused;
    /* What has been parsed once can be parsed. */
    if (index == contenders->count &&
        contender_parse(&twin, label, models, &unused) == 0) {
        free(twin.label);
        twin.label = memory_copy_string(again);
        twin.again = true;
        append(contenders, &twin);
    }
    free(again);
    return index;
}

void contenders_release(struct contenders *contenders)
{
    for (size_t i = 0; i < contenders->count; i++)
        contender_release(&contenders->items[i]);
    free(contenders->items);
    *contenders = (struct contenders){0};
}

/* ---- values ----------------------------------------------------------------------- */

/* What the server has to be told: NULL where its own default holds. */
static const char *given_value(const struct contender *contender,
                               const struct scenario *scenario,
                               const struct field *option)
{
    for (size_t i = 0; i < contender->option_count; i++)
        if (contender->options[i].option == option)
            return contender->options[i].value;
    return scenario_option(scenario, option->name);
}

void contender_options(const struct contender *contender, const struct scenario *scenario,
                       void (*take)(void *context, const char *name, const char *value),
                       void *context)
{
    const struct field *option;
    for (size_t i = 0; (option = model_option(contender->model, i)); i++) {
        const char *value = given_value(contender, scenario, option);
        if (value)
            take(context, option->name, value);
    }
}

const char *contender_value(const struct contender *contender,
                            const struct scenario *scenario, const struct field *option)
{
    const char *given = given_value(contender, scenario, option);
    return given ? given : option->fallback;
}

bool contender_has(const struct contender *contender, enum option_role role)
{
    return model_option_with_role(contender->model, role) != NULL;
}

/* NULL: no such option, or one without a value. */
static const char *value_by_role(const struct contender *contender,
                                 const struct scenario *scenario, enum option_role role)
{
    const struct field *option = model_option_with_role(contender->model, role);
    return option ? contender_value(contender, scenario, option) : NULL;
}

uint64_t contender_count(const struct contender *contender,
                         const struct scenario *scenario, enum option_role role,
                         uint64_t otherwise)
{
    const char *value = value_by_role(contender, scenario, role);
    uint64_t count;
    bool is_number =
        value && quantity_parse(QUANTITY_COUNT, value, 1, 1ULL << 53, &count, NULL) == 0;
    return is_number ? count : otherwise;
}

int contender_choice(const struct contender *contender, const struct scenario *scenario,
                     enum option_role role)
{
    const char *value = value_by_role(contender, scenario, role);
    const char *const *words = option_role_words[role];
    for (int i = 0; value && words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    return -1;
}
