/*
 * claims_fixture.h - claims as texts, about a scenario of waits, and their verdicts in a
 * run that never was.
 */
#ifndef TESTS_UNIT_CLAIMS_FIXTURE_H
#define TESTS_UNIT_CLAIMS_FIXTURE_H

#include "analysis/claims.h"
#include "tests/unit/results_fixture.h"

#define WAITS                                                                            \
    "\"family\":\"f\",\"requests\":[{\"path\":\"/wait:50ms\",\"class\":\"wait\"}],"      \
    "\"load\":{\"connections\":100},\"server\":{\"options\":{\"threads\":32}},"          \
    "\"sweep\":{\"variable\":\"connections\",\"values\":[10,100]}"

#define CLAIM(number, tests, more)                                                       \
    "{\"number\":" number ",\"id\":\"c" number                                           \
    "\",\"said\":\"s\",\"means\":\"m\",\"refuted_if\":\"r\",\"tests\":[" tests "]" more  \
    "}"
#define CLAIMS(list) "{\"claims\":[" list "]}"
#define TEST(subject, more, reference)                                                   \
    "{\"subject\":{\"scenario\":\"waits\",\"contender\":\"event-loop\"," subject         \
    "\"metric\":\"throughput_rps\"}," more ",\"reference\":{" reference "}}"
#define AT_100                "\"points\":[\"100\"],"
#define AT_10                 "\"points\":[10],"
#define POOL                  "\"contender\":\"thread-pool\""
#define FORMULA(text)         "\"formula\":\"" text "\""
#define RELATION(word)        "\"relation\":\"" word "\""
#define AT_LEAST(margin)      RELATION("at_least") ",\"margin\":" #margin
#define AT_MOST(margin)       RELATION("at_most") ",\"margin\":" #margin
#define EQUALS(delta)         RELATION("equals") ",\"delta\":" #delta
#define OVER(word)            "\"over\":\"" word "\","
#define TO_POOL(points, more) TEST(points, more, POOL)
#define ONE(tests)            CLAIMS(CLAIM("1", tests, ""))

/* `noise` NULL: that of the results. Release the verdicts. */
static inline struct verdicts judge(const struct results *results, const char *text,
                                    const struct run_noise *noise)
{
    struct claims claims;
    struct comparison comparison;
    struct run_noise own;
    struct verdicts verdicts;
    struct error error;
    if (claims_read_string(&claims, "claims", text, &error) < 0)
        fail_msg("%s", error.text);
    comparison_make(&comparison, results);
    run_noise_make(&own, &comparison);
    claims_judge(&verdicts, &claims, &comparison, noise ? noise : &own);
    comparison_release(&comparison);
    claims_release(&claims);
    return verdicts;
}

static inline void expect_word(const struct claim_verdict *verdict,
                               enum verdict_word word, const char *what)
{
    if (verdict->word != (int)word)
        fail_msg("%s: %s (%s), not %s", what, verdict_words[verdict->word],
                 verdict->why ? verdict->why : "-", verdict_words[word]);
}

#endif
