/* trial_flags.c - how trials are judged, from records that are written as literals. */
#include "tests/test.h"

#include "harness/trial/trial_flags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_document.h"
#include "servers/model.h"
#include "tests/unit/results_fixture.h"
#include "workload/scenario_read.h"

/* A trial in which all is well: a server that used half a core, on a machine at rest. */
static struct results make_results(void)
{
    struct results results = fixture_results(1);
    struct trial_record *trial =
        fixture_add_trial(&results, "s", NULL, "event-loop", 1, 1000);
    fixture_add_window(trial, 0.5, 1);
    trial->server.window->threads_peak = 1;
    trial->server.window->run_delay_s = 0.001;
    trial->server.window->softirq_s = 0;
    trial->load->threads = 1;
    trial->load->whole_run = (struct whole_run){.sent = 1100, .replies = 1100};
    trial->generator = memory_allocate(sizeof *trial->generator);
    *trial->generator =
        (struct generator_window){.cpu_s = 0.2, .elapsed_s = 1, .run_delay_s = 0.001};
    trial->machine = memory_allocate_zeroed(1, sizeof *trial->machine);
    trial->machine->elapsed_s = 1;
    trial->machine->busy_cpu_s = 0.75;
    trial->server.statistics =
        memory_allocate_zeroed(1, sizeof *trial->server.statistics);
    trial->server.statistics->requests = 1101;
    return results;
}

/* The scenario tolerates what it is given; what asks the server has one CPU. */
static struct trial_setup make_setup(struct scenario *scenario, const char *tolerates)
{
    char *text = memory_printf("{\"name\":\"s\",\"title\":\"t\",\"question\":\"q\","
                               "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}],"
                               "\"tolerates\":[%s]}",
                               tolerates);
    struct error error;
    if (scenario_read_string(scenario, "s", text, &error) < 0)
        fail_msg("%s", error.text);
    free(text);
    static const struct contender loop = {.model = &event_loop_model};
    struct trial_setup setup = {.scenario = scenario, .contender = &loop};
    CPU_SET(1, &setup.placement.services);
    return setup;
}

/* One request of the server's count was our own, to see whether it is ready. */
static const struct harness_part harness = {.requests = 1, .cpu_s = 0.01};

enum change {
    NO_CHANGE,
    GENERATOR_FULL,
    GENERATOR_UNEXPLAINED,
    RATE_MISSED,
    MISCOUNTED,
    MISCOUNTED_BUT_CUT_OFF,
    NOT_COUNTED,
    SHARED_CPU,
    SERVICES_BUSY,
    SERVICES_IN_THE_WAY,
    STOLEN_A_LITTLE,
    STOLEN,
    SWAPPED,
    THROTTLED,
    THROTTLED_AND_TOLD,
    OVERFLOWED,
    OTHERS_RAN,
    SERVER_WAITED,
    SERVER_WAITED_FOR_PACKETS,
    WINDOW_MISSED,
    POOL_WAITED,
    GENERATOR_WAITED,
    BOTH_FULL,
    LOOP_FULL,
    RESTARTED,
    OP_NOTED,
};

