/* scenario_check.c - checks of a scenario beyond its tables (scenario_read.h). */
#include "workload/scenario_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "workload/sweep.h"

static bool is_good_name(const char *name)
{
    if (!islower((unsigned char)*name))
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Whether a path has the placeholder of a variable: "{size}" for "size". */
static bool path_mentions(const char *path, const char *variable)
{
    char *braced = memory_printf("{%s}", variable);
    bool found = strstr(path, braced) != NULL;
    free(braced);
    return found;
}

static bool any_path_mentions(const struct scenario *scenario, const char *variable)
{
    for (size_t i = 0; i < scenario->workload.request_count; i++)
        if (path_mentions(scenario->workload.requests[i].path, variable))
            return true;
    return false;
}

static int check_values(struct json_document *document, const struct scenario *scenario,
                        const struct words *values, const char *path, struct error *error)
{
    const cJSON *array = json_at(document->root, path);
    for (size_t i = 0; i < values->count; i++) {
        struct scenario point;
        struct error detail;
        scenario_copy(&point, scenario);
        int result =
            sweep_apply(&point, scenario->sweep.variable, values->items[i], &detail);
        scenario_release(&point);
        if (result < 0)
            return json_error(document, cJSON_GetArrayItem(array, (int)i), error, "%s",
                              detail.text);
    }
    return 0;
}

static bool is_of_load(const char *variable)
{
    for (size_t i = 0; sweep_load_variables[i]; i++)
        if (strcmp(variable, sweep_load_variables[i]) == 0)
            return true;
    return false;
}

static int check_sweep(struct json_document *document, const struct scenario *scenario,
                       struct error *error)
{
    const struct sweep *sweep = &scenario->sweep;
    if (!sweep->variable)
        return 0;
    const cJSON *variable = json_at(document->root, "sweep/variable");
    bool is_rate = strcmp(sweep->variable, "rate") == 0;
    bool is_connections = strcmp(sweep->variable, "connections") == 0;
    if (!is_of_load(sweep->variable) && !scenario_option(scenario, sweep->variable) &&
        !any_path_mentions(scenario, sweep->variable))
        return json_error(
            document, variable, error,
            "expected \"connections\", \"idle\", \"rate\", one of server.options, or a "
            "word in braces in a path, got \"%s\"",
            sweep->variable);
    const struct workload *workload = &scenario->workload;
    if ((is_rate && workload->phase_count) ||
        (is_connections && workload_phases_are_clients(workload)))
        return json_error(document, variable, error,
                          "the phases say what \"%s\" is: it cannot be swept",
                          sweep->variable);
    int result = check_values(document, scenario, &sweep->values, "sweep/values", error);
    return result < 0
               ? result
               : check_values(document, scenario, &sweep->quick, "sweep/quick", error);
}

/* The node of a request's path; NULL where the request comes from a trace. */
static const cJSON *path_node(const struct json_document *document, size_t request)
{
    const cJSON *requests = json_at(document->root, "requests");
    return json_at(cJSON_GetArrayItem(requests, (int)request), "path");
}

/* A placeholder that no sweep replaces would be sent to the server as it is. */
static int check_paths(struct json_document *document, const struct scenario *scenario,
                       struct error *error)
{
    for (size_t i = 0; i < scenario->workload.request_count; i++) {
        const char *path = scenario->workload.requests[i].path;
        const cJSON *node = path_node(document, i);
        if (!node) /* the trace was checked line by line */
            continue;
        const char *bad = path + strcspn(path, " \t\r\n");
        if (*bad)
            return json_error(document, node, error, "a path has no blanks, got \"%s\"",
                              path);
        const char *variable = scenario->sweep.variable;
        if (strchr(path, '{') && !(variable && path_mentions(path, variable)))
            return json_error(
                document, node, error,
                "\"%s\" has a word in braces, but no sweep has that variable", path);
    }
    return 0;
}

int scenario_check(struct json_document *document, const struct scenario *scenario,
                   struct error *error)
{
    if (!is_good_name(scenario->name))
        return json_error(document, json_at(document->root, "name"), error,
                          "expected a name of a-z, 0-9 and -, got \"%s\"",
                          scenario->name);
    const cJSON *requests = json_at(document->root, "requests");
    if (!requests && !scenario->workload.trace.count)
        return json_error(document, document->root, error,
                          "the key \"requests\" is missing");
    if (requests && scenario->workload.trace.count)
        return json_error(document, requests, error,
                          "the trace says what is sent: give either of them");
    int result = check_sweep(document, scenario, error);
    if (result == 0)
        result = check_paths(document, scenario, error);
    if (result < 0)
        return result;
    struct error detail;
    if (workload_check(&scenario->workload, &detail) < 0)
        return json_error(document, requests ? requests : document->root, error, "%s",
                          detail.text);
    return 0;
}
