/* profile.c - see profile.h. */
#include "workload/profile.h"

/*
 * quick: minutes, one trial of each, so no intervals. standard: two hours; six blocks are
 * the fewest that give the median a 95 % interval. thorough: more than half a day, every
 * point of every sweep.
 */
const struct profile profiles[] = {
    [PROFILE_QUICK] = {"quick", 1, 0.5, 0.4, true},
    [PROFILE_STANDARD] = {"standard", 6, 0.5, 0.8, true},
    [PROFILE_THOROUGH] = {"thorough", 10, 1, 1, false},
};
