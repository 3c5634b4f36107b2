/*
 * quantity.h - amounts as people write them: "50ms", "64KiB", "10k", "2000/s".
 *
 * One parser and one formatter for every place an amount is typed or shown:
 * command line, scenario files, path programs, tables.
 */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum quantity_unit {
    QUANTITY_COUNT, /* a whole number, optionally with k (1e3) or M (1e6)          */
    QUANTITY_TIME,  /* ns us ms s m h, a unit is required; value in nanoseconds      */
    QUANTITY_SIZE,  /* B kB MB GB (1000) KiB MiB GiB (1024); bare number is bytes    */
};

/*
 * Parses the whole of `text` (decimals are allowed where the result is whole, as in
 * "1.5s"). The value must lie in minimum..maximum (inclusive). 0, or -EINVAL with
 * what is allowed and what was given.
 */
MUST_CHECK int quantity_parse(enum quantity_unit unit, const char *text, uint64_t minimum,
                              uint64_t maximum, uint64_t *value, struct error *error);

/* "250", "250/s", "0.5/s", "2k", "6000/m" -> requests per second, > 0. */
MUST_CHECK int quantity_parse_rate(const char *text, double *per_second,
                                   struct error *error);

/*
 * Writes the value with at most 3 significant digits and its unit: "50 ms",
 * "1.25 s", "64 KiB", "12.3k". Returns `buffer`, for use inside printf arguments.
 */
#define QUANTITY_TEXT_BYTES 32
char *quantity_format(enum quantity_unit unit, double value, char *buffer, size_t bytes);

/*
 * The shortest text that quantity_parse reads back as exactly this value: "50ms",
 * "64KiB", "1000". For file names, path programs and echoes of the configuration.
 */
char *quantity_exact(enum quantity_unit unit, uint64_t value, char *buffer, size_t bytes);

/* What a quantity of this unit looks like: `a time such as "50ms" or "2s"`. */
const char *quantity_describe(enum quantity_unit unit);

#endif
