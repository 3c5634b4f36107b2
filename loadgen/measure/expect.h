/*
 * expect.h - service level objectives that a result is held against: "p99<20ms",
 * "errors=0", "throughput>1k", "errors<0.1%", and of one class "light:p99<20ms".
 *
 * A value that was not measured, because there were too few samples or no replies, meets
 * no limit. Requests without a reply are right-censored: an upper limit on a latency is
 * met only if it would still be met had each of them taken forever.
 */
#ifndef LOADGEN_EXPECT_H
#define LOADGEN_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "record/load_result.h"

enum limit_relation {
    LIMIT_LESS,
    LIMIT_AT_MOST,
    LIMIT_MORE,
    LIMIT_AT_LEAST,
    LIMIT_EQUAL
};

/* The figure that is compared with the limit, and its unit. */
enum measure {
    MEASURE_QUANTILE,   /* of the latency, ns */
    MEASURE_MEAN,       /* ns */
    MEASURE_MAX,        /* ns */
    MEASURE_MIN,        /* ns */
    MEASURE_ERRORS,     /* requests; or, with "%", their share of the scheduled ones */
    MEASURE_TIMEOUTS,   /* likewise */
    MEASURE_DROPPED,    /* likewise */
    MEASURE_OK,         /* likewise */
    MEASURE_THROUGHPUT, /* replies per second */
};

struct expectation {
    const char *text; /* as it was typed; not owned */
    char *class_name; /* NULL: all classes; heap */
    int measure;      /* enum measure */
    double fraction;  /* of a quantile */
    int relation;     /* enum limit_relation */
    double limit;     /* in the unit of the measure */
    bool share;       /* limit and value are shares of the scheduled requests */
};

/* Blanks around the parts and before a unit are left out. `text` must outlive the
 * expectation. 0 or -EINVAL. */
MUST_CHECK int expectation_parse(struct expectation *expectation, const char *text,
                                 struct error *error);
void expectation_release(struct expectation *expectation);

/*
 * The value in the unit of the limit; NaN where it was not measured. The result must hold
 * its distributions in full.
 */
double expectation_value(const struct expectation *expectation,
                         const struct load_result *result);

/* Adds the expectation to those of the result, with its value and whether it is met. */
void expectation_judge(const struct expectation *expectation, struct load_result *result);

/* Whether the result meets all its expectations. */
bool expectations_are_met(const struct load_result *result);

/* One line each: value beside limit. */
void expectations_print(const struct load_result *result, FILE *file);

#endif
