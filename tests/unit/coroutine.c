/* coroutine.c - functions that stop in the middle: who runs when, on which stack, and
 * what becomes of those that are given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "servers/models/coroutine.h"

#define STACK_BYTES (128 << 10)
#define MANY        100

struct count {
    int to, at;
    uintptr_t stack; /* an address on the stack that it ran on */
};

static void count_up(struct coroutine *self, void *argument)
{
    struct count *count = argument;
    char local[2000];
    memset(local, count->at, sizeof local);
    count->stack = (uintptr_t)local;
    while (count->at < count->to) {
        int before = count->at++;
        coroutine_suspend(self);
        assert_int_equal(count->at, before + 1);
    }
}

static void many_take_turns(void **state)
{
    (void)state;
    struct coroutine_pool pool;
    coroutine_pool_init(&pool, STACK_BYTES);
    struct coroutine *coroutines[MANY];
    struct count counts[MANY];
    for (int i = 0; i < MANY; i++) {
        counts[i] = (struct count){.to = i};
        coroutines[i] = coroutine_create(&pool, count_up, &counts[i]);
        assert_non_null(coroutines[i]);
        assert_int_equal(counts[i].at, 0);
    }
    for (int turn = 0; turn < MANY; turn++)
        for (int i = turn; i < MANY; i++)
            assert_int_equal(coroutine_resume(coroutines[i]), i == turn);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(counts[i].at, i);
    coroutine_pool_release(&pool);
}

static void the_last_stack_is_the_next(void **state)
{
    (void)state;
    struct coroutine_pool pool;
    coroutine_pool_init(&pool, STACK_BYTES);
    struct count first = {.to = 0}, second = {.to = 0};
    assert_true(coroutine_resume(coroutine_create(&pool, count_up, &first)));
    assert_true(coroutine_resume(coroutine_create(&pool, count_up, &second)));
    assert_true(first.stack == second.stack);
    coroutine_pool_release(&pool);
}

static void those_given_up_leave_a_good_stack(void **state)
{
    (void)state;
    struct coroutine_pool pool;
    coroutine_pool_init(&pool, STACK_BYTES);
    for (int round = 0; round < 3; round++) {
        struct count abandoned = {.to = 5}, next = {.to = 1};
        struct coroutine *coroutine = coroutine_create(&pool, count_up, &abandoned);
        assert_false(coroutine_resume(coroutine));
        coroutine_abandon(coroutine);
        assert_int_equal(abandoned.at, 1);
        coroutine = coroutine_create(&pool, count_up, &next);
        assert_false(coroutine_resume(coroutine));
        assert_true(coroutine_resume(coroutine));
        assert_int_equal(next.at, 1);
    }
    coroutine_pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_take_turns),
        cmocka_unit_test(the_last_stack_is_the_next),
        cmocka_unit_test(those_given_up_leave_a_good_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
