/*
 * duration.h - what the ops share whose argument is how long they last
 * (workload/duration.h): their argument, and the generator that "~exp" is drawn from, one
 * for each thread.
 *
 * The generators' seeds are new in every run: which request draws what depends on when
 * it comes, so that no seed would repeat it.
 */
#ifndef SERVERS_OPS_DURATION_H
#define SERVERS_OPS_DURATION_H

#include "servers/ops/op.h"

/* For op.parse, with the longest duration that the op allows. */
MUST_CHECK int duration_argument(const char *text, uint64_t longest_ns,
                                 uint64_t *argument, struct error *error);

/* How long the step at hand is to last; drawn at every call, where it is drawn. */
uint64_t duration_draw(const struct op_call *call, uint64_t longest_ns);

/* For op.open and op.close. */
int duration_open(void *shared, void **resource, struct error *error);
void duration_close(void *resource);

#endif
