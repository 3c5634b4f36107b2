/* capacity_verdict.c - see capacity_verdict.h. */
#include "loadgen/search/capacity_verdict.h"

#include <math.h>

#define LEAST_REFUSED 32

/* ---- the test ---------------------------------------------------------------------- */

/* P(X = k), X ~ Bin(n, p). */
static double binomial_term(double n, double k, double p)
{
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) +
               (n - k) * log1p(-p));
}

/* The sum of the tail from k on, away from the mean, until its terms no longer count.
 * `step` is 1 (upper tail) or -1 (lower tail). */
static double binomial_tail(double n, double k, double p, double step)
{
    double term = binomial_term(n, k, p), sum = 0;
    while (k >= 0 && k <= n && term > 1e-12 * sum) {
        sum += term;
        term *=
            step > 0 ? (n - k) / (k + 1) * p / (1 - p) : k / (n - k + 1) * (1 - p) / p;
        k += step;
    }
    return fmin(sum, 1);
}

int capacity_decide(uint64_t count, uint64_t bad, double share, double level)
{
    double n = (double)count, k = (double)bad;
    if (!count)
        return 0;
    if (k < n * share)
        return binomial_tail(n, k, share, -1) < level ? -1 : 0;
    return binomial_tail(n, k, share, 1) < level ? 1 : 0;
}

double capacity_requests_to_decide(const struct expectation *objective)
{
    return ceil(log(CAPACITY_LEVEL) / log(objective->fraction)) + 1;
}

/* ---- whose limit it was ------------------------------------------------------------ */

static bool generator_is_at_fault(const struct load_result *result)
{
    for (size_t i = 0; i < result->warning_count; i++)
        if (flag_kinds[result->warnings[i].flag].traits & FLAG_OF_GENERATOR)
            return true;
    return false;
}

/* Whether requests were answered in time once they had a connection, and waited for one.
 */
static bool connections_are_at_fault(const struct load_result *result,
                                     const struct expectation *objective)
{
    const struct distribution *service = &result->service;
    return result->waited_for_connection > 0 && distribution_whole(service) &&
           distribution_highest_quantile(service, objective->fraction) <=
               objective->limit;
}

bool capacity_is_refused(const struct load_result *result)
{
    const struct counts *counts = &result->counts;
    return counts->scheduled >= LEAST_REFUSED && !counts->ended[OUTCOME_OK] &&
           counts_errors(counts) - counts->ended[OUTCOME_TIMEOUT] == counts->scheduled;
}

/* Of a step that was missed. */
static enum capacity_verdict limit_of(const struct load_result *result,
                                      const struct expectation *objective)
{
    return capacity_is_refused(result)                   ? CAPACITY_MISSED
           : generator_is_at_fault(result)               ? CAPACITY_GENERATOR
           : connections_are_at_fault(result, objective) ? CAPACITY_CONNECTIONS
                                                         : CAPACITY_MISSED;
}

struct capacity_step capacity_judge(const struct load_result *result, uint64_t good,
                                    const struct expectation *objective)
{
    double share = 1 - objective->fraction;
    struct capacity_step step = {
        .seconds = result->duration_s,
        .requests = result->counts.scheduled,
        .bad = result->counts.scheduled - good,
        .value_ns = expectation_value(objective, result),
    };
    int side = capacity_decide(step.requests, step.bad, share, CAPACITY_LEVEL);
    bool kept =
        side < 0 || (side == 0 && (double)step.bad <= share * (double)step.requests);
    step.decided = side != 0;
    step.verdict =
        (int)(kept && result->counts.ended[OUTCOME_OK] ? CAPACITY_KEPT
                                                       : limit_of(result, objective));
    return step;
}

enum capacity_outcome capacity_conclude(double kept_rps, int limit, bool confirmed)
{
    if (kept_rps > 0 && !confirmed)
        return CAPACITY_TIME_UP;
    return limit == CAPACITY_GENERATOR     ? CAPACITY_GENERATOR_LIMIT
           : limit == CAPACITY_CONNECTIONS ? CAPACITY_CONNECTION_LIMIT
           : kept_rps > 0                  ? CAPACITY_FOUND
                                           : CAPACITY_NONE;
}
