/* Starved connections are told from slow requests and from connections not needed. */
#include "tests/test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "loadgen/measure/fairness.h"

/* A class whose slowest reply took 1 s, and one without replies. */
static struct clients_result judge(const struct client_tally *clients, size_t count)
{
    struct recorder recorder;
    struct fairness fairness = {0}, all = {0};
    recorder_init(&recorder, 2, NS_PER_S, 4 * NS_PER_S);
    recorder_start(&recorder, 0, 4 * NS_PER_S);
    recorder_begun(&recorder, 0, 0);
    recorder_ok(&recorder, 0, 0, 0, NS_PER_S, NS_PER_S);
    for (size_t i = 0; i < count; i++)
        fairness_add(&fairness, &clients[i]);
    fairness_merge(&all, &fairness);
    struct clients_result *result = fairness_judge(&all, &recorder);
    assert_non_null(result);
    struct clients_result copy = *result;
    free(result);
    fairness_release(&fairness);
    fairness_release(&all);
    recorder_release(&recorder);
    return copy;
}

static void starved_ones_are_counted(void **state)
{
    (void)state;
    const struct client_tally clients[] = {
        {.replies = 9},
        {.replies = 7, .waited_ns = 4 * NS_PER_S},     /* was served */
        {.waited_ns = 4 * NS_PER_S},                   /* starved */
        {.waited_ns = 2 * NS_PER_S},                   /* no longer than a slow reply */
        {.class_index = 1, .waited_ns = 4 * NS_PER_S}, /* nobody had such a reply */
        {.failing = true},                             /* starved */
    };
    struct clients_result result = judge(clients, COUNT_OF(clients));
    assert_true(result.connections == 6 && result.starved == 2);
    assert_true(result.least == 0 && result.median == 0 && result.most == 9);
}

static void where_nobody_is_served_nobody_is_starved(void **state)
{
    (void)state;
    const struct client_tally clients[] = {{.waited_ns = 4 * NS_PER_S},
                                           {.failing = true}};
    struct clients_result result = judge(clients, COUNT_OF(clients));
    assert_true(result.connections == 2 && result.starved == 0 && result.most == 0);
    struct fairness none = {0};
    struct recorder recorder = {0};
    assert_null(fairness_judge(&none, &recorder));
}

static void the_middle_is_the_median(void **state)
{
    (void)state;
    const struct client_tally clients[] = {
        {.replies = 4}, {.replies = 1}, {.replies = 3}, {.replies = 9}};
    struct clients_result result = judge(clients, COUNT_OF(clients));
    assert_true(result.least == 1 && result.median == 3.5 && result.most == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starved_ones_are_counted),
        cmocka_unit_test(where_nobody_is_served_nobody_is_starved),
        cmocka_unit_test(the_middle_is_the_median),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
