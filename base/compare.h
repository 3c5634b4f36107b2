/*
 * compare.h - comparison functions for qsort and bsearch.
 */
#ifndef BASE_COMPARE_H
#define BASE_COMPARE_H

#include <string.h>

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
