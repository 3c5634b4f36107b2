/*
 * merge.c - the `merge` command (merge.h): adds up the results of several generators
 * that loaded a server at the same time, and writes a result of the same form.
 *
 * Counts, rates and CPU time are sums. Distributions are added bucket by bucket, from
 * results that were written in full; percentiles are taken of the sum and never averaged.
 * What cannot be added (percentiles of the series, the checks of each generator's own
 * sends) is null. The whole is valid where every part is.
 */
#include "commands/commands.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_document.h"
#include "base/quantity.h"
#include "base/text.h"
#include "loadgen/measure/distribution.h"

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

struct parts {
    struct json_document *documents;
    size_t count;
};

/* ---- members ------------------------------------------------------------------------
 */

/* How the members of the parts become one. */
enum rule {
    RULE_SUM,  /* null where any part has none */
    RULE_MOST, /* likewise */
    RULE_LEAST,
    RULE_SAME, /* what all agree on, else null */
};

static double combine_numbers(const struct parts *parts, const char *path, enum rule rule)
{
    double all = NAN;
    for (size_t i = 0; i < parts->count; i++) {
        const cJSON *node = json_at(parts->documents[i].root, path);
        double one = cJSON_IsNumber(node) ? node->valuedouble : (double)NAN;
        if (i == 0)
            all = one;
        else if (rule == RULE_SUM)
            all += one;
        else if (rule == RULE_MOST)
            all = isnan(one) || one > all ? one : all;
        else if (rule == RULE_LEAST) /* a part without one does not count */
            all = isnan(all) || one < all ? one : all;
        else if (one > all || one < all || isnan(one))
            all = NAN;
    }
    return all;
}

struct member {
    const char *path; /* its last part is the key */
    enum rule rule;
};

static void add_numbers(cJSON *object, const struct parts *parts,
                        const struct member *members)
{
    for (; members->path; members++) {
        const char *slash = strrchr(members->path, '/');
        json_add_number(object, slash ? slash + 1 : members->path,
                        combine_numbers(parts, members->path, members->rule));
    }
}

/* Copies a text or a flag that all agree on, else null. */
static void add_same(cJSON *object, const struct parts *parts, const char *key)
{
    const cJSON *first = json_at(parts->documents[0].root, key);
    bool same = first != NULL;
    for (size_t i = 1; same && i < parts->count; i++)
        same = cJSON_Compare(first, json_at(parts->documents[i].root, key), true);
    cJSON_AddItemToObject(object, key,
                          same ? cJSON_Duplicate(first, true) : cJSON_CreateNull());
}

/* The sums of all members of the objects at `path`, whichever part they are in. */
static void add_sums(cJSON *object, const struct parts *parts, const char *path)
{
    for (size_t i = 0; i < parts->count; i++) {
        const cJSON *member;
        cJSON_ArrayForEach(member, json_at(parts->documents[i].root, path))
        {
            cJSON *sum = cJSON_GetObjectItemCaseSensitive(object, member->string);
            if (sum)
                cJSON_SetNumberValue(sum, sum->valuedouble + member->valuedouble);
            else
                cJSON_AddNumberToObject(object, member->string, member->valuedouble);
        }
    }
}

/* ---- distributions ------------------------------------------------------------------
 */

/* Parts without the distribution have nothing to add: in a closed loop there is no lag.
 */
static int add_distribution(cJSON *object, const struct parts *parts, const char *path,
                            struct error *error)
{
    struct histogram sum;
    bool any = false;
    int code = 0;
    histogram_init(&sum);
    for (size_t i = 0; code == 0 && i < parts->count; i++) {
        const cJSON *one = json_at(parts->documents[i].root, path);
        if (!cJSON_IsObject(one))
            continue;
        any = true;
        code = distribution_read(&sum, one, error);
        if (code < 0)
            error_prefix(error, code, "%s: %s", parts->documents[i].file, path);
    }
    const char *slash = strrchr(path, '/');
    const char *key = slash ? slash + 1 : path;
    if (code == 0 && any)
        distribution_add(object, key, &sum, true);
    else if (code == 0)
        cJSON_AddNullToObject(object, key);
    histogram_release(&sum);
    return code;
}

static int add_classes(cJSON *json, const struct parts *parts, struct error *error)
{
    cJSON *classes = json_add_object(json, "classes");
    for (size_t i = 0; i < parts->count; i++) {
        const cJSON *class;
        cJSON_ArrayForEach(class, json_at(parts->documents[i].root, "classes"))
        {
            if (cJSON_GetObjectItemCaseSensitive(classes, class->string))
                continue;
            if (strchr(class->string, '/'))
                return error_set(error, -EINVAL,
                                 "%s: class \"%s\": a name with / cannot "
                                 "be merged",
                                 parts->documents[i].file, class->string);
            cJSON *sum = json_add_object(classes, class->string);
            char *path = memory_printf("classes/%s/counts", class->string);
            add_sums(json_add_object(sum, "counts"), parts, path);
            free(path);
            path = memory_printf("classes/%s/latency_ns", class->string);
            int code = add_distribution(sum, parts, path, error);
            free(path);
            if (code < 0)
                return code;
        }
    }
    return 0;
}

