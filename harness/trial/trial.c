/* trial.c - see trial.h. */
#include "harness/trial/trial.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/trial/command_line.h"
#include "harness/trial/generator_child.h"
#include "harness/trial/services.h"
#include "harness/trial/tested_server.h"
#include "harness/trial/trial_begin.h"
#include "harness/trial/trial_flags.h"
#include "harness/trial/window.h"

#define GRACE_NS (10 * NS_PER_S)

struct trial {
    const struct trial_setup *setup;
    const char *folder;
    struct services services;
    struct tested_server server;
    struct generator_child generator;
    struct window window;
    uint64_t deadline_ns; /* of the generator's phase */
    struct trial_record *record;
};

/* ---- failing ---------------------------------------------------------------------- */

static char *path_in(const struct trial *trial, const char *name)
{
    return memory_printf("%s/%s", trial->folder, name);
}

/* Notes why the trial failed; the first reason stays. Returns -ECHILD. */
static int fail(struct trial *trial, struct child *speaker, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int fail(struct trial *trial, struct child *speaker, const char *format, ...)
{
    char reason[ERROR_TEXT_BYTES], words[2048] = "";
    if (trial->record->reason)
        return -ECHILD;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    if (speaker)
        child_last_words(speaker, words, sizeof words);
    trial->record->reason = memory_copy_string(reason);
    trial->record->last_output = memory_copy_string(words);
    return -ECHILD;
}

static int fail_by_end(struct trial *trial, struct child *child, const char *who)
{
    char end[128], words[400];
    child_describe_end(child, end, sizeof end);
    child_last_words(child, words, sizeof words);
    return fail(trial, child, "%s ended too early (after \"%s\"): %s; it said: %s", who,
                generator_phase_words[trial->generator.phase], end, words);
}

/* ---- the generator's phases ------------------------------------------------------- */

/* A phase has to end within its planned time and some more. */
static void set_deadline(struct trial *trial)
{
    const struct workload *workload = &trial->setup->scenario->workload;
    uint64_t planned_ns = 0;
    if (trial->generator.phase == PHASE_CONNECTING)
        planned_ns = workload_search_ns(workload);
    else if (trial->generator.phase == PHASE_WARMUP)
        planned_ns = workload->warmup_ns;
    else if (trial->generator.phase == PHASE_MEASURING)
        planned_ns = workload->duration_ns;
    trial->deadline_ns = clock_now_ns() + planned_ns + trial->setup->overrun_ns;
}

static void prepare_window(struct trial *trial)
{
    trial->window.server_cpus = trial->setup->placement.server;
    trial->window.generator_cpus = trial->setup->placement.generator;
    services_prepare(&trial->services);
    window_prepare(&trial->window, trial->server.process.child.pid);
}

static void open_window(struct trial *trial)
{
    tested_server_mark(&trial->server);
    services_sample(&trial->services, false);
    window_open(&trial->window, trial->server.process.child.pid,
                trial->generator.child.pid, trial->setup->scenario->workload.duration_ns);
}

static void close_window(struct trial *trial)
{
    tested_server_mark(&trial->server);
    window_close(&trial->window, trial->server.process.child.pid,
                 trial->generator.child.pid);
    services_sample(&trial->services, true);
}

/* Does what belongs to each phase that has begun. */
static int follow_phases(struct trial *trial)
{
    struct error error;
    int news;
    static const struct {
        void (*look)(struct trial *trial);
        bool waits; /* the generator does */
    } looks[] = {[PHASE_CONNECTED] = {prepare_window, true},
                 [PHASE_MEASURING] = {open_window, false},
                 [PHASE_MEASURED] = {close_window, true},
                 [PHASE_DONE] = {NULL, false}};
    while ((news = generator_hear(&trial->generator, &error)) == 1) {
        enum generator_phase phase = trial->generator.phase;
        if (looks[phase].look)
            looks[phase].look(trial);
        set_deadline(trial);
        if (looks[phase].waits)
            news = generator_let_go(&trial->generator, &error);
        if (news < 0)
            break;
    }
    return news < 0 ? fail(trial, &trial->generator.child, "%s", error.text) : 0;
}

/* ---- watching --------------------------------------------------------------------- */

static void wait_for_news(struct trial *trial)
{
    struct pollfd watched[5 + SERVICES_WATCHED] = {
        {.fd = trial->generator.events, .events = POLLIN},
        {.fd = trial->generator.child.output, .events = POLLIN},
        {.fd = trial->generator.child.pidfd, .events = POLLIN},
        {.fd = trial->server.process.child.output, .events = POLLIN},
        {.fd = trial->server.process.child.pidfd, .events = POLLIN}};
    poll(watched, 5 + services_watched(&trial->services, watched + 5), 100);
    child_listen(&trial->generator.child);
    child_listen(&trial->server.process.child);
}

/* Follows the generator to its end: 0, -EINTR, or -ECHILD with the failure noted. */
static int watch(struct trial *trial)
{
    struct child *generator = &trial->generator.child;
    set_deadline(trial);
    while (true) {
        wait_for_news(trial);
        if (interrupt_seen())
            return -EINTR;
        if (child_has_ended(&trial->server.process.child))
            return fail_by_end(trial, &trial->server.process.child, "the server");
        struct error ended_service;
        if (services_check(&trial->services, &ended_service) < 0)
            return fail(trial, NULL, "%s", ended_service.text);
        /* First whether it has ended: what it said before that is then all there. */
        bool ended = child_has_ended(generator);
        int result = follow_phases(trial);
        if (result < 0)
            return result;
        enum generator_phase phase = trial->generator.phase;
        if (ended && phase != PHASE_DONE)
            return fail_by_end(trial, generator, "the generator");
        if (ended)
            return 0;
        if (clock_now_ns() > trial->deadline_ns)
            return fail(trial, generator,
                        "the generator hung: nothing more than %.0f s after \"%s\"",
                        (double)trial->setup->overrun_ns / (double)NS_PER_S,
                        generator_phase_words[phase]);
        if (phase == PHASE_MEASURING)
            window_glance(&trial->window);
    }
}

/* ---- starting and stopping -------------------------------------------------------- */

static int start_server(struct trial *trial)
{
    struct error error;
    struct trial_commands *commands = &trial->record->commands;
    int result = tested_server_start(&trial->server, &trial->services, &commands->server,
                                     &commands->server_environment, &error);
    if (result < 0)
        return result == -EINTR ? result : fail(trial, NULL, "%s", error.text);
    window_sample_idle(&trial->window, trial->server.process.child.pid);
    return 0;
}

static int start_services(struct trial *trial)
{
    struct error error;
    int result = services_start(&trial->services, trial->setup, trial->folder, &error);
    return result == 0 || result == -EINTR ? result : fail(trial, NULL, "%s", error.text);
}

static int start_generator(struct trial *trial)
{
    struct error error;
    int result = generator_start(&trial->generator, trial->setup, trial->folder,
                                 trial->server.process.url, NULL, &error);
    command_line_replace(&trial->record->commands.load, trial->generator.line.words);
    return result < 0 ? fail(trial, NULL, "%s", error.text) : 0;
}

static void take_load(struct trial *trial)
{
    struct error error;
    void *load;
    int result = generator_take_result(&trial->generator, trial->folder,
                                       &load_result_type, &load, &error);
    trial->record->load = load;
    if (workload_seeks_capacity(&trial->setup->scenario->workload) && result == 0)
        result = generator_take_search(trial->folder, &trial->record->capacity, &error);
    if (result < 0)
        fail(trial, &trial->generator.child, "%s", error.text);
}

/*
 * From a CPU of the generator's: beside a server with thousands of threads that can run,
 * it would be seconds before the harness had its turn.
 */
static int watch_from_beside(struct trial *trial)
{
    cpu_set_t before;
    cpus_allowed(&before);
    struct error ignored;
    bool pinned = cpus_pin(&trial->setup->placement.generator, &ignored) == 0;
    int result = watch(trial);
    if (pinned && cpus_pin(&before, &ignored) < 0)
        fail(trial, NULL, "%s", ignored.text);
    return result;
}

static int run_processes(struct trial *trial)
{
    int result = start_services(trial);
    if (result == 0)
        result = start_server(trial);
    if (result == 0)
        result = start_generator(trial);
    if (result == 0)
        result = watch_from_beside(trial);
    if (result == 0)
        take_load(trial);
    /* A generator that hung gets no grace: its result is not wanted any more. */
    generator_release(&trial->generator);
    struct error error;
    if (tested_server_stop(&trial->server, &trial->record->server, &error) < 0)
        fail(trial, &trial->server.process.child, "%s", error.text);
    if (services_stop(&trial->services, trial->folder, GRACE_NS, &error) < 0)
        fail(trial, NULL, "%s", error.text);
    return result == -EINTR ? result : 0;
}

/* ---- the record ------------------------------------------------------------------- */

/* What was seen, and what is to be thought of it. */
static void finish_record(struct trial *trial)
{
    struct trial_record *record = trial->record;
    /* A search overloads it: what it answered then is not counted one by one. */
    bool searched = workload_seeks_capacity(&trial->setup->scenario->workload);
    const struct harness_part harness = {
        .requests = searched ? (double)NAN : trial->server.harness_requests,
        .cpu_s = window_harness_cpu_s(&trial->window),
    };
    window_record(&trial->window, record);
    services_record(&trial->services, &trial->setup->placement.services, record);
    record->status = record->reason ? TRIAL_FAILED : TRIAL_MEASURED;
    if (record->status == TRIAL_MEASURED)
        trial_judge(record, trial->setup, &harness);
}

/* The generator's series as CSV, one line for each interval, on the heap. */
static char *series_csv(const struct load_result *load)
{
    struct text csv = {0};
    for (size_t i = 0; i < load->series_count; i++) {
        const struct interval_result *at = &load->series[i];
        const double values[] = {
            at->t_s,    (double)at->ok, (double)at->errors, (double)at->in_flight,
            at->p50_ns, at->p99_ns,     at->max_ns};
        if (i == 0)
            text_append_string(&csv, "t_s,ok,errors,in_flight,p50_ns,p99_ns,max_ns\n");
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            text_append_string(&csv, v ? "," : "");
            if (isfinite(values[v]))
                text_printf(&csv, "%.12g", values[v]);
        }
        text_append_string(&csv, "\n");
    }
    return text_steal(&csv);
}

