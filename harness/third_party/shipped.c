/* shipped.c - see shipped.h. */
#include "harness/third_party/shipped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/installed.h"
#include "base/json.h"
#include "base/json_folder.h"
#include "base/table.h"
#include "base/text.h"
#include "harness/third_party/third_party.h"

/* Files beside them that are none. */
static const char *const other_files[] = {"schema.json", NULL};

/* The folder of a file, absolute, since a server runs in another one; on the heap. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? memory_printf("%.*s", (int)(slash - path) + 1, path)
                         : memory_copy_string(".");
    char *absolute = realpath(folder, NULL);
    free(folder);
    return absolute;
}

int references_add_file(struct models *models, const char *path, const char **name,
                        struct error *error)
{
    struct third_party external;
    int result = third_party_read(&external, path, error);
    if (result < 0)
        return result;
    char *folder = folder_of(path);
    if (models_find(models, external.name)) {
        result = error_set(error, -EINVAL, "%s: there is a contender \"%s\" already",
                           path, external.name);
    } else {
        *name =
            models_add_described(models, third_party_describe(&external, folder))->name;
    }
    free(folder);
    third_party_release(&external);
    return result;
}

int references_add_shipped(struct models *models, struct error *error)
{
    char *folder = installed_path("servers/reference");
    char **names = NULL;
    size_t count = 0;
    int result =
        folder ? json_folder_list(folder, other_files, &names, &count, error) : 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        const char *name;
        char *path = memory_printf("%s/%s.json", folder, names[i]);
        result = references_add_file(models, path, &name, error);
        free(path);
    }
    if (names)
        text_list_free(names);
    free(folder);
    return result;
}

void references_look_up(struct models *models)
{
    for (size_t i = 0; i < models->count; i++)
        if (models->items[i].model->flags & MODEL_REFERENCE)
            third_party_look_up(models->items[i].described);
}

int references_look_again(struct models *models, struct error *error)
{
    int result = 0;
    for (size_t i = 0; i < models->count && result == 0; i++) {
        const struct model *model = models->items[i].model;
        if (!(model->flags & MODEL_REFERENCE) ||
            !cJSON_IsTrue(json_at(model_description(model), "supported")))
            continue;
        char *begun = memory_copy_string(model->version ? model->version : "unknown");
        third_party_look_up(models->items[i].described);
        const char *now = model->version ? model->version : "unknown";
        if (!cJSON_IsTrue(json_at(model_description(model), "supported")))
            result = error_set(error, -EINVAL, "%s: %s", model->name,
                               json_string(model_description(model), "why"));
        else if (strcmp(begun, now) != 0)
            result = error_set(error, -EINVAL,
                               "%s is of version %s, and was %s when the run was begun: "
                               "begin a new run",
                               model->name, now, begun);
        free(begun);
    }
    return result;
}

static bool is_used(const struct model *model, const struct contenders *contenders)
{
    for (size_t i = 0; i < contenders->count; i++)
        if (contenders->items[i].model == model)
            return true;
    return false;
}

void references_keep_used(struct models *models, const struct contenders *contenders)
{
    for (size_t i = models->count; i-- > 0;)
        if (models->items[i].model->flags & MODEL_REFERENCE &&
            !is_used(models->items[i].model, contenders))
            models_remove(models, i);
}
