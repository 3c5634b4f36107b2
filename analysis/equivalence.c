/* equivalence.c - see equivalence.h. */
#include "analysis/equivalence.h"

const char *const range_answer_words[] = {[RANGE_NOT_TOLD] = "not told",
                                          [RANGE_WITHIN] = "within",
                                          [RANGE_OUTSIDE] = "outside"};

struct ratio_range equivalence_range(double delta)
{
    return (struct ratio_range){1 / (1 + delta), 1 + delta};
}

struct range_test range_test(const struct log_ratio *estimate, struct ratio_range range)
{
    return (struct range_test){
        .within = fmax(log_ratio_above(estimate, range.low),
                       log_ratio_below(estimate, range.high)),
        .outside = fmin(log_ratio_below(estimate, range.low),
                        log_ratio_above(estimate, range.high)),
    };
}

enum range_answer range_test_answer(const struct range_test *test, double level)
{
    return test->within <= level    ? RANGE_WITHIN
           : test->outside <= level ? RANGE_OUTSIDE
                                    : RANGE_NOT_TOLD;
}
