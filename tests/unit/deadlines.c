/* deadlines.c - the heap against a plain search through everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "servers/models/deadlines.h"

#define THINGS 300

static uint64_t earliest(const struct deadline *things)
{
    uint64_t first_ns = UINT64_MAX;
    for (size_t i = 0; i < THINGS; i++)
        if (things[i].place && things[i].at_ns < first_ns)
            first_ns = things[i].at_ns;
    return first_ns;
}

static void first_is_always_the_earliest(void **state)
{
    (void)state;
    struct deadlines deadlines = {0};
    struct deadline things[THINGS] = {{0}};
    struct random random;
    random_seed(&random, 7);
    for (int i = 0; i < 20000; i++) {
        struct deadline *thing = &things[random_below(&random, THINGS)];
        if (thing->place)
            deadlines_remove(&deadlines, thing);
        else
            assert_true(deadlines_add(&deadlines, thing, random_below(&random, 1000)));
        struct deadline *first = deadlines_first(&deadlines);
        assert_int_equal(first ? first->at_ns : UINT64_MAX, earliest(things));
    }
    uint64_t before_ns = 0;
    for (struct deadline *first; (first = deadlines_first(&deadlines));) {
        assert_true(first->at_ns >= before_ns);
        before_ns = first->at_ns;
        deadlines_remove(&deadlines, first);
    }
    for (size_t i = 0; i < THINGS; i++)
        assert_int_equal(things[i].place, 0);
    deadlines_remove(&deadlines, &things[0]);
    assert_null(deadlines_first(&deadlines));
    deadlines_release(&deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_always_the_earliest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
