/* pilot.c - see pilot.h. */
#include "analysis/pilot.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/statistics.h"
#include "base/clock.h"
#include "base/text.h"
#include "servers/ops/op.h"
#include "workload/steps.h"

/* Contenders with this part of the best throughput carry the load as well. */
#define AS_MUCH 0.99

static const struct figure cpu_time = {METRIC_CPU_PER_REQUEST, ALL_REQUESTS};
static const struct figure throughput = {METRIC_THROUGHPUT, ALL_REQUESTS};

/* ---- which contender -------------------------------------------------------------- */

bool pilot_is_asked(const struct scenario *scenario)
{
    const struct workload *workload = &scenario->workload;
    return workload_is_open(workload) && !workload_seeks_capacity(workload) &&
           !workload->trace.path;
}

/* NAN: the reference has none. */
static double median_there(const struct reference *reference,
                           const struct scenario *scenario, const char *point,
                           const char *label, struct figure figure)
{
    double *values = memory_allocate((reference->count + 1) * sizeof *values);
    size_t count =
        reference_values_at(reference, scenario, point, label, figure, values, NULL);
    double median = statistics_median(values, count);
    free(values);
    return median;
}

void pilot_consider(struct pilot_choice *choice, const struct reference *reference,
                    const struct scenario *scenario, const char *point,
                    const char *const *labels, size_t count)
{
    double most = 0, least_ns = INFINITY, busy = 0;
    const char *label = NULL;
    for (size_t i = 0; i < count; i++)
        most =
            fmax(most, median_there(reference, scenario, point, labels[i], throughput));
    for (size_t i = 0; i < count; i++) {
        double rate = median_there(reference, scenario, point, labels[i], throughput);
        double ns = median_there(reference, scenario, point, labels[i], cpu_time);
        if (!(rate >= AS_MUCH * most) || !(ns > 0) || ns >= least_ns)
            continue;
        least_ns = ns;
        label = labels[i];
        busy = rate * ns / (double)NS_PER_S;
    }
    if (label && busy > choice->busy)
        *choice = (struct pilot_choice){.point = point, .label = label, .busy = busy};
}

void pilot_take(struct scaled_load *load, const struct pilot_choice *choice,
                const struct reference *reference, const struct scenario *scenario)
{
    if (!choice->label)
        return;
    struct pilot *pilot = scaled_load_add_pilot(load, choice->point, choice->label);
    double *values = memory_allocate((reference->count + 1) * sizeof *values);
    size_t count = reference_values_at(reference, scenario, choice->point, choice->label,
                                       cpu_time, values, NULL);
    for (size_t i = 0; i < count; i++) {
        struct pilot_trial *trial =
            record_append(&pilot->there, &pilot->there_count, sizeof *trial);
        trial->cpu_per_request_ns = values[i];
    }
    free(values);
}

/* ---- the factors ------------------------------------------------------------------ */

struct scaled_load *pilot_begin(struct load_scaling *scaling,
                                const struct scenario *scenario,
                                const struct pilot_machines *machines)
{
    struct scaled_load *load = load_scaling_add(scaling, scenario->name);
    double own = (double)scenario->server.cpus;
    load->cpus_here = own > 0 ? own : machines->cpus_here;
    load->cpus_there = own > 0 ? own : machines->cpus_there;
    load->cpu_is_same = machines->cpu_is_same;
    return load;
}

static void note_wait(void *any, const struct path_step *step)
{
    const struct op *op = op_of_step(step);
    *(bool *)any = *(bool *)any || (op && op->flags & OP_LASTS);
}

/* Whether a request has a step that takes a time, whatever the machine. */
static bool has_waits(const struct scenario *scenario)
{
    bool any = false;
    for (size_t i = 0; i < scenario->workload.request_count; i++)
        path_visit(scenario->workload.requests[i].path, note_wait, &any);
    return any;
}

static struct log_ratio estimate_of(const struct pilot_trial *trials, size_t count)
{
    double *logs = memory_allocate((count + 1) * sizeof *logs);
    for (size_t i = 0; i < count; i++)
        logs[i] = log(trials[i].cpu_per_request_ns);
    struct log_ratio estimate = log_ratio_of(logs, count);
    free(logs);
    return estimate;
}

/* The interval of the ratio, which is filled in. */
static struct interval compare(struct pilot *pilot)
{
    struct log_ratio here = estimate_of(pilot->here, pilot->here_count);
    struct log_ratio there = estimate_of(pilot->there, pilot->there_count);
    struct log_ratio difference = log_ratio_difference(&here, &there);
    struct interval interval = log_ratio_interval(&difference, PILOT_CONFIDENCE);
    pilot->ratio = exp(difference.mean);
    pilot->low = interval.exists ? interval.low : (double)NAN;
    pilot->high = interval.exists ? interval.high : (double)NAN;
    return interval;
}

/* How many times as many requests a CPU serves here. */
static double speed_of(struct scaled_load *load, const struct scenario *scenario,
                       struct text *why)
{
    struct pilot *pilot = load->pilot;
    struct interval interval = compare(pilot);
    if (!interval.exists) {
        text_printf(why, "; CPU/req: %zu valid %s here, %zu there, it takes 2",
                    pilot->here_count,
                    text_plural((double)pilot->here_count, "trial", "trials"),
                    pilot->there_count);
        return 1;
    }
    text_printf(why, "; CPU/req x %.2f [%.2f, %.2f]", pilot->ratio, pilot->low,
                pilot->high);
    bool is_noise =
        interval_holds(&interval, 1) || fabs(log(pilot->ratio)) < log(PILOT_NOISE);
    if (is_noise)
        text_append_string(why, ", which is noise");
    else if (load->cpu_is_same == 1)
        text_append_string(why, ", but the CPUs are the same");
    else if (pilot->ratio < 1 && has_waits(scenario))
        text_append_string(why, ", but requests wait a fixed time");
    else
        return 1 / pilot->ratio;
    return 1;
}

/* NAN: none is scaled. */
static double rate_of(struct scaled_load *load, const struct scenario *scenario,
                      struct text *why)
{
    const struct workload *workload = &scenario->workload;
    if (!workload_is_open(workload))
        return NAN;
    if (!pilot_is_asked(scenario)) {
        text_append_string(why, workload->trace.path ? "; a trace says when requests come"
                                                     : "; the rate is searched for");
        return NAN;
    }
    if (load->pilot)
        return load->connections * speed_of(load, scenario, why);
    text_append_string(why, "; no CPU/req there of what runs here");
    return load->connections;
}

void pilot_judge(struct scaled_load *load, const struct scenario *scenario)
{
    struct text why = {0};
    double here = load->cpus_here, there = load->cpus_there;
    bool known = here > 0 && there > 0;
    load->connections = known ? here / there : 1;
    if (known)
        text_printf(&why, "%.0f %s here, %.0f there", here,
                    text_plural(here, "CPU", "CPUs"), there);
    else
        text_append_string(&why, "CPUs there are not known");
    load->rate = rate_of(load, scenario, &why);
    free(load->why);
    load->why = text_steal(&why);
}
