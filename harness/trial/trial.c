/* trial.c - see trial.h. */
#include "harness/trial/trial.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
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
#include "harness/third_party/launch.h"
#include "harness/trial/child_file.h"
#include "harness/trial/command_line.h"
#include "harness/trial/generator_child.h"
#include "harness/trial/server_child.h"
#include "harness/trial/services.h"
#include "harness/trial/trial_flags.h"
#include "harness/trial/window.h"

#define START_LIMIT_NS (15 * NS_PER_S)
#define GRACE_NS       (10 * NS_PER_S)

/* The server leaves what it counted here, in the trial's folder. */
static const char server_statistics[] = "server.json";

struct trial {
    const struct trial_setup *setup;
    const char *folder;
    struct command_line server_line;
    struct launch launch; /* of a server that is not ours */
    struct services services;
    struct server_child server;
    struct generator_child generator;
    struct window window;
    uint64_t deadline_ns;    /* of the generator's phase */
    double harness_requests; /* that the server counts, but no generator sent */
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

/* Tells the server where the measured window begins, and where it ends, so that what
 * it counts of its loops is of this window. */
static void mark_window(const struct trial *trial)
{
    if (!(trial->setup->contender->model->flags & MODEL_IGNORES_MARKS))
        kill(trial->server.child.pid, SIGUSR2);
}

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
    window_prepare(&trial->window, trial->server.child.pid);
}

static void open_window(struct trial *trial)
{
    mark_window(trial);
    services_sample(&trial->services, false);
    window_open(&trial->window, trial->server.child.pid, trial->generator.child.pid,
                trial->setup->scenario->workload.duration_ns);
}

static void close_window(struct trial *trial)
{
    mark_window(trial);
    window_close(&trial->window, trial->server.child.pid, trial->generator.child.pid);
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
        {.fd = trial->server.child.output, .events = POLLIN},
        {.fd = trial->server.child.pidfd, .events = POLLIN}};
    poll(watched, 5 + services_watched(&trial->services, watched + 5), 100);
    child_listen(&trial->generator.child);
    child_listen(&trial->server.child);
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
        if (child_has_ended(&trial->server.child))
            return fail_by_end(trial, &trial->server.child, "the server");
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

static int write_scenario(const struct trial *trial, struct error *error)
{
    char *path = path_in(trial, "scenario.json");
    cJSON *json = scenario_to_json(trial->setup->scenario);
    int result = json_write_file(path, json, error);
    cJSON_Delete(json);
    free(path);
    return result;
}

static bool is_external(const struct trial *trial)
{
    return trial->setup->contender->model->flags & MODEL_REFERENCE;
}

static void make_server_line(struct trial *trial)
{
    const struct trial_setup *setup = trial->setup;
    struct command_line *line = &trial->server_line;
    char cpus[CPUS_TEXT_BYTES];
    command_line_add_option(line, "interleave", "serve");
    command_line_add_option(line, "--model", setup->contender->model->name);
    command_line_add_option(line, "--listen", "127.0.0.1:0");
    command_line_add_option(line, "--cpus",
                            cpus_format(&setup->placement.server, cpus, sizeof cpus));
    command_line_add_option(line, "--stats", server_statistics);
    services_add_options(&trial->services, line);
    contender_options(setup->contender, setup->scenario, command_line_set, line);
}

static void replace_words(char ***list, const char *const *words)
{
    text_list_free(*list);
    *list = command_line_copy(words);
}

/* What is special about this server: a model of ours, or one of others. */
static int plan_server(struct trial *trial, struct server_plan *plan, struct error *error)
{
    struct trial_commands *commands = &trial->record->commands;
    int result = 0;
    if (is_external(trial)) {
        result =
            launch_prepare(&trial->launch, trial->setup, trial->folder,
                           services_upstream(&trial->services), server_statistics, error);
        launch_plan(&trial->launch, plan);
    } else {
        make_server_line(trial);
        plan->arguments = trial->server_line.words;
    }
    replace_words(&commands->server, plan->arguments);
    if (plan->environment && plan->environment[0])
        commands->server_environment = command_line_copy(plan->environment);
    return result;
}

