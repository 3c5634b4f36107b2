/* claims_files.c - see claims_files.h. */
#include "commands/claims_files.h"

#include <stdlib.h>

#include "analysis/claims_check.h"
#include "base/installed.h"
#include "base/text.h"
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
