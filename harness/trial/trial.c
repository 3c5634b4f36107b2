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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/json_document.h"
#include "base/text.h"
#include "harness/third_party/launch.h"
#include "harness/trial/command_line.h"
#include "harness/trial/server_child.h"
#include "harness/trial/services.h"
#include "harness/trial/trial_record.h"

#define START_LIMIT_NS (15 * NS_PER_S)
#define GRACE_NS       (10 * NS_PER_S)
#define GLANCE_NS      (250 * NS_PER_MS)

/* The server leaves what it counted here, in the trial's folder. */
static const char server_statistics[] = "server.json";

/* How far the generator has got, by its own words. */
enum phase {
    PHASE_CONNECTING, /* it has said nothing yet                             */
    PHASE_WARMUP,     /* "warmup": it sends, nothing is recorded              */
    PHASE_MEASURING,  /* "measuring": the window has begun                    */
    PHASE_MEASURED,   /* "measured": it is over, the connections are still up */
    PHASE_DONE,       /* "done": the result is written                        */
};
static const char *const phase_words[] = {[PHASE_CONNECTING] = "",
                                          [PHASE_WARMUP] = "warmup",
                                          [PHASE_MEASURING] = "measuring",
                                          [PHASE_MEASURED] = "measured",
                                          [PHASE_DONE] = "done"};

struct trial {
    const struct trial_setup *setup;
    const char *folder;
    struct command_line server_line, load_line;
    struct launch launch; /* of a server that is not ours */
    struct services services;
    struct server_child server;
    struct child load;
    int events;        /* our end of the generator's event channel, or -1 */
    struct text heard; /* the beginning of an event line */
    enum phase phase;
    uint64_t deadline_ns; /* of the phase */
    uint64_t next_glance_ns;
    struct process_group group; /* the server's processes */
    struct trial_facts facts;
};

/* ---- command lines ---------------------------------------------------------------- */

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

static void make_load_line(struct trial *trial, int events)
{
    const struct trial_setup *setup = trial->setup;
    struct command_line *line = &trial->load_line;
    char cpus[CPUS_TEXT_BYTES], number[32];
    command_line_add_option(line, "interleave", "load");
    command_line_add_option(line, "--scenario", "scenario.json");
    command_line_add_option(line, "--target", trial->server.url);
    command_line_add_option(line, "--cpus",
                            cpus_format(&setup->placement.generator, cpus, sizeof cpus));
    snprintf(number, sizeof number, "%llu", (unsigned long long)setup->seed);
    command_line_add_option(line, "--seed", number);
    /* Polling for the next arrival would take the CPUs that the server needs, or those
     * whom it asks. */
    if (setup->placement.shared || setup->placement.services_shared)
        command_line_add_option(line, "--spin", "0s");
    command_line_add_option(line, "--json", "load.json");
    command_line_add_option(line, "--histogram", "latency.hgrm");
    snprintf(number, sizeof number, "%d", events);
    command_line_add_option(line, "--events", number);
}

/* ---- failing ---------------------------------------------------------------------- */

static const char *path_in(const struct trial *trial, const char *name, char *buffer,
                           size_t bytes)
{
    snprintf(buffer, bytes, "%s/%s", trial->folder, name);
    return buffer;
}

