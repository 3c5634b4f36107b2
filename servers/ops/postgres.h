/*
 * postgres.h - what the PostgreSQL ops share: a pool of connections to the database of
 * `serve --pg`, at most --pg-connections of them for the whole server (each of several
 * processes has its part of them, at least one), and the state machine that has
 * statements run on one through libpq's non-blocking API. Waiting for a free connection
 * is part of the step.
 *
 * The database gets a table `interleave_users` when a server first starts on it: row i
 * of 1..10000 has id i, score S mod 1000000 and the name "user-" and S in 8 lower-case
 * hexadecimal digits, where S is the xorshift32 state (op.h) after i iterations from
 * OP_SEED.
 *
 * Failures: 502 where the database cannot be reached or refuses a statement, 504 where
 * it takes longer than --upstream-timeout, from the begin of the step; 503 where this
 * process lacks descriptors or memory; 501 where there is no database. A connection
 * that was idle and fails before it has answered is replaced once.
 */
#ifndef SERVERS_OPS_POSTGRES_H
#define SERVERS_OPS_POSTGRES_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "servers/ops/op.h"

#define POSTGRES_ROWS 10000

/* The prepared statement of every connection: id, score and name of the row $1 (int4),
 * to be asked for in binary. */
#define POSTGRES_READ "read"

/* What a step asks, statement by statement. */
struct postgres_work {
    /* Sends statement `index`, from 0: as PQsend... returns, 0 for failure. */
    int (*send)(const struct op_call *call, PGconn *connection, uint64_t index);
    /* Takes its result into the digest; false where that is not what was asked for. */
    bool (*take)(struct op_call *call, const PGresult *result);
    /* How many statements. */
    uint64_t (*count)(const struct op_call *call);
};

/* For op.resume and op.cancel. */
enum op_answer postgres_resume(struct op_call *call, const struct postgres_work *work);
void postgres_cancel(struct op_call *call);

/* For op.start, op.divide and op.stop. */
int postgres_start(const struct op_environment *environment, void **shared,
                   struct error *error);
void postgres_divide(void *shared, uint64_t index, uint64_t sharers);
void postgres_stop(void *shared);

#endif
