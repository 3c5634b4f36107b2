/* contrast_fixture.h - contrasts of runs that are made in memory (results_fixture.h). */
#ifndef TESTS_UNIT_CONTRAST_FIXTURE_H
#define TESTS_UNIT_CONTRAST_FIXTURE_H

#include "tests/unit/results_fixture.h"

#include <string.h>

#include "analysis/contrast.h"
#include "tests/support/near.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"

static const char *const two_models[] = {"event-loop", "thread-pool", NULL};

static inline struct contrast_selection usual_selection(void)
{
    static const struct words all_scenarios;
    struct contrast_selection selection = {.scenarios = &all_scenarios};
    contrast_select_default(&selection);
    return selection;
}

/* Whether the run allows it; else the message is in `error`. */
static inline int try_contenders(struct contrast *contrast, struct comparison *comparison,
                                 const struct results *results, const char *a,
                                 const char *b, struct error *error)
{
    struct contrast_selection selection = usual_selection();
    comparison_make(comparison, results);
    return contrast_of_contenders(contrast, comparison, a, b, &selection, error);
}

static inline void contenders_of(struct contrast *contrast, struct comparison *comparison,
                                 const struct results *results, const char *a,
                                 const char *b)
{
    struct error error;
    if (try_contenders(contrast, comparison, results, a, b, &error) < 0)
        fail_msg("%s", error.text);
}

/* All that contenders_of has made, and the results that it was made of. */
static inline void contrast_release_all(struct contrast *contrast,
                                        struct comparison *comparison,
                                        struct results *results)
{
    contrast_release(contrast);
    comparison_release(comparison);
    results_release(results);
}

/* Two runs, and the comparison of each. */
struct two_runs {
    struct results results[2];
    struct comparison a, b;
};

static inline void two_runs_compare(struct two_runs *runs)
{
    comparison_make(&runs->a, &runs->results[0]);
    comparison_make(&runs->b, &runs->results[1]);
}

static inline void two_runs_release(struct two_runs *runs)
{
    comparison_release(&runs->a);
    comparison_release(&runs->b);
    for (size_t i = 0; i < COUNT_OF(runs->results); i++)
        results_release(&runs->results[i]);
}

static inline void runs_of(struct contrast *contrast, const struct two_runs *runs,
                           bool same_machine, const struct contrast_selection *selection)
{
    struct error error;
    if (contrast_of_runs(contrast, &runs->a, &runs->b, same_machine, selection, &error) <
        0)
        fail_msg("%s", error.text);
}

/* The samples of ratio.c, whose ratio statsmodels has worked out. */
static const double sample_here[] = {1021, 984, 1043, 1010, 997, 1032};
static const double sample_there[] = {930, 905, 951, 948, 920, 899, 961, 940};

static inline void expect_sample_ratio(const struct contrast_line *line)
{
    expect_digits(line->log.mean, 0.0851426973);
    expect_digits(line->log.degrees, 11.4865459);
    assert_int_equal(line->trials_a, COUNT_OF(sample_here));
    assert_int_equal(line->trials_b, COUNT_OF(sample_there));
    expect_digits(line->interval.low, 1.05999320);
    expect_digits(line->interval.high, 1.11853848);
}

/* Whether something is not paired for this. */
static inline bool is_told(const struct contrast *contrast, const char *beginning)
{
    for (size_t i = 0; i < contrast->unpaired.count; i++)
        if (strncmp(contrast->unpaired.items[i], beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

#endif
