/*
 * specs.h - parsers for the values of the command line that are more than one number:
 * requests, phases, slow clients (workload/workload.h).
 */
#ifndef WORKLOAD_SPECS_H
#define WORKLOAD_SPECS_H

#include "base/error.h"
#include "workload/workload.h"

/*
 * Adds the request "[CLASS=][WEIGHT|RATE/s[,constant]]:/PATH", or "/PATH".
 * 0 or -EINVAL.
 */
MUST_CHECK int spec_add_request(struct workload *workload, const char *spec,
                                struct error *error);

/*
 * Reads the phase "TIME:LEVEL", "TIME:LEVEL..LEVEL" (a ramp), with ",burst:LENGTH/PERIOD"
 * or ",sine:PERIOD" after it. Levels are rates ("100/s") in an open loop and numbers of
 * clients ("100") in a closed one. 0 or -EINVAL.
 */
MUST_CHECK int spec_read_phase(struct load_phase *phase, const char *spec,
                               struct error *error);

/* Reads "COUNT:BYTES[:/PATH]", bytes per second. 0 or -EINVAL. */
MUST_CHECK int spec_read_slow_clients(struct slow_clients *clients, const char *spec,
                                      struct error *error);

#endif
