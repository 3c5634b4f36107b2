/*
 * ops.c - the command `ops`: the steps that a path can be made of, for people
 * and (as JSON) for the harness; and what each costs on this machine.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "commands/commands.h"
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

struct ops_calibration {
    int cpu;
    char **paths; /* "/gzip:16KiB" */
    struct op_cost *costs;
    size_t count, failed;
};

static void add_step(struct ops_calibration *calibration, char *path)
{
    size_t count = calibration->count++;
    calibration->paths =
        memory_resize(calibration->paths, (count + 1) * sizeof *calibration->paths);
    calibration->costs =
        memory_resize(calibration->costs, (count + 1) * sizeof *calibration->costs);
    calibration->paths[count] = path;
    calibration->costs[count] = (struct op_cost){.path = path};
}

/* "gzip:16KiB" of "/gzip:16KiB". */
static const char *step_of(const struct op_cost *cost)
{
    return cost->path + 1;
}

/* All that were named, or one step of every op that runs somewhere. */
static void choose_steps(struct ops_calibration *calibration, const struct words *named)
{
    for (size_t i = 0; i < named->count; i++) {
        const char *step = named->items[i];
        add_step(calibration, memory_printf("/%s", *step == '/' ? step + 1 : step));
    }
    for (size_t i = 0; named->count == 0 && op_list[i]; i++)
        if (op_list[i]->kind != OP_REPLY)
            add_step(calibration,
                     memory_printf("/%s:%s", op_list[i]->name, op_list[i]->example));
}

/* One core, the first that a run would give to a server. */
static int pin_to_one_core(int *cpu, struct error *error)
{
    int order[CPU_SETSIZE];
    cpus_by_core(order);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)order[0], &set);
    *cpu = order[0];
    return cpus_pin(&set, error);
}

static int measure_steps(struct ops_calibration *calibration, struct error *error)
{
    char *folder = data_folder_make(error);
    if (!folder)
        return -EIO;
    const struct op_environment environment = {.data_folder = folder};
    struct ops *ops = NULL;
    int result = ops_open(&ops, op_list, &environment, error);
    if (result == 0)
        calibration->failed =
            op_costs_measure(ops, calibration->costs, calibration->count);
    ops_close(ops);
    data_folder_remove(folder);
    free(folder);
    return result;
}

static double microseconds(const struct op_cost *cost, double ns)
{
    return cost->why.text[0] ? (double)NAN : ns / (double)NS_PER_US;
}

/* NULL where there is no such op. */
static const char *step_kind(const char *step)
{
    size_t length = strcspn(step, ":/");
    for (size_t i = 0; op_list[i]; i++)
        if (strncmp(op_list[i]->name, step, length) == 0 && !op_list[i]->name[length])
            return op_kind_names[op_list[i]->kind];
    return NULL;
}

static void print_costs_as_json(const struct ops_calibration *calibration)
{
    cJSON *root = cJSON_CreateObject();
    json_add_number(root, "schema_version", 1);
    json_add_number(root, "cpu", calibration->cpu);
    json_add_number(root, "rounds", OP_COST_ROUNDS);
    cJSON *array = json_add_array(root, "steps");
    for (size_t i = 0; i < calibration->count; i++) {
        const struct op_cost *cost = &calibration->costs[i];
        cJSON *object = cJSON_CreateObject();
        json_add_text(object, "step", step_of(cost));
        json_add_text(object, "kind", step_kind(step_of(cost)));
        json_add_number(object, "cpu_us", microseconds(cost, cost->cpu_ns));
        json_add_number(object, "cpu_us_min", microseconds(cost, cost->cpu_least_ns));
        json_add_number(object, "wall_us", microseconds(cost, cost->wall_ns));
        json_add_number(object, "wall_us_min", microseconds(cost, cost->wall_least_ns));
        json_add_number(object, "wall_us_max", microseconds(cost, cost->wall_most_ns));
        json_add_text(object, "why", cost->why.text[0] ? cost->why.text : NULL);
        cJSON_AddItemToArray(array, object);
    }
    print_and_free(root);
}

static void print_costs_as_table(const struct ops_calibration *calibration)
{
    struct table *table = table_create();
    table_add_column(table, "Step", TABLE_LEFT);
    table_add_column(table, "CPU us/op", TABLE_RIGHT);
    table_add_column(table, "us/op", TABLE_RIGHT);
    table_add_column(table, "least", TABLE_RIGHT);
    table_add_column(table, "most", TABLE_RIGHT);
    for (size_t i = 0; i < calibration->count; i++) {
        const struct op_cost *cost = &calibration->costs[i];
        table_start_row(table);
        table_add_cell(table, step_of(cost));
        if (cost->why.text[0])
            continue; /* said on stderr */
        const double figures[] = {cost->cpu_ns, cost->wall_ns, cost->wall_least_ns,
                                  cost->wall_most_ns};
        for (size_t f = 0; f < sizeof figures / sizeof *figures; f++)
            table_add_cellf(table, "%.1f", figures[f] / (double)NS_PER_US);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    table_free(table);
}

static int calibrate(const struct ops_settings *settings, const struct words *named)
{
    struct error error;
    struct ops_calibration calibration = {0};
    choose_steps(&calibration, named);
    int result = pin_to_one_core(&calibration.cpu, &error);
    if (result == 0)
        result = measure_steps(&calibration, &error);
    if (result < 0)
        fprintf(stderr, "interleave ops: %s\n", error.text);
    else if (settings->as_json)
        print_costs_as_json(&calibration);
    else
        print_costs_as_table(&calibration);
    /* An op that cannot run here is no failure, unless it was asked for by name. */
    for (size_t i = 0; i < calibration.count; i++) {
        if (calibration.costs[i].why.text[0])
            fprintf(stderr, "interleave ops: %s: %s\n", step_of(&calibration.costs[i]),
                    calibration.costs[i].why.text);
        free(calibration.paths[i]);
    }
    free(calibration.paths);
    free(calibration.costs);
    bool failed = result < 0 || (named->count > 0 && calibration.failed > 0);
    return failed ? EXIT_FAILED : EXIT_FINE;
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
        "alone "
        "on one core and prints the microseconds of one run: the CPU time of the thread, "
        "and the time that passed with its extremes; medians over several rounds.",
    .options = options,
    .run = run_ops,
};
