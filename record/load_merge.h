/*
 * load_merge.h - several results of the load generator become one.
 *
 * They are of generators that loaded a server at the same time: rates are added up over
 * the time that all of their windows have in common. What a series shows is counted
 * there, in the steps that lie within it; counts and distributions are of the whole
 * windows, and where these differ by more than 5 % the sum is flagged. The steps of
 * several series are laid beside each other to the nearest.
 */
#ifndef RECORD_LOAD_MERGE_H
#define RECORD_LOAD_MERGE_H

#include "record/load_result.h"

/*
 * Adds up `count` results. They must hold their distributions in full, be of the same
 * kind of load, of runs that are all different and overlap, else -EINVAL. What does not
 * add up is null, and named in a warning. Expectations are left to the caller
 * (loadgen/measure/expect.h holds a result against them).
 */
MUST_CHECK int load_result_merge(struct load_result *sum, const struct record_part *parts,
                                 size_t count, struct error *error);

#endif
