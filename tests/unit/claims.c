/* Claims: every way to be judged, from results that are made in memory; and every row of
 * scenarios/claims.json asks for what there is. */
#include "tests/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claim_view.h"
#include "analysis/claims_check.h"
#include "commands/claims_files.h"
#include "report/lines.h"
#include "report/verdict_table.h"
#include "tests/unit/claims_fixture.h"
#include "tests/unit/record_fixture.h"

static const char *const labels[] = {"event-loop", "thread-pool", NULL};

/* Deviations whose mean is 0. */
static const double deviations[] = {0.7, -1.2, 0.4, -0.5, 1.3, -0.7};

/* What both contenders reach at both points: the pool exactly, the loop with noise. */
struct figures {
    double loop_10, loop_100, pool_10, pool_100, spread;
    uint64_t blocks;
};
#define USUAL                                                                            \
    {                                                                                    \
        200, 2000, 200, 640, 0.01, 6                                                     \
    }

static void add_block(struct results *results, const struct figures *figures,
                      uint64_t block)
{
    double noise = exp(figures->spread * deviations[(block - 1) % COUNT_OF(deviations)]);
    fixture_add_trial(results, "waits", "10", "event-loop", block,
                      figures->loop_10 * noise);
    fixture_add_trial(results, "waits", "100", "event-loop", block,
                      figures->loop_100 * noise);
    fixture_add_trial(results, "waits", "10", "thread-pool", block, figures->pool_10);
    fixture_add_trial(results, "waits", "100", "thread-pool", block, figures->pool_100);
}

static struct results make(const struct figures *figures)
{
    struct results results = fixture_results(figures->blocks);
    fixture_add_scenario(&results, "waits", WAITS, labels);
    for (uint64_t block = 1; block <= figures->blocks; block++)
        add_block(&results, figures, block);
    return results;
}

/* A run in which every metric's noise floor is this. */
static void fill_noise(struct run_noise *noise, double floor)
{
    *noise = (struct run_noise){.cells = 1, .blocks = 6};
    for (size_t i = 0; i < METRIC_COUNT; i++)
        noise->of[i] = (struct noise_floor){.pairs = 6, .floor = floor};
}

/* ---- three answers ----------------------------------------------------------------- */

#define SUPPORTED    VERDICT_SUPPORTED
#define REFUTED      VERDICT_REFUTED
#define INCONCLUSIVE VERDICT_INCONCLUSIVE

