/*
 * claims.h - what a run makes of the claims (record/claims.h): three answers, and why
 * there is none.
 *
 * A claim is a hypothesis of a ratio's range: at least m, at most m, 1 within delta. In
 * each of its comparisons two t tests of ln(subject/reference) over the blocks ask
 * whether the ratio is within the range, and whether it is outside
 * (analysis/equivalence.h). A claim of several comparisons holds where all are shown to
 * be within (an intersection-union test, R. L. Berger, "Multiparameter hypothesis testing
 * and acceptance sampling", Technometrics 24, 1982) and fails where one is outside, by
 * Bonferroni's inequality; where any of its points will do it is the other way round. The
 * claims of a family are corrected for each other by Holm's procedure, supporting and
 * refuting each for itself.
 *
 * No verdict: below the blocks that it asks for; where the row, a flag or a bound forbids
 * it; where equality is asked for more finely than twice the noise floor, and was not
 * refuted; and where a contender was told apart from itself, as that shows that the
 * instrument is at fault.
 *
 * In a run by turns (analysis/slice_ratio.h) pairs of processes take the place of blocks.
 * A test that turns do not tell has no verdict, and neither has its claim, unless it only
 * reports: then the others decide.
 */
#ifndef ANALYSIS_CLAIMS_H
#define ANALYSIS_CLAIMS_H

#include "analysis/comparison.h"
#include "analysis/run_noise.h"
#include "record/claims.h"
#include "record/verdicts.h"

#define CLAIMS_LEVEL      0.05
#define CLAIMS_CONFIDENCE (1 - 2 * CLAIMS_LEVEL) /* of the intervals that go with it */

/* Of a CPU: what the generator may take of one that it shares with the server. */
#define CLAIMS_GENERATOR_SHARE 0.05

/* Judges all of the claims. Release the verdicts. */
void claims_judge(struct verdicts *verdicts, const struct claims *claims,
                  const struct comparison *comparison, const struct run_noise *noise);

#endif
