/*
 * reference.h - what another run has measured, as it is committed: the samples of its
 * trials (samples.csv), without the trials themselves.
 */
#ifndef ANALYSIS_REFERENCE_H
#define ANALYSIS_REFERENCE_H

#include "analysis/comparison.h"

/* A line of samples.csv. */
struct reference_sample {
    char *trial;
    uint64_t block, order;
    char *scenario;
    char *variable, *point; /* of the sweep; NULL: there is none */
    char *model;            /* the contender's label */
    bool valid;
    char *metric; /* as metric_file_name has it */
    double value;
};

struct reference {
    struct reference_sample *samples;
    size_t count;
};

void reference_release(struct reference *reference);

/* The valid values of a figure of a contender, at a point of a scenario, by block: how
 * many there are; `values` and `blocks` have room for all samples, each may be NULL. */
size_t reference_values_at(const struct reference *reference,
                           const struct scenario *scenario, const char *point,
                           const char *label, struct figure figure, double *values,
                           uint64_t *blocks);

/* The same in the cell of this row. */
size_t reference_values(const struct reference *reference, const struct row *cell,
                        const char *label, struct figure figure, double *values,
                        uint64_t *blocks);

/* The ratio of two contenders' figures, paired by block. */
struct ratio reference_ratio(const struct reference *reference, const struct row *cell,
                             const char *a, const char *b, struct figure figure,
                             double confidence);

#endif
