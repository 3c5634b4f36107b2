/* claims_files.c - see claims_files.h. */
#include "commands/claims_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/claims_check.h"
#include "base/installed.h"
#include "base/text.h"
#include "harness/experiment/claim_turns.h"
#include "harness/experiment/scenario_files.h"
#include "harness/third_party/shipped.h"

static char *claims_path(const char *path, const char *folder)
{
    if (path)
        return memory_copy_string(path);
    if (folder)
        return memory_printf("%s/claims.json", folder);
    char *installed = installed_path("scenarios/claims.json");
    return installed ? installed : memory_copy_string("scenarios/claims.json");
}

static int check(struct claims *claims, const char *folder, struct error *error)
{
    struct models models = {0};
    struct scenarios scenarios;
    models_add_ours(&models);
    int result = references_add_shipped(&models, error);
    if (result == 0)
        result = scenarios_read(&scenarios, folder, NULL, NULL, error);
    if (result == 0) {
        result = claims_check(claims, scenarios.items, scenarios.count, &models, error);
        scenarios_release(&scenarios);
    }
    models_release(&models);
    return result;
}

int claims_read_checked(struct claims *claims, const char *path, const char *folder,
                        struct error *error)
{
    char *place = claims_path(path, folder);
    int result = claims_read(claims, place, error);
    free(place);
    if (result < 0)
        return result;
    result = check(claims, folder, error);
    if (result < 0)
        claims_release(claims);
    return result;
}

/* ---- what a run is asked for ------------------------------------------------------- */

/* Whether the id is listed. For claims_keep. */
static bool is_asked(const void *ids, const struct claim *claim)
{
    return words_have(ids, claim->id);
}

/* Adds the ids of the claims in a list with commas. */
static int add_ids(struct words *ids, const struct claims *claims, const char *list,
                   struct error *error)
{
    char **words = text_split(list, ',', NULL);
    int result = 0;
    for (size_t i = 0; words[i] && result == 0; i++) {
        const struct claim *claim = claims_choose(claims, words[i], error);
        if (claim)
            words_add(ids, claim->id);
        result = claim ? 0 : -EINVAL;
    }
    text_list_free(words);
    return result;
}

static int keep_asked(struct claims *claims, const struct words *asked,
                      struct error *error)
{
    struct words ids = {0};
    int result = 0;
    for (size_t i = 0; i < asked->count && result == 0; i++)
        if (strcmp(asked->items[i], "all") != 0)
            result = add_ids(&ids, claims, asked->items[i], error);
    if (result == 0 && ids.count > 0)
        claims_keep(claims, is_asked, &ids);
    words_release(&ids);
    return result;
}

int claims_read_asked(struct claims *claims, const struct words *asked,
                      const char *folder, struct error *error)
{
    int result = 0;
    *claims = (struct claims){0};
    if (asked->count > 0) {
        result = claims_read_checked(claims, NULL, folder, error);
    } else {
        char *path = claims_path(NULL, folder);
        if (access(path, F_OK) == 0)
            result = claims_read(claims, path, error);
        free(path);
    }
    if (result < 0)
        return result;
    result = keep_asked(claims, asked, error);
    if (result < 0)
        claims_release(claims);
    return result;
}

int claims_take_by_turns(struct claims *claims, const char *folder,
                         const struct slicing *slicing, char **note, struct error *error)
{
    struct scenarios scenarios;
    int result = scenarios_read(&scenarios, folder, NULL, NULL, error);
    if (result == 0) {
        *note = claims_keep_by_turns(claims, scenarios.items, scenarios.count, slicing);
        scenarios_release(&scenarios);
    }
    if (result == 0 && claims->count == 0) {
        result = error_set(error, -EINVAL, "%s", *note);
        free(*note);
        *note = NULL;
    }
    if (result < 0)
        claims_release(claims);
    return result;
}
