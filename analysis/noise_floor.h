/*
 * noise_floor.h - what a run cannot see, and how long it would have to be to see it.
 *
 * A/A test: one contender is measured twice in every block, under two labels. All that
 * its ratio to itself shows is noise: of this machine, in this run, of this metric. Where
 * its interval excludes 1 the instrument itself is suspect, and no verdict is given.
 */
#ifndef ANALYSIS_NOISE_FLOOR_H
#define ANALYSIS_NOISE_FLOOR_H

#include "analysis/equivalence.h"

#define NOISE_POWER 0.8 /* chance to find what is there */

struct noise_floor {
    size_t pairs;
    double spread;            /* standard deviation of ln(A/A) over the blocks */
    struct interval interval; /* of A/A, 95 % */
    double p;                 /* of the two-sided t test that A/A is 1 */
    bool suspect;             /* it is not: below 5 % */
    /* Half the width of that interval, exp(t(0.975) s / sqrt(R)) - 1, and the smallest
     * effect that is found with NOISE_POWER, exp((t(0.975) + t(0.8)) s / sqrt(R)) - 1;
     * NAN below two pairs. */
    double floor, detectable;
};

/* From the mean of ln(A/A) over so many blocks, and how a pair spreads. */
struct noise_floor noise_floor_make(const struct log_ratio *mean, double spread,
                                    size_t pairs);

/* The noise floor from the two labels' trials, paired by block. */
struct noise_floor noise_floor_of(const double *a, const double *a_again, size_t count);

/* Whether to ask for equivalence within `delta` is to ask for more than can be seen:
 * below twice the noise floor, or that is not known. */
bool noise_floor_underpowered(const struct noise_floor *noise, double delta);

/*
 * Blocks that settle a one-sided question at `level` with NOISE_POWER where logarithms of
 * ratios spread by `spread`, and the true one lies `distance` from the margin: the least
 * R >= ((t(1 - level) + t(0.8)) s / distance)^2, both t with R - 1 degrees of freedom.
 * An approximation by Student's t in place of the noncentral t (S. C. Chow, J. Shao,
 * H. Wang, "Sample size calculations in clinical research", 2008, section 3.1), within a
 * block of the exact figure. INFINITY where the distance is 0.
 */
double noise_blocks_needed(double spread, double distance, double level);

/* The same for a range and what has been seen of it so far, by the nearer of its ends. */
double noise_blocks_to_settle(const struct ratio *seen, struct ratio_range range,
                              double level);

#endif
