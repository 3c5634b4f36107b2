/*
 * heap.h - a binary min-heap in an array: of items with a key each (a point in time, say)
 * the one with the smallest key is at hand; adding and removing take O(log n).
 *
 * Keys lie in the array beside the items, so that comparing touches no item. A heap that
 * has to remove other items than the first passes a function that notes in each item
 * where it is: with a constant function the compiler makes it part of the loops, with
 * NULL nothing of it is left.
 *
 * Zero-initialised it is empty; the user releases `entries` with free. Owned by one
 * thread.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_entry {
    uint64_t key;
    void *item; /* a pointer, or a number made one: the heap only hands it back */
};

struct heap {
    struct heap_entry *entries; /* from malloc or realloc */
    size_t count, capacity;
};

/*
 * Notes that the item is at `place` now. Places count from 1, so that the parent of p is
 * p / 2 and its children are 2p and 2p + 1; 0 is not in the heap.
 */
typedef void heap_placed(void *item, size_t place);

/* Room for one entry more, by realloc or what behaves like it. False without memory. */
static inline bool heap_reserve(struct heap *heap,
                                void *(*resize)(void *memory, size_t bytes))
{
    if (heap->count < heap->capacity)
        return true;
    size_t capacity = heap->capacity ? 2 * heap->capacity : 64;
    struct heap_entry *entries = resize(heap->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    heap->entries = entries;
    heap->capacity = capacity;
    return true;
}

/* Finds the place for an entry from `place` towards the root. */
static inline void heap_rise(struct heap *heap, size_t place, struct heap_entry entry,
                             heap_placed *placed)
{
    struct heap_entry *entries = heap->entries, *hole = &entries[place - 1];
    while (place > 1) {
        struct heap_entry *parent = &entries[place / 2 - 1];
        if (parent->key <= entry.key)
            break;
        *hole = *parent;
        if (placed)
            placed(hole->item, place);
        hole = parent;
        place /= 2;
    }
    *hole = entry;
    if (placed)
        placed(entry.item, place);
}

/* Finds the place for an entry from `place` towards the leaves. */
static inline void heap_sink(struct heap *heap, size_t place, struct heap_entry entry,
                             heap_placed *placed)
{
    struct heap_entry *entries = heap->entries, *hole = &entries[place - 1];
    size_t count = heap->count, below;
    while ((below = 2 * place) <= count) {
        struct heap_entry *child = &entries[below - 1];
        if (below < count && child[1].key < child[0].key) {
            child++;
            below++;
        }
        if (child->key >= entry.key)
            break;
        *hole = *child;
        if (placed)
            placed(hole->item, place);
        hole = child;
        place = below;
    }
    *hole = entry;
    if (placed)
        placed(entry.item, place);
}

/* There has to be room for it: see heap_reserve. */
static inline void heap_add(struct heap *heap, uint64_t key, void *item,
                            heap_placed *placed)
{
    heap_rise(heap, ++heap->count, (struct heap_entry){key, item}, placed);
}

/* Removes the item at `place`, 1 for the first, which has to be there. */
static inline void *heap_remove(struct heap *heap, size_t place, heap_placed *placed)
{
    void *item = heap->entries[place - 1].item;
    struct heap_entry last = heap->entries[--heap->count];
    if (placed)
        placed(item, 0);
    if (place > heap->count)
        return item;
    if (place > 1 && heap->entries[place / 2 - 1].key > last.key)
        heap_rise(heap, place, last, placed);
    else
        heap_sink(heap, place, last, placed);
    return item;
}

/* The smallest key; UINT64_MAX while the heap is empty. */
static inline uint64_t heap_first_key(const struct heap *heap)
{
    return heap->count ? heap->entries[0].key : UINT64_MAX;
}

/* The item with the smallest key, or NULL. */
static inline void *heap_first(const struct heap *heap)
{
    return heap->count ? heap->entries[0].item : NULL;
}

#endif
