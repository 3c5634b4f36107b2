/* run_differences.c - what was not the same in two runs, and what is another one anyway.
 */
#include "tests/test.h"

#include "record/run_differences.h"

#include <string.h>

#include "tests/unit/results_fixture.h"

#define HELLO "\"family\":\"f\",\"requests\":[{\"path\":\"/\"}]"
#define LOAD  ",\"load\":{\"connections\":9}"

static const char *const models[] = {"event-loop", NULL};

static void test_machines(void **state)
{
    (void)state;
    struct environment a, b;
    struct run_differences differences = {0};
    environment_init(&a);
    environment_init(&b);
    a.cpu.model = memory_copy_string("one");
    b.cpu.model = memory_copy_string("one");
    a.recorded_utc = memory_copy_string("2026-01-01T00:00:00Z");
    b.kernel.load_average_1min = 3;
    run_differences_of_machines(&differences, &a, &b);
    assert_int_equal(differences.count, 0); /* these are of a moment */
    assert_true(environment_same_machine(&a, &b));
    b.kernel.release = memory_copy_string("7");
    run_differences_of_machines(&differences, &a, &b);
    assert_int_equal(differences.count, 1);
    assert_string_equal(differences.items[0].what, "kernel.release");
    assert_string_equal(differences.items[0].a, "null");
    assert_string_equal(differences.items[0].b, "\"7\"");
    assert_true(environment_same_machine(&a, &b));
    b.cpu.model[0] = 't';
    assert_false(environment_same_machine(&a, &b));
    run_differences_release(&differences);
    environment_release(&a);
    environment_release(&b);
}

/* All members of a whole record: its moment has none to tell, and each that was altered
 * one. */
static void test_a_whole_machine(void **state)
{
    (void)state;
    struct environment before, now;
    struct error error;
    struct run_differences differences = {0};
    const char *file = "tests/records/environment.json";
    assert_int_equal(record_read_file(&environment_type, &before, file, &error), 0);
    record_copy(&environment_type, &now, &before);
    now.kernel.load_average_1min = before.kernel.load_average_1min + 9;
    free(now.recorded_utc);
    now.recorded_utc = NULL;
    run_differences_of_machines(&differences, &before, &now);
    assert_int_equal(differences.count, 0);
    before.network.somaxconn = 4096;
    now.network.somaxconn = NAN;
    named_texts_add(&now.cpu.mitigations, "new", "Vulnerable");
    run_differences_of_machines(&differences, &before, &now);
    assert_int_equal(differences.count, 2);
    assert_string_equal(differences.items[0].what, "cpu.mitigations.new");
    assert_null(differences.items[0].a);
    assert_string_equal(differences.items[0].b, "\"Vulnerable\"");
    assert_string_equal(differences.items[1].what, "network.somaxconn");
    assert_string_equal(differences.items[1].a, "4096");
    assert_string_equal(differences.items[1].b, "null");
    run_differences_release(&differences);
    environment_release(&before);
    environment_release(&now);
}

static void test_experiments(void **state)
{
    (void)state;
    struct results a = fixture_results(1), b = fixture_results(6);
    struct run_differences differences = {0};
    b.experiment.seed++;
    fixture_add_scenario(&a, "hello", HELLO, models);
    fixture_add_scenario(&b, "hello", HELLO LOAD, models);
    fixture_add_scenario(&b, "other", HELLO, models);
    run_differences_of_experiments(&differences, &a.experiment, &b.experiment);
    assert_true(differences.count >= 2);
    assert_string_equal(differences.items[0].what, "repeat");
    assert_memory_equal(differences.items[1].what, "hello: load", strlen("hello: load"));
    for (size_t i = 0; i < differences.count; i++)
        assert_null(strstr(differences.items[i].what, "seed"));
    run_differences_release(&differences);
    results_release(&a);
    results_release(&b);
}

static void test_loads(void **state)
{
    (void)state;
    struct load_result a, b;
    struct run_differences differences = {0};
    load_result_init(&a);
    load_result_init(&b);
    a.connections = 8;
    b.throughput_rps = 1; /* what was seen is no difference of the load */
    run_differences_of_loads(&differences, &a, &b);
    assert_int_equal(differences.count, 1);
    assert_string_equal(differences.items[0].what, "connections");
    assert_string_equal(differences.items[0].a, "8");
    run_differences_release(&differences);
    load_result_release(&a);
    load_result_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_a_whole_machine),
        cmocka_unit_test(test_experiments),
        cmocka_unit_test(test_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
