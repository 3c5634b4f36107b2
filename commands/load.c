/*
 * load.c - the command `load`: reads its options into a plan, runs the plan, and writes
 * the result. Also `--calibrate` and `--find-capacity`.
 */
#include "commands/commands.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/text.h"
#include "loadgen/engine/events.h"
#include "loadgen/engine/resources.h"
#include "loadgen/engine/session.h"
#include "loadgen/engine/slices.h"
#include "loadgen/measure/expect.h"
#include "loadgen/measure/hgrm.h"
#include "loadgen/measure/live.h"
#include "loadgen/measure/load_summary.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/plan/load_settings.h"
#include "loadgen/search/capacity.h"
#include "loadgen/search/ceiling.h"
#include "loadgen/search/ceiling_search.h"
#include "workload/slicing.h"

struct load_command_settings {
    struct load_settings load; /* the plan is made of these */
    char *json, *histogram;
    uint64_t events; /* descriptor, where it was given */
    bool has_events;
    struct words expectations;
    char *find_capacity, *search_json;
    uint64_t search_time_ns;
    struct slicing slicing;
    bool quiet, live, calibrate;
};

#define MEMBER(name) offsetof(struct load_command_settings, name)

static const struct field load_options[] = {
    {.name = "json",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write the result as JSON (- for stdout)",
     .offset = MEMBER(json)},
    {.name = "histogram",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write the latency distribution as .hgrm, in milliseconds; where there are "
             "classes, also that of each to FILE with its name before the ending",
     .offset = MEMBER(histogram)},
    {.name = "expect",
     .kind = FIELD_LIST,
     .value = "LIMIT",
     .help =
         "a limit that the result has to keep, as [CLASS:]MEASURE<LIMIT (or >, <=, "
         ">=, =): p99<20ms, mean, max, min, errors=0, errors<0.1%, timeouts, dropped, "
         "ok, throughput>1k; may be given several times; exit status 1 where one is "
         "missed",
     .offset = MEMBER(expectations)},
    {.name = "find-capacity",
     .kind = FIELD_TEXT,
     .value = "LIMIT",
     .help =
         "search for the highest rate that keeps a limit such as p99<50ms, beginning at "
         "--rate, in steps of at most --duration; --json gets the steps",
     .offset = MEMBER(find_capacity)},
    {.name = "search-json",
     .kind = FIELD_TEXT,
     .value = "FILE",
     .help = "write that search here instead, and then measure as usual, at the highest "
             "rate that kept the limit",
     .offset = MEMBER(search_json)},
    {.name = "search-time",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "begin no step of that search later than this",
     .fallback = "5m",
     .offset = MEMBER(search_time_ns),
     .minimum = NS_PER_MS,
     .maximum = 24 * NS_PER_H},
    {.name = "slices",
     .kind = FIELD_COUNT,
     .value = "N",
     .help =
         "alternate between two servers, N slices each, in a random order within each "
         "pair; --json gets a row for each slice",
     .fallback = "none",
     .offset = MEMBER(slicing.count),
     .minimum = 1,
     .maximum = SLICING_MAX_COUNT,
     .zero_word = "none"},
    {.name = "slice",
     .kind = FIELD_TIME,
     .value = "T",
     .help = "length of a slice, of which the first eighth is not recorded",
     .fallback = SLICING_TIME,
     .offset = MEMBER(slicing.slice_ns),
     .minimum = SLICING_LEAST_NS,
     .maximum = SLICING_MAX_NS},
    {.name = "calibrate",
     .kind = FIELD_FLAG,
     .help = "measure how many requests per second this generator can send here, against "
             "a null server of its own, and remember it for later runs; takes --duration",
     .offset = MEMBER(calibrate)},
    {.name = "live",
     .kind = FIELD_FLAG,
     .help = "on a terminal, show rate, latency and errors while it runs",
     .fallback = "yes",
     .offset = MEMBER(live)},
    {.name = "events",
     .kind = FIELD_COUNT,
     .value = "FD",
     .help =
         "write connected, warmup, measuring, measured and done to this descriptor as "
         "it happens, with --slices connected, slice after each, and done; if it is a "
         "socket, wait after connected, measured and slice until a byte comes back (15 s "
         "at most)",
     .offset = MEMBER(events),
     .maximum = INT_MAX},
    {.name = "quiet",
     .letter = 'q',
     .kind = FIELD_FLAG,
     .help = "no summary",
     .offset = MEMBER(quiet)},
    {0},
};

