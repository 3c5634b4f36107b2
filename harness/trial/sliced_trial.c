/* sliced_trial.c - see sliced_trial.h. */
#include "harness/trial/sliced_trial.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "harness/trial/generator_child.h"
#include "harness/trial/services.h"
#include "harness/trial/tested_server.h"
#include "harness/trial/trial_begin.h"
#include "harness/trial/trial_flags.h"
#include "harness/trial/window.h"

#define GRACE_NS (10 * NS_PER_S)

/* CPU times of both servers while nothing is in flight. */
struct reading {
    double cpu_s[SLICE_SIDES];
};

/* One of the two servers. */
struct side {
    struct trial_setup setup; /* with its own contender */
    char *folder;
    struct tested_server server;
    struct server_record *record;
    char ***command, ***environment; /* in the record */
    struct window window;
};

struct sliced_trial {
    const struct trial_setup *setup;
    const struct slicing *slicing;
    const char *folder;
    struct side sides[SLICE_SIDES];
    struct services services;
    struct generator_child generator;
    struct reading *readings; /* the first is of before the warm-up; heap */
    size_t reading_count;
    uint64_t deadline_ns; /* of what the generator does next */
    struct trial_record *record;
};

/* Slices of all, the warm-up's two included. */
static size_t slices_in_all(const struct sliced_trial *trial)
{
    return SLICE_SIDES * (1 + (size_t)trial->slicing->count);
}

/* ---- failing ---------------------------------------------------------------------- */

/* Notes why the trial failed; the first reason stays. Returns -ECHILD. */
static int fail(struct sliced_trial *trial, const struct child *speaker,
                const char *reason)
{
    char words[2048] = "";
    if (trial->record->reason)
        return -ECHILD;
    if (speaker)
        child_last_words(speaker, words, sizeof words);
    trial->record->reason = memory_copy_string(reason);
    trial->record->last_output = memory_copy_string(words);
    return -ECHILD;
}

static int fail_by_end(struct sliced_trial *trial, const struct child *child,
                       const char *who)
{
    char end[128];
    child_describe_end(child, end, sizeof end);
    char *reason = memory_printf("%s ended too early, after %zu of %zu slices: %s", who,
                                 trial->reading_count ? trial->reading_count - 1 : 0,
                                 slices_in_all(trial), end);
    int result = fail(trial, child, reason);
    free(reason);
    return result;
}

/* ---- the accounts ----------------------------------------------------------------- */

/* Where both have come to rest. */
static void read_accounts(struct sliced_trial *trial)
{
    struct reading *reading =
        record_append(&trial->readings, &trial->reading_count, sizeof *reading);
    for (int i = 0; i < SLICE_SIDES; i++) {
        struct side *side = &trial->sides[i];
        struct process_sample sample;
        process_group_find(&side->window.group, side->server.process.child.pid);
        process_group_sample_cpu(&side->window.group, &sample);
        reading->cpu_s[i] = sample.cpu_s;
    }
}

static void prepare_windows(struct sliced_trial *trial)
{
    services_prepare(&trial->services);
    for (int i = 0; i < SLICE_SIDES; i++) {
        struct side *side = &trial->sides[i];
        side->window.server_cpus = trial->setup->placement.server;
        side->window.generator_cpus = trial->setup->placement.generator;
        window_prepare(&side->window, side->server.process.child.pid);
    }
}

/* After the warm-up, and after the last slice. */
static void bound_windows(struct sliced_trial *trial, bool at_end)
{
    pid_t generator = trial->generator.child.pid;
    uint64_t planned_ns = 2 * trial->slicing->count * trial->slicing->slice_ns;
    services_sample(&trial->services, at_end);
    for (int i = 0; i < SLICE_SIDES; i++) {
        struct window *window = &trial->sides[i].window;
        pid_t server = trial->sides[i].server.process.child.pid;
        if (at_end)
            window_close(window, server, generator);
        else
            window_open(window, server, generator, planned_ns);
    }
}

/* What the servers used in each slice. */
static void add_accounts(const struct sliced_trial *trial, struct slice_series *series)
{
    for (size_t i = 0; i < series->slice_count && i + 1 < trial->reading_count; i++) {
        const double *before = trial->readings[i].cpu_s;
        const double *after = trial->readings[i + 1].cpu_s;
        struct slice *slice = &series->slices[i];
        int other = slice->side == SLICE_FIRST ? SLICE_SECOND : SLICE_FIRST;
        slice->cpu_s = after[slice->side] - before[slice->side];
        slice->idle_cpu_s = after[other] - before[other];
    }
}

/* ---- watching --------------------------------------------------------------------- */

