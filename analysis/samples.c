/* samples.c - see samples.h. */
#include "analysis/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/metrics.h"
#include "analysis/path_times.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "workload/profile.h"

/* ---- the sentence ----------------------------------------------------------------- */

static const struct metric *const p99 = &metrics[METRIC_LATENCY_P99];

/* The profile that multiplies the samples by at least this much; NULL: there is none. */
static const char *profile_that_lasts(const char *own, double factor)
{
    int current = 0;
    while (profile_names[current] && strcmp(profile_names[current], own) != 0)
        current++;
    for (int i = current; profile_names[i]; i++)
        if (profiles[i].duration_scale >= factor * profiles[current].duration_scale)
            return profile_names[i];
    return NULL;
}

/* To two digits, and whole from ten on. */
static double round_up(double factor)
{
    return factor < 10 ? ceil(factor * 10) / 10 : ceil(factor);
}

static void tell_remedy(struct text *line, double factor, const char *profile)
{
    const char *other = profile_that_lasts(profile, factor);
    if (other)
        text_printf(line, "--profile %s, or a longer duration", other);
    else if (isfinite(factor))
        text_printf(line, "a duration %.3g times as long", round_up(factor));
    else
        text_append_string(line, "a longer duration");
}

char *samples_too_few(const char *class_name, struct sample_range range,
                      const char *profile)
{
    double needed = (double)histogram_samples_needed(p99->percentile.fraction);
    double counted = isnan(range.least) ? range.most : range.least;
    struct text line = {0};
    if (counted >= needed)
        return NULL;
    text_printf(&line, "%s%s", class_name, *class_name ? ": " : "");
    if (isnan(range.least))
        text_printf(&line, "at most %.0f", range.most);
    else if (range.least < range.most)
        text_printf(&line, "%.0f to %.0f", range.least, range.most);
    else
        text_printf(&line, "%.0f", range.most);
    text_printf(&line,
                " %s, %s needs %.0f: ", text_plural(range.most, "sample", "samples"),
                p99->header, needed);
    tell_remedy(&line, needed / counted, profile);
    return text_steal(&line);
}

/* ---- what is going to be ---------------------------------------------------------- */

static double window_s(const struct workload *workload)
{
    return (double)workload->duration_ns / NS_PER_S;
}

static double weight_of_mix(const struct workload *workload)
{
    double weights = 0;
    for (size_t i = 0; i < workload->request_count; i++)
        if (request_is_mixed(&workload->requests[i]))
            weights += workload->requests[i].weight;
    return weights;
}

/* What of it is due comes from the trace or from a rate of its own; 0 for the mix. */
static double due_apart(const struct workload *workload, size_t request)
{
    double due = workload->requests[request].rate_rps * window_s(workload);
    for (size_t i = 0; i < workload->trace.count; i++)
        due += workload->trace.entries[i].request == request &&
               workload->trace.entries[i].at_ns < workload->duration_ns;
    return due;
}

/* Arrivals of the mix; 0 where it is a closed loop. */
static double due_in_mix(const struct workload *workload)
{
    double due = workload_mean_rate(workload) * window_s(workload);
    for (size_t i = 0; i < workload->request_count; i++)
        due -= workload->requests[i].rate_rps * window_s(workload);
    return fmax(due - (double)workload->trace.count, 0);
}

/*
 * The most requests that the mix of a closed loop can be through with: each client is at
 * one at a time, for as long as this waits or blocks, and then thinks. Steps whose time
 * is not known are as if they took none.
 */
static double closed_at_most(const struct workload *workload)
{
    static const struct work_calibration unknown = {0}; /* nothing is measured yet */
    double weights = weight_of_mix(workload), cycle_s = 0;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        struct path_times times;
        if (!request_is_mixed(request))
            continue;
        (void)path_times_read(&times, request->path, &unknown);
        cycle_s += request->weight / weights * (times.wait + times.blocking);
    }
    cycle_s += (double)workload->think_ns / NS_PER_S;
    /* The first one may have begun before the window. */
    return (double)(workload_connections(workload) * workload->pipeline) *
           (window_s(workload) / cycle_s + 1);
}

