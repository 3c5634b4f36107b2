/* heap.c - the heap against a plain search through everything. */
#include "tests/test.h"

#include <stdlib.h>

#include "base/heap.h"
#include "base/random.h"

#define THINGS 300

struct thing {
    uint64_t key;
    size_t place; /* 0: not in the heap */
};

static void note_place(void *thing, size_t place)
{
    ((struct thing *)thing)->place = place;
}

static void add(struct heap *heap, struct thing *thing, uint64_t key)
{
    thing->key = key;
    assert_true(heap_reserve(heap, realloc));
    heap_add(heap, key, thing, note_place);
}

static uint64_t smallest_key(const struct thing *things)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < THINGS; i++)
        if (things[i].place && things[i].key < least)
            least = things[i].key;
    return least;
}

static void first_is_always_the_smallest(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct thing things[THINGS] = {{0}};
    struct random random;
    random_seed(&random, 7);
    for (int i = 0; i < 20000; i++) {
        struct thing *thing = &things[random_below(&random, THINGS)];
        if (thing->place)
            assert_ptr_equal(heap_remove(&heap, thing->place, note_place), thing);
        else
            add(&heap, thing, random_below(&random, 1000));
        const struct thing *first = heap_first(&heap);
        assert_int_equal(heap_first_key(&heap), smallest_key(things));
        assert_int_equal(first ? first->key : UINT64_MAX, heap_first_key(&heap));
    }
    uint64_t before = 0;
    while (heap.count) {
        const struct thing *first = heap_remove(&heap, 1, note_place);
        assert_true(first->key >= before);
        before = first->key;
    }
    for (size_t i = 0; i < THINGS; i++)
        assert_int_equal(things[i].place, 0);
    assert_null(heap_first(&heap));
    assert_int_equal(heap_first_key(&heap), UINT64_MAX);
    free(heap.entries);
}

static void places_are_where_the_items_are(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct thing things[THINGS] = {{0}};
    for (size_t i = 0; i < THINGS; i++)
        add(&heap, &things[i], i * 7919 % THINGS);
    for (size_t i = 0; i < THINGS; i++)
        assert_ptr_equal(heap.entries[things[i].place - 1].item, &things[i]);
    free(heap.entries);
}

static void numbers_need_no_places(void **state)
{
    (void)state;
    struct heap heap = {0};
    for (uintptr_t i = 0; i < 1000; i++) {
        assert_true(heap_reserve(&heap, realloc));
        heap_add(&heap, 999 - i, (void *)i, NULL);
    }
    for (uintptr_t i = 1000; i-- > 0;)
        assert_true(heap_remove(&heap, 1, NULL) == (void *)i);
    free(heap.entries);
}

static void *refuse(void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
    return NULL;
}

static void lack_of_memory_changes_nothing(void **state)
{
    (void)state;
    struct heap heap = {0};
    struct thing thing = {0};
    assert_false(heap_reserve(&heap, refuse));
    add(&heap, &thing, 5);
    while (heap.count < heap.capacity)
        heap_add(&heap, 6, NULL, NULL);
    assert_false(heap_reserve(&heap, refuse));
    assert_ptr_equal(heap_first(&heap), &thing);
    free(heap.entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_is_always_the_smallest),
        cmocka_unit_test(places_are_where_the_items_are),
        cmocka_unit_test(numbers_need_no_places),
        cmocka_unit_test(lack_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