static size_t list_plan_options(struct option_group *groups, size_t maximum)
{
    (void)maximum;
    load_settings_groups(NULL, groups);
    return LOAD_SETTINGS_GROUPS;
}

/* ---- expectations ------------------------------------------------------------------ */

static void release_expectations(struct expectation *expectations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expectation_release(&expectations[i]);
    free(expectations);
}

static int check_class(const struct load_plan *plan,
                       const struct expectation *expectation, struct error *error)
{
    for (size_t i = 0; i < plan->class_count; i++)
        if (!expectation->class_name ||
            strcmp(plan->class_names[i], expectation->class_name) == 0)
            return 0;
    return error_set(error, -EINVAL, "--expect %s: no request is of class \"%s\"",
                     expectation->text, expectation->class_name);
}

/* On failure nothing is left to release. */
static int read_expectations(struct load_plan *plan, const struct words *texts,
                             struct expectation **expectations, struct error *error)
{
    size_t count = 0;
    int code = 0;
    *expectations = memory_allocate_zeroed(texts->count + 1, sizeof **expectations);
    for (size_t i = 0; code == 0 && i < texts->count; i++) {
        code = expectation_parse(&(*expectations)[i], texts->items[i], error);
        if (code < 0) {
            error_prefix(error, code, "--expect");
            break;
        }
        count++;
        code = check_class(plan, &(*expectations)[i], error);
    }
    if (code < 0) {
        release_expectations(*expectations, count);
        return code;
    }
    plan->expectations = *expectations;
    plan->expectation_count = count;
    return 0;
}

static int read_objective(const char *text, struct expectation *objective,
                          struct error *error)
{
    int code = expectation_parse(objective, text, error);
    if (code == 0)
        code = capacity_check_objective(objective, error);
    return code < 0 ? error_prefix(error, code, "--find-capacity") : 0;
}

/* ---- the command ------------------------------------------------------------------- */

static int write_json(const struct record_type *type, const void *record,
                      const char *path, struct error *error)
{
    cJSON *json = record_to_json(type, record);
    int code = json_write(path, json, error);
    cJSON_Delete(json);
    return code;
}

/* True where not even one connection was opened. */
static bool never_reached(const struct load_result *result)
{
    return result->whole_run.connections == 0;
}

static int exit_code_of(const struct load_result *result)
{
    if (result->interrupted)
        return EXIT_INTERRUPTED;
    if (never_reached(result))
        return EXIT_FAILED;
    if (!result->valid)
        return EXIT_INVALID;
    return expectations_are_met(result) ? EXIT_FINE : EXIT_FAILED;
}

static int report(const struct load_command_settings *settings,
                  const struct load_result *result, struct error *error)
{
    int code = 0;
    if (!settings->quiet)
        summary_print(result, stderr);
    if (settings->json)
        code = write_json(&load_result_type, result, settings->json, error);
    if (code == 0 && settings->histogram)
        code = hgrm_write(result, settings->histogram, error);
    return code < 0 ? code : exit_code_of(result);
}

static int measure(const struct load_command_settings *settings, struct load_plan *plan,
                   int events, struct error *error)
{
    struct load_result result;
    struct live_line live;
    if (!settings->quiet)
        summary_announce(plan, stderr);
    if (!settings->quiet && settings->live && live_line_is_possible()) {
        live_line_init(&live, stderr);
        plan->watcher = &live.watcher;
    }
    int code = session_run(plan, events, &result, error);
    plan->watcher = NULL;
    if (code < 0)
        return code;
    struct ceiling ceiling;
    if (ceiling_load(&ceiling, NULL) == 0)
        load_result_set_ceiling(&result, ceiling_of_threads(&ceiling, plan->threads));
    code = report(settings, &result, error);
    load_result_release(&result);
    return code;
}

