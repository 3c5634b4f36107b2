/* tested_server.c - see tested_server.h. */
#include "harness/trial/tested_server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/text.h"
#include "harness/trial/child_file.h"

#define START_LIMIT_NS (15 * NS_PER_S)
#define GRACE_NS       (10 * NS_PER_S)

/* It leaves what it counted here, in its folder. */
static const char statistics_file[] = "server.json";

static bool is_external(const struct tested_server *server)
{
    return server->setup->contender->model->flags & MODEL_REFERENCE;
}

/* ---- starting --------------------------------------------------------------------- */

static void make_line(struct tested_server *server, const struct services *services)
{
    const struct trial_setup *setup = server->setup;
    struct command_line *line = &server->line;
    char cpus[CPUS_TEXT_BYTES];
    command_line_add_option(line, "interleave", "serve");
    command_line_add_option(line, "--model", setup->contender->model->name);
    command_line_add_option(line, "--listen", "127.0.0.1:0");
    command_line_add_option(line, "--cpus",
                            cpus_format(&setup->placement.server, cpus, sizeof cpus));
    command_line_add_option(line, "--stats", statistics_file);
    if (server->alternates)
        command_line_add(line, "--quiet-loops");
    services_add_options(services, line);
    contender_options(setup->contender, setup->scenario, command_line_set, line);
}

/* What is special about this server: a model of ours, or one of others. */
static int plan_server(struct tested_server *server, const struct services *services,
                       struct server_plan *plan, struct error *error)
{
    int result = 0;
    if (is_external(server)) {
        result = launch_prepare(&server->launch, server->setup, server->folder,
                                services_upstream(services), statistics_file, error);
        launch_plan(&server->launch, plan);
    } else {
        make_line(server, services);
        plan->arguments = server->line.words;
    }
    return result;
}

int tested_server_start(struct tested_server *server, const struct services *services,
                        char ***command, char ***environment, struct error *error)
{
    char *log_path = memory_printf("%s/server.log", server->folder);
    struct server_plan plan = {
        .folder = server->folder,
        .log_path = log_path,
        .cpus = &server->setup->placement.server,
        .limit_ns = START_LIMIT_NS,
    };
    int result = plan_server(server, services, &plan, error);
    command_line_replace(command, plan.arguments);
    if (plan.environment && plan.environment[0])
        command_line_replace(environment, plan.environment);
    if (result == 0)
        result = server_child_start(&server->process, &plan, error);
    free(log_path);
    /* That it is ready has been asked until it answered: once, that is. */
    server->harness_requests = plan.ready_path ? 1 : 0;
    return result;
}

void tested_server_mark(const struct tested_server *server)
{
    if (!(server->setup->contender->model->flags & MODEL_IGNORES_MARKS))
        kill(server->process.child.pid, SIGUSR2);
}

/* ---- stopping --------------------------------------------------------------------- */

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

int tested_server_stop(struct tested_server *server, struct server_record *seen,
                       struct error *error)
{
    struct child *child = &server->process.child;
    if (child->pid == 0)
        return 0;
    bool external = is_external(server);
    uint64_t grace_ns = external ? server->launch.external.stop.grace_ns : GRACE_NS;
    int result = server_child_stop(&server->process, grace_ns, error);
    char end[128];
    child_describe_end(child, end, sizeof end);
    seen->end = memory_copy_string(end);
    seen->lifetime = lifetime_of(&child->usage);
    struct error unreadable;
    seen->statistics = child_file_take(&server_statistics_type, server->folder,
                                       statistics_file, &unreadable);
    if (result == 0 && !seen->statistics &&
        (!external || server->launch.external.leaves_statistics))
        result = error_set(error, -ECHILD, "the server left no readable statistics: %s",
                           unreadable.text);
    return result;
}

void tested_server_release(struct tested_server *server)
{
    child_release(&server->process.child);
    command_line_release(&server->line);
    launch_release(&server->launch);
}
