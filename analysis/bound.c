/* bound.c - see bound.h. */
#include "analysis/bound.h"

const char *const bound_words[] = {[BOUND_EXACT] = "exact",
                                   [BOUND_AT_LEAST] = "at least",
                                   [BOUND_AT_MOST] = "at most",
                                   [BOUND_NOTHING] = "invalid"};

const char *const bound_prefixes[] = {[BOUND_EXACT] = "",
                                      [BOUND_AT_LEAST] = ">=",
                                      [BOUND_AT_MOST] = "<=",
                                      [BOUND_NOTHING] = ""};

enum bound bound_join(enum bound a, enum bound b)
{
    return (enum bound)((unsigned)a | (unsigned)b);
}

enum bound bound_inverse(enum bound bound)
{
    switch (bound) {
    case BOUND_AT_LEAST:
        return BOUND_AT_MOST;
    case BOUND_AT_MOST:
        return BOUND_AT_LEAST;
    default:
        return bound;
    }
}
