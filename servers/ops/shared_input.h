/*
 * shared_input.h - for ops with a block of data that all threads and processes of a
 * server share and that is made when it is first needed (lazy initialisation). It lies
 * in shared memory, so a server of many processes makes it once and holds it once, even
 * if it was forked before; until it is made it takes no memory.
 *
 * op->shared is the struct shared_input then: the op's start calls shared_input_start,
 * and its stop is shared_input_stop. What is not plain data (pointers, handles) is for
 * first_use.h.
 */
#ifndef SERVERS_OPS_SHARED_INPUT_H
#define SERVERS_OPS_SHARED_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

int shared_input_start(size_t bytes, void **shared, struct error *error);
void shared_input_stop(void *shared);

/* Fills the data in; false when it cannot, and the next caller tries again. */
typedef bool shared_input_make(void *data);

/* The data, made now or earlier; NULL when it could not be made. */
void *shared_input_get(void *shared, shared_input_make *make);

#endif
