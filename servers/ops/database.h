/*
 * database.h - the SQLite database that the database ops share: a file in the data
 * folder, made at its first use, in WAL mode, with one connection for each thread. No
 * connection is open before a process is forked, so none is carried over.
 *
 * Table `users`: 10,000 rows; row i (from 1) has id i, score S mod 1000000 and the name
 * "user-" and S in 8 lower-case hexadecimal digits, where S is the xorshift32 state
 * (op.h) after i iterations from OP_SEED. Table `visits`, empty at first: id, score.
 *
 * Settings: synchronous = NORMAL, as SQLite advises for WAL, and 64 KiB of cache for
 * each connection instead of 2 MB, as there may be thousands: most rows are read from
 * the file, which the system has in its page cache.
 */
#ifndef SERVERS_OPS_DATABASE_H
#define SERVERS_OPS_DATABASE_H

#include <sqlite3.h>
#include <stdint.h>

#include "servers/ops/op.h"

#define DATABASE_ROWS 10000

/* For op.start and op.stop: refuses a file that is there and is no such database. */
int database_start(const struct op_environment *environment, void **shared,
                   struct error *error);
void database_stop(void *shared);

/* A connection for the calling thread and a statement on it. 0 or -EIO. */
struct database_connection {
    sqlite3 *handle;
    sqlite3_stmt *statement;
};
int database_open(void *shared, const char *sql, void **connection, struct error *error);
void database_close(void *connection);

/*
 * One writer at a time, of all processes of the server: SQLite allows no more, and would
 * have the others poll instead of waking them.
 */
void database_lock_writers(void *shared);
void database_unlock_writers(void *shared);

/* Fails the call with status 500 and SQLite's own words. */
void database_fail(struct op_call *call, const struct database_connection *connection,
                   const char *what);

#endif
