/*
 * pilot.h - by which factors the load of a scenario has to be another on this machine, so
 * that its server is as full as that of the reference was.
 *
 * Clients come in proportion to the server's CPUs: a machine of k times as many is taken
 * for k machines side by side. Rates are the same share of the capacity, which by the
 * utilisation law is CPUs / CPU time per request (P. J. Denning, J. P. Buzen, "The
 * operational analysis of queueing network models", Computing Surveys 10, 1978): the
 * reference has that time of every contender, whatever limited it, and a pilot measures
 * it here, with the same contender at the same point, in trials like the reference's.
 *
 *   connections   CPUs here / CPUs there
 *   rate          that, times CPU time there / CPU time here
 *
 * What a pilot cannot tell from noise does not count: where the interval of the ratio
 * holds 1, or the ratio is within PILOT_NOISE, it is taken for 1. So it is where the CPUs
 * are of the same model: what differs between them is how fast the machine was in the
 * minute of the pilot, and a run on the same machine has the very same load. Where
 * requests wait for a fixed time, a faster machine gets no higher rate: servers that hold
 * a thread meanwhile end at threads / time, which is the same on every machine, and their
 * share would grow.
 */
#ifndef ANALYSIS_PILOT_H
#define ANALYSIS_PILOT_H

#include "analysis/reference.h"
#include "record/load_scaling.h"

#define PILOT_TRIALS     3
#define PILOT_NOISE      1.10
#define PILOT_CONFIDENCE 0.95

/* The CPUs that either machine offers (NAN: not known), and whether they are of the same
 * model (-1: not known). */
struct pilot_machines {
    double cpus_here, cpus_there;
    int cpu_is_same;
};

/* Adds the load of a scenario. */
struct scaled_load *pilot_begin(struct load_scaling *scaling,
                                const struct scenario *scenario,
                                const struct pilot_machines *machines);

/* Whether the scenario has rates that a pilot could scale. */
bool pilot_is_asked(const struct scenario *scenario);

/* The cell that tells most: {0} is none. What it points to was given to
 * pilot_consider. */
struct pilot_choice {
    const char *point, *label;
    double busy; /* CPUs that it kept busy in the reference */
};

/*
 * Considers a point, with contenders that can run it here: of those that had at least
 * 99 % of the best throughput in the reference the one that took the least CPU time per
 * request. Of several points the one is kept at which that was the busiest, nearest to
 * its capacity.
 */
void pilot_consider(struct pilot_choice *choice, const struct reference *reference,
                    const struct scenario *scenario, const char *point,
                    const char *const *labels, size_t count);

/* Adds the pilot of what was chosen, with the reference's figures. Nothing where nothing
 * was. */
void pilot_take(struct scaled_load *load, const struct pilot_choice *choice,
                const struct reference *reference, const struct scenario *scenario);

/* Fills in the ratio, the factors and why, from the rest: before the pilot is run, too.
 */
void pilot_judge(struct scaled_load *load, const struct scenario *scenario);

#endif