static int start_server(struct trial *trial)
{
    struct error error;
    char *log_path = path_in(trial, "server.log");
    struct server_plan plan = {
        .folder = trial->folder,
        .log_path = log_path,
        .cpus = &trial->setup->placement.server,
        .limit_ns = START_LIMIT_NS,
    };
    int result = plan_server(trial, &plan, &error);
    if (result == 0)
        result = server_child_start(&trial->server, &plan, &error);
    free(log_path);
    /* That it is ready has been asked until it answered: once, that is. */
    trial->harness_requests = plan.ready_path ? 1 : 0;
    /* A search overloads it: what it answered then is not counted one by one. */
    if (workload_seeks_capacity(&trial->setup->scenario->workload))
        trial->harness_requests = (double)NAN;
    if (result == -EINTR)
        return result;
    if (result < 0)
        return fail(trial, NULL, "%s", error.text);
    window_sample_idle(&trial->window, trial->server.child.pid);
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
                                 trial->server.url, &error);
    replace_words(&trial->record->commands.load, trial->generator.line.words);
    return result < 0 ? fail(trial, NULL, "%s", error.text) : 0;
}

static void take_load(struct trial *trial)
{
    struct error error;
    bool searched = workload_seeks_capacity(&trial->setup->scenario->workload);
    if (generator_take_result(&trial->generator, trial->folder, searched,
                              &trial->record->load, &trial->record->capacity, &error) < 0)
        fail(trial, &trial->generator.child, "%s", error.text);
}

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static struct server_lifetime *lifetime_of(const struct rusage *usage)
{
    struct server_lifetime *lifetime = memory_allocate(sizeof *lifetime);
    *lifetime = (struct server_lifetime){
        .user_s = seconds_of(&usage->ru_utime),
        .system_s = seconds_of(&usage->ru_stime),
        .voluntary_switches = (double)usage->ru_nvcsw,
        .involuntary_switches = (double)usage->ru_nivcsw,
        .rss_peak_bytes = (double)usage->ru_maxrss * 1024,
    };
    return lifetime;
}

static void stop_server(struct trial *trial)
{
    struct server_record *seen = &trial->record->server;
    struct child *child = &trial->server.child;
    if (child->pid == 0)
        return;
    struct error error;
    bool external = is_external(trial);
    uint64_t grace_ns = external ? trial->launch.external.stop.grace_ns : GRACE_NS;
    if (server_child_stop(&trial->server, grace_ns, &error) < 0)
        fail(trial, child, "%s", error.text);
    char end[128];
    child_describe_end(child, end, sizeof end);
    seen->end = memory_copy_string(end);
    seen->lifetime = lifetime_of(&child->usage);
    seen->statistics = child_file_take(&server_statistics_type, trial->folder,
                                       server_statistics, &error);
    if (!seen->statistics && (!external || trial->launch.external.leaves_statistics))
        fail(trial, child, "the server left no readable statistics: %s", error.text);
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
    stop_server(trial);
    struct error error;
    if (services_stop(&trial->services, trial->folder, GRACE_NS, &error) < 0)
        fail(trial, NULL, "%s", error.text);
    return result == -EINTR ? result : 0;
}

/* ---- the record ------------------------------------------------------------------- */

/* What is run, and where. */
static void begin_record(struct trial_record *record, const struct trial_setup *setup)
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

/* What was seen, and what is to be thought of it. */
static void finish_record(struct trial *trial)
{
    struct trial_record *record = trial->record;
    const struct harness_part harness = {
        .requests = trial->harness_requests,
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
                          .server = {.child = CHILD_NONE},
                          .generator = GENERATOR_NONE,
                          .record = record};
    services_init(&trial.services);
    begin_record(record, setup);
    int result = write_scenario(&trial, error);
    if (result == 0)
        result = run_processes(&trial);
    if (result == 0) {
        finish_record(&trial);
        result = write_record(&trial, error);
    } else if (result == -EINTR) {
        error_set(error, result, "interrupted");
    }
    child_release(&trial.server.child);
    services_release(&trial.services);
    window_release(&trial.window);
    command_line_release(&trial.server_line);
    command_line_release(&trial.generator.line);
    launch_release(&trial.launch);
    if (result < 0)
        trial_record_release(record);
    return result;
}