static const struct claim_answer {
    const char *tests;
    enum verdict_word word;
    double ratio; /* of what decides it */
} answers[] = {
    /* 2000 against 640: 3.125. */
    {TO_POOL(AT_100, AT_LEAST(3)), SUPPORTED, 3.125},
    {TO_POOL(AT_100, AT_LEAST(3.3)), REFUTED, 3.125},
    {TO_POOL(AT_100, AT_LEAST(3.12)), INCONCLUSIVE, 3.125},
    {TO_POOL(AT_100, AT_MOST(3.3)), SUPPORTED, 3.125},
    {TO_POOL(AT_100, AT_MOST(3)), REFUTED, 3.125},
    /* 200 against 200 at the other point. */
    {TO_POOL(AT_10, EQUALS(0.05)), SUPPORTED, 1},
    {TO_POOL(AT_100, EQUALS(0.05)), REFUTED, 3.125},
    {TO_POOL(AT_10, EQUALS(0.005)), INCONCLUSIVE, 1},
    /* Points: absent are all of them. */
    {TO_POOL("", OVER("all") AT_LEAST(0.9)), SUPPORTED, 1},
    {TO_POOL("", OVER("all") AT_LEAST(2)), REFUTED, 1},
    {TO_POOL("", OVER("any") AT_LEAST(2)), SUPPORTED, 3.125},
    {TO_POOL("", OVER("any") AT_LEAST(4)), REFUTED, 3.125},
    {TO_POOL("", OVER("any") AT_LEAST(3.12)), INCONCLUSIVE, 3.125},
    /* One point of the reference serves all. */
    {TEST("", AT_LEAST(9),
          POOL ","
               "\"points\":[\"10\"]"),
     REFUTED, 1},
    {TEST(AT_100, AT_LEAST(9), AT_10 POOL), SUPPORTED, 10},
    /* Two tests: both have to hold, one is enough to refute. */
    {TO_POOL(AT_100, AT_LEAST(3)) "," TO_POOL(AT_10, EQUALS(0.05)), SUPPORTED, 3.125},
    {TO_POOL(AT_100, AT_LEAST(3)) "," TO_POOL(AT_10, AT_LEAST(2)), REFUTED, 1},
    {TO_POOL(AT_100, AT_LEAST(3)) "," TO_POOL(AT_10, AT_LEAST(1)), INCONCLUSIVE, 1},
    /* Formulas: 100 clients and 50 ms are 2000/s; 32 threads, 640/s. */
    {TEST("", EQUALS(0.05), FORMULA("C/W")), SUPPORTED, 1},
    {TEST("", AT_MOST(3.2), POOL "," FORMULA("min(X, N)/W")), SUPPORTED, 3.125},
    {TEST("", AT_LEAST(1.5), FORMULA("C/W")), REFUTED, 1},
    {TEST(AT_100, EQUALS(0.05), POOL "," FORMULA("3.125 * min(C, N)/W")), SUPPORTED, 1},
    {TEST(AT_100, AT_MOST(1.05), FORMULA("1/(2*(30ms - 20ms/P) + 0.5ms*(K + 2)/6)")),
     REFUTED, 41},
    /* One figure of a sweep: 20 per client; 200/10 * ... up to 2000 at 100. */
    {TEST("", OVER("slope") EQUALS(0.05), FORMULA("20")), SUPPORTED, 1},
    {TEST("", OVER("slope") AT_LEAST(4), POOL), SUPPORTED, 4.0909},
    {TEST("", OVER("knee") EQUALS(0.05), FORMULA("100")), SUPPORTED, 1},
    {TEST("", OVER("knee") AT_LEAST(3), POOL), SUPPORTED, 3.125},
    /* What is subtracted: 1360 at 100; nothing is left at 10, which counts as 1. */
    {TEST(AT_100, "\"less\":{" POOL "}," EQUALS(0.05), FORMULA("1360")), SUPPORTED, 1},
    {TEST(AT_10 "\"least\":1,", "\"less\":{" POOL "," AT_100 "\"least\":1}," AT_MOST(0.1),
          FORMULA("20")),
     SUPPORTED, 0.05},
    {TEST("", OVER("slope") "\"less\":{" POOL "}," EQUALS(0.05), FORMULA("1360/90")),
     SUPPORTED, 1},
};

static void claims_have_three_answers(void **state)
{
    (void)state;
    const struct figures usual = USUAL;
    struct results results = make(&usual);
    struct run_noise noise;
    fill_noise(&noise, 0.002);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        char *text = memory_printf(ONE("%s"), answers[i].tests);
        struct verdicts verdicts = judge(&results, text, &noise);
        const struct claim_verdict *verdict = verdicts.items;
        expect_word(verdict, answers[i].word, answers[i].tests);
        const struct evidence *evidence = verdict_evidence(verdict);
        assert_non_null(evidence);
        if (fabs(evidence->ratio / answers[i].ratio - 1) > 0.02)
            fail_msg("%s: ratio %g, not %g", answers[i].tests, evidence->ratio,
                     answers[i].ratio);
        assert_int_equal(evidence->blocks, 6);
        assert_non_null(evidence->trials[0]);
        bool open = verdict->word == INCONCLUSIVE;
        assert_int_equal(open && !verdict->why, !isnan(verdict->blocks_needed));
        assert_true(!open || verdict->why || verdict->blocks_needed > 6);
        verdicts_release(&verdicts);
        free(text);
    }
    results_release(&results);
}

/* The pool is ahead by 10 % at 10 clients, and behind by as much at 1000 times that. */
static void a_crossing_is_found(void **state)
{
    (void)state;
    const struct figures figures = {100, 110, 110, 100, 0.001, 6};
    struct results results = make(&figures);
    struct verdicts verdicts =
        judge(&results,
              ONE(TEST("", OVER("crossing") "\"less\":{" POOL "}," AT_MOST(2),
                       FORMULA("31.6"))),
              NULL);
    expect_word(verdicts.items, SUPPORTED, "crossing");
    assert_true(fabs(verdict_evidence(verdicts.items)->ratio - 1) < 0.05);
    verdicts_release(&verdicts);
    results_release(&results);
}

