/*
 * claim_turns.h - what a run by turns (workload/slicing.h) can settle of claims, and who
 * has the load by turns for that.
 *
 * A test is told by turns where that is all it asks for (claim_test_needs_blocks), and
 * slices can have the load of its scenario. A claim is, where each of its tests is that
 * asks for something: what is only reported is left out where it is not.
 */
#ifndef HARNESS_CLAIM_TURNS_H
#define HARNESS_CLAIM_TURNS_H

#include "record/claims.h"
#include "workload/scenario.h"
#include "workload/slicing.h"

/* Leaves the claims that are told by turns. `scenarios` are those that they may read.
 * Returns "claims by turns: 8, 12; by blocks, without --slices: 1, 2 (a formula)", on the
 * heap. */
char *claims_keep_by_turns(struct claims *claims, const struct scenario *scenarios,
                           size_t scenario_count, const struct slicing *slicing);

/* The first of the contenders has the load by turns with each of them, itself included.
 */
struct claim_pairs {
    struct words contenders; /* labels */
    struct words points;     /* of the sweep; none: there is no sweep */
};

/* What the tests of the claims that are told by turns need in a scenario, and nothing
 * else, by its points: *count of them, on the heap. */
void claims_find_pairs(const struct claims *claims, const struct scenario *scenario,
                       const struct slicing *slicing, struct claim_pairs **pairs,
                       size_t *count);
void claim_pairs_free(struct claim_pairs *pairs, size_t count);

#endif