static void apply(enum change change, struct trial_record *trial,
                  struct trial_setup *setup)
{
    struct server_statistics *counted = trial->server.statistics;
    switch (change) {
    case NO_CHANGE:
        break;
    case GENERATOR_FULL:
        load_result_warn(trial->load, FLAG_GENERATOR_SATURATED, "full");
        break;
    case GENERATOR_UNEXPLAINED:
        trial->load->valid = false;
        break;
    case RATE_MISSED:
        load_result_warn(trial->load, FLAG_RATE_MISSED, "missed");
        break;
    case MISCOUNTED:
        counted->requests = 1000;
        break;
    case MISCOUNTED_BUT_CUT_OFF:
        counted->requests = 1000;
        trial->load->counts.ended[OUTCOME_TIMEOUT] = 1;
        break;
    case NOT_COUNTED:
        counted->requests = NAN;
        break;
    case SHARED_CPU:
        setup->placement.shared = true;
        break;
    case SERVICES_BUSY:
    case SERVICES_IN_THE_WAY:
        setup->placement.services_shared = change == SERVICES_IN_THE_WAY;
        trial->backend = memory_allocate_zeroed(1, sizeof *trial->backend);
        trial->backend->cpu_s = change == SERVICES_BUSY ? 0.95 : 0.5;
        trial->machine->busy_cpu_s += trial->backend->cpu_s;
        trial->database = memory_allocate_zeroed(1, sizeof *trial->database);
        trial->database->cpu_s = NAN;
        break;
    case STOLEN_A_LITTLE:
    case STOLEN:
        trial->machine->steal_s =
            (change == STOLEN ? 0.03 : 0.01) * (double)sysconf(_SC_NPROCESSORS_ONLN);
        break;
    case SWAPPED:
        trial->machine->swapped_pages = 1;
        break;
    case THROTTLED:
        trial->machine->throttled_s = 0.001;
        break;
    case THROTTLED_AND_TOLD:
        load_result_warn(trial->load, FLAG_THROTTLED, "held back for 0.1 s");
        trial->machine->throttled_s = 0.1;
        break;
    case OVERFLOWED:
        trial->machine->listen_overflows = 1;
        break;
    case OTHERS_RAN:
        trial->machine->busy_cpu_s = 1;
        break;
    case SERVER_WAITED:
        trial->server.window->run_delay_s = 0.03;
        break;
    case SERVER_WAITED_FOR_PACKETS:
        trial->server.window->run_delay_s = 0.03;
        trial->server.window->softirq_s = 0.025;
        break;
    case WINDOW_MISSED:
        *trial->load->accounted = (struct accounted){.to_s = 4};
        break;
    case POOL_WAITED:
        trial->server.window->threads_peak = 8;
        trial->server.window->run_delay_s = 3;
        break;
    case GENERATOR_WAITED:
        trial->generator->run_delay_s = 0.05;
        break;
    case BOTH_FULL:
        load_result_warn(trial->load, FLAG_GENERATOR_SATURATED, "full");
        trial->server.window->cpu_s = 0.96;
        trial->machine->busy_cpu_s = 1.2;
        break;
    case LOOP_FULL:
        load_result_warn(trial->load, FLAG_GENERATOR_SATURATED, "full");
        counted->loop = memory_allocate_zeroed(1, sizeof *counted->loop);
        counted->loop->utilisation = 0.97;
        break;
    case RESTARTED:
        counted->restarts = 2;
        break;
    case OP_NOTED: {
        struct op_statistics *op =
            record_append(&counted->ops, &counted->op_count, sizeof *op);
        op->name = memory_copy_string("file");
        op->note = memory_copy_string("read from memory");
        break;
    }
    }
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        enum change change;
        const char *tolerates;
        int flag; /* -1: none is raised */
        enum flag_severity severity;
        const char *message; /* part of it */
    } cases[] = {
        {NO_CHANGE, "", -1, FLAG_WARNING, NULL},
        {GENERATOR_FULL, "", FLAG_GENERATOR_SATURATED, FLAG_INVALID, "full"},
        {GENERATOR_UNEXPLAINED, "", FLAG_GENERATOR, FLAG_INVALID, "calls its result"},
        {RATE_MISSED, "", FLAG_RATE_MISSED, FLAG_INVALID, "missed"},
        {RATE_MISSED, "\"rate_missed\"", FLAG_RATE_MISSED, FLAG_WARNING, "missed"},
        {MISCOUNTED, "", FLAG_COUNT_MISMATCH, FLAG_INVALID,
         "sent 1100 requests in all, the server counted 999"},
        {MISCOUNTED_BUT_CUT_OFF, "", -1, FLAG_WARNING, NULL},
        {NOT_COUNTED, "", -1, FLAG_WARNING, NULL},
        {SHARED_CPU, "", FLAG_SHARED_CPU, FLAG_INVALID, "used 20 % of one"},
        {SERVICES_BUSY, "", FLAG_SERVICES_BUSY, FLAG_WARNING, "0.95 of its 1 CPU:"},
        {SERVICES_IN_THE_WAY, "", FLAG_SERVICES_SHARE_CPU, FLAG_WARNING, "took 0.50"},
        {STOLEN_A_LITTLE, "", FLAG_STEAL, FLAG_WARNING, "took 1.0 %"},
        {STOLEN, "", FLAG_STEAL, FLAG_INVALID, "took 3.0 %"},
        {SWAPPED, "", FLAG_SWAPPING, FLAG_INVALID, "swapped"},
        {THROTTLED, "", FLAG_THROTTLED, FLAG_INVALID, "quota"},
        {THROTTLED_AND_TOLD, "", FLAG_THROTTLED, FLAG_INVALID, "for 0.1 s"},
        {OVERFLOWED, "", FLAG_LISTEN_OVERFLOW, FLAG_INVALID, "backlog"},
        {OTHERS_RAN, "", FLAG_CONTENTION, FLAG_INVALID, "used 0.29 cores"},
        {SERVER_WAITED, "", FLAG_CONTENTION, FLAG_INVALID, "the server was ready"},
        {SERVER_WAITED_FOR_PACKETS, "", -1, FLAG_WARNING, NULL},
        {WINDOW_MISSED, "", FLAG_WINDOW_MISSED, FLAG_INVALID,
         "saw 1 s of the window of 4"},
        {POOL_WAITED, "", -1, FLAG_WARNING, NULL},
        {GENERATOR_WAITED, "", FLAG_CONTENTION, FLAG_INVALID, "the generator was ready"},
        {BOTH_FULL, "", FLAG_BOTH_FULL, FLAG_WARNING, "between 1000 and 1042"},
        {LOOP_FULL, "", FLAG_BOTH_FULL, FLAG_WARNING, "between 1000 and 1031"},
        {RESTARTED, "", FLAG_RESTARTS, FLAG_INVALID, "2 of the server's processes"},
        {RESTARTED, "\"restarts\"", FLAG_RESTARTS, FLAG_WARNING, "2 of"},
        {OP_NOTED, "", FLAG_OP, FLAG_WARNING, "file: read from memory"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scenario scenario;
        struct results results = make_results();
        struct trial_record *trial = &results.trials[0];
        struct trial_setup setup = make_setup(&scenario, cases[i].tolerates);
        apply(cases[i].change, trial, &setup);
        trial_judge(trial, &setup, &harness);
        /* Wherever it had no CPU of its own the generator slept. */
        bool slept = setup.placement.shared || setup.placement.services_shared;
        assert_int_equal(trial_has_flag(trial, FLAG_SLEEPING_GENERATOR), slept);
        if (trial->flag_count != (size_t)(cases[i].flag >= 0) + slept)
            fail_msg("case %zu: %zu flags", i, trial->flag_count);
        for (size_t f = 0; f < trial->flag_count; f++) {
            if (trial->flags[f].flag == FLAG_SLEEPING_GENERATOR)
                continue;
            assert_int_equal(trial->flags[f].flag, cases[i].flag);
            assert_int_equal(trial->flags[f].severity, cases[i].severity);
            assert_string_equal(trial->flags[f].word, flag_kinds[cases[i].flag].word);
            if (!strstr(trial->flags[f].message, cases[i].message))
                fail_msg("case %zu: \"%s\"", i, trial->flags[f].message);
        }
        assert_int_equal(trial->valid,
                         cases[i].flag < 0 || cases[i].severity == FLAG_WARNING);
        scenario_release(&scenario);
        results_release(&results);
    }
}

