/*
 * ceiling_search.h - `load --calibrate`: measures the generator's own ceiling on this
 * machine (ceiling.h), against a null server.
 */
#ifndef LOADGEN_CEILING_SEARCH_H
#define LOADGEN_CEILING_SEARCH_H

#include <stdint.h>

#include "base/error.h"
#include "loadgen/search/ceiling.h"

/*
 * Measures several rounds, each of `round_ns`, and takes the median; server and
 * generator run on CPUs of their own where there are two. 0 or -errno.
 */
MUST_CHECK int ceiling_search(struct ceiling *ceiling, uint64_t round_ns,
                              struct error *error);

#endif
