/* trial_begin.c - see trial_begin.h. */
#include "harness/trial/trial_begin.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/trial/command_line.h"

void trial_begin(struct trial_record *record, const struct trial_setup *setup)
{
    char text[CPUS_TEXT_BYTES], started[32];
    const struct placement *placement = &setup->placement;
    /* Neither was started yet. */
    static const char *const no_words[] = {NULL};
    trial_record_init(record);
    record->commands.server = command_line_copy(no_words);
    record->commands.load = command_line_copy(no_words);
    record->id = memory_copy_string(setup->id);
    record->scenario = memory_copy_string(setup->scenario->name);
    if (setup->value) {
        record->point.variable = memory_copy_string(setup->variable);
        record->point.value = memory_copy_string(setup->value);
    }
    record->model = memory_copy_string(setup->contender->label);
    record->block = setup->block;
    record->attempt = (double)setup->attempt;
    record->order = setup->order;
    record->seed = setup->seed;
    clock_utc_text(started, sizeof started, 0);
    record->started_utc = memory_copy_string(started);
    record->origin = origin_copy(setup->origin);
    record->cpus.server =
        memory_copy_string(cpus_format(&placement->server, text, sizeof text));
    record->cpus.server_count = (uint64_t)placement->server_count;
    record->cpus.generator =
        memory_copy_string(cpus_format(&placement->generator, text, sizeof text));
    record->cpus.shared = placement->shared;
}

int trial_write_scenario(const struct trial_setup *setup, const char *folder,
                         struct error *error)
{
    char *path = memory_printf("%s/scenario.json", folder);
    cJSON *json = scenario_to_json(setup->scenario);
    int result = json_write_file(path, json, error);
    cJSON_Delete(json);
    free(path);
    return result;
}