/* ---- servers that had the load by turns ------------------------------------------- */

#define TURNS 10

/* Each server has a slice of the warm-up and ten more, and is sent 100 requests in each;
 * of the first one's none came from the harness. */
static struct results make_sliced_results(void)
{
    struct results results = make_results();
    struct trial_record *trial = &results.trials[0];
    struct sliced_pair *pair = memory_allocate(sizeof *pair);
    load_result_release(trial->load);
    free(trial->load);
    trial->load = NULL;
    record_init(&sliced_pair_type, pair);
    trial->slices = pair;
    /* The window of the first server is like that of the second one. */
    pair->server.window = memory_allocate(sizeof *pair->server.window);
    *pair->server.window = *trial->server.window;
    trial->machine->busy_cpu_s += pair->server.window->cpu_s;
    trial->server.statistics->requests = 100 * (1 + TURNS) + 1;
    pair->server.statistics = memory_allocate_zeroed(1, sizeof *pair->server.statistics);
    pair->server.statistics->requests = 100 * (1 + TURNS);
    pair->series = memory_allocate(sizeof *pair->series);
    slice_series_init(pair->series);
    pair->series->threads = 1;
    pair->series->slice_s = 0.4;
    for (size_t i = 0; i < 2 * (1 + TURNS); i++) {
        struct slice *slice = record_append(&pair->series->slices,
                                            &pair->series->slice_count, sizeof *slice);
        *slice = (struct slice){.turn = i / 2,
                                .side = i % 2,
                                .duration_s = 0.35,
                                .sent = 100,
                                .replies = 100,
                                .cpu_s = 0.1,
                                .idle_cpu_s = 0.0001,
                                .valid = true};
    }
    return results;
}

