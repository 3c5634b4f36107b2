/* model.c - the list of models; see model.h. */
#include "servers/model.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "servers/ops/ops.h"

const char *const model_flag_words[] = {
    "reference", "plaintext", "proxy",  "calibration", "loop",
    "threads",   "workers",   "serial", "processes",   NULL,
};

const char *const step_runner_words[] = {
    [STEP_NOBODY] = "nobody",
    [STEP_THREAD] = "thread",
    [STEP_LOOP] = "loop",
    [STEP_COROUTINE] = "coroutine",
    [STEP_POOL] = "pool",
    [STEP_WORKERS] = "workers",
    NULL,
};

const char *const place_words[] = {
    [STEPS_ON_LOOP] = "loop", [STEPS_ON_POOL] = "uv-pool", NULL};
const char *const dispatch_words[] = {
    [DISPATCH_REQUEST] = "request", [DISPATCH_CONNECTION] = "connection", NULL};
const char *const distribution_words[] = {
    [DISTRIBUTION_HANDOVER] = "handover", [DISTRIBUTION_REUSEPORT] = "reuseport", NULL};

const char *const *const option_role_words[ROLE_COUNT] = {
    [ROLE_CPU] = place_words,
    [ROLE_BLOCKING] = place_words,
    [ROLE_DISPATCH] = dispatch_words,
    [ROLE_DISTRIBUTION] = distribution_words,
};

const struct model *const model_list[] = {
#define MODEL(identifier) &identifier##_model,
#include "servers/models.def"
#undef MODEL
    NULL,
};

const struct model *model_find(const char *name, struct error *error)
{
    const char *names[sizeof model_list / sizeof *model_list];
    size_t count = 0;
    for (; model_list[count]; count++) {
        if (strcmp(model_list[count]->name, name) == 0)
            return model_list[count];
        names[count] = model_list[count]->name;
    }
    names[count] = NULL;
    struct text known = {0};
    text_append_list(&known, names);
    const char *near = text_nearest(name, names);
    error_set(error, -EINVAL, "--model: expected one of %s, got \"%s\"%s%s%s",
              text_string(&known), name, near ? " (did you mean \"" : "",
              near ? near : "", near ? "\"?)" : "");
    text_release(&known);
    return NULL;
}

bool model_is_supported(const struct model *model, struct error *why)
{
    if (model->unsupported) {
        error_set(why, -ENOTSUP, "%s", model->unsupported);
        return false;
    }
    return !model->supported || model->supported(why);
}

/* ---- options ---------------------------------------------------------------------- */

const struct field *model_option(const struct model *model, size_t index)
{
    /* A description says everything by itself. */
    bool pools = model->run && !(model->flags & MODEL_CALIBRATION);
    const struct field *const tables[] = {model->options, pools ? op_pool_options : NULL};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct field *o = tables[t]; o && o->name; o++)
            if (index-- == 0)
                return o;
    return NULL;
}

const struct field *model_option_named(const struct model *model, const char *name)
{
    const struct field *option;
    for (size_t i = 0; (option = model_option(model, i)); i++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

const struct field *model_option_with_role(const struct model *model,
                                           enum option_role role)
{
    const struct field *option;
    for (size_t i = 0; (option = model_option(model, i)); i++)
        if (option->role == (int)role)
            return option;
    return NULL;
}

enum option_role option_role_of(const char *name)
{
    for (size_t i = 0; model_list[i]; i++) {
        const struct field *option = model_option_named(model_list[i], name);
        if (option)
            return (enum option_role)option->role;
    }
    return ROLE_NONE;
}
