/*
 * capacity_verdict.h - what one step of a search for a capacity shows, and what the steps
 * show together. Functions of results alone: they run nothing.
 *
 * "p99<50ms" says that at most 1 % of the requests may take longer, or fail, or get no
 * reply. Requests beyond that are the server's miss, unless a limit of the generator's
 * explains them: its own flags first, then connections that were all busy while requests,
 * once sent, were answered in time.
 */
#ifndef LOADGEN_CAPACITY_VERDICT_H
#define LOADGEN_CAPACITY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/measure/expect.h"
#include "record/capacity.h"

/* The error that one decision may have. */
#define CAPACITY_LEVEL 0.001

/*
 * Whether `bad` of `count` show that the true share is below (-1) or above (1) `share`,
 * each with an error of at most `level`; 0 where they do not.
 */
int capacity_decide(uint64_t count, uint64_t bad, double share, double level);

/* The fewest requests that show an objective to be kept, where all of them keep it. */
double capacity_requests_to_decide(const struct expectation *objective);

/*
 * Whether all requests were refused, quickly: a lower rate does not help, and no limit of
 * the generator's explains it.
 */
bool capacity_is_refused(const struct load_result *result);

/*
 * The step that the result is of, without its rate. `good` requests had a good reply
 * within the objective's limit; a step without good replies is no success, however few
 * requests it had.
 */
struct capacity_step capacity_judge(const struct load_result *result, uint64_t good,
                                    const struct expectation *objective);

/*
 * What a search has found. `kept_rps`: the highest rate that kept the objective, 0 none;
 * `limit`: the enum capacity_verdict of the lowest that did not, CAPACITY_KEPT where
 * there was none; `confirmed`: whether kept_rps was.
 */
enum capacity_outcome capacity_conclude(double kept_rps, int limit, bool confirmed);

#endif