/* Notes why the trial failed; the first reason stays. Returns -ECHILD. */
static int fail(struct trial *trial, struct child *speaker, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int fail(struct trial *trial, struct child *speaker, const char *format, ...)
{
    struct trial_facts *facts = &trial->facts;
    if (*facts->failure)
        return -ECHILD;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(facts->failure, sizeof facts->failure, format, arguments);
    va_end(arguments);
    if (speaker)
        child_last_words(speaker, facts->last_output, sizeof facts->last_output);
    return -ECHILD;
}

static int fail_by_end(struct trial *trial, struct child *child, const char *who)
{
    char end[128], words[400];
    child_describe_end(child, end, sizeof end);
    child_last_words(child, words, sizeof words);
    return fail(trial, child, "%s ended too early (after \"%s\"): %s; it said: %s", who,
                phase_words[trial->phase], end, words);
}

/* ---- the generator's events ------------------------------------------------------- */

static double process_cpu_s(pid_t pid)
{
    uint64_t cpu_ns;
    return clock_process_cpu_ns(pid, &cpu_ns) < 0 ? (double)NAN
                                                  : (double)cpu_ns / (double)NS_PER_S;
}

/* Tells the server where the measured window begins, and where it ends, so that what
 * it counts of its loops is of this window. */
static void mark_window(const struct trial *trial)
{
    if (!(trial->setup->contender->model->flags & MODEL_IGNORES_MARKS))
        kill(trial->server.child.pid, SIGUSR2);
}

static void sample_start(struct trial *trial)
{
    struct trial_facts *facts = &trial->facts;
    mark_window(trial);
    process_group_find(&trial->group, trial->server.child.pid);
    counters_read(&facts->machine_before);
    facts->generator_cpu_before_s = process_cpu_s(trial->load.pid);
    facts->harness_cpu_before_s = process_cpu_s(getpid());
    services_sample(&trial->services, false);
    process_group_sample(&trial->group, &facts->before);
}

static void sample_end(struct trial *trial)
{
    struct trial_facts *facts = &trial->facts;
    mark_window(trial);
    facts->generator_cpu_after_s = process_cpu_s(trial->load.pid);
    process_group_find(&trial->group, trial->server.child.pid);
    process_group_sample(&trial->group, &facts->after);
    services_sample(&trial->services, true);
    facts->harness_cpu_after_s = process_cpu_s(getpid());
    counters_read(&facts->machine_after);
    facts->measured = true;
}

/* The next phase has begun; it has to end within its planned time and some more. */
static void enter(struct trial *trial, enum phase phase)
{
    const struct workload *workload = &trial->setup->scenario->workload;
    uint64_t planned_ns = 0;
    if (phase == PHASE_WARMUP)
        planned_ns = workload->warmup_ns;
    else if (phase == PHASE_MEASURING)
        planned_ns = workload->duration_ns;
    trial->phase = phase;
    trial->deadline_ns = clock_now_ns() + planned_ns + trial->setup->overrun_ns;
}

static int hear_event(struct trial *trial, const char *word)
{
    enum phase phase = trial->phase;
    if (phase == PHASE_DONE || strcmp(word, phase_words[phase + 1]) != 0)
        return fail(trial, &trial->load,
                    "the generator said \"%s\" on its event channel after \"%s\"", word,
                    phase_words[phase]);
    enter(trial, phase + 1);
    if (trial->phase == PHASE_MEASURING) {
        sample_start(trial);
    } else if (trial->phase == PHASE_MEASURED) {
        sample_end(trial);
        /* It keeps its connections up until it is told that we have looked. */
        if (send(trial->events, "\n", 1, MSG_NOSIGNAL) != 1)
            return fail(trial, &trial->load, "the generator closed its event channel");
    }
    return 0;
}

static int hear_events(struct trial *trial)
{
    char chunk[256];
    ssize_t got = recv(trial->events, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got == 0) {
        close(trial->events);
        trial->events = -1;
    }
    for (ssize_t i = 0; i < got; i++) {
        if (chunk[i] != '\n') {
            text_append(&trial->heard, &chunk[i], 1);
            continue;
        }
        int result = hear_event(trial, text_string(&trial->heard));
        text_clear(&trial->heard);
        if (result < 0)
            return result;
    }
    return 0;
}

/* ---- watching --------------------------------------------------------------------- */

static void glance(struct trial *trial)
{
    double threads, rss_bytes;
    process_group_glance(&trial->group, &threads, &rss_bytes);
    trial->facts.threads_peak = fmax(trial->facts.threads_peak, threads);
    trial->facts.rss_peak_bytes = fmax(trial->facts.rss_peak_bytes, rss_bytes);
    trial->next_glance_ns = clock_now_ns() + GLANCE_NS;
}

static void wait_for_news(struct trial *trial)
{
    struct pollfd watched[5 + SERVICES_WATCHED] = {
        {.fd = trial->events, .events = POLLIN},
        {.fd = trial->load.output, .events = POLLIN},
        {.fd = trial->load.pidfd, .events = POLLIN},
        {.fd = trial->server.child.output, .events = POLLIN},
        {.fd = trial->server.child.pidfd, .events = POLLIN}};
    poll(watched, 5 + services_watched(&trial->services, watched + 5), 100);
    child_listen(&trial->load);
    child_listen(&trial->server.child);
}

/* Follows the generator to its end: 0, -EINTR, or -ECHILD with the failure noted. */
static int watch(struct trial *trial)
{
    enter(trial, PHASE_CONNECTING);
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
        bool ended = child_has_ended(&trial->load);
        int result = trial->events >= 0 ? hear_events(trial) : 0;
        if (result < 0)
            return result;
        if (ended && trial->phase != PHASE_DONE)
            return fail_by_end(trial, &trial->load, "the generator");
        if (ended)
            return 0;
        if (clock_now_ns() > trial->deadline_ns)
            return fail(trial, &trial->load,
                        "the generator hung: nothing more than %.0f s after \"%s\"",
                        (double)trial->setup->overrun_ns / (double)NS_PER_S,
                        phase_words[trial->phase]);
        if (trial->phase == PHASE_MEASURING && clock_now_ns() >= trial->next_glance_ns)
            glance(trial);
    }
}