/* ---- --calibrate and --find-capacity ----------------------------------------------- */

#define CALIBRATION_SHARE 10 /* of --duration, each round */

static int calibrate_here(const struct load_command_settings *settings, int *exit_code,
                          struct error *error)
{
    struct ceiling ceiling;
    char rate[QUANTITY_TEXT_BYTES], reached[QUANTITY_TEXT_BYTES];
    int code = ceiling_search(
        &ceiling, settings->load.workload.duration_ns / CALIBRATION_SHARE, error);
    *exit_code = code == -EINTR ? EXIT_INTERRUPTED : code < 0 ? EXIT_FAILED : EXIT_FINE;
    if (code < 0)
        return code;
    fprintf(
        stderr,
        "%s requests/s for each thread with a core of its own (%.2f us per request; "
        "%s/s were reached with the null server)\n",
        quantity_format(QUANTITY_COUNT, ceiling.thread_rps, rate, sizeof rate),
        ceiling.cpu_us_per_request,
        quantity_format(QUANTITY_COUNT, ceiling.throughput_rps, reached, sizeof reached));
    code = ceiling_store(&ceiling, error);
    if (code < 0) {
        *exit_code = EXIT_FAILED;
        return code;
    }
    char *path = ceiling_path();
    fprintf(stderr, "kept in %s\n", path);
    free(path);
    return 0;
}

/* The highest rate that kept the objective; where none did, the lowest that was tried,
 * of which the plan's was the first. */
static double rate_to_show(const struct load_plan *plan, const struct capacity *capacity)
{
    double lowest = plan->workload.rate_rps;
    for (size_t i = 0; i < capacity->step_count; i++)
        lowest = fmin(lowest, capacity->steps[i].rate_rps);
    return isnan(capacity->rps) ? lowest : capacity->rps;
}

/* What was typed wins over the scenario. */
static uint64_t search_time_ns(const struct load_command_settings *settings,
                               const struct load_plan *plan)
{
    return settings->find_capacity ? settings->search_time_ns
                                   : plan->workload.capacity.search_ns;
}

static int search_capacity(const struct load_command_settings *settings,
                           struct load_plan *plan, const struct expectation *objective,
                           int events, struct error *error)
{
    static const int exit_codes[] = {
        [CAPACITY_FOUND] = EXIT_FINE,
        [CAPACITY_NONE] = EXIT_FAILED,
        [CAPACITY_GENERATOR_LIMIT] = EXIT_INVALID,
        [CAPACITY_CONNECTION_LIMIT] = EXIT_INVALID,
        [CAPACITY_TIME_UP] = EXIT_INCONCLUSIVE,
        [CAPACITY_INTERRUPTED] = EXIT_INTERRUPTED,
    };
    struct capacity capacity;
    const char *json = settings->search_json ? settings->search_json : settings->json;
    int code = capacity_search(plan, objective, search_time_ns(settings, plan),
                               settings->quiet ? NULL : stderr, &capacity, error);
    if (code < 0)
        return code;
    if (!settings->quiet)
        capacity_print(&capacity, stderr);
    code = exit_codes[capacity.outcome];
    int written = json ? write_json(&capacity_type, &capacity, json, error) : 0;
    if (written < 0)
        code = written;
    else if (settings->search_json && capacity.outcome != CAPACITY_INTERRUPTED) {
        plan->workload.rate_rps = rate_to_show(plan, &capacity);
        code = measure(settings, plan, events, error);
    }
    record_release(&capacity_type, &capacity);
    return code;
}

/* ---- --slices ---------------------------------------------------------------------- */