enum sliced_change {
    SLICED_WELL,
    FEW_SLICES_LATE,
    SLICES_LATE,
    SLICES_UNEXPLAINED,
    FIRST_MISCOUNTED,
    SECOND_MISCOUNTED,
    MISCOUNTED_AND_LOST,
    NOT_IDLE,
    GENERATOR_FULL_IN_SLICES,
    ALL_FULL_IN_SLICES,
    OTHERS_RAN_BESIDE,
    GENERATOR_WAITED_BETWEEN,
    GENERATOR_WAITED_WITHIN,
    FIRST_RESTARTED,
};

/* So many of the measured slices have this warning. */
static void warn(struct slice_series *series, enum flag flag, size_t slices)
{
    struct slice_warning *warning =
        record_append(&series->warnings, &series->warning_count, sizeof *warning);
    *warning = (struct slice_warning){
        .word = memory_copy_string(flag_kinds[flag].word),
        .message = memory_copy_string("as the generator says"),
        .slices = slices,
        .invalidates = true,
    };
    for (size_t i = 0; i < slices && flag != FLAG_GENERATOR_SATURATED; i++)
        series->slices[SLICE_SIDES + i].valid = false;
}

static void apply_sliced(enum sliced_change change, struct trial_record *trial)
{
    struct slice_series *series = trial->slices->series;
    switch (change) {
    case SLICED_WELL:
        break;
    case FEW_SLICES_LATE:
        warn(series, FLAG_SCHEDULE_LAG, 2);
        break;
    case SLICES_LATE:
        warn(series, FLAG_SCHEDULE_LAG, 3);
        break;
    case SLICES_UNEXPLAINED:
        warn(series, FLAG_SCHEDULE_LAG, 3);
        series->warnings[0].invalidates = false;
        break;
    case FIRST_MISCOUNTED:
        trial->slices->server.statistics->requests--;
        break;
    case SECOND_MISCOUNTED:
        trial->server.statistics->requests--;
        break;
    case MISCOUNTED_AND_LOST:
        trial->server.statistics->requests--;
        series->slices[5].replies--;
        break;
    case NOT_IDLE:
        for (size_t i = 0; i < series->slice_count; i++)
            series->slices[i].idle_cpu_s = 0.012;
        break;
    case GENERATOR_FULL_IN_SLICES:
    case ALL_FULL_IN_SLICES:
        warn(series, FLAG_GENERATOR_SATURATED, 4);
        for (size_t i = 0; i < series->slice_count; i++)
            if (change == ALL_FULL_IN_SLICES || series->slices[i].side == SLICE_FIRST)
                series->slices[i].cpu_s = 0.39;
        break;
    case OTHERS_RAN_BESIDE:
        trial->machine->busy_cpu_s += 0.2;
        break;
    case GENERATOR_WAITED_BETWEEN:
        trial->generator->run_delay_s = 0.05;
        break;
    case GENERATOR_WAITED_WITHIN:
        for (size_t i = 0; i < series->slice_count; i++)
            series->slices[i].generator_run_delay_s = 0.0105;
        break;
    case FIRST_RESTARTED:
        trial->slices->server.statistics->restarts = 1;
        break;
    }
}