static void what_is_only_reported_has_no_verdict(void **state)
{
    (void)state;
    const struct figures usual = USUAL;
    struct results results = make(&usual);
    struct verdicts verdicts =
        judge(&results, ONE(TO_POOL(AT_100, RELATION("report"))), NULL);
    expect_word(verdicts.items, VERDICT_REPORTED, "report");
    const struct evidence *evidence = verdict_evidence(verdicts.items);
    assert_true(evidence->low < 3.125 && 3.125 < evidence->high);
    assert_true(isnan(evidence->p_within));
    verdicts_release(&verdicts);
    results_release(&results);
}

/* Both claims would be supported alone; together each has to hold at half the level. */
static void claims_of_a_family_are_corrected(void **state)
{
    (void)state;
    struct figures figures = USUAL;
    static const char alone[] = ONE(TO_POOL(AT_100, AT_LEAST(3.095)));
    static const char both[] =
        CLAIMS(CLAIM("1", TO_POOL(AT_100, AT_LEAST(3.095)),
                     "") "," CLAIM("2", TO_POOL(AT_100, AT_MOST(3.155)), ""));
    static const char apart[] =
        CLAIMS(CLAIM("1", TO_POOL(AT_100, AT_LEAST(3.095)), "") "," CLAIM(
            "2", TO_POOL(AT_100, AT_MOST(3.155)), ",\"family\":\"other\""));
    struct results results = make(&figures);
    struct verdicts verdicts = judge(&results, alone, NULL);
    expect_word(&verdicts.items[0], SUPPORTED, "alone");
    double p = verdicts.items[0].p_supported;
    assert_true(p > 0.025 && p < 0.05);
    verdicts_release(&verdicts);
    verdicts = judge(&results, both, NULL);
    expect_word(&verdicts.items[0], INCONCLUSIVE, "one of two");
    expect_word(&verdicts.items[1], INCONCLUSIVE, "the other of two");
    verdicts_release(&verdicts);
    verdicts = judge(&results, apart, NULL);
    expect_word(&verdicts.items[0], SUPPORTED, "of its own family");
    expect_word(&verdicts.items[1], SUPPORTED, "of another family");
    verdicts_release(&verdicts);
    results_release(&results);
}

/* ---- no answer --------------------------------------------------------------------- */

/* The loop's trials at 100, each. */
static void change(struct results *results, void (*as)(struct trial_record *trial))
{
    for (size_t t = 0; t < results->trial_count; t++)
        if (strcmp(results->trials[t].model, "event-loop") == 0 &&
            strcmp(results->trials[t].point.value, "100") == 0)
            as(&results->trials[t]);
}

static void fail_trial(struct trial_record *trial)
{
    trial->status = TRIAL_FAILED;
    trial->valid = false;
    trial->reason = memory_copy_string("the server died");
}

static void swap_trial(struct trial_record *trial)
{
    trial_raise(trial, FLAG_SWAPPING, FLAG_INVALID, "swapping");
    trial->valid = false;
}

static void limit_trial(struct trial_record *trial)
{
    trial_raise(trial, FLAG_GENERATOR_SATURATED, FLAG_WARNING, "saturated");
}

static void share_cpu(struct trial_record *trial)
{
    struct generator_window *window = memory_allocate(sizeof *window);
    *window = (struct generator_window){.cpu_s = 0.2, .elapsed_s = 1};
    trial->generator = window;
    trial->cpus.shared = true;
}

static void leave(struct trial_record *trial)
{
    (void)trial;
}

#define THREE TO_POOL(AT_100, AT_LEAST(3))