/* Poisson arrivals, and draws from a mix of several. */
static bool is_random(const struct workload *workload, const struct request *request)
{
    if (!request_is_mixed(request))
        return !request->from_trace && request->arrivals == ARRIVALS_POISSON;
    return workload->arrivals == ARRIVALS_POISSON ||
           request->weight < weight_of_mix(workload);
}

bool samples_expect(struct sample_range *range, const struct scenario *point,
                    const char *class_name)
{
    const struct workload *workload = &point->workload;
    double weights = weight_of_mix(workload), mix = due_in_mix(workload), due = 0;
    double variance = 0;
    bool bound = false;
    for (size_t i = 0; i < workload->request_count; i++) {
        const struct request *request = &workload->requests[i];
        if (class_name && strcmp(class_name, request->class_name) != 0)
            continue;
        bool closed = request_is_mixed(request) && !(mix > 0);
        double its = due_apart(workload, i);
        if (closed)
            its = closed_at_most(workload) * request->weight / weights;
        else if (request_is_mixed(request))
            its = mix * request->weight / weights;
        due += its;
        variance += is_random(workload, request) ? its : 0;
        bound = bound || closed;
    }
    double limit = workload->request_limit ? (double)workload->request_limit : INFINITY;
    double spread = bound ? 0 : 2 * sqrt(variance);
    *range = (struct sample_range){
        .least = bound ? (double)NAN : round(fmax(fmin(due, limit) - spread, 0)),
        .most = round(fmin(due + spread, limit)),
    };
    return isfinite(range->most);
}

/* What is to be said of the class at one point, on the heap; NULL: nothing. */
static char *forecast_class(const struct scenario *scenario, const char *value,
                            int class_index, const char *profile)
{
    struct scenario point;
    struct sample_range range;
    const char *name = workload_class(&scenario->workload, class_index);
    scenario_at_point(&point, scenario, value);
    char *few = samples_expect(&range, &point, name)
                    ? samples_too_few(name ? name : "", range, profile)
                    : NULL;
    scenario_release(&point);
    return few;
}

static void forecast_points(struct words *lines, const struct scenario *scenario,
                            int class_index, const char *profile)
{
    const struct sweep *sweep = &scenario->sweep;
    size_t points = sweep->variable ? sweep->values.count : 1;
    /* A text for each point; empty: nothing to be said, or it was said. */
    struct words few = {0};
    for (size_t i = 0; i < points; i++) {
        char *text =
            forecast_class(scenario, sweep->variable ? sweep->values.items[i] : NULL,
                           class_index, profile);
        words_add(&few, text ? text : "");
        free(text);
    }
    for (size_t i = 0; i < points; i++) {
        struct text line = {0};
        if (!*few.items[i])
            continue;
        text_append_string(&line, scenario->name);
        for (size_t k = i; sweep->variable && k < points; k++) {
            if (strcmp(few.items[k], few.items[i]) != 0)
                continue;
            text_printf(&line, ", %s%s", k == i ? sweep->variable : "",
                        k == i ? " " : "");
            text_append_string(&line, sweep->values.items[k]);
            if (k > i)
                few.items[k][0] = '\0';
        }
        text_printf(&line, ": %s", few.items[i]);
        words_add(lines, text_string(&line));
        text_release(&line);
    }
    words_release(&few);
}

void samples_forecast(struct words *lines, const struct scenario *scenario,
                      const char *profile)
{
    if (!workload_class(&scenario->workload, 0))
        forecast_points(lines, scenario, ALL_REQUESTS, profile);
    for (int c = 0; workload_class(&scenario->workload, c); c++)
        forecast_points(lines, scenario, c, profile);
}
