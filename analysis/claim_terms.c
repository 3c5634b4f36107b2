/* claim_terms.c - see claim_terms.h. */
#include "analysis/claim_terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics.h"
#include "analysis/path_times.h"
#include "base/clock.h"
#include "base/formula.h"
#include "base/text.h"
#include "record/claims.h"
#include "workload/load_scale.h"

/* ---- what a request takes ---------------------------------------------------------- */

static bool is_of_class(const struct request *request, const char *class_name)
{
    return !class_name || text_same(request->class_name, class_name);
}

/* One of the times of a request of the class; NAN where they are not all alike: a mix has
 * no W and no T. */
static double time_of_requests(const struct claim_case *known,
                               double (*time_of)(const struct path_times *times))
{
    const struct workload *workload = &known->scenario->workload;
    double time = NAN;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        struct path_times times;
        if (!is_of_class(request, known->class_name))
            continue;
        if (!path_times_read(&times, request->path, known->calibration))
            return NAN;
        if (!isnan(time) && time != time_of(&times))
            return NAN;
        time = time_of(&times);
    }
    return time;
}

static double waiting_of(const struct path_times *times)
{
    return times->wait + times->blocking;
}

static double computing_of(const struct path_times *times)
{
    return times->cpu;
}

static double wait_time(const struct claim_case *known)
{
    return time_of_requests(known, waiting_of);
}

static double cpu_time(const struct claim_case *known)
{
    return time_of_requests(known, computing_of);
}

static double measured_cpu_time(const struct claim_case *known)
{
    return metric_read(METRIC_CPU_PER_REQUEST, known->trial, NULL) / (double)NS_PER_S;
}

/* ---- what is asked, and of whom ---------------------------------------------------- */

static double cpus(const struct claim_case *known)
{
    return (double)known->trial->cpus.server_count;
}

static double scheduled_rate(const struct claim_case *known)
{
    return known->trial->load
               ? load_result_scheduled_rps(known->trial->load, known->class_name)
               : (double)NAN;
}

static double utilisation(const struct claim_case *known)
{
    return scheduled_rate(known) * cpu_time(known);
}

/* What an option counts; a word ("cores") stands for the server's CPUs. */
static double count_of(const struct claim_case *known, enum option_role role)
{
    if (!contender_has(known->contender, role))
        return NAN;
    return (double)contender_count(known->contender, known->scenario, role,
                                   known->trial->cpus.server_count);
}

static double servers(const struct claim_case *known)
{
    static const enum option_role roles[] = {ROLE_THREADS, ROLE_PROCESSES, ROLE_WORKERS,
                                             ROLE_LOOPS};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (contender_has(known->contender, roles[i]))
            return count_of(known, roles[i]);
    bool alone = known->contender->model->flags & (MODEL_LOOP | MODEL_SERIAL);
    return alone ? 1 : (double)NAN;
}

static double pool_threads(const struct claim_case *known)
{
    return count_of(known, ROLE_POOL);
}

static double database_connections(const struct claim_case *known)
{
    return count_of(known, ROLE_DATABASE_CONNECTIONS);
}

static double connections(const struct claim_case *known)
{
    return (double)workload_connections(&known->scenario->workload);
}

static double swept(const struct claim_case *known)
{
    return known->swept;
}

double claim_point(const struct scenario *scenario, const char *value)
{
    double number;
    return value && formula_value(value, "", NULL, &number, NULL) == 0
               ? number * load_scale_of_sweep(scenario)
               : (double)NAN;
}

/* ---- the formula ------------------------------------------------------------------- */

static const struct term {
    char letter;
    double (*read)(const struct claim_case *known);
} terms[] = {
    {'W', wait_time},   {'T', cpu_time},     {'S', measured_cpu_time},
    {'N', servers},     {'K', pool_threads}, {'D', database_connections},
    {'P', cpus},        {'C', connections},  {'R', scheduled_rate},
    {'U', utilisation}, {'X', swept},
};

double claim_formula(const char *formula, const struct claim_case *known)
{
    double values[sizeof terms / sizeof *terms], value = NAN;
    size_t count = strlen(claim_letters);
    for (size_t i = 0; i < count; i++) {
        values[i] = NAN;
        for (size_t t = 0; t < sizeof terms / sizeof *terms; t++)
            if (terms[t].letter == claim_letters[i] && strchr(formula, terms[t].letter))
                values[i] = terms[t].read(known);
    }
    return formula_value(formula, claim_letters, values, &value, NULL) == 0 ? value
                                                                            : (double)NAN;
}
