/* load_scale.c - see load_scale.h. */
#include "workload/load_scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool load_scale_is_given(const struct load_scale *scale)
{
    return scale->connections > 0 || scale->rate > 0 || scale->options.count > 0;
}

static double factor_of(double scale)
{
    return scale > 0 ? scale : 1;
}

/* ---- applying --------------------------------------------------------------------- */

static double scaled_clients(double clients, double factor)
{
    return fmin(fmax(1, round(clients * factor)), (double)WORKLOAD_MAX_CONNECTIONS);
}

static void scale_clients(struct workload *workload, double factor)
{
    double written = fmax(1, (double)workload->connections);
    if (!workload_connects_as_needed(workload) && !workload_phases_are_clients(workload))
        workload->connections = (uint64_t)scaled_clients(written, factor);
    for (size_t i = 0; i < workload->phase_count; i++) {
        struct load_phase *phase = &workload->phases[i];
        if (phase->of_clients && phase->level > 0)
            phase->level = scaled_clients(phase->level, factor);
        if (phase->of_clients && phase->to > 0)
            phase->to = scaled_clients(phase->to, factor);
    }
}

static void scale_rate(double *rate, double factor)
{
    *rate = fmin(*rate * factor, WORKLOAD_MAX_RATE);
}

static void scale_rates(struct workload *workload, double factor)
{
    scale_rate(&workload->rate_rps, factor);
    for (size_t i = 0; i < workload->request_count; i++)
        scale_rate(&workload->requests[i].rate_rps, factor);
    for (size_t i = 0; i < workload->phase_count; i++) {
        struct load_phase *phase = &workload->phases[i];
        if (phase->of_clients)
            continue;
        scale_rate(&phase->level, factor);
        scale_rate(&phase->to, factor);
    }
}

static void set_option(struct setting_list *options, const struct setting *other)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->items[i].name, other->name) == 0) {
            free(options->items[i].value);
            options->items[i].value = memory_copy_string(other->value);
        }
}

void load_scale_apply(struct scenario *point)
{
    struct load_scale *scale = &point->scale;
    if (scale->connections > 0)
        scale_clients(&point->workload, scale->connections);
    if (scale->rate > 0)
        scale_rates(&point->workload, scale->rate);
    for (size_t i = 0; i < scale->options.count; i++)
        set_option(&point->server.options, &scale->options.items[i]);
    setting_list_release(&scale->options);
    *scale = (struct load_scale){0};
}

/* ---- telling ---------------------------------------------------------------------- */

double load_scale_of_sweep(const struct scenario *scenario)
{
    const char *variable = scenario->sweep.variable;
    return variable && strcmp(variable, "connections") == 0
               ? factor_of(scenario->scale.connections)
           : variable && strcmp(variable, "rate") == 0 ? factor_of(scenario->scale.rate)
                                                       : 1;
}

char *load_scale_text(const struct scenario *scenario)
{
    const struct load_scale *scale = &scenario->scale;
    struct text text = {0};
    if (scale->connections > 0)
        text_printf(&text, "connections x %.3g", scale->connections);
    if (scale->rate > 0)
        text_printf(&text, "%srate x %.3g", text.length ? ", " : "", scale->rate);
    for (size_t i = 0; i < scale->options.count; i++)
        text_printf(&text, "%s%s %s", text.length ? ", " : "",
                    scale->options.items[i].name, scale->options.items[i].value);
    return text.length ? text_steal(&text) : NULL;
}
