/*
 * compare.c - the command `compare`: two runs, two contenders of one run, or two results
 * of the load generator, held against each other. With --slices it measures the two
 * contenders first, as `bench` does.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json_document.h"
#include "commands/commands.h"
#include "commands/compared_run.h"
#include "commands/measure.h"
#include "commands/run_options.h"
#include "report/contrast_report.h"

struct compare_settings {
    struct words metrics, scenarios;
    double threshold; /* a share; 0: not asked for */
    bool strict, by_slices;
    char *json;
    struct run_settings run; /* from a table of its own */
};

/* "5%" or "0.05". */
static int set_threshold(const struct field *field, void *structure, const char *text,
                         struct error *error)
{
    char *end;
    double value = strtod(text, &end);
    if (end != text && strcmp(end, "%") == 0) {
        value /= 100;
        end++;
    }
    if (end == text || *end || !(value > 0 && value < 1))
        return error_set(error, -EINVAL,
                         "expected a share above 0 and below 1, such as 5%% or 0.05");
    *(double *)field_member(field, structure) = value;
    return 0;
}

static const struct field options[] = {
    {.name = "metric",
     .letter = 'm',
     .kind = FIELD_LIST,
     .value = "NAME",
     .help = "compare this figure, by its name in comparison.csv, of all requests and of "
             "classes; may be repeated (default: throughput_rps, latency_p99_ns, "
             "cpu_per_request_ns)",
     .offset = offsetof(struct compare_settings, metrics)},
    {.name = "scenario",
     .letter = 's',
     .kind = FIELD_LIST,
     .value = "NAME",
     .help = "compare this scenario; may be repeated (default: all)",
     .offset = offsetof(struct compare_settings, scenarios)},
    {.name = "threshold",
     .kind = FIELD_NUMBER,
     .value = "PERCENT",
     .help = "exit 1 where A is shown to be worse than B by more than this: lower in "
             "throughput, higher in latency, CPU time, memory",
     .offset = offsetof(struct compare_settings, threshold),
     .set = set_threshold},
    {.name = "strict",
     .kind = FIELD_FLAG,
     .help = "with --threshold: exit 4 where it can be told of some figure neither that "
             "it is nor that it is not",
     .offset = offsetof(struct compare_settings, strict)},
    {.name = "slices",
     .kind = FIELD_FLAG,
     .help =
         "measure first: A and B are contenders that have the load of these scenarios "
         "by turns, as with bench --slices --models B,A",
     .offset = offsetof(struct compare_settings, by_slices)},
    {.name = "json",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write the comparison as JSON, too (- for stdout, in place of the table)",
     .offset = offsetof(struct compare_settings, json)},
    {0},
};

/* ---- what is compared ------------------------------------------------------------- */

static int read_load(struct load_result *load, const char *path, struct error *error)
{
    struct json_document document;
    int result = json_open_file(&document, path, error);
    if (result < 0)
        return result;
    result = load_result_read(load, &document, document.root, error);
    json_close(&document);
    return result;
}

static int select_metrics(struct contrast_selection *selection, const struct words *names,
                          struct error *error)
{
    const char *all[METRIC_COUNT + 1] = {0};
    if (names->count == 0)
        contrast_select_default(selection);
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        all[m] = metrics[m].name;
    for (size_t i = 0; i < names->count; i++) {
        enum metric_id m = metric_named(names->items[i]);
        const char *near = text_nearest(names->items[i], all);
        if (m == METRIC_COUNT)
            return error_set(error, -EINVAL,
                             "unknown figure \"%s\"%s%s%s (see docs/results.md)",
                             names->items[i], near ? ", did you mean " : "",
                             near ? near : "", near ? "?" : "");
        selection->metrics[m] = true;
        selection->of_classes[m] = metrics[m].of_classes;
    }
    return 0;
}

/* ---- the answer ------------------------------------------------------------------- */

struct compare_run {
    const struct compare_settings *settings;
    struct contrast_selection selection;
    int exit_code;
};

static int refuse_empty(const struct contrast *contrast, struct error *error)
{
    struct text names = {0};
    for (size_t i = 0; contrast->by_turns && slice_metrics[i] != METRIC_COUNT; i++)
        text_printf(&names, "%s%s", i ? ", " : "; by turns there can be ",
                    metrics[slice_metrics[i]].name);
    int result = error_set(error, -ENOENT, "there is no figure that both have%s",
                           text_string(&names));
    text_release(&names);
    return result;
}

/* Prints, writes, and decides about the exit code; releases the contrast. */
static int answer(struct compare_run *compare, struct contrast *contrast,
                  struct contrast_report *report, struct error *error)
{
    const struct compare_settings *settings = compare->settings;
    int result = 0;
    report->contrast = contrast;
    report->threshold = settings->threshold > 0 ? settings->threshold : (double)NAN;
    if (settings->threshold > 0)
        contrast_judge(contrast, settings->threshold);
    if (!settings->json || strcmp(settings->json, "-") != 0)
        contrast_report_print(report, stdout);
    if (settings->json) {
        cJSON *json = contrast_report_to_json(report);
        result = json_write(settings->json, json, error);
        cJSON_Delete(json);
    }
    if (contrast->line_count == 0 && result == 0)
        result = refuse_empty(contrast, error);
    else if (settings->threshold > 0 && contrast_report_count(report, RANGE_OUTSIDE) > 0)
        compare->exit_code = EXIT_FAILED;
    else if (settings->threshold > 0 && settings->strict &&
             contrast_report_count(report, RANGE_NOT_TOLD) > 0)
        compare->exit_code = EXIT_INCONCLUSIVE;
    contrast_release(contrast);
    return result;
}

