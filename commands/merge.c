/*
 * merge.c - the `merge` command: adds up the results of several generators that loaded a
 * server at the same time, and writes a result of the same form.
 *
 * How each member is added up is told by the table of the record (record/load_result.c).
 */
#include "commands/commands.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/quantity.h"
#include "base/text.h"
#include "loadgen/measure/expect.h"
#include "loadgen/measure/load_summary.h"
#include "record/load_merge.h"

struct merge_settings {
    char *json;
};

static const struct field merge_options[] = {
    {.name = "json",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "where to write the sum (- for stdout)",
     .fallback = "-",
     .offset = offsetof(struct merge_settings, json)},
    {0},
};

static int read_part(struct load_result *result, const char *file, struct error *error)
{
    struct json_document document;
    int code = json_open_file(&document, file, error);
    if (code < 0)
        return code;
    code = load_result_read(result, &document, document.root, error);
    json_close(&document);
    return code;
}

static bool is_judged(const struct load_result *sum, const char *expectation)
{
    for (size_t i = 0; i < sum->expectation_count; i++)
        if (strcmp(sum->expectations[i].text, expectation) == 0)
            return true;
    return false;
}

/* Holds the sum against what was expected of any part. */
static int judge_sum(struct load_result *sum, const struct record_part *part,
                     struct error *error)
{
    const struct load_result *from = part->record;
    for (size_t i = 0; i < from->expectation_count; i++) {
        struct expectation expectation;
        if (is_judged(sum, from->expectations[i].text))
            continue;
        int code = expectation_parse(&expectation, from->expectations[i].text, error);
        if (code < 0)
            return error_prefix(error, code, "%s: expectations[%zu]", part->name, i);
        expectation_judge(&expectation, sum);
        expectation_release(&expectation);
    }
    return 0;
}

/* On success the sum is to be released. */
static int merge_files(struct load_result *sum, const struct words *files,
                       struct error *error)
{
    struct load_result *results = memory_allocate_zeroed(files->count, sizeof *results);
    struct record_part *parts = memory_allocate_zeroed(files->count, sizeof *parts);
    size_t count = 0;
    int code = 0;
    while (code == 0 && count < files->count) {
        code = read_part(&results[count], files->items[count], error);
        if (code == 0) {
            parts[count] = (struct record_part){files->items[count], &results[count]};
            count++;
        }
    }
    if (code == 0)
        code = load_result_merge(sum, parts, count, error);
    if (code == 0) {
        for (size_t i = 0; code == 0 && i < count; i++)
            code = judge_sum(sum, &parts[i], error);
        if (code < 0)
            load_result_release(sum);
    }
    for (size_t i = 0; i < count; i++)
        load_result_release(&results[i]);
    free(parts);
    free(results);
    return code;
}

static void print_sum(const struct load_result *sum, FILE *file)
{
    const struct {
        const char *name;
        double ns;
    } times[] = {
        {"p50", sum->latency.p50_ns}, {"p90", sum->latency.p90_ns},
        {"p99", sum->latency.p99_ns}, {"p999", sum->latency.p999_ns},
        {"max", sum->latency.max_ns},
    };
    char text[QUANTITY_TEXT_BYTES];
    fprintf(file, "%s requests/s",
            quantity_format(QUANTITY_COUNT, sum->throughput_rps, text, sizeof text));
    fprintf(
        file, " in the %s that all windows have in common",
        quantity_format(QUANTITY_TIME, sum->duration_s * NS_PER_S, text, sizeof text));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (!isnan(times[i].ns))
            fprintf(file, ", %s %s%s", times[i].name,
                    distribution_is_at_least(&sum->latency, times[i].name) ? ">= " : "",
                    quantity_format(QUANTITY_TIME, times[i].ns, text, sizeof text));
    fprintf(file, "%s\n", sum->valid ? "" : " (INVALID)");
    expectations_print(sum, file);
    summary_print_warnings(sum, file);
}

static int run_merge(int argc, char **argv)
{
    struct merge_settings settings;
    struct words files;
    struct load_result sum = {0};
    struct error error;
    int exit_code;
    if (!options_read(&merge_command, &settings, argc, argv, &files, &exit_code))
        return exit_code;
    exit_code = EXIT_USAGE;
    int code = json_can_write(settings.json, &error);
    if (code == 0)
        code = files.count ? merge_files(&sum, &files, &error)
                           : error_set(&error, -EINVAL,
                                       "no file is given: name results of load --full");
    if (code == 0) {
        print_sum(&sum, stderr);
        cJSON *json = record_to_json(&load_result_type, &sum);
        code = json_write(settings.json, json, &error);
        cJSON_Delete(json);
        exit_code = code < 0 ? EXIT_FAILED : sum.valid ? EXIT_FINE : EXIT_INVALID;
        load_result_release(&sum);
    }
    if (code < 0)
        fprintf(stderr, "interleave merge: %s\n", error.text);
    fields_release(merge_options, &settings);
    words_release(&files);
    return exit_code;
}

const struct command merge_command = {
    .name = "merge",
    .summary = "add up the results of several load generators",
    .operands = "FILE...",
    .description =
        "Adds up results that load --full --json wrote, of generators that loaded a "
        "server at the same time, and writes a result of the same form. Distributions "
        "are added bucket by bucket, so that the percentiles are those of all requests "
        "together; counts are sums, and rates are added up over the time that all "
        "windows have in common, as the series show it; what was expected of a part is "
        "expected of the sum. What does not add up, such as the percentiles of the "
        "series, is null, and a warning names it with the reason. The clocks of the "
        "machines have to agree.\n\n"
        "Exit status: 0 merged; 2 usage, a file that is no such result, loads of "
        "different kinds, the same run twice, or runs that did not overlap; 3 merged, "
        "but some part cannot be trusted, or more than 5 % of its window is not common.",
    .options = merge_options,
    .run = run_merge,
};