static const struct claim_refusal {
    const char *claim;
    void (*as)(struct trial_record *trial);
    enum verdict_word word;
    const char *why;
} refusals[] = {
    {CLAIM("1", THREE, ""), fail_trial, VERDICT_NOT_EVALUATED,
     "waits, connections 100, event-loop: 6 of 6 trials failed: the server died"},
    {CLAIM("1", THREE, ""), swap_trial, VERDICT_NOT_EVALUATED,
     "waits, connections 100, event-loop: throughput_rps proves nothing: swapping"},
    {CLAIM("1", THREE, ",\"void_if\":[\"generator_saturated\"]"), limit_trial,
     VERDICT_NOT_EVALUATED, "flag generator_saturated in 01-waits-100-event-loop"},
    {CLAIM("1", THREE, ",\"needs\":{\"server_cpus\":2}"), leave, VERDICT_NOT_TESTABLE,
     "the server has 1 of 2 CPUs"},
    {CLAIM("1", THREE, ",\"needs\":{\"generator_cpu\":true}"), share_cpu,
     VERDICT_NOT_TESTABLE, "the generator has no CPU of its own, and takes 0.20 of one"},
    {CLAIM("1", THREE, ",\"needs\":{\"generator_cpu\":true}"), leave, SUPPORTED, NULL},
    {CLAIM("1", THREE, ",\"blocks\":10"), leave, INCONCLUSIVE,
     "6 blocks, a verdict takes 10"},
    {CLAIM("1", TEST(AT_100, AT_LEAST(1), FORMULA("U")), ""), leave,
     VERDICT_NOT_EVALUATED,
     "waits, connections 100: event-loop throughput_rps / U has no value here"},
    {CLAIM("1", TO_POOL("\"points\":[\"1000\"],", AT_LEAST(1)), ""), leave,
     VERDICT_NOT_EVALUATED, "waits at 1000 with event-loop is not part of this run"},
    {CLAIM("1", TEST("", AT_LEAST(1), "\"scenario\":\"other\""), ""), leave,
     VERDICT_NOT_EVALUATED, "other with event-loop is not part of this run"},
    {CLAIM("1",
           "{\"subject\":{\"scenario\":\"waits\",\"contender\":\"event-loop\",\"metric\":"
           "\"cores_used\"}," AT_LEAST(1) ",\"reference\":{" POOL "}}",
           ""),
     leave, VERDICT_NOT_EVALUATED,
     "waits, connections 10, event-loop: cores_used was not measured"},
    {CLAIM("1", TO_POOL(AT_10, EQUALS(0.05)), ""), leave, VERDICT_NOT_EVALUATED,
     "underpowered: the noise floor of throughput_rps is not known"},
    /* At least 3.125 shows that it is at least 3, and nothing of an upper limit but that
     * it is above. */
    {CLAIM("1", THREE, ""), limit_trial, SUPPORTED, NULL},
    {CLAIM("1", TO_POOL(AT_100, AT_MOST(3)), ""), limit_trial, REFUTED, NULL},
    {CLAIM("1", TO_POOL(AT_100, AT_LEAST(4)), ""), limit_trial, INCONCLUSIVE, NULL},
    {CLAIM("1", TO_POOL(AT_100, AT_MOST(4)), ""), limit_trial, INCONCLUSIVE, NULL},
};

static void what_has_no_answer_says_why(void **state)
{
    (void)state;
    const struct figures usual = USUAL;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        const struct claim_refusal *refusal = &refusals[i];
        struct results results = make(&usual);
        change(&results, refusal->as);
        char *text = memory_printf(CLAIMS("%s"), refusal->claim);
        struct verdicts verdicts = judge(&results, text, NULL);
        expect_word(verdicts.items, refusal->word, refusal->claim);
        if (refusal->why)
            assert_string_equal(verdicts.items->why, refusal->why);
        verdicts_release(&verdicts);
        free(text);
        results_release(&results);
    }
}

static void what_cannot_run_here_is_not_testable(void **state)
{
    (void)state;
    struct results results = fixture_results(6);
    fixture_add_scenario(&results, "waits", WAITS, labels);
    struct not_testable cell = {.scenario = TEXT("waits"),
                                .value = TEXT("100"),
                                .model = TEXT("event-loop"),
                                .why = TEXT("no io_uring")};
    results.manifest.not_testable = &cell;
    results.manifest.not_testable_count = 1;
    struct verdicts verdicts = judge(&results, ONE(THREE), NULL);
    expect_word(verdicts.items, VERDICT_NOT_TESTABLE, "not testable");
    assert_string_equal(verdicts.items->why,
                        "waits, connections 100, event-loop: no io_uring");
    verdicts_release(&verdicts);
    results.manifest.not_testable = NULL;
    results.manifest.not_testable_count = 0;
    results_release(&results);
}