static int compare_contenders(struct compare_run *compare, char **operands,
                              struct error *error)
{
    struct compared_run run;
    struct contrast contrast;
    struct run_differences none = {0};
    int result = compared_run_read(&run, operands[0], error);
    if (result < 0)
        return result;
    char *about = compared_run_about(&run);
    char *of = memory_printf("%s: %s", operands[0], about);
    struct contrast_report report = {.names = {operands[1], operands[2]},
                                     .abouts = {"", ""},
                                     .of = of,
                                     .same_machine = true,
                                     .differences = &none};
    result = contrast_of_contenders(&contrast, &run.comparison, operands[1], operands[2],
                                    &compare->selection, error);
    if (result == 0)
        result = answer(compare, &contrast, &report, error);
    free(about);
    free(of);
    compared_run_release(&run);
    return result;
}

static void warn_of_order(const struct compared_run *a, const struct compared_run *b)
{
    const char *of_a = a->results.manifest.begun_utc;
    const char *of_b = b->results.manifest.begun_utc;
    if (of_a && of_b && strcmp(of_a, of_b) < 0)
        fprintf(stderr, "interleave compare: A is the earlier run, and A is what is "
                        "judged: give the new one first\n");
}

static int compare_runs(struct compare_run *compare, char **operands, struct error *error)
{
    struct compared_run a, b;
    struct contrast contrast;
    struct run_differences differences = {0};
    int result = compared_run_read(&a, operands[0], error);
    if (result < 0)
        return result;
    result = compared_run_read(&b, operands[1], error);
    if (result < 0) {
        compared_run_release(&a);
        return result;
    }
    char *about_a = compared_run_about(&a), *about_b = compared_run_about(&b);
    run_differences_of_machines(&differences, &a.environment, &b.environment);
    run_differences_of_experiments(&differences, &a.results.experiment,
                                   &b.results.experiment);
    struct contrast_report report = {
        .names = {operands[0], operands[1]},
        .abouts = {about_a, about_b},
        .same_machine = environment_same_machine(&a.environment, &b.environment),
        .differences = &differences};
    result = contrast_of_runs(&contrast, &a.comparison, &b.comparison,
                              report.same_machine, &compare->selection, error);
    if (result == 0 && compare->settings->threshold > 0)
        warn_of_order(&a, &b);
    if (result == 0)
        result = answer(compare, &contrast, &report, error);
    run_differences_release(&differences);
    free(about_a);
    free(about_b);
    compared_run_release(&a);
    compared_run_release(&b);
    return result;
}

static char *describe_load(const struct load_result *load)
{
    return memory_printf("%s, %.3g s%s", load->target ? load->target : "?",
                         load->duration_s, load->valid ? "" : ", INVALID");
}

static int compare_loads(struct compare_run *compare, char **operands,
                         struct error *error)
{
    struct load_result a, b;
    struct contrast contrast;
    struct run_differences differences = {0};
    int result = read_load(&a, operands[0], error);
    if (result < 0)
        return result;
    result = read_load(&b, operands[1], error);
    if (result < 0) {
        load_result_release(&a);
        return result;
    }
    char *about_a = describe_load(&a), *about_b = describe_load(&b);
    run_differences_of_loads(&differences, &a, &b);
    struct contrast_report report = {.names = {operands[0], operands[1]},
                                     .abouts = {about_a, about_b},
                                     .same_machine = true,
                                     .differences = &differences};
    contrast_of_loads(&contrast, &a, &b, &compare->selection);
    result = answer(compare, &contrast, &report, error);
    run_differences_release(&differences);
    free(about_a);
    free(about_b);
    load_result_release(&a);
    load_result_release(&b);
    return result;
}

/* ---- measuring -------------------------------------------------------------------- */

/* B is the first contender, whom A has the load by turns with. What is wrong with trials
 * counts as well. */
static int measure_two(struct compare_run *compare, struct run *run, struct error *error)
{
    const struct contender *contenders = run->experiment.contenders.items;
    char *operands[] = {run->dir.path, contenders[1].label, contenders[0].label};
    int measured = measure(run, "compare", NULL);
    int result = 0;
    if (measure_has_figures(measured))
        result = compare_contenders(compare, operands, error);
    if (measured == EXIT_FINE)
        return result;
    if (result < 0)
        fprintf(stderr, "interleave compare: %s\n", error->text);
    if (compare->exit_code == EXIT_FINE)
        compare->exit_code = measured;
    return 0;
}

