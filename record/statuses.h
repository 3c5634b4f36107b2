/*
 * statuses.h - the status codes of HTTP as a list of words, so that replies can be
 * counted by them.
 *
 * RFC 9110, 15: codes have three digits, and those that are valid begin with 1 to 5. All
 * others are counted as one.
 */
#ifndef RECORD_STATUSES_H
#define RECORD_STATUSES_H

#include <stddef.h>

#define STATUS_FIRST 100
#define STATUSES     501 /* 100 to 599, and the others */

/* "100", ..., "599", "other", NULL. */
extern const char *const status_names[STATUSES + 1];

/* The place of a code in the list. */
static inline size_t status_place(unsigned code)
{
    size_t place = (size_t)code - STATUS_FIRST; /* smaller codes wrap around */
    return place < STATUSES ? place : STATUSES - 1;
}

#endif