static void what_the_noise_hides_is_refused(void **state)
{
    (void)state;
    const struct figures usual = USUAL;
    struct results results = make(&usual);
    struct run_noise noise;
    fill_noise(&noise, 0.03);
    static const char equal[] = ONE(TO_POOL(AT_10, EQUALS(0.05)));
    struct verdicts verdicts = judge(&results, equal, &noise);
    expect_word(verdicts.items, VERDICT_NOT_EVALUATED, "underpowered");
    assert_string_equal(verdicts.items->why,
                        "underpowered: 5 % is below twice the noise floor, 3 %");
    verdicts_release(&verdicts);
    verdicts = judge(&results, ONE(TO_POOL(AT_100, EQUALS(0.05))), &noise);
    expect_word(verdicts.items, REFUTED, "three times is no equality, however coarse");
    verdicts_release(&verdicts);
    fill_noise(&noise, 0.02);
    verdicts = judge(&results, equal, &noise);
    expect_word(verdicts.items, SUPPORTED, "twice the noise floor");
    verdicts_release(&verdicts);
    noise.of[METRIC_THROUGHPUT].suspect = true;
    verdicts = judge(&results, ONE(THREE), &noise);
    expect_word(verdicts.items, VERDICT_NOT_EVALUATED, "suspect");
    assert_string_equal(
        verdicts.items->why,
        "the instrument is suspect: a contender's throughput_rps differs from its own");
    verdicts_release(&verdicts);
    results_release(&results);
}

/* The loop is measured twice: at 10 clients it differs from itself by little, at 100 by
 * 50 times as much. */
static void a_test_has_the_noise_of_its_own_cell(void **state)
{
    (void)state;
    const struct figures usual = USUAL;
    struct results results = make(&usual);
    struct experiment *run = &results.experiment;
    experiment_add_twin(run, run->scenarios, run->scenarios->contenders[0]);
    for (uint64_t block = 1; block <= usual.blocks; block++) {
        double noise = deviations[block - 1], own = usual.spread * noise;
        fixture_add_trial(&results, "waits", "10", "event-loop (again)", block,
                          usual.loop_10 * exp(own + 0.001 * noise));
        fixture_add_trial(&results, "waits", "100", "event-loop (again)", block,
                          usual.loop_100 * exp(own + 0.05 * noise));
    }
    struct verdicts verdicts = judge(&results, ONE(TO_POOL(AT_10, EQUALS(0.05))), NULL);
    expect_word(verdicts.items, SUPPORTED, "where there is little noise");
    verdicts_release(&verdicts);
    verdicts = judge(&results, ONE(TEST(AT_100, EQUALS(0.05), FORMULA("2000"))), NULL);
    expect_word(verdicts.items, VERDICT_NOT_EVALUATED, "where there is much");
    assert_string_equal(verdicts.items->why,
                        "underpowered: 5 % is below twice the noise floor, 5.1 %");
    verdicts_release(&verdicts);
    results_release(&results);
}

/* ---- shown ------------------------------------------------------------------------- */

static void the_table_fits_a_terminal(void **state)
{
    (void)state;
    const struct figures usual = USUAL;
    struct results results = make(&usual);
    struct verdicts verdicts =
        judge(&results,
              CLAIMS(CLAIM("1", THREE, "") "," CLAIM(
                  "2", TO_POOL(AT_100, AT_LEAST(3.12)),
                  "") "," CLAIM("3", THREE, ",\"needs\":{\"server_cpus\":2}")),
              NULL);
    free(verdicts.items[1].said);
    verdicts.items[1].said = memory_copy_string(
        "A statement of more words than a line of the table holds goes on below it, as "
        "often as that takes.");
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    verdict_table_print(&verdicts, TABLE_TERMINAL, file);
    fclose(file);
    assert_non_null(strstr(text, "6 of "));
    assert_non_null(strstr(text, "the server has 1 of 2 CPUs"));
    for (char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t width = strcspn(line, "\n");
        if (width > TERMINAL_WIDTH)
            fail_msg("wider than %d: %.*s", TERMINAL_WIDTH, (int)width, line);
        if (width > 0 && line[width - 1] == ' ')
            fail_msg("a blank at the end: %.*s", (int)width, line);
    }
    free(text);
    verdicts_release(&verdicts);
    results_release(&results);
}

/* ---- the files --------------------------------------------------------------------- */

