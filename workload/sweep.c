/* sweep.c - see sweep.h. */
#include "workload/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/text.h"
#include "workload/load_scale.h"

const char *const sweep_load_variables[] = {"connections", "idle", "rate", NULL};

/* Replaces all placeholders `braced` in the path by the value. */
static void fill_path(char **path, const char *braced, const char *value)
{
    const char *at;
    while ((at = strstr(*path, braced))) {
        char *filled = memory_printf("%.*s%s%s", (int)(at - *path), *path, value,
                                     at + strlen(braced));
        free(*path);
        *path = filled;
    }
}

int sweep_apply(struct scenario *scenario, const char *variable, const char *value,
                struct error *error)
{
    struct workload *workload = &scenario->workload;
    struct setting_list *options = &scenario->server.options;
    if (strcmp(variable, "connections") == 0)
        return quantity_parse(QUANTITY_COUNT, value, 1, WORKLOAD_MAX_CONNECTIONS,
                              &workload->connections, error);
    if (strcmp(variable, "idle") == 0)
        return quantity_parse(QUANTITY_COUNT, value, 0, WORKLOAD_MAX_CONNECTIONS,
                              &workload->idle, error);
    if (strcmp(variable, "rate") == 0)
        return quantity_parse_rate(value, &workload->rate_rps, error);
    for (size_t i = 0; i < options->count; i++) {
        if (strcmp(options->items[i].name, variable) == 0) {
            free(options->items[i].value);
            options->items[i].value = memory_copy_string(value);
        }
    }
    char *braced = memory_printf("{%s}", variable);
    for (size_t i = 0; i < workload->request_count; i++)
        fill_path(&workload->requests[i].path, braced, value);
    free(braced);
    return 0;
}

void scenario_at_point(struct scenario *point, const struct scenario *scenario,
                       const char *value)
{
    scenario_copy(point, scenario);
    fields_release(sweep_fields, &point->sweep);
    if (value && sweep_apply(point, scenario->sweep.variable, value, NULL) < 0)
        abort(); /* scenario_read accepted this value */
    load_scale_apply(point);
}