static int begin_by_slices(struct compare_run *compare, struct run *run,
                           const struct experiment_request *request, struct error *error)
{
    int result = run_plan(run, request, error);
    if (result < 0)
        return result;
    if (run->experiment.contenders.count != 2)
        return error_set(error, -EINVAL, "--slices compares two contenders, got %zu",
                         run->experiment.contenders.count);
    return run_create(run, compare->settings->run.out, error);
}

static int compare_by_slices(struct compare_run *compare, const struct words *operands,
                             struct error *error)
{
    const struct compare_settings *settings = compare->settings;
    struct experiment_request request = run_request(&settings->run, true);
    struct words models = {0}, externals = {0};
    struct run run;
    if (operands->count < 2)
        return error_set(error, -EINVAL,
                         "--slices measures two contenders: give both, "
                         "and scenarios");
    struct words scenarios = {operands->items + 2, operands->count - 2};
    words_add(&models, operands->items[1]);
    words_add(&models, operands->items[0]);
    request.profile = &profiles[PROFILE_QUICK];
    request.scenarios = &scenarios;
    request.models = &models;
    request.externals = &externals;
    run_init(&run, settings->run.attempts);
    int result = begin_by_slices(compare, &run, &request, error);
    if (result == 0)
        result = measure_two(compare, &run, error);
    run_release(&run);
    words_release(&models);
    return result;
}

/* ---- the command ------------------------------------------------------------------ */

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int compare_operands(struct compare_run *compare, const struct words *operands,
                            struct error *error)
{
    if (compare->settings->by_slices)
        return compare_by_slices(compare, operands, error);
    if (operands->count == 3)
        return compare_contenders(compare, operands->items, error);
    if (operands->count != 2)
        return error_set(error, -EINVAL,
                         "give two runs, a run and two of its contenders, two files of "
                         "load --json, or with --slices two contenders and scenarios");
    if (is_folder(operands->items[0]) != is_folder(operands->items[1]))
        return error_set(error, -EINVAL,
                         "%s and %s: a folder of results and a file cannot be compared",
                         operands->items[0], operands->items[1]);
    return is_folder(operands->items[0]) ? compare_runs(compare, operands->items, error)
                                         : compare_loads(compare, operands->items, error);
}

/* `given`: some option of a run was. */
static int compare_as_asked(struct compare_run *compare, const struct words *operands,
                            bool given, struct error *error)
{
    const struct compare_settings *settings = compare->settings;
    int result = 0;
    if (given && !settings->by_slices)
        result = error_set(error, -EINVAL,
                           "nothing is measured without --slices, which the options of a "
                           "run are for");
    if (result == 0 && settings->json)
        result = json_can_write(settings->json, error);
    if (result == 0)
        result = select_metrics(&compare->selection, &settings->metrics, error);
    return result < 0 ? result : compare_operands(compare, operands, error);
}

static int run(int argc, char **argv)
{
    struct compare_settings settings;
    struct option_group groups[] = {
        {.title = "Options", .options = options, .settings = &settings},
        {.options = run_options, .settings = &settings.run}};
    struct words operands;
    struct error error;
    int exit_code;
    if (!options_read_groups(&compare_command, groups, 2, argc, argv, &operands,
                             &exit_code))
        return exit_code;
    struct compare_run asked = {.settings = &settings,
                                .selection = {.scenarios = &settings.scenarios}};
    int result = compare_as_asked(&asked, &operands, groups[1].given > 0, &error);
    if (result < 0)
        fprintf(stderr, "interleave compare: %s\n", error.text);
    options_release(groups, 2);
    words_release(&operands);
    return result < 0 ? EXIT_USAGE : asked.exit_code;
}

const struct command compare_command = {
    .name = "compare",
    .summary = "hold two runs, contenders or loads against each other",
    .operands = "A B | DIR A B | A B --slices [SCENARIO...]",
    .description =
        "A and B are two folders of results, two contenders of the run in DIR by their "
        "names in its tables, or two files that load --json wrote. A is what is judged, "
        "B what it is held against: give the new one first. Each figure that both have "
        "is told as the ratio A/B with its 95 % interval, ~ where no difference is "
        "shown; then what differs between the machines, builds and configurations. "
        "Contenders are paired block by block; runs are independent of each other, and "
        "what has changed on the machine in between is in the ratio. Intervals take 6 "
        "trials of each side. Figures of different machines stand side by side and have "
        "no ratio. Of loads there is one run each: its percentiles have the interval "
        "that their samples give where load --full wrote it, and no difference is "
        "shown.\n\n"
        "Of a run by turns (bench --slices) a block is a pair of processes, one of the "
        "two contenders is the first one of its cell, and ~ stands where no difference "
        "beyond the noise floor of that run is shown. Two such runs are held against "
        "each other by their ratios. With --slices the contenders A and B are measured "
        "first: it is bench --slices --models B,A SCENARIO..., with its options of a "
        "run, and the comparison of what came of it.\n\n"
        "Exit status: 0 compared; 1 a regression is shown, with --threshold, or a trial "
        "failed; 2 usage, or nothing to compare; 3 pairs that were measured must not be "
        "used; 4 with --strict, of some figure it cannot be told; 130 interrupted.",
    .options = options,
    .more_groups = run_options_list,
    .run = run,
};
