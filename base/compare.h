/*
 * compare.h - the greater and the lesser of two, and comparison functions for qsort and
 * bsearch.
 */
#ifndef BASE_COMPARE_H
#define BASE_COMPARE_H

#include <stdint.h>
#include <string.h>

static inline uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t most_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Of arrays of double, ascending; NaN has no place in such an order. */
static inline int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Of arrays of strings (char *), in the order of their bytes. */
static inline int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

#endif