static void print_slices(const struct slice_series *series, FILE *file)
{
    size_t measured[SLICE_SIDES] = {0};
    double sums_rps[SLICE_SIDES] = {0};
    for (size_t i = 0; i < series->slice_count; i++) {
        const struct slice *slice = &series->slices[i];
        measured[slice->side] += slice_is_measured(slice);
        sums_rps[slice->side] += slice_is_measured(slice) ? slice->throughput_rps : 0;
    }
    for (int side = 0; side < SLICE_SIDES; side++) {
        char rate[QUANTITY_TEXT_BYTES];
        if (!measured[side])
            continue;
        double rps = sums_rps[side] / (double)measured[side];
        fprintf(file, "%s: %s requests/s, mean of %zu %s\n", series->urls[side],
                quantity_format(QUANTITY_COUNT, rps, rate, sizeof rate), measured[side],
                text_plural((double)measured[side], "slice", "slices"));
    }
    for (size_t i = 0; i < series->warning_count; i++)
        fprintf(file, "%s, in %llu of %zu slices: %s\n", series->warnings[i].word,
                (unsigned long long)series->warnings[i].slices,
                measured[SLICE_FIRST] + measured[SLICE_SECOND],
                series->warnings[i].message);
}

static int measure_slices(const struct load_command_settings *settings,
                          const struct load_plan *plan, int events, struct error *error)
{
    struct slice_series series;
    int code = slices_run(plan, &settings->slicing, events, &series, error);
    if (code < 0)
        return code;
    if (!settings->quiet)
        print_slices(&series, stderr);
    if (settings->json)
        code = write_json(&slice_series_type, &series, settings->json, error);
    if (code == 0)
        code = series.interrupted               ? EXIT_INTERRUPTED
               : slice_series_is_valid(&series) ? EXIT_FINE
                                                : EXIT_INVALID;
    slice_series_release(&series);
    return code;
}

/* Before anything is measured. */
static int check_outputs(const struct load_command_settings *settings,
                         const struct load_plan *plan, struct error *error)
{
    int code = settings->json ? json_can_write(settings->json, error) : 0;
    if (code == 0 && settings->search_json)
        code = json_can_write(settings->search_json, error);
    if (code == 0 && settings->histogram)
        code = hgrm_can_write(settings->histogram, plan->class_names, plan->class_count,
                              error);
    return code;
}

static int choose_addresses(struct load_plan *plan, struct error *error)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < plan->target_count; i++)
        code = target_choose_address(&plan->targets[i], error);
    return code;
}

/* *exit_code is EXIT_USAGE, and stays so until the first process or thread starts. */
static int prepare_and_measure(const struct load_command_settings *settings,
                               struct load_plan *plan, int *exit_code,
                               struct error *error)
{
    struct expectation *expectations = NULL, objective = {0};
    int events = settings->has_events ? (int)settings->events : -1, code = 0;
    char *text = settings->find_capacity ? memory_copy_string(settings->find_capacity)
                 : workload_seeks_capacity(&plan->workload)
                     ? workload_objective(&plan->workload)
                     : NULL;
    if (settings->slicing.count &&
        (text || settings->histogram || settings->expectations.count))
        code = error_set(error, -EINVAL,
                         "--slices has no --find-capacity, --histogram and --expect");
    else if (text)
        code = read_objective(text, &objective, error);
    else if (settings->search_json)
        code = error_set(error, -EINVAL,
                         "--search-json is for the search of --find-capacity, or of a "
                         "scenario with a \"capacity\"");
    if (code == 0)
        code = check_outputs(settings, plan, error);
    if (code == 0)
        code = read_expectations(plan, &settings->expectations, &expectations, error);
    if (code < 0) {
        expectation_release(&objective);
        free(text);
        return code;
    }
    if (settings->slicing.count)
        code = slices_check(plan, error);
    if (code == 0)
        code = resources_take(plan, error);
    if (code == 0 && settings->has_events)
        code = events_check(events, error);
    if (code == 0) {
        *exit_code = EXIT_FAILED;
        code = choose_addresses(plan, error);
    }
    if (code == 0) {
        code = text ? search_capacity(settings, plan, &objective, events, error)
               : settings->slicing.count ? measure_slices(settings, plan, events, error)
                                         : measure(settings, plan, events, error);
        *exit_code = code == -EINTR ? EXIT_INTERRUPTED : code < 0 ? EXIT_FAILED : code;
    }
    release_expectations(expectations, plan->expectation_count);
    expectation_release(&objective);
    free(text);
    return code;
}

