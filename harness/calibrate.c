/* calibrate.c - see calibrate.h. */
#include "harness/calibrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/json.h"
#include "base/quantity.h"
#include "base/text.h"
#include "harness/http_get.h"
#include "harness/server_process.h"
#include "harness/statistics.h"
#include "workload/fetch_path.h"

/* Long enough for the request itself not to count, short enough to be repeated. */
#define TARGET_NS   (40 * NS_PER_MS)
#define REPETITIONS 7
#define FIRST_TRY   100000ULL
#define MOST_SPINS  1000000000ULL

/* ---- the steps of a path ---------------------------------------------------------- */

/* "spin:10ms" -> 10 ms; false where the step is no "spin" with a time. */
static bool read_spin_time(const char *step, uint64_t *ns)
{
    return strncmp(step, "spin:", 5) == 0 &&
           quantity_parse(QUANTITY_TIME, step + 5, 0, UINT64_MAX, ns, NULL) == 0;
}

bool calibration_is_needed(const struct scenario *scenario)
{
    bool needed = false;
    for (size_t i = 0; i < scenario->workload.request_count; i++) {
        char **steps = text_split(scenario->workload.requests[i].path, '/', NULL);
        uint64_t ns;
        for (size_t s = 0; steps[s]; s++)
            needed = needed || read_spin_time(steps[s], &ns);
        text_list_free(steps);
    }
    return needed;
}

static char *calibrated_path(const struct calibration *calibration, const char *path)
{
    struct text calibrated = {0};
    char **steps = text_split(path, '/', NULL);
    /* The path begins with "/": its first piece is empty. */
    for (size_t s = 1; steps[0] && steps[s]; s++) {
        uint64_t ns;
        if (read_spin_time(steps[s], &ns))
            text_printf(&calibrated, "/spin:%.0f",
                        calibration->iterations_per_ms * (double)ns / (double)NS_PER_MS);
        else
            text_printf(&calibrated, "/%s", steps[s]);
    }
    text_list_free(steps);
    return text_steal(&calibrated);
}

void calibration_apply(const struct calibration *calibration, struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->workload.request_count; i++) {
        struct request *request = &scenario->workload.requests[i];
        char *path = calibrated_path(calibration, request->path);
        free(request->path);
        request->path = path;
    }
}

/* What another server does meanwhile is a wait here. */
static bool add_fetch_time(const struct calibration *calibration, const char *program,
                           double *wait_s)
{
    size_t bytes = strlen(program) + 2;
    char *path = memory_allocate(bytes);
    double cpu_s, its_wait_s;
    fetch_path(program, path, bytes);
    bool known = calibration_path_times(calibration, path, &cpu_s, &its_wait_s);
    free(path);
    *wait_s += cpu_s + its_wait_s;
    return known;
}

static bool add_step_time(const struct calibration *calibration, const char *step,
                          double *cpu_s, double *wait_s)
{
    uint64_t amount;
    const char *program = fetch_program(step);
    if (program)
        return add_fetch_time(calibration, program, wait_s);
    if (!*step || strncmp(step, "bytes:", 6) == 0)
        return true;
    if (read_spin_time(step, &amount)) {
        *cpu_s += (double)amount / (double)NS_PER_S;
        return true;
    }
    if ((strncmp(step, "wait:", 5) == 0 || strncmp(step, "pgsleep:", 8) == 0) &&
        quantity_parse(QUANTITY_TIME, strchr(step, ':') + 1, 0, UINT64_MAX, &amount,
                       NULL) == 0) {
        *wait_s += (double)amount / (double)NS_PER_S;
        return true;
    }
    if (strncmp(step, "spin:", 5) == 0 && calibration->iterations_per_ms > 0 &&
        quantity_parse(QUANTITY_COUNT, step + 5, 0, UINT64_MAX, &amount, NULL) == 0) {
        *cpu_s += (double)amount / calibration->iterations_per_ms / 1000;
        return true;
    }
    return false;
}

bool calibration_path_times(const struct calibration *calibration, const char *path,
                            double *cpu_s, double *wait_s)
{
    bool known = true;
    *cpu_s = 0;
    *wait_s = 0;
    char **steps = text_split(path, '/', NULL);
    for (size_t s = 0; steps[s]; s++)
        known = known && add_step_time(calibration, steps[s], cpu_s, wait_s);
    text_list_free(steps);
    return known;
}

/* ---- measuring -------------------------------------------------------------------- */

/* CPU time that the server spends on one request of that many iterations. */
static int time_spins(const struct server_process *server, uint64_t iterations,
                      double *ns, struct error *error)
{
    uint64_t before = 0, after = 0;
    char path[64];
    snprintf(path, sizeof path, "/spin:%llu", (unsigned long long)iterations);
    int result = clock_process_cpu_ns(server->child.pid, &before);
    if (result == 0) {
        result = http_get(server->url, path, error);
        if (result < 0)
            return error_prefix(error, result, "calibration");
    }
    if (result == 0)
        result = clock_process_cpu_ns(server->child.pid, &after);
    if (result == 0 && after <= before)
        result = -ERANGE;
    if (result < 0)
        return error_set(error, result, "calibration: %s: %s", path, strerror(-result));
    *ns = (double)(after - before);
    return 0;
}

static int measure(const struct server_process *server, double *ns_per_iteration,
                   struct error *error)
{
    uint64_t iterations = FIRST_TRY;
    double ns = 0, costs[REPETITIONS];
    int result = time_spins(server, iterations, &ns, error);
    while (result == 0 && ns < (double)TARGET_NS / 2 && iterations < MOST_SPINS) {
        double factor = (double)TARGET_NS / ns;
        iterations = (uint64_t)((double)iterations * (factor > 10 ? 10 : factor));
        result = time_spins(server, iterations, &ns, error);
    }
    for (size_t i = 0; result == 0 && i < REPETITIONS; i++) {
        result = time_spins(server, iterations, &ns, error);
        costs[i] = ns / (double)iterations;
    }
    if (result == 0)
        *ns_per_iteration = statistics_median(costs, REPETITIONS);
    return result;
}

static const char *first_model(const struct models *models)
{
    const cJSON *model;
    cJSON_ArrayForEach(model, models->list)
    {
        if (!model_obstacle(model) && !model_has_flag(model, "calibration"))
            return json_string(model, "name");
    }
    return NULL;
}

int calibrate(struct calibration *calibration, const struct models *models, int cpu,
              struct error *error)
{
    const char *model = first_model(models);
    if (!model)
        return error_set(error, -ENOENT, "calibration: no model runs on this machine");
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((size_t)cpu, &cpus);
    char list[CPUS_TEXT_BYTES];
    cpus_format(&cpus, list, sizeof list);
    const char *const arguments[] = {"interleave", "serve",    "--model",
                                     model,        "--listen", "127.0.0.1:0",
                                     "--cpus",     list,       NULL};
    struct server_process server;
    struct server_plan plan = {
        .arguments = arguments, .cpus = &cpus, .limit_ns = 15 * NS_PER_S};
    int result = server_process_start(&server, &plan, error);
    if (result < 0)
        return error_prefix(error, result, "calibration");
    double ns_per_iteration = 0;
    result = measure(&server, &ns_per_iteration, error);
    struct error ending;
    int stopped = server_process_stop(&server, 5 * NS_PER_S, &ending);
    child_release(&server.child);
    if (result == 0 && stopped < 0)
        result = error_set(error, stopped, "calibration: %s", ending.text);
    if (result == 0)
        calibration->iterations_per_ms = (double)NS_PER_MS / ns_per_iteration;
    return result;
}
