/* third_party_model.c - see third_party.h: a server of others as a model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/third_party/placeholders.h"
#include "harness/third_party/third_party.h"
#include "workload/steps.h"

#define VERSION_LIMIT_NS (20 * NS_PER_S)
#define VERSION_BYTES    200

/* ---- as a model ------------------------------------------------------------------- */

static void add_word(cJSON *array, const char *word)
{
    cJSON_AddItemToArray(array, cJSON_CreateString(word));
}

static void add_option(cJSON *array, const struct third_party_option *option)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "name", option->name);
    json_add_text(object, "help", option->help);
    json_add_text(object, "default", option->fallback);
    cJSON *choices = option->choices.count ? json_add_array(object, "choices") : NULL;
    for (size_t i = 0; i < option->choices.count; i++)
        add_word(choices, option->choices.items[i]);
    cJSON_AddItemToArray(array, object);
}

static const unsigned flag_of_work[] = {[EXTERNAL_OPS] = 0,
                                        [EXTERNAL_PLAINTEXT] = MODEL_PLAINTEXT,
                                        [EXTERNAL_PROXY] = MODEL_PROXY};

cJSON *third_party_describe(const struct third_party *external, const char *folder)
{
    cJSON *description = cJSON_CreateObject();
    json_add_text(description, "name", external->name);
    json_add_text(description, "summary", external->summary);
    model_add_flags(description, external->flags << MODEL_REFERENCE_SHIFT |
                                     MODEL_REFERENCE | flag_of_work[external->work]);
    cJSON *options = json_add_array(description, "options");
    for (size_t i = 0; i < external->option_count; i++)
        add_option(options, &external->options[i]);
    json_add_bool(description, "marks", external->marks);
    json_add_text(description, "here", folder);
    cJSON_AddItemToObject(description, "external",
                          cJSON_Duplicate(external->source, true));
    return description;
}

/* ---- whether it runs here --------------------------------------------------------- */

/* Servers are often where only root looks for programs. */
static char *find_program(const char *command)
{
    if (strchr(command, '/'))
        return access(command, X_OK) == 0 ? memory_copy_string(command) : NULL;
    const char *path = getenv("PATH");
    char *places = memory_printf("%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "");
    char **folders = text_split(places, ':', NULL), *found = NULL;
    for (size_t i = 0; folders[i] && !found; i++) {
        char *program = memory_printf("%s/%s", folders[i], command);
        if (access(program, X_OK) == 0)
            found = program;
        else
            free(program);
    }
    text_list_free(folders);
    free(places);
    return found;
}

/* The first line that it prints, on either of its outputs, when asked; or NULL. */
static char *ask_version(const char *program, const struct words *arguments)
{
    const char **words = memory_allocate_zeroed(arguments->count + 2, sizeof *words);
    words[0] = program;
    for (size_t i = 0; i < arguments->count; i++)
        words[i + 1] = arguments->items[i];
    struct child_plan plan = {.program = program, .arguments = words};
    struct child child = CHILD_NONE;
    char *version = NULL;
    if (child_start(&child, &plan, NULL) == 0 &&
        child_wait(&child, clock_now_ns() + VERSION_LIMIT_NS) && child.status == 0) {
        const char *said = text_string(&child.heard);
        size_t length = strcspn(said, "\r\n");
        version = memory_printf(
            "%.*s", (int)(length < VERSION_BYTES ? length : VERSION_BYTES), said);
    }
    child_release(&child);
    free(words);
    return version;
}

static const char *value_of_here(const void *context, const char *name)
{
    return strcmp(name, "here") == 0 ? json_string(context, "here") : "";
}

/* False where it is missing, with the reason in `why`. */
static bool look_for(cJSON *description, const struct third_party *external,
                     struct text *why)
{
    struct text command = {0};
    struct error error;
    char *program = NULL;
    if (placeholders_fill(external->command, value_of_here, description, &command,
                          &error) == 0)
        program = find_program(text_string(&command));
    if (!program)
        text_printf(why, "%s is not installed", text_string(&command));
    if (!program && external->install)
        text_printf(why, " (%s)", external->install);
    char *version = program && external->version.count
                        ? ask_version(program, &external->version)
                        : NULL;
    json_add_text(description, "program", program);
    json_add_text(description, "version", version);
    text_release(&command);
    bool found = program != NULL;
    free(program);
    free(version);
    return found;
}

void third_party_look_up(struct described_model *described)
{
    cJSON *description = described->description;
    struct third_party external;
    struct error error;
    struct text why = {0};
    bool found = false;
    /* Of an earlier look. */
    static const char *const keys[] = {"program", "version", "supported", "why"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(description, keys[i]);
    if (third_party_from_model(&external, &described->model, &error) < 0) {
        text_append_string(&why, error.text);
    } else {
        found = look_for(description, &external, &why);
        third_party_release(&external);
    }
    json_add_bool(description, "supported", found);
    json_add_text(description, "why", found ? NULL : text_string(&why));
    text_release(&why);
    described_model_update(described);
}

/* ---- what it can do --------------------------------------------------------------- */

static bool does_steps(const struct third_party *external, const char *path, char *why,
                       size_t bytes)
{
    struct path_walk walk;
    struct path_step step;
    bool serves = path_walk_start(&walk, path, strlen(path));
    while (serves && path_walk_next(&walk, &step)) {
        char *name = memory_printf("%.*s", (int)step.name_length, step.text);
        serves = words_have(&external->steps, name);
        if (!serves)
            snprintf(why, bytes, "%s does not know the step %s", external->name, name);
        free(name);
    }
    return serves;
}

/* A proxy hands a path on that asks another server for one, and does nothing else. */
static bool is_handed_on(const char *path)
{
    char *asked = path_fetches(path);
    bool is_fetch = asked != NULL;
    free(asked);
    return is_fetch;
}

static bool serves_path(const struct third_party *external, const char *path, char *why,
                        size_t bytes)
{
    if (strcmp(path, "/") == 0)
        return true;
    switch (external->work) {
    case EXTERNAL_OPS:
        break;
    case EXTERNAL_PLAINTEXT:
        snprintf(why, bytes, "%s serves \"/\" alone, and not %s", external->name, path);
        return false;
    case EXTERNAL_PROXY:
        if (is_handed_on(path))
            return true;
        snprintf(why, bytes, "%s serves \"/\" and hands \"/fetch:...\" on",
                 external->name);
        return false;
    }
    return does_steps(external, path, why, bytes);
}

void third_party_find_skip_reason(const struct third_party *external,
                                  const struct scenario *point, char *why, size_t bytes)
{
    const struct workload *workload = &point->workload;
    const char *slow = workload->slow_readers.path;
    bool serves = !slow || serves_path(external, slow, why, bytes);
    for (size_t i = 0; i < workload->request_count && serves; i++)
        serves = serves_path(external, workload->requests[i].path, why, bytes);
    if (serves)
        snprintf(why, bytes, "%s", "");
}
