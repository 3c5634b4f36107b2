/*
 * bound.h - what a figure proves of what it is a figure of: the value itself, a limit of
 * it on one side, or nothing. Each bit says on which side of the figure the true value
 * may lie as well; a figure that is made of several has the bits of all.
 */
#ifndef ANALYSIS_BOUND_H
#define ANALYSIS_BOUND_H

enum bound {
    BOUND_EXACT = 0,
    BOUND_AT_LEAST = 1, /* the true value may be higher */
    BOUND_AT_MOST = 2,  /* ... or lower */
    BOUND_NOTHING = 3,  /* ... or both: the figure must not be used */
    BOUNDS
};
extern const char *const bound_words[];    /* in files: "exact", "at least", ... */
extern const char *const bound_prefixes[]; /* before a figure: "", ">=", "<=", "" */

/* Of a figure that rises with both. */
enum bound bound_join(enum bound a, enum bound b);

/* Of a figure that falls when this one rises: its inverse, its score. */
enum bound bound_inverse(enum bound bound);

#endif