/* ---- the course of a trial -------------------------------------------------------- */

static int write_scenario(const struct trial *trial, struct error *error)
{
    char path[4096];
    cJSON *json = scenario_to_json(trial->setup->scenario);
    int result =
        json_write_file(path_in(trial, "scenario.json", path, sizeof path), json, error);
    cJSON_Delete(json);
    return result;
}

static bool is_external(const struct trial *trial)
{
    return trial->setup->contender->model->flags & MODEL_REFERENCE;
}

/* What is special about this server: a model of ours, or one of others. */
static int plan_server(struct trial *trial, struct server_plan *plan, struct error *error)
{
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
    trial->facts.server_command = plan->arguments;
    trial->facts.server_environment = plan->environment;
    return result;
}

static int start_server(struct trial *trial)
{
    char path[4096];
    struct error error;
    struct server_plan plan = {
        .folder = trial->folder,
        .log_path = path_in(trial, "server.log", path, sizeof path),
        .cpus = &trial->setup->placement.server,
        .limit_ns = START_LIMIT_NS,
    };
    int result = plan_server(trial, &plan, &error);
    if (result == 0)
        result = server_child_start(&trial->server, &plan, &error);
    /* That it is ready has been asked until it answered: once, that is. */
    trial->facts.harness_requests = plan.ready_path ? 1 : 0;
    if (result == -EINTR)
        return result;
    if (result < 0)
        return fail(trial, NULL, "%s", error.text);
    process_group_find(&trial->group, trial->server.child.pid);
    process_group_sample(&trial->group, &trial->facts.idle);
    return 0;
}

static int start_services(struct trial *trial)
{
    struct error error;
    int result = services_start(&trial->services, trial->setup, trial->folder, &error);
    return result == 0 || result == -EINTR ? result : fail(trial, NULL, "%s", error.text);
}

static int start_load(struct trial *trial)
{
    char path[4096];
    struct error error;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return fail(trial, NULL, "cannot make an event channel: %s", strerror(errno));
    trial->events = ends[0];
    make_load_line(trial, ends[1]);
    trial->facts.load_command = trial->load_line.words;
    struct child_plan plan = {
        .arguments = trial->load_line.words,
        .folder = trial->folder,
        .log_path = path_in(trial, "load.log", path, sizeof path),
        .cpus = &trial->setup->placement.generator,
        .inherited = ends[1],
    };
    int result = child_start(&trial->load, &plan, &error);
    close(ends[1]);
    return result < 0 ? fail(trial, NULL, "%s", error.text) : 0;
}

/* Reads a child's result and removes the file: its content goes into trial.json. */
static cJSON *take_json(const struct trial *trial, const char *name)
{
    char path[4096];
    struct json_document document;
    if (json_open_file(&document, path_in(trial, name, path, sizeof path), NULL) < 0)
        return NULL;
    cJSON *root = document.root;
    document.root = NULL;
    json_close(&document);
    unlink(path);
    return root;
}

