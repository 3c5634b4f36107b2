/*
 * ops.c - the command `ops`: the steps that a path can be made of, and (as JSON also for
 * the harness) what each costs on this machine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "commands/commands.h"
#include "record/work_calibration.h"
#include "servers/data_folder.h"
#include "servers/op_cost.h"
#include "servers/ops/ops.h"

struct ops_settings {
    bool as_json;
    bool calibrate;
};

static const struct field options[] = {
    {.name = "json",
     .kind = FIELD_FLAG,
     .help = "print JSON",
     .offset = offsetof(struct ops_settings, as_json)},
    {.name = "calibrate",
     .kind = FIELD_FLAG,
     .help = "measure what each step (those named, or every op with its example) costs "
             "alone on one core",
     .offset = offsetof(struct ops_settings, calibrate)},
    {0},
};

static void print_and_free(cJSON *root)
{
    char *text = json_print(root);
    fputs(text, stdout);
    free(text);
    cJSON_Delete(root);
}

/* ---- the list --------------------------------------------------------------------- */

static cJSON *op_to_json(const struct op *op)
{
    cJSON *object = cJSON_CreateObject();
    json_add_text(object, "name", op->name);
    json_add_text(object, "kind", op_kind_names[op->kind]);
    json_add_text(object, "summary", op->summary);
    json_add_text(object, "argument", op->argument);
    json_add_text(object, "example", op->example);
    json_add_text(object, "library", op->library);
    json_add_text(object, "node", op->node);
    return object;
}

static void list_as_json(void)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; op_list[i]; i++)
        cJSON_AddItemToArray(array, op_to_json(op_list[i]));
    print_and_free(array);
}

static void list_as_table(void)
{
    struct table *table = table_create();
    table_add_column(table, "Step", TABLE_LEFT);
    table_add_column(table, "Kind", TABLE_LEFT);
    table_add_column(table, "Example", TABLE_LEFT);
    table_add_column(table, "What it does", TABLE_LEFT);
    table_add_column(table, "Library", TABLE_LEFT);
    table_add_column(table, "In Node.js", TABLE_LEFT);
    for (size_t i = 0; op_list[i]; i++) {
        const struct op *op = op_list[i];
        table_start_row(table);
        table_add_cellf(table, "%s:%s", op->name, op->argument);
        table_add_cell(table, op_kind_names[op->kind]);
        table_add_cellf(table, "/%s:%s", op->name, op->example);
        table_add_cell(table, op->summary);
        table_add_cell(table, op->library);
        table_add_cell(table, op->node);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

/* ---- what they cost --------------------------------------------------------------- */

/* All that were named, or one step of every op that runs somewhere: paths of one step,
 * "/gzip:16KiB", that end with NULL. */
static char **choose_paths(const struct words *named, size_t *count)
{
    size_t most = named->count;
    while (named->count == 0 && op_list[most])
        most++;
    char **paths = memory_allocate_zeroed(most + 1, sizeof *paths);
    *count = 0;
    for (size_t i = 0; i < named->count; i++) {
        const char *step = named->items[i];
        paths[(*count)++] = memory_printf("/%s", *step == '/' ? step + 1 : step);
    }
    for (size_t i = 0; named->count == 0 && op_list[i]; i++)
        if (op_list[i]->kind != OP_REPLY)
            paths[(*count)++] =
                memory_printf("/%s:%s", op_list[i]->name, op_list[i]->example);
    return paths;
}

/* One core, the first that a run would give to a server. */
static int pin_to_one_core(double *cpu, struct error *error)
{
    int order[CPU_SETSIZE];
    cpus_by_core(order);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)order[0], &set);
    *cpu = order[0];
    return cpus_pin(&set, error);
}

static void add_cost(struct step_costs *costs, const struct op_cost *measured)
{
    struct step_cost *cost = step_costs_add(costs, measured->path + 1);
    struct path_step step = path_step_of(cost->step);
    const struct op *op = op_of_step(&step);
    cost->kind = op ? (int)op->kind : -1;
    if (measured->why.text[0]) {
        cost->why = memory_copy_string(measured->why.text);
        return;
    }
    cost->cpu_us = measured->cpu_ns / (double)NS_PER_US;
    cost->cpu_least_us = measured->cpu_least_ns / (double)NS_PER_US;
    cost->wall_us = measured->wall_ns / (double)NS_PER_US;
    cost->wall_least_us = measured->wall_least_ns / (double)NS_PER_US;
    cost->wall_most_us = measured->wall_most_ns / (double)NS_PER_US;
}

