/*
 * compare.c - the command `compare`: two runs, two contenders of one run, or two results
 * of the load generator, held against each other.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json_document.h"
#include "commands/commands.h"
#include "report/contrast_report.h"

struct compare_settings {
    struct words metrics, scenarios;
    double threshold; /* a share; 0: not asked for */
    bool strict;
    char *json;
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
    {.name = "json",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write the comparison as JSON, too (- for stdout, in place of the table)",
     .offset = offsetof(struct compare_settings, json)},
    {0},
};

/* ---- what is compared ------------------------------------------------------------- */

/* A folder of results. */
struct compared_run {
    struct results results;
    struct environment environment;
    struct comparison comparison;
    char *about;
};

static int read_run(struct compared_run *run, const char *path, struct error *error)
{
    *run = (struct compared_run){0};
    int result = results_read(&run->results, path, error);
    if (result < 0)
        return result;
    char *file = memory_printf("%s/environment.json", path);
    result = record_read_file(&environment_type, &run->environment, file, error);
    free(file);
    if (result < 0) {
        results_release(&run->results);
        return result;
    }
    comparison_make(&run->comparison, &run->results);
    const struct manifest *manifest = &run->results.manifest;
    char *built = origin_build(manifest->origin);
    uint64_t repeat = run->results.experiment.repeat;
    run->about = memory_printf(
        "%s, %llu %s, seed %.0f, build %s, begun %s", run->results.experiment.profile,
        (unsigned long long)repeat, text_plural((double)repeat, "block", "blocks"),
        manifest->seed, built, manifest->begun_utc ? manifest->begun_utc : "?");
    free(built);
    return 0;
}

static void release_run(struct compared_run *run)
{
    comparison_release(&run->comparison);
    environment_release(&run->environment);
    results_release(&run->results);
    free(run->about);
}

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
        enum metric_id m = 0;
        while (m < METRIC_COUNT && strcmp(metrics[m].name, names->items[i]) != 0)
            m++;
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
        result = error_set(error, -ENOENT, "there is no figure that both have");
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
    int result = read_run(&run, operands[0], error);
    if (result < 0)
        return result;
    char *of = memory_printf("%s: %s", operands[0], run.about);
    struct contrast_report report = {.names = {operands[1], operands[2]},
                                     .abouts = {"", ""},
                                     .of = of,
                                     .same_machine = true,
                                     .differences = &none};
    result = contrast_of_contenders(&contrast, &run.comparison, operands[1], operands[2],
                                    &compare->selection, error);
    if (result == 0)
        result = answer(compare, &contrast, &report, error);
    free(of);
    release_run(&run);
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
    int result = read_run(&a, operands[0], error);
    if (result < 0)
        return result;
    result = read_run(&b, operands[1], error);
    if (result < 0) {
        release_run(&a);
        return result;
    }
    run_differences_of_machines(&differences, &a.environment, &b.environment);
    run_differences_of_experiments(&differences, &a.results.experiment,
                                   &b.results.experiment);
    struct contrast_report report = {
        .names = {operands[0], operands[1]},
        .abouts = {a.about, b.about},
        .same_machine = environment_same_machine(&a.environment, &b.environment),
        .differences = &differences};
    contrast_of_runs(&contrast, &a.comparison, &b.comparison, report.same_machine,
                     &compare->selection);
    if (compare->settings->threshold > 0)
        warn_of_order(&a, &b);
    result = answer(compare, &contrast, &report, error);
    run_differences_release(&differences);
    release_run(&a);
    release_run(&b);
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

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int compare_operands(struct compare_run *compare, const struct words *operands,
                            struct error *error)
{
    if (operands->count == 3)
        return compare_contenders(compare, operands->items, error);
    if (operands->count != 2)
        return error_set(error, -EINVAL,
                         "give two runs, a run and two of its contenders, or two files "
                         "of load --json");
    if (is_folder(operands->items[0]) != is_folder(operands->items[1]))
        return error_set(error, -EINVAL,
                         "%s and %s: a folder of results and a file cannot be compared",
                         operands->items[0], operands->items[1]);
    return is_folder(operands->items[0]) ? compare_runs(compare, operands->items, error)
                                         : compare_loads(compare, operands->items, error);
}

static int run(int argc, char **argv)
{
    struct compare_settings settings;
    struct words operands;
    struct error error;
    int exit_code;
    if (!options_read(&compare_command, &settings, argc, argv, &operands, &exit_code))
        return exit_code;
    struct compare_run compare = {.settings = &settings,
                                  .selection = {.scenarios = &settings.scenarios}};
    int result = settings.json ? json_can_write(settings.json, &error) : 0;
    if (result == 0)
        result = select_metrics(&compare.selection, &settings.metrics, &error);
    if (result == 0)
        result = compare_operands(&compare, &operands, &error);
    if (result < 0)
        fprintf(stderr, "interleave compare: %s\n", error.text);
    fields_release(options, &settings);
    words_release(&operands);
    return result < 0 ? EXIT_USAGE : compare.exit_code;
}

const struct command compare_command = {
    .name = "compare",
    .summary = "hold two runs, contenders or loads against each other",
    .operands = "A B | DIR A B",
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
        "Exit status: 0 compared; 1 a regression is shown, with --threshold; 2 usage, "
        "or nothing to compare; 4 with --strict, of some figure it cannot be told.",
    .options = options,
    .run = run,
};