static void test_rules_of_slices(void **state)
{
    (void)state;
    static const struct {
        enum sliced_change change;
        int flag; /* -1: none is raised */
        enum flag_severity severity;
        const char *message; /* part of it */
    } cases[] = {
        {SLICED_WELL, -1, FLAG_WARNING, NULL},
        {FEW_SLICES_LATE, FLAG_SCHEDULE_LAG, FLAG_WARNING, "in 2 of 20 slices: as"},
        {SLICES_LATE, FLAG_SCHEDULE_LAG, FLAG_INVALID, "in 3 of 20 slices: as"},
        {SLICES_UNEXPLAINED, FLAG_GENERATOR, FLAG_INVALID, "calls its result"},
        {FIRST_MISCOUNTED, FLAG_COUNT_MISMATCH, FLAG_INVALID,
         "1100 requests in all to the first server, which counted 1099"},
        {SECOND_MISCOUNTED, FLAG_COUNT_MISMATCH, FLAG_INVALID, "to the second server"},
        {MISCOUNTED_AND_LOST, -1, FLAG_WARNING, NULL},
        {NOT_IDLE, FLAG_NOT_IDLE, FLAG_INVALID, "used 3.0 % of a CPU"},
        {GENERATOR_FULL_IN_SLICES, FLAG_GENERATOR_SATURATED, FLAG_INVALID,
         "in 4 of 20 slices"},
        {ALL_FULL_IN_SLICES, FLAG_BOTH_FULL, FLAG_WARNING, "as both servers were (98 %)"},
        {OTHERS_RAN_BESIDE, FLAG_CONTENTION, FLAG_INVALID, "used 0.24 cores"},
        {GENERATOR_WAITED_BETWEEN, -1, FLAG_WARNING, NULL},
        {GENERATOR_WAITED_WITHIN, FLAG_CONTENTION, FLAG_INVALID,
         "the generator was ready to run and waited for a CPU 3.0 %"},
        {FIRST_RESTARTED, FLAG_RESTARTS, FLAG_INVALID, "1 of the server's processes"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scenario scenario;
        struct results results = make_sliced_results();
        struct trial_record *trial = &results.trials[0];
        struct trial_setup setup = make_setup(&scenario, "");
        apply_sliced(cases[i].change, trial);
        trial_judge(trial, &setup, &harness);
        bool found = cases[i].flag < 0;
        for (size_t f = 0; f < trial->flag_count; f++) {
            const struct trial_flag *flag = &trial->flags[f];
            if (flag->flag != cases[i].flag)
                continue;
            found = true;
            assert_int_equal(flag->severity, cases[i].severity);
            if (!strstr(flag->message, cases[i].message))
                fail_msg("case %zu: \"%s\"", i, flag->message);
        }
        if (!found || (cases[i].flag < 0 && trial->flag_count))
            fail_msg("case %zu: %zu flags", i, trial->flag_count);
        assert_int_equal(trial->valid,
                         cases[i].flag < 0 || cases[i].severity == FLAG_WARNING);
        scenario_release(&scenario);
        results_release(&results);
    }
}

/* A folder of another version may have flags that this one does not know. */
static void test_unknown_flag_is_kept(void **state)
{
    (void)state;
    struct trial_record trial;
    struct error error;
    struct json_document document;
    assert_int_equal(
        json_open_string(
            &document, "trial.json",
            "{\"schema_version\":1,\"id\":\"i\",\"scenario\":\"s\",\"point\":{},"
            "\"model\":\"m\",\"block\":1,\"order\":1,\"seed\":1,\"commands\":{},"
            "\"cpus\":{\"server_count\":1,\"shared\":false},\"status\":\"measured\","
            "\"valid\":false,\"server\":{},\"flags\":["
            "{\"code\":\"sunspots\",\"severity\":\"invalid\",\"message\":\"many\"},"
            "{\"code\":\"steal\",\"severity\":\"warning\",\"message\":\"some\"}]}",
            &error),
        0);
    assert_int_equal(
        record_read(&trial_record_type, &trial, &document, document.root, &error), 0);
    assert_int_equal(trial.flags[0].flag, -1);
    assert_string_equal(trial.flags[0].word, "sunspots");
    assert_int_equal(trial.flags[1].flag, FLAG_STEAL);
    assert_true(trial_is_invalid(&trial));
    cJSON *json = record_to_json(&trial_record_type, &trial);
    char *text = cJSON_PrintUnformatted(json);
    assert_non_null(strstr(text, "{\"code\":\"sunspots\",\"severity\":\"invalid\""));
    cJSON_free(text);
    cJSON_Delete(json);
    trial_record_release(&trial);
    json_close(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rules_of_slices),
        cmocka_unit_test(test_unknown_flag_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
