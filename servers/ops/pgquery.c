/*
 * pgquery.c - point reads from PostgreSQL (postgres.h): N rows by their key, one round
 * trip after another, with a prepared statement.
 *
 * The keys: 1 + S mod 10000, where S is the xorshift32 state (op.h) after 1, 2, ... N
 * iterations from OP_SEED. Result: of each row its id and its score, 4 bytes each, most
 * significant first, and the bytes of its name.
 */
#include "base/quantity.h"
#include "servers/ops/op.h"
#include "servers/ops/postgres.h"

#define MAX_READS 1000

static int pgquery_parse(const char *text, uint64_t *argument, struct error *error)
{
    return quantity_parse(QUANTITY_COUNT, text, 1, MAX_READS, argument, error);
}

static uint64_t count(const struct op_call *call)
{
    return call->argument;
}

/* The keys depend on their place alone, so a statement that is sent again is the same. */
static int send_read(const struct op_call *call, PGconn *connection, uint64_t index)
{
    (void)call;
    uint32_t state = OP_SEED;
    for (uint64_t i = 0; i <= index; i++)
        state = op_xorshift32(state);
    unsigned char key[4];
    op_put_be32(key, 1 + state % POSTGRES_ROWS);
    const char *const values[] = {(const char *)key};
    static const int lengths[] = {sizeof key}, formats[] = {1};
    return PQsendQueryPrepared(connection, POSTGRES_READ, 1, values, lengths, formats, 1);
}

static bool take_row(struct op_call *call, const PGresult *result)
{
    if (PQntuples(result) != 1 || PQnfields(result) != 3)
        return false;
    /* In binary: integers are 4 bytes, most significant first, and texts their bytes. */
    for (int column = 0; column < 3; column++)
        op_result(call, PQgetvalue(result, 0, column),
                  (size_t)PQgetlength(result, 0, column));
    return true;
}

static const struct postgres_work reads = {
    .send = send_read, .take = take_row, .count = count};

static enum op_answer pgquery_resume(struct op_call *call)
{
    return postgres_resume(call, &reads);
}

const struct op pgquery_op = {
    .name = "pgquery",
    .kind = OP_WAIT,
    .flags = OP_ASKS_POSTGRES,
    .pool = ROLE_DATABASE_CONNECTIONS,
    .summary = "read rows of a PostgreSQL table by their key, one after another",
    .library = "libpq",
    .node = "pg.Pool: on the loop, overlapping",
    .argument = "N",
    .example = "3",
    .parse = pgquery_parse,
    .resume = pgquery_resume,
    .cancel = postgres_cancel,
    .start = postgres_start,
    .stop = postgres_stop,
    .divide = postgres_divide,
};