static void set_deadline(struct sliced_trial *trial)
{
    uint64_t planned_ns = trial->slicing->slice_ns;
    if (trial->reading_count <= SLICE_SIDES)
        planned_ns += trial->setup->scenario->workload.warmup_ns;
    trial->deadline_ns = clock_now_ns() + planned_ns + trial->setup->overrun_ns;
}

/* The generator waits after each: both servers are at rest. */
static int follow_slices(struct sliced_trial *trial)
{
    struct error error;
    int news;
    while ((news = generator_hear(&trial->generator, &error)) == 1) {
        if (trial->generator.phase == PHASE_DONE)
            continue;
        if (trial->reading_count == 0)
            prepare_windows(trial);
        read_accounts(trial);
        if (trial->reading_count == 1 + SLICE_SIDES)
            bound_windows(trial, false);
        if (trial->reading_count == 1 + slices_in_all(trial))
            bound_windows(trial, true);
        set_deadline(trial);
        news = generator_let_go(&trial->generator, &error);
        if (news < 0)
            break;
    }
    return news < 0 ? fail(trial, &trial->generator.child, error.text) : 0;
}

static void wait_for_news(struct sliced_trial *trial)
{
    const struct child *first = &trial->sides[SLICE_FIRST].server.process.child;
    const struct child *second = &trial->sides[SLICE_SECOND].server.process.child;
    struct pollfd watched[7 + SERVICES_WATCHED] = {
        {.fd = trial->generator.events, .events = POLLIN},
        {.fd = trial->generator.child.output, .events = POLLIN},
        {.fd = trial->generator.child.pidfd, .events = POLLIN},
        {.fd = first->output, .events = POLLIN},
        {.fd = first->pidfd, .events = POLLIN},
        {.fd = second->output, .events = POLLIN},
        {.fd = second->pidfd, .events = POLLIN}};
    poll(watched, 7 + services_watched(&trial->services, watched + 7), 100);
    child_listen(&trial->generator.child);
    for (int i = 0; i < SLICE_SIDES; i++)
        child_listen(&trial->sides[i].server.process.child);
}

/* Follows the generator to its end: 0, -EINTR, or -ECHILD with the failure noted. */
static int watch(struct sliced_trial *trial)
{
    struct child *generator = &trial->generator.child;
    struct error error;
    set_deadline(trial);
    while (true) {
        wait_for_news(trial);
        if (interrupt_seen())
            return -EINTR;
        for (int i = 0; i < SLICE_SIDES; i++)
            if (child_has_ended(&trial->sides[i].server.process.child))
                return fail_by_end(trial, &trial->sides[i].server.process.child,
                                   i == SLICE_FIRST ? "the first server"
                                                    : "the second server");
        if (services_check(&trial->services, &error) < 0)
            return fail(trial, NULL, error.text);
        /* First whether it has ended: what it said before that is then all there. */
        bool ended = child_has_ended(generator);
        int result = follow_slices(trial);
        if (result < 0)
            return result;
        if (ended && trial->generator.phase != PHASE_DONE)
            return fail_by_end(trial, generator, "the generator");
        if (ended)
            return 0;
        if (clock_now_ns() > trial->deadline_ns)
            return fail(trial, generator, "the generator hung");
    }
}

/* ---- starting and stopping -------------------------------------------------------- */

static int start_servers(struct sliced_trial *trial)
{
    struct error error;
    int result = 0;
    for (int i = 0; i < SLICE_SIDES && result == 0; i++) {
        struct side *side = &trial->sides[i];
        result = mkdir(side->folder, 0777) < 0
                     ? error_set(&error, -errno, "%s: cannot be made", side->folder)
                     : tested_server_start(&side->server, &trial->services, side->command,
                                           side->environment, &error);
        if (result == 0)
            window_sample_idle(&side->window, side->server.process.child.pid);
    }
    return result == 0 || result == -EINTR ? result : fail(trial, NULL, error.text);
}

static int start_generator(struct sliced_trial *trial)
{
    struct error error;
    const struct alternation alternation = {
        .second_url = trial->sides[SLICE_SECOND].server.process.url,
        .slicing = *trial->slicing,
    };
    int result = generator_start(&trial->generator, trial->setup, trial->folder,
                                 trial->sides[SLICE_FIRST].server.process.url,
                                 &alternation, &error);
    command_line_replace(&trial->record->commands.load, trial->generator.line.words);
    return result < 0 ? fail(trial, NULL, error.text) : 0;
}

