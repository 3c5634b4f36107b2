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
        cJSON *model = third_party_to_model(&external, folder);
        cJSON_AddItemToArray(models->list, model);
        *name = json_string(model, "name");
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
    cJSON *model;
    cJSON_ArrayForEach(model, models->list)
    {
        if (model_is_reference(model))
            third_party_look_up(model);
    }
}

static bool is_used(const cJSON *model, const struct contenders *contenders)
{
    const char *name = json_string(model, "name");
    for (size_t i = 0; i < contenders->count; i++)
        if (strcmp(contenders->items[i].model, name) == 0)
            return true;
    return false;
}

void references_keep_used(struct models *models, const struct contenders *contenders)
{
    for (cJSON *model = models->list->child, *next; model; model = next) {
        next = model->next;
        if (model_is_reference(model) && !is_used(model, contenders))
            cJSON_Delete(cJSON_DetachItemViaPointer(models->list, model));
    }
}
