/*
 * formula.h - arithmetic that stands in a file as text: "min(C, N)/W",
 * "T*(1 - 0.01/U)", "20us".
 *
 * Numbers, which may be times ("50ms", in seconds) or sizes ("5KiB", in bytes), variables
 * of one capital letter, + - * /, parentheses, min(a, b) and max(a, b).
 */
#ifndef BASE_FORMULA_H
#define BASE_FORMULA_H

#include "base/error.h"

/*
 * What the text amounts to. `letters` are the variables that it may have, `values` theirs
 * in the same order, NAN where one is not known. 0, or -EINVAL and what was expected
 * where.
 */
MUST_CHECK int formula_value(const char *text, const char *letters, const double *values,
                             double *value, struct error *error);

/* Whether it is a formula. */
MUST_CHECK int formula_check(const char *text, const char *letters, struct error *error);

#endif
