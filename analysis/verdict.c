/* verdict.c - see verdict.h. */
#include "analysis/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/noise_floor.h"
#include "analysis/statistics.h"
#include "base/text.h"

/* ---- several comparisons ----------------------------------------------------------- */

/* A P value, and the place of the evidence that it is of, from 1. */
struct joint_p {
    double p;
    double place; /* NAN: of none */
};

/* That all are shown takes the weakest; that one is shown the strongest, corrected for
 * their number. */
static struct joint_p combine(const struct joint_p *parts, size_t count, bool all)
{
    struct joint_p joint = {NAN, NAN};
    for (size_t i = 0; i < count; i++)
        if (isnan(joint.p) || (all ? parts[i].p > joint.p : parts[i].p < joint.p))
            joint = parts[i];
    if (!all)
        joint.p = fmin(1, joint.p * (double)count);
    return joint;
}

static double p_within(const struct evidence *evidence)
{
    return evidence->p_within;
}

static double p_outside(const struct evidence *evidence)
{
    return evidence->p_outside;
}

static struct joint_p combine_test(const struct claim_verdict *verdict, size_t test,
                                   bool all,
                                   double (*p_of)(const struct evidence *evidence))
{
    struct joint_p *parts =
        memory_allocate_zeroed(verdict->evidence_count + 1, sizeof *parts);
    size_t count = 0;
    for (size_t i = 0; i < verdict->evidence_count; i++)
        if (verdict->evidence[i].test == test + 1)
            parts[count++] = (struct joint_p){p_of(&verdict->evidence[i]), (double)i + 1};
    struct joint_p joint = combine(parts, count, all);
    free(parts);
    return joint;
}

/* That the claim holds, or that it does not. */
static struct joint_p combine_claim(const struct claim_verdict *verdict,
                                    const struct claim *claim, bool holds)
{
    struct joint_p *parts = memory_allocate_zeroed(claim->test_count, sizeof *parts);
    size_t count = 0;
    for (size_t t = 0; t < claim->test_count; t++) {
        bool any = claim->tests[t].over == OVER_ANY;
        if (claim->tests[t].relation != CLAIM_REPORT)
            parts[count++] =
                combine_test(verdict, t, holds != any, holds ? p_within : p_outside);
    }
    struct joint_p joint = combine(parts, count, holds);
    free(parts);
    return joint;
}

void verdict_combine(struct claim_verdict *verdict, const struct claim *claim)
{
    struct joint_p supported = combine_claim(verdict, claim, true);
    verdict->p_supported = supported.p;
    verdict->p_refuted = combine_claim(verdict, claim, false).p;
    verdict->decided_by = isnan(supported.place) ? 1 : supported.place;
    verdict->word = isnan(supported.p) ? VERDICT_REPORTED : VERDICT_OPEN;
}

/* ---- a family ---------------------------------------------------------------------- */

static double blocks_of(const struct evidence *evidence, double level)
{
    struct ratio seen = {
        .pairs = evidence->blocks,
        .log = {evidence->log_mean, evidence->log_error, evidence->log_degrees}};
    struct ratio_range range = {isnan(evidence->range_low) ? 0 : evidence->range_low,
                                isnan(evidence->range_high) ? (double)INFINITY
                                                            : evidence->range_high};
    double blocks = noise_blocks_to_settle(&seen, range, level);
    return fmax(blocks, (double)evidence->blocks + 1);
}

/* All comparisons have to be settled, or the one that takes least. */
static double blocks_needed(const struct claim_verdict *verdict,
                            const struct claim *claim, double level)
{
    double most = 0;
    for (size_t t = 0; t < claim->test_count; t++) {
        bool any = claim->tests[t].over == OVER_ANY;
        double own = any ? (double)INFINITY : 0;
        for (size_t i = 0; i < verdict->evidence_count; i++) {
            const struct evidence *evidence = &verdict->evidence[i];
            if (evidence->test != t + 1 || evidence->p_within <= level ||
                claim->tests[t].relation == CLAIM_REPORT)
                continue;
            double blocks = blocks_of(evidence, level);
            own = any ? fmin(own, blocks) : fmax(own, blocks);
        }
        most = fmax(most, own);
    }
    return most;
}

static void leave_open(struct claim_verdict *verdict, const struct claim *claim,
                       double level)
{
    double blocks = blocks_needed(verdict, claim, level);
    verdict->word = VERDICT_INCONCLUSIVE;
    verdict->blocks_needed = isfinite(blocks) ? blocks : (double)NAN;
    if (!isfinite(blocks))
        verdict->why = memory_copy_string("too near the margin for any number of blocks");
}

/* The verdicts at `members` are all that are open in one family. */
static void decide_family(struct claim_verdict *const *members,
                          const struct claim *const *claims, size_t count, double level)
{
    double *p = memory_allocate((count + 1) * sizeof *p);
    bool *supported = memory_allocate_zeroed(count + 1, sizeof *supported);
    bool *refuted = memory_allocate_zeroed(count + 1, sizeof *refuted);
    for (size_t i = 0; i < count; i++)
        p[i] = members[i]->p_supported;
    statistics_holm(p, count, level, supported);
    for (size_t i = 0; i < count; i++)
        p[i] = members[i]->p_refuted;
    statistics_holm(p, count, level, refuted);
    size_t without_support = count, without_refusal = count;
    for (size_t i = 0; i < count; i++) {
        without_support -= supported[i];
        without_refusal -= refuted[i];
    }
    for (size_t i = 0; i < count; i++) {
        const struct claim_verdict *own = members[i];
        bool leans = own->p_supported < own->p_refuted;
        size_t rivals =
            leans ? without_support : without_refusal; /* of Holm's next step */
        if (supported[i])
            members[i]->word = VERDICT_SUPPORTED;
        else if (!refuted[i])
            leave_open(members[i], claims[i], level / (double)rivals);
        else
            members[i]->word = VERDICT_REFUTED;
        if (refuted[i])
            members[i]->decided_by = combine_claim(members[i], claims[i], false).place;
    }
    free(p);
    free(supported);
    free(refuted);
}

void verdicts_decide(struct verdicts *verdicts, const struct claims *claims)
{
    size_t total = verdicts->count;
    struct claim_verdict **members = memory_allocate_zeroed(total + 1, sizeof(*members));
    const struct claim **own = memory_allocate_zeroed(total + 1, sizeof(*own));
    for (size_t i = 0; i < total; i++) {
        size_t count = 0;
        for (size_t j = i; j < total; j++) {
            struct claim_verdict *verdict = &verdicts->items[j];
            if (verdict->word != VERDICT_OPEN ||
                strcmp(verdict->family, verdicts->items[i].family) != 0)
                continue;
            members[count] = verdict;
            own[count++] = &claims->items[j];
        }
        if (count > 0)
            decide_family(members, own, count, verdicts->level);
    }
    free(members);
    free(own);
}