/* Appends what the paths cost. Returns how many could not be measured, or -errno. */
static int measure_paths(struct step_costs *costs, char *const *paths, size_t count,
                         struct error *error)
{
    char *folder = data_folder_make(error);
    if (!folder)
        return -EIO;
    const struct op_environment environment = {.data_folder = folder};
    struct op_cost *measured = memory_allocate_zeroed(count + 1, sizeof *measured);
    struct ops *ops = NULL;
    for (size_t i = 0; i < count; i++)
        measured[i].path = paths[i];
    int result = ops_open(&ops, op_list, &environment, error);
    if (result == 0)
        result = (int)op_costs_measure(ops, measured, count);
    for (size_t i = 0; i < count && result >= 0; i++)
        add_cost(costs, &measured[i]);
    ops_close(ops);
    data_folder_remove(folder);
    free(measured);
    free(folder);
    return result;
}

static void print_costs_as_json(const struct step_costs *costs)
{
    cJSON *root = cJSON_CreateObject();
    json_add_number(root, "schema_version", 1);
    json_add_number(root, "cpu", costs->cpu);
    json_add_number(root, "rounds", OP_COST_ROUNDS);
    cJSON_AddItemToObject(root, "steps", step_costs_to_json(costs));
    print_and_free(root);
}

static void print_costs_as_table(const struct step_costs *costs)
{
    struct table *table = table_create();
    table_add_column(table, "Step", TABLE_LEFT);
    table_add_column(table, "CPU us/op", TABLE_RIGHT);
    table_add_column(table, "us/op", TABLE_RIGHT);
    table_add_column(table, "least", TABLE_RIGHT);
    table_add_column(table, "most", TABLE_RIGHT);
    for (size_t i = 0; i < costs->count; i++) {
        const struct step_cost *cost = &costs->items[i];
        table_start_row(table);
        table_add_cell(table, cost->step);
        if (cost->why)
            continue; /* said on stderr */
        const double figures[] = {cost->cpu_us, cost->wall_us, cost->wall_least_us,
                                  cost->wall_most_us};
        for (size_t f = 0; f < sizeof figures / sizeof *figures; f++)
            table_add_cellf(table, "%.1f", figures[f]);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

static int calibrate(const struct ops_settings *settings, const struct words *named)
{
    struct error error;
    struct step_costs costs = {0};
    size_t count;
    char **paths = choose_paths(named, &count);
    int result = pin_to_one_core(&costs.cpu, &error);
    if (result == 0)
        result = measure_paths(&costs, paths, count, &error);
    if (result < 0)
        fprintf(stderr, "interleave ops: %s\n", error.text);
    else if (settings->as_json)
        print_costs_as_json(&costs);
    else
        print_costs_as_table(&costs);
    for (size_t i = 0; i < costs.count; i++)
        if (costs.items[i].why)
            fprintf(stderr, "interleave ops: %s: %s\n", costs.items[i].step,
                    costs.items[i].why);
    text_list_free(paths);
    step_costs_release(&costs);
    /* An op that cannot run here is no failure, unless it was asked for by name. */
    return result < 0 || (named->count > 0 && result > 0) ? EXIT_FAILED : EXIT_FINE;
}

/* ---- the command ------------------------------------------------------------------ */

static int run_ops(int argc, char **argv)
{
    struct ops_settings settings;
    struct words steps = {0};
    int exit_code;
    if (!options_read(&ops_command, &settings, argc, argv, &steps, &exit_code))
        return exit_code;
    exit_code = EXIT_FINE;
    if (settings.calibrate) {
        exit_code = calibrate(&settings, &steps);
    } else if (steps.count > 0) {
        fprintf(stderr, "interleave ops: steps are named with --calibrate only\n");
        exit_code = EXIT_USAGE;
    } else if (settings.as_json) {
        list_as_json();
    } else {
        list_as_table();
    }
    words_release(&steps);
    return exit_code;
}

const struct command ops_command = {
    .name = "ops",
    .summary = "list the steps that a path can be made of, or measure what they cost",
    .operands = "[STEP...]",
    .description =
        "A step is an op with its argument, as in gzip:64KiB. --calibrate runs each "
        "alone on one core and prints the microseconds of one run: the CPU time of the "
        "thread, and the time that passed with its extremes, medians over several "
        "rounds.",
    .options = options,
    .run = run_ops,
};
