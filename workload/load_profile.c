/* load_profile.c - see load_profile.h. */
#include "workload/load_profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"

#define TWO_PI 6.283185307179586476925

static double seconds(uint64_t ns)
{
    return (double)ns / NS_PER_S;
}

/* ---- one phase; times from its start ----------------------------------------------- */

/* A period consists of the level, the burst in its middle, and the level again. */
static double burst_begins_s(const struct load_phase *phase)
{
    return (seconds(phase->period_ns) - seconds(phase->burst_ns)) / 2;
}

/* How much of the time until at_s, within one period, lies in the burst. */
static double time_in_burst(const struct load_phase *phase, double at_s)
{
    double inside = at_s - burst_begins_s(phase);
    return fmin(fmax(inside, 0), seconds(phase->burst_ns));
}

static double phase_level(const struct load_phase *phase, double at_s)
{
    double rise = phase->to - phase->level;
    switch ((enum phase_shape)phase->shape) {
    case PHASE_RAMP:
        return phase->level + rise * fmin(at_s / seconds(phase->duration_ns), 1);
    case PHASE_BURST: {
        double inside = fmod(at_s, seconds(phase->period_ns)) - burst_begins_s(phase);
        return inside >= 0 && inside < seconds(phase->burst_ns) ? phase->to
                                                                : phase->level;
    }
    case PHASE_SINE:
        return phase->level + rise * sin(TWO_PI * at_s / seconds(phase->period_ns));
    case PHASE_STEP:
        break;
    }
    return phase->level;
}

static double phase_area(const struct load_phase *phase, double at_s)
{
    double rise = phase->to - phase->level;
    double period = seconds(phase->period_ns);
    switch ((enum phase_shape)phase->shape) {
    case PHASE_RAMP:
        return (phase->level + rise * at_s / seconds(phase->duration_ns) / 2) * at_s;
    case PHASE_BURST: {
        double whole = floor(at_s / period);
        double in_burst = whole * seconds(phase->burst_ns) +
                          time_in_burst(phase, at_s - whole * period);
        return phase->level * at_s + rise * in_burst;
    }
    case PHASE_SINE:
        return phase->level * at_s +
               rise * period / TWO_PI * (1 - cos(TWO_PI * at_s / period));
    case PHASE_STEP:
        break;
    }
    return phase->level * at_s;
}

/* Solves level t + rise / (2 duration) t^2 = area for t, in the form of the quadratic
 * formula that is free of cancellation. */
static double ramp_time(const struct load_phase *phase, double area)
{
    double slope = (phase->to - phase->level) / seconds(phase->duration_ns);
    double root = sqrt(fmax(phase->level * phase->level + 2 * slope * area, 0));
    return 2 * area / (phase->level + root);
}

static double burst_time(const struct load_phase *phase, double area)
{
    double period = seconds(phase->period_ns), begins = burst_begins_s(phase);
    double whole = floor(area / phase_area(phase, period));
    double left = area - whole * phase_area(phase, period);
    double before = phase->level * begins, burst = phase->to * seconds(phase->burst_ns);
    double time = whole * period;
    if (left < before)
        return time + left / phase->level;
    if (left < before + burst)
        return time + begins + (left - before) / phase->to;
    double rest = left - before - burst;
    return time + begins + seconds(phase->burst_ns) +
           (rest > 0 ? rest / phase->level : 0);
}

/*
 * Newton's method, safeguarded by bisection: where the level is next to 0 and a step
 * leaves the bracket, the bracket is halved instead. It is one period long at first.
 */
static double sine_time(const struct load_phase *phase, double area)
{
    double period = seconds(phase->period_ns);
    double whole = floor(area / (phase->level * period));
    double low = whole * period, high = low + period, time = (low + high) / 2;
    for (int i = 0; i < 100 && high - low > 1e-10; i++) {
        double excess = phase_area(phase, time) - area;
        if (excess > 0)
            high = time;
        else
            low = time;
        double next = time - excess / phase_level(phase, time);
        if (fabs(next - time) < 1e-11)
            break;
        time = next > low && next < high ? next : (low + high) / 2;
    }
    return time;
}

