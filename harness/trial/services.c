/* services.c - see services.h. */
#include "harness/trial/services.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/installed.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "harness/trial/child_file.h"
#include "harness/trial/http_get.h"
#include "workload/steps.h"

/* A cluster has to be made first. */
#define START_LIMIT_NS (60 * NS_PER_S)

static const char database_script[] = "scripts/postgres";

/* The backend leaves what it counted here, in the trial's folder. */
static const char backend_statistics[] = "backend.json";

void services_init(struct services *services)
{
    *services = (struct services){
        .backend = {.process = {.child = CHILD_NONE},
                    .cpu_before_s = NAN,
                    .cpu_after_s = NAN},
        .database = {.process = {.child = CHILD_NONE},
                     .cpu_before_s = NAN,
                     .cpu_after_s = NAN},
    };
}

static bool is_used(const struct service_process *service)
{
    return service->process.child.pid != 0;
}

/* ---- starting --------------------------------------------------------------------- */

static int start(struct service_process *service, const char *program,
                 const struct trial_setup *setup, const char *folder, const char *log,
                 struct error *error)
{
    char *log_path = memory_printf("%s/%s", folder, log);
    struct server_plan plan = {.program = program,
                               .arguments = service->line.words,
                               .folder = folder,
                               .log_path = log_path,
                               .cpus = &setup->placement.services,
                               .limit_ns = START_LIMIT_NS};
    int result = server_child_start(&service->process, &plan, error);
    free(log_path);
    return result;
}

static int start_backend(struct service_process *backend, const struct trial_setup *setup,
                         const char *folder, struct error *error)
{
    const struct scenario_backend *wanted = &setup->scenario->backend;
    struct command_line *line = &backend->line;
    char cpus[CPUS_TEXT_BYTES];
    command_line_add_option(line, "interleave", "serve");
    command_line_add_option(line, "--model", wanted->model);
    command_line_add_option(line, "--listen", "127.0.0.1:0");
    command_line_add_option(line, "--cpus",
                            cpus_format(&setup->placement.services, cpus, sizeof cpus));
    command_line_add_option(line, "--stats", backend_statistics);
    for (size_t i = 0; i < wanted->server.options.count; i++)
        command_line_set(line, wanted->server.options.items[i].name,
                         wanted->server.options.items[i].value);
    int result = start(backend, NULL, setup, folder, "backend.log", error);
    return result < 0 ? error_prefix(error, result, "the backend") : 0;
}

/* The path of the script, on the heap: it is run from another folder. */
static char *find_script(void)
{
    char *found = installed_path(database_script);
    char *path = found ? realpath(found, NULL) : NULL;
    free(found);
    return path;
}

static int start_database(struct service_process *database,
                          const struct trial_setup *setup, const char *folder,
                          struct error *error)
{
    char *script = find_script();
    if (!script)
        return error_set(error, -ENOENT, "the database: %s is missing", database_script);
    command_line_add_option(&database->line, script, "run");
    int result = start(database, script, setup, folder, "database.log", error);
    free(script);
    return result < 0 ? error_prefix(error, result, "the database") : 0;
}

/* A backend that refuses a path would be measured as a fast one. */
static int verify_step(const struct service_process *backend,
                       const struct path_step *step, struct error *error)
{
    char *path = path_step_fetches(step);
    int result = 0;
    if (path)
        result = interrupt_seen() ? error_set(error, -EINTR, "interrupted")
                                  : http_get(backend->process.url, path, error);
    free(path);
    return result;
}

static int verify_paths(const struct service_process *backend,
                        const struct scenario *scenario, struct error *error)
{
    int result = 0;
    for (size_t i = 0; i < scenario->workload.request_count && result == 0; i++) {
        const char *path = scenario->workload.requests[i].path;
        struct path_walk walk;
        struct path_step step;
        path_walk_start(&walk, path, strlen(path));
        while (result == 0 && path_walk_next(&walk, &step))
            result = verify_step(backend, &step, error);
    }
    return result < 0 ? error_prefix(error, result, "the backend") : 0;
}

int services_start(struct services *services, const struct trial_setup *setup,
                   const char *folder, struct error *error)
{
    int result = 0;
    if (setup->scenario->backend.model)
        result = start_backend(&services->backend, setup, folder, error);
    if (result == 0 && is_used(&services->backend))
        result = verify_paths(&services->backend, setup->scenario, error);
    if (result == 0 && setup->scenario->database == DATABASE_POSTGRES)
        result = start_database(&services->database, setup, folder, error);
    return result;
}

const char *services_upstream(const struct services *services)
{
    return is_used(&services->backend) ? services->backend.process.url : NULL;
}

void services_add_options(const struct services *services, struct command_line *line)
{
    const char *upstream = services_upstream(services);
    if (upstream)
        command_line_add_option(line, "--upstream", upstream);
    if (is_used(&services->database))
        command_line_add_option(line, "--pg", services->database.process.url);
}

