/*
 * claim_view.h - a test of a claim as a comparison shows it: the rows that its places
 * name, and in each block the two figures that are held against each other.
 *
 * By turns a block is a pair of processes, and both figures are those of its two servers:
 * the reference's rows are the subject's, in which it is the first side.
 *
 * Figures are in seconds, bytes and requests per second.
 */
#ifndef ANALYSIS_CLAIM_VIEW_H
#define ANALYSIS_CLAIM_VIEW_H

#include "analysis/comparison.h"
#include "base/text.h"
#include "record/claims.h"

/* The rows of a place, one for each of its points; none where nothing is read. */
struct claim_side {
    const struct claim_reading *reading;
    const char *formula; /* in place of a figure, or NULL */
    struct figure figure;
    const struct row **rows;
    size_t count;
};

enum claim_place { PLACE_SUBJECT, PLACE_REFERENCE, PLACE_LESS, CLAIM_PLACES };

struct claim_view {
    const struct claim_test *test;
    const struct comparison *comparison;
    struct claim_side sides[CLAIM_PLACES];
};

/* False where the run has no such rows, or by turns cannot tell what is asked, and then
 * `missing` says so. Release it. */
bool claim_view_find(struct claim_view *view, const struct claim_test *test,
                     const struct comparison *comparison, struct text *missing);
void claim_view_release(struct claim_view *view);

/* How many comparisons it makes: one for each point, or one over the sweep. */
size_t claim_view_count(const struct claim_view *view);

/* Both figures of the comparison at `index` in a block; NAN where they are not known. */
struct claim_pair {
    double subject, reference;
};
struct claim_pair claim_view_pair(const struct claim_view *view, size_t index,
                                  uint64_t block);

/* What a figure of the row proves. Nothing where it was not measured. */
enum bound claim_row_bound(const struct row *row, struct figure figure);

/* What their ratio proves, by the rows that it is made of. */
enum bound claim_view_bound(const struct claim_view *view, size_t index);

/* The rows of a side that the comparison at `index` is made of: *count from the first. */
const struct row *const *claim_view_rows(const struct claim_view *view,
                                         enum claim_place place, size_t index,
                                         size_t *count);

/* "io-wait, connections 100: event-loop throughput_rps / 1/W", on the heap. */
char *claim_view_about(const struct claim_view *view, size_t index);

#endif
