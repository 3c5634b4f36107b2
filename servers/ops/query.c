/*
 * query.c - point reads from the embedded database (database.h): N rows by their key.
 *
 * The keys: 1 + S mod 10000, where S is the xorshift32 state (op.h) after 1, 2, ... N
 * iterations from OP_SEED. Result: of each row its id and its score, 4 bytes each, most
 * significant first, and the bytes of its name.
 */

#include "base/quantity.h"
#include "servers/ops/database.h"
#include "servers/ops/op.h"

#define MAX_READS 10000

static int query_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_READS, argument, error);
}

static void take_row(struct op_call *call, sqlite3_stmt *row)
{
    unsigned char number[4];
    op_put_be32(number, (uint32_t)sqlite3_column_int64(row, 0));
    op_result(call, number, sizeof number);
    op_put_be32(number, (uint32_t)sqlite3_column_int64(row, 1));
    op_result(call, number, sizeof number);
    const unsigned char *name = sqlite3_column_text(row, 2);
    op_result(call, name, (size_t)sqlite3_column_bytes(row, 2));
}

static void query_run(struct op_call *call)
{
    struct database_connection *connection = call->resource;
    sqlite3_stmt *select = connection->statement;
    uint32_t state = OP_SEED;
    int result = SQLITE_OK;
    for (uint64_t i = 0; i < call->argument && result == SQLITE_OK; i++) {
        state = op_xorshift32(state);
        sqlite3_bind_int64(select, 1, 1 + state % DATABASE_ROWS);
        int step = sqlite3_step(select);
        if (step == SQLITE_ROW)
            take_row(call, select);
        else if (step == SQLITE_DONE)
            op_fail(call, 500, "a row is missing");
        result = sqlite3_reset(select);
    }
    if (result != SQLITE_OK)
        database_fail(call, connection, "read");
}

static int query_open(void *shared, void **resource, struct error *error)
{
    static const char sql[] = "SELECT id, score, name FROM users WHERE id = ?";
    return database_open(shared, sql, resource, error);
}

const struct op query_op = {
    .name = "query",
    .kind = OP_BLOCKING,
    .summary = "read so many rows by key from an embedded database",
    .library = "SQLite",
    .node = "sqlite3: on libuv's pool; node:sqlite: on the loop",
    .argument = "READS",
    .example = "10",
    .parse = query_parse,
    .run = query_run,
    .start = database_start,
    .stop = database_stop,
    .open = query_open,
    .close = database_close,
};