/* ---- the series ---------------------------------------------------------------------
 */

static void add_interval(cJSON *series, const struct parts *parts, int index)
{
    double t_s = NAN, sums[3] = {0}, most_ns = NAN;
    static const char *const keys[] = {"ok", "errors", "in_flight"};
    for (size_t i = 0; i < parts->count; i++) {
        const cJSON *one =
            cJSON_GetArrayItem(json_at(parts->documents[i].root, "series"), index);
        if (!one)
            continue;
        t_s = json_number(one, "t_s");
        for (size_t k = 0; k < 3; k++)
            sums[k] += json_number(one, keys[k]);
        most_ns = fmax(most_ns, json_number(one, "max_ns"));
    }
    cJSON *item = cJSON_CreateObject();
    cJSON_AddItemToArray(series, item);
    json_add_number(item, "t_s", t_s);
    for (size_t k = 0; k < 3; k++)
        json_add_number(item, keys[k], sums[k]);
    cJSON_AddNullToObject(item, "p50_ns");
    cJSON_AddNullToObject(item, "p99_ns");
    json_add_number(item, "max_ns", most_ns);
}

/* Interval by interval, counted from the beginning of each part's window. */
static void add_series(cJSON *json, const struct parts *parts)
{
    cJSON *series = json_add_array(json, "series");
    int longest = 0;
    if (isnan(combine_numbers(parts, "interval_s", RULE_SAME)))
        return; /* steps of different lengths do not add up */
    for (size_t i = 0; i < parts->count; i++) {
        int length = cJSON_GetArraySize(json_at(parts->documents[i].root, "series"));
        longest = length > longest ? length : longest;
    }
    for (int i = 0; i < longest; i++)
        add_interval(series, parts, i);
}

/* ---- the whole ----------------------------------------------------------------------
 */

static int add_generator(cJSON *json, const struct parts *parts, struct error *error)
{
    static const struct member members[] = {
        {"generator/cpu_s", RULE_SUM},
        {"generator/spin_s", RULE_SUM},
        {"generator/busiest_thread_cores", RULE_MOST},
        {"generator/longest_stall_ns", RULE_MOST},
        {"generator/parsed_replies", RULE_SUM},
        {NULL, RULE_SUM},
    };
    cJSON *generator = json_add_object(json, "generator");
    add_numbers(generator, parts, members);
    double cost_us = 0, requests = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const cJSON *root = parts->documents[i].root;
        double weight =
            json_number(root, "throughput_rps") * json_number(root, "duration_s");
        cost_us += weight * json_number(json_at(root, "generator"), "cpu_us_per_request");
        requests += weight;
    }
    json_add_number(generator, "cpu_us_per_request", cost_us / requests);
    return add_distribution(generator, parts, "generator/lag_ns", error);
}

static void add_warnings(cJSON *json, const struct parts *parts)
{
    bool valid = true;
    for (size_t i = 0; i < parts->count; i++)
        valid = valid && cJSON_IsTrue(json_at(parts->documents[i].root, "valid"));
    json_add_bool(json, "valid", valid);
    cJSON *warnings = json_add_array(json, "warnings");
    for (size_t i = 0; i < parts->count; i++) {
        const cJSON *warning;
        cJSON_ArrayForEach(warning, json_at(parts->documents[i].root, "warnings"))
        {
            cJSON *item = cJSON_CreateObject();
            cJSON_AddItemToArray(warnings, item);
            json_add_text(item, "code", json_string(warning, "code"));
            char *message = memory_printf("%s: %s", parts->documents[i].file,
                                          json_string(warning, "message"));
            json_add_text(item, "message", message);
            free(message);
            json_add_bool(item, "invalidates",
                          cJSON_IsTrue(json_at(warning, "invalidates")));
        }
    }
}

