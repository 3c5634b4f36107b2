/* scenario_read.c - see scenario_read.h. */
#include "workload/scenario_read.h"

#include "base/field_json.h"

int scenario_read_document(struct scenario *scenario, struct json_document *document,
                           struct error *error)
{
    *scenario = (struct scenario){0};
    fields_default(scenario_fields, scenario);
    int result = fields_read(document, document->root, scenario_fields, scenario, error);
    if (result == 0) {
        workload_settle_duration(&scenario->workload, 0);
        result = scenario_check(document, scenario, error);
    }
    if (result < 0)
        scenario_release(scenario);
    return result;
}

static int read_and_close(struct scenario *scenario, struct json_document *document,
                          struct error *error)
{
    int result = scenario_read_document(scenario, document, error);
    json_close(document);
    return result;
}

int scenario_read(struct scenario *scenario, const char *path, struct error *error)
{
    struct json_document document;
    int result = json_open_file(&document, path, error);
    return result < 0 ? result : read_and_close(scenario, &document, error);
}

int scenario_read_string(struct scenario *scenario, const char *name, const char *source,
                         struct error *error)
{
    struct json_document document;
    int result = json_open_string(&document, name, source, error);
    return result < 0 ? result : read_and_close(scenario, &document, error);
}