bool services_has_database(int database, char *why, size_t bytes)
{
    if (database == DATABASE_NONE)
        return true;
    char *script = find_script();
    const char *const arguments[] = {database_script, "check", NULL};
    struct child_plan plan = {.program = script, .arguments = arguments};
    struct child child = CHILD_NONE;
    struct error error;
    bool has = false;
    if (!script) {
        snprintf(why, bytes, "%s is missing", database_script);
    } else if (child_start(&child, &plan, &error) < 0) {
        snprintf(why, bytes, "%s", error.text);
    } else {
        has = child_wait(&child, clock_now_ns() + START_LIMIT_NS) && child.status == 0;
        child_last_words(&child, why, bytes);
    }
    child_release(&child);
    free(script);
    return has;
}

/* ---- watching --------------------------------------------------------------------- */

size_t services_watched(const struct services *services, struct pollfd *watched)
{
    const struct service_process *all[] = {&services->backend, &services->database};
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        watched[count++] =
            (struct pollfd){.fd = all[i]->process.child.output, .events = POLLIN};
        watched[count++] =
            (struct pollfd){.fd = all[i]->process.child.pidfd, .events = POLLIN};
    }
    return count;
}

static int check(struct service_process *service, const char *who, struct error *error)
{
    if (!is_used(service))
        return 0;
    child_listen(&service->process.child);
    if (!child_has_ended(&service->process.child))
        return 0;
    char end[128], words[400];
    child_describe_end(&service->process.child, end, sizeof end);
    child_last_words(&service->process.child, words, sizeof words);
    return error_set(error, -ECHILD, "%s ended too early: %s; it said: %s", who, end,
                     words);
}

int services_check(struct services *services, struct error *error)
{
    int result = check(&services->backend, "the backend", error);
    return result < 0 ? result : check(&services->database, "the database", error);
}

static void look(struct service_process *service)
{
    if (is_used(service))
        process_tree_find(&service->tree, service->process.child.pid);
}

void services_prepare(struct services *services)
{
    look(&services->backend);
    look(&services->database);
}

static void sample(struct service_process *service, bool at_end)
{
    struct process_sample sample;
    look(service);
    process_group_sample_cpu(&service->tree, &sample);
    if (service->tree.count > 0)
        *(at_end ? &service->cpu_after_s : &service->cpu_before_s) = sample.cpu_s;
}

void services_sample(struct services *services, bool at_end)
{
    sample(&services->backend, at_end);
    sample(&services->database, at_end);
}

/* ---- stopping --------------------------------------------------------------------- */

static int stop(struct service_process *service, const char *who, uint64_t grace_ns,
                struct error *error)
{
    if (!is_used(service))
        return 0;
    int result = server_child_stop(&service->process, grace_ns, error);
    child_describe_end(&service->process.child, service->end, sizeof service->end);
    return result < 0 ? error_prefix(error, result, "%s", who) : 0;
}

int services_stop(struct services *services, const char *folder, uint64_t grace_ns,
                  struct error *error)
{
    struct error second;
    int backend = stop(&services->backend, "the backend", grace_ns, error);
    if (is_used(&services->backend))
        services->backend.statistics =
            child_file_take(&server_statistics_type, folder, backend_statistics, NULL);
    int database = stop(&services->database, "the database", grace_ns,
                        backend < 0 ? &second : error);
    return backend < 0 ? backend : database;
}

static void release(struct service_process *service)
{
    child_release(&service->process.child);
    process_group_release(&service->tree);
    command_line_release(&service->line);
    if (service->statistics)
        record_release(&server_statistics_type, service->statistics);
    free(service->statistics);
}

void services_release(struct services *services)
{
    release(&services->backend);
    release(&services->database);
    services_init(services);
}

/* ---- the record ------------------------------------------------------------------- */

static struct service_record *record_one(struct service_process *service, char ***command)
{
    if (service->line.count == 0)
        return NULL;
    *command = command_line_copy(service->line.words);
    struct service_record *record = memory_allocate(sizeof *record);
    *record = (struct service_record){
        .end = *service->end ? memory_copy_string(service->end) : NULL,
        .cpu_s = service->cpu_after_s - service->cpu_before_s,
        .statistics = service->statistics,
    };
    service->statistics = NULL;
    return record;
}

void services_record(struct services *services, const cpu_set_t *cpus,
                     struct trial_record *record)
{
    char list[CPUS_TEXT_BYTES];
    record->backend = record_one(&services->backend, &record->commands.backend);
    record->database = record_one(&services->database, &record->commands.database);
    if (record->backend || record->database)
        record->cpus.services = memory_copy_string(cpus_format(cpus, list, sizeof list));
}
