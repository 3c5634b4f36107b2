/*
 * first_use.h - lazy initialisation, for ops with something that all threads of a server
 * share and that is made when it is first needed, so that a server that never runs the op
 * pays nothing for it, neither in memory nor in time to start.
 *
 * Processes that are forked before it is made make one each; plain data can be made once
 * for all of them, see shared_input.h.
 *
 * op->shared is the struct first_use then: first_use_start is the op's start, and its
 * stop calls first_use_stop.
 */
#ifndef SERVERS_OPS_FIRST_USE_H
#define SERVERS_OPS_FIRST_USE_H

#include "servers/ops/op.h"

int first_use_start(const struct op_environment *environment, void **shared,
                    struct error *error);

/* Makes what is shared. */
typedef void *first_use_make(const struct op_environment *environment);

/*
 * What `make` returned, now or earlier; only one thread is in it at a time. Where it
 * returns NULL, so does this, and the next caller tries again.
 */
void *first_use_get(void *shared, first_use_make *make);

/* Hands what was made, if it was, to `release`. */
void first_use_stop(void *shared, void (*release)(void *made));

#endif
