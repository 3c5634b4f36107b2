/* model.c - the list of models; see model.h. */
#include "servers/model.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

const char *const model_flag_names[] = {
    "loop", "threads", "workers", "serial", "calibration", "processes", NULL,
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