static void take_series(struct sliced_trial *trial)
{
    struct error error;
    void *series;
    if (generator_take_result(&trial->generator, trial->folder, &slice_series_type,
                              &series, &error) < 0)
        fail(trial, &trial->generator.child, error.text);
    trial->record->slices->series = series;
    if (series)
        add_accounts(trial, series);
}

static int run_processes(struct sliced_trial *trial)
{
    struct error error;
    int result = services_start(&trial->services, trial->setup, trial->folder, &error);
    if (result < 0 && result != -EINTR)
        fail(trial, NULL, error.text);
    if (result == 0)
        result = start_servers(trial);
    if (result == 0)
        result = start_generator(trial);
    if (result == 0)
        result = watch(trial);
    if (result == 0)
        take_series(trial);
    generator_release(&trial->generator);
    for (int i = 0; i < SLICE_SIDES; i++) {
        struct side *side = &trial->sides[i];
        if (tested_server_stop(&side->server, side->record, &error) < 0)
            fail(trial, &side->server.process.child, error.text);
    }
    if (services_stop(&trial->services, trial->folder, GRACE_NS, &error) < 0)
        fail(trial, NULL, error.text);
    return result == -EINTR ? result : 0;
}

/* The harness runs beside the generator: the servers have their CPUs to themselves. */
static int run_beside(struct sliced_trial *trial)
{
    cpu_set_t before;
    struct error ignored;
    cpus_allowed(&before);
    bool pinned = cpus_pin(&trial->setup->placement.generator, &ignored) == 0;
    int result = run_processes(trial);
    if (pinned && cpus_pin(&before, &ignored) < 0)
        fail(trial, NULL, ignored.text);
    return result;
}

/* ---- the record ------------------------------------------------------------------- */

static void finish_record(struct sliced_trial *trial)
{
    struct trial_record *record = trial->record;
    const struct side *first = &trial->sides[SLICE_FIRST];
    const struct side *second = &trial->sides[SLICE_SECOND];
    const struct harness_part harness = {
        .requests = second->server.harness_requests,
        .other_requests = first->server.harness_requests,
        .cpu_s = window_harness_cpu_s(&second->window),
    };
    window_record(&second->window, record);
    record->slices->server.window = window_of_server(&first->window);
    services_record(&trial->services, &trial->setup->placement.services, record);
    record->status = record->reason ? TRIAL_FAILED : TRIAL_MEASURED;
    if (record->status == TRIAL_MEASURED)
        trial_judge(record, trial->setup, &harness);
}

static void set_up_side(struct sliced_trial *trial, enum slice_side which,
                        const struct contender *contender, const char *name)
{
    struct side *side = &trial->sides[which];
    struct sliced_pair *pair = trial->record->slices;
    bool first = which == SLICE_FIRST;
    side->setup = *trial->setup;
    side->setup.contender = contender;
    side->folder = memory_printf("%s/%s", trial->folder, name);
    side->server = tested_server_of(&side->setup, side->folder);
    side->server.alternates = true;
    side->record = first ? &pair->server : &trial->record->server;
    side->command = first ? &pair->server_command : &trial->record->commands.server;
    side->environment =
        first ? &pair->server_environment : &trial->record->commands.server_environment;
}

static void release(struct sliced_trial *trial)
{
    for (int i = 0; i < SLICE_SIDES; i++) {
        tested_server_release(&trial->sides[i].server);
        window_release(&trial->sides[i].window);
        free(trial->sides[i].folder);
    }
    services_release(&trial->services);
    command_line_release(&trial->generator.line);
    free(trial->readings);
}

int sliced_trial_run(const struct trial_setup *setup, const struct contender *against,
                     const struct slicing *slicing, const char *folder,
                     struct trial_record *record, struct error *error)
{
    struct sliced_trial trial = {.setup = setup,
                                 .slicing = slicing,
                                 .folder = folder,
                                 .generator = GENERATOR_NONE,
                                 .record = record};
    services_init(&trial.services);
    trial_begin(record, setup);
    record->slices = memory_allocate(sizeof *record->slices);
    record_init(&sliced_pair_type, record->slices);
    record->slices->against = memory_copy_string(against->label);
    set_up_side(&trial, SLICE_FIRST, against, "first");
    set_up_side(&trial, SLICE_SECOND, setup->contender, "second");
    int result = trial_write_scenario(setup, folder, error);
    if (result == 0)
        result = run_beside(&trial);
    if (result == 0) {
        finish_record(&trial);
        char *path = memory_printf("%s/trial.json", folder);
        result = record_write_file(&trial_record_type, record, path, error);
        free(path);
    } else if (result == -EINTR) {
        error_set(error, result, "interrupted");
    }
    release(&trial);
    if (result < 0)
        trial_record_release(record);
    return result;
}
