/* profile.c - see profile.h. */
#include "harness/experiment/profile.h"

/*
 * quick: minutes, one trial of each, so no intervals. standard: hours; six blocks are
 * the fewest that give the median a 95 % interval. thorough: more than half a day, every
 * point of every sweep.
 */
const struct profile profiles[] = {
    [PROFILE_QUICK] = {"quick", 1, 0.5, 0.4, true, true},
    [PROFILE_STANDARD] = {"standard", 6, 0.5, 0.8, false, true},
    [PROFILE_THOROUGH] = {"thorough", 10, 1, 1, false, false},
};