static void shipped_claims_ask_for_what_there_is(void **state)
{
    (void)state;
    struct claims claims;
    struct error error;
    if (claims_read_checked(&claims, "scenarios/claims.json", "scenarios", &error) < 0)
        fail_msg("%s", error.text);
    assert_true(claims.count > 0);
    /* What is written is read as the same. */
    cJSON *json = claims_to_json(&claims), *again_json;
    char *text = cJSON_Print(json), *again_text;
    struct claims again;
    if (claims_read_string(&again, "again", text, &error) < 0)
        fail_msg("%s", error.text);
    again_json = claims_to_json(&again);
    again_text = cJSON_Print(again_json);
    assert_string_equal(text, again_text);
    free(text);
    free(again_text);
    cJSON_Delete(json);
    cJSON_Delete(again_json);
    claims_release(&again);
    claims_release(&claims);
}

/* At each point the reference is that of the point. */
static void a_reference_has_the_points_of_its_subject(void **state)
{
    (void)state;
    struct claims claims;
    struct error error;
    const char *text =
        ONE(TEST("\"points\":[10,100],", AT_LEAST(1), FORMULA("min(C, N)/W")));
    if (claims_read_string(&claims, "own", text, &error) < 0)
        fail_msg("%s", error.text);
    const struct words *points = &claims.items[0].tests[0].reference.reading.points;
    assert_int_equal(points->count, 2);
    assert_string_equal(points->items[1], "100");
    claims_release(&claims);
}

/* What a file may not have: of its form here, of what there is in the second list. */
static const struct claim_mistake {
    const char *text;
    const char *beginning, *end; /* of what is said of it, from the column on */
} mistakes[] = {
    {ONE(TO_POOL(AT_100, EQUALS(0))),
     "83: claims[0].tests[0]: \"relation\": \"equals\" needs a \"delta\" above 0", ""},
    {ONE(TO_POOL(AT_100, AT_LEAST(2) ",\"delta\":0.1")),
     "224: claims[0].tests[0].delta: only \"equals\" has a delta, \"at_least\" has a "
     "margin",
     ""},
    {ONE(TO_POOL(AT_100, EQUALS(0.1) ",\"margin\":2")),
     "224: claims[0].tests[0].margin: \"equals\" has no margin", ""},
    {ONE(TO_POOL(AT_100, RELATION("at_lest"))),
     "194: claims[0].tests[0].relation: expected one of at_least, at_most, equals, "
     "report, got \"at_lest\" (did you mean \"at_least\"?)",
     ""},
    {ONE(TO_POOL(AT_100, OVER("crossing") AT_LEAST(2))),
     "190: claims[0].tests[0].over: \"crossing\" needs a \"less\": what the subject "
     "crosses",
     ""},
    {ONE(TEST(AT_100, AT_LEAST(2), FORMULA("2 / Q"))),
     "239: claims[0].tests[0].reference.formula: \"2 / Q\": expected a number, \"(\", "
     "min, max or one of WTSNKPCDURX at \"Q\"",
     ""},
    {ONE(TEST(AT_100, AT_LEAST(2), FORMULA("min(C N)"))),
     "239: claims[0].tests[0].reference.formula: \"min(C N)\": expected \",\" at \"N)\"",
     ""},
    {ONE(TEST(AT_100, AT_LEAST(2), FORMULA("50 ms"))),
     "239: claims[0].tests[0].reference.formula: \"50 ms\": expected the end, or one of "
     "+ - * / at \"ms\"",
     ""},
    {ONE(TEST("\"points\":[1,2,3],", AT_LEAST(2), "\"points\":[1,2]")),
     "238: claims[0].tests[0].reference.points: expected one point or as many as the "
     "subject has, 3, got 2",
     ""},
    {CLAIMS(CLAIM("1", THREE, ",\"void_if\":[\"steel\"]")),
     "269: claims[0].void_if[0]: expected one of ",
     ", got \"steel\" (did you mean \"steal\"?)"},
    {CLAIMS(CLAIM("1", THREE, "") "," CLAIM("1", THREE, "")),
     "276: claims[1].id: another claim has that already", ""},
    {CLAIMS(CLAIM("1", THREE, ",\"blocks\":5")),
     "267: claims[0].blocks: expected a whole number from 6 to 1000, got 5", ""},
    {CLAIMS(CLAIM("1", THREE, ",\"famly\":\"x\"")),
     "258: claims[0].famly: unknown key, allowed are ", " (did you mean \"family\"?)"},
    {CLAIMS(CLAIM("1", "", "")),
     "82: claims[0].tests: expected an array of 1 to 16 elements, got 0", ""},
};

