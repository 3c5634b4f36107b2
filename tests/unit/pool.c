/* pool.c - connections that are taken, waited for and given back, by steps of one
 * thread and by many threads. */
#include "tests/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "servers/ops/pool.h"

static int closed;

static void count_close(void *connection)
{
    (void)connection;
    closed++;
}

static bool is_awake(const struct pool_ticket *ticket)
{
    struct pollfd readable = {.fd = ticket->wake_fd, .events = POLLIN};
    return poll(&readable, 1, 0) == 1;
}

static void first_come_first_served(void **state)
{
    (void)state;
    struct pool pool;
    struct pool_ticket holder = {0}, second = {0}, third = {0};
    int connection;
    pool_init(&pool, 1);
    assert_int_equal(pool_take(&pool, &holder), 1);
    assert_null(holder.connection);
    assert_int_equal(pool_take(&pool, &second), 0);
    assert_int_equal(pool_take(&pool, &third), 0);
    assert_int_equal(pool_take(&pool, &third), 0);
    assert_false(is_awake(&second));
    pool_give(&pool, &holder, &connection);
    assert_true(is_awake(&second));
    assert_false(is_awake(&third));
    assert_int_equal(pool_take(&pool, &second), 1);
    assert_ptr_equal(second.connection, &connection);
    /* A connection that was closed hands on the right to make another. */
    pool_give(&pool, &second, NULL);
    assert_int_equal(pool_take(&pool, &third), 1);
    assert_null(third.connection);
    pool_give(&pool, &third, &connection);
    assert_int_equal(pool_take(&pool, &holder), 1);
    assert_ptr_equal(holder.connection, &connection);
    pool_give(&pool, &holder, &connection);
    closed = 0;
    pool_release(&pool, count_close);
    assert_int_equal(closed, 1);
}

static void whoever_leaves_takes_nothing_along(void **state)
{
    (void)state;
    struct pool pool;
    struct pool_ticket holder = {0}, second = {0}, third = {0};
    int connection;
    pool_init(&pool, 1);
    assert_int_equal(pool_take(&pool, &holder), 1);
    assert_int_equal(pool_take(&pool, &second), 0);
    assert_int_equal(pool_take(&pool, &third), 0);
    pool_give(&pool, &second, NULL); /* leaves the line */
    pool_give(&pool, &holder, &connection);
    assert_true(is_awake(&third));
    pool_give(&pool, &third, NULL); /* its turn had come, and it never looked */
    assert_int_equal(pool_take(&pool, &holder), 1);
    assert_ptr_equal(holder.connection, &connection);
    pool_give(&pool, &holder, NULL);
    closed = 0;
    pool_release(&pool, count_close);
    assert_int_equal(closed, 0);
}

#define THREADS 8
#define ROUNDS  2000
#define SIZE    3

static struct pool shared;
static atomic_int holding, made;

static void *take_and_give(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct pool_ticket ticket = {0};
        while (pool_take(&shared, &ticket) == 0) {
            struct pollfd readable = {.fd = ticket.wake_fd, .events = POLLIN};
            poll(&readable, 1, -1);
        }
        if (atomic_fetch_add(&holding, 1) >= SIZE)
            return &holding; /* too many hold */
        /* What a connection carries is handed on with it. */
        int *uses = ticket.connection;
        if (!uses) {
            atomic_fetch_add(&made, 1);
            uses = calloc(1, sizeof *uses);
        }
        ++*uses;
        atomic_fetch_sub(&holding, 1);
        pool_give(&shared, &ticket, uses);
    }
    return NULL;
}

static int all_uses;

static void sum_and_free(void *connection)
{
    int *uses = connection;
    all_uses += *uses;
    free(uses);
}

static void threads_share_a_pool(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    pool_init(&shared, SIZE);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    pool_release(&shared, sum_and_free);
    assert_int_equal(all_uses, THREADS * ROUNDS);
    assert_in_range(made, 1, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(whoever_leaves_takes_nothing_along),
        cmocka_unit_test(threads_share_a_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
