/* equivalence.c - two one-sided tests against statsmodels, and their three answers. */
#include "analysis/equivalence.h"

#include "tests/support/near.h"

static const double paired[] = {1.012, 0.991, 1.02, 0.998, 1.007, 1.015};
static const double here[] = {1.021, 0.984, 1.043, 1.010, 0.997, 1.032};
static const double there[] = {0.93, 0.905, 0.951, 0.948, 0.92, 0.899, 0.961, 0.94};

static struct log_ratio logs_of(const double *values, size_t count)
{
    double logs[8];
    for (size_t i = 0; i < count; i++)
        logs[i] = log(values[i]);
    return log_ratio_of(logs, count);
}

/*
 * statsmodels 0.13: ttost_paired(log(paired), zeros, -log1p(d), log1p(d))[0] and
 * ttost_ind(log(here), log(there), -log1p(d), log1p(d), usevar='unequal')[0]
 */
static void test_two_one_sided_tests(void **state)
{
    (void)state;
    struct log_ratio pairs = logs_of(paired, COUNT_OF(paired));
    struct log_ratio of_here = logs_of(here, COUNT_OF(here));
    struct log_ratio of_there = logs_of(there, COUNT_OF(there));
    struct log_ratio welch = log_ratio_difference(&of_here, &of_there);
    const struct {
        const struct log_ratio *estimate;
        double delta, within;
    } known[] = {
        {&pairs, 0.01, 0.273612630},    {&pairs, 0.02, 0.0175125064},
        {&pairs, 0.05, 0.000114164026}, {&welch, 0.05, 0.993797169},
        {&welch, 0.10, 0.212203728},    {&welch, 0.20, 2.75732258e-06},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct range_test test =
            range_test(known[i].estimate, equivalence_range(known[i].delta));
        expect_digits(test.within, known[i].within);
    }
}

/* The answers are those of the 90 % interval and the range. */
static void test_answers(void **state)
{
    (void)state;
    struct log_ratio pairs = logs_of(paired, COUNT_OF(paired));
    struct interval interval = log_ratio_interval(&pairs, 0.9);
    double low = interval.low, high = interval.high, bit = 1e-9;
    const struct {
        struct ratio_range range;
        enum range_answer answer;
    } known[] = {
        {{low - bit, high + bit}, RANGE_WITHIN},
        {{low + bit, high + bit}, RANGE_NOT_TOLD},
        {{low - bit, high - bit}, RANGE_NOT_TOLD},
        {{low + bit, high - bit}, RANGE_NOT_TOLD},
        {{high + bit, 2}, RANGE_OUTSIDE},
        {{high - bit, 2}, RANGE_NOT_TOLD},
        {{0.5, low - bit}, RANGE_OUTSIDE},
        {{0.5, low + bit}, RANGE_NOT_TOLD},
        /* At least, at most. */
        {{low - bit, INFINITY}, RANGE_WITHIN},
        {{low + bit, INFINITY}, RANGE_NOT_TOLD},
        {{high + bit, INFINITY}, RANGE_OUTSIDE},
        {{0, high + bit}, RANGE_WITHIN},
        {{0, low + bit}, RANGE_NOT_TOLD},
        {{0, low - bit}, RANGE_OUTSIDE},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct range_test test = range_test(&pairs, known[i].range);
        assert_string_equal(range_answer_words[range_test_answer(&test, 0.05)],
                            range_answer_words[known[i].answer]);
    }
    struct log_ratio one = logs_of(paired, 1);
    struct range_test test = range_test(&one, equivalence_range(10));
    assert_int_equal(range_test_answer(&test, 0.05), RANGE_NOT_TOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_one_sided_tests),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