/* The generator may call its own result invalid (exit code 3); it is a result. */
static void judge_load_end(struct trial *trial)
{
    char end[128];
    if (!WIFEXITED(trial->load.status) ||
        (WEXITSTATUS(trial->load.status) != EXIT_FINE &&
         WEXITSTATUS(trial->load.status) != EXIT_INVALID)) {
        child_describe_end(&trial->load, end, sizeof end);
        fail(trial, &trial->load, "the generator did not end well: %s", end);
    }
    trial->facts.load = take_json(trial, "load.json");
    if (!trial->facts.load)
        fail(trial, &trial->load, "the generator left no readable result");
}

static void stop_server(struct trial *trial)
{
    struct trial_facts *facts = &trial->facts;
    if (trial->server.child.pid == 0)
        return;
    struct error error;
    bool external = is_external(trial);
    uint64_t grace_ns = external ? trial->launch.external.stop.grace_ns : GRACE_NS;
    if (server_child_stop(&trial->server, grace_ns, &error) < 0)
        fail(trial, &trial->server.child, "%s", error.text);
    child_describe_end(&trial->server.child, facts->server_end, sizeof facts->server_end);
    facts->server_usage = trial->server.child.usage;
    facts->server_stats = take_json(trial, server_statistics);
    if (!facts->server_stats && (!external || trial->launch.external.leaves_statistics))
        fail(trial, &trial->server.child, "the server left no readable statistics");
}

static int run_processes(struct trial *trial)
{
    int result = start_services(trial);
    if (result == 0)
        result = start_server(trial);
    if (result == 0)
        result = start_load(trial);
    if (result == 0)
        result = watch(trial);
    if (result == 0)
        judge_load_end(trial);
    /* A generator that hung gets no grace: its result is not wanted any more. */
    child_release(&trial->load);
    stop_server(trial);
    struct error error;
    if (services_stop(&trial->services, trial->folder, GRACE_NS, &error) < 0)
        fail(trial, NULL, "%s", error.text);
    return result == -EINTR ? result : 0;
}

static int write_record(struct trial *trial, struct trial_outcome *outcome,
                        struct error *error)
{
    char path[4096];
    int result = 0;
    if (trial->facts.load) {
        char *csv = trial_series_csv(trial->facts.load);
        result = file_write_atomic(path_in(trial, "series.csv", path, sizeof path), csv,
                                   strlen(csv), error);
        free(csv);
        cJSON_DeleteItemFromObjectCaseSensitive(trial->facts.load, "series");
    }
    cJSON *record = trial_record(trial->setup, &trial->facts, outcome);
    if (result == 0)
        result = json_write_file(path_in(trial, "trial.json", path, sizeof path), record,
                                 error);
    cJSON_Delete(record);
    return result;
}

int trial_run(const struct trial_setup *setup, const char *folder,
              struct trial_outcome *outcome, struct error *error)
{
    struct trial trial = {.setup = setup,
                          .folder = folder,
                          .server = {.child = CHILD_NONE},
                          .load = CHILD_NONE,
                          .events = -1};
    services_init(&trial.services);
    trial.facts.services = &trial.services;
    clock_utc_text(trial.facts.started_utc, sizeof trial.facts.started_utc, 0);
    int result = write_scenario(&trial, error);
    if (result == 0)
        result = run_processes(&trial);
    if (result == 0)
        result = write_record(&trial, outcome, error);
    else if (result == -EINTR)
        error_set(error, result, "interrupted");
    child_release(&trial.server.child);
    services_release(&trial.services);
    if (trial.events >= 0)
        close(trial.events);
    cJSON_Delete(trial.facts.load);
    cJSON_Delete(trial.facts.server_stats);
    process_group_release(&trial.group);
    text_release(&trial.heard);
    command_line_release(&trial.server_line);
    launch_release(&trial.launch);
    command_line_release(&trial.load_line);
    return result;
}
