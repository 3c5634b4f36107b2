/* group.h - the rows of one scenario, which stand together in the comparison. */
#ifndef REPORT_GROUP_H
#define REPORT_GROUP_H

#include "analysis/comparison.h"
#include "base/text.h"

struct group {
    const struct comparison *comparison;
    const struct row *rows; /* by point, then by contender */
    size_t count;
};

/* The group that begins with the row at this index of the comparison. */
struct group group_at(const struct comparison *comparison, size_t index);

/* Whether a row is one of those that are spoken of, as `with` says. */
typedef bool row_is(const struct row *row, const void *with);

/* Names those: "connections 1: a, b; connections 100: a". */
void group_tell_rows(const struct group *group, row_is *is, const void *with,
                     struct text *text);

#endif