/* Its own file has it, the record has not. */
static int write_series(const struct trial *trial, struct load_result *load,
                        struct error *error)
{
    char *path = path_in(trial, "series.csv"), *csv = series_csv(load);
    int result = file_write_atomic(path, csv, strlen(csv), error);
    free(load->series);
    load->series = NULL;
    load->series_count = 0;
    free(csv);
    free(path);
    return result;
}

static int write_record(const struct trial *trial, struct error *error)
{
    int result = 0;
    if (trial->record->load)
        result = write_series(trial, trial->record->load, error);
    if (result < 0)
        return result;
    char *path = path_in(trial, "trial.json");
    result = record_write_file(&trial_record_type, trial->record, path, error);
    free(path);
    return result;
}

/* ---- the course of a trial -------------------------------------------------------- */

int trial_run(const struct trial_setup *setup, const char *folder,
              struct trial_record *record, struct error *error)
{
    struct trial trial = {.setup = setup,
                          .folder = folder,
                          .server = tested_server_of(setup, folder),
                          .generator = GENERATOR_NONE,
                          .record = record};
    services_init(&trial.services);
    trial_begin(record, setup);
    int result = trial_write_scenario(setup, folder, error);
    if (result == 0)
        result = run_processes(&trial);
    if (result == 0) {
        finish_record(&trial);
        result = write_record(&trial, error);
    } else if (result == -EINTR) {
        error_set(error, result, "interrupted");
    }
    tested_server_release(&trial.server);
    services_release(&trial.services);
    window_release(&trial.window);
    command_line_release(&trial.generator.line);
    if (result < 0)
        trial_record_release(record);
    return result;
}
