/*
 * samples.h - how many samples a class of requests has in a trial, and whether its p99
 * can be told from so many (base/histogram.h): said of what was measured, where a table
 * has no p99, and forecast of what is going to be, before it costs anything.
 */
#ifndef ANALYSIS_SAMPLES_H
#define ANALYSIS_SAMPLES_H

#include <stdbool.h>

#include "base/text.h"
#include "workload/scenario.h"

struct sample_range {
    double least; /* NAN: `most` is a bound, and no more is known */
    double most;
};

/*
 * "light: 40 to 50 samples, p99 needs 368: --profile standard, or a longer duration", on
 * the heap; NULL where there are enough. A profile is named where it lasts long enough;
 * the run's own is `profile`. `class_name` may be empty.
 */
char *samples_too_few(const char *class_name, struct sample_range range,
                      const char *profile);

/*
 * How many samples the class will have; NULL: all requests. In an open loop those that
 * are due, within two standard deviations where they come at random. In a closed loop at
 * most as many as its waits leave time for. False: nothing can be said beforehand.
 */
bool samples_expect(struct sample_range *range, const struct scenario *point,
                    const char *class_name);

/* Appends to `lines` what is to be said of a scenario of the run, equal points together:
 * "mixed, rate 250, 500: light: ...". */
void samples_forecast(struct words *lines, const struct scenario *scenario,
                      const char *profile);

#endif