/* The inverse of phase_area, for areas that the phase has. */
static double phase_time(const struct load_phase *phase, double area)
{
    if (area <= 0)
        return 0;
    switch ((enum phase_shape)phase->shape) {
    case PHASE_RAMP:
        return ramp_time(phase, area);
    case PHASE_BURST:
        return burst_time(phase, area);
    case PHASE_SINE:
        return sine_time(phase, area);
    case PHASE_STEP:
        break;
    }
    return area / phase->level;
}

/* ---- all phases -------------------------------------------------------------------- */

static void add_part(struct load_profile *profile, const struct load_phase *phase)
{
    struct profile_part part = {.phase = *phase};
    if (profile->count) {
        const struct profile_part *last = &profile->parts[profile->count - 1];
        double length = seconds(last->phase.duration_ns);
        part.from_s = last->from_s + length;
        part.from_area = last->from_area + phase_area(&last->phase, length);
    }
    profile->parts = memory_resize(profile->parts, (profile->count + 1) * sizeof part);
    profile->parts[profile->count++] = part;
    profile->highest = fmax(profile->highest, phase->level);
    if (phase->shape != PHASE_STEP)
        profile->highest = fmax(profile->highest, phase->to);
}

static uint64_t stretched(uint64_t ns, double stretch)
{
    return (uint64_t)((double)ns * stretch + 0.5);
}

void load_profile_init(struct load_profile *profile, const struct workload *workload)
{
    if (!workload->phase_count) {
        load_profile_init_level(profile, workload->rate_rps);
        return;
    }
    *profile = (struct load_profile){0};
    double total = 0, stretch, end = 0;
    for (size_t i = 0; i < workload->phase_count; i++)
        total += (double)workload->phases[i].duration_ns;
    stretch = (double)workload->duration_ns / total;
    struct load_phase warmup = {.duration_ns = workload->warmup_ns,
                                .level = phase_level(&workload->phases[0], 0)};
    add_part(profile, &warmup);
    for (size_t i = 0; i < workload->phase_count; i++) {
        struct load_phase phase = workload->phases[i];
        phase.duration_ns = stretched(phase.duration_ns, stretch);
        phase.period_ns = stretched(phase.period_ns, stretch);
        phase.burst_ns = stretched(phase.burst_ns, stretch);
        end = phase_level(&phase, seconds(phase.duration_ns));
        add_part(profile, &phase);
    }
    struct load_phase rest = {.level = end};
    add_part(profile, &rest);
}

void load_profile_init_level(struct load_profile *profile, double level)
{
    *profile = (struct load_profile){0};
    struct load_phase phase = {.level = level};
    add_part(profile, &phase);
}

void load_profile_release(struct load_profile *profile)
{
    free(profile->parts);
    *profile = (struct load_profile){0};
}

static const struct profile_part *part_at(const struct load_profile *profile, double at_s)
{
    size_t i = 0;
    while (i + 1 < profile->count && profile->parts[i + 1].from_s <= at_s)
        i++;
    return &profile->parts[i];
}

double load_profile_level(const struct load_profile *profile, double at_s)
{
    const struct profile_part *part = part_at(profile, at_s);
    return phase_level(&part->phase, at_s - part->from_s);
}

double load_profile_area(const struct load_profile *profile, double at_s)
{
    const struct profile_part *part = part_at(profile, at_s);
    return part->from_area + phase_area(&part->phase, at_s - part->from_s);
}

double load_profile_time(const struct load_profile *profile, size_t *part, double area)
{
    while (*part + 1 < profile->count && area >= profile->parts[*part + 1].from_area)
        (*part)++;
    const struct profile_part *found = &profile->parts[*part];
    if (*part + 1 == profile->count && found->phase.level <= 0)
        return (double)INFINITY;
    return found->from_s + phase_time(&found->phase, area - found->from_area);
}
