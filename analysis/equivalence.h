/*
 * equivalence.h - whether a ratio lies within a range, as a question with three answers.
 *
 * Equivalence of two contenders is such a range, 1/(1 + delta) to 1 + delta, and so are
 * "at least m" (m to infinity) and "at most m" (0 to m). That the ratio is within is
 * shown by two one-sided tests, one against each end: TOST, D. J. Schuirmann, "A
 * comparison of the two one-sided tests procedure and the power approach for assessing
 * the equivalence of average bioavailability", J. Pharmacokinetics Biopharm. 15, 1987. At
 * the level alpha that is the same as an interval with the confidence 1 - 2 alpha that
 * lies inside; that the ratio is outside, one that has no point in common with the range.
 * Two contenders that were not told apart have not been shown to be equal.
 */
#ifndef ANALYSIS_EQUIVALENCE_H
#define ANALYSIS_EQUIVALENCE_H

#include "analysis/ratio.h"

struct ratio_range {
    double low, high; /* 0 and INFINITY: no limit on that side */
};

/* As good as equal: within a factor of 1 + delta, either way. */
struct ratio_range equivalence_range(double delta);

/* P values, small where it is shown; NAN where the standard error is not known. A claim's
 * family corrects those of its members by statistics_holm, each kind for itself. */
struct range_test {
    double within, outside;
};
struct range_test range_test(const struct log_ratio *estimate, struct ratio_range range);

enum range_answer {
    RANGE_NOT_TOLD, /* the data show neither */
    RANGE_WITHIN,
    RANGE_OUTSIDE,
};
extern const char *const range_answer_words[]; /* "not told", "within", "outside" */

enum range_answer range_test_answer(const struct range_test *test, double level);

#endif
