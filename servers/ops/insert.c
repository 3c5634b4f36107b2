/*
 * insert.c - writes N rows into the embedded database (database.h) in one transaction.
 * Only one thread writes at a time. The table grows as long as the server runs.
 *
 * The rows have the scores S mod 1000000, where S is the xorshift32 state (op.h) after
 * 1, 2, ... N iterations from OP_SEED. Result: once the transaction is committed, how
 * many rows it added and the sum of their scores modulo 2^32, 4 bytes each, most
 * significant first.
 */

#include "base/quantity.h"
#include "servers/ops/database.h"
#include "servers/ops/op.h"

#define MAX_ROWS 10000

static int insert_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_ROWS, argument, error);
}

static int execute(struct database_connection *connection, const char *sql)
{
    return sqlite3_exec(connection->handle, sql, NULL, NULL, NULL);
}

/* What SQLite said; *sum is that of the scores. */
static int write_rows(struct database_connection *connection, uint64_t rows,
                      uint32_t *sum)
{
    sqlite3_stmt *insert = connection->statement;
    uint32_t state = OP_SEED;
    int result = execute(connection, "BEGIN IMMEDIATE");
    if (result != SQLITE_OK)
        return result;
    *sum = 0;
    for (uint64_t i = 0; i < rows && result == SQLITE_OK; i++) {
        state = op_xorshift32(state);
        *sum += state % 1000000;
        sqlite3_bind_int64(insert, 1, state % 1000000);
        sqlite3_step(insert);
        result = sqlite3_reset(insert);
    }
    return result == SQLITE_OK ? execute(connection, "COMMIT") : result;
}

static void insert_run(struct op_call *call)
{
    struct database_connection *connection = call->resource;
    uint32_t sum;
    database_lock_writers(call->shared);
    int before = sqlite3_total_changes(connection->handle);
    int result = write_rows(connection, call->argument, &sum);
    int added = sqlite3_total_changes(connection->handle) - before;
    if (result != SQLITE_OK) {
        database_fail(call, connection, "write");
        (void)execute(connection, "ROLLBACK"); /* it may not have begun */
    }
    database_unlock_writers(call->shared);
    if (result != SQLITE_OK)
        return;
    unsigned char numbers[8];
    op_put_be32(numbers, (uint32_t)added);
    op_put_be32(numbers + 4, sum);
    op_result(call, numbers, sizeof numbers);
}

static int insert_open(void *shared, void **resource, struct error *error)
{
    static const char sql[] = "INSERT INTO visits (score) VALUES (?)";
    return database_open(shared, sql, resource, error);
}

const struct op insert_op = {
    .name = "insert",
    .kind = OP_BLOCKING,
    .summary = "write so many rows to an embedded database in one transaction",
    .library = "SQLite",
    .node = "sqlite3: on libuv's pool; node:sqlite: on the loop",
    .argument = "ROWS",
    .example = "10",
    .parse = insert_parse,
    .run = insert_run,
    .start = database_start,
    .stop = database_stop,
    .open = insert_open,
    .close = database_close,
};