static int run_load(int argc, char **argv)
{
    struct load_command_settings settings = {0};
    struct option_group groups[1 + LOAD_SETTINGS_GROUPS] = {
        {.title = "Options", .options = load_options, .settings = &settings}};
    const size_t group_count = sizeof groups / sizeof *groups;
    struct words urls;
    struct load_plan plan;
    struct error error;
    int exit_code = EXIT_USAGE;
    load_settings_groups(&settings.load, groups + 1);
    int code =
        options_parse(&load_command, groups, group_count, argc, argv, &urls, &error);
    if (code == 1)
        return EXIT_FINE;
    if (code == 0) {
        load_settings_note_given(&settings.load, groups + 1);
        settings.has_events =
            field_is_given(load_options, groups[0].given, MEMBER(events));
        code = settings.calibrate ? calibrate_here(&settings, &exit_code, &error)
                                  : load_plan_read(&plan, &settings.load, &urls,
                                                   settings.find_capacity, &error);
        if (code == -EHOSTUNREACH)
            exit_code = EXIT_FAILED;
        if (code == 0 && !settings.calibrate) {
            code = prepare_and_measure(&settings, &plan, &exit_code, &error);
            load_plan_release(&plan);
        }
        options_release(groups, group_count);
        words_release(&urls);
    }
    if (code < 0)
        fprintf(stderr, "interleave load: %s\n", error.text);
    return exit_code;
}

const struct command load_command = {
    .name = "load",
    .summary = "send requests to a server and measure its replies",
    .operands = "[URL...]",
    .description =
        "Sends the requests of the URLs, of --request and of a --scenario to a server, "
        "and reports how many replies came, how fast, and whether the measurement can be "
        "believed. Latency runs from when a request was due to the last byte of its "
        "reply.\n\n"
        "Requests without a rate form a mix, drawn by weight; a request with a rate is "
        "sent on its own schedule beside it. Results are told apart by class. For "
        "example, a light mix, and one long computation a second:\n\n"
        "  interleave load http://127.0.0.1:8080 --rate 500/s \\\n"
        "    --request light=90:/wait:20ms --request light=10:/ \\\n"
        "    --request heavy=1/s,constant:/spin:10M\n\n"
        "A server is [http://]HOST[:PORT] or unix:SOCKET. Several share the load: "
        "connections are dealt out to them in turn, or by weight where a URL begins with "
        "one, as in 3*http://127.0.0.1:8080. Where a name has several addresses, the "
        "first that accepts a connection is taken.\n\n"
        "Requests are sent with a Host header and nothing more; --method, --header and "
        "--body say otherwise, for all of them:\n\n"
        "  interleave load http://127.0.0.1:8080/ --method PUT --body '{\"a\": 1}' \\\n"
        "    --header 'Content-Type: application/json' --header 'Host: example.org'\n\n"
        "Replies are counted by their status. From 400 on they are errors; 3xx are not, "
        "and are not followed.\n\n"
        "Phases change the load over the measured time. During the warm-up it is as the "
        "first phase begins. A quiet minute, a ramp, and bursts of 200 ms every 2 s:\n\n"
        "  interleave load http://127.0.0.1:8080/wait:20ms --phase 1m:100/s \\\n"
        "    --phase 30s:100/s..900/s --phase 1m:900/s..3000/s,burst:200ms/2s\n\n"
        "With --find-capacity LIMIT it searches for the highest rate that keeps the "
        "limit, and tells the bracket, kept at and missed at: exit 0 found; 1 kept at no "
        "rate; 3 the generator or its connections were the limit; 4 no time left to "
        "confirm it. With --calibrate it measures itself.\n\n"
        "Exit status: 0 measured, and what was expected came true; 1 the server could "
        "not be reached, or an --expect was missed; 2 usage; 3 measured, but the figures "
        "cannot be trusted (the reason is in the warnings); 130 stopped.",
    .options = load_options,
    .more_groups = list_plan_options,
    .run = run_load,
};