static void add_settings(cJSON *json, const struct parts *parts)
{
    static const struct member members[] = {
        {"connections", RULE_SUM}, {"threads", RULE_SUM},
        {"offered_rps", RULE_SUM}, {"warmup_s", RULE_SAME},
        {"drain_s", RULE_MOST},    {"interval_s", RULE_SAME},
        {"duration_s", RULE_MOST}, {"throughput_rps", RULE_SUM},
        {NULL, RULE_SUM},
    };
    json_add_number(json, "schema_version", 1);
    cJSON *merged = json_add_array(json, "merged");
    for (size_t i = 0; i < parts->count; i++)
        cJSON_AddItemToArray(merged, cJSON_CreateString(parts->documents[i].file));
    static const char *const same[] = {"target", "mode", "arrivals", "keep_alive"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        add_same(json, parts, same[i]);
    add_numbers(json, parts, members);
    bool interrupted = false;
    for (size_t i = 0; i < parts->count; i++)
        interrupted =
            interrupted || cJSON_IsTrue(json_at(parts->documents[i].root, "interrupted"));
    json_add_bool(json, "interrupted", interrupted);
}

static int merge_parts(const struct parts *parts, cJSON *json, struct error *error)
{
    static const struct member censored[] = {{"censored/count", RULE_SUM},
                                             {"censored/least_age_ns", RULE_LEAST},
                                             {NULL, RULE_SUM}};
    static const struct member waited[] = {{"waited_for_connection", RULE_SUM},
                                           {NULL, RULE_SUM}};
    static const char *const distributions[] = {"latency_ns", "service_ns",
                                                "schedule_lag_ns"};
    int code = 0;
    add_settings(json, parts);
    add_sums(json_add_object(json, "counts"), parts, "counts");
    for (size_t i = 0; code == 0 && i < 3; i++)
        code = add_distribution(json, parts, distributions[i], error);
    add_numbers(json_add_object(json, "censored"), parts, censored);
    if (code == 0)
        code = add_classes(json, parts, error);
    add_series(json, parts);
    add_sums(json_add_object(json, "errors"), parts, "errors");
    add_numbers(json, parts, waited);
    add_sums(json_add_object(json, "whole_run"), parts, "whole_run");
    if (code == 0)
        code = add_generator(json, parts, error);
    cJSON_AddNullToObject(json, "checks");
    add_warnings(json, parts);
    return code;
}

/* ---- the command --------------------------------------------------------------------
 */

/* Only results of load, of the same kind of loop. */
static int check_part(const struct parts *parts, size_t i, struct error *error)
{
    const cJSON *root = parts->documents[i].root;
    const char *mode = json_string(root, "mode");
    const char *first = json_string(parts->documents[0].root, "mode");
    double version = json_number(root, "schema_version");
    if (!(version >= 1 && version <= 1) || !mode)
        return error_set(error, -EINVAL,
                         "%s: expected a result of load --json (schema version 1)",
                         parts->documents[i].file);
    if (strcmp(mode, first) != 0)
        return error_set(
            error, -EINVAL,
            "%s is of an %s loop and %s of an %s one: their latencies do not "
            "mean the same",
            parts->documents[0].file, first, parts->documents[i].file, mode);
    return 0;
}

static int open_parts(struct parts *parts, const struct words *files, struct error *error)
{
    *parts = (struct parts){
        .documents = memory_allocate_zeroed(files->count, sizeof *parts->documents)};
    int code = 0;
    for (size_t i = 0; code == 0 && i < files->count; i++) {
        code = json_open_file(&parts->documents[i], files->items[i], error);
        if (code < 0)
            break;
        parts->count++;
        code = check_part(parts, i, error);
    }
    return code;
}

static void close_parts(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        json_close(&parts->documents[i]);
    free(parts->documents);
}

static void print_sum(const cJSON *json, FILE *file)
{
    static const char *const keys[] = {"p50", "p90", "p99", "p999", "max"};
    const cJSON *latency = json_at(json, "latency_ns");
    char text[QUANTITY_TEXT_BYTES];
    fprintf(file, "%s requests/s",
            quantity_format(QUANTITY_COUNT, json_number(json, "throughput_rps"), text,
                            sizeof text));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        double ns = json_number(latency, keys[i]);
        if (!isnan(ns))
            fprintf(file, ", %s %s", keys[i],
                    quantity_format(QUANTITY_TIME, ns, text, sizeof text));
    }
    fprintf(file, "%s\n", cJSON_IsTrue(json_at(json, "valid")) ? "" : " (INVALID)");
}

static int run_merge(int argc, char **argv)
{
    struct merge_settings settings;
    struct words files;
    struct parts parts = {0};
    struct error error;
    int exit_code;
    if (!options_read(&merge_command, &settings, argc, argv, &files, &exit_code))
        return exit_code;
    exit_code = EXIT_USAGE;
    int code = 0;
    if (!files.count)
        code =
            error_set(&error, -EINVAL, "no file is given: name results of load --full");
    if (code == 0)
        code = open_parts(&parts, &files, &error);
    if (code == 0) {
        cJSON *json = cJSON_CreateObject();
        code = merge_parts(&parts, json, &error);
        if (code == 0) {
            print_sum(json, stderr);
            code = json_write(settings.json, json, &error);
            exit_code = code < 0                               ? EXIT_FAILED
                        : cJSON_IsTrue(json_at(json, "valid")) ? EXIT_FINE
                                                               : EXIT_INVALID;
        }
        cJSON_Delete(json);
    }
    if (code < 0)
        fprintf(stderr, "interleave merge: %s\n", error.text);
    close_parts(&parts);
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
        "together; rates and counts are sums. What does not add up, such as the "
        "percentiles of the series, is null.\n\n"
        "Exit status: 0 merged; 2 usage or a file that is no such result; 3 merged, but "
        "some part cannot be trusted.",
    .options = merge_options,
    .run = run_merge,
};