static const struct claim_mistake unknowns[] = {
    {ONE(TEST("", AT_LEAST(2), "\"scenario\":\"io-wiat\"")),
     "223: claims[0].tests[0].reference.scenario: expected one of waits, hello, got "
     "\"io-wiat\"",
     ""},
    {ONE(TEST("", AT_LEAST(2), "\"contender\":\"thred-pool\"")),
     "224: claims[0].tests[0].reference.contender: unknown model \"thred-pool\", did you "
     "mean \"thread-pool\"?; there are ",
     ""},
    {ONE(TEST("", AT_LEAST(2), "\"contender\":\"thread-pool:thread=2\"")),
     "224: claims[0].tests[0].reference.contender: thread-pool:thread=2: unknown option "
     "\"thread\", did you mean \"threads\"?; there are ",
     ""},
    {ONE(TEST("", AT_LEAST(2), "\"points\":[7]")),
     "222: claims[0].tests[0].reference.points[0]: expected one of 10, 100, got \"7\"",
     ""},
    {ONE(TEST("", AT_LEAST(2), "\"class\":\"lite\"")),
     "220: claims[0].tests[0].reference.class: expected one of wait, got \"lite\"", ""},
    {ONE(TEST("", AT_LEAST(2), "\"metric\":\"throughput\"")),
     "221: claims[0].tests[0].reference.metric: expected one of ",
     ", got \"throughput\" (did you mean \"throughput_rps\"?)"},
    {ONE(TEST("\"class\":\"wait\",", AT_LEAST(2), "\"metric\":\"cores_used\"")),
     "236: claims[0].tests[0].reference.metric: \"cores_used\" is not told of a class",
     ""},
    {ONE("{\"subject\":{\"scenario\":\"hello\",\"contender\":\"event-loop\",\"metric\":"
         "\"cores_used\"},\"over\":\"knee\"," AT_MOST(1) ",\"reference\":{" POOL "}}"),
     "169: claims[0].tests[0].over: \"knee\" is over a sweep, and hello has none", ""},
};

static void expect_told(const char *said, const struct claim_mistake *mistake)
{
    char *beginning = memory_printf("claims:1:%s", mistake->beginning);
    size_t length = strlen(said), end = strlen(mistake->end);
    if (strncmp(said, beginning, strlen(beginning)) != 0 || length < end ||
        strcmp(said + length - end, mistake->end) != 0)
        fail_msg("%s: %s", mistake->text, said);
    free(beginning);
}

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct claims claims;
        struct error error;
        assert_int_equal(claims_read_string(&claims, "claims", mistakes[i].text, &error),
                         -EINVAL);
        expect_told(error.text, &mistakes[i]);
    }
}

/* By a run that has the scenario "waits" and one more. */
static void what_there_is_not_is_told_with_its_place(void **state)
{
    (void)state;
    struct results results = fixture_results(1);
    fixture_add_scenario(&results, "waits", WAITS, labels);
    fixture_add_scenario(&results, "hello",
                         "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]", labels);
    const struct scenario scenarios[] = {results.experiment.scenarios[0].scenario,
                                         results.experiment.scenarios[1].scenario};
    for (size_t i = 0; i < COUNT_OF(unknowns); i++) {
        struct claims claims;
        struct error error;
        assert_int_equal(claims_read_string(&claims, "claims", unknowns[i].text, &error),
                         0);
        assert_int_equal(claims_check(&claims, scenarios, COUNT_OF(scenarios),
                                      &results.experiment.models, &error),
                         -EINVAL);
        expect_told(error.text, &unknowns[i]);
        claims_release(&claims);
    }
    results_release(&results);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_have_three_answers),
        cmocka_unit_test(a_crossing_is_found),
        cmocka_unit_test(what_is_only_reported_has_no_verdict),
        cmocka_unit_test(claims_of_a_family_are_corrected),
        cmocka_unit_test(what_has_no_answer_says_why),
        cmocka_unit_test(what_cannot_run_here_is_not_testable),
        cmocka_unit_test(what_the_noise_hides_is_refused),
        cmocka_unit_test(a_test_has_the_noise_of_its_own_cell),
        cmocka_unit_test(the_table_fits_a_terminal),
        cmocka_unit_test(shipped_claims_ask_for_what_there_is),
        cmocka_unit_test(a_reference_has_the_points_of_its_subject),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(what_there_is_not_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
